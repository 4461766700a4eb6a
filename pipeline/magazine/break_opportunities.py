"""Break opportunities in addresses, code and long words, for every place where a text can stand."""

import re
from dataclasses import dataclass
from html import unescape

from pipeline.graphics.font_metrics import estimate_text_width
from pipeline.magazine.page_geometry import MM_PER_PT, PAGE, SCREEN_SCALE
from pipeline.typesetting.hyphenation import insert_soft_hyphens

_BODY = re.compile(r"<body\b[^>]*>")
_TAG = re.compile(r"(<[^>]*>)")
_CODE = re.compile(r"(?P<pre><pre\b[^>]*>)?<code\b[^>]*>(?P<text>.*?)</code>", re.DOTALL)
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"“”‘’]+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_ADDRESS_BREAK = re.compile(r"((?:&amp;|[/.?=_@#+-])+)(?=[\w%])")
_CODE_BREAK = re.compile(r"([^\w\s&;<>]|_)(?=\w)")
_INDENT_MM = 12.0  # a list in a list
_MAX_WORD = (PAGE.column_width - _INDENT_MM) / MM_PER_PT / SCREEN_SCALE.text.size * 1000
_LONG_WORD = re.compile(r"[^\s<>]{25,}")
_SLASHES = re.compile(r"(?<![^\s<>&])[^\s<>&]{8,}/[^\s<>&]{8,}")
_ZERO_WIDTH_SPACE = "\u200b"
_ONLY_PARAGRAPH = re.compile(r"(<li\b[^>]*>)\s*<p>((?:(?!</?p\b|<[uo]l\b).)*)</p>\s*</li>", re.DOTALL)


def add_break_opportunities(html: str, *, language: str = "") -> str:
    """Let addresses and code break at their punctuation without hyphens, and long words at syllables.

    Each line of a block of code becomes an element, so that a stylesheet can mark where it is
    continued.

    Args:
        html: A page, or a part of one; only its body changes.
        language: Language of soft hyphens in long words, for pages of any width. Without one the
            page is for WeasyPrint, which hyphenates itself.
    """
    start = found.end() if (found := _BODY.search(html)) else 0
    return html[:start] + _Breaker(language).break_html(html[start:])


@dataclass(frozen=True, slots=True)
class _Breaker:
    """Adds the break opportunities of one medium."""

    language: str

    @property
    def mark(self) -> str:
        """What lets a line end: WeasyPrint breaks text in a wrong place next to an element."""
        return "<wbr>" if self.language else _ZERO_WIDTH_SPACE

    def break_html(self, html: str) -> str:
        """Add them to HTML."""
        if not self.language:  # in a paragraph beside the mark of a list, WeasyPrint breaks an address at any letter
            html = _ONLY_PARAGRAPH.sub(r"\1\2</li>", html)
        pieces = _TAG.split(_CODE.sub(self._break_code, html))
        pieces[::2] = [self._break_text(piece) if piece.strip() else piece for piece in pieces[::2]]
        return "".join(pieces)

    def _break_code(self, found: re.Match[str]) -> str:
        text = _CODE_BREAK.sub(rf"\1{self.mark}", found["text"])
        if not found["pre"]:
            return f"<code>{text}</code>"
        lines = text.rstrip("\n").split("\n")
        elements = "".join(f'<span class="code-line">{line or _ZERO_WIDTH_SPACE}</span>' for line in lines)
        return f"{found['pre']}<code>{elements}</code>"

    def _break_text(self, text: str) -> str:
        pieces, end = [], 0
        for found in _ADDRESS.finditer(text):
            address = _ADDRESS_BREAK.sub(rf"\1{self.mark}", found[0])
            pieces += [self._break_words(text[end : found.start()]), f'<span class="address">{address}</span>']
            end = found.end()
        return "".join((*pieces, self._break_words(text[end:])))

    def _break_words(self, text: str) -> str:
        if not self.language:
            return _LONG_WORD.sub(_mark_word, text)
        text = insert_soft_hyphens(text, language=self.language)  # words too long for a heading at 320 px
        return _SLASHES.sub(lambda found: found[0].replace("/", "/<wbr>"), text)


def _mark_word(found: re.Match[str]) -> str:
    """Mark a word that is too wide for a column on screen, where no other word is hyphenated."""
    too_wide = estimate_text_width(unescape(found[0])) > _MAX_WORD
    return f'<span class="long-word">{found[0]}</span>' if too_wide else found[0]
