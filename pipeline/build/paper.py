"""From the flatplan to PDFs: the HTML of each edition is always made, and laid out only when something in it differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline import drawing, urls
from pipeline.build.making import Making, Request
from pipeline.build.pictures import Pictures, laid_ready
from pipeline.magazine import edition_of, magazine_html, pdf, preflight, theme_folders
from pipeline.magazine import print as press
from pipeline.magazine.epub import render_epub
from pipeline.magazine.web import render_web
from pipeline.model import Finding, Magazine, Output, Programme, Release
from pipeline.typeset import Theme, render, templates_folder
from pipeline.workers import Limits

_GIB = 2**30
_LIMITS = Limits(memory_bytes=3 * _GIB, deadline_s=600, isolated=True)
_PAGE_MM = (210.0, 297.0)  # a picture over the whole page, without its bleed
_LEAD_MM = (175.0, 96.0)  # over a story; see .lead in magazine.css
_COLUMN_MM = (85.0, 63.0)  # in the text; see .text figure
_JUDGED = ("print.pdf", "screen.pdf")  # the booklet is the print edition once more


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What every edition is made with."""

    making: Making
    pictures: Pictures
    theme: Theme
    theme_digest: str
    tools: Mapping[str, str]  # of pictures


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """Every file of the magazine, in ``public/`` and in ``press/``, and what the preflight found in its PDFs, by their path."""

    files: tuple[Output, ...] = ()
    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)


def papers(programme: Programme, releases: Sequence[Release], bench: Bench) -> Papers:
    """The magazine; none of what failed."""
    if programme.magazine is None:
        return Papers()
    magazine = programme.magazine
    inked = _inked(programme, magazine, bench)
    requests = [_screen(magazine, _html_file(programme, releases, bench, "screen"), bench)]
    requests += (
        [_paper(magazine, _html_file(programme, releases, bench, "print"), inked, bench)] if inked is not None else []
    )
    made = bench.making.make(requests)  # side by side, where there are two processors
    objects = {name: blob.sha256 for one in made if one is not None for name, blob in one.outputs.items()}
    paths = {
        "screen.pdf": f"public/{urls.magazine_pdf(magazine.name)}",
        "print.pdf": f"press/{urls.magazine_print(magazine.name)}",
        "booklet.pdf": f"press/{urls.magazine_booklet(magazine.name)}",
    }
    files = [Output(path=path, sha256=objects[name]) for name, path in paths.items() if name in objects]
    reports = _preflight(magazine, objects, bench)
    page = (_preflight_page(programme, magazine, reports, bench),) if len(reports) == len(_JUDGED) else ()
    return Papers(
        files=(*files, *page, *_read_on(programme, releases, bench)),
        findings={paths[name]: report.findings for name, report in reports.items()},
    )


def _read_on(programme: Programme, releases: Sequence[Release], bench: Bench) -> tuple[Output, ...]:
    """What is read without pages: the web edition and the EPUB."""
    if any(step.kind == "would" for step in bench.making.steps):  # a dry run: not all that they show is made yet
        return ()
    store, objects = bench.making.store, bench.pictures.objects
    shown = {file: store.path_of(sha256).read_bytes() for file, sha256 in objects.items()}
    web = render_web(programme, releases, theme=bench.theme, pictures=bench.pictures.paths)
    return (*web, render_epub(programme, releases, theme=bench.theme, pictures=shown))


def _preflight(magazine: Magazine, objects: Mapping[str, str], bench: Bench) -> dict[str, preflight.PreflightReport]:
    """What a printer or a screen reader would say of both PDFs; kept, like what it is about."""
    names = [name for name in _JUDGED if name in objects]
    made = bench.making.make(
        [_preflight_request(name, _shown(name, magazine), objects[name], magazine, bench) for name in names]
    )
    return {name: one.answer for name, one in zip(names, made, strict=True) if one is not None}


def _preflight_page(
    programme: Programme, magazine: Magazine, reports: Mapping[str, preflight.PreflightReport], bench: Bench
) -> Output:
    told = [(_shown(name, magazine), report) for name, report in reports.items()]
    page_html = render("preflight.html.j2", theme=bench.theme, programme=programme, reports=told)
    return Output(path=f"press/{urls.PREFLIGHT}", content=page_html.encode())


def _shown(name: str, magazine: Magazine) -> str:
    return f"{magazine.name}-print.pdf" if name == "print.pdf" else f"{magazine.name}.pdf"


def _preflight_request(
    name: str, shown: str, sha256: str, magazine: Magazine, bench: Bench
) -> Request[preflight.PreflightReport]:
    file, settings = bench.making.store.path_of(sha256), magazine.print
    purpose = name.removesuffix(".pdf")
    return Request(
        verb="looked through",
        subject=shown,
        maker="pipeline.magazine.preflight:preflight",
        recipe=preflight.RECIPE,
        settings=settings,
        inputs={"pdf": sha256},
        tools={"pikepdf": press.version(), "ghostscript": preflight.plates.found()},
        job=lambda _: preflight.PreflightJob(
            pdf=str(file),
            purpose=purpose,
            bleed_mm=settings.bleed_mm,
            multiple_of=settings.multiple_of,
            tools=purpose == "print",  # ink by Ghostscript; veraPDF is for `weerslag preflight`
        ),
        answer=preflight.PreflightReport,
        limits=_LIMITS,
    )


def _screen(magazine: Magazine, file: Path, bench: Bench) -> Request[pdf.PdfFacts]:
    folder = laid_ready(bench.pictures.objects, bench.making.folder / "pictures", making=bench.making)
    return Request(
        verb="laid out",
        subject=f"{magazine.name}.pdf",
        maker="pipeline.magazine.pdf:render_pdf",
        recipe=pdf.RECIPE,
        settings={"variant": pdf.SCREEN},
        inputs={"html": bench.making.store.digest(file), "theme": bench.theme_digest, **bench.pictures.objects},
        tools={"weasyprint": pdf.version()},
        job=lambda files: pdf.PdfJob(
            html=str(file), pictures=str(folder), theme=theme_folders(bench.theme), out=str(files["screen.pdf"])
        ),
        answer=pdf.PdfFacts,
        outputs=("screen.pdf",),
        limits=_LIMITS,
    )


def _paper(magazine: Magazine, file: Path, objects: Mapping[str, str], bench: Bench) -> Request[pdf.PdfFacts]:
    folder = laid_ready(objects, bench.making.folder / "inked", making=bench.making)
    settings = magazine.print
    return Request(
        verb="made ready",
        subject=f"{magazine.name}-print.pdf",
        maker="pipeline.magazine.print:print_magazine",
        recipe=press.RECIPE,
        settings=settings,
        inputs={"html": bench.making.store.digest(file), "theme": bench.theme_digest, **objects},
        tools={"weasyprint": pdf.version(), "pikepdf": press.version()},
        job=lambda files: press.PrintJob(
            html=str(file),
            pictures=str(folder),
            theme=theme_folders(bench.theme),
            bleed_mm=settings.bleed_mm,
            multiple_of=settings.multiple_of,
            profile=settings.profile,
            out=str(files["print.pdf"]),
            booklet=str(files["booklet.pdf"]),
        ),
        answer=pdf.PdfFacts,
        outputs=("print.pdf", "booklet.pdf"),
        limits=_LIMITS,
    )


def _html_file(programme: Programme, releases: Sequence[Release], bench: Bench, medium: str) -> Path:
    file = bench.making.folder / f"magazine-{medium}.html"
    file.write_text(magazine_html(programme, releases, theme=bench.theme, medium=medium), encoding="utf-8")
    return file


# ------------------------------------------------------------------------------------------------------------------ pictures


def _inked(programme: Programme, magazine: Magazine, bench: Bench) -> dict[str, str] | None:
    """The object of each picture in the inks of the press, by its name in the programme; ``None`` if one failed."""
    profile = templates_folder() / "magazine" / edition_of(magazine, "print").profile
    places = _places(programme, magazine)
    requests = [_inked_request(file, places.get(file, _COLUMN_MM), profile, bench) for file in bench.pictures.objects]
    made = bench.making.make(requests)
    if any(one is None for one in made):
        return None
    return {
        file: one.outputs["inked.jpg"].sha256
        for file, one in zip(bench.pictures.objects, made, strict=True)
        if one is not None
    }


def _places(programme: Programme, magazine: Magazine) -> dict[str, tuple[float, float]]:
    """The largest place that each picture gets on paper, in millimetres; what stands in a text is not named."""
    bleed = 2 * magazine.print.bleed_mm
    leads = {story.picture.file: _LEAD_MM for story in programme.stories if story.picture}
    whole = (_PAGE_MM[0] + bleed, _PAGE_MM[1] + bleed)
    return leads | {article.picture.file: whole for article in magazine.flatplan if article.picture}


def _inked_request(
    file: str, place: tuple[float, float], profile: Path, bench: Bench
) -> Request[drawing.PrintPictureFacts]:
    sha256 = bench.pictures.objects[file]
    source, store = bench.making.store.path_of(sha256), bench.making.store
    width_mm, height_mm = place
    return Request(
        verb="inked",
        subject=file,
        maker="pipeline.drawing:print_picture",
        recipe=drawing.RECIPE,
        settings={"width_mm": width_mm, "height_mm": height_mm},
        inputs={"picture": sha256, "profile": store.digest(profile)},
        tools=bench.tools,
        job=lambda files: drawing.PrintPictureJob(
            source=str(source),
            profile=str(profile),
            width_mm=width_mm,
            height_mm=height_mm,
            out=str(files["inked.jpg"]),
        ),
        answer=drawing.PrintPictureFacts,
        outputs=("inked.jpg",),
        limits=Limits(memory_bytes=3 * _GIB, deadline_s=120, isolated=True),
    )
