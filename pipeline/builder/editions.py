"""From the flatplan to PDFs: the HTML of each edition is always made, and laid out only when something in it differs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from pipeline import graphics, pdf, preflight, urls
from pipeline.builder.pagination import LIMITS, LaidOut, Layout, laid_out
from pipeline.builder.pictures import Pictures, laid_ready
from pipeline.builder.task_runner import Made, Making, Request
from pipeline.executors import Limits
from pipeline.magazine import BUILT_IN, theme_folders
from pipeline.magazine.epub import render_epub
from pipeline.magazine.sections import texts_of
from pipeline.magazine.web_edition import render_web
from pipeline.model import Finding, Magazine, Output, Programme, Release
from pipeline.pdf import print_files as press
from pipeline.typesetting import Theme, asset, render, templates_folder

_GIB = 2**30
_SHEET = "pages.jpg"
_FONT = re.compile(r'url\("([^"/]+\.woff2)"\)')
_PAGE_MM = (210.0, 297.0)  # a picture over the whole page, without its bleed
_LEAD_MM = (175.0, 96.0)  # over a story; see .lead in magazine.css
_COLUMN_MM = (85.0, 63.0)  # in the text; see .text figure
_JUDGED = ("print.pdf", "screen.pdf")  # the booklet is the print edition once more


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What every edition is made with."""

    root: Path  # of the programme
    making: Making
    pictures: Pictures
    theme: Theme
    theme_digest: str
    tools: Mapping[str, str]  # of pictures
    proof: tuple[str, ...] | None = None  # how each page looked that went to the printer last; None: no proof was kept


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundPdf:
    """An edition as one PDF."""

    name: str
    sha256: str
    pages: int
    warnings: tuple[str, ...]  # what a person should look at, in the order of the pages
    places: Mapping[str, int]  # the page of all that can be referred to


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
    editions = pdfs(programme, releases, magazine, bench)
    objects = {edition.name: edition.sha256 for edition in editions}
    objects |= _folded(magazine, objects, bench)
    paths = {
        f"{magazine.name}.pdf": f"public/{urls.magazine_pdf(magazine.name)}",
        f"{magazine.name}-print.pdf": f"press/{urls.magazine_print(magazine.name)}",
        f"{magazine.name}-booklet.pdf": f"press/{urls.magazine_booklet(magazine.name)}",
    }
    files = [Output(path=path, sha256=objects[name]) for name, path in paths.items() if name in objects]
    reports = _preflight(magazine, editions, bench)
    page = tuple(_preflight_page(programme, magazine, reports, bench)) if len(reports) == 2 else ()
    return Papers(
        files=(*files, *page, *_read_on(programme, releases, _printed_pages(editions), bench)),
        findings={paths[name]: report.answer.findings for name, report in reports.items()},
    )


def pdfs(programme: Programme, releases: Sequence[Release], magazine: Magazine, bench: Bench) -> tuple[BoundPdf, ...]:
    """The screen PDF and the printer's, without those that failed."""
    theme = _theme(bench)
    layouts = [_screen(programme, releases, magazine, theme, bench)]
    inked = _inked(programme, magazine, bench)
    layouts += [_paper(programme, releases, magazine, theme, inked, bench)] if inked is not None else []
    quires = laid_out(layouts, bench.making)
    editions = [(layout, found) for layout, found in zip(layouts, quires, strict=True) if found is not None]
    return tuple(_bound(editions, magazine, bench))


def _printed_pages(editions: Sequence[BoundPdf]) -> Mapping[str, int]:
    return next((one.places for one in editions if one.name.endswith("-print.pdf")), {})


def _read_on(
    programme: Programme, releases: Sequence[Release], pages: Mapping[str, int], bench: Bench
) -> tuple[Output, ...]:
    """What is read without pages: the web edition and the EPUB."""
    if any(step.kind == "would" for step in bench.making.steps):  # a dry run: not all that they show is made yet
        return ()
    store, objects = bench.making.store, bench.pictures.objects
    shown = {file: store.path_of(sha256).read_bytes() for file, sha256 in objects.items()}
    web = render_web(programme, releases, theme=bench.theme, pictures=bench.pictures.paths)
    return (*web, render_epub(programme, releases, theme=bench.theme, pictures=shown, pages=pages))


def _preflight(
    magazine: Magazine, editions: Sequence[BoundPdf], bench: Bench
) -> dict[str, Made[preflight.PreflightReport]]:
    """What a printer or a screen reader would say of both PDFs, by name; kept, like what it is about."""
    made = bench.making.make([_preflight_request(one, magazine, bench) for one in editions])
    return {edition.name: one for edition, one in zip(editions, made, strict=True) if one is not None}


def _preflight_page(
    programme: Programme, magazine: Magazine, reports: Mapping[str, Made[preflight.PreflightReport]], bench: Bench
) -> Iterator[Output]:
    """What was found, and the printer's pages small, with those marked that differ from the proof."""
    printed = reports[f"{magazine.name}-print.pdf"]
    sheet = printed.outputs.get(_SHEET)
    page_html = render(
        "preflight.html.j2",
        theme=bench.theme,
        programme=programme,
        reports=[(name, one.answer) for name, one in sorted(reports.items())],
        printed=printed.answer,
        sheet=Path(urls.PREFLIGHT_PAGES).name if sheet else "",
        contact=graphics.contact_sheet,
        proof=bench.proof,
        changed=preflight.changed(printed.answer, bench.proof) if bench.proof is not None else (),
    )
    yield Output(path=f"press/{urls.PREFLIGHT}", content=page_html.encode())
    if sheet:
        yield Output(path=f"press/{urls.PREFLIGHT_PAGES}", sha256=sheet.sha256)


def _preflight_request(edition: BoundPdf, magazine: Magazine, bench: Bench) -> Request[preflight.PreflightReport]:
    file, settings = bench.making.store.path_of(edition.sha256), magazine.print
    purpose = "print" if edition.name.endswith("-print.pdf") else "screen"
    return Request(
        verb="looked through",
        subject=edition.name,
        maker="pipeline.preflight:preflight",
        recipe=preflight.RECIPE,
        settings={"print": settings, "warnings": edition.warnings},
        inputs={"pdf": edition.sha256},
        tools={"pikepdf": press.version(), "ghostscript": preflight.ink_coverage.found()},
        job=lambda files: preflight.PreflightJob(
            pdf=str(file),
            purpose=purpose,
            bleed_mm=settings.bleed_mm,
            multiple_of=settings.multiple_of,
            tools=purpose == "print",  # ink by Ghostscript; veraPDF is for `weerslag preflight`
            most_ink=settings.ink_percent / 100,
            warnings=edition.warnings,
            sheet=str(files[_SHEET]) if _SHEET in files else "",
        ),
        answer=preflight.PreflightReport,
        outputs=(_SHEET,) if purpose == "print" and preflight.ink_coverage.found() else (),
        limits=LIMITS,
    )


def _theme(bench: Bench) -> tuple[str, ...]:
    """The folders of the theme, and before them one with its fonts unpacked."""
    style = asset("fonts/fonts.css", theme=bench.theme).decode("utf-8", "replace")
    names = sorted(set(_FONT.findall(style)))
    found = {name: file for name in names if (file := _first_with(f"fonts/{name}", bench.theme))}
    made = bench.making.make([_unpack_request(name, file, bench) for name, file in found.items()])
    folder = bench.making.folder / "unpacked" / "fonts"
    objects = {name: one.outputs["font"].sha256 for name, one in zip(found, made, strict=True) if one is not None}
    laid_ready(objects, folder, making=bench.making)
    return (str(folder.parent), *theme_folders(bench.theme))


def _first_with(name: str, theme: Theme) -> Path | None:
    files = (Path(folder) / name for folder in theme_folders(theme))
    return next((file for file in files if file.is_file()), None)


def _unpack_request(name: str, file: Path, bench: Bench) -> Request[pdf.Unpacked]:
    return Request(
        verb="unpacked",
        subject=name,
        maker="pipeline.pdf:unpack_font",
        recipe=1,
        settings={},
        inputs={"font": bench.making.store.digest(file)},
        tools={"fonttools": metadata.version("fonttools")},
        job=lambda files: pdf.UnpackJob(font=str(file), out=str(files["font"])),
        answer=pdf.Unpacked,
        outputs=("font",),
        limits=LIMITS,
    )


def _screen(
    programme: Programme, releases: Sequence[Release], magazine: Magazine, theme: tuple[str, ...], bench: Bench
) -> Layout:
    folder = bench.making.folder / "screen"
    laid_ready(bench.pictures.objects, folder / "pictures", making=bench.making)
    return Layout(
        name=f"{magazine.name}.pdf",
        texts=texts_of(programme, releases, theme=bench.theme),
        variant=pdf.SCREEN,
        bleed_mm=0.0,
        multiple_of=1,
        folder=folder,
        objects=bench.pictures.objects,
        theme=theme,
        theme_digest=bench.theme_digest,
        tools={"weasyprint": pdf.version()},
    )


def _paper(
    programme: Programme,
    releases: Sequence[Release],
    magazine: Magazine,
    theme: tuple[str, ...],
    inked: Mapping[str, str],
    bench: Bench,
) -> Layout:
    folder = bench.making.folder / "print"
    laid_ready(inked, folder / "pictures", making=bench.making)
    return Layout(
        name=f"{magazine.name}-print.pdf",
        texts=texts_of(programme, releases, theme=bench.theme, medium="print"),
        variant=pdf.PRINT,
        bleed_mm=magazine.print.bleed_mm,
        multiple_of=magazine.print.multiple_of,
        folder=folder,
        objects=inked,
        theme=theme,
        theme_digest=bench.theme_digest,
        tools={"weasyprint": pdf.version(), "pikepdf": press.version()},
    )


# ------------------------------------------------------------------------------------------------------------------- binding


def _bound(
    editions: Sequence[tuple[Layout, tuple[LaidOut, ...]]], magazine: Magazine, bench: Bench
) -> Iterator[BoundPdf]:
    made = bench.making.make([_bind_request(layout, quires, magazine, bench) for layout, quires in editions])
    for (layout, quires), bound in zip(editions, made, strict=True):
        if bound is not None:
            yield BoundPdf(
                name=layout.name,
                sha256=bound.outputs["bound.pdf"].sha256,
                pages=bound.answer.pages,
                warnings=tuple(told for quire in quires for told in quire.facts.warnings),
                places={
                    place: one.first + page for one in reversed(quires) for place, page in one.facts.anchors.items()
                },
            )


def _bind_request(layout: Layout, quires: Sequence[LaidOut], magazine: Magazine, bench: Bench) -> Request[press.Bound]:
    for_press = layout.variant == pdf.PRINT
    profile = str(_profile(magazine, bench)) if for_press else ""
    condition = _condition(magazine) if for_press else ("", "")
    parts = tuple(
        press.Quire(
            pdf=str(bench.making.store.path_of(one.sha256)),
            pages=one.facts.pages,
            bookmarks=one.facts.bookmarks,
            continues=one.text.continues,
        )
        for one in quires
    )
    return Request(
        verb="bound",
        subject=layout.name,
        maker="pipeline.pdf.print_files:bind",
        recipe=press.RECIPE,
        settings={
            "condition": condition,
            "titles": layout.texts.titles,
            "quires": [[one.facts.bookmarks, one.text.continues] for one in quires],
        },
        inputs={f"quire {number}": one.sha256 for number, one in enumerate(quires, 1)}
        | ({"profile": bench.making.store.digest(Path(profile))} if profile else {}),
        tools={"pikepdf": press.version()},
        job=lambda files: press.BindJob(
            quires=parts,
            profile=profile,
            condition=condition,
            titles=layout.texts.titles,
            out=str(files["bound.pdf"]),
        ),
        answer=press.Bound,
        outputs=("bound.pdf",),
        limits=LIMITS,
    )


def _folded(magazine: Magazine, bound: Mapping[str, str], bench: Bench) -> dict[str, str]:
    """The booklet for an office printer, of the printer's own pages."""
    sha256 = bound.get(f"{magazine.name}-print.pdf")
    if sha256 is None:
        return {}
    name, source = f"{magazine.name}-booklet.pdf", bench.making.store.path_of(sha256)
    request = Request(
        verb="folded",
        subject=name,
        maker="pipeline.pdf.print_files:fold",
        recipe=press.RECIPE,
        settings={},
        inputs={"pdf": sha256},
        tools={"pikepdf": press.version()},
        job=lambda files: press.FoldJob(pdf=str(source), out=str(files["folded.pdf"])),
        answer=press.Bound,
        outputs=("folded.pdf",),
        limits=LIMITS,
    )
    (made,) = bench.making.make([request])
    return {name: made.outputs["folded.pdf"].sha256} if made else {}


def _profile(magazine: Magazine, bench: Bench) -> Path:
    """The profile of the press: the one that comes with Weerslag, or the printer's own in the programme."""
    if magazine.print.profile in press.CONDITIONS:
        return templates_folder() / "magazine" / BUILT_IN
    return bench.root / magazine.print.profile


def _condition(magazine: Magazine) -> tuple[str, str]:
    settings = magazine.print
    if settings.profile in press.CONDITIONS:
        return press.CONDITIONS[settings.profile]
    name = settings.condition or Path(settings.profile).stem
    return name, f"{name}, profile {Path(settings.profile).name}"


# ------------------------------------------------------------------------------------------------------------------ pictures


def _inked(programme: Programme, magazine: Magazine, bench: Bench) -> dict[str, str] | None:
    """The object of each picture in the inks of the press, by its name in the programme; ``None`` if one failed."""
    profile = _profile(magazine, bench)
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
) -> Request[graphics.PrintPictureFacts]:
    sha256 = bench.pictures.objects[file]
    source, store = bench.making.store.path_of(sha256), bench.making.store
    width_mm, height_mm = place
    return Request(
        verb="inked",
        subject=file,
        maker="pipeline.graphics:print_picture",
        recipe=graphics.RECIPE,
        settings={"width_mm": width_mm, "height_mm": height_mm},
        inputs={"picture": sha256, "profile": store.digest(profile)},
        tools=bench.tools,
        job=lambda files: graphics.PrintPictureJob(
            source=str(source),
            profile=str(profile),
            width_mm=width_mm,
            height_mm=height_mm,
            out=str(files["inked.jpg"]),
        ),
        answer=graphics.PrintPictureFacts,
        outputs=("inked.jpg",),
        limits=Limits(memory_bytes=3 * _GIB, deadline_s=120, isolated=True),
    )
