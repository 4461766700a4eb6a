"""Times in an enclosure, compared with a recording that is written out millisecond by millisecond."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Cut, TimedJingle, Timeline

END_MS = 60
cuts = st.lists(st.tuples(st.integers(0, END_MS), st.integers(0, END_MS)).map(sorted), max_size=4).map(
    lambda pairs: tuple(Cut(from_ms=first, to_ms=last) for first, last in pairs)
)
timed_jingles = st.lists(st.tuples(st.integers(0, END_MS), st.integers(1, 9)), max_size=4).map(
    lambda pairs: tuple(TimedJingle(at_ms=at, length_ms=length) for at, length in pairs)
)
timelines = st.builds(Timeline, cuts=cuts, timed_jingles=timed_jingles, offset_ms=st.integers(0, 5))


def write_out(timeline):
    """For each millisecond of the enclosure, that of the recording; None in music."""
    enclosure = [None] * timeline.offset_ms
    for at_ms in range(END_MS + 1):
        enclosure += [None] * sum(one.length_ms for one in timeline.timed_jingles if one.at_ms == at_ms)
        if at_ms < END_MS and not any(cut.from_ms <= at_ms < cut.to_ms for cut in timeline.cuts):
            enclosure.append(at_ms)
    return enclosure


@given(timeline=timelines, at_ms=st.integers(0, END_MS))
def test_a_start_maps_after_a_jingle_and_an_end_before_it(timeline, at_ms):
    enclosure = write_out(timeline)

    begins = [place for place, one in enumerate(enclosure) if one is not None and one >= at_ms]
    ends = [place for place, one in enumerate(enclosure) if one is not None and one < at_ms]
    assert (begins[0] if begins else len(enclosure)) == timeline.map_ms(at_ms)
    assert (ends[-1] + 1 if ends else timeline.offset_ms) == timeline.map_end_ms(at_ms)


@given(timeline=timelines, span=st.tuples(st.integers(0, END_MS), st.integers(0, END_MS)).map(sorted))
def test_a_span_maps_to_its_longest_part_without_music(timeline, span):
    enclosure = write_out(timeline)
    inside = [one is not None and span[0] <= one < span[1] for one in enclosure]

    first, last = timeline.map_span_ms(*span)

    runs = "".join("x" if one else " " for one in inside).split()
    if not runs:
        assert first >= last
    else:
        assert all(inside[first:last])
        assert last - first >= max(map(len, runs)) / 2  # of three parts, one in the middle may be skipped
        assert len(runs) > 2 or last - first == max(map(len, runs))


@given(timeline=timelines)
def test_the_parts_cover_the_whole_cut_recording(timeline):
    enclosure = write_out(timeline)

    parts = timeline.split_at_jingles(END_MS)

    places = [
        place for part in parts for place in range(part.enclosure_ms, part.enclosure_ms + part.to_ms - part.from_ms)
    ]
    assert [place for place, one in enumerate(enclosure) if one is not None] == places


@pytest.mark.parametrize(
    ("at_s", "start_s", "end_s"),
    [(0, 5, 5), (9, 14, 14), (10, 18, 15), (11, 18, 15), (12, 18, 15), (13, 19, 19)],
)
def test_a_jingle_next_to_a_cut_replaces_the_cut(at_s, start_s, end_s):
    music = (TimedJingle(at_ms=12_000, length_ms=3000),)
    timeline = Timeline(cuts=(Cut(from_ms=10_000, to_ms=12_000),), offset_ms=5000, timed_jingles=music)

    assert (1000 * start_s, 1000 * end_s) == (timeline.map_ms(1000 * at_s), timeline.map_end_ms(1000 * at_s))
