"""The mailings of a programme of four events, and the approval sheets of another, built once for all tests of this folder."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pipeline.builder.mailings import build_mailings
from pipeline.builder.task_runner import Reporter, TaskRunner
from pipeline.cache import Cache
from pipeline.cli import main
from pipeline.model import AgendaItem, Case, Event, Guest, Programme, Quote, Reflection, Registration
from pipeline.typesetting import Theme
from tests.content.conftest import FILES, Content
from tests.magazine.conftest import InlineExecutor, make_episode, make_event, make_reflection, make_release
from tests.shared_folders import share_folder


@dataclass(frozen=True)
class Mailings:
    """A programme, and its files in ``folder`` by their path."""

    programme: Programme
    folder: Path
    paths: tuple[str, ...]

    def read(self, path: str) -> str:
        """Read a text file."""
        return (self.folder / path).read_text("utf-8")


def make_programme() -> Programme:
    """Make a programme: an event with sound, one that follows from it, a full one, and a cancelled one."""
    first = make_event(1, "burger-centraal", "Burger centraal", "Hoe groeit vertrouwen tussen burger en ambtenaar?")
    cases = tuple(
        Case(
            slug=f"casus-{number}",
            event="burger-centraal",
            title=f"Casus nummer {number}",
            summary="Bewoners schreven eerst.",
            questions=("Wat vraagt dit van jou?", "Wie schrijft de eerste versie?")[:number],
        )
        for number in (1, 2, 3)
    )
    first = replace(first, cases=cases, notes_url="https://example.org/inleveren")
    second = make_event(2, "welvaart-dichtbij", "Welvaart dichtbij", "Wat maakt een regio welvarend, en voor wie?")
    second = replace(
        second, briefing_from=first.id, registration=Registration(url="https://example.org/aanmelden", places=50)
    )
    return Programme(
        title="Ambtenaar van Nu",
        organiser="Overheid van Nu",
        url="https://example.org/ambtenaar-van-nu/",
        audience="Ambtenaren van alle overheden, uit beleid, uitvoering en bestuur",
        events=(first, second, make_full_event(), make_cancelled_event()),
        episodes=(make_episode(1, first.id, first.title),),
        reflections=make_reflections(first.id),
    )


def make_full_event() -> Event:
    """Make an event with as much on its flyer as an organiser may ask for."""
    event = make_event(3, "uitvoerder-aan-zet", "Uitvoerder aan zet", "Hoe maakt de uitvoering beleid beter? " * 3)
    return replace(
        event,
        summary="Een klantmanager en een adviseur lezen samen de brieven van een jaar. " * 5,
        agenda=tuple(
            AgendaItem(at=f"{hour}:00", what=f"Gesprek nummer {hour} aan vier tafels") for hour in range(9, 20)
        ),
        guests=tuple(
            Guest(name=f"Gast Nummer {number} (voorbeeld)", organisation="een samenwerking van vier gemeenten")
            for number in range(8)
        ),
        status="moved",
    )


def make_cancelled_event() -> Event:
    return replace(make_event(4, "afgelast", "Afgelast", ""), status="cancelled")


def make_reflections(event: str) -> tuple[Reflection, ...]:
    """Make three groups: uitvoering and beleid have five people or more, jurist and bestuur two and four."""
    counts = ((("uitvoering", 3), ("jurist", 2)), (("uitvoering", 2), ("bestuur", 4)), (("Beleid", 6),))
    by = ("jurist", "uitvoering", "beleid")
    made = [make_reflection(event, number, 0) for number in (1, 2, 3)]
    return tuple(
        replace(
            one,
            case=("casus-2", "casus-2", "")[number],
            roles=tuple(role for role, _ in counts[number]),
            participants=counts[number],
            insights=(f"Inzicht van groep {number + 1}.",),
            quotes=(Quote(text=f"Citaat van groep {number + 1}.", by=by[number]),),
        )
        for number, one in enumerate(made)
    )


def write_mailings(folder: Path) -> None:
    programme = make_programme()
    (folder / "work").mkdir()
    runner = TaskRunner(
        cache=Cache(folder=folder / ".weerslag"),
        executor=InlineExecutor(),
        folder=folder / "work",
        reporter=Reporter(step=lambda _: None),
    )
    releases = (make_release(programme.episodes[0]),)
    outputs = build_mailings(programme, releases, runner, theme=Theme(folder="mailings", language="nl"))
    assert [] == runner.failures
    for one in outputs:
        file = folder / "files" / one.path
        file.parent.mkdir(parents=True, exist_ok=True)
        content = one.content
        file.write_bytes(runner.cache.get_object_path(one.sha256).read_bytes() if content is None else content)


@pytest.fixture(scope="session")
def mailings(tmp_path_factory) -> Mailings:
    """All mailings of the programme."""
    folder = share_folder(tmp_path_factory, "mailings", write_mailings) / "files"
    paths = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    return Mailings(make_programme(), folder, tuple(paths))


@dataclass(frozen=True)
class AskedProgramme:
    """A programme whose groups were asked for approval, and the folder of their sheets."""

    content: Content
    folder: Path


@pytest.fixture(scope="session")
def asked(tmp_path_factory) -> AskedProgramme:
    """The sheets that the command wrote for two groups; tests do not change the programme, but copies of it."""
    root = tmp_path_factory.mktemp("asked")
    content = Content(root / "programma")
    for path, text in FILES.items():
        content.write(path, text)
    words = ["approve", "tafel-3", "tafel-4", "--sheets", str(root / "vellen"), "--reply-to", "a@example.org"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["weerslag", "-C", str(content.root), *words])
        with pytest.raises(SystemExit) as left:
            main()
    assert 0 == left.value.code
    return AskedProgramme(content, root / "vellen/burger-centraal")
