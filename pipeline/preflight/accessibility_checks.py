"""Checks for accessibility: PDF/UA-1 (ISO 14289-1) and WCAG 2.1."""

import re
from collections.abc import Callable, Iterator

from pipeline.errors import fill
from pipeline.model import Finding
from pipeline.pdf.document_facts import DocumentFacts, StructureElement
from pipeline.pdf.findings import make_finding
from pipeline.preflight.print_checks import check_fonts

_LONG_DOCUMENT = 20  # pages, from which bookmarks are required
_PARAGRAPHS = {"P", "H1", "H2", "H3", "H4", "H5", "H6"}


def check_accessibility(document: DocumentFacts) -> Iterator[Finding]:
    """Run our own checks of the structure; veraPDF checks more, where it is installed."""
    yield from _check_document(document)
    yield from _check_pages(document)
    if document.has_structure:
        yield from _check_elements(document)
        yield from _check_headings(document)
    if names := sorted({font.name for font in document.fonts if not font.has_unicode}):
        message = fill("Fonts without Unicode mapping (ToUnicode): {names}", names=", ".join(names))
        yield make_finding("font-no-unicode", "error", message, hint="Export again with fonts embedded.")
    yield from (one for one in check_fonts(document) if one.code == "font-not-embedded")


def _check_document(document: DocumentFacts) -> Iterator[Finding]:
    if not document.has_structure or not document.marked:
        message = "Not tagged: screen readers have to guess the structure"
        yield make_finding("not-tagged", "error", message, hint="Export as tagged PDF.")
    if not document.title:
        yield make_finding("no-title", "error", "No document title", hint="Set the title in the document properties.")
    elif not document.title_displayed:
        yield make_finding("title-hidden", "error", "Title bar shows the file name: DisplayDocTitle not set")
    if not document.language:
        yield make_finding("no-language", "error", "No document language", hint="Set the language, such as nl.")
    elif not re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", document.language):
        yield make_finding(
            "bad-language", "error", fill("Invalid document language: {language}", language=document.language)
        )
    if not any(name.startswith("PDF/UA") for name in document.conformance):
        yield make_finding("not-pdfua", "warning", "PDF/UA not declared")
    if len(document.pages) >= _LONG_DOCUMENT and not document.bookmarks:
        yield make_finding(
            "no-bookmarks", "warning", fill("No bookmarks in a document of {count} pages", count=len(document.pages))
        )
    if document.encrypted:
        yield make_finding("encrypted", "warning", "Encrypted: check that screen readers may open it")


def _check_pages(document: DocumentFacts) -> Iterator[Finding]:
    if document.has_structure and (pages := [page.number for page in document.pages if page.untagged]):
        message = "Content is neither tagged nor marked as an artifact"
        yield make_finding("untagged-content", "error", message, pages=pages)
    described = {one.page for one in document.elements if one.tag == "Figure" and one.alt}
    if pages := [
        one.number for one in document.pages if one.images and not one.text_operators and one.number not in described
    ]:
        message, hint = "Page is an image without text", "Recognise the text of a scan (OCR) and tag it."
        yield make_finding("only-picture", "warning", message, pages=pages, hint=hint)
    annotated = [page for page in document.pages if any(one.kind != "Popup" for one in page.annotations)]
    if pages := [page.number for page in annotated if page.tab_order != "/S"]:
        yield make_finding("tab-order", "error", "Tab order does not follow the structure", pages=pages)
    if pages := [
        page.number for page in annotated if any(not one.described for one in page.annotations if one.kind != "Popup")
    ]:
        message = "Link or form field without alternative text"
        yield make_finding("annotation-no-alt", "error", message, pages=pages)
    if pages := [page.number for page in document.pages if page.error]:
        yield make_finding("page-unreadable", "error", "Page content cannot be read to the end", pages=pages)


def _check_elements(document: DocumentFacts) -> Iterator[Finding]:
    rules: tuple[tuple[str, str, str, Callable[[StructureElement], bool]], ...] = (
        ("figure-no-alt", "error", "Figure without alternative text", lambda one: one.tag == "Figure" and not one.alt),
        ("formula-no-alt", "error", "Formula without alternative text", lambda one: one.tag == "Formula" and not one.alt),
        ("header-no-scope", "error", "Table header without Scope", lambda one: one.tag == "TH" and not one.has_scope),
        ("nested-paragraph", "warning", "Paragraph inside a paragraph", lambda one: one.tag in _PARAGRAPHS and any(up in _PARAGRAPHS for up in one.parents)),
        ("list-item-outside", "error", "List item outside a list", lambda one: one.tag == "LI" and (not one.parents or one.parents[-1] != "L")),
        ("table-row-outside", "error", "Table row outside a table", lambda one: one.tag == "TR" and not any(up == "Table" for up in one.parents)),
        ("empty-heading", "error", "Empty heading", lambda one: re.fullmatch(r"H[1-6]?", one.tag) is not None and one.empty),
        ("link-empty", "error", "Link without text", lambda one: one.tag == "Link" and one.empty),
    )  # fmt: skip
    elements = document.elements
    for code, severity, message, predicate in rules:
        if violations := [one for one in elements if predicate(one)]:
            yield make_finding(code, severity, message, pages=[one.page for one in violations if one.page])
    if any(one.tag == "Table" for one in elements) and not any(one.tag == "TH" for one in elements):
        pages = [one.page for one in elements if one.tag == "Table" and one.page]
        yield make_finding("table-no-headers", "error", "Table without header cells", pages=pages)
    if not elements:
        yield make_finding("structure-empty", "error", "Structure tree is empty")


def _check_headings(document: DocumentFacts) -> Iterator[Finding]:
    headings = [one for one in document.elements if re.fullmatch(r"H[1-6]", one.tag)]
    if not headings and len(document.pages) > 1 and not any(one.tag == "H" for one in document.elements):
        yield make_finding("no-headings", "warning", "No headings to navigate by")
    previous, skipped = 0, []
    for one in headings:
        level = int(one.tag[1])
        if level > previous + 1:
            skipped.append(one.page)
        previous = level
    if skipped:
        message = "Heading level skipped"
        yield make_finding("heading-skipped", "error", message, pages=[page for page in skipped if page])
