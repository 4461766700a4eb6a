"""Decodes an audio file with ffmpeg into blocks of float32 samples."""

import struct
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Self

import numpy as np

from pipeline.errors import AudioError, fill, make_message
from pipeline.media import process
from pipeline.media.samples import RATE, Block


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampGap:
    """Time in which a stream has no samples; silence takes its place."""

    at_s: float  # seconds of decoded audio before it, without the silence of earlier gaps
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamInput:
    """An audio stream of a file to decode, and its gaps in order of time."""

    index: int = 0  # among the audio streams
    gaps: tuple[TimestampGap, ...] = ()
    more_ranges: tuple[tuple[int, int], ...] = ()  # of raw samples that follow the first byte range


class Decoder:
    """The decoded audio of a file as an iterator of blocks of about one second, in constant memory.

    Several streams become the channels of one signal. ``channels`` is known once the context is
    entered (0: no samples were decoded). ``error_messages`` is complete once the blocks have ended.
    No child process outlives the ``with`` block.
    """

    def __init__(
        self,
        path: str,
        *,
        sample_rate_hz: int | None = RATE,
        options: Sequence[str] = (),
        byte_range: tuple[int, int] | None = None,
        streams: Sequence[StreamInput] = (StreamInput(),),
    ) -> None:
        """Prepare decoding.

        Args:
            path: The file.
            sample_rate_hz: Rate to resample to; ``None`` keeps the rate of the file.
            options: ffmpeg options before the input.
            byte_range: Only these bytes, as raw samples.
            streams: The audio streams to decode; several must have one sample rate, or be resampled.
        """
        rate = [] if sample_rate_hz is None else ["-ar", str(sample_rate_hz)]
        self._streams = [
            _StreamDecoder(
                path,
                stream,
                [
                    [*options, *process.build_input_arguments(path, one), *_select(stream), *rate, "pipe:1"]
                    for one in (byte_range, *stream.more_ranges)
                ],
            )
            for stream in streams
        ]
        self.channels = 0
        self.sample_rate_hz = 0
        self.error_messages: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        """Start the children and read the headers of their output."""
        try:
            for stream in self._streams:
                stream.start()
        except BaseException:  # Ctrl-C too: no child must keep running
            self.__exit__()
            raise
        self.channels = sum(stream.channels for stream in self._streams)
        self.sample_rate_hz = max(stream.sample_rate_hz for stream in self._streams)
        return self

    def __exit__(self, *exception: object) -> None:
        """Kill the children, whatever happened."""
        for stream in self._streams:
            stream.close()

    def __iter__(self) -> Iterator[Block]:
        """Yield the blocks, shape (samples, channels), float32.

        Each channel is contiguous in memory.

        Raises:
            AudioError: ffmpeg failed.
        """
        yield from self._streams[0] if len(self._streams) == 1 else _join(self._streams)
        self.error_messages = tuple(message for stream in self._streams for message in stream.error_messages)


def _select(stream: StreamInput) -> list[str]:
    # time stamps that go back would be errors of the output; AU: its header has the channels
    return ["-map", f"0:a:{stream.index}", "-af", "asetpts=N", "-c:a", "pcm_f32be", "-f", "au"]


class _StreamDecoder:
    """One stream, decoded by one ffmpeg; or by several in turn, one for each byte range."""

    def __init__(self, path: str, stream: StreamInput, ranges: Sequence[Sequence[str]]) -> None:
        self._path, self._gaps = path, stream.gaps
        self._waiting = list(ranges)  # arguments of each ffmpeg
        self._child: process.FfmpegProcess | None = None
        self.channels = 0
        self.sample_rate_hz = 0
        self.error_messages: tuple[str, ...] = ()

    def start(self) -> None:
        self.close()
        self._child = process.FfmpegProcess(self._waiting.pop(0), stdout=subprocess.PIPE)
        stdout = process.require_pipe(self._child.stdout)
        header = stdout.read(24)
        if len(header) == 24:  # a file without samples has no output at all
            _, offset, _, _, self.sample_rate_hz, self.channels = struct.unpack(">4s5I", header)
            stdout.read(offset - 24)

    def close(self) -> None:
        if self._child:
            self._child.close()

    def __iter__(self) -> Iterator[Block]:
        return self._insert_silence(self._iter_decoded()) if self._gaps else self._iter_decoded()

    def _iter_decoded(self) -> Iterator[Block]:
        yield from self._iter_range()
        while self._waiting:
            self.start()
            yield from self._iter_range()

    def _iter_range(self) -> Iterator[Block]:
        if self._child is None:
            raise ValueError("the decoder was not entered")
        stdout = process.require_pipe(self._child.stdout)
        frame_bytes = 4 * max(1, self.channels)
        buffer = memoryview(bytearray(max(1, self.sample_rate_hz) * frame_bytes))
        while self.channels and (size := _fill(buffer, stdout)):
            samples = np.frombuffer(buffer[: size // frame_bytes * frame_bytes], ">f4").reshape(-1, self.channels).T
            yield samples.astype(np.float32, order="C").T
        stdout.read()
        code, lines = self._child.finish(), self._child.lines
        self.error_messages += tuple(process.clean_message(line, self._path) for line in lines)
        if code != 0:
            reason = process.summarise_messages(lines, self._path)
            raise AudioError(fill("cannot be decoded ({reason})", reason=make_message(reason)), where=self._path)

    def _insert_silence(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """Insert the silence of the gaps; each ends where its time stamp says, to the sample."""
        gaps, start, silent_s, silent = list(self._gaps), 0, 0.0, 0
        for block in blocks:
            rest = block
            while gaps and (at := round(gaps[0].at_s * self.sample_rate_hz)) < start + len(rest):
                if at > start:
                    yield rest[: at - start]
                    start, rest = at, rest[at - start :]
                silent_s += gaps.pop(0).duration_s
                count = round(silent_s * self.sample_rate_hz) - silent
                yield from self._iter_silence(count)
                silent += count
            yield rest
            start += len(rest)

    def _iter_silence(self, samples: int) -> Iterator[Block]:
        for first in range(0, samples, self.sample_rate_hz):
            yield _create_silence(min(self.sample_rate_hz, samples - first), self.channels)


def _create_silence(samples: int, channels: int) -> Block:
    return np.zeros((channels, samples), np.float32).T


def _join(streams: Sequence[_StreamDecoder]) -> Iterator[Block]:
    """Join streams as channels; shorter ones end in silence."""
    sources = [iter(stream) for stream in streams]
    held = [_create_silence(0, stream.channels) for stream in streams]
    while True:
        for number, source in enumerate(sources):
            if not len(held[number]):
                held[number] = next(source, held[number])
        size = min((len(block) for block in held if len(block)), default=0)
        if size == 0:
            return
        pieces = [block[:size] if len(block) else _create_silence(size, block.shape[1]) for block in held]
        yield np.concatenate([piece.T for piece in pieces]).T
        held = [block[size:] for block in held]


def _fill(buffer: memoryview, stream: IO[bytes]) -> int:
    """Read until ``buffer`` is full or the stream ends; return the number of bytes read."""
    size = 0
    while size < len(buffer) and (count := stream.readinto(buffer[size:])):  # type: ignore[attr-defined]  # a pipe has it
        size += count
    return size
