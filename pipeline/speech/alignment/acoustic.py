"""Aligns sentences with a recording by comparing it with synthetic speech: no model is needed.

Pauses guide the path: in the text there is one between sentences, and each pause of the recording
is shortened to the same length.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.media.samples import BoolArray, Float32Array
from pipeline.speech.alignment.cepstra import (
    HOPS_PER_S,
    Cepstra,
    compute_block,
    compute_cepstra,
    find_pauses,
    get_overlap,
)
from pipeline.speech.alignment.synthesis import synthesise_texts
from pipeline.speech.alignment.time_warping import IntArray, WarpingPath, warp
from pipeline.speech.sound_file import SpeechSoundFile
from pipeline.speech.tasks import RATE_HZ

_PAUSE_HOPS = 50
_COARSE_HOPS, _FINE_HOPS = 8, 2  # of one vector
_MAX_COARSE_HOPS = 3600 * HOPS_PER_S  # a longer recording has longer coarse vectors: memory stays the same
_PAUSE_WEIGHT = 0.3
_BAND_S, _FINE_BAND_S = 400.0, 6.0  # around the diagonal, and around the coarse path
_BATCH = 64  # sentences that are synthesised before their sound is forgotten
_MAX_SNAP_S = 0.6
_ONSET_S = 0.015  # sound is noticed when it fills half a window
_SKIP_COST = 0.8  # between the distances of sounds that match (0.7) and that do not (0.9)
_MIN_S = 0.1
_BLOCK_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceTime:
    """When a sentence is spoken."""

    start_s: float
    end_s: float
    skipped: float  # share of its sound that is not in the recording


@dataclass(frozen=True, slots=True, kw_only=True)
class AcousticAlignment:
    """Times of sentences, and whether the text is that of the recording."""

    times: tuple[SentenceTime, ...]
    match: float  # by how much the text fits better than the same sentences in another order; 0: not at all


def align_by_sound(texts: Sequence[str], sound: SpeechSoundFile, *, language: str, threads: int) -> AcousticAlignment:
    """Align sentences that are spoken one after the other.

    Args:
        texts: All that is said, in order.
        sound: The recording.
        language: ISO 639-1.
        threads: For the synthesis.

    Raises:
        DependencyError: espeak-ng is not installed.
        WeerslagError: It has no voice for the language.
    """
    spoken = _read_cepstra(sound)
    sequence = _SoundSequence.build(spoken, _shorten_pauses(spoken.is_sound))
    synthetic = list(_synthesise_cepstra(texts, language=language, threads=threads))
    text, bounds = _join_sentences(synthetic)
    reordered, _ = _join_sentences(synthetic[::-1])
    hops = _COARSE_HOPS * max(1, -(-max(len(text.hops), len(sequence.hops)) // _MAX_COARSE_HOPS))
    coarse = _warp_coarsely(text, sequence, hops)
    other = _warp_coarsely(reordered, sequence, hops)
    fine = _warp_finely(text, sequence, coarse, hops)
    return AcousticAlignment(
        times=tuple(_locate(pair, text, sequence, fine, spoken.is_sound) for pair in bounds),
        match=round(1 - coarse.mean_distance / max(other.mean_distance, 1e-6), 4),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _SoundSequence:
    """Cepstra without most of the pauses."""

    values: Float32Array
    is_sound: BoolArray
    hops: IntArray  # where each was in the sound

    @classmethod
    def build(cls, cepstra: Cepstra, hops: IntArray) -> "_SoundSequence":
        """Take the hops of a sound, normalised over all that are not pauses."""
        values, is_sound = cepstra.values[hops].copy(), cepstra.is_sound[hops]
        if is_sound.any():
            values -= values[is_sound].mean(axis=0)
            values /= values[is_sound].std(axis=0) + 1e-6
        values[~is_sound] = 0
        return cls(values=values, is_sound=is_sound, hops=hops)

    def build_vectors(self, hops: int) -> Float32Array:
        """Build vectors of length 1 from ``hops`` each: cepstra, their slope, and whether there is a pause."""
        values = _pool(self.values, hops)
        padded = np.pad(values, ((1, 1), (0, 0)), "edge")
        joined = np.hstack([values, (padded[2:] - padded[:-2]) / 2])
        joined /= np.linalg.norm(joined, axis=1, keepdims=True) + 0.5
        pauses = _pool(np.where(self.is_sound, 1.0, -1.0).astype(np.float32)[:, None], hops)
        vectors = np.hstack([joined, np.float32(_PAUSE_WEIGHT) * pauses])
        return np.asarray(vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9), np.float32)


def _pool(values: Float32Array, hops: int) -> Float32Array:
    padded = np.pad(values, ((0, -len(values) % hops), (0, 0)), "edge")
    return np.asarray(padded.reshape(-1, hops, values.shape[1]).mean(axis=1), np.float32)


def _synthesise_cepstra(texts: Sequence[str], *, language: str, threads: int) -> Iterator[Cepstra]:
    for first in range(0, len(texts), _BATCH):
        for one in synthesise_texts(texts[first : first + _BATCH], language=language, threads=threads):
            yield compute_cepstra(one.samples, sample_rate_hz=one.sample_rate_hz)


def _read_cepstra(sound: SpeechSoundFile) -> Cepstra:
    """Read a recording in blocks: only its cepstra are in memory."""
    step, overlap = _BLOCK_S * RATE_HZ, get_overlap(RATE_HZ)
    blocks = [
        compute_block(sound.read_range(first, first + step + overlap), sample_rate_hz=RATE_HZ)
        for first in range(0, max(1, sound.samples), step)
    ]
    return find_pauses(np.concatenate([one for one, _ in blocks]), np.concatenate([one for _, one in blocks]))


def _shorten_pauses(is_sound: BoolArray) -> IntArray:
    """Return the hops that remain if each pause keeps only its last half second."""
    number = np.arange(len(is_sound))
    next_sound = np.minimum.accumulate(np.where(is_sound, number, len(is_sound))[::-1])[::-1]
    return np.flatnonzero(next_sound - number <= _PAUSE_HOPS)


def _join_sentences(synthetic: Sequence[Cepstra]) -> tuple[_SoundSequence, list[tuple[int, int]]]:
    """Join sentences with a pause before each; return where each begins and ends."""
    silence = Cepstra(
        values=np.zeros((_PAUSE_HOPS, synthetic[0].values.shape[1]), np.float32), is_sound=np.zeros(_PAUSE_HOPS, bool)
    )
    values, is_sound, bounds, length = list[Float32Array](), list[BoolArray](), list[tuple[int, int]](), 0
    for one in synthetic:
        hops = np.flatnonzero(one.is_sound)
        part = slice(int(hops[0]), int(hops[-1]) + 1) if len(hops) else slice(0, 0)
        kept = _shorten_pauses(one.is_sound[part])
        values += [silence.values, one.values[part][kept]]
        is_sound += [silence.is_sound, one.is_sound[part][kept]]
        bounds.append((length + _PAUSE_HOPS, length + _PAUSE_HOPS + len(kept)))
        length = bounds[-1][1]
    joined = Cepstra(values=np.concatenate(values), is_sound=np.concatenate(is_sound))
    return _SoundSequence.build(joined, np.arange(length)), bounds


def _warp_coarsely(text: _SoundSequence, sequence: _SoundSequence, hops: int) -> WarpingPath:
    ours, theirs = text.build_vectors(hops), sequence.build_vectors(hops)
    centres = np.linspace(0, len(theirs), len(ours), dtype=np.float32)
    band = round(_BAND_S * HOPS_PER_S / _COARSE_HOPS)
    return warp(ours, theirs, centres=centres, band=band, skip_cost=_SKIP_COST)


def _warp_finely(text: _SoundSequence, sequence: _SoundSequence, coarse: WarpingPath, hops: int) -> WarpingPath:
    ours, theirs = text.build_vectors(_FINE_HOPS), sequence.build_vectors(_FINE_HOPS)
    ratio = hops / _FINE_HOPS
    places = (np.arange(len(coarse.indices)) + 0.5) * ratio
    centres = np.interp(np.arange(len(ours)), places, (coarse.indices + 0.5) * ratio).astype(np.float32)
    band = round(_FINE_BAND_S * HOPS_PER_S / _FINE_HOPS)
    return warp(ours, theirs, centres=centres, band=band, skip_cost=_SKIP_COST)


def _locate(
    bounds: tuple[int, int], text: _SoundSequence, sequence: _SoundSequence, path: WarpingPath, is_sound: BoolArray
) -> SentenceTime:
    first, last = bounds[0] // _FINE_HOPS, max(bounds[0] // _FINE_HOPS + 1, bounds[1] // _FINE_HOPS)
    columns = np.minimum(path.indices[[first, min(last, len(path.indices)) - 1]] * _FINE_HOPS, len(sequence.hops) - 1)
    start_s, end_s = _snap_start(int(sequence.hops[columns[0]]), is_sound), sequence.hops[columns[1]] / HOPS_PER_S
    rows = np.arange(first, min(last, len(path.indices)))
    rows = rows[text.is_sound[rows * _FINE_HOPS]] if len(rows) else rows
    skipped = float(path.is_skipped[rows].mean()) if len(rows) else 1.0
    return SentenceTime(start_s=start_s, end_s=max(float(end_s), start_s + _MIN_S), skipped=round(skipped, 3))


def _snap_start(hop: int, is_sound: BoolArray) -> float:
    """Move a start to the nearest place where sound begins after a pause, if there is one nearby."""
    low = max(0, hop - round(_MAX_SNAP_S * HOPS_PER_S))
    near = is_sound[low : hop + round(_MAX_SNAP_S * HOPS_PER_S)]
    onsets = low + 1 + np.flatnonzero(near[1:] & ~near[:-1])
    if not len(onsets):
        return hop / HOPS_PER_S
    onset = int(onsets[np.argmin(np.abs(onsets - hop))])
    return onset / HOPS_PER_S + _ONSET_S
