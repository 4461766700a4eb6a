"""Makes clean HTML of Markdown: few tags, few attributes, and no more. The doorway to markdown-it and nh3."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
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
from pipeline.typesetting.interface_text import words
from pipeline.typesetting.typography import OBJECT, hold_together, one_sign_each

_TOP = 3  # a heading of a text is never higher than h3: what stands above it belongs to the page
_MOST_LETTERS = 1_000_000
_LABEL = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_READY = re.compile(rf"https?://{_LABEL}(?:\.{_LABEL})+(?:/[A-Za-z0-9._~/-]*)?\Z")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|[/\\]", re.IGNORECASE)
_CREDIT = re.compile(  # behind a caption, or alone: whoever made the picture
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
_SCHEMES = {"http", "https", "mailto", "tel"}


@lru_cache(maxsize=1024)  # site, PDFs, EPUB and web edition set the same texts
def html_of(text_md: str, *, language: str = "nl") -> Markup:
    """Markdown as clean HTML with the typography of ``language``.

    CommonMark with tables, footnotes (as endnotes) and definition lists; raw HTML comes out as the text it is. The
    highest heading becomes h3, the next one h4, and none is skipped. Pictures only from beside the text; one from
    elsewhere gives way to its description. Links lead to the web, to mail, to a telephone or to somewhere near.

    Raises:
        WeerslagError: the text is longer than a million signs.
    """
    if len(text_md) > _MOST_LETTERS:
        raise WeerslagError(f"a text of {len(text_md)} signs is too long", hint="Cut it into several texts.")
    mark = hashlib.sha256(text_md.encode("utf-8", "surrogatepass")).hexdigest()[:6]  # two texts may share a page
    html = _markdown().render(text_md, {"language": language, "docId": mark})
    return Markup(_cleaner().clean(html).replace("&nbsp;", "\u00a0"))  # EPUB knows no &nbsp;


def bare_html_of(text_md: str) -> str:
    """Markdown as plain CommonMark has it, with tables and footnotes: no typography, ranks as they are; raw HTML as words."""
    return str(MarkdownIt("commonmark", {"html": False}).enable("table").use(footnote_plugin).render(text_md))


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPicture:
    """A picture as a text names it: where it lies seen from there, and what is said of it."""

    source: str
    alt: str
    caption: str
    credit: str


def pictures_in(text_md: str) -> tuple[TextPicture, ...]:
    """The pictures that a text names, in order: only those beside the text, never one from elsewhere."""
    tokens = (token for block in _markdown().parse(text_md, {"language": "nl"}) for token in block.children or ())
    images = [token for token in tokens if token.type == "image"]
    found = [_named(token) for token in images]
    return tuple(one for one in found if not _ELSEWHERE.match(one.source))


def caption_and_credit(told: str) -> tuple[str, str]:
    """What stands behind a picture between quotation marks: `Caption. Beeld: maker`; either may be empty.

    Photo, drawing and illustration are known too, in Dutch and in English.
    """
    found = _CREDIT.search(told.strip())
    return (told[: found.start()].strip(), found[1].strip().rstrip(".")) if found else (told.strip(), "")


def _named(token: Token) -> TextPicture:
    caption, credit = caption_and_credit(str(token.attrs.get("title", "")))
    source = unquote(str(token.attrs["src"]))
    return TextPicture(source=source, alt=token.content.strip(), caption=caption, credit=credit)


def links_in(text_md: str) -> tuple[str, ...]:
    """Where the links of a text lead, in order."""
    tokens = (token for block in _markdown().parse(text_md, {"language": "nl"}) for token in block.children or ())
    return tuple(unquote(str(token.attrs["href"])) for token in tokens if token.type == "link_open")


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=None)


class _Markdown(MarkdownIt):
    """Markdown in which an address that needs nothing done to it stays as it is, at once: most do, and a feed has thousands."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802  # markdown-it's name
        """``url`` as it may stand in a page."""
        return url if _READY.match(url) else super().normalizeLink(url)


@cache
def _markdown() -> MarkdownIt:
    markdown = _Markdown("commonmark", {"html": False}).enable("table").use(footnote_plugin).use(deflist_plugin)
    markdown.core.ruler.push("rank", _rank)
    markdown.core.ruler.push("links", _links)
    markdown.core.ruler.push("typography", _typography)
    for name, rule in (
        ("image", _image),
        ("footnote_ref", _note_mark),
        ("footnote_block_open", _notes_open),
        ("footnote_block_close", _notes_close),
        ("footnote_anchor", _note_return),
    ):
        markdown.add_render_rule(name, rule)
    return markdown


# ------------------------------------------------------------------------------------------ what is done to the tokens


def _rank(state: StateCore) -> None:
    """Headings from h3 down, none skipped; and the cells at the head of a table say what they head."""
    headings = [token for token in state.tokens if token.type in {"heading_open", "heading_close"}]
    used = sorted({token.tag for token in headings})
    for token in headings:
        token.tag = f"h{min(6, _TOP + used.index(token.tag))}"
    for token in state.tokens:
        if token.type == "th_open":
            token.attrs = {"scope": "col"}


def _links(state: StateCore) -> None:
    """A link to elsewhere says nothing there of where the reader came from."""
    for token in (child for block in state.tokens for child in block.children or ()):
        if token.type == "link_open" and _ELSEWHERE.match(str(token.attrs["href"])):
            token.attrs["rel"] = "noopener noreferrer"


def _typography(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and token.children:
            _set_paragraph(token.children, language=state.env["language"])


def _set_paragraph(tokens: Sequence[Token], *, language: str) -> None:
    """Set a paragraph as one text, through its links and emphasis; addresses shown as such, code and pictures stay."""
    pieces = []
    in_address = False
    for token in tokens:
        if token.type in {"link_open", "link_close"} and token.info == "auto":
            in_address = token.type == "link_open"
        if token.type == "text" and not in_address:
            token.content = one_sign_each(token.content)
        pieces.append((token, _piece(token, in_address=in_address)))
    whole = hold_together("".join(piece for _, piece in pieces), language=language)
    place = 0
    for token, piece in pieces:
        now = whole[place : place + len(piece)]
        place += len(piece)
        if token.type == "text" and piece != OBJECT:
            token.content = now
        elif token.type == "softbreak" and now != piece:
            token.type, token.content = "text", now


def _piece(token: Token, *, in_address: bool) -> str:
    if token.type == "text":
        return OBJECT if in_address else token.content
    if token.type in {"softbreak", "hardbreak"}:
        return " " if token.type == "softbreak" else "\n"
    return OBJECT if token.nesting == 0 else ""


# ------------------------------------------------------------------------------------------- what is done to the HTML


def _image(_: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: Any) -> str:
    token = tokens[place]
    source, title = str(token.attrs["src"]), str(token.attrs.get("title", ""))
    alt = _.renderInlineAsText(token.children, options, env)
    if _ELSEWHERE.match(source):
        return str(escape(alt))
    told = Markup(' title="{}"').format(title) if title else ""
    return str(Markup('<img src="{}" alt="{}"{}>').format(source, alt, told))


def _note_mark(_: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: Any) -> str:
    del options
    number, anchor = _note(tokens[place], env)
    return (
        f'<sup><a href="#fn-{number}" id="fnref-{anchor}" role="doc-noteref">{tokens[place].meta["id"] + 1}</a></sup>'
    )


def _notes_open(*_: object) -> str:
    return '<div class="notes" role="doc-endnotes">\n<ol>\n'  # a section would want a heading of its own


def _notes_close(*_: object) -> str:
    return "</ol>\n</div>\n"


def _note_return(_: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: Any) -> str:
    del options
    told = escape(words(env["language"])("Back to the text"))
    return f' <a href="#fnref-{_note(tokens[place], env)[1]}" role="doc-backlink" aria-label="{told}">↑</a>'


def _note(token: Token, env: Any) -> tuple[str, str]:
    """The name of a note, and of the place in the text that calls it (which may call it more than once)."""
    number = f"{env['docId']}-{token.meta['id'] + 1}"
    again = token.meta.get("subId", 0)
    return number, f"{number}-{again}" if again else number
