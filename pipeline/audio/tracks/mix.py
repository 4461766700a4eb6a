"""The mix of a take: at each moment mainly the microphone of whoever speaks.

All tracks at once would sound like a bathroom: each voice arrives at each microphone at another
time. So gain is shared between the tracks (automatic mixing), by who speaks and not by level.
Source: D. Dugan, "Automatic Microphone Mixing", JAES 23 (1975), for gain sharing.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.audio.io.wav_file import WavFile
from pipeline.audio.metering.hop_buffer import HOP_SAMPLES
from pipeline.audio.metering.loudness import compute_integrated_lufs
from pipeline.audio.parallel import map_parallel
from pipeline.audio.tracks.attribution import Attribution
from pipeline.audio.tracks.time_delays import ReadTrack
from pipeline.media.samples import BoolArray, Float32Array

CHUNK_HOPS = 2000  # 20 s; no result depends on the number of workers

_SPEECH_LUFS = -23.0  # of each speaker in the mix
_MAX_GAIN_DB = 40.0
_SURE = 0.9  # posterior of a hop that counts as own speech
_LOOK_AHEAD_HOPS = 5
_ATTACK, _RELEASE = 0.5, 0.05  # of the distance to the new gain, per hop
_WARM_UP_HOPS = 400  # in which an old gain is forgotten: 1e-9
_FLOOR_DB = -40.0  # of a track whose speaker is silent: a switched-off microphone would be heard as a hole
_CEILING = 10 ** (-1 / 20)  # of the highest sample that the mix can have


def find_own_speech(attribution: Attribution) -> BoolArray:
    """Find the hops in which surely the speaker of a track speaks, shape (tracks, hops)."""
    return np.asarray((attribution.posterior > _SURE) & attribution.speech)


def compute_track_gains_db(attribution: Attribution) -> tuple[float | None, ...]:
    """Compute the gain in dB that makes each speaker equally loud.

    A track on which nobody speaks has none. The loudest possible sample stays below full scale.
    """
    own = find_own_speech(attribution)
    lufs = [compute_integrated_lufs(energies[hops]) for energies, hops in zip(attribution.energies, own, strict=True)]
    gains_db = [None if one is None else min(_MAX_GAIN_DB, _SPEECH_LUFS - one) for one in lufs]
    factors = np.array([_to_factor(gain_db) for gain_db in gains_db])
    highest = float((factors[:, np.newaxis] * attribution.peaks).sum(axis=0).max(initial=0.0))
    lower_db = 20 * np.log10(max(1.0, highest / _CEILING))
    return tuple(None if gain_db is None else float(gain_db - lower_db) for gain_db in gains_db)


def _to_factor(gain_db: float | None) -> float:
    return 0.0 if gain_db is None else float(10 ** (gain_db / 20))


def compute_gain_curves(
    attribution: Attribution, gains_db: Sequence[float | None], recorded: BoolArray
) -> Float32Array:
    """Compute the gain of each track at each hop, shape (tracks, hops).

    The power of all gains together is constant, so the noise of the room is, too. In a pause, the
    last speaker keeps the gain.
    """
    decided = attribution.speech | (attribution.posterior.max(axis=0) > _SURE)  # speech may begin too softly to detect
    wanted = np.sqrt(_hold_in_pauses(attribution.posterior, decided))
    ahead = wanted.copy()
    for hops in range(1, _LOOK_AHEAD_HOPS + 1):
        np.maximum(ahead[:, :-hops], wanted[:, hops:], out=ahead[:, :-hops])
    shared = np.maximum(_smooth(ahead), np.float32(10 ** (_FLOOR_DB / 20)))
    factors = np.array([_to_factor(gain_db) for gain_db in gains_db], np.float32)[:, np.newaxis]
    return np.asarray(shared * factors * recorded, np.float32)


def _hold_in_pauses(posterior: Float32Array, decided: BoolArray) -> Float32Array:
    """Replace the posterior where nobody is sure to speak: by the last one before, or else the first."""
    known = np.flatnonzero(decided)
    if not len(known):
        return posterior
    last = np.searchsorted(known, np.arange(len(decided)), side="right") - 1
    return posterior[:, known[np.maximum(last, 0)]]


def _smooth(wanted: Float32Array) -> Float32Array:
    """Smooth with a fast attack and a slow release: all chunks at once, each from a warm-up."""
    tracks, hops = wanted.shape
    chunks = -(-hops // CHUNK_HOPS)
    padded = np.pad(wanted, ((0, 0), (_WARM_UP_HOPS, chunks * CHUNK_HOPS - hops)), mode="edge")
    rows = np.stack([padded[:, at * CHUNK_HOPS :][:, : CHUNK_HOPS + _WARM_UP_HOPS] for at in range(chunks)])
    gain = rows[:, :, 0].copy()
    for hop in range(rows.shape[2]):
        step = rows[:, :, hop] - gain
        gain += step * np.where(step > 0, np.float32(_ATTACK), np.float32(_RELEASE))
        rows[:, :, hop] = gain
    return rows[:, :, _WARM_UP_HOPS:].transpose(1, 0, 2).reshape(tracks, -1)[:, :hops]


def mix_tracks(
    read: ReadTrack,
    tracks: Sequence[int],
    curves: Float32Array,
    *,
    file: WavFile,
    clock_errors: Sequence[int],
    workers: int | None = None,
) -> None:
    """Mix the tracks, and write the mix in parallel.

    Args:
        read: Reads samples of a track on the clock of the take.
        tracks: Numbers of the microphones.
        curves: Gain of each track, shape (tracks, hops).
        file: Of one channel, as long as the take; it is created.
        clock_errors: Samples by which each track is late.
        workers: Number of workers; the number of cores by default.
    """
    file.create()

    def write(first: int) -> None:
        last = min(file.samples, first + CHUNK_HOPS * HOP_SAMPLES)
        file.write(_mix_range(read, tracks, curves, clock_errors, first, last)[:, np.newaxis], first)

    for _ in map_parallel(write, range(0, file.samples, CHUNK_HOPS * HOP_SAMPLES), workers=workers):
        pass


def _mix_range(
    read: ReadTrack,
    tracks: Sequence[int],
    curves: Float32Array,
    clock_errors: Sequence[int],
    first: int,
    last: int,
) -> Float32Array:
    hops = np.arange(first // HOP_SAMPLES - 1, -(-last // HOP_SAMPLES) + 2)
    middles = (hops + 0.5) * HOP_SAMPLES - first
    times = np.arange(last - first)
    total = np.zeros(last - first, np.float32)
    for curve, track, error in zip(curves, tracks, clock_errors, strict=True):
        near = curve[np.clip(hops, 0, len(curve) - 1)]
        if near.any():
            total += read(track, first + error, last + error) * np.interp(times, middles, near).astype(np.float32)
    return total
