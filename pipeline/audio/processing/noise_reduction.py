"""Takes out of a talk what is no talk, and only what was found there: rumble, the hum of mains, a floor of noise."""

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.fft import irfft, rfft
from numpy.typing import NDArray

from pipeline.audio.analysis.voice_activity import SPAN_S, Surveyed, power_of
from pipeline.audio.metering.block_biquad import BATCH, ROW, Floats, Rows, Singles, Sound
from pipeline.audio.metering.k_weighting import Chunks
from pipeline.audio.metering.sliding_window import highest, short_mean
from pipeline.media.ffmpeg import RATE, Block

FRAME = 1024  # samples of a spectrum of noise: 21 ms

_HALF = FRAME // 2
_CALM_DB = 3.0  # above the floor: a stretch as quiet as that is noise and nothing else
_CLEAR_DB = 10.0  # a line of mains above what lies beside it
_SILENCE = 1e-4  # in a fine spectrum: what stands beside a line at -100 dBFS, or less, is nothing
_HIGHEST_HZ = 900  # higher than that, hum is a buzz, and voices would suffer
_OVER = 2.0  # noise is taken for so much stronger than its mean: what is hardly above it goes with it
_SMOOTH = 5  # frames, and bins: so that noise goes down as a whole, and does not twitter

_WINDOW: Singles = np.sqrt(np.hanning(FRAME + 1)[:FRAME]).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hum:
    """Mains found in a recording: its pitch, and by how much each of its lines stands out."""

    hz: float
    lines: tuple[int, ...]  # multiples of ``hz``
    stands_out_db: float  # the clearest of them


# --------------------------------------------------------------------------------------------------- what there is to do


def hum_in(survey: Surveyed) -> Hum | None:
    """The hum of 50 or 60 Hz, if a comb of it stands clear of what lies beside its lines all through the recording."""
    if len(survey.mains) < 3:
        return None
    steady = np.quantile(survey.mains, 0.3, axis=0).astype(np.float32)  # what is there also while nobody speaks
    found = [_comb(steady, hz) for hz in (50, 60)]
    return max((hum for hum in found if hum), key=lambda hum: len(hum.lines), default=None)


def _comb(steady: Singles, hz: int) -> Hum | None:
    lines = {}
    for number in range(1, _HIGHEST_HZ // hz + 1):
        middle = round(number * hz * SPAN_S)
        reach = 1 + round(number * 0.1 * SPAN_S)  # mains keep to 0.1 Hz
        near = steady[middle - reach : middle + reach + 1]
        peak = middle - reach + int(near.argmax())
        beside = np.concatenate([steady[peak - 40 : peak - 6], steady[peak + 7 : peak + 41]])
        stands_out = 10 * math.log10(float(near.max()) / max(float(np.median(beside)), _SILENCE) + 1e-9)
        lines[number] = (stands_out, _between(steady, peak) / SPAN_S / number)
    clear = [number for number, (stands_out, _) in lines.items() if stands_out >= _CLEAR_DB and number <= 8]
    low = max(lines[1][0], lines[2][0])  # whatever hums, hums at one of these; a tone higher up is somebody's music
    if low < _CLEAR_DB or (len(clear) < 3 and low < 2 * _CLEAR_DB):
        return None
    exact = float(np.median([lines[number][1] for number in clear]))
    seen = tuple(number for number, (stands_out, _) in lines.items() if stands_out >= _CLEAR_DB)
    return Hum(hz=exact, lines=seen, stands_out_db=max(lines[number][0] for number in seen))


def _between(steady: Singles, peak: int) -> float:
    """Where between the bins a peak stands: a parabola through its logarithm."""
    left, top, right = np.log(np.maximum(steady[peak - 1 : peak + 2], 1e-30))
    bend = left - 2 * top + right
    return peak + (0.5 * float((left - right) / bend) if bend < 0 else 0.0)


def noise_of(survey: Surveyed) -> Floats | None:
    """The spectrum of the noise between words; ``None``: there is none that could be learnt."""
    if not len(survey.quiet):
        return None
    levels = 10 * np.log10(np.square(survey.quiet).mean(axis=1, dtype=np.float64) + 1e-20)
    calm = survey.quiet[levels <= np.quantile(levels, 0.1) + _CALM_DB]
    spectra = rfft(np.lib.stride_tricks.sliding_window_view(calm, FRAME, axis=1)[:, ::_HALF] * _WINDOW)
    return np.asarray(power_of(spectra).mean(axis=(0, 1)), np.float64)


# --------------------------------------------------------------------------------------------------------- and doing it


def filtered(blocks: Iterable[Block], *, high_pass_hz: int, hum: Hum | None) -> Iterator[Block]:
    """``blocks`` without rumble, without what stands still, and without hum; state is carried from block to block."""
    sections = cleaning(high_pass_hz, hum)
    if not len(sections):
        yield from blocks
        return
    sound: Iterator[Sound] = (np.ascontiguousarray(block.T, np.float32) for block in blocks if len(block))
    for section in sections:  # one after the other: many at once would ask more of 32 bits than they hold
        sound = _through(sound, section)
    for chunk in sound:
        yield chunk.T


def _through(sound: Iterable[Sound], section: Floats) -> Iterator[Sound]:
    rows, chunks, states = Rows(section[np.newaxis]), None, np.zeros(0)
    for block in sound:
        if chunks is None:
            chunks = Chunks(len(block))
            states = np.stack([rows.at_rest(float(channel[0])) for channel in block])
        for chunk in chunks.push(block):
            yield rows.all_through(chunk, states)
    if chunks is not None and (rest := chunks.rest()).shape[1]:
        padded = np.pad(rest, ((0, 0), (0, -rest.shape[1] % (ROW * BATCH))))
        yield rows.all_through(padded, states)[:, : rest.shape[1]]


def cleaning(high_pass_hz: int, hum: Hum | None) -> Floats:
    """The filters that do so, as second-order sections: 2nd order, 12 dB an octave; and notches that widen upwards, since what mains wander is multiplied there."""
    sections = [_high_pass(high_pass_hz)] if high_pass_hz else []
    sections += [_notch(number * hum.hz) for number in (hum.lines if hum else ()) if hum]
    return np.array(sections).reshape(-1, 6)


def _high_pass(hz: float) -> list[float]:
    """Butterworth's, by the bilinear transform."""
    k = math.tan(math.pi * hz / RATE)
    a0 = 1 + k * math.sqrt(2) + k * k
    return [1 / a0, -2 / a0, 1 / a0, 1, 2 * (k * k - 1) / a0, (1 - k * math.sqrt(2) + k * k) / a0]


def _notch(hz: float) -> list[float]:
    """3 dB down at the edges of a band of 2.5 Hz and more, and nothing left in its middle."""
    width = math.tan(math.pi * (2.5 + hz / 100) / RATE)
    gain, turn = 1 / (1 + width), -2 * math.cos(2 * math.pi * hz / RATE)
    return [gain, gain * turn, gain, 1, gain * turn, 2 * gain - 1]


def denoised(blocks: Iterable[Block], noise: Floats, *, by_db: float) -> Iterator[Block]:
    """``blocks`` with that noise turned down by ``by_db`` where nothing stands above it, in step to the sample.

    Frames of 21 ms, half overlapping. The gain of a bin depends on the power around it in time and pitch, so what is
    above the noise stays as it was.
    """
    gate = _Gate(noise, by_db)
    for block in itertools.chain(blocks, [None]):
        yield from gate.push(block) if block is not None else gate.end()


class _Gate:
    """Frames enough to know the gains of the middle ones; what a frame needs to either side is kept."""

    _AT_ONCE = RATE  # samples

    def __init__(self, noise: Floats, by_db: float) -> None:
        self._noise = np.maximum(noise * _OVER, 1e-20).astype(np.float32)
        self._floor = np.float32(10 ** (-by_db / 20))
        self._before = FRAME * 4  # samples that were worked on already, or silence before the first
        self._held: Block | None = None
        self._count = self._given = 0

    def push(self, block: Block) -> Iterator[Block]:
        if self._held is None:
            self._held = np.zeros((self._before, block.shape[1]), np.float32)
        self._held = np.concatenate([self._held, block])
        self._count += len(block)
        reach = self._before + self._AT_ONCE // _HALF * _HALF
        while len(self._held) >= reach + FRAME * 4:
            done = self._worked(self._held[: reach + FRAME * 4])[self._before : reach]
            self._given += len(done)
            yield done
            self._held = self._held[reach - self._before :]

    def end(self) -> Iterator[Block]:
        if self._held is not None and self._count > self._given:
            rest = self._count - self._given
            whole = np.pad(self._held, ((0, FRAME * 4 + -len(self._held) % _HALF), (0, 0)))
            yield self._worked(whole)[self._before : self._before + rest]

    def _worked(self, sound: Block) -> Block:
        return np.stack([self._channel(np.ascontiguousarray(channel)) for channel in sound.T], axis=1)

    def _channel(self, sound: Singles) -> Singles:
        frames = np.lib.stride_tricks.sliding_window_view(sound, FRAME)[::_HALF]
        spectra = rfft(frames * _WINDOW)
        back = irfft(spectra * self._gains(spectra)) * _WINDOW
        out = np.zeros(len(sound), np.float32)
        out[: len(back) * _HALF] += back[:, :_HALF].ravel()
        out[_HALF : (len(back) + 1) * _HALF] += back[:, _HALF:].ravel()
        return out

    def _gains(self, spectra: NDArray[np.complexfloating]) -> Singles:
        near = short_mean(power_of(spectra).T, _SMOOTH)
        sudden = short_mean(near, _SMOOTH) / 2  # a consonant is shorter than what is looked at around it
        around = np.maximum(short_mean(near.T, _SMOOTH), sudden.T)
        gain = np.sqrt(np.maximum(1 - self._noise / np.maximum(around, np.float32(1e-20)), self._floor**2))
        return short_mean(highest(gain, 3), 3)
