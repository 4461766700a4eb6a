"""Brings speakers to one level: finds who speaks, and rides the gain between phrases; noise, breath and applause are never raised.

Nothing here needs the sound itself, only its powers each 10 ms (``loudness``) and where voices are (``survey``).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_closing, minimum_filter1d, uniform_filter1d

from pipeline.audio.ffmpeg import Block
from pipeline.audio.loudness import HOP, integrated_lufs, lufs
from pipeline.audio.rows import Floats, Singles
from pipeline.audio.survey import Surveyed

MOST_DB = 12.0  # up or down

Truths = NDArray[np.bool_]

_ABOVE_DB = 6.0  # the floor: more than noise
_BELOW_DB = 30.0  # the whole: what is softer, nobody says into a microphone
_REACH = 15  # hops that a gain takes hold before a phrase, and keeps after it: beginnings and ends are soft
_LONGEST, _LEAST = 250, 100  # hops of a part of a phrase
_SHORTEST = 15  # hops: anything shorter is a knock
_NEAR_S, _ALIKE_DB = 12.0, 4.0  # phrases as near and as loud as that are taken for one speaker, whose stress is kept
_NEIGHBOURS = 40
_OTHERS = 0.04  # weight of any other phrase near by: one soft remark alone is not yet another speaker
_UNDER_DB = 20.0  # below the talk: as high as its noise may be raised
_CLAPS_DB, _CLAPS_UNDER_DB = (
    10.0,
    3.0,
)  # louder than the floor by that, it is applause or the like, and is kept below the talk
_SETTLE = 31  # hops that a change takes, as a raised cosine


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """A gain for each 10 ms, in dB, and what it is made of."""

    gains_db: Singles
    gains: Singles  # the same as factors: made once, for they are as long as the talk
    speech: Truths  # each 10 ms: somebody speaks
    floor_lufs: float  # of the noise between words; -inf: digital silence
    speech_lufs: float  # of all phrases, each as long as it lasts
    lowest_db: float = 0.0  # of the gains of phrases
    highest_db: float = 0.0
    applause_db: float = 0.0  # by how much the loudest other sound was turned down


def levels_of(energies: Floats, survey: Surveyed, *, reduced_db: float = 0.0) -> Levels | None:
    """How to bring the speakers of a talk to one level; ``None``: nobody speaks.

    Args:
        energies: mean square of the K-weighted talk in hops of 10 ms.
        survey: what was heard in the same talk.
        reduced_db: by how much its noise can be turned down first.
    """
    floor = _floor(energies)
    speech = _speech(energies, survey.voiced, floor)
    phrases = [part for phrase in _runs(speech) for part in _parted(energies, phrase)]
    if not phrases:
        return None
    levels = np.array([_level(energies[first:last]) for first, last in phrases])
    lengths = np.array([last - first for first, last in phrases], np.float64)
    middles = np.array([(first + last) / 200 for first, last in phrases])
    speakers = _speakers(levels, lengths, middles)
    talk = float((speakers * lengths).sum() / lengths.sum())
    floor_lufs = float(lufs(floor)) if floor > 0 else -np.inf
    most = min(MOST_DB, max(0.0, talk - _UNDER_DB - floor_lufs + reduced_db))
    wanted = np.clip(talk - speakers, -MOST_DB, most)
    held = _held(phrases, wanted, len(energies))
    claps = _turned_down(energies, speech, held, floor=floor, talk=talk)
    gains_db = _settled(held).astype(np.float32)
    return Levels(
        gains_db=gains_db,
        gains=np.power(np.float32(10), gains_db / np.float32(20)),
        speech=speech,
        floor_lufs=floor_lufs,
        speech_lufs=talk,
        lowest_db=float(wanted.min()),
        highest_db=float(wanted.max()),
        applause_db=claps,
    )


def levelled(blocks: Iterable[Block], gains: Floats | Singles, *, first: int = 0) -> Iterator[Block]:
    """``blocks``, which begin with sample ``first``, times those gains: one each 10 ms and straight lines between them."""
    at = first
    for block in blocks:
        low, high = at // HOP, (at + len(block)) // HOP + 2
        near = gains[np.minimum(np.arange(low, high), len(gains) - 1)]
        if float(np.ptp(near)) < 1e-9:
            yield block * np.float32(near[0])
        else:
            rising = near[:-1, np.newaxis] + np.diff(near)[:, np.newaxis] * (np.arange(HOP) / HOP)
            gain = rising.astype(np.float32).ravel()[at - low * HOP :][: len(block)]
            yield block * gain[:, np.newaxis]
        at += len(block)


# ------------------------------------------------------------------------------------------------------- who speaks when


def _floor(energies: Floats) -> float:
    """Power of the noise between words: of the quietest 160 ms of each second, the quietest tenth; digital silence aside."""
    smooth = uniform_filter1d(np.where(energies > 1e-13, energies, np.inf), 16, mode="nearest")
    seconds = [smooth[at : at + 100].min() for at in range(0, len(smooth), 100)]
    heard = [power for power in seconds if np.isfinite(power)]
    return float(np.quantile(heard, 0.1)) if heard else 0.0


def _speech(energies: Floats, voiced: Truths, floor: float) -> Truths:
    """Where a voice is heard above the floor, with the consonants and short breaths around it."""
    voice = np.repeat(voiced, 2)[: len(energies)]
    voice = np.pad(voice, (0, len(energies) - len(voice)))
    whole = integrated_lufs(energies)
    least = 10 ** (((whole if whole is not None else -70.0) - _BELOW_DB + 0.691) / 10)
    loud = uniform_filter1d(energies, 5) > max(floor * 10 ** (_ABOVE_DB / 10), least)
    sure = voice & loud
    sure &= uniform_filter1d(sure.astype(np.float64), 60) > 0.2  # noise hits the pitch of a voice now and then
    near = uniform_filter1d(sure.astype(np.float64), 2 * _REACH + 1) > 1e-9
    return np.asarray(binary_closing(near & loud, np.ones(25, bool)))


def _runs(truths: Truths) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], truths, [False]])))
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if last - first >= _SHORTEST:
            yield first, last


def _parted(energies: Floats, phrase: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Long phrases, parted where it is quietest: two may speak without a pause between them.

    No part is shorter than ``_LEAST``: the end of a sentence is soft, and is no other speaker.
    """
    first, last = phrase
    while last - first > _LONGEST + _LEAST:
        smooth = uniform_filter1d(energies[first : first + _LONGEST], 11)
        at = first + _LEAST + int(smooth[_LEAST:].argmin())
        yield first, at
        first = at
    yield first, last


def _level(energies: Floats) -> float:
    """Of a phrase: its louder hops, so that breaths inside it do not count."""
    return float(lufs(energies[energies >= energies.mean() / 10].mean()))


def _speakers(levels: Floats, lengths: Floats, middles: Floats) -> Floats:
    """For each phrase the level of whoever says it: of the phrases around it that are about as loud."""
    result = levels.copy()
    for _ in range(2):
        total, weights = np.zeros(len(levels)), np.zeros(len(levels))
        for step in range(-_NEIGHBOURS, _NEIGHBOURS + 1):
            ours = slice(max(0, -step), len(levels) - max(0, step))
            theirs = slice(max(0, step), len(levels) - max(0, -step))
            if ours.start >= ours.stop:
                continue
            near = np.exp(-np.abs(middles[theirs] - middles[ours]) / _NEAR_S)
            alike = np.maximum(np.exp(-(((levels[theirs] - result[ours]) / _ALIKE_DB) ** 2) / 2), _OTHERS)
            weight = lengths[theirs] * near * alike
            total[ours] += weight * levels[theirs]
            weights[ours] += weight
        result = total / np.maximum(weights, 1e-30)
    return result


# ------------------------------------------------------------------------------------------------------------- the gains


def _held(phrases: Sequence[tuple[int, int]], wanted: Floats, count: int) -> Floats:
    """The gain of each phrase a little before and after it; between two, the lower of both: pauses are never raised."""
    held = np.full(count, np.inf)
    for (first, last), gain in zip(phrases, wanted, strict=True):
        near = slice(max(0, first - _REACH), last + _REACH)
        held[near] = np.minimum(held[near], gain)
    for (first, last), gain in zip(phrases, wanted, strict=True):
        held[first:last] = gain
    free = np.isinf(held)
    places = np.arange(count, dtype=np.int32)
    before = np.maximum.accumulate(np.where(free, np.int32(-1), places))
    after = np.minimum.accumulate(np.where(free, np.int32(count), places)[::-1])[::-1]
    padded = np.append(
        held, 0.0
    )  # both -1 and `count` lie outside: before the first word and after the last, nothing is raised
    held[free] = np.minimum(padded[before[free]], padded[after[free]])
    return held


def _turned_down(energies: Floats, speech: Truths, held: Floats, *, floor: float, talk: float) -> float:
    """Keep what is loud and no speech below the talk, and tell by how much that turned the loudest of it down."""
    near = uniform_filter1d(speech.astype(np.float64), 2 * _REACH + 1) > 1e-9
    most = 0.0
    smooth = uniform_filter1d(energies, 40, mode="nearest")
    other = np.asarray(binary_closing(~near & (smooth > max(floor * 10 ** (_CLAPS_DB / 10), 1e-9)), np.ones(25, bool)))
    for first, last in _runs(other):
        loudest = float(lufs(smooth[first:last].max()))
        lowered = min(0.0, talk - _CLAPS_UNDER_DB - loudest)
        held[first:last] = np.minimum(held[first:last], lowered)
        most = min(most, lowered)
    return most


def _settled(held: Floats) -> Floats:
    """Changes as raised cosines; the lowest gain around comes first, so that nothing is raised before its time."""
    shape = np.hanning(_SETTLE + 2)[1:-1]
    padded = np.pad(minimum_filter1d(held, 5, mode="nearest"), _SETTLE // 2, mode="edge")
    return np.asarray(np.convolve(padded, shape / shape.sum(), mode="valid"))
