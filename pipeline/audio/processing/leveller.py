"""Brings speakers to one level: finds who speaks, and rides the gain between phrases; noise, breath and applause are never raised.

Nothing here needs the sound itself, only its powers each 10 ms (``loudness``) and where voices are (``survey``).
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.audio.analysis.voice_activity import Surveyed
from pipeline.audio.metering.block_biquad import Floats, Singles
from pipeline.audio.metering.hop_buffer import Truths, around, by_stretch, means, stretches, sums
from pipeline.audio.metering.loudness import HOP, integrated_lufs, lufs
from pipeline.audio.metering.sliding_window import closed, mean
from pipeline.audio.processing.gain_envelope import REACH, Ride, lowered, ride_of
from pipeline.media.ffmpeg import Block

MOST_DB = 12.0  # up or down

_ABOVE_DB = 6.0  # the floor: more than noise
_BELOW_DB = 30.0  # the whole: what is softer, nobody says into a microphone
_LONGEST, _LEAST = 250, 100  # hops of a part of a phrase
_QUIETEST = 11  # hops over which it is quiet where one is parted
_GAP = 25  # hops: a shorter one is none
_MOMENT = 40  # hops over which applause has a level
_SHORTEST = REACH  # hops: anything shorter is a knock
_STEADY = 16  # hops over which noise is itself
_OFTEN = 0.2  # of 600 ms: noise hits the pitch of a voice now and then
_NEAR_S, _ALIKE_DB = 12.0, 4.0  # phrases as near and as loud as that are taken for one speaker, whose stress is kept
_NEIGHBOURS = 40
_OTHERS = 0.04  # weight of any other phrase near by: one soft remark alone is not yet another speaker
_UNDER_DB = 20.0  # below the talk: as high as its noise may be raised
_CLAPS_DB, _CLAPS_UNDER_DB = (
    10.0,
    3.0,
)  # louder than the floor by that, it is applause or the like, and is kept below the talk
_AT_ONCE = 6000  # hops whose gains are worked out together
_WITHIN = np.arange(HOP, dtype=np.float32) / np.float32(HOP)  # how far a hop has come


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """A gain for each 10 ms, and what it is made of."""

    ride: Ride
    speech: Truths  # each 10 ms: somebody speaks
    floor_lufs: float  # of the noise between words; -inf: digital silence
    speech_lufs: float  # of all phrases, each as long as it lasts
    lowest_db: float = 0.0  # of the gains of phrases
    highest_db: float = 0.0
    applause_db: float = 0.0  # by how much the loudest other sound was turned down


def levels_of(energies: Singles, survey: Surveyed, *, reduced_db: float = 0.0) -> Levels | None:
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
    claps = _claps(energies, speech, floor)
    lower = [min(0.0, talk - _CLAPS_UNDER_DB - loudest) for _, loudest in claps]
    ride = lowered(ride_of(phrases, wanted, len(energies)), [span for span, _ in claps], lower)
    return Levels(
        ride=ride,
        speech=speech,
        floor_lufs=floor_lufs,
        speech_lufs=talk,
        lowest_db=float(wanted.min()),
        highest_db=float(wanted.max()),
        applause_db=min(lower, default=0.0),
    )


def levelled(blocks: Iterable[Block], ride: Ride, *, first: int = 0) -> Iterator[Block]:
    """``blocks``, which begin with sample ``first``, times its gains: one each 10 ms and straight lines between them."""
    at = first
    gains, begin = np.zeros(0, np.float32), 0
    for block in blocks:
        low, high = at // HOP, (at + len(block)) // HOP + 2
        if high > begin + len(gains):
            gains, begin = ride.factors(low, max(high, low + _AT_ONCE)), low
        near = gains[low - begin : high - begin]
        if float(np.ptp(near)) < 1e-9:
            yield block * np.float32(near[0])
        else:
            rising = near[:-1, np.newaxis] + np.diff(near)[:, np.newaxis] * _WITHIN
            gain = rising.ravel()[at - low * HOP :][: len(block)]
            yield block * gain[:, np.newaxis]
        at += len(block)


# ------------------------------------------------------------------------------------------------------- who speaks when


def _floor(energies: Singles) -> float:
    """Power of the noise between words: of the quietest 160 ms of each second, the quietest tenth; digital silence aside."""
    seconds: list[float] = []
    for part in stretches(len(energies)):
        near = around(energies, part, _STEADY, beyond="edge")
        smooth = sums(np.where(near > 1e-13, near, np.inf), _STEADY) / _STEADY
        seconds += [float(smooth[at : at + 100].min()) for at in range(0, len(smooth), 100)]
    heard = [power for power in seconds if np.isfinite(power)]
    return float(np.quantile(heard, 0.1)) if heard else 0.0


def _speech(energies: Singles, voiced: Truths, floor: float) -> Truths:
    """Where a voice is heard above the floor, with the consonants and short breaths around it."""
    count = len(energies)
    voice = np.repeat(voiced, 2)[:count]
    whole = integrated_lufs(energies)
    least = 10 ** (((whole if whole is not None else -70.0) - _BELOW_DB + 0.691) / 10)
    least = max(floor * 10 ** (_ABOVE_DB / 10), least)
    loud = by_stretch(count, lambda part: means(energies, part, 5, beyond="symmetric") > least)
    heard = np.pad(voice, (0, count - len(voice))) & loud
    often = by_stretch(count, lambda part: means(heard, part, 60, beyond="symmetric") > _OFTEN)
    return closed(_near(heard & often) & loud, _GAP)


def _near(truths: Truths) -> Truths:
    """What is true, and all within ``REACH`` of it."""
    return by_stretch(len(truths), lambda part: means(truths, part, 2 * REACH + 1, beyond="symmetric") > 0)


def _runs(truths: Truths) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], truths, [False]])))
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if last - first >= _SHORTEST:
            yield first, last


def _parted(energies: Singles, phrase: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Long phrases, parted where it is quietest: two may speak without a pause between them.

    No part is shorter than ``_LEAST``: the end of a sentence is soft, and is no other speaker.
    """
    first, last = phrase
    while last - first > _LONGEST + _LEAST:
        smooth = mean(energies[first : first + _LONGEST], _QUIETEST)
        at = first + _LEAST + int(smooth[_LEAST:].argmin())
        yield first, at
        first = at
    yield first, last


def _level(phrase: Singles) -> float:
    """Of a phrase: its louder hops, so that breaths inside it do not count."""
    energies = phrase.astype(np.float64)
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


def _claps(energies: Singles, speech: Truths, floor: float) -> list[tuple[tuple[int, int], float]]:
    """What is loud and no speech: from which hop up to which, and how loud its loudest 400 ms are."""
    quiet = ~_near(speech)
    least = max(floor * 10 ** (_CLAPS_DB / 10), 1e-9)
    smooth = functools.partial(means, energies, width=_MOMENT, beyond="edge")
    other = closed(by_stretch(len(energies), lambda part: quiet[part] & (smooth(part) > least)), _GAP)
    return [((first, last), _loudest(smooth, first, last)) for first, last in _runs(other)]


def _loudest(smooth: Callable[[slice], Floats], first: int, last: int) -> float:
    parts = (slice(first + part.start, first + part.stop) for part in stretches(last - first))
    return float(lufs(max(float(smooth(part).max()) for part in parts)))
