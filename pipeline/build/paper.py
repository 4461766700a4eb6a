"""From the flatplan to PDFs: the HTML of each edition is always made, and laid out only when something in it differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline import drawing, urls
from pipeline.build.making import Making, Request
from pipeline.build.pictures import Pictures, laid_ready
from pipeline.magazine import edition_of, magazine_html, pdf, theme_folders
from pipeline.magazine import print as press
from pipeline.model import Magazine, Programme, Release
from pipeline.typeset import Theme, templates_folder
from pipeline.workers import Limits

_GIB = 2**30
_LIMITS = Limits(memory_bytes=3 * _GIB, deadline_s=600, isolated=True)
_PAGE_MM = (210.0, 297.0)  # a picture over the whole page, without its bleed
_LEAD_MM = (175.0, 96.0)  # over a story; see .lead in magazine.css
_COLUMN_MM = (85.0, 63.0)  # in the text; see .text figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What every edition is made with."""

    making: Making
    pictures: Pictures
    theme: Theme
    theme_digest: str
    tools: Mapping[str, str]  # of pictures


def papers(programme: Programme, releases: Sequence[Release], bench: Bench) -> dict[str, str]:
    """Path (``public/…`` or ``press/…``) and object of each PDF; none of what failed."""
    if programme.magazine is None:
        return {}
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
    return {path: objects[name] for name, path in paths.items() if name in objects}


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
