"""Pagination: render all sections in parallel until every page number is right."""

import hashlib
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from pipeline.builder.pdf_theme import hash_system_fonts
from pipeline.builder.section_order import SectionPlacement, arrange_sections
from pipeline.builder.task_functions import run_render_pdf
from pipeline.builder.task_runner import PendingTask, Progress, TaskResult, TaskRunner
from pipeline.errors import MagazineError, fill
from pipeline.executors import count_workers
from pipeline.magazine.sections import EditionHtml, SectionHtml
from pipeline.pdf.tasks import RenderPdfResult, RenderPdfTask

_MAX_PASSES = 60  # that a section is rendered
_QUEUE_PER_WORKER = 3  # a longer queue would render more sections again after a wrong guess

SubmittedSection: TypeAlias = "tuple[EditionPaginator, SectionVersion, PendingTask[RenderPdfResult]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionLayout:
    """An edition to paginate, and all that its pages depend on."""

    name: str  # of its file
    html: EditionHtml
    variant: str
    bleed_mm: float
    multiple_of: int  # pages
    folder: Path  # for the HTML files; holds `pictures`
    picture_digests: Mapping[str, str]  # by path in the programme
    theme_folders: tuple[str, ...]
    theme_digest: str

    def label(self, section: SectionHtml) -> str:
        """Name a section in progress output and in the cache."""
        return f"{self.name}: {section.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedSection:
    """A section whose pages are in the cache."""

    placement: SectionPlacement
    result: TaskResult[RenderPdfResult]


def paginate_editions(layouts: Sequence[EditionLayout], runner: TaskRunner) -> list[tuple[RenderedSection, ...] | None]:
    """Render all sections of each edition.

    Returns:
        The sections of each edition in page order; ``None`` for an edition with a failed section.

    Raises:
        MagazineError: The page numbers do not converge.
    """
    paginators = [EditionPaginator.create(layout, runner) for layout in layouts]
    queue: deque[SubmittedSection] = deque()
    while True:
        _fill_queue(paginators, queue, runner)
        if queue:
            runner.reporter.progress(_compute_progress(paginators))
            paginator, version, task = queue.popleft()
            paginator.add_result(version, runner.wait(task))
        elif all(paginator.check_convergence() for paginator in paginators):
            return [paginator.list_rendered() for paginator in paginators]


def _fill_queue(paginators: Sequence["EditionPaginator"], queue: deque[SubmittedSection], runner: TaskRunner) -> None:
    """Keep the workers busy with all editions in turn, so that these are ready at the same time."""
    limit = _QUEUE_PER_WORKER * count_workers(runner.executor)
    waiting = deque(sorted(paginators, key=lambda one: sum(paginator is one for paginator, _, _ in queue)))
    while waiting and len(queue) < limit:
        paginator = waiting.popleft()
        if version := paginator.select_next():
            task = runner.submit(run_render_pdf, paginator.create_task(version))
            if task.future:
                queue.append((paginator, version, task))
            elif task.result:
                paginator.add_result(version, task.result)
            else:
                paginator.incomplete = True  # a dry run reports the task and does not run it
            waiting.append(paginator)


def _compute_progress(paginators: Sequence["EditionPaginator"]) -> Progress:
    counts = [paginator.count_rendered() for paginator in paginators]
    done, total = sum(done for done, _ in counts), sum(total for _, total in counts)
    return Progress(verb=RenderPdfTask.VERB, done=done, of=total, done_weight_s=done, of_weight_s=total)


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionVersion:
    """A section at its place, with all page numbers filled in."""

    placement: SectionPlacement
    html: str
    digest: str


@dataclass(slots=True, kw_only=True)
class EditionPaginator:
    """The state of one edition during pagination."""

    layout: EditionLayout
    stylesheet: Path
    anchors: frozenset[str]  # of all sections
    facts: dict[str, RenderPdfResult]  # latest of each section; initially those of the last build
    rendered: dict[str, TaskResult[RenderPdfResult]] = field(default_factory=dict)  # by digest of the version
    submitted: set[str] = field(default_factory=set)  # running, by digest of the version
    passes: Counter[str] = field(default_factory=Counter)  # by section
    failed: bool = False
    incomplete: bool = False  # failed, or a dry run
    _placements: list[SectionPlacement] = field(default_factory=list)  # empty: to be arranged again
    _versions: dict[tuple[Any, ...], SectionVersion] = field(default_factory=dict)

    @classmethod
    def create(cls, layout: EditionLayout, runner: TaskRunner) -> "EditionPaginator":
        """Write the stylesheet, and take first guesses from the last build."""
        layout.folder.mkdir(parents=True, exist_ok=True)
        stylesheet = layout.folder / "style.css"
        stylesheet.write_text(layout.html.stylesheet, encoding="utf-8")
        sections = layout.html.sections
        labels = {one.name: f"{RenderPdfTask.VERB} {layout.label(one)}" for one in sections}
        last = {name: runner.load_last_value(label, RenderPdfResult) for name, label in labels.items()}
        return cls(
            layout=layout,
            stylesheet=stylesheet,
            anchors=frozenset(anchor for section in sections for anchor in section.anchors),
            facts={name: facts for name, facts in last.items() if facts},
        )

    def select_next(self) -> SectionVersion | None:
        """Select the next version to render, in page order.

        A section with page references is first rendered with estimated numbers, or those of the
        last build. A wrong guess costs a second rendering, which waiting would often cost too: its
        own length may be estimated wrong.
        """
        if self.failed:
            return None
        versions = self._list_versions()
        missing = [one for one in versions if one.digest not in self.rendered and one.digest not in self.submitted]
        for version in missing:
            section = version.placement.section
            if not (section.page_references and self.passes[section.name]):
                return version
        # Guessed again only when no other section is running: from then on the numbers are right.
        return missing[0] if missing and not self.submitted else None

    def create_task(self, version: SectionVersion) -> RenderPdfTask:
        """Create the task that renders a version.

        Raises:
            MagazineError: The page numbers do not converge.
        """
        layout, section = self.layout, version.placement.section
        self.submitted.add(version.digest)
        self._count_pass(section.name)
        file = layout.folder / f"{section.name}-{self.passes[section.name]}.html"
        file.write_text(version.html, encoding="utf-8")
        digests = layout.picture_digests
        return RenderPdfTask(
            subject=layout.label(section),
            html=str(file),
            stylesheet=str(self.stylesheet),
            pictures=str(layout.folder / "pictures"),
            picture_digests={name: digests[name] for name in sorted(section.pictures) if name in digests},
            theme_folders=layout.theme_folders,
            theme_digest=layout.theme_digest,
            system_fonts=hash_system_fonts(version.html),
            variant=layout.variant,
            bleed_mm=layout.bleed_mm,
            first_page=version.placement.first_page,
            is_balanced=section.is_balanced,
            tight_style=layout.html.tight_style if section.is_balanced else "",
        )

    def add_result(self, version: SectionVersion, result: TaskResult[RenderPdfResult] | None) -> None:
        """Record the result of a version; ``None`` if it failed."""
        self.submitted.discard(version.digest)
        if result is None:
            self.failed = self.incomplete = True
        else:
            self.rendered[version.digest] = result
            self._update_facts(version.placement.section, result.value)

    def check_convergence(self) -> bool:
        """Return whether all sections were rendered at their final place.

        If not, continue from what is known now.

        Raises:
            MagazineError: The page numbers do not converge.
        """
        if self.incomplete:
            return True
        results = [(one.placement.section, self.rendered[one.digest].value) for one in self._list_versions()]
        changed = [self._update_facts(section, facts) for section, facts in results]
        if any(changed):
            self._count_pass("all")
        return not any(changed)

    def count_rendered(self) -> tuple[int, int]:
        """Count the sections rendered at their place, and all sections."""
        versions = self._list_versions()
        return sum(one.digest in self.rendered for one in versions), len(versions)

    def list_rendered(self) -> tuple[RenderedSection, ...] | None:
        """List the rendered sections in page order; ``None`` if any is missing."""
        if self.incomplete:
            return None
        return tuple(
            RenderedSection(placement=version.placement, result=self.rendered[version.digest])
            for version in self._list_versions()
        )

    def _update_facts(self, section: SectionHtml, facts: RenderPdfResult) -> bool:
        """Record the latest facts of a section; returns whether they changed."""
        if self._count_pages(section) != facts.pages:
            self._placements = []
        old, self.facts[section.name] = self.facts.get(section.name), facts
        return old != facts

    def _count_pass(self, name: str) -> None:
        self.passes[name] += 1
        if self.passes[name] > _MAX_PASSES:
            hint = "A page reference may change the length of its page: reword the text around it."
            raise MagazineError(
                fill("page numbers did not converge after {max_passes} passes", max_passes=_MAX_PASSES), hint=hint
            )

    def _list_versions(self) -> list[SectionVersion]:
        layout = self.layout
        self._placements = self._placements or arrange_sections(layout.html, self._count_pages, layout.multiple_of)
        pages = self._number_anchors(self._placements)
        return [self._get_version(placement, pages) for placement in self._placements]

    def _get_version(self, placement: SectionPlacement, pages: Mapping[str, int]) -> SectionVersion:
        section = placement.section
        key = (section.name, placement.first_page, *(pages.get(anchor) for anchor in sorted(section.page_references)))
        if key not in self._versions:
            html = section.fill_in(pages, self.anchors)
            digest = hashlib.sha256(f"{section.name}\n{placement.first_page}\n{html}".encode()).hexdigest()
            self._versions[key] = SectionVersion(placement=placement, html=html, digest=digest)
        return self._versions[key]

    def _count_pages(self, section: SectionHtml) -> int:
        facts = self.facts.get(section.name)
        return facts.pages if facts else section.estimated_pages

    def _number_anchors(self, placements: Sequence[SectionPlacement]) -> dict[str, int]:
        """Return the page of each anchor, as far as known."""
        pages: dict[str, int] = {}
        for one in placements:
            facts = self.facts.get(one.section.name)
            offsets = facts.anchors if facts else {}
            for anchor in one.section.anchors:
                pages.setdefault(anchor, one.first_page + offsets.get(anchor, 0))
        return pages
