import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.feed.chapters import format_chapter_lines, shift_chapters
from pipeline.model import Chapter, Cut, TimedJingle, Timeline
from tests.feed.samples import outputs, release

HOUR_MS = 3_600_000
times_ms = st.integers(0, HOUR_MS)
chapters_of_people = st.lists(times_ms, unique=True, max_size=8).map(
    lambda starts: tuple(Chapter(start_ms=start, title=f"{start}") for start in sorted(starts))
)
cuts_of_people = st.lists(st.tuples(times_ms, times_ms).map(sorted), max_size=5).map(
    lambda pairs: tuple(Cut(from_ms=start, to_ms=end) for start, end in pairs)
)


def chapters(**starts_s):
    return tuple(Chapter(start_ms=start * 1000, title=title) for title, start in starts_s.items())


def cut(from_s, to_s):
    return Cut(from_ms=from_s * 1000, to_ms=to_s * 1000)


def shift(given, *cuts, offset_s=0, jingles=(), duration_s=3600):
    timed_jingles = tuple(TimedJingle(at_ms=at * 1000, length_ms=length * 1000) for at, length in jingles)
    timeline = Timeline(cuts=cuts, offset_ms=offset_s * 1000, timed_jingles=timed_jingles)
    return shift_chapters(given, timeline=timeline, duration_ms=duration_s * 1000)


@pytest.mark.parametrize(
    ("cuts", "options", "expected"),
    [
        ([], {}, chapters(a=0, b=60, c=600)),
        ([cut(10, 12)], {}, chapters(a=0, b=58, c=598)),
        ([cut(50, 70)], {}, chapters(a=0, b=50, c=580)),
        ([cut(60, 600)], {}, chapters(a=0, c=60)),
        ([cut(0, 60)], {}, chapters(b=0, c=540)),
        ([cut(20, 40), cut(10, 30)], {}, chapters(a=0, b=30, c=570)),
        ([cut(30, 30), cut(700, 900)], {}, chapters(a=0, b=60, c=600)),
        ([], {"offset_s": 8}, chapters(a=0, b=68, c=608)),
        ([cut(0, 30)], {"offset_s": 8}, chapters(a=0, b=38, c=578)),
        ([], {"jingles": [(60, 4)]}, chapters(a=0, b=60, c=604)),
        ([], {"jingles": [(600, 9), (59, 4)], "offset_s": 8}, chapters(a=0, b=72, c=612)),
        ([cut(50, 60)], {"jingles": [(50, 4)]}, chapters(a=0, b=50, c=594)),
        ([cut(50, 70)], {"jingles": [(70, 4)]}, chapters(a=0, b=50, c=584)),
        ([], {"duration_s": 600}, chapters(a=0, b=60)),
        ([], {"duration_s": 601}, chapters(a=0, b=60, c=600)),
        ([], {"duration_s": 0}, ()),
    ],
)
def test_chapters_shift_with_cuts_intro_and_jingles(cuts, options, expected):
    assert expected == shift(chapters(a=0, b=60, c=600), *cuts, **options)


def test_after_an_intro_the_first_chapter_starts_at_0():
    assert chapters(a=0, b=70) == shift(chapters(a=5, b=60), offset_s=10)
    assert chapters(a=5, b=60) == shift(chapters(a=5, b=60))


@given(given=chapters_of_people, cuts=cuts_of_people, offset_ms=st.integers(0, 60_000), duration_ms=times_ms)
def test_shifted_chapters_ascend_inside_the_enclosure_in_the_same_order(given, cuts, offset_ms, duration_ms):
    found = shift_chapters(given, timeline=Timeline(cuts=tuple(cuts), offset_ms=offset_ms), duration_ms=duration_ms)

    starts = [chapter.start_ms for chapter in found]
    assert starts == sorted(set(starts))
    assert all(0 <= start < duration_ms for start in starts)
    assert [chapter.title for chapter in given if chapter in given and chapter.title in {it.title for it in found}] == [
        chapter.title for chapter in found
    ]
    assert not (found and offset_ms) or found[0].start_ms == 0


@given(given=chapters_of_people, cuts=cuts_of_people)
def test_chapters_shift_by_the_number_of_samples_removed_before_them(given, cuts):
    removed = {second for it in cuts for second in range(it.from_ms // 1000, it.to_ms // 1000)}  # in whole seconds
    rounded = tuple(Chapter(start_ms=it.start_ms // 1000 * 1000, title=it.title) for it in given)
    even = tuple(Cut(from_ms=it.from_ms // 1000 * 1000, to_ms=it.to_ms // 1000 * 1000) for it in cuts)

    found = {
        it.title: it.start_ms for it in shift_chapters(rounded, timeline=Timeline(cuts=even), duration_ms=HOUR_MS + 1)
    }

    for chapter in rounded:
        if chapter.title in found:
            remaining_s = sum(second not in removed for second in range(chapter.start_ms // 1000))
            assert remaining_s * 1000 == found[chapter.title]


@given(given=chapters_of_people)
def test_without_cuts_and_intro_chapters_do_not_shift(given):
    assert given == shift_chapters(given, timeline=Timeline(), duration_ms=HOUR_MS + 1)


def test_the_chapters_file_is_json_chapters_1_2():
    document = json.loads(outputs(release(1))["episodes/01-aflevering/chapters.json"])

    assert {
        "version": "1.2.0",
        "title": "Aflevering 1",
        "podcastName": "Ambtenaar van Nu",
        "chapters": [
            {"startTime": 0, "title": "Welkom"},
            {"startTime": 41, "title": "Het omgekeerde beleidsproces"},
            {"startTime": 1200, "title": "Vragen & antwoorden"},
        ],
    } == document


@pytest.mark.parametrize(
    ("given", "duration_s", "lines"),
    [
        (chapters(a=0, b=60, c=600), 900, ["(00:00) a", "(01:00) b", "(10:00) c"]),
        (chapters(a=0, b=60, c=3599), 3630, ["00:00:00 a", "00:01:00 b", "00:59:59 c"]),
        (chapters(a=0, b=60), 900, []),  # Apple and Spotify want three
        (chapters(a=1, b=60, c=600), 900, []),  # and the first at 0
        (
            chapters(a=0, b=60, c=600, d=620),
            900,
            ["(00:00) a", "(01:00) b", "(10:20) d"],
        ),  # Spotify requires half a minute
        (chapters(a=0, b=10, c=60, d=600), 900, ["(00:00) b", "(01:00) c", "(10:00) d"]),
        (chapters(a=0, b=60, c=600), 629, ["(00:00) a", "(01:00) b", "(10:00) c"]),  # Spotify takes none: all for Apple
        ((), 900, []),
    ],
)
def test_chapter_lines_follow_the_rules_of_apple_and_spotify(given, duration_s, lines):
    assert lines == list(format_chapter_lines(given, duration_ms=duration_s * 1000))


def test_a_long_title_is_truncated_for_spotify():
    given = tuple(
        Chapter(start_ms=n * 60_000, title="Een titel die veel en veel te lang is voor Spotify") for n in range(3)
    )

    lines = format_chapter_lines(given, duration_ms=600_000)

    assert ["(00:00) Een titel die veel en veel te lang is…"] == [line for line in lines if "(00:00)" in line]
    assert all(len(line.partition(" ")[2]) < 40 for line in lines)
