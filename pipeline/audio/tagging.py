"""Puts title, chapters and cover into an encoded file, and reads them back. The doorway to mutagen."""

import base64
import binascii
import shutil
import struct
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import mutagen
from mutagen import id3, mp3, mp4, oggopus
from mutagen.flac import Picture

from pipeline.audio.tasks import Tagged, TagJob
from pipeline.errors import AudioError
from pipeline.media import ffmpeg
from pipeline.model import Chapter

MOST_CHAPTERS = 999  # Ogg counts them in three digits
LARGEST_COVER = 2_000_000  # bytes; players give up long before mutagen does

_OWNER = "https://podcastindex.org/namespace/1.0#guid"  # of the UFID
_TOC_ENTRIES = 255  # the count is one byte
_DAMAGED = (  # what mutagen lets through on damaged bytes
    *(
        ValueError,
        struct.error,
        IndexError,
        KeyError,
        EOFError,
        OverflowError,
        TypeError,
        AttributeError,
        AssertionError,
    ),
    MemoryError,
)
_LANGUAGES = {  # ISO 639-1 → 639-2/T, which ID3 and MP4 want
    "ar": "ara", "da": "dan", "de": "deu", "en": "eng", "es": "spa", "et": "est", "fi": "fin", "fr": "fra", "fy": "fry",
    "ga": "gle", "it": "ita", "ja": "jpn", "lt": "lit", "lv": "lav", "nb": "nob", "nl": "nld", "no": "nor", "pl": "pol",
    "pt": "por", "ro": "ron", "ru": "rus", "sv": "swe", "tr": "tur", "uk": "ukr", "zh": "zho",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """What stands in a file, in one shape for all formats."""

    title: str = ""
    album: str = ""
    artist: str = ""
    number: int = 0
    date: str = ""
    language: str = ""  # ISO 639-2/T
    guid: str = ""
    comment: str = ""
    url: str = ""
    genre: str = ""
    copyright: str = ""
    chapters: tuple[Chapter, ...] = ()
    cover: bytes = b""


def tag(job: TagJob) -> Tagged:
    """Write the tags into a copy of the source; what is in place afterwards was read back and compared.

    Raises:
        AudioError: the cover or a chapter list cannot be used, or what was read back is not what was written.
    """
    wanted = _wanted(job)
    with ffmpeg.replacing(job.out) as partial:
        with _as_audio_error(job.source, "it cannot be tagged"):
            _WRITERS[job.format](job, wanted, partial)
        _compare(job, wanted, partial)
    return Tagged(chapters=len(wanted.chapters))


def _compare(job: TagJob, wanted: Tags, partial: str) -> None:
    found = read_tags(partial)
    expected = wanted
    if job.format == "m4a":  # mutagen reads neither the language of the track nor more than Nero's 255 chapters
        expected = replace(wanted, language="", chapters=wanted.chapters[:_TOC_ENTRIES])
    if found != expected:
        wrong = [name for name in Tags.__slots__ if getattr(found, name) != getattr(expected, name)]
        raise AudioError(f"these tags were not read back as they were written: {', '.join(wrong)}", where=job.out)
    if ffmpeg.packets_digest(partial) != ffmpeg.packets_digest(job.source):
        raise AudioError("the sound changed while it was tagged", where=job.out)


# --------------------------------------------------------------------------------------------------- what shall stand there


def _wanted(job: TagJob) -> Tags:
    return Tags(
        title=clean(job.title),
        album=clean(job.album),
        artist=clean(job.artist),
        number=job.number,
        date=job.date,
        language=_LANGUAGES.get(job.language[:2].lower(), "und"),
        guid=clean(job.guid),
        comment=clean(job.comment),
        url=quote(clean(job.url), safe="%/:=&?~#+!$,;'@()*[]"),  # ID3 has no letters for it but Latin ones
        genre=clean(job.genre),
        copyright=clean(job.copyright),
        chapters=_chapters(job),
        cover=_cover(job.cover),
    )


def clean(text: str) -> str:
    """``text`` on one line, without control characters: a NUL in ID3 begins a second value, or shifts a frame."""
    plain = "".join(" " if letter.isspace() else letter for letter in unicodedata.normalize("NFC", text))
    return " ".join(
        "".join(letter for letter in plain if unicodedata.category(letter) not in ("Cc", "Cs", "Cn")).split()
    )


def _chapters(job: TagJob) -> tuple[Chapter, ...]:
    """In order, one a moment, none after the end; a title fits in the 255 bytes that Nero's list has."""
    first = {chapter.start_ms: chapter for chapter in sorted(job.chapters, key=lambda one: one.start_ms, reverse=True)}
    inside = [first[start] for start in sorted(first) if 0 <= start < job.duration_ms]
    if len(inside) > MOST_CHAPTERS:
        raise AudioError(f"{len(inside)} chapters are more than the {MOST_CHAPTERS} a file can hold", where=job.out)
    return tuple(Chapter(start_ms=one.start_ms, title=_short(clean(one.title), 250)) for one in inside)


def _short(text: str, size: int) -> str:
    raw = text.encode()
    return text if len(raw) <= size else raw[: size - 3].decode(errors="ignore").rstrip() + "…"


def _cover(path: str) -> bytes:
    if not path:
        return b""
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise AudioError(f"the cover cannot be read: {error.strerror}", where=path) from error
    if not raw.startswith(b"\xff\xd8\xff"):
        raise AudioError("the cover is no JPEG", where=path, hint="Save it as a JPEG.")
    if len(raw) > LARGEST_COVER:
        raise AudioError(
            f"the cover takes {len(raw) // 1000} kB", where=path, hint="Save it smaller: 500 kB is plenty."
        )
    return raw


# ---------------------------------------------------------------------------------------------------------------- writing


def _write_mp3(job: TagJob, wanted: Tags, out: str) -> None:
    _copy(job.source, out)
    tags = id3.ID3()
    for frame in (*_text_frames(wanted), *_chapter_frames(wanted.chapters, job.duration_ms)):
        tags.add(frame)
    tags.add(id3.TLEN(encoding=0, text=str(job.duration_ms)))
    if wanted.cover:
        tags.add(id3.APIC(encoding=0, mime="image/jpeg", type=id3.PictureType.COVER_FRONT, desc="", data=wanted.cover))
    tags.update_to_v23()  # before saving, or chapter titles stay as ID3v2.4 had them
    tags.save(out, v1=0, v2_version=3, padding=_no_padding)
    _put_in_order(Path(out))


def _put_in_order(file: Path) -> None:
    """Chapters by time and the picture last: mutagen sorts frames by their length, and some players go by their place."""
    with file.open("r+b") as stream:
        head = stream.read(10)
        size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
        raw, at = stream.read(size), 0
        frames: list[bytes] = []
        while at < size:
            stop = at + 10 + int.from_bytes(raw[at + 4 : at + 8], "big")
            frames.append(raw[at:stop])
            at = stop
        stream.seek(10)
        frames.sort(key=_place)
        stream.write(b"".join(frames))


def _place(frame: bytes) -> tuple[int, int]:
    rank = {b"CTOC": 1, b"CHAP": 2, b"APIC": 3}.get(frame[:4], 0)
    if rank != 2:
        return rank, 0
    times = frame.index(b"\0", 10) + 1  # after the element's id
    return rank, int.from_bytes(frame[times : times + 4], "big")


def _text_frames(wanted: Tags) -> Iterator[Any]:
    language = wanted.language
    yield id3.TIT2(encoding=1, text=wanted.title)
    yield id3.TALB(encoding=1, text=wanted.album)
    yield id3.TPE1(encoding=1, text=wanted.artist)
    yield id3.TRCK(encoding=0, text=str(wanted.number))
    yield id3.TDRC(encoding=0, text=wanted.date)
    yield id3.TLAN(encoding=0, text=language)
    yield id3.TCON(encoding=1, text=wanted.genre)
    yield id3.TCOP(encoding=1, text=wanted.copyright)
    yield id3.COMM(encoding=1, lang=language, desc="", text=wanted.comment)
    yield id3.WOAF(url=wanted.url)
    yield id3.TXXX(encoding=1, desc="GUID", text=wanted.guid)
    yield id3.UFID(owner=_OWNER, data=wanted.guid.encode()[:64])


def _chapter_frames(chapters: tuple[Chapter, ...], duration_ms: int) -> Iterator[Any]:
    """A CHAP each, and a CTOC above them; above more than 255 a second storey. Source: ID3v2 Chapter Frame Addendum 1.0."""
    ends = [*(chapter.start_ms for chapter in chapters[1:]), duration_ms]
    names = [f"ch{index}" for index in range(len(chapters))]
    for name, chapter, end_ms in zip(names, chapters, ends, strict=False):
        title = id3.TIT2(encoding=1, text=chapter.title)
        yield id3.CHAP(
            element_id=name,
            start_time=chapter.start_ms,
            end_time=end_ms,
            start_offset=0xFFFFFFFF,  # players go by time
            end_offset=0xFFFFFFFF,
            sub_frames=[title],
        )
    groups = [names[start : start + _TOC_ENTRIES] for start in range(0, len(names), _TOC_ENTRIES)]
    ordered, top = id3.CTOCFlags.ORDERED, id3.CTOCFlags.TOP_LEVEL
    if len(groups) == 1:
        yield id3.CTOC(element_id="toc", flags=ordered | top, child_element_ids=groups[0], sub_frames=[])
    elif groups:
        storey = [f"toc{index}" for index in range(len(groups))]
        yield id3.CTOC(element_id="toc", flags=ordered | top, child_element_ids=storey, sub_frames=[])
        for name, group in zip(storey, groups, strict=True):
            yield id3.CTOC(element_id=name, flags=ordered, child_element_ids=group, sub_frames=[])


def _write_m4a(job: TagJob, wanted: Tags, out: str) -> None:
    # mutagen cannot write chapters into MP4: ffmpeg does, both kinds; the sound is copied
    language = ("-metadata:s:a:0", f"language={wanted.language}")
    metadata = _ffmetadata(wanted.chapters, job.duration_ms)
    ffmpeg.remux(job.source, out, metadata=metadata, options=(*language, *ffmpeg.MP4))
    file = mp4.MP4(out)
    if file.tags is None:
        file.add_tags()
    tags = file.tags
    tags.clear()
    for key, text in _mp4_texts(wanted).items():
        tags[key] = [text]
    tags["trkn"] = [(wanted.number, 0)]
    tags["pcst"], tags["stik"] = True, [21]  # both say: a podcast
    tags["----:com.apple.iTunes:GUID"] = [mp4.MP4FreeForm(wanted.guid.encode())]
    tags["----:com.apple.iTunes:WWW"] = [mp4.MP4FreeForm(wanted.url.encode())]
    if wanted.cover:
        tags["covr"] = [mp4.MP4Cover(wanted.cover, imageformat=mp4.MP4Cover.FORMAT_JPEG)]
    file.save(padding=_no_padding)


def _mp4_texts(wanted: Tags) -> dict[str, str]:
    return {
        "\xa9nam": wanted.title,
        "\xa9alb": wanted.album,
        "\xa9ART": wanted.artist,
        "aART": wanted.artist,
        "\xa9day": wanted.date,
        "\xa9cmt": wanted.comment,
        "desc": wanted.comment,
        "\xa9gen": wanted.genre,
        "cprt": wanted.copyright,
    }


def _ffmetadata(chapters: tuple[Chapter, ...], duration_ms: int) -> str:
    """Source: FFmpeg formats documentation, Metadata."""
    lines = [";FFMETADATA1"]
    ends = [*(chapter.start_ms for chapter in chapters[1:]), duration_ms]
    for chapter, end_ms in zip(chapters, ends, strict=False):
        title = "".join(f"\\{letter}" if letter in "=;#\\" else letter for letter in chapter.title)
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={chapter.start_ms}", f"END={end_ms}", f"title={title}"]
    return "\n".join([*lines, ""])


def _write_opus(job: TagJob, wanted: Tags, out: str) -> None:
    _copy(job.source, out)
    file = oggopus.OggOpus(out)
    tags = file.tags
    tags.clear()
    for key, text in _vorbis_texts(wanted).items():
        tags[key] = text
    for index, chapter in enumerate(wanted.chapters):  # by mutagen: ffmpeg 5.1 writes half seconds wrong
        tags[f"CHAPTER{index:03}"] = _clock(chapter.start_ms)
        tags[f"CHAPTER{index:03}NAME"] = chapter.title
    if wanted.cover:
        tags["METADATA_BLOCK_PICTURE"] = base64.b64encode(_picture(wanted.cover)).decode()
    file.save(padding=_no_padding)


def _vorbis_texts(wanted: Tags) -> dict[str, str]:
    return {
        "TITLE": wanted.title,
        "ALBUM": wanted.album,
        "ARTIST": wanted.artist,
        "TRACKNUMBER": str(wanted.number),
        "DATE": wanted.date,
        "LANGUAGE": wanted.language,
        "GUID": wanted.guid,
        "COMMENT": wanted.comment,
        "CONTACT": wanted.url,
        "GENRE": wanted.genre,
        "COPYRIGHT": wanted.copyright,
    }


def _picture(jpeg: bytes) -> bytes:
    picture = Picture()
    picture.type, picture.mime, picture.data = id3.PictureType.COVER_FRONT, "image/jpeg", jpeg
    raw: bytes = picture.write()
    return raw


def _clock(start_ms: int) -> str:
    return f"{start_ms // 3_600_000:02}:{start_ms // 60_000 % 60:02}:{start_ms // 1000 % 60:02}.{start_ms % 1000:03}"


def _copy(source: str, out: str) -> None:
    shutil.copyfile(source, out)


def _no_padding(_info: object) -> int:
    return 0  # the same bytes whatever stood there before


_WRITERS: dict[str, Callable[[TagJob, Tags, str], None]] = {"mp3": _write_mp3, "m4a": _write_m4a, "opus": _write_opus}


# ---------------------------------------------------------------------------------------------------------------- reading


def read_tags(path: str) -> Tags:
    """What stands in an MP3, M4A or Opus file; what is not there is empty.

    Raises:
        AudioError: it is none of these, or its tags are damaged.
    """
    with _as_audio_error(path, "its tags cannot be read"):
        with Path(path).open("rb") as stream:
            head = stream.read(64)
        if head[:4] == b"OggS":
            return _from_vorbis(oggopus.OggOpus(path))
        if head[4:8] == b"ftyp":
            return _from_mp4(mp4.MP4(path))
        return _from_id3(mp3.MP3(path, translate=False))


@contextmanager
def _as_audio_error(path: str, what: str) -> Iterator[None]:
    """Errors of mutagen become ours, and those that damaged bytes draw from it; anything else is a bug, and passes."""
    try:
        yield
    except mutagen.MutagenError as error:
        raise AudioError(f"{what}: {error}", where=path, hint="Delete it; the next build makes it again.") from error
    except _DAMAGED as error:
        raise AudioError(f"{what}: damaged", where=path, hint="Delete it; the next build makes it again.") from error
    except OSError as error:
        raise AudioError(f"{what}: {error.strerror}", where=path) from error


def _from_id3(file: Any) -> Tags:
    tags = file.tags if file.tags is not None else id3.ID3()
    comments, pictures = tags.getall("COMM"), tags.getall("APIC")
    return Tags(
        title=_id3_text(tags, "TIT2"),
        album=_id3_text(tags, "TALB"),
        artist=_id3_text(tags, "TPE1"),
        number=_number(_id3_text(tags, "TRCK").partition("/")[0]),
        date=_id3_date(tags),
        language=_id3_text(tags, "TLAN"),
        guid=_id3_text(tags, "TXXX:GUID"),
        comment=str(comments[0]) if comments else "",
        url=tags["WOAF"].url if "WOAF" in tags else "",
        genre=_id3_text(tags, "TCON"),
        copyright=_id3_text(tags, "TCOP"),
        chapters=_in_order(_chapter_of(frame) for frame in tags.getall("CHAP")),
        cover=bytes(pictures[0].data) if pictures else b"",
    )


def _chapter_of(frame: Any) -> Chapter:
    titles = frame.sub_frames.getall("TIT2")
    return Chapter(start_ms=frame.start_time, title=str(titles[0]) if titles else "")


def _id3_text(tags: Any, key: str) -> str:
    return str(tags[key].text[0]) if key in tags and tags[key].text else ""


def _id3_date(tags: Any) -> str:
    year, day = _id3_text(tags, "TYER"), _id3_text(tags, "TDAT")
    return f"{year}-{day[2:]}-{day[:2]}" if year and len(day) == 4 else year or _id3_text(tags, "TDRC")


def _from_mp4(file: Any) -> Tags:
    tags = file.tags if file.tags is not None else {}

    def first(key: str) -> Any:
        return tags.get(key, [""])[0]

    return Tags(
        title=first("\xa9nam"),
        album=first("\xa9alb"),
        artist=first("\xa9ART"),
        number=tags.get("trkn", [(0, 0)])[0][0],
        date=first("\xa9day"),
        guid=bytes(first("----:com.apple.iTunes:GUID") or b"").decode(),
        comment=first("\xa9cmt"),
        url=bytes(first("----:com.apple.iTunes:WWW") or b"").decode(),
        genre=first("\xa9gen"),
        copyright=first("cprt"),
        chapters=_in_order(Chapter(start_ms=round(one.start * 1000), title=one.title) for one in file.chapters or ()),
        cover=bytes(first("covr") or b""),
    )


def _from_vorbis(file: Any) -> Tags:
    tags = {key.upper(): values for key, values in (file.tags.as_dict() if file.tags is not None else {}).items()}

    def first(key: str) -> str:
        return str(tags.get(key, [""])[0])

    names = sorted(key for key in tags if len(key) == 10 and key.startswith("CHAPTER") and key[7:].isdecimal())
    return Tags(
        title=first("TITLE"),
        album=first("ALBUM"),
        artist=first("ARTIST"),
        number=_number(first("TRACKNUMBER")),
        date=first("DATE"),
        language=first("LANGUAGE"),
        guid=first("GUID"),
        comment=first("COMMENT"),
        url=first("CONTACT"),
        genre=first("GENRE"),
        copyright=first("COPYRIGHT"),
        chapters=_in_order(Chapter(start_ms=_from_clock(first(name)), title=first(f"{name}NAME")) for name in names),
        cover=_picture_in(first("METADATA_BLOCK_PICTURE")),
    )


def _picture_in(text: str) -> bytes:
    try:
        return bytes(Picture(base64.b64decode(text, validate=True)).data) if text else b""
    except binascii.Error as error:
        raise ValueError("a picture that is no base64") from error


def _from_clock(text: str) -> int:
    hours, minutes, seconds = text.split(":")
    return int(hours) * 3_600_000 + int(minutes) * 60_000 + round(float(seconds) * 1000)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _in_order(chapters: Iterator[Chapter]) -> tuple[Chapter, ...]:
    return tuple(sorted(chapters, key=lambda chapter: chapter.start_ms))
