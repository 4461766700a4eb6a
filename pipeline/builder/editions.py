"""Build the magazine: PDFs, a booklet, a preflight report, a web edition and an EPUB.

The HTML of each edition is always written; a section is rendered only if something in it changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline import urls
from pipeline.builder.pagination import EditionLayout, RenderedSection, paginate_editions
from pipeline.builder.pdf_theme import prepare_theme_folders
from pipeline.builder.pictures import CleanPictures, convert_pictures, link_objects
from pipeline.builder.preflight_report import render_preflight_page, submit_checks
from pipeline.builder.task_functions import run_impose_booklet, run_merge_sections
from pipeline.builder.task_runner import DRY_RUN, PendingTask, TaskRunner
from pipeline.magazine.edition import BUILT_IN_PROFILE
from pipeline.magazine.epub import render_epub
from pipeline.magazine.picture_sizes import find_print_sizes
from pipeline.magazine.sections import render_edition
from pipeline.magazine.web_edition import render_web
from pipeline.model import Finding, Magazine, Output, Programme, Release
from pipeline.pdf.output_conditions import OUTPUT_CONDITIONS
from pipeline.pdf.tasks import (
    PRINT_VARIANT,
    SCREEN_VARIANT,
    ImposeBookletTask,
    MergeSectionsTask,
    SectionPdf,
)
from pipeline.typesetting import Theme, get_templates_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class MagazineContext:
    """What all editions share."""

    root: Path  # of the programme
    runner: TaskRunner
    pictures: CleanPictures
    theme: Theme
    theme_digest: str
    proof: tuple[str, ...] | None = None  # digests of the pages that went to the printer last; None: no proof was saved


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionPdf:
    """An edition as one PDF."""

    name: str
    sha256: str
    pages: int
    layout_findings: tuple[Finding, ...]  # in page order
    anchors: Mapping[str, int]  # the page of each link target


@dataclass(frozen=True, slots=True, kw_only=True)
class MagazineFiles:
    """All files of the magazine, and the preflight findings by the path of a PDF."""

    files: tuple[Output, ...] = ()
    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)


def build_magazine(programme: Programme, releases: Sequence[Release], context: MagazineContext) -> MagazineFiles:
    """Build all editions, without those that failed."""
    if programme.magazine is None:
        return MagazineFiles()
    magazine, runner = programme.magazine, context.runner
    editions = build_pdfs(programme, releases, magazine, context)
    objects = {edition.name: edition.sha256 for edition in editions}
    checks = submit_checks(
        {one.name: (runner.cache.get_object_path(one.sha256), one.layout_findings) for one in editions},
        magazine.print,
        runner,
    )
    booklet = _submit_booklet(magazine, objects, runner)
    reflowable = _render_reflowable(programme, releases, editions, context)  # meanwhile
    reports = runner.finish(checks)
    objects |= {name: result.outputs["out"].sha256 for name, result in runner.finish(booklet).items()}
    paths = {
        f"{magazine.name}.pdf": f"public/{urls.magazine_pdf(magazine.name)}",
        f"{magazine.name}-print.pdf": f"press/{urls.magazine_print(magazine.name)}",
        f"{magazine.name}-booklet.pdf": f"press/{urls.magazine_booklet(magazine.name)}",
    }
    files = [Output(path=path, sha256=objects[name]) for name, path in paths.items() if name in objects]
    page: tuple[Output, ...] = ()
    if len(reports) == 2:
        page = render_preflight_page(programme, magazine, reports, theme=context.theme, proof=context.proof)
    return MagazineFiles(
        files=(*files, *page, *reflowable),
        findings={paths[name]: report.value.findings for name, report in reports.items()},
    )


def build_pdfs(
    programme: Programme, releases: Sequence[Release], magazine: Magazine, context: MagazineContext
) -> tuple[EditionPdf, ...]:
    """Build the PDFs for screen and printer, without those that failed."""
    folders, cleaned = prepare_theme_folders(context.theme, context.runner), context.pictures.objects
    profile = _find_profile(magazine, context)
    converted = convert_pictures(programme, cleaned, profile=profile, runner=context.runner)
    pictures = {"screen": cleaned} | ({"print": converted} if converted is not None else {})
    layouts = [
        _plan_edition(programme, releases, magazine, medium, files, folders, context)
        for medium, files in pictures.items()
    ]
    rendered = paginate_editions(layouts, context.runner)
    editions = {layout.name: (layout, one) for layout, one in zip(layouts, rendered, strict=True) if one is not None}
    return tuple(_merge_editions(editions, magazine, context))


def _render_reflowable(
    programme: Programme, releases: Sequence[Release], editions: Sequence[EditionPdf], context: MagazineContext
) -> tuple[Output, ...]:
    """Render the web edition and the EPUB, which lists the page numbers of the print edition."""
    if any(step.kind == DRY_RUN for step in context.runner.steps):  # not all that they show exists
        return ()
    pages = next((one.anchors for one in editions if one.name.endswith("-print.pdf")), {})
    fetch, objects = context.runner.cache.fetch_object, context.pictures.objects
    printed = find_print_sizes(programme)  # the site has other pictures too
    pictures = {file: fetch(sha256).read_bytes() for file, sha256 in objects.items() if file in printed}
    web = render_web(programme, releases, theme=context.theme, pictures=context.pictures.paths)
    return (*web, render_epub(programme, releases, theme=context.theme, pictures=pictures, pages=pages))


def _plan_edition(
    programme: Programme,
    releases: Sequence[Release],
    magazine: Magazine,
    medium: str,
    pictures: Mapping[str, str],
    folders: tuple[str, ...],
    context: MagazineContext,
) -> EditionLayout:
    in_print = medium == "print"
    folder = context.runner.folder / medium
    link_objects(pictures, folder / "pictures", context.runner)
    return EditionLayout(
        name=f"{magazine.name}-print.pdf" if in_print else f"{magazine.name}.pdf",
        html=render_edition(programme, releases, theme=context.theme, medium=medium),
        variant=PRINT_VARIANT if in_print else SCREEN_VARIANT,
        bleed_mm=magazine.print.bleed_mm if in_print else 0.0,
        multiple_of=magazine.print.multiple_of if in_print else 1,
        folder=folder,
        picture_digests=pictures,
        theme_folders=folders,
        theme_digest=context.theme_digest,
    )


def _merge_editions(
    editions: Mapping[str, tuple[EditionLayout, tuple[RenderedSection, ...]]],
    magazine: Magazine,
    context: MagazineContext,
) -> Iterator[EditionPdf]:
    tasks = {name: _plan_merge(*edition, magazine, context) for name, edition in editions.items()}
    for name, merged in context.runner.run(run_merge_sections, tasks).items():
        _, sections = editions[name]
        yield EditionPdf(
            name=name,
            sha256=merged.outputs["out"].sha256,
            pages=merged.value,
            layout_findings=tuple(found for section in sections for found in section.result.value.findings),
            anchors={
                anchor: section.placement.first_page + page
                for section in reversed(sections)
                for anchor, page in section.result.value.anchors.items()
            },
        )


def _plan_merge(
    layout: EditionLayout, sections: Sequence[RenderedSection], magazine: Magazine, context: MagazineContext
) -> MergeSectionsTask:
    for_press = layout.variant == PRINT_VARIANT
    return MergeSectionsTask(
        subject=layout.name,
        sections=tuple(
            SectionPdf(
                pdf=context.runner.find_output(one.result),
                pages=one.result.value.pages,
                bookmarks=one.result.value.bookmarks,
                continues=one.placement.section.continues,
            )
            for one in sections
        ),
        profile=str(_find_profile(magazine, context)) if for_press else "",
        condition=_describe_condition(magazine) if for_press else ("", ""),
        titles=layout.html.titles,
    )


def _submit_booklet(magazine: Magazine, objects: Mapping[str, str], runner: TaskRunner) -> dict[str, PendingTask[int]]:
    """Start to impose the printer's pages as a booklet for an office printer."""
    sha256, name = objects.get(f"{magazine.name}-print.pdf"), f"{magazine.name}-booklet.pdf"
    if sha256 is None:
        return {}
    task = ImposeBookletTask(subject=name, pdf=str(runner.cache.get_object_path(sha256)))
    return {name: runner.submit(run_impose_booklet, task)}


def _find_profile(magazine: Magazine, context: MagazineContext) -> Path:
    """Find the ICC profile of the press: a built-in one, or the printer's own in the programme."""
    if magazine.print.profile in OUTPUT_CONDITIONS:
        return get_templates_folder() / "magazine" / BUILT_IN_PROFILE
    return context.root / magazine.print.profile


def _describe_condition(magazine: Magazine) -> tuple[str, str]:
    settings = magazine.print
    if settings.profile in OUTPUT_CONDITIONS:
        return OUTPUT_CONDITIONS[settings.profile]
    name = settings.condition or Path(settings.profile).stem
    return name, f"{name}, profile {Path(settings.profile).name}"
