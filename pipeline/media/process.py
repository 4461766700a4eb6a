"""The ffmpeg process: input arguments, standard error, and errors for its failures.

ffmpeg gets argument lists and never a shell, no network, and no file except the ones named here.
"""

import errno
import os
import re
import subprocess
import threading
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL
from typing import IO

from pipeline.errors import AudioError, StorageError, fill, make_message
from pipeline.media.executable import find_ffmpeg

_PIPE_BYTES = 2**20  # size of a pipe, where the system allows it: fewer context switches

_WRITE_ERRORS = ("Error writing trailer", "Error closing file")
_FORMATS = (  # of recorders, phones, cameras and meeting tools; none of them names other files or addresses
    "wav,w64,aiff,caf,mp3,flac,ogg,mov,matroska,aac,asf,avi,mpegts,mpeg,ac3,eac3,amr,amrnb,amrwb,wv,au"
)
_RAW_FORMATS = "u8,s8,s16le,s16be,s24le,s24be,s32le,s32be,f32le,f32be,f64le,f64be"  # only where we name a byte range


def build_input_arguments(path: str, byte_range: tuple[int, int] | None = None) -> list[str]:
    """Build the arguments that open one plain file.

    Only known demuxers and plain files are allowed, so a playlist named ``.wav`` opens nothing
    else. With one thread, messages about damage are in the order of the file.

    Args:
        path: Any file name; ``file:`` in front keeps ffmpeg from taking it for a protocol.
        byte_range: First byte and the byte after the last, where raw samples are read instead of a
            container.
    """
    subfile = f"subfile,,start,{byte_range[0]},end,{byte_range[1]},,:" if byte_range else ""
    protocols, formats = ("file,subfile", f"{_FORMATS},{_RAW_FORMATS}") if byte_range else ("file", _FORMATS)
    return [
        "-threads",
        "1",
        "-protocol_whitelist",
        protocols,
        "-format_whitelist",
        formats,
        "-i",
        f"{subfile}file:{path}",
    ]


def build_command(arguments: Iterable[str], *, log_level: str = "error") -> list[str]:
    """Build the command line of ffmpeg."""
    return [str(find_ffmpeg()), "-hide_banner", "-nostdin", "-v", log_level, *arguments]


def run_ffmpeg(arguments: Iterable[str], *, where: str, out: str = "", stdin: bytes = b"") -> bytes:
    """Run ffmpeg to its end and return its standard output.

    Raises:
        AudioError: ffmpeg failed.
        StorageError: The disk is full.
    """
    completed = subprocess.run(build_command(arguments), input=stdin, capture_output=True, check=False)
    lines = completed.stderr.decode(errors="replace").splitlines()
    require_success("ffmpeg failed", completed.returncode, lines, where, where=where, out=out)
    return completed.stdout


def require_success(failure: str, code: int, lines: Iterable[str], path: str, *, where: str, out: str = "") -> None:
    """Raise an error if ffmpeg failed: the system's reason where the disk is full, else ffmpeg's message.

    ffmpeg 5.1 reports that it could not finalise a file, and exits with 0 nevertheless.

    Args:
        failure: What failed, for the message.
        code: Exit code.
        lines: Standard error.
        path: A file name to leave out of ffmpeg's message.
        where: The file that the error is about.
        out: The file that was written, if it is another.

    Raises:
        AudioError: ffmpeg failed.
        StorageError: The disk is full.
    """
    if code == 0 and not any(text in line for line in lines for text in _WRITE_ERRORS):
        return
    for reason in (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT), os.strerror(errno.EFBIG)):
        if any(reason in line for line in lines):
            raise StorageError(fill("cannot be written: {strerror}", strerror=reason), where=out or where)
    raise AudioError(
        fill(
            "{failure} ({reason})", failure=make_message(failure), reason=make_message(summarise_messages(lines, path))
        ),
        where=where,
    )


class FfmpegProcess(subprocess.Popen[bytes]):
    """A running ffmpeg. A thread reads its standard error, so it never blocks."""

    def __init__(self, arguments: Iterable[str], *, stdin: int = DEVNULL, stdout: int = DEVNULL) -> None:
        """Start it."""
        command = build_command(arguments)
        super().__init__(command, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, pipesize=_PIPE_BYTES)
        self.lines: deque[str] = deque(maxlen=8)  # the last of standard error; complete after ``finish``
        self._reader = threading.Thread(target=self._read_lines, daemon=True)
        self._reader.start()

    def _read_lines(self) -> None:
        stream = require_pipe(self.stderr)
        for line in iter(lambda: stream.readline(2000), b""):
            self.lines.append(line.decode(errors="replace").rstrip())

    def finish(self) -> int:
        """Wait for its end, and return the exit code."""
        self.wait()
        self._reader.join()
        return self.returncode

    def close(self) -> None:
        """Kill it, wait for it, and close its pipes."""
        self.kill()
        self.finish()
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()


def require_pipe(stream: IO[bytes] | None) -> IO[bytes]:
    """Return a pipe of a child that was started with it."""
    if stream is None:
        raise ValueError("the child was started without this pipe")
    return stream


def clean_message(line: str, path: str) -> str:
    """Remove addresses, which differ in each run, and the path, which our messages name already."""
    return re.sub(r" @ 0x[0-9a-f]+", "", line).replace(f"file:{path}: ", "").replace(path, Path(path).name).strip()


def summarise_messages(lines: Iterable[str], path: str) -> str:
    """Join the last two distinct messages."""
    cleaned = [clean_message(line, path) for line in lines]
    return "; ".join(dict.fromkeys(line for line in cleaned[-2:] if line))
