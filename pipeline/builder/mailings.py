"""Render the documents of the mailings as PDF, each a cached task."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.builder.pdf_theme import hash_system_fonts, hash_theme_files, prepare_theme_folders
from pipeline.builder.task_functions import run_merge_sections, run_render_pdf
from pipeline.builder.task_runner import TaskResult, TaskRunner
from pipeline.magazine.edition import BUILT_IN_PROFILE
from pipeline.mailings.briefings import render_briefings
from pipeline.mailings.cards import render_cards
from pipeline.mailings.document import Document
from pipeline.mailings.flyers import render_flyers
from pipeline.mailings.summaries import render_summaries
from pipeline.model import Output, Programme, Release
from pipeline.pdf.output_conditions import OUTPUT_CONDITIONS
from pipeline.pdf.tasks import (
    PRINT_VARIANT,
    SCREEN_VARIANT,
    MergeSectionsTask,
    RenderPdfResult,
    RenderPdfTask,
    SectionPdf,
)
from pipeline.typesetting import Theme, get_templates_folder, read_asset

CONDITION = "coated-fogra39"  # of documents for the printer


def build_mailings(
    programme: Programme, releases: Sequence[Release], runner: TaskRunner, *, theme: Theme
) -> tuple[Output, ...]:
    """Build all documents of the programme, without those that failed."""
    rendered = (
        *render_cards(programme, theme=theme),
        *render_briefings(programme, releases, theme=theme),
        *render_flyers(programme, releases, theme=theme),
        *render_summaries(programme, releases, theme=theme),
    )
    documents = (one for one in rendered if isinstance(one, Document))
    pages = (one for one in rendered if isinstance(one, Output))
    return (*render_documents(documents, runner, theme=theme), *pages)


def render_documents(documents: Iterable[Document], runner: TaskRunner, *, theme: Theme) -> tuple[Output, ...]:
    """Render documents under ``press/``: tagged PDF files (PDF/UA-1), and PDF/X-4 for the printer."""
    planned: Sequence[Document] = tuple(documents)
    if not planned:
        return ()
    results = runner.run(run_render_pdf, dict(_plan_rendering(planned, runner, theme)))
    printed = {one.path for one in planned if one.bleed_mm}
    merged = runner.run(
        run_merge_sections,
        {path: _plan_merge(path, one, runner) for path, one in results.items() if path in printed},
    )
    files: Mapping[str, TaskResult[RenderPdfResult] | TaskResult[int]] = {
        path: one for path, one in results.items() if path not in printed
    } | dict(merged)
    return tuple(Output(path=f"press/{path}", sha256=one.outputs["out"].sha256) for path, one in files.items())


def _plan_rendering(
    documents: Sequence[Document], runner: TaskRunner, theme: Theme
) -> Iterator[tuple[str, RenderPdfTask]]:
    folders = prepare_theme_folders(theme, runner)
    digest = hash_theme_files(theme, ("mailings", "fonts", "magazine/profiles"), runner)
    tight_style = read_asset("mailing-tight.css", theme=replace(theme, folder="mailings")).decode()
    for number, document in enumerate(documents):
        html = runner.folder / "mailings" / f"{number}.html"
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(document.html, "utf-8")
        yield (
            document.path,
            RenderPdfTask(
                subject=document.path,
                html=str(html),
                pictures=str(html.parent),
                theme_folders=folders,
                theme_digest=digest,
                system_fonts=hash_system_fonts(document.html),
                variant=PRINT_VARIANT if document.bleed_mm else SCREEN_VARIANT,
                bleed_mm=document.bleed_mm,
                is_balanced=document.is_balanced,
                tight_style=tight_style if document.is_balanced else "",
            ),
        )


def _plan_merge(path: str, rendered: TaskResult[RenderPdfResult], runner: TaskRunner) -> MergeSectionsTask:
    """Plan what makes the pages of one document PDF/X-4: the profile of the press, and its condition."""
    return MergeSectionsTask(
        subject=path,
        sections=(SectionPdf(pdf=runner.find_output(rendered), pages=rendered.value.pages),),
        profile=str(get_templates_folder() / "magazine" / BUILT_IN_PROFILE),
        condition=OUTPUT_CONDITIONS[CONDITION],
        titles={},
    )
