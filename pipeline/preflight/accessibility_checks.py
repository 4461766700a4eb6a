"""What stops somebody who listens to a page, enlarges it, or walks through it by keys (PDF/UA-1: ISO 14289-1; WCAG 2.1)."""

import re
from collections.abc import Callable, Iterator

from pipeline.model import Finding
from pipeline.pdf.document_facts import Element, PdfReading
from pipeline.preflight.findings import told
from pipeline.preflight.print_checks import fonts

_LONG = 20  # pages, from which on a list of bookmarks is a kindness nobody may refuse
_INLINE = {"P", "H1", "H2", "H3", "H4", "H5", "H6"}


def findings(reading: PdfReading) -> Iterator[Finding]:
    """What our own eyes see in the structure; veraPDF sees more, where it is there."""
    yield from _document(reading)
    yield from _pages(reading)
    if reading.structured:
        yield from _structure(reading)
        yield from _headings(reading)
    if unread := sorted({font.name for font in reading.fonts if not font.readable}):
        message = f"letters cannot be read back: {', '.join(unread)} (no ToUnicode)"
        yield told("font-unreadable", "error", message, hint="Export anew with its fonts embedded.")
    yield from (one for one in fonts(reading) if one.code == "font-outside")


def _document(reading: PdfReading) -> Iterator[Finding]:
    if not reading.structured or not reading.marked:
        hint = "Export as tagged PDF."
        yield told("not-tagged", "error", "has no tags: a screen reader must guess what is what", hint=hint)
    if not reading.title:
        yield told("no-title", "error", "has no title", hint="Give the document a title in its properties.")
    elif not reading.title_shown:
        yield told("title-hidden", "error", "shows the name of its file instead of its title")
    if not reading.language:
        yield told("no-language", "error", "does not say in which language it is", hint="Set the language, such as nl.")
    elif not re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", reading.language):
        yield told("bad-language", "error", f"names a language that is none: {reading.language}")
    if not any(claim.startswith("PDF/UA") for claim in reading.claims):
        yield told("not-pdfua", "warning", "does not say that it is PDF/UA")
    if len(reading.pages) >= _LONG and not reading.outlines:
        yield told("no-bookmarks", "warning", f"{len(reading.pages)} pages and no bookmarks to find one's way by")
    if reading.encrypted:
        yield told("encrypted", "warning", "is encrypted: check that screen readers may open it")


def _pages(reading: PdfReading) -> Iterator[Finding]:
    loose = [page.number for page in reading.pages if page.loose] if reading.structured else []
    if loose:
        message = "something is neither tagged nor marked as decoration"
        yield told("loose-content", "error", message, pages=loose)
    described = {one.page for one in reading.elements if one.tag == "Figure" and one.alt}
    if silent := [
        one.number for one in reading.pages if one.pictures and not one.letters and one.number not in described
    ]:
        message = "is a picture without any text"
        yield told("only-picture", "warning", message, pages=silent, hint="A scan must be read (OCR) and tagged.")
    noted = [page for page in reading.pages if any(note.kind != "Popup" for note in page.notes)]
    if unordered := [page.number for page in noted if page.tabs != "/S"]:
        yield told("tab-order", "error", "the Tab key does not follow the order of reading", pages=unordered)
    if untold := [page.number for page in noted if any(not note.told for note in page.notes if note.kind != "Popup")]:
        yield told("link-untold", "error", "a link or field says nothing to who cannot see it", pages=untold)
    if broken := [page.number for page in reading.pages if page.broken]:
        yield told("page-broken", "error", "cannot be read to its end", pages=broken)


def _structure(reading: PdfReading) -> Iterator[Finding]:
    elements = reading.elements
    rules: tuple[tuple[str, str, str, Callable[[Element], bool]], ...] = (
        ("figure-untold", "error", "a picture has no words for who cannot see it", lambda one: one.tag == "Figure" and not one.alt),
        ("formula-untold", "error", "a formula has no words for who cannot see it", lambda one: one.tag == "Formula" and not one.alt),
        ("table-unheaded", "error", "a table's heading cell does not say what it heads", lambda one: one.tag == "TH" and not one.headed),
        ("nested-paragraph", "warning", "a paragraph stands inside a paragraph", lambda one: one.tag in _INLINE and any(up in _INLINE for up in one.parents)),
        ("list-broken", "error", "an item of a list stands outside a list", lambda one: one.tag == "LI" and (not one.parents or one.parents[-1] != "L")),
        ("row-broken", "error", "a row stands outside a table", lambda one: one.tag == "TR" and not any(up == "Table" for up in one.parents)),
        ("empty-heading", "error", "a heading is empty", lambda one: re.fullmatch(r"H[1-6]?", one.tag) is not None and one.empty),
        ("link-empty", "error", "a link has nothing in it to read", lambda one: one.tag == "Link" and one.empty),
    )  # fmt: skip
    for code, severity, message, asked in rules:
        found = [one for one in elements if asked(one)]
        if found:
            yield told(code, severity, message, pages=[one.page for one in found if one.page])
    if any(one.tag == "Table" for one in elements) and not any(one.tag == "TH" for one in elements):
        pages = [one.page for one in elements if one.tag == "Table" and one.page]
        yield told("table-headless", "error", "a table has no heading cells", pages=pages)
    if not elements:
        yield told("tree-empty", "error", "its tags hold nothing")


def _headings(reading: PdfReading) -> Iterator[Finding]:
    heads = [one for one in reading.elements if re.fullmatch(r"H[1-6]", one.tag)]
    if not heads and len(reading.pages) > 1 and not any(one.tag == "H" for one in reading.elements):
        yield told("no-headings", "warning", "has no headings to walk along")
    before, skipped = 0, []
    for one in heads:
        level = int(one.tag[1])
        if level > before + 1:
            skipped.append(one.page)
        before = level
    if skipped:
        message = "a heading skips a level"
        yield told("heading-skips", "error", message, pages=[page for page in skipped if page])
