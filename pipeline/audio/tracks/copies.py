"""Finds files that repeat others: backup copies, and the mix that a recorder made of its tracks."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.audio.io.pcm import is_plain_pcm
from pipeline.audio.tracks.features import COMPARISON_HZ, TrackSignal
from pipeline.audio.tracks.track_names import is_named_as_mix
from pipeline.media.samples import Float64Array

_WINDOWS = 15
_WINDOW = 2 * COMPARISON_HZ
_COPY_CORRELATION, _MIN_COPY_CORRELATION = 0.93, 0.8  # copies reach 0.99, or less if one clips; others 0.3
_UPSAMPLING = 8  # of the correlation, or half a sample would cost a tenth
_MIX_SHARE, _NAMED_MIX_SHARE = 0.9, 0.6  # of its power that the tracks explain; less for a mix by name: limiters
_MIN_CONTRIBUTION = 0.02
_FEW_CLIPPED = 50  # samples
_COMPARED_S = 60  # evenly spaced seconds


def is_copy(signal: TrackSignal, other: TrackSignal, lag_s: float) -> bool:
    """Whether two files hold the same waveform, at whatever level or polarity.

    Args:
        signal: One file.
        other: Another.
        lag_s: To add to a time in ``signal`` for the time in ``other``.
    """
    first, last = max(0.0, -lag_s), min(signal.duration_s, other.duration_s - lag_s)
    starts = np.linspace(first, max(first, last - _WINDOW / COMPARISON_HZ), _WINDOWS) * COMPARISON_HZ
    correlations = [_correlate_waveforms(signal, other, int(start), lag_s) for start in starts]
    sounding = [one for one in correlations if one is not None]
    if not sounding:
        return False
    low, middle = np.quantile(sounding, (0.1, 0.5))  # a mix resembles a track while one person speaks
    return bool(middle > _COPY_CORRELATION and low > _MIN_COPY_CORRELATION)


def _correlate_waveforms(signal: TrackSignal, other: TrackSignal, start: int, lag_s: float) -> float | None:
    """Return the highest correlation coefficient near a lag, or ``None`` in silence."""
    margin = COMPARISON_HZ // 50
    place = start + round(lag_s * COMPARISON_HZ)
    ours, theirs = signal.read(start, start + _WINDOW), other.read(place - margin, place + _WINDOW + margin)
    size = 2 ** int(np.ceil(np.log2(len(theirs))))
    product = np.fft.rfft(theirs, size) * np.fft.rfft(ours, size).conj()
    correlation = np.fft.irfft(product, size * _UPSAMPLING)[: 2 * margin * _UPSAMPLING] * _UPSAMPLING
    top = int(np.argmax(np.abs(correlation)))
    matched = theirs[top // _UPSAMPLING : top // _UPSAMPLING + _WINDOW]
    norm = float(np.sqrt(np.dot(ours, ours) * np.dot(matched, matched)))
    return abs(float(correlation[top])) / norm if norm > 1e-6 else None


def choose_original(signals: Sequence[TrackSignal], copies: Sequence[int]) -> int:
    """Choose among copies: one that is not clipped, then PCM, then the loudest."""
    least = min(signals[number].clipped for number in copies)
    return min(
        copies,
        key=lambda number: (
            signals[number].clipped > _FEW_CLIPPED + 2 * least,
            not is_plain_pcm(signals[number].source.part),
            -signals[number].peak,
            number,
        ),
    )


def find_mix(signals: Sequence[TrackSignal], tracks: Sequence[int]) -> int | None:
    """Find the mix among tracks that one recorder wrote together.

    A mix is a sum of at least two others. A track is also the mix minus the others, but gains are
    not negative in a mix.

    Returns:
        Its number, or ``None``.
    """
    if len(tracks) < 3:
        return None
    sound = _read_seconds(signals, tracks)
    shares = []
    for place, number in enumerate(tracks):
        others = np.delete(sound, place, axis=0)
        gains, explained = _regress(sound[place], others)
        contributions = gains**2 * np.mean(others**2, axis=1) / (np.mean(sound[place] ** 2) + 1e-12)
        needed = _NAMED_MIX_SHARE if is_named_as_mix(Path(signals[number].source.part.path).name) else _MIX_SHARE
        used = contributions > _MIN_CONTRIBUTION
        is_mix = explained >= needed and used.sum() >= 2
        shares.append(explained if is_mix else 0.0)
    return tracks[int(np.argmax(shares))] if max(shares) > 0 else None


def _read_seconds(signals: Sequence[TrackSignal], tracks: Sequence[int]) -> Float64Array:
    """Read evenly spaced seconds of tracks that began together, shape (tracks, samples)."""
    seconds = int(min(signals[number].duration_s for number in tracks))
    places = np.linspace(0, max(0, seconds - 1), min(seconds, _COMPARED_S)).astype(int) * COMPARISON_HZ
    return np.array(
        [
            np.concatenate([signals[number].read(place, place + COMPARISON_HZ) for place in places.tolist()])
            for number in tracks
        ],
        np.float64,
    )


def _regress(target: Float64Array, others: Float64Array) -> tuple[Float64Array, float]:
    """Explain one track by others with gains that are not negative.

    Returns:
        The gains, and the share of its power that is explained.
    """
    used = np.ones(len(others), bool)
    gains = np.zeros(len(others))
    while used.any():
        covariance = others[used] @ others[used].T
        damping = 1e-9 * np.trace(covariance) * np.eye(int(used.sum()))
        gains[:] = 0
        gains[used] = np.linalg.solve(covariance + damping + 1e-30 * np.eye(len(damping)), others[used] @ target)
        if gains.min() >= 0:
            break
        used[int(np.argmin(gains))] = False
        gains[:] = 0
    rest = target - gains @ others
    power = float(np.dot(target, target))
    return gains, 1 - float(np.dot(rest, rest)) / power if power > 0 else 0.0
