"""Copy-fitting: how high text will stand on a page, and how to share things out over pages. Pure arithmetic.

The sizes are those of `templates/magazine/magazine.css` and `print.css`; a line is broken by the widths of Source Serif 4's letters, so
that an estimate is a line off at most. Nothing depends on it but beauty: text that turns out higher flows on.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")

PAGE_MM = 255.0  # A4 less the margins at head and foot
WIDE_MM = 175.0
COLUMN_MM = 85.0
PT = 25.4 / 72

_WIDTHS = {  # thousandths of the size, Source Serif 4 Regular
    letter: width
    for width, letters in {
        180: "'", 220: "’‘", 233: " \u00a0", 300: "!j.,:;il|ï", 320: "-/[]t", 340: "(){}", 360: '"f', 380: "IJ", 420: "?r“”",
        440: "*s", 460: "z", 480: "c", 500: "$0123456789av€", 520: "#+<=>S_egxyéëè–", 550: "^koö", 565: "Zdq", 580: "FPbpu",
        600: "ELThn", 620: "B", 640: "CXY", 660: "AKR", 680: "GV", 700: "OQ", 720: "&DU", 740: "N", 764: "w", 788: "H",
        820: "…", 880: "%", 902: "Mm", 962: "W",
    }.items()
    for letter in letters
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A size of type and its leading in points; semibold letters are ``wider`` than regular ones, tracked ones narrower."""

    size: float
    leading: float
    wider: float = 1.0

    @property
    def line_mm(self) -> float:
        """The leading in millimetres."""
        return self.leading * PT


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The sizes in which running text differs between the editions; what is set large is the same in both."""

    text: Setting
    list: Setting
    intro: Setting
    pull: Setting
    intro_gap_mm: float  # under an intro
    caption: Setting
    picture_lines: int  # how high a picture in a column is, in lines of text


SCREEN = Scale(
    text=Setting(size=11, leading=16),
    list=Setting(size=10.5, leading=15),
    intro=Setting(size=15, leading=22),
    pull=Setting(size=18, leading=24),
    intro_gap_mm=8.0,
    caption=Setting(size=8.5, leading=12, wider=0.93),
    picture_lines=11,
)
PRINT = Scale(  # justified: what hyphens win, wide spaces and the drop cap take
    text=Setting(size=9.6, leading=12.756, wider=1.01),
    list=Setting(size=9.6, leading=12.756),
    intro=Setting(size=13, leading=17),
    pull=Setting(size=18, leading=25.512),
    intro_gap_mm=8.5,
    caption=Setting(size=7.6, leading=10, wider=0.93),  # Source Sans 3
    picture_lines=14,
)

HEAD_1 = Setting(size=44, leading=46, wider=0.99)
HEAD_2 = Setting(size=26, leading=30, wider=1.0)
THEME = Setting(size=44, leading=48, wider=0.97)
VOICES = (  # what is said aloud, from loud to soft; .size-0 to .size-3
    Setting(size=44, leading=48, wider=0.98),
    Setting(size=34, leading=40, wider=0.98),
    Setting(size=25, leading=31, wider=0.98),
    Setting(size=18, leading=24, wider=0.98),
)

_LEANING = frozenset(  # words that lean on the next: no line of large type ends with one, if it can be
    [
        "de",
        "het",
        "een",
        "en",
        "of",
        "van",
        "in",
        "op",
        "te",
        "aan",
        "bij",
        "met",
        "naar",
        "om",
        "voor",
        "door",
        "over",
        "uit",
        "tot",
        "dat",
        "die",
        "wie",
        "wat",
        "je",
        "ik",
        "we",
        "wij",
        "ze",
        "als",
        "er",
        "in",
        "is",
        "geen",
        "één",
        "zijn",
        "mijn",
        "haar",
        "hun",
        "ons",
        "the",
        "a",
        "an",
        "and",
        "or",
        "of",
        "to",
        "at",
        "by",
        "for",
        "from",
        "with",
        "my",
        "our",
        "is",
        "that",
        "who",
    ]
)

_JOINING = frozenset(  # words that a new line may well begin with
    [
        "en",
        "of",
        "maar",
        "want",
        "dus",
        "terwijl",
        "omdat",
        "als",
        "toen",
        "zodat",
        "tot",
        "zonder",
        "waar",
        "wie",
        "wat",
        "die",
        "dat",
        "and",
        "or",
        "but",
        "because",
        "when",
        "while",
        "that",
        "who",
    ]
)
_STOPS = frozenset(".?!…")

_COVERS = tuple(Setting(size=size, leading=size * 70 / 76, wider=0.98) for size in (76, 64, 54, 44, 34))


def lines(text: str, setting: Setting, width_mm: float) -> int:
    """How many lines ``text`` takes, broken greedily at spaces."""
    room = width_mm / PT / setting.size / setting.wider * 1000
    space = _WIDTHS[" "]
    count, used = 1, 0
    for width in _word_widths(text):
        if used and used + space + width > room:
            count, used = count + 1, width
        else:
            used += width + (space if used else 0)
    return count


@lru_cache(maxsize=4096)  # the same words are tried on many widths
def _word_widths(text: str) -> tuple[int, ...]:
    """How wide each word is, in thousandths of its size; a no-break space holds words together."""
    words = filter(None, re.split(r"[ \n\t]", text))
    return tuple(sum(_WIDTHS.get(letter, 540) for letter in word) for word in words)


def height_mm(text: str, setting: Setting, width_mm: float) -> float:
    """How high ``text`` stands; nothing takes no room."""
    return lines(text, setting, width_mm) * setting.line_mm if text.strip() else 0.0


def set_large(text: str, setting: Setting, width_mm: float) -> tuple[str, ...]:
    """The lines of large type: as few as will do, about as long as each other, and broken where the sense allows it.

    A line likes to end behind a comma or a full stop, and not with a word that leans on the next; no word is left alone.
    """
    words = [word for word in re.split(r"[ \n\t]", text) if word]
    widths = [_word_mm(word, setting) for word in words]
    count = lines(text, setting, width_mm)
    even_mm = (sum(widths) + _word_mm(" ", setting) * (len(words) - count)) / count
    best: dict[tuple[int, int], tuple[float, int]] = {(0, 0): (0.0, 0)}  # words, lines: cost, where the last line began
    for line, end in ((row, to) for row in range(1, count + 1) for to in range(row, len(words) + 1)):
        last = end == len(words)
        costs = [
            (best[start, line - 1][0] + _cost(words[start:end], wide_mm / even_mm, last=last), start)
            for start in range(end)
            if (start, line - 1) in best
            and ((wide_mm := _line_mm(widths[start:end], setting)) <= width_mm or end == start + 1)
        ]
        if costs:
            best[end, line] = min(costs)
    if (len(words), count) not in best:
        return (text,)
    return tuple(_broken(words, best, count))


def _broken(words: Sequence[str], best: Mapping[tuple[int, int], tuple[float, int]], count: int) -> list[str]:
    end, found = len(words), []
    for line in range(count, 0, -1):
        start = best[end, line][1]
        found.append(" ".join(words[start:end]))
        end = start
    return found[::-1]


def _cost(line: Sequence[str], share: float, *, last: bool) -> float:
    """How ill a line stands whose length is ``share`` of an even one."""
    ends = [word.rstrip("”’\"'")[-1:] for word in line]
    torn = len(line) > 1 and (ends[0] in _STOPS or ends[-2] in _STOPS)  # one word of a sentence on the other line
    cost = (share - 1) ** 2 + (0.15 if torn else 0.0) - (0.05 if line[0].casefold() in _JOINING else 0.0)
    if last:
        return cost + (0.3 if len(line) == 1 and share < 0.5 else 0.0)
    leaning = line[-1].casefold().strip("“‘\"'") in _LEANING
    return cost + (0.16 if leaning else 0.0) - (0.14 if ends[-1] in _STOPS else 0.08 if ends[-1] in ",:;–" else 0.0)


def _line_mm(widths: Sequence[float], setting: Setting) -> float:
    return (sum(widths) + _word_mm(" ", setting) * (len(widths) - 1)) * 1.01  # kerning is not known here


def cover_setting(title: str, width_mm: float) -> Setting:
    """The largest type in which the title of a magazine stands on four lines at most, and no word is broken."""
    for setting in _COVERS:
        if lines(title, setting, width_mm) <= 4 and all(_word_mm(word, setting) <= width_mm for word in title.split()):
            return setting
    return _COVERS[-1]


def _word_mm(word: str, setting: Setting) -> float:
    return sum(_WIDTHS.get(letter, 540) for letter in word) / 1000 * setting.size * setting.wider * PT


@lru_cache(maxsize=4096)
def column_lines(text_md: str, scale: Scale) -> float:
    """How many lines of one column running text takes, in lines of text, with the white around what is no paragraph."""
    return sum(_block_lines(block.strip(), scale) for block in re.split(r"\n\s*\n", text_md) if block.strip())


def _block_lines(block: str, scale: Scale) -> float:
    if block.startswith("!["):
        return 2 + scale.picture_lines + caption_lines(_caption(block), scale)
    if block.startswith("#"):
        return 1 + lines(block.lstrip("# "), scale.text, COLUMN_MM)
    if block.startswith("[^"):
        notes = sum(lines(note, scale.caption, COLUMN_MM - 5) for note in block.splitlines())
        return 1 + notes * scale.caption.leading / scale.text.leading
    if block.startswith("|"):
        return 2 + sum(_row_lines(row, scale) for row in block.splitlines() if not set(row) <= set("|-: "))
    if re.match(r"([-*+>]|\d+[.)])\s", block):
        return 1 + sum(lines(line, scale.text, COLUMN_MM - 6) for line in block.splitlines())
    return lines("     " + re.sub(r"[*_`]|\]\(\S+?\)|\[", "", block), scale.text, COLUMN_MM)


def caption_lines(caption: str, scale: Scale) -> int:
    """How many lines of text a caption in a column takes; none where there is no caption."""
    return lines(caption, scale.caption, COLUMN_MM) if caption else 0


def _caption(block: str) -> str:
    found = re.search(r'"([^"]*)"\s*\)', block)
    return found[1] if found else ""


def _row_lines(row: str, scale: Scale) -> int:
    cells = row.strip().strip("|").split("|")
    return max(lines(cell, scale.caption, COLUMN_MM / len(cells) - 3) for cell in cells)


def balanced_mm(count: float, scale: Scale) -> float:
    """How high so many lines stand when they are balanced over two columns."""
    return math.ceil(count / 2) * scale.text.line_mm


def shared_out(
    items: Sequence[T], heights: Sequence[float], *, gap: float = 0.0, room: float = PAGE_MM, pages: int = 0
) -> list[list[T]]:
    """``items`` in order over as few pages as will do, or over ``pages``, the fullest page as empty as possible.

    What is higher than a page stands alone.
    """
    count = max(pages, len(_filled(heights, heights, gap, room)))
    low, high = max((one for one in heights if one <= room), default=0.0), room
    for _ in range(24):  # the smallest page on which they still fit in that many
        middle = (low + high) / 2
        low, high = (low, middle) if len(_filled(heights, heights, gap, middle)) <= count else (middle, high)
    return _filled(items, heights, gap, high)


def _filled(items: Sequence[T], heights: Sequence[float], gap: float, room: float) -> list[list[T]]:
    pages: list[list[T]] = []
    used = math.inf
    for item, high in zip(items, heights, strict=True):
        if used + gap + high > room + 1e-6:
            pages.append([])
            used = -gap
        pages[-1].append(item)
        used += gap + high
    return pages
