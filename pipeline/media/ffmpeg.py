"""Encodes, converts and copies audio with ffmpeg; the same input produces the same bytes."""

import os
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import numpy as np

from pipeline.errors import StorageError, fill
from pipeline.media import process
from pipeline.media.samples import RATE, Block

# an M4A with its index first, and with a duration exact to the sample instead of to the millisecond
MP4_OPTIONS = ("-movflags", "+faststart", "-movie_timescale", str(RATE), "-f", "ipod")

FLAC_OPTIONS = ("-c:a", "flac", "-sample_fmt", "s32", "-bits_per_raw_sample", "24", "-f", "flac")

_PAUSE_S = 0.012  # an encoder takes a little longer for what fits in a pipe
_BITEXACT = ("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact")  # else Opus has a random serial


@contextmanager
def write_atomically(out: str) -> Iterator[str]:
    """Yield a temporary name, which replaces ``out`` on success and is deleted on failure.

    Raises:
        StorageError: The file cannot be put in place.
    """
    partial = f"{out}.partial"
    try:
        yield partial
        Path(partial).replace(out)
    except OSError as error:
        raise StorageError(fill("cannot be written: {strerror}", strerror=error.strerror), where=out) from error
    finally:
        with suppress(OSError):
            Path(partial).unlink()


def encode(blocks: Iterable[Block], *, channels: int, out: str, options: Sequence[str]) -> None:
    """Encode audio to a file.

    Args:
        blocks: Blocks of shape (samples, channels), float32, full scale is 1.0, at 48 kHz.
        channels: Number of channels of each block.
        out: The file; on failure it is left as it was.
        options: ffmpeg options for the output: codec, bitrate, format.

    Raises:
        AudioError: ffmpeg failed.
        StorageError: The disk is full.
    """
    with write_atomically(out) as partial:
        source = ["-f", "f32le", "-ar", str(RATE), "-ac", str(channels), "-protocol_whitelist", "pipe", "-i", "pipe:0"]
        arguments = [*source, *_BITEXACT, *options, "-y", f"file:{partial}"]
        with closing(process.FfmpegProcess(arguments, stdin=subprocess.PIPE)) as child:
            code = _feed(child, blocks)
        process.require_success("cannot be encoded", code, child.lines, partial, where=out)


def transcode(
    source: str, out: str, *, options: Sequence[str], start_s: float = 0.0, stop_s: float | None = None
) -> None:
    """Convert a range of ``source`` inside one ffmpeg process.

    From FLAC, the range is exact to the sample where both times are whole samples and whole
    microseconds.

    Args:
        source: The file to read.
        out: The file to write.
        options: ffmpeg options for the output.
        start_s: Start of the range.
        stop_s: End of the range; ``None`` is the end of the file.

    Raises:
        AudioError: ffmpeg failed.
        StorageError: The disk is full.
    """
    start = [] if start_s == 0 else ["-ss", f"{start_s:.6f}"]
    stop = [] if stop_s is None else ["-t", f"{stop_s - start_s:.6f}"]
    output = ["-map", "0:a:0", *_BITEXACT, *options, "-y", f"file:{out}"]
    process.run_ffmpeg([*start, *stop, *process.build_input_arguments(source), *output], where=source, out=out)


def remux(source: str, out: str, *, metadata: str, options: Sequence[str]) -> None:
    """Copy the encoded audio of ``source`` into a new file with other metadata.

    Args:
        source: The file to read.
        out: The file to write.
        metadata: Text in FFmpeg's ffmetadata format.
        options: ffmpeg options for the output.

    Raises:
        AudioError: ffmpeg failed.
        StorageError: The disk is full.
    """
    tags = ["-f", "ffmetadata", "-protocol_whitelist", "pipe", "-i", "pipe:0"]
    output = ["-map", "0:a:0", "-map_metadata", "1", "-map_chapters", "1", "-c", "copy", "-fflags", "+bitexact"]
    argv = [*process.build_input_arguments(source), *tags, *output, *options, "-y", f"file:{out}"]
    process.run_ffmpeg(argv, where=source, out=out, stdin=metadata.encode())


def hash_packets(path: str) -> str:
    """Return the MD5 digest of the encoded audio packets, which does not depend on tags.

    Raises:
        AudioError: ffmpeg failed.
    """
    options = ["-map", "0:a:0", "-c", "copy", "-f", "md5", "pipe:1"]
    return process.run_ffmpeg([*process.build_input_arguments(path), *options], where=path).decode().strip()


def _feed(child: subprocess.Popen[bytes], blocks: Iterable[Block]) -> int:
    """Send all blocks to the child and return its exit code."""
    stdin = process.require_pipe(child.stdin)
    try:
        for block in blocks:
            _write_all(stdin.fileno(), np.ascontiguousarray(block, "<f4").data.cast("B"))
        stdin.close()
    except BrokenPipeError:
        child.wait()
        return child.returncode or 1
    return child.wait()


def _write_all(pipe: int, data: memoryview) -> None:
    """Write everything; when the pipe is full, sleep: a blocked writer would wake for each page."""
    os.set_blocking(pipe, False)
    while len(data):
        try:
            data = data[os.write(pipe, data) :]
        except BlockingIOError:
            time.sleep(_PAUSE_S)
