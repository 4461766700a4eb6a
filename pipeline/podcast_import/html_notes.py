"""Converts the show notes of a feed to Markdown, with every word and every link."""

import html
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from pipeline.intake.document import ContentBlock
from pipeline.intake.draft_writer import render_blocks
from pipeline.intake.html_reader import read_html_blocks
from pipeline.intake.markdown_escaping import escape_line_start, escape_markdown
from pipeline.intake.refused_formats import RefusedFileError
from pipeline.text import normalise_text
from pipeline.typesetting import find_markdown_excess

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)
_BLOCK_END = re.compile(r"</(?:p|div|li|h[1-6]|tr|ul|ol|blockquote)\s*>|<br\s*/?>", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]'’”]")
_EMBEDDED = ("img", "iframe", "audio", "video", "embed")


def convert_notes(notes: str, *, base: str) -> str:
    """Convert HTML, or plain text, to Markdown.

    Images and players become links: a page of the site shows no files of other sites.

    Args:
        notes: As the feed has them, after XML was read.
        base: The page of the episode at its old host, to resolve relative links.
    """
    page = notes if _TAG.search(notes) else _convert_plain_text(notes)

    def link_embedded(root: Any) -> Counter[str]:
        _replace_embedded(root, base)
        return Counter()

    try:
        markdown = _render_markdown(read_html_blocks(page, clean=link_embedded).blocks)
    except RefusedFileError:
        return _render_plain(notes)
    return _render_plain(notes) if find_markdown_excess(markdown) else markdown


def extract_text(text: str) -> str:
    """Return HTML, or plain text, as plain text in paragraphs; links keep their words."""
    if _TAG.search(text):
        text = html.unescape(_TAG.sub("", _BLOCK_END.sub("\n", text)))
    elif "&" in text:
        text = html.unescape(text)
    lines = (" ".join(line.split()) for line in normalise_text(text).split("\n"))
    return "\n".join(line for line in lines if line)


def join_line(text: str) -> str:
    """Return a text as one line."""
    return " ".join(normalise_text(text).split())


def _render_markdown(blocks: Sequence[ContentBlock]) -> str:
    """Render blocks; quoted passages, which drafts have without a mark, get theirs."""
    quotes = [escape_line_start(block.text_md) for block in blocks if block.kind == "quote"]
    marks = iter(f"\ue000{number}\ue001" for number in range(len(quotes)))
    marked = [replace(block, text_md=next(marks)) if block.kind == "quote" else block for block in blocks]
    markdown = normalise_text(render_blocks(marked, (), lambda text: text)).strip()
    for number, quote in enumerate(quotes):
        markdown = markdown.replace(f"\ue000{number}\ue001", "> " + quote.replace("\n", "\n> "))
    return markdown


def _convert_plain_text(text: str) -> str:
    """Write plain text as HTML: paragraphs, line breaks, and addresses as links."""
    escaped = html.escape(html.unescape(text), quote=False)
    linked = _URL.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', escaped)
    paragraphs = re.split(r"\n\s*\n", linked.strip())
    return "".join(f"<p>{paragraph.replace(chr(10), '<br>')}</p>" for paragraph in paragraphs)


def _replace_embedded(root: Any, base: str) -> None:
    """Make links of images and players, and absolute addresses of relative ones, in an lxml tree."""
    for element in list(root.iter("a")):
        element.set("href", _resolve_link(element.get("href"), base))
    for element in list(root.iter(*_EMBEDDED)):
        source = element.get("src") or next((one.get("src") for one in element.iter("source") if one.get("src")), "")
        address = _resolve_link(source, base)
        is_pixel = element.get("width") in {"0", "1"} or element.get("height") in {"0", "1"}
        tail, alt = element.tail, (element.get("alt") or element.get("title") or "").strip()
        element.clear()
        element.tail = tail
        linking = next((one for one in element.iterancestors("a")), None)
        element.tag = "span" if linking is not None or is_pixel or not address else "a"
        if not is_pixel and address:
            element.text = alt or (linking.get("href") if linking is not None else address)
            element.set("href", address)


def _resolve_link(address: str | None, base: str) -> str:
    try:
        resolved = urljoin(base, (address or "").strip())
        return resolved if urlsplit(resolved).scheme in {"http", "https", "mailto", "tel"} else ""
    except ValueError:
        return ""


def _render_plain(notes: str) -> str:
    """Render notes that are too wild for Markdown: their text in paragraphs, with the address of each link after it."""
    linked = re.sub(r"""(?is)<a\s[^>]*?href\s*=\s*["']?(https?://[^"'\s>]+)[^>]*>(.*?)</a>""", r"\2 (\1)", notes)
    paragraphs = extract_text(linked).split("\n")
    words = (re.findall(r"\S{1,300}", paragraph) for paragraph in paragraphs)
    return "\n\n".join(escape_markdown(" ".join(one)) for one in words)
