"""Plain text for mail: clean HTML becomes paragraphs, lists and addresses, in lines of at most 72 characters."""

import textwrap
from html.parser import HTMLParser

WIDTH = 72
_BLOCKS = {"p", "ul", "ol", "blockquote", "div", "h2", "h3", "h4", "h5", "h6", "table", "pre", "dl"}
_LINES = {"li", "br", "tr", "dt", "dd"}


def convert_html(html: str) -> str:
    """Convert clean HTML, as ``render_markdown`` makes it, to text; the address of a link stands behind it in brackets."""
    converter = _Converter()
    converter.feed(html)
    blocks = (
        "\n".join(line.strip() for line in block.split("\n")) for block in "".join(converter.pieces).split("\n\n")
    )
    return "\n\n".join(block.strip() for block in blocks if block.strip())


def wrap_text(text: str) -> str:
    """Wrap each line; words and addresses are never broken, and lines of a list are indented."""
    lines = text.replace("\u00a0", " ").split("\n")
    return "\n".join(
        textwrap.fill(
            line,
            WIDTH,
            break_long_words=False,
            break_on_hyphens=False,
            subsequent_indent="  " if line[:2] == "- " else "",
        )
        if line.strip() and not line.startswith("  ")
        else line
        for line in lines
    )


class _Converter(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n\n")
        elif tag in _LINES:
            self.pieces.append("\n- " if tag == "li" else "\n")
        elif tag == "a":
            self.targets.append(dict(attrs).get("href") or "")
        elif tag in {"td", "th"}:
            self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n\n")
        elif tag == "a" and self.targets:
            target = self.targets.pop()
            if target and not target.startswith("#"):
                self.pieces.append(f" ({target})")

    def handle_data(self, data: str) -> None:
        self.pieces.append(data.replace("\n", " "))
