"""Reads any PDF, also a broken or hostile one, into plain facts: counted, bounded, and never run."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from pipeline.errors import MagazineError
from pipeline.pdf.content_stream import Walk
from pipeline.pdf.document_facts import Box, Element, Font, Intent, Note, PageFacts, PdfReading
from pipeline.pdf.page_digest import digest_of

MOST_PAGES = 2000
_MOST_ELEMENTS = 200_000
_DEEPEST = 60

_CLAIMS = (
    (re.compile(r"GTS_PDFXVersion(?:=\"|>)\s*([^<\"]+)"), "{}"),
    (re.compile(r"pdfxid:GTS_PDFXVersion(?:=\"|>)\s*([^<\"]+)"), "{}"),
    (re.compile(r"pdfaid:part(?:=\"|>)\s*(\d)"), "PDF/A-{}"),
    (re.compile(r"pdfuaid:part(?:=\"|>)\s*(\d)"), "PDF/UA-{}"),
)


def read_pdf(file: Path) -> PdfReading:
    """The facts of a PDF.

    Raises:
        MagazineError: it is no PDF, is locked with a password, is damaged beyond reading, or has too many pages.
    """
    try:
        with pikepdf.open(file) as pdf:
            if len(pdf.pages) > MOST_PAGES:
                raise MagazineError(f"{len(pdf.pages)} pages are more than a magazine has", where=str(file))
            return _read(pdf)
    except pikepdf.PasswordError as error:
        hint = "Save it without a password: no printer and no screen reader can open it."
        raise MagazineError("the file is locked with a password", where=str(file), hint=hint) from error
    except FileNotFoundError as error:
        raise MagazineError("there is no such file", where=str(file)) from error
    except OSError as error:
        raise MagazineError(f"cannot be read: {error.strerror}", where=str(file)) from error
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
        # pikepdf answers a wrong kind of object with Python's own errors: the list is what its objects really raise
        hint = "Make it anew from its source; `qpdf --check` tells more."
        raise MagazineError("the file is no PDF, or is damaged beyond reading", where=str(file), hint=hint) from error


def _read(pdf: pikepdf.Pdf) -> PdfReading:
    root = pdf.Root
    xmp = _xmp(root)
    pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages, 1)}
    tree = _dictionary(root.get("/StructTreeRoot"))
    return PdfReading(
        version=pdf.pdf_version,
        title=str(pdf.docinfo.get("/Title", "")).strip() or _title(xmp),
        title_shown=bool(_dictionary(root.get("/ViewerPreferences")).get("/DisplayDocTitle", False)),
        language=str(root.get("/Lang", "")),
        marked=bool(_dictionary(root.get("/MarkInfo")).get("/Marked", False)),
        claims=_claims(xmp, pdf),
        creator=str(pdf.docinfo.get("/Creator", "")),
        trapped=str(pdf.docinfo.get("/Trapped", "")),
        intents=tuple(_intents(root)),
        fonts=tuple(_fonts(pdf)),
        pages=tuple(_page(page, number) for number, page in enumerate(pdf.pages, 1)),
        elements=tuple(_elements(tree, pages)),
        structured=bool(tree),
        outlines=_count_outlines(_dictionary(root.get("/Outlines"))),
        encrypted=pdf.is_encrypted,
        scripts=_scripted(root),
        attachments=len(pdf.attachments),
        fields=len(_list(_dictionary(root.get("/AcroForm")).get("/Fields"))),
        layers="/OCProperties" in root,
    )


def _dictionary(value: Any) -> Any:
    return value if isinstance(value, Dictionary | Stream) else Dictionary()


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Array) else []


def _xmp(root: Any) -> str:
    metadata = root.get("/Metadata")
    return metadata.read_bytes().decode("utf-8", "replace") if isinstance(metadata, Stream) else ""


def _title(xmp: str) -> str:
    found = re.search(r"<dc:title>.*?<rdf:li[^>]*>([^<]+)", xmp, re.DOTALL)
    return found[1].strip() if found else ""


def _claims(xmp: str, pdf: pikepdf.Pdf) -> tuple[str, ...]:
    said = [form.format(found[1].strip()) for pattern, form in _CLAIMS if (found := pattern.search(xmp))]
    said += [str(pdf.docinfo["/GTS_PDFXVersion"])] if "/GTS_PDFXVersion" in pdf.docinfo else []
    return tuple(dict.fromkeys(said))


def _intents(root: Any) -> Iterator[Intent]:
    for one in _list(root.get("/OutputIntents")):
        if isinstance(one, Dictionary):
            profile = one.get("/DestOutputProfile")
            yield Intent(
                subtype=str(one.get("/S", "")).lstrip("/"),
                condition=str(one.get("/OutputConditionIdentifier", "")),
                components=int(profile.get("/N", 0)) if isinstance(profile, Stream) else 0,
            )


def _fonts(pdf: pikepdf.Pdf) -> Iterator[Font]:
    for one in pdf.objects:
        if isinstance(one, Dictionary) and one.get("/Type") == Name.Font and "/Subtype" in one:
            kind = str(one.Subtype).lstrip("/")
            if not kind.startswith("CIDFont"):
                yield _font(one, kind)


def _font(one: Any, kind: str) -> Font:
    below = _list(one.get("/DescendantFonts"))
    described = _dictionary(_dictionary(below[0] if below else one).get("/FontDescriptor"))
    name = str(one.get("/BaseFont", one.get("/Name", "/nameless"))).lstrip("/")
    return Font(
        name=re.sub(r"^[A-Z]{6}\+", "", name),
        kind=kind,
        embedded=kind == "Type3" or any(key in described for key in ("/FontFile", "/FontFile2", "/FontFile3")),
        readable="/ToUnicode" in one or (kind in ("Type1", "TrueType") and isinstance(one.get("/Encoding"), Name)),
    )


def _scripted(root: Any) -> bool:
    action = _dictionary(root.get("/OpenAction"))
    return "/JavaScript" in _dictionary(root.get("/Names")) or action.get("/S") == Name.JavaScript or "/AA" in root


def _count_outlines(outlines: Any) -> int:
    return abs(int(outlines.get("/Count", 0))) if outlines else 0


# --------------------------------------------------------------------------------------------------------------------- pages


def _page(page: pikepdf.Page, number: int) -> PageFacts:
    media = _box(page.mediabox) or (0.0, 0.0, 0.0, 0.0)
    bleed, trim = _box(_inherited(page, "/BleedBox")), _box(_inherited(page, "/TrimBox"))
    walk = Walk(bleed or media)
    broken = walk.whole(page)
    walk.look_at_group(page.obj)
    return PageFacts(
        number=number,
        media=media,
        bleed=bleed,
        trim=trim,
        rotated=int(_inherited(page, "/Rotate") or 0) % 360,
        paints=walk.all_paints(),
        pictures=tuple(walk.pictures),
        notes=tuple(
            _note(one, bleed or media) for one in _list(page.obj.get("/Annots")) if isinstance(one, Dictionary)
        ),
        transparent=walk.transparent,
        mixed_in=tuple(sorted(walk.mixed_in)),
        registration_inside=walk.registration_inside,
        loose=walk.loose,
        letters=walk.letters,
        tabs=str(page.obj.get("/Tabs", "")),
        broken=broken,
        look="" if broken else _look(page),
    )


def _look(page: pikepdf.Page) -> str:
    try:
        return digest_of(page)
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError):
        return ""  # what is wrong with it is told elsewhere


def _inherited(page: pikepdf.Page, key: str) -> Any:
    node: Any = page.obj
    for _ in range(_DEEPEST):
        if key in node:
            return node[key]
        if not isinstance(node.get("/Parent"), Dictionary):
            return None
        node = node.Parent
    return None


def _box(value: Any) -> Box | None:
    if not isinstance(value, Array) or len(value) != 4:
        return None
    x1, y1, x2, y2 = (float(side) for side in _list(value))
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _note(one: Any, bleed: Box) -> Note:
    rect = _box(one.get("/Rect"))
    inside = rect is not None and (
        rect[0] < bleed[2] and rect[2] > bleed[0] and rect[1] < bleed[3] and rect[3] > bleed[1]
    )
    kind = str(one.get("/Subtype", "")).lstrip("/")
    told = bool(str(one.get("/Contents", "")).strip() or str(one.get("/TU", "")).strip() or "/StructParent" in one)
    return Note(kind=kind, in_bleed=inside, told=told)


# ----------------------------------------------------------------------------------------------------------------- structure


def _elements(tree: Any, pages: dict[Any, int]) -> Iterator[Element]:
    """The tree in order of reading; by hand, for a hostile one may be deep or bite its own tail."""
    roles = {str(key): str(value) for key, value in _dictionary(tree.get("/RoleMap")).items()}
    stack: list[tuple[Any, tuple[str, ...], int]] = [(kid, (), 0) for kid in reversed(_kids(tree))]
    seen: set[Any] = set()
    for _ in range(_MOST_ELEMENTS):
        if not stack:
            return
        one, parents, page = stack.pop()
        if not isinstance(one, Dictionary) or "/S" not in one or one.objgen in seen or len(parents) > _DEEPEST:
            continue
        if one.objgen != (0, 0):
            seen.add(one.objgen)
        tag = roles.get(str(one.S), str(one.S)).lstrip("/")
        page = pages.get(one["/Pg"].objgen, page) if "/Pg" in one else page
        kids = _kids(one)
        attributes = [_dictionary(part) for part in ([one.get("/A")] if "/A" in one else [])]
        yield Element(
            tag=tag,
            parents=parents,
            alt=str(one.get("/Alt", one.get("/ActualText", ""))).strip(),
            page=page,
            headed=any("/Scope" in part or "/Headers" in part for part in attributes),
            empty=not kids,
        )
        stack += [(kid, (*parents, tag), page) for kid in reversed(kids)]


def _kids(one: Any) -> list[Any]:
    kids = one.get("/K")
    if kids is None:
        return []
    return _list(kids) if isinstance(kids, Array) else [kids]
