"""Analyses a talk in parallel pieces: energies, peaks, voice activity and noise for mastering."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.audio.analysis import voice_activity
from pipeline.audio.analysis.voice_activity import FRAME_SAMPLES, MARGIN_SAMPLES, profile_segment
from pipeline.audio.io.recording_reader import RangeReader, mix_channels
from pipeline.audio.metering.block_biquad import BATCH_ROWS, ROW_SAMPLES, BlockBiquad
from pipeline.audio.metering.chunk_buffer import iter_with_context, join_blocks
from pipeline.audio.metering.filter_design import build_high_pass, build_k_weighting
from pipeline.audio.metering.hop_buffer import HOP_SAMPLES, HopBuffer
from pipeline.audio.metering.sliding_window import average_arrays
from pipeline.audio.parallel import map_in_threads, map_parallel
from pipeline.audio.processing.hum_removal import SETTLING, HumComb, remove_hum
from pipeline.media.samples import RATE, Block, Float16Array, Float32Array, Float64Array, PlanarBlock

PIECE_SAMPLES = 5 * RATE  # counted from the first sample, so the size of the caller's blocks makes no difference

_GROUP_PIECES = 2  # read together: the removal of hum needs two seconds before them
_CONTEXT = BATCH_ROWS * ROW_SAMPLES  # samples to each side that are processed too: more than ``MARGIN_SAMPLES``
_WARM_UP = 10 * _CONTEXT  # samples before these, in which the filters settle: 200 ms leave 1e-19
_STEP = 50 * _CONTEXT  # samples filtered at once: they fit in the processor's cache
_HOP_ROWS = HOP_SAMPLES // ROW_SAMPLES


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechAnalysis:
    """The analysis of a talk after the high-pass."""

    samples: int
    energies: Float32Array  # mean square of the K-weighted signal per hop of 10 ms, channels weighted and summed
    peaks: Float16Array  # sample peaks per hop, to 0.004 dB: they predict what the limiter does
    profile: voice_activity.SpeechProfile


def analyse_speech(blocks: Iterable[Block], channels: int, *, high_pass_hz: int) -> SpeechAnalysis:
    """Analyse a talk in threads; mono is measured as dual mono.

    Args:
        blocks: Blocks of shape (samples, channels), float32, full scale is 1.0, at 48 kHz.
        channels: Number of channels of each block.
        high_pass_hz: Cut-off frequency of the high-pass; 0 for none.
    """
    analyser = PieceAnalyser(channels, high_pass_hz=high_pass_hz)
    merger = AnalysisMerger(hops=0)
    for piece in map_in_threads(analyser.analyse, _split_into_pieces(blocks)):
        merger.add(piece)
    return merger.finish()


class AnalysisPass:
    """Analyses a talk in parallel, after the high-pass."""

    def __init__(self, talk: RangeReader, channels: int, *, high_pass_hz: int, hum: HumComb | None = None) -> None:
        """Prepare the analysis.

        Args:
            talk: A signal at 48 kHz; it is mixed to ``channels``.
            channels: Number of channels to mix it to.
            high_pass_hz: Cut-off frequency of the high-pass; 0 for none.
            hum: Mains hum to remove before that.
        """
        self._talk, self._channels, self._hum = talk, channels, hum
        stride = voice_activity.choose_stride(-(-talk.samples // RATE))
        self._analyser = PieceAnalyser(channels, high_pass_hz=high_pass_hz, stride=stride)
        self._full_pieces = max(0, talk.samples - _CONTEXT) // PIECE_SAMPLES  # everything after them is one more

    def run(self) -> SpeechAnalysis:
        """Analyse all pieces, and join them."""
        merger = AnalysisMerger(hops=self._talk.samples // HOP_SAMPLES)
        for group in map_parallel(self._analyse_group, range(0, self._full_pieces + 1, _GROUP_PIECES)):
            for piece in group:
                merger.add(piece)
        return merger.finish()

    def _analyse_group(self, number: int) -> "list[PieceAnalysis]":
        """Read some pieces, from ``number`` on, without their hum; and analyse each as ``_split_into_pieces`` yields it."""
        numbers = range(number, min(number + _GROUP_PIECES, self._full_pieces + 1))
        start, stop = self._locate(numbers[0])[0], self._locate(numbers[-1])[1]
        settling = min(start, SETTLING) if self._hum else 0
        block = mix_channels(self._talk.read_range(start - settling, stop), channels=self._channels)
        if self._hum:
            block = join_blocks(remove_hum([block], self._hum))
        return [self._analyse_piece(one, block[settling:], start) for one in numbers]

    def _analyse_piece(self, number: int, block: Block, begin: int) -> "PieceAnalysis":
        """Analyse one piece of a group that begins at sample ``begin``."""
        start, stop = self._locate(number)
        first = number * PIECE_SAMPLES
        own = PIECE_SAMPLES if number < self._full_pieces else self._talk.samples - first
        return self._analyser.analyse(
            _pad_piece(block[start - begin : stop - begin].T, first - start, samples=own, number=number)
        )

    def _locate(self, number: int) -> tuple[int, int]:
        """Return the samples of a piece and its context, or as many as exist."""
        last = (number + 1) * PIECE_SAMPLES if number < self._full_pieces else self._talk.samples
        return max(0, number * PIECE_SAMPLES - _WARM_UP - _CONTEXT), min(self._talk.samples, last + _CONTEXT)


# Pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisPiece:
    """A few seconds with their context; before the first sample, the signal is constant."""

    block: PlanarBlock  # _WARM_UP, _CONTEXT, the samples and silence up to whole rows, _CONTEXT
    samples: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceAnalysis:
    """The analysis of a piece, in whole hops: only the last piece may drop some samples."""

    samples: int
    energies: Float32Array
    peaks: Float16Array
    segment: voice_activity.SegmentProfile


class AnalysisMerger:
    """Joins the analyses of pieces, in order."""

    def __init__(self, *, hops: int) -> None:
        """Prepare for ``hops`` energies, where that is known."""
        self._profiler, self._samples = voice_activity.SpeechProfiler(), 0
        self._energies, self._peaks = HopBuffer(np.float32, capacity=hops), HopBuffer(np.float16, capacity=hops)

    def add(self, piece: PieceAnalysis) -> None:
        """Add the next piece; it holds samples, so it must not be kept."""
        self._profiler.add(piece.segment)
        self._energies.append(piece.energies)
        self._peaks.append(piece.peaks)
        self._samples += piece.samples

    def finish(self) -> SpeechAnalysis:
        """Return the joined analyses."""
        return SpeechAnalysis(
            samples=self._samples,
            energies=self._energies.view(),
            peaks=self._peaks.view(),
            profile=self._profiler.finish(),
        )


def _split_into_pieces(blocks: Iterable[Block]) -> Iterator[AnalysisPiece]:
    pieces = iter_with_context(blocks, PIECE_SAMPLES, before=_WARM_UP + _CONTEXT, after=_CONTEXT)
    for number, (sound, first, last) in enumerate(pieces):
        yield _pad_piece(sound, first, samples=last - first, number=number)


def _pad_piece(sound: PlanarBlock, first: int, *, samples: int, number: int) -> AnalysisPiece:
    """Complete the context of a piece, which begins at sample ``first`` of ``sound``."""
    before = np.repeat(sound[:, :1], _WARM_UP + _CONTEXT - first, axis=1)
    size = _WARM_UP + 2 * _CONTEXT + samples + -samples % _CONTEXT
    after = np.zeros((len(sound), size - before.shape[1] - sound.shape[1]), np.float32)
    return AnalysisPiece(block=np.concatenate([before, sound, after], axis=1), samples=samples, number=number)


# One piece


class PieceAnalyser:
    """The filters, which all threads share, and the analysis of a piece."""

    def __init__(self, channels: int, *, high_pass_hz: int, stride: int = 1) -> None:
        """Prepare the filters.

        Args:
            channels: Number of channels of a piece.
            high_pass_hz: Cut-off frequency of the high-pass; 0 for none.
            stride: See ``profile_segment``.
        """
        # two filters in turn: in one chain they would need more precision than 32 bits have
        self._high_pass = BlockBiquad(build_high_pass(high_pass_hz))
        self._k_weighting = BlockBiquad(build_k_weighting(RATE))
        self._weight = 2.0 if channels == 1 else 1.0
        self._stride = stride

    def analyse(self, piece: AnalysisPiece) -> PieceAnalysis:
        """Analyse a piece."""
        channels = [self._analyse_channel(channel, piece) for channel in piece.block]
        hops = piece.samples // HOP_SAMPLES
        filtered = [channel.filtered for channel in channels]
        mono = filtered[0] if len(filtered) == 1 else average_arrays(filtered)
        own = -(-piece.samples // FRAME_SAMPLES) * FRAME_SAMPLES  # whole frames; the last one ends in silence
        mono[MARGIN_SAMPLES + piece.samples :] *= piece.samples == PIECE_SAMPLES
        energies = np.sum([channel.energies[:hops] for channel in channels], axis=0)
        second = piece.number * PIECE_SAMPLES // RATE
        return PieceAnalysis(
            samples=piece.samples,
            energies=(energies * self._weight).astype(np.float32),
            peaks=_to_float16(np.max([channel.peaks[:hops] for channel in channels], axis=0)),
            segment=profile_segment(mono[: own + 2 * MARGIN_SAMPLES], second=second, stride=self._stride),
        )

    def _analyse_channel(self, channel: Float32Array, piece: AnalysisPiece) -> "ChannelAnalysis":
        warm_up, first = channel[: _WARM_UP + _CONTEXT], _WARM_UP + _CONTEXT
        state = self._high_pass.compute_steady_state(0.0 if piece.number else float(channel[0]))
        weighting = np.zeros(self._k_weighting.state_count)
        before = self._high_pass.filter_channel(warm_up, state).ravel()
        self._k_weighting.warm_up(before, weighting)
        count = piece.block.shape[1] - _WARM_UP - 2 * _CONTEXT
        result = ChannelAnalysis(count)
        result.filtered[:MARGIN_SAMPLES] = before[-MARGIN_SAMPLES:]
        for start in range(0, count, _STEP):
            stop = min(count, start + _STEP)
            hops = slice(start // HOP_SAMPLES, stop // HOP_SAMPLES)
            samples = channel[first + start : first + stop]
            filtered = result.filtered[MARGIN_SAMPLES + start : MARGIN_SAMPLES + stop]
            self._high_pass.filter_channel(samples, state, out=filtered)
            result.peaks[hops] = _compute_peaks(filtered)
            result.energies[hops] = _compute_energies(self._k_weighting.filter_channel(filtered, weighting))
        after = self._high_pass.filter_channel(channel[-_CONTEXT:], state)
        result.filtered[MARGIN_SAMPLES + count :] = after.ravel()[:MARGIN_SAMPLES]
        return result


class ChannelAnalysis:
    """The filtered samples of one channel, and its energies and peaks."""

    def __init__(self, samples: int) -> None:
        """Allocate the arrays."""
        hops = samples // HOP_SAMPLES
        self.filtered: Float32Array = np.empty(samples + 2 * MARGIN_SAMPLES, np.float32)
        self.energies: Float64Array = np.empty(hops)
        self.peaks: Float32Array = np.empty(hops, np.float32)


def _to_float16(peaks: Float32Array) -> Float16Array:
    return np.minimum(peaks, np.float32(np.finfo(np.float16).max)).astype(np.float16)


def _compute_peaks(channel: Float32Array) -> Float32Array:
    by_hop = channel.reshape(-1, HOP_SAMPLES)
    return np.asarray(np.maximum(by_hop.max(axis=1), -by_hop.min(axis=1)))


def _compute_energies(rows: Float32Array) -> Float64Array:
    power = np.einsum("rs,rs->r", rows, rows).astype(np.float64)
    return np.asarray(power.reshape(-1, _HOP_ROWS).sum(axis=1) / HOP_SAMPLES)
