"""A build in which nothing changed is loaded from the cache, and every change is detected."""

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

from pipeline.builder.build import run_build
from pipeline.builder.cached_build import BuildKey, collect_key_parts, load_cached_build, replay_cached_build
from pipeline.builder.task_runner import Reporter
from pipeline.cache import Cache, compute_key
from pipeline.cache.maintenance import delete_unused, verify_cache
from pipeline.content import build_programme, find_revoked_approvals, load_files
from pipeline.content.publication_log import LogEntry, PublishedEvent, read_publication_log
from pipeline.executors import open_executor
from pipeline.publish.log_store import append_entry
from pipeline.publish.notices import render_notices
from tests.builder.conftest import NOW, SAMPLE

EPISODE = "episodes/01-gesprek/episode.md"
LATER = """\
  - {id: twee, title: Twee, theme: Wie gaat verder?, starts: 2027-06-13 16:30, ends: 2027-06-13 19:00}
"""


def load_cached(root, *, now=NOW):
    """Load the cached build of a programme as it is now; by a cache without memoized digests."""
    cache = Cache(root / ".weerslag")
    log = read_publication_log(root / "published.jsonl")
    return load_cached_build(
        root,
        collect_key_parts(root, cache),
        published_events=log.event_digests,
        cache=cache,
        now=now,
        render_notices=lambda outline: render_notices(log, outline),
    )


def build(root, *, now=NOW, step=lambda _: None):
    """A build of all targets that is cached as a whole."""
    cache = Cache(root / ".weerslag")
    parts = collect_key_parts(root, cache)
    log, files = read_publication_log(root / "published.jsonl"), load_files(root)
    programme, revoked = build_programme(files, log.event_digests), tuple(find_revoked_approvals(files))
    with cache.lock(holder="a test", wait=True, waiting=print), open_executor("local") as executor:
        return run_build(
            programme,
            root=root,
            cache=cache,
            executor=executor,
            now=now,
            reporter=Reporter(step=step),
            notices=render_notices(log, programme),
            build_key=BuildKey(parts=parts, revoked=revoked, published_events=log.event_digests),
        )


@pytest.fixture(scope="module")
def root(built_once, tmp_path_factory):
    """A built programme with a custom cover, a held-back episode and a future event."""
    root = Path(shutil.copytree(built_once, tmp_path_factory.mktemp("cached") / "programme"))
    (root / "art").mkdir()
    Image.new("RGB", (1500, 1500), "teal").save(root / "art/cover.png")
    text = (root / "programme.yaml").read_text().replace("  category:", "  cover: art/cover.png\n  category:")
    (root / "programme.yaml").write_text(text + LATER)
    episode = root / "episodes/02-gesprek/episode.md"
    episode.write_text(episode.read_text().replace("published: 2024-06-22", "published: 2026-06-22"))
    build(root)
    return root


def append_comment(path):
    """Change the content of the file."""
    return lambda root: (root / path).write_bytes((root / path).read_bytes() + b"\n<!-- iets -->\n")


def create_file(path, content=b"iets"):
    def make(root):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)

    return make


def delete_file(path):
    return lambda root: (root / path).unlink()


def create_folder(path):
    return lambda root: (root / path).mkdir(parents=True)


def restrict_permissions(path):
    return lambda root: (root / path).chmod(0o600)


def link_folder(root):
    (root / "episodes/03-gesprek").symlink_to(root / "episodes/01-gesprek")


def create_pipe(root):
    os.mkfifo(root / "magazine/reflections/een/tafel-2.md")


def log_withdrawal(root):
    append_entry(root / "published.jsonl", line(withdrawn=("een-guid",)))


def log_changed_event(root):
    append_entry(root / "published.jsonl", line(events=(PublishedEvent(event="een", digest="0123456789abcdef"),)))


def line(**changes):
    return replace(LogEntry(at=NOW, target="/srv/www", feed="", feed_sha256="", podcast=""), **changes)


@pytest.mark.parametrize(
    ("change", "places"),
    [
        (append_comment("programme.yaml"), ["programme.yaml"]),
        (append_comment(EPISODE), [EPISODE]),
        (append_comment("episodes/01-gesprek/recording/a.wav"), ["episodes/01-gesprek/recording/a.wav"]),
        (create_file("episodes/01-gesprek/recording/b.wav"), ["episodes/01-gesprek/recording/b.wav"]),
        (create_file("episodes/02-gesprek/transcript.vtt"), ["episodes/02-gesprek/transcript.vtt"]),
        (create_folder("episodes/03-gesprek"), ["episodes/03-gesprek"]),
        (append_comment("magazine/magazine.yaml"), ["magazine/magazine.yaml"]),
        (append_comment("magazine/reflections/een/tafel-1.md"), ["magazine/reflections/een/tafel-1.md"]),
        (delete_file("magazine/reflections/een/tafel-1.md"), ["magazine/reflections/een/tafel-1.md"]),
        (create_file("magazine/stories/vooraf.md"), ["magazine/stories"]),
        (create_file("templates/site/site.css"), ["templates"]),
        (append_comment("art/cover.png"), ["art/cover.png"]),
        (delete_file("art/cover.png"), ["art/cover.png"]),
        (link_folder, ["episodes/03-gesprek"]),
        (create_pipe, ["magazine/reflections/een/tafel-2.md"]),
        (log_withdrawal, ["published.jsonl"]),
        (log_changed_event, ["published.jsonl"]),
    ],
    ids=lambda it: it[-1] if isinstance(it, list) else "-",
)
def test_any_change_of_a_source_invalidates_the_cached_build(root, change, places, tmp_path):
    backup = {
        place: shutil.copytree(root / place, tmp_path / "backup") if (root / place).is_dir() else None
        for place in places
    }
    texts = {place: (root / place).read_bytes() for place in places if (root / place).is_file()}
    assert load_cached(root) is not None

    change(root)

    assert load_cached(root) is None
    for place in places:
        put_back(root / place, texts.get(place), backup[place])
    assert load_cached(root) is not None  # the files are again those of the build


def put_back(path, text, backup):
    if text is not None:
        path.write_bytes(text)
    elif path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
        if backup:
            shutil.copytree(backup, path)
    else:
        path.unlink()


@pytest.mark.parametrize(
    "hand",
    [
        append_comment("public/index.html"),
        append_comment("press/reports/01-gesprek.html"),
        delete_file("public/feed.xml"),
        create_file("public/van-iemand-anders.txt"),
        create_file("press/van-iemand-anders.txt"),
        restrict_permissions("public/index.html"),
        delete_file(".weerslag/trees/public.json"),
        append_comment(".weerslag/trees/press.json"),
    ],
    ids=range(8),
)
def test_a_changed_output_is_detected_and_restored(root, hand):
    expected = contents(root)

    hand(root)

    assert load_cached(root) is None
    build(root)
    assert expected == contents(root)
    assert load_cached(root) is not None


def contents(root):
    """Contents and permissions of all files in public/ and press/."""
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
def test_only_times_in_the_programme_invalidate_the_cached_build(root, moment, same):
    assert same == (load_cached(root, now=moment) is not None)


def test_a_log_entry_that_changes_no_output_keeps_the_cached_build(root):
    entries = dict(load_cached(root).result.outline.entries)
    append_entry(root / "published.jsonl", line(events=(PublishedEvent(event="een", digest=entries["een"]),)))

    cached = load_cached(root)

    (root / "published.jsonl").unlink()
    assert cached is not None


def test_other_tools_change_the_key(root, tmp_path, monkeypatch):
    cache = Cache(root / ".weerslag")
    before = collect_key_parts(root, cache)
    (tmp_path / "ffmpeg").write_text("#!/bin/sh\n")
    (tmp_path / "ffmpeg").chmod(0o755)
    (tmp_path / "jinja2-4.0.dist-info").mkdir()

    with monkeypatch.context() as other:
        other.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        assert {"ffmpeg"} == differing(before, collect_key_parts(root, cache))
    with monkeypatch.context() as other:
        other.setenv("PATH", str(tmp_path / "nothing"))
        assert collect_key_parts(root, cache) is None
    with monkeypatch.context() as other:
        other.syspath_prepend(tmp_path)
        assert {"libraries"} == differing(before, collect_key_parts(root, cache))
    assert before == collect_key_parts(root, cache)


@pytest.mark.parametrize(
    ("file", "part"), [("pipeline/site/page_context.py", "weerslag"), ("templates/site/episode.html", "templates")]
)
def test_another_version_of_weerslag_changes_the_key(tmp_path, file, part):
    for name in ("pipeline", "templates"):
        shutil.copytree(SAMPLE / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "fonts"))
    code = (
        "import json; from pathlib import Path; from pipeline.builder.cached_build import collect_key_parts\n"
        "from pipeline.cache import Cache\n"
        "print(json.dumps(collect_key_parts(Path('empty'), Cache(Path('cache')))))"
    )

    def collect():
        argv = [sys.executable, "-c", code]
        completed = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)
        return json.loads(completed.stdout)

    before = collect()
    (tmp_path / file).write_text((tmp_path / file).read_text() + "\n")

    assert {part} == differing(before, collect())


def differing(one, other):
    return {name for name in one["inputs"] if one["inputs"][name] != other["inputs"][name]}


def test_a_cached_build_reports_the_same_as_a_build(root):
    steps = []

    cached, rebuilt = replay_cached_build(load_cached(root), Reporter(step=steps.append)), build(root)

    assert sorted(rebuilt.steps, key=str) == sorted(cached.steps, key=str)
    assert list(cached.steps) == steps
    for part in ("failures", "changes", "held_back", "without_recording", "outline", "findings"):
        assert getattr(rebuilt, part) == getattr(cached, part)
    assert [("02-gesprek", "CEST")] == [(slug, hour.tzname()) for slug, hour in cached.held_back]


def test_an_edit_during_a_build_is_not_cached(root):
    text = (root / EPISODE).read_text()
    edits = iter([text.replace("proef", "lange proef")])
    (root / EPISODE).write_text(text.replace("proef", "korte proef"))

    build(root, step=lambda _: [(root / EPISODE).write_text(edit) for edit in edits])

    (root / EPISODE).write_text(text.replace("proef", "korte proef"))
    assert load_cached(root) is None
    (root / EPISODE).write_text(text)
    assert load_cached(root) is None  # it was built once, but public/ has other files since
    build(root)
    assert load_cached(root) is not None


def test_cleaning_keeps_the_cached_build(root):
    cache = Cache(root / ".weerslag")
    with cache.lock(holder="a test", wait=True, waiting=print):
        delete_unused(cache, dry_run=False, now=NOW)

    assert () == verify_cache(cache)
    assert load_cached(root) is not None


def test_the_command_reports_the_same_for_a_cached_build(root):
    def run(*words):
        command = [sys.executable, "-m", "pipeline", "build", *words]
        environment = {**os.environ, "PYTHONPATH": str(SAMPLE)}
        completed = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, check=True, timeout=120
        )
        return json.loads(completed.stdout) if "--json" in words else completed.stderr.splitlines()[:-1]

    run()  # the hour of the second episode is past by now
    key = compute_key(collect_key_parts(root, Cache(root / ".weerslag")))
    (root / ".weerslag/records" / key[:2] / f"{key[2:]}.json").unlink()
    built = run()
    records = set((root / ".weerslag").rglob("*.json"))

    again, planned, counted = run(), run("--dry-run"), run("--json")

    assert built == again == planned
    assert [] == [step for step in counted["steps"] if step["kind"] != "up to date"]
    assert {"public", "press"} == counted["changes"].keys()
    assert records == set((root / ".weerslag").rglob("*.json"))


@pytest.mark.parametrize(
    ("path", "text", "moment"),
    [
        (
            "magazine/newsletters/een.md",
            "---\nnumber: 1\ndate: 2026-08-02\nsubject: Nieuws\nblocks: [intro]\n---\nEen brief.\n",
            datetime(2026, 8, 1, 22, tzinfo=UTC),  # midnight in Amsterdam
        ),
        (
            "programme.yaml",
            (
                "events:\n  - id: dicht\n    title: Dicht\n    starts: 2026-08-02 09:00\n    ends: 2026-08-02 10:00\n"
                "    visibility: participants\n"
            ),
            datetime(2026, 8, 2, 8, tzinfo=UTC),  # the end of the event
        ),
    ],
)
def test_a_newsletter_and_an_event_for_participants_are_built_again_at_their_time(root, path, text, moment):
    file = root / path
    before = file.read_bytes() if file.exists() else None
    file.parent.mkdir(exist_ok=True)
    file.write_text(text if before is None else before.decode().replace("events:\n", text, 1))
    early = moment - timedelta(seconds=1)
    try:
        build(root, now=early)
        assert [True, False] == [load_cached(root, now=now) is not None for now in (early, moment)]
    finally:
        if before is None:
            shutil.rmtree(file.parent)
        else:
            file.write_bytes(before)
        build(root)
