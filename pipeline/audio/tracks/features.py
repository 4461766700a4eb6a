"""The sound of each file in a form that is quick to compare: 8 kHz, and spectral flux in 12 bands, on disk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from pathlib import Path

import numpy as np

from pipeline.audio.io.pcm import PcmReader, is_plain_pcm, open_at_native_rate, silence_invalid
from pipeline.audio.io.probe import RecordingPart
from pipeline.audio.parallel import map_parallel
from pipeline.audio.tracks.resampling import ClockConverter, resample
from pipeline.errors import AudioError
from pipeline.media.decoder import Decoder
from pipeline.media.samples import Block, Float16Array, Float32Array

COMPARISON_HZ = 8_000
FRAMES_PER_S = 100
BANDS = 12

_HOP, _WINDOW = COMPARISON_HZ // FRAMES_PER_S, 256
_EDGES_HZ = np.geomspace(200.0, 3800.0, BANDS + 1)
_RANGE = 4.0  # powers of ten below the loud frames of a band: less is noise
_CLIPPED = 0.998
_BATCH = 256  # frames whose transforms fit in the processor's cache
_CHUNK_S = 60
_CONTEXT_S = 1  # of a chunk on both sides: longer than any resampling filter

_HANN: Float32Array = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
_BIN_HZ = np.fft.rfftfreq(_WINDOW, 1 / COMPARISON_HZ)
_BAND_WEIGHTS: Float32Array = np.stack(
    [(low <= _BIN_HZ) & (high > _BIN_HZ) for low, high in pairwise(_EDGES_HZ.tolist())], axis=1
).astype(np.float32)
_PART_WEIGHTS = np.repeat(_BAND_WEIGHTS, 2, axis=0)  # real and imaginary parts alternate


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChannel:
    """One channel of a file; -1 is the mean of all."""

    part: RecordingPart
    channel: int = -1
    file: int = 0  # number of the file

    @property
    def name(self) -> str:
        """File name without folder, and the number of the channel if it is one of several."""
        name = Path(self.part.path).name
        return name if self.channel < 0 else f"{name}:{self.channel + 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSignal:
    """The sound of one file at 8 kHz, and its features, both on disk."""

    source: SourceChannel
    folder: Path
    name: str
    samples: int  # of the file at its own rate
    sample_rate_hz: int
    peak: float  # full scale is 1.0
    clipped: int  # samples at full scale

    @property
    def duration_s(self) -> float:
        """Duration by the clock of its recorder."""
        return self.samples / self.sample_rate_hz

    @property
    def frames(self) -> int:
        """Number of frames of features."""
        return _count_frames(self.comparison_samples)

    @property
    def comparison_samples(self) -> int:
        """Number of samples at 8 kHz."""
        return self.samples * COMPARISON_HZ // self.sample_rate_hz

    def read(self, first: int, last: int) -> Float32Array:
        """Read samples at 8 kHz; outside the file there is silence.

        Returns:
            Shape (last - first,), float32, full scale is 1.0.
        """
        result = np.zeros(last - first, np.float32)
        start, stop = max(first, 0), min(last, self.comparison_samples)
        if start < stop:
            with _sound_path(self.folder, self.name).open("rb") as file:
                file.seek(4 * start)
                result[start - first : stop - first] = np.fromfile(file, np.float32, stop - start)
        return result

    def read_features(self, first: int, last: int) -> Float32Array:
        """Read features of 10 ms frames; outside the file they are 0.

        Returns:
            Shape (12, last - first), float32: half-wave spectral flux, mean removed.
        """
        result = np.zeros((BANDS, last - first), np.float32)
        start, stop = max(first, 0), min(last, self.frames)
        if start < stop:
            with _features_path(self.folder, self.name).open("rb") as file:
                file.seek(2 * BANDS * start)
                values = np.fromfile(file, np.float16, BANDS * (stop - start))
            result[:, start - first : stop - first] = values.reshape(-1, BANDS).T
        return result


@dataclass(slots=True)
class _Piece:
    """What is known of a piece of a file once it was read."""

    samples: int = 0  # at the rate of the file
    sample_rate_hz: int = 0
    peak: float = 0.0
    clipped: int = 0
    bands: list[Float16Array] = field(default_factory=list)  # shape (frames, 12): log10 of energies

    def measure(self, mono: Float32Array, rate: int) -> None:
        peak = max(float(mono.max(initial=0)), -float(mono.min(initial=0)))
        self.samples, self.sample_rate_hz = self.samples + len(mono), rate
        self.peak = max(self.peak, peak)
        if peak >= _CLIPPED:
            self.clipped += int(np.count_nonzero(np.abs(mono) >= _CLIPPED))


def extract_features(
    sources: Sequence[SourceChannel], folder: Path, *, workers: int | None = None
) -> tuple[TrackSignal, ...]:
    """Read files once, and write their sound at 8 kHz and their features to ``folder``.

    Plain PCM is read in chunks on all cores, anything else as a stream, one file a core.

    Args:
        sources: The files.
        folder: An existing folder; it gets 124 MB an hour and file.
        workers: Number of workers; the number of cores by default.

    Raises:
        AudioError: A file cannot be read.
    """
    order = sorted(range(len(sources)), key=lambda number: is_plain_pcm(sources[number].part))  # streams take longest
    counts = {number: _count_chunks(sources[number].part) for number in order}
    items = [(number, chunk) for number in order for chunk in range(counts[number])]
    results = map_parallel(lambda item: _read_piece(sources[item[0]], folder, *item), items, workers=workers)
    signals = {}
    for number in order:  # one file after the other, so that the pieces of a single one are in memory
        pieces = list(islice(results, counts[number]))
        signals[number] = _join_pieces(sources[number], folder, str(number), pieces)
    results.close()
    return tuple(signals[number] for number in range(len(sources)))


def pick_channel(block: Block, channel: int) -> Float32Array:
    """Return one channel of a block, or the mean of all for -1; shape (samples,), float32."""
    if channel >= 0:
        return block[:, channel]
    return block[:, 0] if block.shape[1] == 1 else block.mean(axis=1, dtype=np.float32)


def _count_frames(samples: int) -> int:
    return max(0, (samples - _WINDOW) // _HOP + 1)


def _sound_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.8k.f32"


def _features_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.flux.f16"


def _count_chunks(part: RecordingPart) -> int:
    if not is_plain_pcm(part):
        return 1
    with open_at_native_rate(part) as reader:
        if not isinstance(reader, PcmReader):  # a rate that nothing can process directly
            return 1
        return max(1, -(-reader.samples // (reader.sample_rate_hz * _CHUNK_S)))


def _read_piece(source: SourceChannel, folder: Path, number: int, chunk: int) -> _Piece:
    path = _sound_path(folder, str(number))
    with open_at_native_rate(source.part) as reader:
        if isinstance(reader, PcmReader):
            return _read_chunk(source, reader, path, chunk)
        piece, tail = _Piece(), np.zeros(0, np.float32)
        converter = ClockConverter(from_hz=reader.sample_rate_hz or COMPARISON_HZ, to_hz=COMPARISON_HZ)
        with path.open("wb") as file:
            for mono in _iter_stream(source, reader, piece):
                sound = converter.convert(mono, last=not len(mono))
                sound.tofile(file)
                tail = np.concatenate([tail, sound])
                frames = _count_frames(len(tail))
                piece.bands.append(_compute_bands(tail, frames))
                tail = tail[frames * _HOP :]
        return piece


def _iter_stream(source: SourceChannel, reader: Decoder, piece: _Piece) -> Iterator[Float32Array]:
    """Yield the sound of a file that is decoded, and an empty block at its end."""
    for block in reader:
        mono = pick_channel(silence_invalid(reader, block), source.channel)
        piece.measure(mono, reader.sample_rate_hz)
        yield mono
    yield np.zeros(0, np.float32)


def _read_chunk(source: SourceChannel, reader: PcmReader, path: Path, chunk: int) -> _Piece:
    """Read one chunk with the sound around it, so that no result depends on the chunk."""
    rate = reader.sample_rate_hz
    first = chunk * _CHUNK_S * rate
    before = _CONTEXT_S * rate if chunk else 0
    block = reader.read_range(first - before, first + (_CHUNK_S + _CONTEXT_S) * rate)
    mono = pick_channel(silence_invalid(reader, block), source.channel)
    piece = _Piece()
    piece.measure(mono[before : before + _CHUNK_S * rate], rate)
    sound = resample(mono, from_hz=rate, to_hz=COMPARISON_HZ)[before * COMPARISON_HZ // rate :]
    _write_at(path, chunk * _CHUNK_S * COMPARISON_HZ, sound[: piece.samples * COMPARISON_HZ // rate])
    in_file = _count_frames(reader.samples * COMPARISON_HZ // rate)
    frames = min(_CHUNK_S * FRAMES_PER_S, in_file - chunk * _CHUNK_S * FRAMES_PER_S)
    piece.bands.append(_compute_bands(sound, max(0, frames)))
    return piece


def _write_at(path: Path, first: int, sound: Float32Array) -> None:
    path.touch()
    with path.open("r+b") as file:
        file.seek(4 * first)
        sound.tofile(file)


def _compute_bands(sound: Float32Array, frames: int) -> Float16Array:
    """Compute log10 of the energy in each band, shape (frames, 12)."""
    result = np.empty((frames, BANDS), np.float16)
    if frames:
        windows = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[: frames * _HOP : _HOP]
    for first in range(0, frames, _BATCH):
        spectra = np.fft.rfft(windows[first : first + _BATCH] * _HANN, axis=1)
        parts = spectra.view(np.float32).reshape(len(spectra), -1)
        energies = np.square(parts) @ _PART_WEIGHTS
        result[first : first + _BATCH] = np.log10(energies + np.float32(1e-12))
    return result


def _join_pieces(source: SourceChannel, folder: Path, name: str, pieces: Sequence[_Piece]) -> TrackSignal:
    """Compute the features of a file from the band energies of its pieces, and write them."""
    signal = TrackSignal(
        source=source,
        folder=folder,
        name=name,
        samples=sum(piece.samples for piece in pieces),
        sample_rate_hz=max((piece.sample_rate_hz for piece in pieces), default=0) or COMPARISON_HZ,
        peak=max(piece.peak for piece in pieces),
        clipped=sum(piece.clipped for piece in pieces),
    )
    if not signal.samples:
        raise AudioError("contains no audio", where=source.part.path, hint="Leave it out.")
    bands = np.concatenate([band for piece in pieces for band in piece.bands])[: signal.frames]
    flux = np.zeros((signal.frames, BANDS), np.float16)
    for band in range(BANDS if signal.frames else 0):  # one band at a time keeps memory low
        energies = bands[:, band].astype(np.float32)
        floor = np.percentile(energies, 95) - _RANGE
        rise = np.diff(np.maximum(energies, floor), prepend=np.maximum(energies[:1], floor)).clip(min=0)
        rise = np.minimum(rise, np.percentile(rise, 99))
        flux[: len(rise), band] = (rise - rise.mean()) / (rise.std() + 1e-6)
    flux.tofile(_features_path(folder, name))
    return signal
