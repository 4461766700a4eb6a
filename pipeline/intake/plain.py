"""Reads plain text and Markdown, in whatever encoding they came, and HTML as pads and note programs export it."""

import re

from pipeline.intake.blocks import Block, LeftOut, Text
from pipeline.intake.guard import Refused
from pipeline.intake.marks import escaped, plain_of
from pipeline.intake.markup import html_text
from pipeline.text import uncommented, without_comments
from pipeline.typesetting import bare_html_of

_BULLET = re.compile(r"(\s*)[-*•–‣◦▪]\s+(.*)")
_NUMBER = re.compile(r"(\s*)(\d{1,3})[.)]\s+(.*)")
_HEAD = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)\n", re.DOTALL)  # HedgeDoc's own, with its tags and its author
_CHARSET = re.compile(rb"<meta[^>]+charset=[\"']?([\w-]+)", re.IGNORECASE)
_ASIDE = (  # what is not for readers, and what somebody took back
    (re.compile("%%.*?%%", re.DOTALL), "comment"),
    (re.compile(r"!\[\[[^\[\]\n]+\]\]"), "picture that lies elsewhere"),
    (re.compile(r"~~(?=\S)[^~\n]+?(?<=\S)~~ ?"), "struck-out passage"),
)
_MARKS_OF_DIRECTION = re.compile("[\u200e\u200f]")  # WhatsApp puts them before what it says itself
_MOST_SIGNS = 1_000_000


def text_in(content: bytes) -> str:
    """Bytes as text: with a byte order mark as it says, else UTF-8, else as Windows wrote it in Western Europe.

    Raises:
        Refused: it is longer than a million signs.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", "replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", "replace")
    if len(text) > _MOST_SIGNS:
        raise Refused(f"has {len(text)} signs, more than any note", hint="Cut it into several files.")
    return re.sub("\r\n?", "\n", _MARKS_OF_DIRECTION.sub("", text))


def read_text(content: bytes) -> Text:
    """Paragraphs between empty lines; lines that begin with a bullet or a number are items. Signs mean themselves."""
    return Text(blocks=plain_blocks(text_in(content)))


def plain_blocks(text: str) -> tuple[Block, ...]:
    """The blocks of text without marks."""
    found: list[Block] = []
    for part in re.split(r"\n[ \t]*\n\s*", text.strip("\n")):
        loose: list[str] = []
        for line in part.split("\n"):
            if item := _item(line):
                found += [*_paragraph(loose), item]
                loose = []
            elif not loose and found and found[-1].kind == "item" and line.startswith((" ", "\t")):
                found[-1] = _longer(found[-1], line.strip())
            else:
                loose.append(line.strip())
        found += _paragraph(loose)
    return tuple(found)


def _item(line: str) -> Block | None:
    if bullet := _BULLET.fullmatch(line):
        return _line("item", bullet[2], level=_depth(bullet[1]))
    if number := _NUMBER.fullmatch(line):
        return _line("item", number[3], level=_depth(number[1]), number=int(number[2]))
    return None


def _depth(indent: str) -> int:
    return min(3, len(indent.expandtabs(4)) // 2)


def _line(kind: str, text: str, *, level: int = 0, number: int = 0) -> Block:
    text_md = escaped(text.strip())
    return Block(kind=kind, text=plain_of(text_md), text_md=text_md, level=level, number=number)


def _longer(item: Block, more: str) -> Block:
    text_md = f"{item.text_md} {escaped(more)}"
    return Block(kind="item", text=plain_of(text_md), text_md=text_md, level=item.level, number=item.number)


def _paragraph(lines: list[str]) -> list[Block]:
    """Lines that fill their measure run on, as e-mail breaks them; short ones stay lines."""
    lines = [line for line in lines if line]
    if not lines:
        return []
    runs_on = len(lines) > 1 and all(len(line) >= 50 for line in lines[:-1])
    text_md = (" " if runs_on else "\\\n").join(map(escaped, lines))
    return [Block(kind="paragraph", text=plain_of(text_md), text_md=text_md)]


def read_markdown(content: bytes) -> Text:
    """Markdown as it means itself: raw HTML comes out as words, comments and a head of another program are left out."""
    text = text_in(content)
    left_out = []
    if _HEAD.match(text):
        text = _HEAD.sub("", text)
        left_out.append(LeftOut(what="head of another program"))
    text, comments = uncommented(text)
    if comments:
        left_out.append(LeftOut(what="comment", count=comments))
    for pattern, what in _ASIDE:
        text, count = pattern.subn("", text)
        if count:
            left_out.append(LeftOut(what=what, count=count))
    found = html_text(bare_html_of(_plainly(text)))
    blocks = found.blocks
    left_out += found.left_out
    lost = sum(block.kind == "picture" for block in blocks)
    if lost:  # a picture beside a note does not come along in the note
        left_out.append(LeftOut(what="picture that lies elsewhere", count=lost))
    return Text(blocks=tuple(block for block in blocks if block.kind != "picture"), left_out=tuple(left_out))


def _plainly(text: str) -> str:
    """Markdown without the marks that only a notebook knows (Obsidian, Notion): its words stay."""
    text = re.sub(r"(?<!!)\[\[(?:[^\[\]|\n]*\|)?([^\[\]|\n]+)\]\]", r"\1", text)
    text = re.sub(r"==(?=\S)([^=\n]+?)(?<=\S)==", r"\1", text)
    return re.sub(
        r"(?m)^(\s*>)\s*\[![\w-]+\][+-]?[ \t]*(.*)$", lambda found: f"\n{found[2]}\n" if found[2] else found[1], text
    )


def read_html(content: bytes) -> Text:
    """A page exported by HedgeDoc, Etherpad, Word online …: its text, without scripts, styles and comments."""
    charset = _CHARSET.search(content[:4096])
    if charset and charset[1].lower() in (b"windows-1252", b"iso-8859-1", b"latin1"):
        page = content.decode("cp1252", "replace")
    else:
        page = text_in(content)
    found = html_text(without_comments(page))
    lost = sum(block.kind == "picture" for block in found.blocks)
    left_out = (LeftOut(what="picture that lies elsewhere", count=lost),) if lost else ()
    blocks = tuple(block for block in found.blocks if block.kind != "picture")
    return Text(blocks=blocks, left_out=(*left_out, *found.left_out))
