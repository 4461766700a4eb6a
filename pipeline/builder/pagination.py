"""Lays out the quires of all editions side by side, until every page number that is told is true; what is kept stays."""

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline import pdf
from pipeline.builder.task_runner import Asked, Made, Making, Progress, Request
from pipeline.errors import MagazineError
from pipeline.executors import Limits, width
from pipeline.magazine.sections import QuireText, Texts
from pipeline.pdf import print_files as press

LIMITS = Limits(memory_bytes=3 * 2**30, deadline_s=600, isolated=True)
_MOST_TIMES = 60  # that a quire is laid out
_AHEAD = 3  # quires asked for, for each worker: those behind a wrong guess would all be laid out again


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """An edition to lay out, and all that its pages depend on."""

    name: str  # of its file
    texts: Texts
    variant: str
    bleed_mm: float
    multiple_of: int  # pages
    folder: Path  # for the HTML; and `pictures` stands in it
    objects: Mapping[str, str]  # of each picture, by its name in the programme
    theme: tuple[str, ...]
    theme_digest: str
    tools: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A quire at its place; ``first`` is the number of its first page."""

    text: QuireText
    first: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """A quire that was laid out: its pages are an object of the store."""

    text: QuireText
    first: int
    facts: pdf.PdfFacts
    sha256: str


def laid_out(layouts: Sequence[Layout], making: Making) -> list[tuple[LaidOut, ...] | None]:
    """All quires of each edition in order; ``None`` for an edition of which one could not be laid out.

    Raises:
        MagazineError: the page numbers in the text never come to rest.
    """
    desks = [_Desk.opened(layout, making) for layout in layouts]
    asked: deque[_Asked] = deque()
    while True:
        _ask(desks, asked, making)
        if asked:
            making.talk.progress(_progress(desks))
            asked.popleft().take(making)
        elif all(desk.settled() for desk in desks):
            return [desk.finished() for desk in desks]


def _ask(desks: Sequence["_Desk"], asked: "deque[_Asked]", making: Making) -> None:
    """Keep the workers busy with what is wanted now, of each edition in turn: then all come to an end together."""
    most = _AHEAD * width(making.pool)
    waiting = deque(sorted(desks, key=lambda desk: sum(one.desk is desk for one in asked)))
    while waiting and len(asked) < most:
        desk = waiting.popleft()
        if leaf := desk.next():
            one = _Asked(desk=desk, leaf=leaf, thing=making.ask(desk.request(leaf)))
            if one.thing.future:
                asked.append(one)
            elif one.thing.made:
                one.take(making)
            else:
                desk.lacks = True  # a dry run: told, and not made
            waiting.append(desk)


def _progress(desks: Sequence["_Desk"]) -> Progress:
    done, of = (sum(counts) for counts in zip(*(desk.counted() for desk in desks), strict=True))
    return Progress(verb="laid out", done=done, of=of, done_weight_s=done, of_weight_s=of)


def arranged(texts: Texts, pages_of: Callable[[QuireText], int], multiple_of: int) -> list[Placed]:
    """All quires at their places: openings on left pages, and pages for notes where that, or a full sheet, wants one."""
    plans = [list(_in_order(texts, pages_of, fillers)) for fillers in range(multiple_of + 1)]
    full = [plan for plan in plans if not _end(plan, pages_of) % multiple_of]
    return next((plan for plan in full if _ends_well(plan)), full[0])


def _end(plan: Sequence[Placed], pages_of: Callable[[QuireText], int]) -> int:
    return plan[-1].first - 1 + pages_of(plan[-1].text) if plan else 0


def _ends_well(plan: Sequence[Placed]) -> bool:
    """Whether nothing was put in between colophon and back."""
    end = [one.text.name.startswith("notes-") for one in plan]
    last = next((place for place, one in enumerate(plan) if one.text.last), len(plan))
    return not any(end[last:])


def _in_order(texts: Texts, pages_of: Callable[[QuireText], int], fillers: int) -> Iterator[Placed]:
    page, waiting = 1, fillers
    for quire in (*texts.quires, None):
        blank = waiting if quire is None or quire.last else 0
        waiting -= blank
        if quire and quire.left and (page + blank) % 2:
            blank += 1
        for number in range(page, page + blank):
            yield Placed(text=replace(texts.notes, name=f"notes-{number}"), first=number)
        page += blank
        if quire:
            yield Placed(text=quire, first=page)
            page += pages_of(quire)


# ------------------------------------------------------------------------------------------------------------ one edition


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaf:
    """A quire at its place with every number in it."""

    placed: Placed
    html: str
    digest: str  # of all this


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A leaf that was asked for."""

    desk: "_Desk"
    leaf: _Leaf
    thing: Asked[pdf.PdfFacts]

    def take(self, making: Making) -> None:
        """Wait for it, and learn what came out."""
        self.desk.take(self.leaf, making.answer(self.thing))


@dataclass(slots=True, kw_only=True)
class _Desk:
    """One edition while it is laid out: what is known of each quire, and what was made."""

    layout: Layout
    style: Path
    known: frozenset[str]  # every place that can be referred to
    facts: dict[str, pdf.PdfFacts]  # by quire; at first those of the last build, so that little is laid out twice
    made: dict[str, Made[pdf.PdfFacts]] = field(default_factory=dict)  # by the digest of the leaf
    asked: set[str] = field(default_factory=set)  # on their way, by the digest of the leaf
    times: Counter[str] = field(default_factory=Counter)  # that each quire was asked for
    failed: bool = False  # no more is asked for
    lacks: bool = False  # not all can be had
    _placed: list[Placed] = field(default_factory=list)  # empty: to be arranged anew
    _leaf_of: dict[tuple[Any, ...], _Leaf] = field(default_factory=dict)

    @classmethod
    def opened(cls, layout: Layout, making: Making) -> "_Desk":
        """Everything ready, and nothing made."""
        layout.folder.mkdir(parents=True, exist_ok=True)
        style = layout.folder / "style.css"
        style.write_text(layout.texts.style, encoding="utf-8")
        quires = layout.texts.quires
        last = {one.name: making.last_answer(f"laid out {_subject(layout, one)}", pdf.PdfFacts) for one in quires}
        return cls(
            layout=layout,
            style=style,
            known=frozenset(anchor for quire in quires for anchor in quire.anchors),
            facts={name: facts for name, facts in last.items() if facts},
        )

    def next(self) -> _Leaf | None:
        """What must be laid out next, in order of the pages.

        What tells a page that nobody saw yet tells the one that is reckoned, or that of the last build: a guess that is wrong
        costs a quire laid out twice, and waiting would cost as much whenever its own length was reckoned wrong.
        """
        if self.failed:
            return None
        missing = [one for one in self._leaves() if one.digest not in self.made and one.digest not in self.asked]
        first = (one for one in missing if not (one.placed.text.asks and self.times[one.placed.text.name]))
        again = missing[0] if missing and not self.asked else None  # all others stand: now its numbers are true
        return next(first, again)

    def take(self, leaf: _Leaf, made: Made[pdf.PdfFacts] | None) -> None:
        """What came of it."""
        self.asked.discard(leaf.digest)
        if made is None:
            self.failed = self.lacks = True
        else:
            self.made[leaf.digest] = made
            self._learn(leaf.placed.text, made.answer)

    def settled(self) -> bool:
        """Whether all that is known of each quire was seen at the very place where it stands; else it is, from now on."""
        if self.lacks:
            return True
        told = [(leaf.placed.text, self.made[leaf.digest].answer) for leaf in self._leaves()]
        news = [self._learn(text, facts) for text, facts in told]
        self.times["all"] += any(news)
        self._refuse_endless("all")
        return not any(news)

    def counted(self) -> tuple[int, int]:
        """How many quires stand at their place, of how many."""
        leaves = self._leaves()
        return sum(leaf.digest in self.made for leaf in leaves), len(leaves)

    def finished(self) -> tuple[LaidOut, ...] | None:
        """All quires in order."""
        if self.lacks:
            return None
        return tuple(self._laid_out(leaf) for leaf in self._leaves())

    def request(self, leaf: _Leaf) -> Request[pdf.PdfFacts]:
        """The job, and what its bytes depend on: these words, these pictures, the theme."""
        layout, text = self.layout, leaf.placed.text
        self.asked.add(leaf.digest)
        self.times[text.name] += 1
        self._refuse_endless(text.name)
        file = layout.folder / f"{text.name}-{self.times[text.name]}.html"
        file.write_text(leaf.html, encoding="utf-8")
        for_press = layout.variant == pdf.PRINT
        return Request(
            verb="laid out",
            subject=_subject(layout, text),
            maker="pipeline.pdf.print_files:print_quire" if for_press else "pipeline.pdf:render_pdf",
            recipe=pdf.RECIPE + press.RECIPE * for_press,
            settings={"variant": layout.variant, "bleed_mm": layout.bleed_mm, "first": leaf.placed.first},
            inputs={
                "html": hashlib.sha256(leaf.html.encode()).hexdigest(),
                "style": hashlib.sha256(layout.texts.style.encode()).hexdigest(),
                "theme": layout.theme_digest,
                **{name: layout.objects[name] for name in sorted(text.pictures) if name in layout.objects},
            },
            tools=layout.tools,
            job=lambda files: pdf.PdfJob(
                html=str(file),
                style=str(self.style),
                pictures=str(layout.folder / "pictures"),
                theme=layout.theme,
                variant=layout.variant,
                bleed_mm=layout.bleed_mm,
                first=leaf.placed.first,
                out=str(files["quire.pdf"]),
            ),
            answer=pdf.PdfFacts,
            outputs=("quire.pdf",),
            limits=LIMITS,
        )

    def _learn(self, text: QuireText, facts: pdf.PdfFacts) -> bool:
        """Take over what is known of a quire now; whether that is news."""
        if self._pages(text) != facts.pages:
            self._placed = []
        old, self.facts[text.name] = self.facts.get(text.name), facts
        return old != facts

    def _refuse_endless(self, name: str) -> None:
        if self.times[name] > _MOST_TIMES:
            hint = "A reference to a page may change the length of the page that makes it: say it in other words."
            raise MagazineError("the page numbers in the text do not come to rest", hint=hint)

    def _leaves(self) -> list[_Leaf]:
        self._placed = self._placed or arranged(self.layout.texts, self._pages, self.layout.multiple_of)
        numbers = self._numbers(self._placed)
        return [self._leaf(one, numbers) for one in self._placed]

    def _leaf(self, placed: Placed, numbers: Mapping[str, int]) -> _Leaf:
        text = placed.text
        key = (text.name, placed.first, *(numbers.get(anchor) for anchor in sorted(text.asks)))
        if key not in self._leaf_of:
            html = text.numbered(numbers, self.known)
            digest = hashlib.sha256(f"{text.name}\n{placed.first}\n{html}".encode()).hexdigest()
            self._leaf_of[key] = _Leaf(placed=placed, html=html, digest=digest)
        return self._leaf_of[key]

    def _pages(self, text: QuireText) -> int:
        known = self.facts.get(text.name)
        return known.pages if known else text.pages

    def _numbers(self, placed: Sequence[Placed]) -> dict[str, int]:
        """The page of every place, as far as is known."""
        numbers: dict[str, int] = {}
        for one in placed:
            facts = self.facts.get(one.text.name)
            inside = facts.anchors if facts else {}
            for anchor in one.text.anchors:
                numbers.setdefault(anchor, one.first + inside.get(anchor, 0))
        return numbers

    def _laid_out(self, leaf: _Leaf) -> LaidOut:
        made = self.made[leaf.digest]
        sha256 = made.outputs["quire.pdf"].sha256
        return LaidOut(text=leaf.placed.text, first=leaf.placed.first, facts=made.answer, sha256=sha256)


def _subject(layout: Layout, text: QuireText) -> str:
    return f"{layout.name}: {text.name}"
