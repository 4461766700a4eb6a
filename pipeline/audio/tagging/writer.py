"""Writes tags into a copy of an encoded file, reads them back, and compares."""

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import mutagen

from pipeline.audio.tagging.id3_tags import read_mp3_tags, write_mp3_tags
from pipeline.audio.tagging.mp4_tags import MAX_READABLE_CHAPTERS, read_m4a_tags, write_m4a_tags
from pipeline.audio.tagging.tags import Tags, build_tags
from pipeline.audio.tagging.vorbis_tags import read_opus_tags, write_opus_tags
from pipeline.audio.tasks import TagResult, TagTask
from pipeline.errors import AudioError, fill, make_message
from pipeline.media import ffmpeg

_WRITERS: dict[str, Callable[[TagTask, Tags, str], None]] = {
    "mp3": write_mp3_tags,
    "m4a": write_m4a_tags,
    "opus": write_opus_tags,
}
_BLOCK_BYTES = 2**20
_DAMAGE_ERRORS = (  # what mutagen raises on damaged bytes
    ValueError,
    struct.error,
    LookupError,
    EOFError,
    OverflowError,
    TypeError,
    AttributeError,
    AssertionError,
    MemoryError,
)


def tag(task: TagTask) -> TagResult:
    """Write the tags into a copy of the source; the result was read back and compared.

    Raises:
        AudioError: The cover or the chapters cannot be used, or the file reads back differently.
    """
    tags = build_tags(task)
    with ffmpeg.write_atomically(task.out) as partial:
        with _convert_errors(task.source, "the file cannot be tagged"):
            _WRITERS[task.format](task, tags, partial)
        _verify(task, tags, partial)
    return TagResult(chapters=len(tags.chapters))


def read_tags(path: str) -> Tags:
    """Read the tags of an MP3, M4A or Opus file; missing tags are empty.

    Raises:
        AudioError: It is none of these, or its tags are damaged.
    """
    with _convert_errors(path, "the tags cannot be read"):
        with Path(path).open("rb") as stream:
            start = stream.read(8)
        if start[:4] == b"OggS":
            return read_opus_tags(path)
        if start[4:] == b"ftyp":
            return read_m4a_tags(path)
        return read_mp3_tags(path)


def _verify(task: TagTask, tags: Tags, partial: str) -> None:
    found, expected = read_tags(partial), tags
    if task.format == "m4a":  # not all of them can be read
        expected = replace(tags, language="", chapters=tags.chapters[:MAX_READABLE_CHAPTERS])
    if found != expected:
        wrong = [name for name in Tags.__slots__ if getattr(found, name) != getattr(expected, name)]
        raise AudioError(fill("tags read back differently: {names}", names=", ".join(wrong)), where=task.out)
    # An MP3 of ours keeps all its bytes; comparing those takes ms, and comparing its packets half a second or more.
    if not _ends_with(partial, task.source) and ffmpeg.hash_packets(partial) != ffmpeg.hash_packets(task.source):
        raise AudioError("the audio changed while the file was tagged", where=task.out)


def _ends_with(path: str, end: str) -> bool:
    """Tell whether the bytes of a file end with all bytes of another."""
    with Path(path).open("rb") as whole, Path(end).open("rb") as part:
        start = whole.seek(0, os.SEEK_END) - part.seek(0, os.SEEK_END)
        if start < 0:
            return False
        whole.seek(start)
        part.seek(0)
        blocks = iter(lambda: part.read(_BLOCK_BYTES), b"")
        return all(whole.read(len(block)) == block for block in blocks)


@contextmanager
def _convert_errors(path: str, what: str) -> Iterator[None]:
    """Convert errors of mutagen, and those that damaged bytes cause; all others are bugs."""
    hint = "Delete the file; the next build creates it again."
    try:
        yield
    except mutagen.MutagenError as error:
        raise AudioError(
            fill("{what}: {error}", what=make_message(what), error=error), where=path, hint=hint
        ) from error
    except _DAMAGE_ERRORS as error:
        raise AudioError(fill("{what}: damaged", what=make_message(what)), where=path, hint=hint) from error
    except OSError as error:
        raise AudioError(
            fill("{what}: {strerror}", what=make_message(what), strerror=error.strerror), where=path
        ) from error
