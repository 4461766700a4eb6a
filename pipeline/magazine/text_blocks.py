"""Cuts clean HTML of one text into blocks that a page can place: headings in their rank, pictures as figures."""

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import escape, unescape
from html.parser import HTMLParser
from urllib.parse import unquote

from pipeline.errors import MagazineError
from pipeline.typesetting import caption_and_credit, html_of, typographic, words

_HEADING = re.compile(r"<(/?)h([1-6])\b")
_PICTURE = re.compile(r"<img\b[^>]*>")
_ATTRIBUTE = re.compile(r'\b(src|alt|title)="([^"]*)"')
_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"(?<![\w&])[^\W\d_]+(?![\w;])")
_TREMA = re.compile("[ëïöü]")
_LONGEST_WHOLE = 5  # letters that are never broken anyway; see hyphenate-limit-chars in print.css
_OPENING = re.compile(r"<p>([^\W\d_])")
_FIRST_TAG = re.compile(r"^<(\w+)(?![^>]*\bid=)")
_LINK = re.compile(r'<a\b[^>]*\bhref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_REFERENCE = re.compile(r'<a class="to" href="#([^"]+)">.*?</a>', re.DOTALL)
_RUNT = re.compile(r"(?<=[^\s<>]) (?=([^\s<>]{1,12})(</p>|</li>|\Z))")  # the space before the last word of a paragraph
_CAPTION = re.compile(r"<figcaption>(.*?)</figcaption>", re.DOTALL)
_ALONE = re.compile(r"<p>\s*(<img\b[^>]*>)\s*</p>")


def blocks_of(
    text_md: str, *, language: str, top: int, folder: str, places: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """The blocks of a text in order, as clean HTML.

    Its headings begin at rank ``top`` and skip none (PDF/UA-1, 7.4.2). Pictures are named relative to ``folder`` in the
    Markdown, and `pictures/…` relative to the programme in what comes back. A link to another text of the magazine leads to
    its place, by ``places``; one to a text that is not in it is no link.

    Raises:
        MagazineError: a picture lies outside the programme, or says nothing to who cannot see it.
    """
    html = _ranked(str(html_of(text_md, language=language)), top)
    html = _ALONE.sub(partial(_figure, language), html)
    html = _LINK.sub(lambda found: _reference(found, folder, places or {}), html)
    html = _PICTURE.sub(lambda found: _picture(found.group(), folder), html)
    return tuple(_top_level(html))


def with_pulls(
    blocks: Sequence[str], pulls: Sequence[str], *, ill: Callable[[int, int], float] | None = None
) -> tuple[tuple[str, str], ...]:
    """Each block with what is pulled out of the story after it, or nothing.

    Pulls stand evenly spread, or where a page wants them: ``ill`` tells how ill the pull of a number stands behind the block
    of a number, in blocks away from its place. They never stand between a heading and its text or before a list, and not
    beside the lines they come from if it can be.
    """
    places: dict[int, str] = {}
    for index, pull in enumerate(pulls):
        ideal = round((index + 1) * len(blocks) / (len(pulls) + 1)) - 1
        free = [place for place in range(len(blocks)) if place not in places and _may_be_followed(blocks, place)]
        away = {place: ill(index, place) if ill else abs(place - ideal) for place in free}
        if free:
            places[min(free, key=lambda place: (away[place] + _beside(blocks, place, pull), place))] = pull
    return tuple((block, places.get(index, "")) for index, block in enumerate(blocks))


def _may_be_followed(blocks: Sequence[str], place: int) -> bool:
    if place + 1 == len(blocks):
        return False  # under the last words it would pull nobody into the text
    before, after = blocks[place], blocks[place + 1]
    return (
        not _HEADING.match(before)
        and not before.startswith(("<table", "<figure"))
        and not after.startswith(("<ul", "<ol", "<table", "<div"))
    )


def _beside(blocks: Sequence[str], place: int, pull: str) -> float:
    return 2.5 if any(_letters(pull) in _letters(block) for block in blocks[place : place + 2]) else 0.0


def words_of(block: str) -> str:
    """The words of a block, without its tags."""
    return " ".join(unescape(_TAG.sub(" ", block)).split())


def _letters(html: str) -> str:
    """Letters only: tags, quotes and spaces of either side do not count."""
    return "".join(letter for letter in _TAG.sub("", html).casefold() if letter.isalnum())


def referring(block: str, told: Callable[[str], str]) -> str:
    """A block on paper: behind each link to another text, what is ``told`` of its place."""
    return _REFERENCE.sub(lambda found: f'{found[0]}<span class="see">{told(found[1])}</span>', block)


def led(page: str, to: Callable[[str], str]) -> str:
    """A page without pages: each link to another text leads to where ``to`` says that its place is."""
    return _REFERENCE.sub(lambda found: found[0].replace(f'"#{found[1]}"', f'"{to(found[1])}"', 1), page)


def tied(block: str, longest: int = 12) -> str:
    """A block, or a text without markup, of which no paragraph ends with a word of up to ``longest`` signs on a line of its own.

    Lists are ragged, and have no line that this could tear apart. Only where no tag begins or ends at that space: WeasyPrint would break the line before it in the wrong place.
    """
    return _RUNT.sub(lambda found: "\u00a0" if len(found[1]) <= longest or found[2] == "</li>" else " ", block)


def captioned(block: str, high: Callable[[str], str]) -> str:
    """A block whose captions stand as ``high`` as is told of their words (CSS)."""
    return _CAPTION.sub(
        lambda found: (
            f'<figcaption style="min-height: {high(unescape(_TAG.sub("", found[1])))}">{found[1]}</figcaption>'
        ),
        block,
    )


def on_paper(block: str, *, first: bool = False, name: str = "", hyphenation: Sequence[str] = ()) -> str:
    """A block as it is hyphenated on paper: words with a trema stay whole, for Dutch drops the trema at a break.

    A word in ``hyphenation`` (be-leids-pro-ces) may be broken where its hyphens stand, and nowhere else. The ``first``
    paragraph of a story gets a letter three lines high; screen readers would read it as a word. With a ``name``, it can
    be told on which page the block begins.
    """
    places = {word.replace("-", "").casefold(): word for word in hyphenation}
    pieces = re.split(r"(<[^>]*>)", block)
    kept = "".join(piece if piece.startswith("<") else _WORD.sub(partial(_broken, places), piece) for piece in pieces)
    if first and kept.startswith("<p>"):
        kept = _OPENING.sub(r'<p><span class="ini">\1</span>', kept, count=1)
    return _FIRST_TAG.sub(rf'<\1 id="{name}"', kept, count=1) if name else kept


def _broken(places: Mapping[str, str], found: re.Match[str]) -> str:
    """One word with a soft hyphen at each good place, or kept whole, or left to the dictionary."""
    word = found[0]
    if known := places.get(word.casefold()):
        return f'<span class="whole">{_with_soft_hyphens(word, known)}</span>'
    return f'<span class="whole">{word}</span>' if len(word) > _LONGEST_WHOLE and _TREMA.search(word) else word


def _with_soft_hyphens(word: str, known: str) -> str:
    """``word`` in its own capitals, broken where ``known`` is."""
    letters = iter(word)
    return "".join("\u00ad" if sign == "-" else next(letters) for sign in known)


def picture_address(file: str) -> str:
    """How the HTML names a picture of the programme: never by a folder of this machine."""
    return f"pictures/{file}"


def _ranked(html: str, top: int) -> str:
    used = sorted({int(rank) for slash, rank in _HEADING.findall(html) if not slash})
    ranks = {str(rank): min(6, top + place) for place, rank in enumerate(used)}
    return _HEADING.sub(lambda found: f"<{found[1]}h{ranks[found[2]]}", html)


def _figure(language: str, found: re.Match[str]) -> str:
    """A picture that stands alone, with what is said of it and who made it."""
    caption, credit = caption_and_credit(unescape(dict(_ATTRIBUTE.findall(found[1])).get("title", "")))
    told = [escape(typographic(caption, language=language), quote=False)] if caption else []
    if credit:
        maker = typographic(words(language)("Picture: %s") % credit, language=language)
        told.append(f'<span class="credit">{escape(maker, quote=False)}</span>')
    below = f"<figcaption>{' '.join(told)}</figcaption>" if told else ""
    return f"<figure>{found[1]}{below}</figure>"


def _reference(found: re.Match[str], folder: str, places: Mapping[str, str]) -> str:
    """A link to a file beside the text becomes one to its place; all others stay as they are."""
    address, words = unquote(unescape(found[1])), found[2]
    if ":" in address or address.startswith(("#", "/")):
        return found[0]
    place = places.get(posixpath.normpath(posixpath.join(folder, address)))
    return f'<a class="to" href="#{place}">{words}</a>' if place else words


def _picture(tag: str, folder: str) -> str:
    named = dict(_ATTRIBUTE.findall(tag))
    source, alt = named.get("src", ""), named.get("alt", "").strip()
    file = posixpath.normpath(posixpath.join(folder, source))
    if ":" in source or file.startswith(("/", "..")):
        raise MagazineError(f"a picture lies outside the programme: {source}", where=folder)
    if not alt:
        raise MagazineError(
            f"a picture says nothing to who cannot see it: {source}",
            where=folder,
            hint="Write ![what is seen](file.jpg).",
        )
    return f'<img src="{picture_address(file)}" alt="{alt}">'


def _top_level(html: str) -> list[str]:
    """The elements that stand side by side in ``html``, each whole."""
    cutter = _Cutter()
    cutter.feed(html)
    cutter.close()
    starts = html.split("\n")
    offsets = [0]
    for line in starts:
        offsets.append(offsets[-1] + len(line) + 1)
    places = [offsets[line - 1] + column for line, column in cutter.starts]
    if not places:
        return []
    return [html[one:two].strip() for one, two in zip(places, [*places[1:], len(html)], strict=True)]


class _Cutter(HTMLParser):
    """Notes where each top-level element begins."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.starts: list[tuple[int, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if not self.depth:
            self.starts.append(self.getpos())
        if tag not in ("img", "br", "hr", "wbr"):
            self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        del tag
        self.depth -= 1
