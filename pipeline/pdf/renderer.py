"""Rendering of one HTML document with WeasyPrint, in a sandbox."""

import contextlib
import hashlib
import io
import logging
import re
import sys
from collections.abc import Iterator, Sequence
from logging.handlers import BufferingHandler
from pathlib import Path
from typing import Any

from pipeline.errors import DependencyError, MagazineError, fill
from pipeline.model import Finding
from pipeline.pdf.files import read_text, write_file
from pipeline.pdf.findings import make_finding
from pipeline.pdf.native_libraries import INSTALL_COMMAND
from pipeline.pdf.tasks import PRINT_VARIANT, Bookmark, RenderPdfResult, RenderPdfTask

try:
    with contextlib.redirect_stdout(io.StringIO()):  # WeasyPrint prints advice where a library is missing
        import weasyprint
        from weasyprint.urls import FatalURLFetchingError
except (OSError, ImportError) as problem:
    raise DependencyError(fill("cannot render pages: {problem}", problem=problem), hint=INSTALL_COMMAND) from problem

from pipeline.pdf.column_breaks import forbid_breaks_between_columns
from pipeline.pdf.column_heights import enlarge_balancing_steps
from pipeline.pdf.line_break_cache import cache_line_breaks
from pipeline.pdf.page_balance import balance_pages
from pipeline.pdf.pdfua_metadata import declare_pdfua
from pipeline.pdf.sandboxed_fetcher import BASE_URL, SandboxedFetcher
from pipeline.pdf.sibling_selectors import cache_siblings
from pipeline.pdf.structure_tags import add_list_bodies, merge_structure_elements, remove_line_spans
from pipeline.pdf.stylesheet_cache import load_style

_NO_GLYPH = ".notdef glyph"  # how WeasyPrint begins to tell that no font has a character
_SHOWN_GLYPHS = 20
_ADDED_HYPHEN = re.compile(r"-\u2060\s*")  # at the end of a line of large type


def render_pdf(task: RenderPdfTask) -> RenderPdfResult:
    """Render an HTML file. The same HTML, pictures and theme produce the same bytes in any folder.

    The print variant also gets its page boxes, crop marks and CMYK black.

    Raises:
        MagazineError: The HTML refers to a file outside the programme and the theme, or to a broken
            picture.
    """
    html = read_text(Path(task.html))
    fetcher = SandboxedFetcher(pictures=task.pictures, theme_folders=task.theme_folders)
    with _collect_log() as records, _raise_refusals(fetcher, task.html):
        document = _lay_out(html, task, fetcher)
        data = _write(document, task, hashlib.sha256(html.encode()).digest()[:16])
    last_page = task.first_page + len(document.pages) - 1
    warnings = list(_describe_log(records))
    _check_pictures(warnings, task.html)
    write_file(Path(task.out), data)
    if task.variant == PRINT_VARIANT:
        from pipeline.pdf.print_finishing import finish_pages  # noqa: PLC0415  # screen tasks need no pikepdf

        finish_pages(Path(task.out), bleed_mm=task.bleed_mm)
    return RenderPdfResult(
        pages=len(document.pages),
        findings=(
            *(make_finding("layout", "warning", one) for one in warnings),
            *_find_missing_glyphs(records, task.first_page, last_page),
            *_find_overflows(document, task.first_page),
        ),
        anchors=_collect_anchors(document),
        bookmarks=tuple(_collect_bookmarks(document)),
    )


@contextlib.contextmanager
def _raise_refusals(fetcher: SandboxedFetcher, where: str) -> Iterator[None]:
    """Raise an error for what the fetcher refused, also if WeasyPrint continued."""
    hint = "Keep pictures in the folder of the programme."
    try:
        yield
    except FatalURLFetchingError as error:  # a BaseException: nothing else would stop WeasyPrint
        raise MagazineError(str(error), where=where, hint=hint) from error
    if fetcher.refusals:
        raise MagazineError(fetcher.refusals[0], where=where, hint=hint)


def _lay_out(html: str, task: RenderPdfTask, fetcher: SandboxedFetcher) -> Any:
    source = weasyprint.HTML(string=html, base_url=BASE_URL, url_fetcher=fetcher)
    _refuse_attachments(source, task.html)
    style = load_style(task, fetcher)

    def render(extra: str) -> Any:
        return source.render(
            stylesheets=[*style.sheets, _number_pages(task.first_page), weasyprint.CSS(string=extra)],
            font_config=style.fonts,
            counter_style=style.counters,
            color_profiles=style.profiles,
            pdf_variant=task.variant,
        )

    with (
        cache_line_breaks(weasyprint.__version__),
        cache_siblings(),
        forbid_breaks_between_columns(),
        enlarge_balancing_steps(),
    ):
        document = balance_pages(render, task.tight_style) if task.is_balanced else render("")
    for page in document.pages:
        if task.variant == PRINT_VARIANT:  # PDF/X forbids annotations inside the bleed (ISO 15930-7)
            page.links = []
            continue
        # WeasyPrint also annotates each box inside a link (PDF/UA-1, 7.18.5-1).
        page.links = [link for link in page.links if (link[3].element_tag or "").startswith("a")]
    return document


def _number_pages(first_page: int) -> Any:
    """Continue the page numbers of the section before, on the right side of the spread."""
    side = "right" if first_page % 2 else "left"
    return weasyprint.CSS(string=f"@page :first {{ counter-reset: page {first_page} }} html {{ break-before: {side} }}")


def _collect_anchors(document: Any) -> dict[str, int]:
    anchors: dict[str, int] = {}
    for number, page in enumerate(document.pages):
        for name in page.anchors:
            anchors.setdefault(name, number)
    return anchors


def _collect_bookmarks(document: Any) -> Iterator[Bookmark]:
    """List the headings in order; a CSS pixel is 0.75 pt, from the foot of the page."""
    for number, page in enumerate(document.pages):
        for level, title, (left, top, *_), _ in page.bookmarks:
            yield Bookmark(
                title=" ".join(_ADDED_HYPHEN.sub("", title).split()),
                level=level,
                page=number,
                left_pt=round(left * 0.75, 2),
                top_pt=round((page.height - top) * 0.75, 2),
            )


def _write(document: Any, task: RenderPdfTask, identifier: bytes) -> bytes:
    with merge_structure_elements(weasyprint.__version__) as merged:

        def finish(_: Any, pdf: Any) -> None:
            if merged:
                remove_line_spans(pdf)
                add_list_bodies(pdf)
            if task.variant.startswith("pdf/a"):
                declare_pdfua(pdf)
            if task.variant == PRINT_VARIANT:
                _empty_profiles(document, pdf)

        data: bytes = document.write_pdf(finisher=finish, pdf_variant=task.variant, pdf_identifier=identifier)
    return data


def _empty_profiles(document: Any, pdf: Any) -> None:
    """Leave the colour profile empty: it has a megabyte, and the merged file gets it once."""
    for profile in document.color_profiles.values():
        pdf.objects[int(profile.pdf_reference.split()[0])].stream = [b""]


def _refuse_attachments(source: Any, where: str) -> None:
    """Refuse `rel=attachment`: WeasyPrint would embed the file that it names."""
    for element in source.etree_element.iter():
        if isinstance(element.tag, str) and "attachment" in (element.get("rel") or "").lower().split():
            raise MagazineError("attachments are not allowed", where=where, hint="Remove rel=attachment.")


def _describe_log(records: Sequence[logging.LogRecord]) -> Iterator[str]:
    yield from dict.fromkeys(one.getMessage() for one in records if not one.msg.startswith(_NO_GLYPH))


def _find_missing_glyphs(records: Sequence[logging.LogRecord], first_page: int, last_page: int) -> Iterator[Finding]:
    """Find the characters that no font has; WeasyPrint logs the last of each run."""
    logged = [one.args for one in records if one.msg.startswith(_NO_GLYPH)]  # the character, and its number
    missing = sorted({str(args[0]) for args in logged if isinstance(args, tuple)})
    if missing:
        shown = " ".join(missing[:_SHOWN_GLYPHS]) + (" …" if len(missing) > _SHOWN_GLYPHS else "")
        yield make_finding(
            "missing-glyph",
            "error",
            fill("no font has these characters, which are empty boxes: {characters}", characters=shown),
            pages=range(first_page, last_page + 1),
            hint="Install a font that has them, such as the Debian package fonts-noto-cjk, or replace them.",
        )


def _check_pictures(warnings: list[str], where: str) -> None:
    """Stop at a picture that failed to load: the page would have a hole."""
    for message in warnings:
        if message.startswith("Failed to"):
            hint = "Check that the file is a complete JPEG, PNG or SVG."
            raise MagazineError(message.replace(BASE_URL, ""), where=where, hint=hint)


def _find_overflows(document: Any, first_page: int) -> Iterator[Finding]:
    """Find pages whose text overflows at the foot; WeasyPrint does not warn about it."""
    for number, page in enumerate(document.pages, first_page):
        root = page._page_box  # noqa: SLF001  # the only way to the position of lines
        limit = root.margin_top + root.height + root.padding_top + root.padding_bottom
        flow = (child for child in root.children if type(child).__name__ != "MarginBox")
        lowest = max((bottom for child in flow for bottom in _iterate_line_bottoms(child)), default=0.0)
        if lowest > limit + 0.5:
            message = fill("text overflows the foot of the page by {pixels} px", pixels=round(lowest - limit))
            yield make_finding("layout", "warning", message, pages=[number])


def _iterate_line_bottoms(box: Any) -> Iterator[float]:
    box = getattr(box, "_box", box)
    if type(box).__name__ == "LineBox":
        yield box.position_y + box.height
    for child in getattr(box, "children", ()):
        yield from _iterate_line_bottoms(child)


@contextlib.contextmanager
def _collect_log() -> Iterator[list[logging.LogRecord]]:
    """Collect what WeasyPrint logs as a warning or worse inside the context."""
    logger, handler = logging.getLogger("weasyprint"), BufferingHandler(capacity=sys.maxsize)
    handler.setLevel(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield handler.buffer
    finally:
        logger.removeHandler(handler)
