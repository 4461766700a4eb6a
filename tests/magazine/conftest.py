"""A small programme with everything that a magazine can contain."""

import math
import shutil
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from PIL import Image

from pipeline.builder.editions import MagazineContext, build_pdfs
from pipeline.builder.pictures import clean_pictures
from pipeline.builder.task_runner import Reporter, TaskRunner
from pipeline.cache import Cache
from pipeline.errors import WeerslagError
from pipeline.model import (
    AgendaItem,
    Article,
    Case,
    Chapter,
    Draft,
    Enclosure,
    Episode,
    Event,
    Finding,
    Guest,
    Magazine,
    Moment,
    Picture,
    Programme,
    Quote,
    Reflection,
    Release,
    Story,
    Venue,
    Waveform,
)
from pipeline.pdf.imposition import impose_booklet
from pipeline.pdf.tasks import ImposeBookletTask
from pipeline.typesetting import Theme

SENTENCE = (
    "Wie bij de ander aan tafel gaat zitten, hoort iets anders dan wie een brief schrijft. Dat kost een avond en het "
    "scheelt een jaar. Aan onze tafel ging het daarom al snel niet meer over regels, maar over wie er belt als het misgaat. "
)
LINKS = (
    "Lees ook [wat tafel 1 zei](../reflections/burger-centraal/tafel-1.md) en "
    "[wat nog niet mag](../reflections/burger-centraal/tafel-9.md)."
)


def make_waveform(seed: int, bars: int = 180) -> Waveform:
    """Make the waveform of a talk, louder and softer in turn, with pauses."""
    heights = tuple(
        0.0
        if (index * 7 + seed) % 31 == 0
        else round(abs(math.sin(index * 0.37 + seed) * math.sin(index * 0.11 * seed)) * 0.7 + 0.25, 3)
        for index in range(bars)
    )
    return Waveform(bar_s=3000 / bars, heights=heights)


def make_release(episode: Episode) -> Release:
    """Make the release of an episode, whose enclosure begins with a jingle of four seconds."""
    chapters = tuple(replace(chapter, start_ms=chapter.start_ms + 4000) for chapter in episode.chapters)
    file = Enclosure(
        format="mp3",
        media_type="audio/mpeg",
        path=f"audio/{episode.slug}-00000000.mp3",
        sha256="0" * 64,
        size_bytes=1,
        duration_s=3004.0,
        integrated_lufs=-16.0,
        true_peak_dbtp=-1.2,
        bitrate_kbps=128,
    )
    return Release(
        episode=episode,
        enclosures=(file,),
        duration_s=3004.0,
        chapters=chapters,
        transcript=(),
        waveform=make_waveform(episode.number),
        cover=f"episodes/{episode.slug}/cover.jpg",
        offset_ms=4000,
    )


def make_event(number: int, ident: str, title: str, theme: str) -> Event:
    day = datetime(2024, 5 + number, 13, 14, 30, tzinfo=UTC)
    return Event(
        id=ident,
        number=number,
        title=title,
        theme=theme,
        starts=day,
        ends=day.replace(hour=17, minute=0),
        venue=Venue(name="EMMA", address="Wijnhaven 88", city="Den Haag"),
        agenda=(AgendaItem(at="16:30", what="Inloop"), AgendaItem(at="17:00", what="Opname podcast")),
        guests=(Guest(name="Gast Een (voorbeeld)", role="uitvoerder", organisation="een gemeente"),),
        cases=(
            Case(
                slug="omgekeerde-brief",
                event=ident,
                title="De omgekeerde brief",
                organisation="Een dienst",
                summary="Voorbeeld. Bewoners schreven eerst.",
            ),
        ),
    )


def make_episode(number: int, ident: str, title: str) -> Episode:
    chapters = (
        ("Welkom", 0),
        ("Het omgekeerde beleidsproces", 41_000),
        ("Wie belt er?", 900_000),
        ("Naar huis", 2_000_000),
    )
    return Episode(
        slug=f"{number:02}-{ident}",
        guid=f"guid-{number}",
        number=number,
        event=ident,
        title=title,
        summary="Een gesprek.",
        published=datetime(2024, 7, number, tzinfo=UTC),
        chapters=tuple(Chapter(start_ms=start, title=name) for name, start in chapters),
    )


def make_reflection(ident: str, table: int, paragraphs: int) -> Reflection:
    return Reflection(
        slug=f"tafel-{table}",
        event=ident,
        group=f"Tafel {table}",
        roles=("uitvoering", "beleid"),
        question="Wat heb jij nodig om te vertrouwen?",
        approved=date(2024, 7, table),
        insights=("Bel eerst, schrijf later.", "Laat bewoners het begin maken, en niet alleen het einde."),
        quotes=(
            Quote(text=f"Vertrouwen begint bij tafel {table}, met terugbellen.", by="deelnemer"),
            Quote(text=f"Wij gingen er {table} keer heen, en dat was al genoeg.", by="uitvoerder"),
        ),
        moment=Moment(episode=f"01-{ident}", start_ms=41_000) if table == 1 else None,
        text_md="\n\n".join(
            [SENTENCE * 2, *[f"{SENTENCE}Dat is *waar*.", "### Wat dan\n\n" + SENTENCE * 2] * paragraphs]
        ),
    )


@pytest.fixture(scope="session")
def programme() -> Programme:
    """Two events, one with sound; three reflections, one draft; a story with pictures."""
    one, two = "burger-centraal", "welvaart-dichtbij"
    events = (
        make_event(1, one, "Burger centraal", "Hoe groeit vertrouwen tussen burger en ambtenaar?"),
        make_event(2, two, "Welvaart dichtbij", "Wat maakt een regio welvarend, en voor wie?"),
    )
    story = Story(
        slug="vooraf",
        title="Wat een gesprek achterlaat",
        intro="Vier avonden, vier gesprekken: “weerslag” is wat er blijft liggen als iedereen naar huis is.",
        by="de redactie",
        picture=Picture(
            file="magazine/images/tafel.jpg",
            alt="Een lege tafel met zes stoelen",
            credit="Weerslag",
            caption="Voor de deur opengaat.",
        ),
        pulls=("Een avond kost minder dan een jaar.",),
        text_md="\n\n".join(
            [
                "## Aan tafel",
                *[SENTENCE * 2] * 4,
                "## Naar huis",
                *[SENTENCE * 2] * 4,
                LINKS,
                "![Een streep](streep.jpg)",
            ]
        ),
        pictures=(Picture(file="magazine/stories/streep.jpg", alt="Een streep"),),
    )
    return Programme(
        title="Ambtenaar van Nu",
        subtitle="Leerprogramma voor bevlogen ambtenaren",
        organiser="Overheid van Nu",
        url="https://example.org/ambtenaar-van-nu/",
        events=events,
        episodes=(make_episode(1, one, "Burger centraal"), make_episode(2, two, "Welvaart dichtbij")),
        magazine=Magazine(
            title="Ambtenaar van Nu",
            edition="Slotevent, 16 januari 2025",
            flatplan=(
                Article(kind="cover"),
                Article(kind="contents"),
                Article(kind="article", ref="stories/vooraf.md"),
                Article(kind="event", ref=one),
                Article(kind="event", ref=two),
                Article(kind="quotes"),
                Article(kind="photo", picture=Picture(file="magazine/images/tafel.jpg", alt="De tafel, later")),
                Article(kind="notes"),
                Article(kind="colophon"),
                Article(kind="back"),
            ),
            colophon="Dit magazine is gemaakt met *Weerslag*.",
            name="ambtenaar-van-nu",
        ),
        reflections=(make_reflection(one, 1, 1), make_reflection(one, 2, 2), make_reflection(two, 3, 0)),
        drafts=(Draft(slug="tafel-9", event=one),),
        stories=(story,),
    )


@pytest.fixture(scope="session")
def releases(programme) -> tuple[Release, ...]:
    return (make_release(programme.episodes[0]),)


@pytest.fixture(scope="session")
def theme() -> Theme:
    return Theme(folder="magazine", language="nl")


def save_pictures(folder: Path) -> Path:
    """Save the pictures that the programme uses in ``folder``."""
    images = folder / "magazine" / "images"
    images.mkdir(parents=True)
    Image.linear_gradient("L").resize((600, 400)).convert("RGB").save(images / "tafel.jpg", quality=80)
    stories = folder / "magazine" / "stories"
    stories.mkdir()
    Image.new("RGB", (300, 200), "#0B5563").save(stories / "streep.jpg", quality=80)
    return folder


_SHARED = {}  # by the fixtures of this folder, tests/pdf and tests/preflight, which import them from here


class InlineExecutor(Executor):
    """Runs tasks in this process, where fonts are loaded once; workers are tested elsewhere."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except WeerslagError as error:
            future.set_exception(error)
        return future


def create_context(folder: Path, programme: Programme, theme: Theme) -> MagazineContext:
    """Create a context whose pictures, cache and workspace are in ``folder``."""
    (folder / "work").mkdir()
    runner = TaskRunner(
        cache=Cache(folder=folder / ".weerslag"),
        executor=InlineExecutor(),
        folder=folder / "work",
        reporter=Reporter(step=lambda _: None),
    )
    pictures = clean_pictures(programme, runner, root=folder)
    return MagazineContext(root=folder, runner=runner, pictures=pictures, theme=theme, theme_digest="the same")


@dataclass(frozen=True)
class Facts:
    """Number of pages and warnings of a PDF."""

    pages: int
    findings: tuple[Finding, ...]


@pytest.fixture(scope="session")
def context(programme, theme, tmp_path_factory) -> MagazineContext:
    """The context of both editions, whose cache has the rendered sections."""
    if "context" not in _SHARED:
        folder = save_pictures(tmp_path_factory.mktemp("programme"))
        _SHARED["context"] = create_context(folder, programme, theme)
    return _SHARED["context"]


@pytest.fixture(scope="session")
def editions(programme, releases, context) -> dict[str, tuple[Path, Facts]]:
    """Both editions, built once for all tests: by name, the file and its facts."""
    files = _SHARED.setdefault("files", {})
    for one in () if files else build_pdfs(programme, releases, programme.magazine, context):
        file = context.runner.folder.parent / one.name
        shutil.copyfile(context.runner.cache.get_object_path(one.sha256), file)
        files[one.name] = file, Facts(one.pages, one.layout_findings)
    assert [] == context.runner.failures
    return files


@pytest.fixture(scope="session")
def screen_edition(editions) -> tuple[Path, Facts]:
    """The screen edition: its file and its facts."""
    return editions["ambtenaar-van-nu.pdf"]


@pytest.fixture(scope="session")
def print_edition(editions) -> tuple[Path, Path, Facts]:
    """The print edition: the file for the printer, the booklet, the facts."""
    file, facts = editions["ambtenaar-van-nu-print.pdf"]
    booklet = file.with_name("booklet.pdf")
    impose_booklet(ImposeBookletTask(pdf=str(file), out=str(booklet)))
    return file, booklet, facts
