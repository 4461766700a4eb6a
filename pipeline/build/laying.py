"""Lays out the quires of all editions side by side, until every page number that is told is true; what is kept stays."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.build.making import Made, Making, Request
from pipeline.errors import MagazineError
from pipeline.magazine import pdf
from pipeline.magazine import print as press
from pipeline.magazine.quires import QuireText, Texts
from pipeline.workers import Limits

LIMITS = Limits(memory_bytes=3 * 2**30, deadline_s=600, isolated=True)
_MOST_ROUNDS = 60
_AT_A_TIME = 12  # quires of an edition: after so many, what was reckoned wrong is put right for those that follow


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
    for _ in range(_MOST_ROUNDS):
        wanted = [(desk, leaf) for desk in desks for leaf in desk.wanted()]
        if not wanted:
            return [desk.finished() for desk in desks]
        made = making.make([desk.request(leaf) for desk, leaf in wanted])
        for (desk, leaf), one in zip(wanted, made, strict=True):
            desk.take(leaf, one)
    hint = "A reference to a page may change the length of the page that makes it: say it in other words."
    raise MagazineError("the page numbers in the text do not come to rest", hint=hint)


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


@dataclass(slots=True, kw_only=True)
class _Desk:
    """One edition while it is laid out: what is known of each quire, and what was made."""

    layout: Layout
    style: Path
    known: frozenset[str]  # every place that can be referred to
    facts: dict[str, pdf.PdfFacts]  # by quire; at first those of the last build, so that little is laid out twice
    made: dict[str, Made[pdf.PdfFacts]] = field(default_factory=dict)  # by the digest of the leaf
    failed: bool = False

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

    def wanted(self) -> list[_Leaf]:
        """What must be laid out next; those that tell the pages of others wait until these stand."""
        if self.failed:
            return []
        missing = [leaf for leaf in self._leaves() if leaf.digest not in self.made]
        if all(quire.name in self.facts for quire in self.layout.texts.quires):
            return missing  # the pages of the last build are a good guess; a wrong one costs a page laid out twice
        ready = [leaf for leaf in missing if not leaf.placed.text.asks]
        return ready[:_AT_A_TIME] or missing

    def take(self, leaf: _Leaf, made: Made[pdf.PdfFacts] | None) -> None:
        """What came of it."""
        if made is None:
            self.failed = True
        else:
            self.made[leaf.digest] = made
            self.facts[leaf.placed.text.name] = made.answer

    def finished(self) -> tuple[LaidOut, ...] | None:
        """All quires in order."""
        if self.failed:
            return None
        return tuple(self._laid_out(leaf) for leaf in self._leaves())

    def request(self, leaf: _Leaf) -> Request[pdf.PdfFacts]:
        """The job, and what its bytes depend on: these words, these pictures, the theme."""
        layout, text = self.layout, leaf.placed.text
        file = layout.folder / f"{text.name}.html"
        file.write_text(leaf.html, encoding="utf-8")
        for_press = layout.variant == pdf.PRINT
        return Request(
            verb="laid out",
            subject=_subject(layout, text),
            maker="pipeline.magazine.print:print_quire" if for_press else "pipeline.magazine.pdf:render_pdf",
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

    def _leaves(self) -> list[_Leaf]:
        placed = arranged(self.layout.texts, self._pages, self.layout.multiple_of)
        numbers = self._numbers(placed)
        return [self._leaf(one, numbers) for one in placed]

    def _leaf(self, placed: Placed, numbers: Mapping[str, int]) -> _Leaf:
        html = placed.text.numbered(numbers, self.known)
        named = f"{placed.text.name}\n{placed.first}\n{html}"
        return _Leaf(placed=placed, html=html, digest=hashlib.sha256(named.encode()).hexdigest())

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
