"""Recognises by sound which files are tracks of one talk.

Names help where sound cannot judge, and where they say `deel 1` and `deel 2`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from pipeline.audio.parallel import map_parallel
from pipeline.audio.tracks.coarse_lag import LagHit, find_lags
from pipeline.audio.tracks.features import TrackSignal
from pipeline.audio.tracks.file_alignment import are_on_line, choose_chunks, select_hits
from pipeline.audio.tracks.track_names import are_named_as_tracks, are_numbered_parts

_MIN_HITS = 3
_MIN_SHARE = 0.1  # of the chunks in the implied overlap
_MIN_SPAN = 0.35  # of that overlap, or it is a jingle
_LARGE_SHARE = 0.6  # of those chunks; then lags may change often
_DOUBTFUL_RATIO = 2.0
_VERIFIED_CHUNKS = 12
_VERIFIED_SHARE = 0.5
_RIGID_S = 0.060
_EDGE_S = 6.0
_SURE_RATIO = 2.5
_MIN_OVERLAP_S = 20.0  # less in common is no proof


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRelation:
    """Whether two files recorded the same talk, and the lags of chunks of the shorter one."""

    shorter: int
    longer: int
    verdict: str  # same | other | doubtful
    hits: tuple[LagHit, ...] = ()
    overlap_s: float = 0.0
    is_rigid: bool = False  # tracks of one recorder, which began and ended together

    @property
    def strength(self) -> float:
        """How well they correlate, over how long."""
        ratios = [hit.ratio for hit in self.hits]
        return self.overlap_s * sum(ratios) / len(ratios) if ratios else 0.0


def relate_files(signals: Sequence[TrackSignal], *, is_take: bool, workers: int | None = None) -> list[FileRelation]:
    """Compare all pairs of files.

    Args:
        signals: The files.
        is_take: A person says that they are tracks, whatever their names say.
        workers: Number of workers; the number of cores by default.
    """
    pairs = list(combinations(range(len(signals)), 2))
    return list(map_parallel(lambda pair: _relate(signals, *pair, is_take=is_take), pairs, workers=workers))


def _relate(signals: Sequence[TrackSignal], one: int, other: int, *, is_take: bool) -> FileRelation:
    shorter, longer = sorted((one, other), key=lambda number: (signals[number].duration_s, number))
    signal, reference = signals[shorter], signals[longer]
    if signal.source.file == reference.source.file:
        return FileRelation(shorter=shorter, longer=longer, verdict="same", overlap_s=signal.duration_s, is_rigid=True)
    names = [Path(one.source.part.path).name for one in (signal, reference)]
    if not is_take and are_numbered_parts(*names):
        return FileRelation(shorter=shorter, longer=longer, verdict="other")
    verdict, hits = _judge(signal, reference)
    is_rigid = signal.duration_s == reference.duration_s and (
        (verdict == "same" and all(abs(hit.lag_s) < _RIGID_S for hit in hits)) or are_named_as_tracks(*names)
    )
    return FileRelation(
        shorter=shorter,
        longer=longer,
        verdict="same" if is_rigid else verdict,
        hits=tuple(hits),
        overlap_s=signal.duration_s if is_rigid else _measure_overlap(signal, reference, hits),
        is_rigid=is_rigid,
    )


def _judge(signal: TrackSignal, reference: TrackSignal) -> tuple[str, list[LagHit]]:
    """Judge two files by the lags of chunks of the shorter one; return the lags that count, too."""
    if signal.duration_s < _EDGE_S:
        return "other", []
    chunks = choose_chunks(signal.duration_s)
    hits = find_lags(signal, chunks, reference)
    selected = select_hits(hits)
    if not selected and signal.duration_s > 4 * _EDGE_S:  # one may begin shortly before the other ends
        starts = (0.0, _EDGE_S, signal.duration_s - 2 * _EDGE_S, signal.duration_s - _EDGE_S)
        edges = [(start, start + _EDGE_S) for start in starts]
        selected = [hit for hit in find_lags(signal, edges, reference) if hit.ratio >= _SURE_RATIO]
    if not selected:
        return "other", []
    start_s, end_s = _find_overlap(signal, reference, selected)
    inside = [hit for hit in hits if start_s <= hit.at_s <= end_s]
    chunk_s = chunks[0][1] - chunks[0][0]
    enough = len(selected) >= max(_MIN_HITS, _MIN_SHARE * len(inside))
    is_long = _measure_lines(selected, chunk_s) >= _MIN_SPAN * (end_s - start_s - chunk_s)
    if enough and (is_long or len(selected) >= _LARGE_SHARE * len(inside)):
        return "same" if end_s - start_s >= _MIN_OVERLAP_S else "doubtful", selected
    strongest = max(selected, key=lambda hit: hit.ratio)
    return _verify(signal, reference, strongest) if strongest.ratio >= _DOUBTFUL_RATIO else ("other", [])


def _measure_lines(hits: Sequence[LagHit], chunk_s: float) -> float:
    """Measure how long the lag stays the same; a jingle or a repeated sentence fits into one chunk."""
    total_s, start = 0.0, 0
    for number in range(1, len(hits) + 1):
        if number == len(hits) or not are_on_line(hits[number - 1], hits[number]):
            total_s += max(0.0, hits[number - 1].at_s - hits[start].at_s - chunk_s)
            start = number
    return total_s


def _verify(signal: TrackSignal, reference: TrackSignal, hit: LagHit) -> tuple[str, list[LagHit]]:
    """Look closer at what two files have in common if one chunk is right: all of it, or a jingle."""
    start_s, end_s = _find_overlap(signal, reference, [hit])
    if end_s - start_s < _MIN_OVERLAP_S:
        return "doubtful", [hit]
    chunks = choose_chunks(end_s - start_s, count=_VERIFIED_CHUNKS)
    found = find_lags(signal, [(start_s + first, start_s + last) for first, last in chunks], reference)
    agreeing = [one for one in found if are_on_line(one, hit)]
    if len(agreeing) >= max(_MIN_HITS, _VERIFIED_SHARE * len(found)):
        return "same", agreeing
    return "other", []


def _find_overlap(signal: TrackSignal, reference: TrackSignal, hits: Sequence[LagHit]) -> tuple[float, float]:
    """Return start and end of what two files have in common, in seconds of ``signal``."""
    return max(0.0, -hits[0].lag_s), min(signal.duration_s, reference.duration_s - hits[-1].lag_s)


def _measure_overlap(signal: TrackSignal, reference: TrackSignal, hits: Sequence[LagHit]) -> float:
    if not hits:
        return 0.0
    start_s, end_s = _find_overlap(signal, reference, hits)
    return end_s - start_s


def collect_groups(numbers: Sequence[int], links: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Collect numbers that are linked, directly or through others.

    Returns:
        Groups in the order of their first numbers; each is ascending.
    """
    groups = [[number] for number in numbers]
    for link in links:
        one, other = (next(group for group in groups if number in group) for number in link)
        if one is not other:
            groups.remove(other)
            one += other
    return sorted(sorted(group) for group in groups)
