"""Renders Markdown as clean HTML: few tags, few attributes.

The only module that imports markdown-it and nh3.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from unicodedata import bidirectional
from urllib.parse import unquote

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup, escape
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from pipeline.errors import WeerslagError
from pipeline.typesetting.cross_references import is_external
from pipeline.typesetting.markdown_limits import (
    MarkdownExcess,
    NestingError,
    find_layout_excess,
    find_parsing_excess,
    may_nest_too_deeply,
    require_shallow,
)
from pipeline.typesetting.translations import load_translator
from pipeline.typesetting.typography import OBJECT, set_quotes_and_spaces, substitute_characters

_STRONG = {"L", "R", "AL"}  # directions of letters
_BREAKS = {"softbreak", "hardbreak"}
_TOP_HEADING_LEVEL = 3  # the page around the text has h1 and h2
_OPTIONS = {"html": False, "maxNesting": 100}  # more than `require_shallow` allows
_HOST_LABEL = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_NORMALISED_URL = re.compile(rf"https?://{_HOST_LABEL}(?:\.{_HOST_LABEL})+(?:/[A-Za-z0-9._~/-]*)?\Z")
_CREDIT = re.compile(  # after a caption, or on its own
    r"(?:\A|(?<=[.!?…”\"'’)])\s+)(?:beeld|foto|illustratie|tekening|picture|photo|image|illustration|drawing)\s*:\s*(\S.*)\Z",
    re.IGNORECASE | re.DOTALL,
)
_TAGS = {
    "p", "em", "strong", "sup", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "a", "h3", "h4", "h5", "h6", "br", "hr",
    "code", "pre", "img", "table", "thead", "tbody", "tr", "th", "td", "div",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title", "rel", "id", "role", "aria-label"},
    "code": {"class"},
    "div": {"class", "role"},
    "img": {"src", "alt", "title"},
    "li": {"id"},
    "ol": {"start"},
    "th": {"scope"},
}
_SANITISER = nh3.Cleaner(
    tags=_TAGS, attributes=_ATTRIBUTES | {"*": {"dir"}}, url_schemes={"http", "https", "mailto", "tel"}, link_rel=None
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkdownImage:
    """An image in a text; ``source`` is relative to the file that holds the text."""

    source: str
    alt: str
    caption: str
    credit: str


def find_markdown_excess(text_md: str) -> MarkdownExcess | None:
    """Find what makes a text too large, or too deeply nested, to print; ``None``: it is not."""
    return find_layout_excess(text_md) or _find_deep_nesting(text_md)


def find_markdown_file_excess(text_md: str) -> MarkdownExcess | None:
    """Find what makes show notes or a file of texts too large, or too deeply nested, to parse; ``None``: it is not."""
    return find_parsing_excess(text_md) or _find_deep_nesting(text_md)


def _find_deep_nesting(text_md: str) -> MarkdownExcess | None:
    if may_nest_too_deeply(text_md):
        try:
            _create_parser().block.parse(text_md, _create_parser(), {}, [])
        except NestingError as error:
            return MarkdownExcess(start=error.start, message=error.message, hint=error.hint)
    return None


@lru_cache(maxsize=1024)  # site, PDFs, EPUB and web edition render the same texts
def render_markdown(text_md: str, *, language: str = "nl") -> Markup:
    """Render Markdown as sanitised HTML with the typography of ``language``.

    CommonMark with tables, footnotes (as endnotes) and definition lists; raw HTML is escaped. The
    highest heading becomes h3, and no level is skipped. An image with an external address is
    replaced by its alt text.

    Raises:
        WeerslagError: The text is too large; see ``find_markdown_file_excess``.
    """
    if excess := find_markdown_file_excess(text_md):
        raise WeerslagError(excess.message, hint=excess.hint)
    prefix = hashlib.sha256(text_md.encode("utf-8", "surrogatepass")).hexdigest()[:6]  # two texts may share a page
    html = _create_parser().render(text_md, {"language": language, "docId": prefix})
    return Markup(_SANITISER.clean(html).replace("&nbsp;", "\u00a0"))  # EPUB has no &nbsp;


def render_commonmark(text_md: str) -> str:
    """Render plain CommonMark with tables and footnotes.

    Without typography; heading levels do not change, and raw HTML is escaped.
    """
    return str(_limit_nesting(MarkdownIt("commonmark", _OPTIONS).enable("table").use(footnote_plugin)).render(text_md))


def find_images(text_md: str) -> tuple[MarkdownImage, ...]:
    """Return the images of a text in order, without those that have an external address."""
    return _find_references(text_md)[0]


def find_links(text_md: str) -> tuple[str, ...]:
    """Return the targets of the links of a text, in order."""
    return _find_references(text_md)[1]


def split_caption(title: str) -> tuple[str, str]:
    """Split the title of an image, ``Caption. Beeld: maker``.

    The words for a photo, a drawing and an illustration are recognised in Dutch and English.

    Returns:
        Caption and credit; either may be empty.
    """
    found = _CREDIT.search(title.strip())
    return (title[: found.start()].strip(), found[1].strip().rstrip(".")) if found else (title.strip(), "")


@lru_cache(maxsize=1024)  # several checks look for them
def _find_references(text_md: str) -> tuple[tuple[MarkdownImage, ...], tuple[str, ...]]:
    """Find the images and the targets of the links of a text, in order."""
    blocks = _create_parser().parse(text_md, {"language": "nl"})
    tokens = [token for block in blocks for token in block.children or ()]
    images = (_read_image(token) for token in tokens if token.type == "image")
    links = (unquote(str(token.attrs["href"])) for token in tokens if token.type == "link_open")
    return tuple(image for image in images if not is_external(image.source)), tuple(links)


def _read_image(token: Token) -> MarkdownImage:
    caption, credit = split_caption(str(token.attrs.get("title", "")))
    source = unquote(str(token.attrs["src"]))
    return MarkdownImage(source=source, alt=token.content.strip(), caption=caption, credit=credit)


class _FastLinkMarkdown(MarkdownIt):
    """Skips normalisation of URLs that are normalised already: a feed has thousands."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802  # overrides markdown-it
        """Normalise a URL for HTML."""
        return url if _NORMALISED_URL.match(url) else super().normalizeLink(url)


def _limit_nesting(markdown: MarkdownIt) -> MarkdownIt:
    """Refuse what is nested too deeply: without this, the parser drops it, and all that follows."""
    markdown.block.ruler.before("table", "nesting", require_shallow)
    return markdown


@cache
def _create_parser() -> MarkdownIt:
    markdown = _FastLinkMarkdown("commonmark", _OPTIONS).enable("table").use(footnote_plugin).use(deflist_plugin)
    _limit_nesting(markdown)
    markdown.core.ruler.push("pictures", _separate_images)
    markdown.core.ruler.push("headings", _shift_headings)
    markdown.core.ruler.push("links", _set_link_rel)
    markdown.core.ruler.push("direction", _set_direction)
    markdown.core.ruler.push("typography", _apply_typography)
    for name, rule in (
        ("image", _render_image),
        ("footnote_ref", _render_footnote_ref),
        ("footnote_block_open", _open_footnotes),
        ("footnote_block_close", _close_footnotes),
        ("footnote_anchor", _render_footnote_backlink),
    ):
        markdown.add_render_rule(name, rule)
    return markdown


# Rules on tokens


def _separate_images(state: StateCore) -> None:
    """Give each image at the beginning or end of a line a paragraph of its own; one inside a sentence stays there."""
    tokens: list[Token] = []
    for token in state.tokens:
        if token.type != "inline" or not _holds_images(token, tokens[-1]):
            tokens.append(token)
            continue
        opening = tokens.pop()
        for children in _split_at_images(token.children or []):
            inline = token.copy(children=children, content="".join(child.content for child in children))
            tokens += [opening.copy(), inline, Token("paragraph_close", "p", -1, block=True)]
        tokens.pop()  # its own end follows
    state.tokens = tokens


def _holds_images(token: Token, opening: Token) -> bool:
    is_paragraph = opening.type == "paragraph_open" and not opening.level
    return is_paragraph and len(token.children or ()) > 1 and any(map(_is_own_image, token.children or ()))


def _is_own_image(token: Token) -> bool:
    return token.type == "image" and not token.level and not is_external(str(token.attrs["src"]))


def _split_at_images(children: Sequence[Token]) -> Iterator[list[Token]]:
    text: list[Token] = []
    for line in _split_lines(children):
        start, stop = _find_text(line)
        for images, part in ((line[:start], line[start:stop]), (line[stop:], [])):
            if any(map(_is_own_image, images)):
                yield from _end_paragraph(text)
                yield from ([image] for image in images if _is_own_image(image))
                text = []
            text += part if text or any(child.type not in _BREAKS for child in part) else []
    yield from _end_paragraph(text)


def _find_text(line: Sequence[Token]) -> tuple[int, int]:
    """Return where the text of a line starts and stops between images; without any, both are its end."""
    inside = [n for n, one in enumerate(line) if not _is_own_image(one) and not _is_blank(one)]
    if not inside:
        return len(line), len(line)
    first, last = inside[0], inside[-1]
    has_more = any(map(_is_own_image, line[last + 1 :]))
    return first if any(map(_is_own_image, line[:first])) else 0, last + 1 if has_more else len(line)


def _is_blank(token: Token) -> bool:
    return token.type in _BREAKS or (token.type == "text" and not token.content.strip())


def _end_paragraph(text: Sequence[Token]) -> Iterator[list[Token]]:
    ended = list(text)
    while ended and ended[-1].type in _BREAKS:
        ended.pop()
    if ended:
        yield ended


def _split_lines(children: Sequence[Token]) -> Iterator[list[Token]]:
    """Split the tokens of a paragraph after each line break that is in no link or emphasis."""
    line: list[Token] = []
    for child in children:
        line.append(child)
        if child.type in _BREAKS and not child.level:
            yield line
            line = []
    yield line


def _shift_headings(state: StateCore) -> None:
    """Number headings from h3 without gaps, and give the cells of a table header their scope."""
    headings = [token for token in state.tokens if token.type in {"heading_open", "heading_close"}]
    used = sorted({token.tag for token in headings})
    for token in headings:
        token.tag = f"h{min(6, _TOP_HEADING_LEVEL + used.index(token.tag))}"
    for token in state.tokens:
        if token.type == "th_open":
            token.attrs = {"scope": "col"}


def _set_link_rel(state: StateCore) -> None:
    """Send no referrer along with external links."""
    for token in (child for block in state.tokens for child in block.children or ()):
        if token.type == "link_open" and is_external(str(token.attrs["href"])):
            token.attrs["rel"] = "noopener noreferrer"


def _set_direction(state: StateCore) -> None:
    """Set blocks from right to left whose first letter is Arabic, Hebrew or alike (Unicode annex 9, rule P2)."""
    opening: Token | None = None
    for token in state.tokens:
        if token.nesting == 1 and not token.hidden:  # the paragraph of a tight list item is hidden
            opening = token
        elif token.type == "inline" and opening:
            letters = (bidirectional(sign) for sign in token.content)
            if next((one for one in letters if one in _STRONG), "L") != "L":
                opening.attrs["dir"] = "rtl"


def _apply_typography(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and token.children:
            _typeset_paragraph(token.children, language=state.env["language"])


def _typeset_paragraph(tokens: Sequence[Token], *, language: str) -> None:
    """Typeset a paragraph as one text, across links and emphasis.

    Visible URLs, code and images are left alone.
    """
    pieces = []
    in_url = False
    for token in tokens:
        if token.type in {"link_open", "link_close"} and token.info == "auto":
            in_url = token.type == "link_open"
        if token.type == "text" and not in_url:
            token.content = substitute_characters(token.content)
        pieces.append((token, _extract_text(token, in_url=in_url)))
    paragraph = set_quotes_and_spaces("".join(piece for _, piece in pieces), language=language)
    start = 0
    for token, piece in pieces:
        typeset = paragraph[start : start + len(piece)]
        start += len(piece)
        if token.type == "text" and piece != OBJECT:
            token.content = typeset
        elif token.type == "softbreak" and typeset != piece:
            token.type, token.content = "text", typeset


def _extract_text(token: Token, *, in_url: bool) -> str:
    if token.type == "text":
        return OBJECT if in_url else token.content
    if token.type in _BREAKS:
        return " " if token.type == "softbreak" else "\n"
    return OBJECT if token.nesting == 0 else ""


# Rules that render HTML; their signature is markdown-it's


def _render_image(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any) -> str:
    token = tokens[index]
    source, title = str(token.attrs["src"]), str(token.attrs.get("title", ""))
    alt = self.renderInlineAsText(token.children, options, env)
    if is_external(source):
        return str(escape(alt))
    title_html = Markup(' title="{}"').format(title) if title else ""
    return str(Markup('<img src="{}" alt="{}"{}>').format(source, alt, title_html))


def _render_footnote_ref(_: RendererHTML, tokens: Sequence[Token], index: int, __: OptionsDict, env: Any) -> str:
    note, anchor = _name_footnote(tokens[index], env)
    return f'<sup><a href="#fn-{note}" id="fnref-{anchor}" role="doc-noteref">{tokens[index].meta["id"] + 1}</a></sup>'


def _open_footnotes(*_: object) -> str:
    return '<div class="notes" role="doc-endnotes">\n<ol>\n'  # a <section> would need a heading


def _close_footnotes(*_: object) -> str:
    return "</ol>\n</div>\n"


def _render_footnote_backlink(_: RendererHTML, tokens: Sequence[Token], index: int, __: OptionsDict, env: Any) -> str:
    label = escape(load_translator(env["language"])("Back to the text"))
    return f' <a href="#fnref-{_name_footnote(tokens[index], env)[1]}" role="doc-backlink" aria-label="{label}">↑</a>'


def _name_footnote(token: Token, env: Any) -> tuple[str, str]:
    """Return the id of a footnote, and of the reference to it.

    One footnote may have several references.
    """
    note = f"{env['docId']}-{token.meta['id'] + 1}"
    reference = token.meta.get("subId", 0)
    return note, f"{note}-{reference}" if reference else note
