"""Decodes an audio file with ffmpeg into blocks of float32 samples."""

import struct
import subprocess
from collections.abc import Iterator, Sequence
from typing import IO, Self

import numpy as np

from pipeline.errors import AudioError
from pipeline.media import process
from pipeline.media.samples import RATE, Block


class Decoder:
    """The decoded audio of a file as an iterator of blocks of about one second, in constant memory.

    ``channels`` is known once the context is entered (0: no samples were decoded). ``error_messages``
    is complete once the blocks have ended. The child process never outlives the ``with`` block.
    """

    def __init__(
        self,
        path: str,
        *,
        sample_rate_hz: int | None = RATE,
        options: Sequence[str] = (),
        byte_range: tuple[int, int] | None = None,
    ) -> None:
        """Prepare decoding.

        Args:
            path: The file.
            sample_rate_hz: Rate to resample to; ``None`` keeps the rate of the file.
            options: ffmpeg options before the input.
            byte_range: Only these bytes, as raw samples.
        """
        rate = [] if sample_rate_hz is None else ["-ar", str(sample_rate_hz)]
        output = ["-map", "0:a:0", *rate, "-c:a", "pcm_f32be", "-f", "au", "pipe:1"]  # AU: its header has the channels
        self._arguments = [*options, *process.build_input_arguments(path, byte_range), *output]
        self._path = path
        self.channels = 0
        self.sample_rate_hz = 0
        self.error_messages: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        """Start the child and read the header of its output."""
        self._child = process.FfmpegProcess(self._arguments, stdout=subprocess.PIPE)
        try:
            self._read_header(process.require_pipe(self._child.stdout))
        except BaseException:  # Ctrl-C too: the child must not keep running
            self._child.close()
            raise
        return self

    def _read_header(self, stdout: IO[bytes]) -> None:
        header = stdout.read(24)
        if len(header) == 24:  # a file without samples has no output at all
            _, offset, _, _, self.sample_rate_hz, self.channels = struct.unpack(">4s5I", header)
            stdout.read(offset - 24)

    def __exit__(self, *exception: object) -> None:
        """Kill the child, whatever happened."""
        self._child.close()

    def __iter__(self) -> Iterator[Block]:
        """Yield the blocks, shape (samples, channels), float32.

        Each channel is contiguous in memory.

        Raises:
            AudioError: ffmpeg failed.
        """
        stdout = process.require_pipe(self._child.stdout)
        frame_bytes = 4 * max(1, self.channels)
        buffer = memoryview(bytearray(max(1, self.sample_rate_hz) * frame_bytes))
        while self.channels and (size := _fill(buffer, stdout)):
            samples = np.frombuffer(buffer[: size // frame_bytes * frame_bytes], ">f4").reshape(-1, self.channels).T
            yield samples.astype(np.float32, order="C").T
        stdout.read()
        code, lines = self._child.finish(), self._child.lines
        self.error_messages = tuple(process.clean_message(line, self._path) for line in lines)
        if code != 0:
            reason = process.summarise_messages(lines, self._path)
            raise AudioError(f"cannot be decoded ({reason})", where=self._path)


def _fill(buffer: memoryview, stream: IO[bytes]) -> int:
    """Read until ``buffer`` is full or the stream ends; return the number of bytes read."""
    size = 0
    while size < len(buffer) and (count := stream.readinto(buffer[size:])):  # type: ignore[attr-defined]  # a pipe has it
        size += count
    return size
