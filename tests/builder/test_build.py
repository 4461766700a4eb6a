"""The build: what is dear is remembered, what differs is made, and public/ is replaced whole or not at all."""

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest

from pipeline.builder import WEB
from pipeline.builder.proofs import keep_proof
from pipeline.builder.task_runner import first_difference
from pipeline.cache import Store
from pipeline.pdf.reader import read_pdf

BOUND = [
    "bound magazine.pdf",
    "bound magazine-print.pdf",
    "folded magazine-booklet.pdf",
    "looked through magazine.pdf",
    "looked through magazine-print.pdf",
]


def laid(*names):
    """Each quire for the screen, then each for the printer."""
    files = ("magazine.pdf", "magazine-print.pdf")
    return [f"laid out {file}: {name}" for file in files for name in names]


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def everything(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def done(built):
    return [f"{step.kind} {step.subject}" for step in built.steps if step.kind != "kept"]


def test_a_second_build_makes_nothing_and_changes_nothing(programme_root, build):
    before = everything(programme_root / "public")
    build(programme_root)  # the copy has other inodes than the original: put right once

    built = build(programme_root)

    assert [] == done(built)
    assert not any(built.changes.values())
    assert before == everything(programme_root / "public")


def test_a_new_title_tags_again_and_never_encodes(programme_root, build):
    edit(programme_root / "episodes/01-gesprek/episode.md", "Gesprek 1", "Gesprek voorop")

    steps = done(build(programme_root))

    covers = ["drawn cover 01-gesprek-3000", "drawn cover 01-gesprek-1400"]
    assert [
        *covers,
        "tagged 01-gesprek.mp3",
        "drawn share 01-gesprek",
        *laid("event-een"),
        *BOUND,
    ] == steps


def test_a_new_theme_gives_a_shared_picture_of_another_name_and_touches_no_sound(programme_root, build):
    pictures = {path for path in everything(programme_root / "public") if path.startswith("share/")}
    edit(programme_root / "programme.yaml", "Wie begint?", "Wie durft?")

    steps = done(build(programme_root, targets=["site"]))

    after = {path for path in everything(programme_root / "public") if path.startswith("share/")}
    (gone,), (come,) = pictures - after, after - pictures
    assert ["drawn share event-een"] == steps
    assert ("event-een", "event-een") == tuple(Path(path).stem.rpartition("-")[0] for path in (gone, come))
    assert come.encode() in (programme_root / "public/events/een/index.html").read_bytes()


def test_a_shared_picture_is_drawn_of_no_sound_that_is_held_back(programme_root, build):
    before = everything(programme_root / "public")
    edit(programme_root / "episodes/01-gesprek/episode.md", "published: 2024-06-21", "published: 2036-06-21")
    edit(programme_root / "episodes/02-gesprek/episode.md", "published: 2024-06-22", "published: 2036-06-22")
    build(programme_root, targets=["site"])
    silent = everything(programme_root / "public")

    names = {Path(path).stem.rpartition("-")[0] for path in silent if path.startswith("share/")}

    assert {"programme", "event-een"} == names
    assert not {path for path in silent if path.startswith("share/")} & set(before)


def test_a_new_word_in_a_reflection_lays_both_pdfs_out_and_touches_no_sound(programme_root, build):
    sounds = {path: content for path, content in everything(programme_root / "public").items() if "audio/" in path}
    printed = read_pdf(programme_root / "press/magazine/magazine-print.pdf")
    keep_proof(programme_root, [page.look for page in printed.pages])
    edit(programme_root / "magazine/reflections/een/tafel-1.md", "stilte", "lach")

    built = build(programme_root)

    assert [*laid("event-een-1"), *BOUND] == done(built)
    told = (programme_root / "press/magazine/preflight.html").read_text()
    (other,) = re.findall(r'<li id="page-(\d+)" class="other">', told)
    assert f'<p>Pagina <a href="#page-{other}">' in told
    assert (programme_root / "press/magazine/preflight-pages.jpg").read_bytes().startswith(b"\xff\xd8")
    after = everything(programme_root / "public")
    assert sounds == {path: content for path, content in after.items() if "audio/" in path}


def test_who_waits_gets_the_magazines_page_at_once_and_its_pdfs_stay_as_they_were(programme_root, build):
    build(programme_root)
    before = everything(programme_root / "public")
    edit(programme_root / "magazine/reflections/een/tafel-1.md", "stilte", "lach")

    built = build(programme_root, targets=("site", "feed", WEB))

    after = everything(programme_root / "public")
    changed = {path for path in before | after if before.get(path) != after.get(path)}
    assert [] == done(built)
    assert "magazine/event-een/index.html" in changed
    assert b"lach" in after["magazine/event-een/index.html"]
    assert {".html"} == {Path(path).suffix for path in changed}


def test_a_new_word_in_the_show_notes_makes_nothing_dear(programme_root, build):
    edit(programme_root / "episodes/01-gesprek/episode.md", "Een *proef*.", "Een *toets*.")

    built = build(programme_root)

    assert [] == done(built)
    build(programme_root)
    assert b"toets" in (programme_root / "public/feed.xml").read_bytes()


def test_the_build_says_which_part_of_the_key_changed(programme_root, build):
    edit(programme_root / "programme.yaml", "{formats: [mp3]}", "{formats: [mp3], loudness_lufs: -18}")

    built = build(programme_root, dry_run=True)

    whys = {step.subject: step.why for step in built.steps if step.kind == "would"}
    assert "settings.target.loudness_lufs: -16.0 → -18.0" == whys["mastered 01-gesprek"]


def test_a_setting_put_back_costs_nothing(programme_root, build):
    edit(programme_root / "programme.yaml", "title: Proefprogramma", "title: Anders")
    build(programme_root)
    edit(programme_root / "programme.yaml", "title: Anders", "title: Proefprogramma")

    assert [] == done(build(programme_root))


def test_a_dry_run_changes_nothing_at_all(programme_root, build):
    build(programme_root)
    edit(programme_root / "magazine/reflections/een/tafel-1.md", "stilte", "lach")
    edit(programme_root / "magazine/magazine.yaml", "Gemaakt als proef.", "Gemaakt als tweede proef.")
    before = everything(programme_root / "public"), set(everything(programme_root / ".weerslag/objects"))

    built = build(programme_root, dry_run=True)

    assert {f"would {step}" for step in laid("event-een-1", "colophon-4")} == set(done(built))
    assert before == (everything(programme_root / "public"), set(everything(programme_root / ".weerslag/objects")))


def test_one_bad_recording_leaves_public_as_it_was_and_the_others_are_kept(programme_root, build):
    before = everything(programme_root / "public")
    (programme_root / "episodes/01-gesprek/recording/a.wav").write_text("no sound at all")
    edit(programme_root / "episodes/02-gesprek/episode.md", "Gesprek 2", "Gesprek daarna")

    built = build(programme_root)

    ((step, error),) = built.failures
    assert ("failed", "measured 01-gesprek") == (step.kind, step.subject)
    assert "a.wav" in str(error)
    assert "tagged 02-gesprek.mp3" in done(built)
    assert before == everything(programme_root / "public")


def test_a_cut_that_begins_after_the_end_stops_the_build_for_its_words_would_be_heard(programme_root, build):
    before = everything(programme_root / "public")
    edit(
        programme_root / "episodes/01-gesprek/episode.md", "---\nEen", 'cuts: [{from: "00:30", to: "00:31"}]\n---\nEen'
    )

    ((step, error),) = build(programme_root).failures

    assert "cut 01-gesprek" == step.subject
    assert "episodes/01-gesprek/episode.md:11:15: a cut begins at 0:30, and the recording ends at 0:09" in str(error)
    assert before == everything(programme_root / "public")


def test_cuts_that_leave_nothing_are_told_with_their_line(programme_root, build):
    before = everything(programme_root / "public")
    head = programme_root / "episodes/01-gesprek/episode.md"
    edit(head, "---\nEen", 'cuts:\n  - {from: "00:05", to: "00:30"}\n  - {from: "00:00", to: "00:05"}\n---\nEen')

    ((step, error),) = build(programme_root).failures

    assert "cut 01-gesprek" == step.subject
    told = "episodes/01-gesprek/episode.md:13:12: the cuts leave nothing of the recording, which ends at 0:09"
    assert told in str(error)
    assert before == everything(programme_root / "public")


def test_a_mute_and_a_bleep_that_begin_after_the_end_stop_it_too(programme_root, build):
    head = programme_root / "episodes/01-gesprek/episode.md"
    late = 'mutes: [{from: "00:30", to: "00:40"}]\nbleeps: [{from: "00:31", to: "00:32"}]\n'
    head.write_text(head.read_text().replace("---\nEen", f"{late}---\nEen"))

    failures = build(programme_root, targets=("episodes",)).failures

    assert [
        "episodes/01-gesprek/episode.md:11:16: a mute begins at 0:30, and the recording ends at 0:09: nothing would be muted",
        "episodes/01-gesprek/episode.md:12:17: a bleep begins at 0:31, and the recording ends at 0:09: nothing would be bleeped",
    ] == [str(error).splitlines()[0] for _, error in failures]


def test_a_chapter_that_begins_after_the_end_is_told(programme_root, build):
    edit(programme_root / "episodes/01-gesprek/episode.md", "00:04", "00:40")

    built = build(programme_root)

    assert [("01-gesprek", "chapter-beyond", 40.0)] == [
        (release.episode.slug, one.code, one.at_s) for release in built.releases for one in release.defects
    ]


def test_the_name_of_a_recording_may_be_any_bytes(programme_root, build):
    recording = os.fsencode(programme_root / "episodes/01-gesprek/recording")
    os.rename(recording + b"/a.wav", recording + b"/-\xff \n'%d.wav")  # noqa: PTH104  # no text can say this name

    assert () == build(programme_root).failures
    assert [] == done(build(programme_root))


def test_a_part_of_a_build_keeps_the_rest_of_a_folder_that_was_copied(programme_root, build):
    build(programme_root)
    before = everything(programme_root / "public")
    for file in (programme_root / "public").rglob("*.*"):
        os.utime(file)

    built = build(programme_root, targets=("feed",))

    assert (False, before) == (bool(built.changes["public"]), everything(programme_root / "public"))


def test_an_episode_without_a_recording_is_told_and_neither_made_nor_held_back(programme_root, build):
    shutil.rmtree(programme_root / "episodes/02-gesprek/recording")

    built = build(programme_root, targets=("feed",), now=datetime(2024, 6, 21, 12, tzinfo=UTC))

    assert (("02-gesprek",), ()) == (built.silent, built.held_back)
    assert 1 == len(feedparser.parse((programme_root / "public/feed.xml").read_bytes()).entries)


def test_what_is_held_back_is_made_and_shown_nowhere(programme_root, build):
    now = datetime(2024, 6, 21, 12, tzinfo=UTC)

    built = build(programme_root, now=now)

    files = everything(programme_root / "public")
    assert ["02-gesprek"] == [slug for slug, _ in built.held_back]
    assert [] == [path for path in files if "02-gesprek" in path]
    assert 1 == len(feedparser.parse(files["feed.xml"]).entries)
    assert [] == [path for path, content in files.items() if b"Gesprek 2" in content]


def test_a_recording_is_never_changed(sources, built_once):
    recordings = "episodes/*/recording/*"
    before = [(file.read_bytes(), file.stat().st_mtime_ns) for file in sorted(sources.glob(recordings))]

    assert before == [(file.read_bytes(), file.stat().st_mtime_ns) for file in sorted(built_once.glob(recordings))]


def test_an_episode_without_a_recording_waits_and_the_others_are_released(programme_root, build):
    shutil.rmtree(programme_root / "episodes/02-gesprek/recording")

    built = build(programme_root)

    files = everything(programme_root / "public")
    assert ("02-gesprek",) == built.silent
    assert 1 == len(feedparser.parse(files["feed.xml"]).entries)
    assert [path for path in files if path.startswith("cover-")]
    assert [] == [path for path in files if "02-gesprek" in path]


def test_deleting_the_store_costs_time_and_never_meaning(programme_root, build):
    before = everything(programme_root / "public"), everything(programme_root / "press")
    shutil.rmtree(programme_root / ".weerslag")

    build(programme_root, workers="processes:2")

    assert before == (everything(programme_root / "public"), everything(programme_root / "press"))


def test_the_same_content_gives_the_same_bytes_in_another_folder_with_other_workers_zone_and_mask(
    sources, built_once, build, tmp_path, monkeypatch
):
    root = tmp_path / "elsewhere with a space"
    shutil.copytree(sources, root)
    for name, value in {"TZ": "Pacific/Chatham", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "7"}.items():
        monkeypatch.setenv(name, value)
    before = os.umask(0o077)
    try:
        build(root, workers="here")
    finally:
        os.umask(before)

    assert everything(built_once / "public") == everything(root / "public")
    assert everything(built_once / "press") == everything(root / "press")


def test_asking_for_the_sound_alone_after_the_store_was_lost_takes_no_page_away(programme_root, build):
    before = set(everything(programme_root / "public")), everything(programme_root / "press")
    shutil.rmtree(programme_root / ".weerslag")

    build(programme_root, targets=("episodes",))

    assert before == (set(everything(programme_root / "public")), everything(programme_root / "press"))


def test_asking_for_the_feed_leaves_the_site_as_it_stood(programme_root, build):
    build(programme_root)
    pages = {path: content for path, content in everything(programme_root / "public").items() if ".html" in path}
    edit(programme_root / "episodes/01-gesprek/episode.md", "Een *proef*.", "Een *toets*.")

    built = build(programme_root, targets=("feed",))

    after = everything(programme_root / "public")
    assert ("feed.xml",) == built.changes["public"].changed
    assert pages == {path: content for path, content in after.items() if ".html" in path}


def test_damage_in_the_store_is_found_and_made_again(programme_root, build):
    before = everything(programme_root / "public")
    store = Store(programme_root / ".weerslag")
    (blob,) = store.find(store.last_keys()["mastered 01-gesprek"]).outputs.values()
    store.path_of(blob.sha256).chmod(0o644)
    store.path_of(blob.sha256).write_bytes(b"x" * blob.size_bytes)

    findings = store.verify()
    store.discard(findings)
    built = build(programme_root)

    assert ["object-damaged"] == [finding.code for finding in findings]
    assert ["mastered 01-gesprek"] == done(built)
    assert before == everything(programme_root / "public")


def test_a_build_where_everything_is_kept_opens_no_heavy_library(programme_root):
    script = (
        "import sys; from pipeline.cli import weerslag; weerslag.main(['build', '--json'], standalone_mode=False); \
        print(' '.join(sorted(sys.modules)), file=sys.stderr)"
    )
    env = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    argv = [sys.executable, "-c", script]
    subprocess.run(argv, cwd=programme_root, env=env, check=True, capture_output=True)

    done = subprocess.run(argv, cwd=programme_root, env=env, check=True, capture_output=True, text=True)

    heavy = {"numpy", "scipy", "weasyprint", "mutagen", "pydub", "distributed"}
    assert set() == heavy & set(done.stderr.split())


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({"a": 1}, {"a": 1}, ""),
        ({"a": {"b": -16}}, {"a": {"b": -14}}, "a.b: -16 → -14"),
        ({"a": [1, 2]}, {"a": [1, 3]}, "a[1]: 2 → 3"),
        ({"a": [1]}, {"a": [1, 3]}, "a: [1] → [1, 3]"),
        ({"a": "f" * 64}, {"a": "e" * 64}, f"a: {'f' * 8} → {'e' * 8}"),
        ({"a": 1, "b": 2}, {"a": 1}, "b: 2 → none"),
    ],
)
def test_the_first_difference_is_told_in_a_line(old, new, told):
    assert told == first_difference(old, new)
