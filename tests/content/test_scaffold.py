"""The files of `init` and `new`: valid content, and guids as the specification computes them."""

import wave
from datetime import UTC, date, datetime

import pytest
import yaml

from pipeline.content import load_programme, read_outline
from pipeline.content.scaffold import build_item_files, build_starter_files, derive_podcast_guid
from pipeline.errors import ContentError
from pipeline.model import Draft

DAY = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, 12, 34, 56, tzinfo=UTC)
GUID = "0b6a7b8e-52f9-4d3b-8d3a-111111111111"


def write_files(root, files):
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def create_programme(root, title="Mijn programma"):
    write_files(root, build_starter_files(title=title, url="https://example.org/mijn/", guid=GUID, day=DAY))
    return load_programme(root)


@pytest.mark.parametrize(("feed", "guid"), [
    ("https://mp3s.nashownotes.com/pc20rss.xml", "917393e3-1b1e-5cef-ace4-edaa54e1f810"),
    ("https://podnews.net/rss", "9b024349-ccf0-5f69-a609-6b82873eab3c"),
    ("http://podnews.net/rss//", "9b024349-ccf0-5f69-a609-6b82873eab3c"),
])  # fmt: skip
def test_podcast_guid_matches_the_specification(feed, guid):
    assert guid == derive_podcast_guid(feed)


def test_starter_is_a_complete_programme(tmp_path):
    programme = create_programme(tmp_path)

    assert derive_podcast_guid("https://example.org/mijn/feed.xml") == programme.podcast.guid
    assert [("01-eerste-aflevering", GUID, 3)] == [
        (one.slug, one.guid, len(one.transcript)) for one in programme.episodes
    ]
    assert [("tafel-1", 1)] == [(one.slug, len(one.quotes)) for one in programme.reflections]
    assert ["cover", "contents", "article", "event", "quotes", "colophon"] == [
        one.kind for one in programme.magazine.flatplan
    ]
    assert "2026-02-23T06:00:00+01:00" == programme.episodes[0].published.isoformat()


def test_starter_recording_is_20_seconds_of_test_tones(tmp_path):
    programme = create_programme(tmp_path)

    with wave.open(str(tmp_path / programme.episodes[0].recording[0])) as sound:
        assert (1, 2, 48_000, 20 * 48_000) == sound.getparams()[:4]
        assert any(sound.readframes(48_000))
    assert "geen opname" in programme.episodes[0].notes_md


def test_same_arguments_produce_same_bytes():
    arguments = {"title": "A", "url": "https://example.org/", "guid": GUID, "day": DAY}

    assert build_starter_files(**arguments) == build_starter_files(**arguments)


@pytest.mark.parametrize(
    "title",
    [
        'Zeg "ja": #1',
        "no",
        "2024",
        "- lijst",
        "'s Avonds",
        "{x}",
        "a: b",
        "🎙️",
        "x" * 255,
        "null",
        "12:30",
        "Ja\x00 \n nee",
    ],
)
def test_any_title_survives_yaml(tmp_path, title):
    expected = " ".join(title.replace("\x00", "").split())

    assert expected == create_programme(tmp_path, title).title
    assert expected == str(yaml.safe_load((tmp_path / "programme.yaml").read_text("utf-8"))["title"])


@pytest.mark.parametrize(
    ("title", "url"),
    [
        ("", "https://example.org/"),
        ("x" * 256, "https://example.org/"),
        ("A", "http://example.org/"),
        ("A", "example.org"),
        ("A", "https://example.org"),
        ("A", "https://a b/"),
    ],
)
def test_starter_rejects_invalid_title_and_url(title, url):
    with pytest.raises(ContentError):
        build_starter_files(title=title, url=url, guid=GUID, day=DAY)


def test_git_ignores_outputs_and_recordings():
    ignored = build_starter_files(title="A", url="https://example.org/", guid=GUID, day=DAY)[".gitignore"].decode()

    assert {".weerslag/", "/public/", "/press/", "episodes/*/recording/"} <= set(ignored.split("\n"))


def test_new_items_are_valid(tmp_path):
    create_programme(tmp_path)
    outline = read_outline(tmp_path)
    event = outline.events[0]

    write_files(
        tmp_path, build_item_files("episode", "02-verder", outline=outline, event=event, guid="new-guid", now=NOW)
    )
    write_files(
        tmp_path, build_item_files("reflection", "tafel-2", outline=outline, event=event, title="Tafel: 2", now=NOW)
    )
    write_files(tmp_path, build_item_files("story", "achteraf", outline=outline, now=NOW))

    after = load_programme(tmp_path)
    assert ("new-guid", 2, "Verder", event) == (
        after.episodes[1].guid,
        after.episodes[1].number,
        after.episodes[1].title,
        after.episodes[1].event,
    )
    assert "2026-03-01T13:34:00+01:00" == after.episodes[1].published.isoformat()
    assert (Draft(slug="tafel-2", event=event),) == after.drafts
    assert ["achteraf", "vooraf"] == [story.slug for story in after.stories]


@pytest.mark.parametrize(
    ("kind", "slug", "event"),
    [
        ("episode", "Twee", ""),
        ("story", "../x", ""),
        ("reflection", "a", ""),
        ("reflection", "a", "nergens"),
        ("episode", "a", "nergens"),
    ],
)
def test_new_item_rejects_invalid_slug_and_event(tmp_path, kind, slug, event):
    create_programme(tmp_path)
    outline = read_outline(tmp_path)

    with pytest.raises(ContentError):
        build_item_files(kind, slug, outline=outline, event=event, guid=GUID, now=NOW)


def test_an_empty_programme_has_no_sample_texts_and_is_valid(tmp_path):
    files = build_starter_files(title="Leeg", url="https://example.org/leeg/", guid=GUID, day=DAY, empty=True)
    write_files(tmp_path, files)

    programme = load_programme(tmp_path)

    assert {".gitattributes", ".gitignore", "programme.yaml"} == set(files)
    assert ((), (), None) == (programme.events, programme.episodes, programme.magazine)


def test_a_new_event_and_its_case_are_valid(tmp_path):
    create_programme(tmp_path)
    before = (tmp_path / "programme.yaml").read_text()

    for kind, slug, event in (("event", "tweede", ""), ("case", "stoep", "tweede")):
        outline = read_outline(tmp_path)
        write_files(tmp_path, build_item_files(kind, slug, outline=outline, now=NOW, event=event, title="De stoep"))
    programme = load_programme(tmp_path)

    assert ["eerste-bijeenkomst", "tweede"] == [event.id for event in programme.events]
    assert ["De stoep"] == [case.title for case in programme.events[1].cases]
    assert (tmp_path / "programme.yaml").read_text().startswith(before)


def test_a_second_event_with_the_same_id_is_refused(tmp_path):
    create_programme(tmp_path)

    with pytest.raises(ContentError, match="there is an event"):
        build_item_files("event", "eerste-bijeenkomst", outline=read_outline(tmp_path), now=NOW)
