"""Vorbis comments of an Opus file."""

import base64
import binascii
import shutil
from typing import Any

from mutagen import id3, oggopus
from mutagen.flac import Picture

from pipeline.audio.tagging.tags import Tags, parse_number, sort_chapters
from pipeline.audio.tasks import TagTask
from pipeline.model import Chapter

_PICTURE = "METADATA_BLOCK_PICTURE"
_COMMENTS = {  # field of ``Tags`` → comment
    "title": "TITLE",
    "album": "ALBUM",
    "artist": "ARTIST",
    "number": "TRACKNUMBER",
    "date": "DATE",
    "language": "LANGUAGE",
    "guid": "GUID",
    "comment": "COMMENT",
    "url": "CONTACT",
    "genre": "GENRE",
    "copyright": "COPYRIGHT",
}


def write_opus_tags(task: TagTask, tags: Tags, out: str) -> None:
    """Copy the source to ``out`` with new tags."""
    shutil.copyfile(task.source, out)
    file = oggopus.OggOpus(out)
    comments = file.tags
    comments.clear()
    for field, key in _COMMENTS.items():
        comments[key] = str(getattr(tags, field))
    for index, chapter in enumerate(tags.chapters):  # not by ffmpeg: 5.1 writes half seconds wrong
        comments[f"CHAPTER{index:03}"] = _format_time(chapter.start_ms)
        comments[f"CHAPTER{index:03}NAME"] = chapter.title
    if tags.cover:
        comments[_PICTURE] = base64.b64encode(_build_picture(tags.cover)).decode()
    file.save(padding=lambda _: 0)  # the same bytes whatever was there before


def _build_picture(jpeg: bytes) -> bytes:
    picture = Picture()
    picture.type, picture.mime, picture.data = id3.PictureType.COVER_FRONT, "image/jpeg", jpeg
    raw: bytes = picture.write()
    return raw


def _format_time(start_ms: int) -> str:
    return f"{start_ms // 3_600_000:02}:{start_ms // 60_000 % 60:02}:{start_ms // 1000 % 60:02}.{start_ms % 1000:03}"


def read_opus_tags(path: str) -> Tags:
    """Read the tags of an Opus file."""
    file = oggopus.OggOpus(path)
    comments = {key.upper(): values for key, values in (file.tags.as_dict() if file.tags is not None else {}).items()}

    def get(key: str) -> str:
        return str(comments.get(key, [""])[0])

    names = sorted(key for key in comments if len(key) == 10 and key.startswith("CHAPTER") and key[7:].isdecimal())
    texts: dict[str, Any] = {field: get(key) for field, key in _COMMENTS.items()}
    return Tags(
        **texts | {"number": parse_number(texts["number"])},
        chapters=sort_chapters(Chapter(start_ms=_parse_time(get(name)), title=get(f"{name}NAME")) for name in names),
        cover=_parse_picture(get(_PICTURE)),
    )


def _parse_picture(text: str) -> bytes:
    try:
        return bytes(Picture(base64.b64decode(text, validate=True)).data) if text else b""
    except binascii.Error as error:
        raise ValueError("the picture is not base64") from error


def _parse_time(text: str) -> int:
    hours, minutes, seconds = text.split(":")
    return int(hours) * 3_600_000 + int(minutes) * 60_000 + round(float(seconds) * 1000)
