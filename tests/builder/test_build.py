"""Builds: which tasks run after an edit, and public/ is replaced atomically."""

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import lxml.html
from PIL import Image

from pipeline.builder.proofs import write_proof
from pipeline.builder.trees import WEB_MAGAZINE
from pipeline.cache import Cache
from pipeline.cache.maintenance import delete_damaged, verify_cache
from pipeline.pdf.reader import read_pdf

MERGED = [
    "merged magazine.pdf",
    "merged magazine-print.pdf",
    "imposed magazine-booklet.pdf",
    "checked magazine.pdf",
    "checked magazine-print.pdf",
]


def rendered(*names):
    """Each section for the screen, then each for the printer."""
    files = ("magazine.pdf", "magazine-print.pdf")
    return [f"rendered {file}: {name}" for file in files for name in names]


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def read_tree(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def list_steps(built):
    return [f"{step.kind} {step.subject}" for step in built.steps if step.kind != "up to date"]


def test_a_second_build_runs_no_task_and_changes_no_file(programme_root, build):
    before = read_tree(programme_root / "public")
    build(programme_root)  # the copy has other inodes than the original

    built = build(programme_root)

    assert [] == list_steps(built)
    assert not any(built.changes.values())
    assert before == read_tree(programme_root / "public")


def test_a_new_title_tags_again_and_does_not_encode(programme_root, build):
    edit(programme_root / "episodes/01-gesprek/episode.md", "Gesprek 1", "Gesprek voorop")

    steps = list_steps(build(programme_root))

    covers = ["drawn cover 01-gesprek-3000", "drawn cover 01-gesprek-1400"]
    expected = [
        *covers,
        "tagged 01-gesprek.mp3",
        "drawn share 01-gesprek",
        *rendered("event-een"),
        *MERGED,
    ]
    assert sorted(expected) == sorted(steps)


def test_a_new_event_theme_redraws_one_social_image_under_another_name(programme_root, build):
    pictures = {path for path in read_tree(programme_root / "public") if path.startswith("share/")}
    edit(programme_root / "programme.yaml", "Wie begint?", "Wie durft?")

    steps = list_steps(build(programme_root, targets=["site"]))

    after = {path for path in read_tree(programme_root / "public") if path.startswith("share/")}
    (gone,), (come,) = pictures - after, after - pictures
    assert ["drawn share event-een"] == steps
    assert ("event-een", "event-een") == tuple(Path(path).stem.rpartition("-")[0] for path in (gone, come))
    assert come.encode() in (programme_root / "public/events/een/index.html").read_bytes()


def test_social_images_do_not_show_held_back_episodes(programme_root, build):
    before = read_tree(programme_root / "public")
    edit(programme_root / "episodes/01-gesprek/episode.md", "published: 2024-06-21", "published: 2036-06-21")
    edit(programme_root / "episodes/02-gesprek/episode.md", "published: 2024-06-22", "published: 2036-06-22")
    build(programme_root, targets=["site"])
    silent = read_tree(programme_root / "public")

    names = {Path(path).stem.rpartition("-")[0] for path in silent if path.startswith("share/")}

    assert {"programme", "event-een"} == names
    assert not {path for path in silent if path.startswith("share/")} & set(before)


def test_a_new_word_in_a_reflection_renders_one_section_of_both_pdfs(programme_root, build):
    sounds = {path: content for path, content in read_tree(programme_root / "public").items() if "audio/" in path}
    printed = read_pdf(programme_root / "press/magazine/magazine-print.pdf")
    write_proof(programme_root, [page.digest for page in printed.pages])
    edit(programme_root / "magazine/reflections/een/tafel-1.md", "stilte", "lach")

    built = build(programme_root)

    assert sorted([*rendered("event-een-1"), *MERGED]) == sorted(list_steps(built))  # the booklet is made meanwhile
    page = (programme_root / "press/magazine/preflight.html").read_text()
    (other,) = re.findall(r'<li id="page-(\d+)" class="changed">', page)
    assert f'<p>Pagina <a href="#page-{other}">' in page
    assert (programme_root / "press/magazine/preflight-pages.jpg").read_bytes().startswith(b"\xff\xd8")
    after = read_tree(programme_root / "public")
    assert sounds == {path: content for path, content in after.items() if "audio/" in path}


def test_the_web_target_renders_the_web_magazine_and_keeps_its_pdfs(programme_root, build):
    build(programme_root)
    before = read_tree(programme_root / "public")
    edit(programme_root / "magazine/reflections/een/tafel-1.md", "stilte", "lach")

    built = build(programme_root, targets=("site", "feed", WEB_MAGAZINE))

    after = read_tree(programme_root / "public")
    changed = {path for path in before | after if before.get(path) != after.get(path)}
    assert [] == list_steps(built)
    assert "magazine/event-een/index.html" in changed
    assert b"lach" in after["magazine/event-een/index.html"]
    assert {".html", ".json"} == {Path(path).suffix for path in changed}  # the pages, and the index of the search


def test_a_new_word_in_the_show_notes_runs_no_task(programme_root, build):
    edit(programme_root / "episodes/01-gesprek/episode.md", "Een *proef*.", "Een *toets*.")

    built = build(programme_root)

    assert [] == list_steps(built)
    build(programme_root)
    assert b"toets" in (programme_root / "public/feed.xml").read_bytes()


def test_a_step_names_the_part_of_the_key_that_changed(programme_root, build):
    edit(programme_root / "programme.yaml", "{formats: [mp3]}", "{formats: [mp3], loudness_lufs: -18}")

    built = build(programme_root, dry_run=True)

    whys = {step.subject: step.why for step in built.steps if step.kind == "would"}
    assert "settings.target.loudness_lufs: -16.0 → -18.0" == whys["mastered 01-gesprek"]


def test_a_restored_setting_runs_no_task(programme_root, build):
    edit(programme_root / "programme.yaml", "title: Proefprogramma", "title: Anders")
    build(programme_root)
    edit(programme_root / "programme.yaml", "title: Anders", "title: Proefprogramma")

    assert [] == list_steps(build(programme_root))


def test_a_dry_run_changes_no_file(programme_root, build):
    build(programme_root)
    edit(programme_root / "magazine/reflections/een/tafel-1.md", "stilte", "lach")
    edit(programme_root / "magazine/magazine.yaml", "Gemaakt als proef.", "Gemaakt als tweede proef.")
    before = read_tree(programme_root / "public"), set(read_tree(programme_root / ".weerslag/objects"))

    built = build(programme_root, dry_run=True)

    assert {f"would {step}" for step in rendered("event-een-1", "colophon-4")} == set(list_steps(built))
    assert before == (read_tree(programme_root / "public"), set(read_tree(programme_root / ".weerslag/objects")))


def test_a_bad_recording_leaves_public_unchanged_and_other_episodes_are_built(programme_root, build):
    before = read_tree(programme_root / "public")
    (programme_root / "episodes/01-gesprek/recording/a.wav").write_text("no sound at all")
    edit(programme_root / "episodes/02-gesprek/episode.md", "Gesprek 2", "Gesprek daarna")

    built = build(programme_root)

    ((step, error),) = built.failures
    assert ("failed", "measured 01-gesprek") == (step.kind, step.subject)
    assert "a.wav" in str(error)
    assert "tagged 02-gesprek.mp3" in list_steps(built)
    assert before == read_tree(programme_root / "public")


def test_a_cut_after_the_end_stops_the_build(programme_root, build):
    before = read_tree(programme_root / "public")
    edit(
        programme_root / "episodes/01-gesprek/episode.md", "---\nEen", 'cuts: [{from: "00:30", to: "00:31"}]\n---\nEen'
    )

    ((step, error),) = build(programme_root).failures

    assert "cut 01-gesprek" == step.subject
    assert "episodes/01-gesprek/episode.md:11:15: a cut begins at 0:30, and the recording ends at 0:09" in str(error)
    assert before == read_tree(programme_root / "public")


def test_cuts_that_remove_everything_are_reported_with_their_line(programme_root, build):
    before = read_tree(programme_root / "public")
    head = programme_root / "episodes/01-gesprek/episode.md"
    edit(head, "---\nEen", 'cuts:\n  - {from: "00:05", to: "00:30"}\n  - {from: "00:00", to: "00:05"}\n---\nEen')

    ((step, error),) = build(programme_root).failures

    assert "cut 01-gesprek" == step.subject
    message = "episodes/01-gesprek/episode.md:13:12: the cuts remove the whole recording, which ends at 0:09"
    assert message in str(error)
    assert before == read_tree(programme_root / "public")


def test_a_mute_and_a_bleep_after_the_end_stop_the_build(programme_root, build):
    head = programme_root / "episodes/01-gesprek/episode.md"
    late = 'mutes: [{from: "00:30", to: "00:40"}]\nbleeps: [{from: "00:31", to: "00:32"}]\n'
    head.write_text(head.read_text().replace("---\nEen", f"{late}---\nEen"))

    failures = build(programme_root, targets=("episodes",)).failures

    assert [
        "episodes/01-gesprek/episode.md:11:16: a mute begins at 0:30, and the recording ends at 0:09: it has no effect",
        "episodes/01-gesprek/episode.md:12:17: a bleep begins at 0:31, and the recording ends at 0:09: it has no effect",
    ] == [str(error).splitlines()[0] for _, error in failures]


def test_a_chapter_after_the_end_is_a_defect(programme_root, build):
    edit(programme_root / "episodes/01-gesprek/episode.md", "00:04", "00:40")

    built = build(programme_root)

    assert [("01-gesprek", "chapter-beyond", 40.0)] == [
        (release.episode.slug, one.code, one.at_s) for release in built.releases for one in release.defects
    ]


def test_the_file_name_of_a_recording_may_be_any_bytes(programme_root, build):
    recording = os.fsencode(programme_root / "episodes/01-gesprek/recording")
    os.rename(recording + b"/a.wav", recording + b"/-\xff \n'%d.wav")  # noqa: PTH104  # no text can say this name

    assert () == build(programme_root).failures
    assert [] == list_steps(build(programme_root))


def test_a_build_of_one_target_keeps_the_other_files_of_a_copied_folder(programme_root, build):
    build(programme_root)
    before = read_tree(programme_root / "public")
    for file in (programme_root / "public").rglob("*.*"):
        os.utime(file)

    built = build(programme_root, targets=("feed",))

    assert (False, before) == (bool(built.changes["public"]), read_tree(programme_root / "public"))


def test_an_episode_without_a_recording_is_listed_and_not_held_back(programme_root, build):
    shutil.rmtree(programme_root / "episodes/02-gesprek/recording")

    built = build(programme_root, targets=("feed",), now=datetime(2024, 6, 21, 12, tzinfo=UTC))

    assert (("02-gesprek",), ()) == (built.without_recording, built.held_back)
    assert 1 == len(feedparser.parse((programme_root / "public/feed.xml").read_bytes()).entries)


def test_a_held_back_episode_is_built_and_not_published(programme_root, build):
    now = datetime(2024, 6, 21, 12, tzinfo=UTC)

    built = build(programme_root, now=now)

    files = read_tree(programme_root / "public")
    assert ["02-gesprek"] == [slug for slug, _ in built.held_back]
    assert [] == [path for path in files if "02-gesprek" in path]
    assert 1 == len(feedparser.parse(files["feed.xml"]).entries)
    assert [] == [path for path, content in files.items() if b"Gesprek 2" in content]


def test_a_recording_is_never_changed(sources, built_once):
    recordings = "episodes/*/recording/*"
    before = [(file.read_bytes(), file.stat().st_mtime_ns) for file in sorted(sources.glob(recordings))]

    assert before == [(file.read_bytes(), file.stat().st_mtime_ns) for file in sorted(built_once.glob(recordings))]


def test_other_episodes_are_released_without_one_that_has_no_recording(programme_root, build):
    shutil.rmtree(programme_root / "episodes/02-gesprek/recording")

    built = build(programme_root)

    files = read_tree(programme_root / "public")
    assert ("02-gesprek",) == built.without_recording
    assert 1 == len(feedparser.parse(files["feed.xml"]).entries)
    assert [path for path in files if path.startswith("cover-")]
    assert [] == [path for path in files if "02-gesprek" in path]


def test_the_home_page_shows_the_cover_in_its_own_size(built_once):
    public = built_once / "public"
    page = lxml.html.fromstring((public / "index.html").read_text(encoding="utf-8"))

    (shown,) = page.xpath("//*[@id='podcast']//img")

    with Image.open(public / shown.get("src")) as small:
        assert ((480, 480), "JPEG") == (small.size, small.format)
    assert ("480", "480") == (shown.get("width"), shown.get("height"))
    assert (public / shown.get("src")).stat().st_size < 80_000


def test_deleting_the_cache_changes_no_output(programme_root, build):
    before = read_tree(programme_root / "public"), read_tree(programme_root / "press")
    shutil.rmtree(programme_root / ".weerslag")

    build(programme_root, workers="processes:2")

    assert before == (read_tree(programme_root / "public"), read_tree(programme_root / "press"))


def test_outputs_do_not_depend_on_folder_workers_time_zone_or_umask(sources, built_once, build, tmp_path, monkeypatch):
    root = tmp_path / "elsewhere with a space"
    shutil.copytree(sources, root)
    for name, value in {"TZ": "Pacific/Chatham", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "7"}.items():
        monkeypatch.setenv(name, value)
    before = os.umask(0o077)
    try:
        build(root, workers="local")
    finally:
        os.umask(before)

    assert read_tree(built_once / "public") == read_tree(root / "public")
    assert read_tree(built_once / "press") == read_tree(root / "press")


def test_building_episodes_after_the_cache_was_lost_keeps_all_pages(programme_root, build):
    before = set(read_tree(programme_root / "public")), read_tree(programme_root / "press")
    shutil.rmtree(programme_root / ".weerslag")

    build(programme_root, targets=("episodes",))

    assert before == (set(read_tree(programme_root / "public")), read_tree(programme_root / "press"))


def test_building_the_feed_keeps_the_site(programme_root, build):
    build(programme_root)
    pages = {path: content for path, content in read_tree(programme_root / "public").items() if ".html" in path}
    edit(programme_root / "episodes/01-gesprek/episode.md", "Een *proef*.", "Een *toets*.")

    built = build(programme_root, targets=("feed",))

    after = read_tree(programme_root / "public")
    assert ("feed.xml",) == built.changes["public"].changed
    assert pages == {path: content for path, content in after.items() if ".html" in path}


def test_a_damaged_object_is_found_and_built_again(programme_root, build):
    before = read_tree(programme_root / "public")
    cache = Cache(programme_root / ".weerslag")
    (blob,) = cache.find_record(cache.load_last_keys()["mastered 01-gesprek"]).outputs.values()
    cache.get_object_path(blob.sha256).chmod(0o644)
    cache.get_object_path(blob.sha256).write_bytes(b"x" * blob.size_bytes)

    findings = verify_cache(cache)
    delete_damaged(cache, findings)
    built = build(programme_root)

    assert ["object-damaged"] == [finding.code for finding in findings]
    assert ["mastered 01-gesprek"] == list_steps(built)
    assert before == read_tree(programme_root / "public")


def test_a_build_that_is_up_to_date_imports_no_heavy_library(programme_root):
    script = (
        "import sys; from pipeline.cli import weerslag; weerslag.main(['build', '--json'], standalone_mode=False); \
        print(' '.join(sorted(sys.modules)), file=sys.stderr)"
    )
    env = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    argv = [sys.executable, "-c", script]
    subprocess.run(argv, cwd=programme_root, env=env, check=True, capture_output=True)

    completed = subprocess.run(argv, cwd=programme_root, env=env, check=True, capture_output=True, text=True)

    heavy = {"numpy", "scipy", "weasyprint", "pikepdf", "PIL", "mutagen", "pydub", "distributed"}
    assert set() == heavy & set(completed.stderr.split())
