"""Builds files as Word, LibreOffice and Excel write them, from parts that a test chooses."""

import zipfile
from io import BytesIO

from PIL import Image

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
WORD = f"""{W} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"
 xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
 xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"
 xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"
 xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"
 xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"
 xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
 xmlns:v="urn:schemas-microsoft-com:vml" """
TYPES = """<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>
<Override PartName="/word/document.xml"
 ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"""
_REL = "http://schemas.openxmlformats.org"
RELS = f"""<?xml version="1.0"?><Relationships xmlns="{_REL}/package/2006/relationships"><Relationship Id="rId1"
 Type="{_REL}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"""
STYLES = f"""<?xml version="1.0"?><w:styles {W}>
<w:style w:type="paragraph" w:styleId="Kop1"><w:name w:val="Kop 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Kop2"><w:name w:val="heading 2"/></w:style>
<w:style w:type="paragraph" w:styleId="Titel"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="Citaat"><w:name w:val="Citaat"/></w:style>
<w:style w:type="paragraph" w:styleId="Duidelijkcitaat"><w:name w:val="Intense Quote"/></w:style>
<w:style w:type="paragraph" w:styleId="Lijstalinea"><w:name w:val="List Paragraph"/></w:style>
<w:style w:type="character" w:styleId="Nadruk"><w:name w:val="Nadruk"/></w:style>
<w:style w:type="character" w:styleId="Zwaar"><w:name w:val="Strong"/></w:style></w:styles>"""


def make_zip(parts):
    """A ZIP archive of texts or bytes by name."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def docx(body, parts=None, links=""):
    """A .docx; ``body`` is the content of w:body, ``links`` are Relationship elements."""
    document = f'<?xml version="1.0" encoding="UTF-8"?><w:document {WORD}><w:body>{body}</w:body></w:document>'
    relations = f'<?xml version="1.0"?><Relationships xmlns="{_REL}/package/2006/relationships">{links}</Relationships>'
    return make_zip(
        {
            "[Content_Types].xml": TYPES,
            "_rels/.rels": RELS,
            "word/document.xml": document,
            "word/_rels/document.xml.rels": relations,
            "word/styles.xml": STYLES,
            **(parts or {}),
        }
    )


def link(ident, kind, target, outside=False):
    """A relationship of the document."""
    mode = ' TargetMode="External"' if outside else ""
    return (
        f'<Relationship Id="{ident}" Type="{_REL}/officeDocument/2006/relationships/{kind}" Target="{target}"{mode}/>'
    )


def p(text, style="", inside=""):
    """A paragraph of Word."""
    styled = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    run = f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>' if text else ""
    return f"<w:p>{styled}{run}{inside}</w:p>"


def r(text, props=""):
    """A run of Word."""
    return f'<w:r><w:rPr>{props}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def drawing(ident, alt):
    """An image in Word, by the relationship that embeds it."""
    return (
        f'<w:r><w:drawing><wp:inline><wp:docPr id="1" name="Afbeelding 1" descr="{alt}"/><a:graphic><a:graphicData '
        'uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:blipFill>'
        f"<a:blip {ident}/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )


ODF = "urn:oasis:names:tc:opendocument:xmlns:"
NAMES = "".join(
    f' xmlns:{name}="{ODF}{what}:1.0"'
    for name, what in (
        ("office", "office"), ("text", "text"), ("style", "style"), ("table", "table"), ("draw", "drawing"),
        ("fo", "xsl-fo-compatible"), ("svg", "svg-compatible"),
    )
) + ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'  # fmt: skip

_MANIFEST = """<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">
<manifest:file-entry manifest:full-path="/" manifest:media-type="{}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>"""


def opendocument(kind, content, parts=None):
    """An OpenDocument file: ``kind`` as in its media type, ``content`` is the text of content.xml."""
    media_type = f"application/vnd.oasis.opendocument.{kind}"
    fixed = {"mimetype": media_type, "META-INF/manifest.xml": _MANIFEST.format(media_type)}
    return make_zip(
        {**fixed, "content.xml": content, "styles.xml": f"<office:document-styles{NAMES}/>", **(parts or {})}
    )


def odt(body, styles="", parts=None):
    """An .odt: ``body`` is the content of office:text, ``styles`` are its automatic styles."""
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{NAMES}><office:automatic-styles>{styles}'
        f"</office:automatic-styles><office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    meta = f"<office:document-meta{NAMES}><office:meta><dc:creator>kanarie-auteur</dc:creator></office:meta></office:document-meta>"
    return opendocument("text", content, {"meta.xml": meta, **(parts or {})})


def photo(form="PNG", size=(60, 40), **options):
    """An image; ``options`` are passed to Pillow."""
    content = BytesIO()
    Image.new("RGB", size, "#0B5563").save(content, form, **options)
    return content.getvalue()
