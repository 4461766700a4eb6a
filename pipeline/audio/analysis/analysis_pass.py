"""Hears a talk once, a few seconds a thread, and keeps what mastering decides by: energies, peaks, voices, noise and mains."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.analysis.recording import mixed_to
from pipeline.audio.analysis.voice_activity import MARGIN, VOICE, Look, Survey, Surveyed, look, stride_of
from pipeline.audio.io.pcm import Plain, sane
from pipeline.audio.metering.block_biquad import BATCH, ROW, Floats, Halves, Rows, Singles, Sound
from pipeline.audio.metering.curves import Outline
from pipeline.audio.metering.hop_buffer import Ledger
from pipeline.audio.metering.k_weighting import k_weighting
from pipeline.audio.metering.loudness import HOP, REACH, dbtp, true_peak
from pipeline.audio.parallel import in_turn, side_by_side
from pipeline.audio.processing.noise_reduction import cleaning
from pipeline.media.ffmpeg import RATE, Block

PIECE = (
    5 * RATE
)  # worked on at once, counted from the first sample: so the size of the caller's blocks makes no difference

_AROUND = BATCH * ROW  # samples to each side that are heard too: more than ``MARGIN``
_WARM = 10 * _AROUND  # samples before these, in which the filters come to what they would be: 200 ms leave 1e-19
_STEP = 50 * _AROUND  # samples filtered at once: they fit in a processor's own memory
_PER_HOP = HOP // ROW


@dataclass(frozen=True, slots=True, kw_only=True)
class Overheard:
    """A talk, heard once and without its rumble."""

    samples: int
    energies: Singles  # mean square of the K-weighted sound in hops of 10 ms, channels weighed and summed
    peaks: Halves  # sample peaks, in step with the energies, to 0.004 dB: what the limiter will do is foretold by them
    survey: Surveyed
    raw: "Raw | None" = None  # where somebody asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """The same talk with its rumble still in it, as a meter hears it: each channel counted once."""

    outline: Outline
    true_peak_dbtp: float | None


def listen(blocks: Iterable[Block], width: int, *, high_pass_hz: int) -> Overheard:
    """Hear ``blocks`` of ``width`` channels to their end; one channel counts as two: that is how it will be heard."""
    ear = _Ear(width, high_pass_hz=high_pass_hz, raw=False)
    together = _Together(hops=0)
    for piece in in_turn(ear.hear, _pieces(blocks, width)):
        together.take(piece)
    return together.overheard(raw=False)


class Hearing:
    """A plain file that is heard from all its ends at once, and raw too, from the moment it is made."""

    def __init__(self, plain: Plain, width: int, *, high_pass_hz: int) -> None:
        """``width``: how many channels it will have; see ``listen``."""
        ear = _Ear(width, high_pass_hz=high_pass_hz, raw=True, stride=stride_of(-(-plain.samples // RATE)))
        self._heard = side_by_side(
            lambda number: ear.hear(_piece_of(plain, number, width)), range(_whole_in(plain) + 1)
        )
        self._together = _Together(hops=plain.samples // HOP)

    def go_on(self) -> None:
        """Take what was heard meanwhile: whoever has other things to do calls this between them, and memory stays flat."""
        for piece in self._heard.ready():
            self._together.take(piece)

    def overheard(self) -> Overheard:
        """Wait for the rest; what all of it was like."""
        for piece in self._heard:
            self._together.take(piece)
        return self._together.overheard(raw=True)


class _Together:
    """What was heard in pieces, in order."""

    def __init__(self, *, hops: int) -> None:
        """``hops``: how many will come, where that is known."""
        self._survey, self._samples, self._peak = Survey(), 0, 0.0
        self._energies, self._peaks = Ledger(np.float32, room=hops), Ledger(np.float16, room=hops)
        self._raw = Outline(hops)

    def take(self, piece: "_Heard") -> None:
        self._survey.take(piece.look)  # and let it go: it holds sound
        self._energies.add(piece.energies)
        self._peaks.add(piece.peaks)
        self._raw.take(piece.raw)
        self._peak = max(self._peak, piece.true_peak)
        self._samples += piece.samples

    def overheard(self, *, raw: bool) -> Overheard:
        return Overheard(
            samples=self._samples,
            energies=self._energies.all(),
            peaks=self._peaks.all(),
            survey=self._survey.result(),
            raw=Raw(outline=self._raw, true_peak_dbtp=dbtp(self._peak)) if raw else None,
        )


# --------------------------------------------------------------------------------------------------------------- pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """Samples of each channel with what lies around them; before the first sample, it stands still."""

    sound: Sound  # _WARM, _AROUND, the samples and silence up to whole rows, _AROUND
    samples: int
    number: int


def _pieces(blocks: Iterable[Block], width: int) -> Iterator[_Piece]:
    held: list[Sound] = []
    size = number = 0
    for block in blocks:
        if not held and len(block):
            held, size = [np.repeat(block[:1].T, _WARM + _AROUND, axis=1)], _WARM + _AROUND
        held.append(block.T)
        size += len(block)
        while size >= _WARM + 2 * _AROUND + PIECE:
            sound = np.concatenate(held, axis=1)
            yield _Piece(sound=sound[:, : _WARM + 2 * _AROUND + PIECE], samples=PIECE, number=number)
            held = [sound[:, PIECE:]]
            size, number = size - PIECE, number + 1
    rest = size - _WARM - _AROUND
    if rest > 0:
        silence = np.zeros((width, -rest % _AROUND + _AROUND), np.float32)
        yield _Piece(sound=np.concatenate([*held, silence], axis=1), samples=rest, number=number)


def _whole_in(plain: Plain) -> int:
    """How many whole pieces it has; all that comes after them is one more."""
    return max(0, plain.samples - _AROUND) // PIECE


def _piece_of(plain: Plain, number: int, width: int) -> _Piece:
    """The same piece of a plain file, read by itself."""
    first = number * PIECE
    own = PIECE if number < _whole_in(plain) else plain.samples - first
    begin, end = max(0, first - _WARM - _AROUND), first + own + _AROUND
    sound = mixed_to(sane(plain, plain.stretch(begin, end)), width=width).T
    before = np.repeat(sound[:, :1], _WARM + _AROUND - (first - begin), axis=1)
    size = _WARM + 2 * _AROUND + own + -own % _AROUND
    after = np.zeros((width, size - before.shape[1] - sound.shape[1]), np.float32)
    return _Piece(sound=np.concatenate([before, sound, after], axis=1), samples=own, number=number)


# -------------------------------------------------------------------------------------------------------------- one piece


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """What came of a piece: whole hops, so that only the last one may drop some samples."""

    samples: int
    energies: Singles
    peaks: Halves
    raw: Singles
    true_peak: float  # of the raw sound, or 0.0 where nobody asked
    look: Look


class _Ear:
    """Filters, which all threads share, and what they make of a piece."""

    def __init__(self, width: int, *, high_pass_hz: int, raw: bool, stride: int = 1) -> None:
        weighting = k_weighting(RATE)
        self._rows = Rows(cleaning(high_pass_hz, None))  # by itself: what is clean is the same to the bit, whoever asks
        self._weighting = Rows(weighting)  # of what is clean: all in one chain would ask more of 32 bits than they hold
        self._weight = 2.0 if width == 1 else 1.0
        self._raw, self._stride = raw, stride

    def hear(self, piece: _Piece) -> _Heard:
        channels = [self._channel(channel, piece) for channel in piece.sound]
        hops = piece.samples // HOP
        mono = channels[0].clean if len(channels) == 1 else _mean([channel.clean for channel in channels])
        own = -(-piece.samples // VOICE) * VOICE  # whole frames; the last one ends in silence
        mono[MARGIN + piece.samples :] *= piece.samples == PIECE
        energies = np.sum([channel.energies[:hops] for channel in channels], axis=0)
        return _Heard(
            samples=piece.samples,
            energies=(energies * self._weight).astype(np.float32),
            peaks=_halves(np.max([channel.peaks[:hops] for channel in channels], axis=0)),
            raw=np.sum([channel.raw[:hops] for channel in channels], axis=0, dtype=np.float32),
            true_peak=_true_peak(piece) if self._raw else 0.0,
            look=look(mono[: own + 2 * MARGIN], second=piece.number * PIECE // RATE, stride=self._stride),
        )

    def _channel(self, channel: Singles, piece: _Piece) -> "_Channel":
        state = self._rows.at_rest(0.0 if piece.number else float(channel[0]))
        weighting = np.zeros(self._weighting.states)
        before = self._rows.through(channel[: _WARM + _AROUND], state).ravel()
        self._weighting.warm(before, weighting)
        unclean = np.zeros(self._weighting.states)
        if self._raw and piece.number:  # a meter begins in silence
            self._weighting.warm(channel[: _WARM + _AROUND], unclean)
        count = piece.sound.shape[1] - _WARM - 2 * _AROUND
        told = _Channel(count, raw=self._raw)
        told.clean[:MARGIN] = before[-MARGIN:]
        for start in range(0, count, _STEP):
            stop = min(count, start + _STEP)
            heard = channel[_WARM + _AROUND + start : _WARM + _AROUND + stop]
            clean = told.room(start, stop)
            self._rows.through(heard, state, out=clean)
            told.peaks[_hops(start, stop)] = _peaks(clean)
            told.energies[_hops(start, stop)] = _energies(self._weighting.through(clean, weighting))
            if self._raw:
                told.raw[_hops(start, stop)] = _energies(self._weighting.through(heard, unclean))
        after = self._rows.through(channel[-_AROUND:], state)
        told.clean[MARGIN + count :] = after.ravel()[:MARGIN]
        return told


class _Channel:
    """What came out of the filters, one step after the other."""

    def __init__(self, samples: int, *, raw: bool) -> None:
        self.clean: Singles = np.empty(samples + 2 * MARGIN, np.float32)
        self.energies: Floats = np.empty(samples // HOP)
        self.raw: Floats = np.empty(samples // HOP if raw else 0)
        self.peaks: Singles = np.empty(samples // HOP, np.float32)

    def room(self, start: int, stop: int) -> Singles:
        """Where the clean sound of those samples goes."""
        return self.clean[MARGIN + start : MARGIN + stop]


def _true_peak(piece: _Piece) -> float:
    around = piece.sound[:, _WARM + _AROUND - REACH : _WARM + _AROUND + piece.samples + REACH]
    if not piece.number:  # there was silence before it
        around = around.copy()
        around[:, :REACH] = 0
    return max(true_peak(channel) for channel in around)


def _hops(start: int, stop: int) -> slice:
    return slice(start // HOP, stop // HOP)


def _halves(peaks: Singles) -> Halves:
    return np.minimum(peaks, np.float32(np.finfo(np.float16).max)).astype(np.float16)


def _peaks(channel: Singles) -> Singles:
    by_hop = channel.reshape(-1, HOP)
    return np.asarray(np.maximum(by_hop.max(axis=1), -by_hop.min(axis=1)))


def _energies(rows: Singles) -> NDArray[np.float64]:
    power = np.einsum("rs,rs->r", rows, rows).astype(np.float64)
    return np.asarray(power.reshape(-1, _PER_HOP).sum(axis=1) / HOP)


def _mean(channels: list[Singles]) -> Singles:
    total = channels[0] + channels[1]
    for channel in channels[2:]:
        total += channel
    total *= np.float32(1 / len(channels))
    return np.asarray(total)
