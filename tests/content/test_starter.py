"""What `init` and `new` give builds at once: no fault in it, and guids as the specification computes them."""

import wave
from datetime import date

import pytest
import yaml

from pipeline.content import load_programme
from pipeline.content.scaffold import new_piece, podcast_guid, starter_files
from pipeline.errors import ContentError
from pipeline.model import Draft

DAY = date(2026, 3, 1)
GUID = "0b6a7b8e-52f9-4d3b-8d3a-111111111111"


def put(root, files):
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def started(root, title="Mijn programma"):
    put(root, starter_files(title=title, url="https://example.org/mijn/", guid=GUID, day=DAY))
    return load_programme(root)


@pytest.mark.parametrize(("feed", "guid"), [
    ("https://mp3s.nashownotes.com/pc20rss.xml", "917393e3-1b1e-5cef-ace4-edaa54e1f810"),
    ("https://podnews.net/rss", "9b024349-ccf0-5f69-a609-6b82873eab3c"),
    ("http://podnews.net/rss//", "9b024349-ccf0-5f69-a609-6b82873eab3c"),
])  # fmt: skip
def test_the_guid_of_a_podcast_is_the_one_of_the_specification(feed, guid):
    assert guid == podcast_guid(feed)


def test_a_starter_is_a_whole_programme(tmp_path):
    programme = started(tmp_path)

    assert podcast_guid("https://example.org/mijn/feed.xml") == programme.podcast.guid
    assert [("01-eerste-aflevering", GUID, 3)] == [
        (one.slug, one.guid, len(one.transcript)) for one in programme.episodes
    ]
    assert [("tafel-1", 1)] == [(one.slug, len(one.quotes)) for one in programme.reflections]
    assert ["cover", "contents", "article", "event", "quotes", "colophon"] == [
        one.kind for one in programme.magazine.flatplan
    ]
    assert "2026-02-23T06:00:00+01:00" == programme.episodes[0].published.isoformat()


def test_its_sound_is_twenty_seconds_that_are_plainly_a_test(tmp_path):
    programme = started(tmp_path)

    with wave.open(str(tmp_path / programme.episodes[0].recording[0])) as sound:
        assert (1, 2, 48_000, 20 * 48_000) == sound.getparams()[:4]
        assert any(sound.readframes(48_000))
    assert "geen opname" in programme.episodes[0].notes_md


def test_the_same_facts_give_the_same_bytes():
    facts = {"title": "A", "url": "https://example.org/", "guid": GUID, "day": DAY}

    assert starter_files(**facts) == starter_files(**facts)


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
def test_any_title_comes_back_as_it_went_in(tmp_path, title):
    expected = " ".join(title.replace("\x00", "").split())

    assert expected == started(tmp_path, title).title
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
def test_a_start_that_would_not_check_is_refused(title, url):
    with pytest.raises(ContentError):
        starter_files(title=title, url=url, guid=GUID, day=DAY)


def test_git_leaves_out_what_is_made_and_what_is_too_big():
    ignored = starter_files(title="A", url="https://example.org/", guid=GUID, day=DAY)[".gitignore"].decode()

    assert {".weerslag/", "/public/", "/press/", "episodes/*/recording/"} <= set(ignored.split("\n"))


def test_a_new_piece_is_in_order_at_once(tmp_path):
    programme = started(tmp_path)
    event = programme.events[0].id

    put(tmp_path, new_piece("episode", "02-verder", programme=programme, event=event, guid="new-guid", day=DAY))
    put(tmp_path, new_piece("reflection", "tafel-2", programme=programme, event=event, title="Tafel: 2", day=DAY))
    put(tmp_path, new_piece("story", "achteraf", programme=programme, day=DAY))

    after = load_programme(tmp_path)
    assert ("new-guid", 2, "Verder", event) == (
        after.episodes[1].guid,
        after.episodes[1].number,
        after.episodes[1].title,
        after.episodes[1].event,
    )
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
def test_a_new_piece_that_would_not_check_is_refused(tmp_path, kind, slug, event):
    programme = started(tmp_path)

    with pytest.raises(ContentError):
        new_piece(kind, slug, programme=programme, event=event, guid=GUID, day=DAY)
