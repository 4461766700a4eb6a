"""A build in which nothing changed is recalled, not done; and whatever it was made of, a change to it is never overlooked."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from tests.build.conftest import NOW, SAMPLE

from pipeline.builder import Talk, Whole, as_before, bring_up_to_date, parts_of, recalled
from pipeline.cache import Store, key_of
from pipeline.content import read_programme
from pipeline.executors import open_workers
from pipeline.publish import letters_of, read_ledger
from pipeline.publish.publication_log import Announced, Line, append

EPISODE = "episodes/01-gesprek/episode.md"
LATER = """\
  - {id: twee, title: Twee, theme: Wie gaat verder?, starts: 2027-06-13 16:30, ends: 2027-06-13 19:00}
"""


def known(root, *, now=NOW):
    """What is recalled of a programme as it stands; by a store that looks at everything anew."""
    store = Store(root / ".weerslag")
    ledger = read_ledger(root / "published.jsonl")
    letters = lambda outline: letters_of(ledger, outline)  # noqa: E731
    return recalled(root, parts_of(root, store), store=store, now=now, letters=letters)


def build(root, *, now=NOW, step=lambda _: None):
    """A whole build that is remembered."""
    store = Store(root / ".weerslag")
    parts = parts_of(root, store)
    programme, voided = read_programme(root)
    with store.locked(holder="a test", wait=True, waiting=print), open_workers("here") as pool:
        return bring_up_to_date(
            programme,
            root=root,
            store=store,
            pool=pool,
            now=now,
            talk=Talk(step=step),
            letters=letters_of(read_ledger(root / "published.jsonl"), programme),
            whole=Whole(parts=parts, voided=voided),
        )


@pytest.fixture(scope="module")
def root(built_once, tmp_path_factory):
    """A programme with a cover of its own, an episode held back and an event to come, after a build that is remembered."""
    root = Path(shutil.copytree(built_once, tmp_path_factory.mktemp("recalled") / "programme"))
    (root / "art").mkdir()
    Image.new("RGB", (1500, 1500), "teal").save(root / "art/cover.png")
    text = (root / "programme.yaml").read_text().replace("  category:", "  cover: art/cover.png\n  category:")
    (root / "programme.yaml").write_text(text + LATER)
    episode = root / "episodes/02-gesprek/episode.md"
    episode.write_text(episode.read_text().replace("published: 2024-06-22", "published: 2026-06-22"))
    build(root)
    return root


# ------------------------------------------------------------------------------------------------- what is never overlooked


def another(path):
    """The file says something else now."""
    return lambda root: (root / path).write_bytes((root / path).read_bytes() + b"\n<!-- iets -->\n")


def new(path, content=b"iets"):
    def make(root):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)

    return make


def gone(path):
    return lambda root: (root / path).unlink()


def folder(path):
    return lambda root: (root / path).mkdir(parents=True)


def withheld(path):
    return lambda root: (root / path).chmod(0o600)


def linked(root):
    (root / "episodes/03-gesprek").symlink_to(root / "episodes/01-gesprek")


def pipe(root):
    os.mkfifo(root / "magazine/reflections/een/tafel-2.md")


def withdrawn(root):
    append(root / "published.jsonl", line(withdrawn=("een-guid",)))


def announced_otherwise(root):
    append(root / "published.jsonl", line(events=(Announced(event="een", digest="0123456789abcdef"),)))


def line(**changes):
    return replace(Line(at=NOW, target="/srv/www", feed="", feed_sha256="", podcast=""), **changes)


@pytest.mark.parametrize(
    ("change", "places"),
    [
        (another("programme.yaml"), ["programme.yaml"]),
        (another(EPISODE), [EPISODE]),
        (another("episodes/01-gesprek/recording/a.wav"), ["episodes/01-gesprek/recording/a.wav"]),
        (new("episodes/01-gesprek/recording/b.wav"), ["episodes/01-gesprek/recording/b.wav"]),
        (new("episodes/02-gesprek/transcript.vtt"), ["episodes/02-gesprek/transcript.vtt"]),
        (folder("episodes/03-gesprek"), ["episodes/03-gesprek"]),
        (another("magazine/magazine.yaml"), ["magazine/magazine.yaml"]),
        (another("magazine/reflections/een/tafel-1.md"), ["magazine/reflections/een/tafel-1.md"]),
        (gone("magazine/reflections/een/tafel-1.md"), ["magazine/reflections/een/tafel-1.md"]),
        (new("magazine/stories/vooraf.md"), ["magazine/stories"]),
        (new("templates/site/site.css"), ["templates"]),
        (another("art/cover.png"), ["art/cover.png"]),
        (gone("art/cover.png"), ["art/cover.png"]),
        (linked, ["episodes/03-gesprek"]),
        (pipe, ["magazine/reflections/een/tafel-2.md"]),
        (withdrawn, ["published.jsonl"]),
        (announced_otherwise, ["published.jsonl"]),
    ],
    ids=lambda it: it[-1] if isinstance(it, list) else "-",
)
def test_whatever_people_write_is_looked_at(root, change, places, tmp_path):
    kept = {
        place: shutil.copytree(root / place, tmp_path / "kept") if (root / place).is_dir() else None for place in places
    }
    texts = {place: (root / place).read_bytes() for place in places if (root / place).is_file()}
    assert known(root) is not None

    change(root)

    assert known(root) is None
    for place in places:
        put_back(root / place, texts.get(place), kept[place])
    assert known(root) is not None  # what stands there again is what was built


def put_back(path, text, kept):
    if text is not None:
        path.write_bytes(text)
    elif path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
        if kept:
            shutil.copytree(kept, path)
    else:
        path.unlink()


@pytest.mark.parametrize(
    "hand",
    [
        another("public/index.html"),
        another("press/reports/01-gesprek.html"),
        gone("public/feed.xml"),
        new("public/van-iemand-anders.txt"),
        new("press/van-iemand-anders.txt"),
        withheld("public/index.html"),
        gone(".weerslag/trees/public.json"),
        another(".weerslag/trees/press.json"),
    ],
    ids=range(8),
)
def test_a_hand_on_what_was_built_is_noticed_and_undone(root, hand):
    wanted = contents(root)

    hand(root)

    assert known(root) is None
    build(root)
    assert wanted == contents(root)
    assert known(root) is not None


def contents(root):
    """Every byte and every right in public/ and press/."""
    files = [path for tree in ("public", "press") for path in sorted((root / tree).rglob("*")) if path.is_file()]
    return {str(path.relative_to(root)): (oct(path.stat().st_mode), path.read_bytes()) for path in files}


@pytest.mark.parametrize(
    ("moment", "same"),
    [
        (datetime(2026, 6, 22, 3, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 6, 22, 4, tzinfo=UTC), False),  # the hour of the second episode, in Amsterdam
        (datetime(2027, 6, 13, 14, 30, tzinfo=UTC), False),  # of the event
        (datetime(2024, 6, 13, 17, tzinfo=UTC) - timedelta(seconds=1), False),  # a clock that was wrong
    ],
)
def test_an_hour_that_passed_counts_and_one_that_means_nothing_does_not(root, moment, same):
    assert same == (known(root, now=moment) is not None)


def test_a_line_of_the_ledger_that_changes_nothing_in_what_is_built_does_not_count(root):
    entries = dict(known(root).told.outline.entries)
    append(root / "published.jsonl", line(events=(Announced(event="een", digest=entries["een"]),)))

    told = known(root)

    (root / "published.jsonl").unlink()
    assert told is not None


def test_other_tools_are_other_builds(root, tmp_path, monkeypatch):
    store = Store(root / ".weerslag")
    before = parts_of(root, store)
    (tmp_path / "ffmpeg").write_text("#!/bin/sh\n")
    (tmp_path / "ffmpeg").chmod(0o755)
    (tmp_path / "jinja2-4.0.dist-info").mkdir()

    with monkeypatch.context() as other:
        other.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        assert {"ffmpeg"} == differing(before, parts_of(root, store))
    with monkeypatch.context() as other:
        other.setenv("PATH", str(tmp_path / "nothing"))
        assert parts_of(root, store) is None
    with monkeypatch.context() as other:
        other.syspath_prepend(tmp_path)
        assert {"libraries"} == differing(before, parts_of(root, store))
    assert before == parts_of(root, store)


@pytest.mark.parametrize(
    ("file", "part"), [("pipeline/site/page_context.py", "weerslag"), ("templates/site/episode.html", "templates")]
)
def test_another_weerslag_is_another_build(tmp_path, file, part):
    for name in ("pipeline", "templates"):
        shutil.copytree(SAMPLE / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "fonts"))
    question = (
        "import json; from pathlib import Path; from pipeline.build import parts_of; from pipeline.store import Store\n"
        "print(json.dumps(parts_of(Path('empty'), Store(Path('store')))))"
    )

    def asked():
        words = [sys.executable, "-c", question]
        told = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)
        return json.loads(told.stdout)

    before = asked()
    (tmp_path / file).write_text((tmp_path / file).read_text() + "\n")

    assert {part} == differing(before, asked())


def differing(one, other):
    return {name for name in one["inputs"] if one["inputs"][name] != other["inputs"][name]}


# ------------------------------------------------------------------------------------------------------ what is remembered


def test_a_recalled_build_tells_what_a_build_tells(root):
    steps = []

    recalled_build, done = as_before(known(root), Talk(step=steps.append)), build(root)

    assert sorted(done.steps, key=str) == sorted(recalled_build.steps, key=str)
    assert list(recalled_build.steps) == steps
    for part in ("failures", "changes", "held_back", "silent", "outline", "findings"):
        assert getattr(done, part) == getattr(recalled_build, part)
    assert [("02-gesprek", "CEST")] == [(slug, hour.tzname()) for slug, hour in recalled_build.held_back]


def test_what_was_edited_while_it_was_built_is_not_taken_for_what_was_built(root):
    text = (root / EPISODE).read_text()
    edits = iter([text.replace("proef", "lange proef")])
    (root / EPISODE).write_text(text.replace("proef", "korte proef"))

    build(root, step=lambda _: [(root / EPISODE).write_text(edit) for edit in edits])

    (root / EPISODE).write_text(text.replace("proef", "korte proef"))
    assert known(root) is None
    (root / EPISODE).write_text(text)
    assert known(root) is None  # it was built once, and something else stands in public/ since
    build(root)
    assert known(root) is not None


def test_sweeping_the_store_forgets_no_build(root):
    store = Store(root / ".weerslag")
    with store.locked(holder="a test", wait=True, waiting=print):
        store.sweep(dry_run=False)

    assert () == store.verify()
    assert known(root) is not None


def test_the_command_recalls_and_says_the_same(root):
    def told(*words):
        command = [sys.executable, "-m", "pipeline", "build", *words]
        environment = {**os.environ, "PYTHONPATH": str(SAMPLE)}
        done = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, check=True, timeout=120
        )
        return json.loads(done.stdout) if "--json" in words else done.stderr.splitlines()[:-1]

    told()  # the hour of the second episode is past by now
    key = key_of(parts_of(root, Store(root / ".weerslag")))
    (root / ".weerslag/actions" / key[:2] / f"{key[2:]}.json").unlink()
    built = told()
    records = set((root / ".weerslag").rglob("*.json"))

    again, planned, counted = told(), told("--dry-run"), told("--json")

    assert built == again == planned
    assert [] == [step for step in counted["steps"] if step["kind"] != "kept"]
    assert {"public", "press"} == counted["changes"].keys()
    assert records == set((root / ".weerslag").rglob("*.json"))
