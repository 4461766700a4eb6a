"""Owns the ffmpeg process: sound comes in and goes out as blocks of float32. The doorway to ffmpeg.

ffmpeg gets argument lists and never a shell, no network, and no file but the one it is told of.
"""

import errno
import os
import re
import struct
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import AudioError, StoreError, WeerslagError
from pipeline.media.executable import find

RATE = 48_000  # everything in this room runs at this rate
UNREADABLE = "it cannot be read as sound"
Block = NDArray[np.float32]  # shape (samples, channels); full scale is 1.0

_FORMATS = "wav,w64,aiff,caf,mp3,flac,ogg,mov,matroska,aac"
_BARE = "u8,s8,s16le,s16be,s24le,s24be,s32le,s32be,f32le,f32be,f64le,f64be"  # samples without a header: where we name the bytes
# an M4A with its index first, and its length to the sample, not the ms
MP4 = ("-movflags", "+faststart", "-movie_timescale", str(RATE), "-f", "ipod")
_PIPE = 2**20  # bytes that fit into a pipe, where the system allows it: fewer turns
_PAUSE_S = 0.012  # an encoder takes a little longer for what fits in
_QUIET = ("-hide_banner", "-nostdin", "-v", "error")
_BITEXACT = (
    "-map_metadata",
    "-1",
    "-fflags",
    "+bitexact",
    "-flags:a",
    "+bitexact",
)  # else Opus has a random serial number


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a file says about itself; nothing of it is proven until it is decoded."""

    format: str  # ffmpeg's name of the container: wav, mp3, mov …
    codec: str  # pcm_s16le, aac …
    layout: str  # mono, stereo, 5.1, 8 channels …
    channels: int  # as the layout says; 0: it has a name that does not tell
    sample_rate_hz: int
    declared_s: float | None  # None: it does not say, or ffmpeg would be guessing
    sounds: int  # how many sound streams; the first is used


# -------------------------------------------------------------------------------------------------------------- reading


def probe(path: str) -> Probe:
    """What ``path`` says it holds.

    Raises:
        AudioError: it cannot be opened as sound, or has none in it.
    """
    # without an output ffmpeg tells what it sees and ends with an error: no ffprobe is needed
    argv = [str(find()), "-hide_banner", "-nostdin", *_reading(path)]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return _as_probe(path, done.stderr.decode(errors="replace").splitlines())


def _as_probe(path: str, lines: Sequence[str]) -> Probe:
    # metadata stand four spaces in, so that a title cannot pass for a stream
    told = "\n".join(lines)
    container = re.search(r"^Input #0, (\w+)", told, re.MULTILINE)
    streams = re.findall(r"^  Stream #0:\d\S*: Audio: (\w+).*?, (\d+) Hz, ([^,\n]+)", told, re.MULTILINE)
    if container is None or not streams:
        raise AudioError(*_unreadable(path, lines, opened=container is not None), where=path)
    length = re.search(r"^  Duration: (\d+):(\d\d):(\d\d\.\d+)", told, re.MULTILINE)
    codec, rate, layout = streams[0]
    known = length is not None and "Estimating duration from bitrate" not in told
    return Probe(
        format=container[1],
        codec=codec,
        layout=layout.strip(),
        channels=_channels(layout.strip()),
        sample_rate_hz=int(rate),
        declared_s=int(length[1]) * 3600 + int(length[2]) * 60 + float(length[3]) if known and length else None,
        sounds=len(streams),
    )


def _channels(layout: str) -> int:
    if layout in ("mono", "stereo"):
        return 1 if layout == "mono" else 2
    if counted := re.match(r"(\d+) channels", layout):
        return int(counted[1])
    named = re.match(r"(\d)\.(\d)", layout)  # 5.1(side): five, and one for the bass
    return int(named[1]) + int(named[2]) if named else 0


def _unreadable(path: str, lines: Sequence[str], *, opened: bool) -> tuple[str]:
    if opened:
        return ("there is no sound in it that can be decoded",)
    reason = _tail([line for line in lines if line.startswith(("file:", "["))], path)
    return (f"{UNREADABLE} ({reason})" if reason else UNREADABLE,)


class Decoding:
    """The sound of a file as an iterator of blocks of about one second, in constant memory.

    ``channels`` is known once it is entered (0: nothing came out). ``complaints`` is complete once the blocks ended.
    The child never outlives the ``with``.
    """

    def __init__(
        self,
        path: str,
        *,
        sample_rate_hz: int | None = RATE,
        options: Sequence[str] = (),
        span: tuple[int, int] | None = None,
    ) -> None:
        """``sample_rate_hz=None`` keeps the file's own rate; ``options`` stand before the input; ``span``: these bytes only."""
        rate = [] if sample_rate_hz is None else ["-ar", str(sample_rate_hz)]
        whole = ["-map", "0:a:0", *rate, "-c:a", "pcm_f32be", "-f", "au", "pipe:1"]  # AU: its head tells the channels
        self._argv = [str(find()), *_QUIET, *options, *_reading(path, span), *whole]
        self._path = path
        self.channels = 0
        self.sample_rate_hz = 0
        self.complaints: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        """Start the child and read the head of what it sends."""
        self._child = subprocess.Popen(
            self._argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pipesize=_PIPE
        )
        self._talk = _Talk(_pipe(self._child.stderr))
        try:
            self._read_head(_pipe(self._child.stdout))
        except BaseException:  # Ctrl-C too: the child must not stay behind
            self.__exit__(None, None, None)
            raise
        return self

    def _read_head(self, stdout: IO[bytes]) -> None:
        head = stdout.read(24)
        if len(head) == 24:  # nothing at all comes out of a file without samples
            _, offset, _, _, self.sample_rate_hz, self.channels = struct.unpack(">4s5I", head)
            stdout.read(offset - 24)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill the child, whatever happened."""
        _end(self._child)
        self._talk.join()

    def __iter__(self) -> Iterator[Block]:
        """The blocks.

        Raises:
            AudioError: ffmpeg gave up.
        """
        stdout = _pipe(self._child.stdout)
        frame = 4 * max(1, self.channels)
        raw = memoryview(bytearray(max(1, self.sample_rate_hz) * frame))
        while self.channels and (size := _filled(stdout, raw)):
            sound = np.frombuffer(raw[: size // frame * frame], ">f4").reshape(-1, self.channels).T
            yield sound.astype(np.float32, order="C").T  # each channel by itself in memory
        stdout.read()
        code = self._child.wait()
        self._talk.join()
        self.complaints = tuple(_clean(line, self._path) for line in self._talk.lines)
        if code != 0:
            raise AudioError(f"it cannot be decoded ({_tail(self._talk.lines, self._path)})", where=self._path)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlacLength:
    """How much sound a FLAC says it holds."""

    samples: int
    channels: int


def flac_length(path: str) -> FlacLength:
    """What the head of a master says; whoever encodes it finds out whether that is so.

    Source: RFC 9639, 8.2 (streaminfo).

    Raises:
        AudioError: it is no FLAC at 48 kHz, or holds no sound.
    """
    again = "Delete it; the next build makes it again."
    try:
        with Path(path).open("rb") as file:
            head = file.read(26)
    except OSError as error:
        raise AudioError(f"the master cannot be opened: {error.strerror}", where=path, hint=again) from error
    packed = int.from_bytes(head[18:26], "big")  # 20 bits of rate, 3 of channels, 5 of depth, 36 of samples
    if len(head) < 26 or head[:4] != b"fLaC" or packed >> 44 != RATE:
        raise AudioError("the master is no FLAC at 48 kHz", where=path, hint=again)
    length = FlacLength(samples=packed & (1 << 36) - 1, channels=(packed >> 41 & 7) + 1)
    if not length.samples:
        raise AudioError("the master holds no sound", where=path, hint=again)
    return length


def packets_digest(path: str) -> str:
    """The md5 of the encoded sound itself, whatever tags stand around it."""
    options = ["-map", "0:a:0", "-c", "copy", "-f", "md5", "pipe:1"]
    return _run([*_QUIET, *_reading(path), *options], where=path).decode().strip()


# -------------------------------------------------------------------------------------------------------------- writing


@contextmanager
def replacing(out: str) -> Iterator[str]:
    """A name to write under, beside ``out``; it takes the place of ``out`` when all went well, and is gone when not.

    Raises:
        StoreError: it cannot be put in place.
    """
    partial = f"{out}.partial"
    try:
        yield partial
        Path(partial).replace(out)
    except OSError as error:
        raise StoreError(f"it cannot be written: {error.strerror}", where=out) from error
    finally:
        with suppress(OSError):
            Path(partial).unlink()


def encode(blocks: Iterable[Block], *, channels: int, out: str, options: Sequence[str]) -> None:
    """Write ``blocks`` to ``out``, encoded as ``options`` say; the same blocks give the same bytes.

    Raises:
        AudioError: ffmpeg gave up; nothing stands at ``out`` that did not stand there before.
        StoreError: the disk is full.
    """
    with replacing(out) as partial:
        sound = ["-f", "f32le", "-ar", str(RATE), "-ac", str(channels), "-protocol_whitelist", "pipe", "-i", "pipe:0"]
        argv = [str(find()), *_QUIET, *sound, *_BITEXACT, *options, "-y", f"file:{partial}"]
        child = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, pipesize=_PIPE
        )
        talk = _Talk(_pipe(child.stderr))
        try:
            code = _feed(child, blocks)
        finally:
            _end(child)
            talk.join()
        if code != 0 or _is_cut_short(talk.lines):
            raise _gave_up("it cannot be encoded", talk.lines, partial, where=out)


def transcode(
    source: str,
    out: str,
    *,
    options: Sequence[str],
    start_s: float = 0.0,
    stop_s: float | None = None,
) -> None:
    """Encode a stretch of ``source`` into ``out``, all of it inside ffmpeg; the same gives the same bytes.

    In FLAC the stretch is exact to the sample where both times are whole samples and whole microseconds.

    Raises:
        AudioError: ffmpeg gave up.
    """
    begin = [] if start_s == 0 else ["-ss", f"{start_s:.6f}"]
    end = [] if stop_s is None else ["-t", f"{stop_s - start_s:.6f}"]
    whole = ["-map", "0:a:0", *_BITEXACT, *options, "-y", f"file:{out}"]
    _run([*_QUIET, *begin, *end, *_reading(source), *whole], where=source, out=out)


def _feed(child: subprocess.Popen[bytes], blocks: Iterable[Block]) -> int:
    stdin = _pipe(child.stdin)
    try:
        for block in blocks:
            _fill(stdin.fileno(), np.ascontiguousarray(block, "<f4").data.cast("B"))
        stdin.close()
    except BrokenPipeError:
        child.wait()
        return child.returncode or 1
    return child.wait()


def _fill(pipe: int, sound: memoryview) -> None:
    """Write all of it; while the pipe is full, wait for more than the one page that would wake a writer that waits in it."""
    os.set_blocking(pipe, False)
    while len(sound):
        try:
            sound = sound[os.write(pipe, sound) :]
        except BlockingIOError:
            time.sleep(_PAUSE_S)


def remux(source: str, out: str, *, metadata: str, options: Sequence[str]) -> None:
    """Copy the sound of ``source``, untouched, into a new file with ``metadata`` (FFmpeg's ffmetadata text) around it.

    Raises:
        AudioError: ffmpeg gave up.
    """
    beside = ["-f", "ffmetadata", "-protocol_whitelist", "pipe", "-i", "pipe:0"]
    chosen = ["-map", "0:a:0", "-map_metadata", "1", "-map_chapters", "1", "-c", "copy", "-fflags", "+bitexact"]
    argv = [*_QUIET, *_reading(source), *beside, *chosen, *options, "-y", f"file:{out}"]
    _run(argv, where=source, out=out, stdin=metadata.encode())


# --------------------------------------------------------------------------------------------------------------- within


def _reading(path: str, span: tuple[int, int] | None = None) -> list[str]:
    # only these demuxers and only plain files: a playlist inside a .wav opens nothing; "file:" before any name at all
    # one thread: what it says about damage comes in the order of the file
    part = f"subfile,,start,{span[0]},end,{span[1]},,:" if span else ""
    allowed, formats = ("file,subfile", f"{_FORMATS},{_BARE}") if span else ("file", _FORMATS)
    return ["-threads", "1", "-protocol_whitelist", allowed, "-format_whitelist", formats, "-i", f"{part}file:{path}"]


def _run(arguments: Sequence[str], *, where: str, out: str = "", stdin: bytes = b"") -> bytes:
    done = subprocess.run([str(find()), *arguments], input=stdin, capture_output=True, check=False)
    lines = done.stderr.decode(errors="replace").splitlines()
    if done.returncode != 0 or _is_cut_short(lines):
        raise _gave_up("ffmpeg gave up", lines, where, where=where, out=out)
    return done.stdout


def _is_cut_short(lines: Iterable[str]) -> bool:
    """Whether the end of a file could not be written: ffmpeg 5.1 says so, and that all went well."""
    return any(word in line for line in lines for word in ("Error writing trailer", "Error closing file"))


def _gave_up(what: str, lines: Iterable[str], path: str, *, where: str, out: str = "") -> WeerslagError:
    """Why ffmpeg could not write: in the words of the system where a disk is full, else in its own."""
    for full in (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT), os.strerror(errno.EFBIG)):
        if any(full in line for line in lines):
            return StoreError(f"it cannot be written: {full}", where=out or where)
    return AudioError(f"{what} ({_tail(lines, path)})", where=where)


class _Talk:
    """Reads what a child says on stderr, so that it never blocks, and keeps the last lines."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.lines: deque[str] = deque(maxlen=8)
        self._stream = stream
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        for line in iter(lambda: self._stream.readline(2000), b""):
            self.lines.append(line.decode(errors="replace").rstrip())

    def join(self) -> None:
        self._thread.join()
        self._stream.close()


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            with suppress(BrokenPipeError):
                stream.close()


def _filled(stream: IO[bytes], raw: memoryview) -> int:
    """How many bytes came, up to the end of ``raw`` or of the stream."""
    size = 0
    while size < len(raw) and (came := stream.readinto(raw[size:])):  # type: ignore[attr-defined]  # a pipe has it
        size += came
    return size


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise ValueError("the child was started without this pipe")
    return stream


def _clean(line: str, path: str) -> str:
    # addresses differ from run to run, and the name stands beside the message already
    return re.sub(r" @ 0x[0-9a-f]+", "", line).replace(f"file:{path}: ", "").replace(path, Path(path).name).strip()


def _tail(lines: Iterable[str], path: str) -> str:
    told = [_clean(line, path) for line in lines]
    return "; ".join(dict.fromkeys(line for line in told[-2:] if line))
