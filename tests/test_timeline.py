"""Two clocks, against a recording laid out millisecond by millisecond: what is cut is gone, and jingles stand between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Clock, Cut, Interlude

END_MS = 60
cuts = st.lists(st.tuples(st.integers(0, END_MS), st.integers(0, END_MS)).map(sorted), max_size=4).map(
    lambda pairs: tuple(Cut(from_ms=first, to_ms=last) for first, last in pairs)
)
interludes = st.lists(st.tuples(st.integers(0, END_MS), st.integers(1, 9)), max_size=4).map(
    lambda pairs: tuple(Interlude(at_ms=at, length_ms=length) for at, length in pairs)
)
clocks = st.builds(Clock, cuts=cuts, interludes=interludes, offset_ms=st.integers(0, 5))


def laid_out(clock):
    """What is heard in each millisecond: the one of the recording, or nothing of it."""
    heard = [None] * clock.offset_ms
    for at_ms in range(END_MS + 1):
        heard += [None] * sum(one.length_ms for one in clock.interludes if one.at_ms == at_ms)
        if at_ms < END_MS and not any(cut.from_ms <= at_ms < cut.to_ms for cut in clock.cuts):
            heard.append(at_ms)
    return heard


@given(clock=clocks, at_ms=st.integers(0, END_MS))
def test_what_begins_somewhere_is_heard_behind_the_jingle_there_and_what_ends_before_it(clock, at_ms):
    heard = laid_out(clock)

    begins = [place for place, one in enumerate(heard) if one is not None and one >= at_ms]
    ends = [place for place, one in enumerate(heard) if one is not None and one < at_ms]
    assert (begins[0] if begins else len(heard)) == clock.heard_ms(at_ms)
    assert (ends[-1] + 1 if ends else clock.offset_ms) == clock.ended_ms(at_ms)


@given(clock=clocks, span=st.tuples(st.integers(0, END_MS), st.integers(0, END_MS)).map(sorted))
def test_a_span_is_the_longest_that_is_heard_without_music(clock, span):
    heard = laid_out(clock)
    inside = [one is not None and span[0] <= one < span[1] for one in heard]

    first, last = clock.span_ms(*span)

    runs = "".join("x" if one else " " for one in inside).split()
    if not runs:
        assert first >= last
    else:
        assert all(inside[first:last])
        assert last - first >= max(map(len, runs)) / 2  # of three, one in the midst may be left
        assert len(runs) > 2 or last - first == max(map(len, runs))


@given(clock=clocks)
def test_the_parts_are_all_that_is_heard_of_a_recording(clock):
    heard = laid_out(clock)

    parts = clock.parts_ms(END_MS)

    places = [place for part in parts for place in range(part.heard_ms, part.heard_ms + part.to_ms - part.from_ms)]
    assert [place for place, one in enumerate(heard) if one is not None] == places


@pytest.mark.parametrize(
    ("at_s", "heard_s", "ended_s"),
    [(0, 5, 5), (9, 14, 14), (10, 18, 15), (11, 18, 15), (12, 18, 15), (13, 19, 19)],
)
def test_a_jingle_beside_a_cut_stands_where_the_cut_was(at_s, heard_s, ended_s):
    music = (Interlude(at_ms=12_000, length_ms=3000),)
    clock = Clock(cuts=(Cut(from_ms=10_000, to_ms=12_000),), offset_ms=5000, interludes=music)

    assert (1000 * heard_s, 1000 * ended_s) == (clock.heard_ms(1000 * at_s), clock.ended_ms(1000 * at_s))
