"""Reading of any PDF, also a damaged or hostile one, into facts. Nothing in it is executed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from pipeline.errors import MagazineError, fill
from pipeline.pdf.content_stream import ContentStreamReader
from pipeline.pdf.document_facts import (
    Annotation,
    Box,
    DocumentFacts,
    OutputIntent,
    PageFacts,
    PdfFont,
    StructureElement,
)
from pipeline.pdf.page_digest import compute_page_digest

MAX_PAGES = 2000
_MAX_ELEMENTS = 200_000
_MAX_DEPTH = 60

_CONFORMANCE_PATTERNS = (
    (re.compile(r"GTS_PDFXVersion(?:=\"|>)\s*([^<\"]+)"), "{}"),
    (re.compile(r"pdfxid:GTS_PDFXVersion(?:=\"|>)\s*([^<\"]+)"), "{}"),
    (re.compile(r"pdfaid:part(?:=\"|>)\s*(\d)"), "PDF/A-{}"),
    (re.compile(r"pdfuaid:part(?:=\"|>)\s*(\d)"), "PDF/UA-{}"),
)


def read_pdf(file: Path) -> DocumentFacts:
    """Read the facts of a PDF.

    Raises:
        MagazineError: The file is not a PDF, is encrypted, is damaged beyond reading, or has too
            many pages.
    """
    try:
        with pikepdf.open(file) as pdf:
            if len(pdf.pages) > MAX_PAGES:
                raise MagazineError(
                    fill("{count} pages; at most {limit} can be checked", count=len(pdf.pages), limit=MAX_PAGES),
                    where=str(file),
                )
            return _collect_facts(pdf)
    except pikepdf.PasswordError as error:
        hint = "Save it without a password, so that printers and screen readers can open it."
        raise MagazineError("password-protected PDF", where=str(file), hint=hint) from error
    except FileNotFoundError as error:
        raise MagazineError("file not found", where=str(file)) from error
    except OSError as error:
        raise MagazineError(fill("cannot be read: {strerror}", strerror=error.strerror), where=str(file)) from error
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
        # for an object of another type, pikepdf raises these errors of Python
        hint = "Export it again; `qpdf --check` shows what is wrong."
        raise MagazineError("not a PDF, or damaged beyond reading", where=str(file), hint=hint) from error


def _collect_facts(pdf: pikepdf.Pdf) -> DocumentFacts:
    root = pdf.Root
    xmp = _read_xmp(root)
    pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages, 1)}
    tree = _as_dictionary(root.get("/StructTreeRoot"))
    return DocumentFacts(
        title=str(pdf.docinfo.get("/Title", "")).strip() or _find_title(xmp),
        title_displayed=bool(_as_dictionary(root.get("/ViewerPreferences")).get("/DisplayDocTitle", False)),
        language=str(root.get("/Lang", "")),
        marked=bool(_as_dictionary(root.get("/MarkInfo")).get("/Marked", False)),
        conformance=_find_conformance(xmp, pdf),
        creator=str(pdf.docinfo.get("/Creator", "")),
        trapped=str(pdf.docinfo.get("/Trapped", "")),
        intents=tuple(_read_intents(root)),
        fonts=tuple(_read_fonts(pdf)),
        pages=tuple(_read_page(page, number) for number, page in enumerate(pdf.pages, 1)),
        elements=tuple(_read_elements(tree, pages)),
        has_structure=bool(tree),
        bookmarks=abs(int(_as_dictionary(root.get("/Outlines")).get("/Count", 0))),
        encrypted=pdf.is_encrypted,
        has_scripts=_has_scripts(root),
        attachments=len(pdf.attachments),
        form_fields=len(_as_list(_as_dictionary(root.get("/AcroForm")).get("/Fields"))),
        has_layers="/OCProperties" in root,
    )


def _as_dictionary(value: Any) -> Any:
    return value if isinstance(value, Dictionary | Stream) else Dictionary()


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Array) else []


def _read_xmp(root: Any) -> str:
    metadata = root.get("/Metadata")
    return metadata.read_bytes().decode("utf-8", "replace") if isinstance(metadata, Stream) else ""


def _find_title(xmp: str) -> str:
    found = re.search(r"<dc:title>.*?<rdf:li[^>]*>([^<]+)", xmp, re.DOTALL)
    return found[1].strip() if found else ""


def _find_conformance(xmp: str, pdf: pikepdf.Pdf) -> tuple[str, ...]:
    conformance = [
        form.format(found[1].strip()) for pattern, form in _CONFORMANCE_PATTERNS if (found := pattern.search(xmp))
    ]
    conformance += [str(pdf.docinfo["/GTS_PDFXVersion"])] if "/GTS_PDFXVersion" in pdf.docinfo else []
    return tuple(dict.fromkeys(conformance))


def _read_intents(root: Any) -> Iterator[OutputIntent]:
    for one in _as_list(root.get("/OutputIntents")):
        if isinstance(one, Dictionary):
            profile = one.get("/DestOutputProfile")
            yield OutputIntent(
                subtype=str(one.get("/S", "")).lstrip("/"),
                condition=str(one.get("/OutputConditionIdentifier", "")),
                components=int(profile.get("/N", 0)) if isinstance(profile, Stream) else 0,
            )


def _read_fonts(pdf: pikepdf.Pdf) -> Iterator[PdfFont]:
    for one in pdf.objects:
        if isinstance(one, Dictionary) and one.get("/Type") == Name.Font and "/Subtype" in one:
            kind = str(one.Subtype).lstrip("/")
            if not kind.startswith("CIDFont"):
                yield _read_font(one, kind)


def _read_font(one: Any, kind: str) -> PdfFont:
    descendants = _as_list(one.get("/DescendantFonts"))
    descriptor = _as_dictionary(_as_dictionary(descendants[0] if descendants else one).get("/FontDescriptor"))
    name = str(one.get("/BaseFont", one.get("/Name", "/nameless"))).lstrip("/")
    return PdfFont(
        name=re.sub(r"^[A-Z]{6}\+", "", name),
        kind=kind,
        embedded=kind == "Type3" or any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3")),
        has_unicode="/ToUnicode" in one or (kind in ("Type1", "TrueType") and isinstance(one.get("/Encoding"), Name)),
    )


def _has_scripts(root: Any) -> bool:
    action = _as_dictionary(root.get("/OpenAction"))
    return "/JavaScript" in _as_dictionary(root.get("/Names")) or action.get("/S") == Name.JavaScript or "/AA" in root


def _read_page(page: pikepdf.Page, number: int) -> PageFacts:
    media = _read_box(page.mediabox) or (0.0, 0.0, 0.0, 0.0)
    bleed, trim = _read_box(_get_inherited(page, "/BleedBox")), _read_box(_get_inherited(page, "/TrimBox"))
    crop = _read_box(_get_inherited(page, "/CropBox")) or media
    content = ContentStreamReader(media=media, bleed=bleed or media, trim=trim or bleed or crop)
    error = content.read_page(page)
    content.read_group(page.obj)
    return PageFacts(
        number=number,
        media=media,
        crop=crop,
        bleed=bleed,
        trim=trim,
        user_unit=float(page.obj.get("/UserUnit", 1)),
        rotation=int(_get_inherited(page, "/Rotate") or 0) % 360,
        paints=content.list_paints(),
        images=tuple(content.images),
        annotations=tuple(
            _read_annotation(one, bleed or media)
            for one in _as_list(page.obj.get("/Annots"))
            if isinstance(one, Dictionary)
        ),
        transparent=content.transparent,
        blend_spaces=tuple(sorted(content.blend_spaces)),
        registration_in_bleed=content.registration_in_bleed,
        untagged=content.untagged,
        text_operators=content.text_operators,
        text_off_page=content.text_off_page,
        tab_order=str(page.obj.get("/Tabs", "")),
        error=error,
        digest="" if error else _compute_digest(page),
    )


def _compute_digest(page: pikepdf.Page) -> str:
    try:
        return compute_page_digest(page)
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError):
        return ""  # other checks report what is wrong with it


def _get_inherited(page: pikepdf.Page, key: str) -> Any:
    node: Any = page.obj
    for _ in range(_MAX_DEPTH):
        if key in node:
            return node[key]
        if not isinstance(node.get("/Parent"), Dictionary):
            return None
        node = node.Parent
    return None


def _read_box(value: Any) -> Box | None:
    if not isinstance(value, Array) or len(value) != 4:
        return None
    x1, y1, x2, y2 = (float(side) for side in _as_list(value))
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _read_annotation(one: Any, bleed: Box) -> Annotation:
    rect = _read_box(one.get("/Rect"))
    inside = rect is not None and (
        rect[0] < bleed[2] and rect[2] > bleed[0] and rect[1] < bleed[3] and rect[3] > bleed[1]
    )
    kind = str(one.get("/Subtype", "")).lstrip("/")
    described = bool(str(one.get("/Contents", "")).strip() or str(one.get("/TU", "")).strip() or "/StructParent" in one)
    return Annotation(kind=kind, in_bleed=inside, described=described)


def _read_elements(tree: Any, pages: dict[Any, int]) -> Iterator[StructureElement]:
    """Walk the structure tree in reading order, also if it is deep or cyclic."""
    roles = {str(key): str(value) for key, value in _as_dictionary(tree.get("/RoleMap")).items()}
    stack: list[tuple[Any, tuple[str, ...], int]] = [(kid, (), 0) for kid in reversed(_get_kids(tree))]
    seen: set[Any] = set()
    for _ in range(_MAX_ELEMENTS):
        if not stack:
            return
        one, parents, page = stack.pop()
        if not isinstance(one, Dictionary) or "/S" not in one or one.objgen in seen or len(parents) > _MAX_DEPTH:
            continue
        if one.objgen != (0, 0):
            seen.add(one.objgen)
        tag = roles.get(str(one.S), str(one.S)).lstrip("/")
        page = pages.get(one["/Pg"].objgen, page) if "/Pg" in one else page
        kids = _get_kids(one)
        attributes = _as_dictionary(one.get("/A"))
        yield StructureElement(
            tag=tag,
            parents=parents,
            alt=str(one.get("/Alt", one.get("/ActualText", ""))).strip(),
            page=page,
            has_scope="/Scope" in attributes or "/Headers" in attributes,
            empty=not kids,
        )
        stack += [(kid, (*parents, tag), page) for kid in reversed(kids)]


def _get_kids(one: Any) -> list[Any]:
    kids = one.get("/K")
    if kids is None:
        return []
    return _as_list(kids) if isinstance(kids, Array) else [kids]
