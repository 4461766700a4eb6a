"""ID3v2.3 tags of an MP3."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mutagen import id3, mp3

from pipeline.audio.tagging.tags import Tags, iter_with_ends, parse_number, sort_chapters
from pipeline.audio.tasks import TagTask
from pipeline.model import Chapter

_UFID_OWNER = "https://podcastindex.org/namespace/1.0#guid"
_TEXT_FRAMES = {  # field of ``Tags`` → frame
    "title": "TIT2",
    "album": "TALB",
    "artist": "TPE1",
    "number": "TRCK",
    "language": "TLAN",
    "genre": "TCON",
    "copyright": "TCOP",
}
_LATIN_1_FIELDS = ("number", "language")
_MAX_TOC_ENTRIES = 255  # the count is one byte


def write_mp3_tags(task: TagTask, tags: Tags, out: str) -> None:
    """Copy the source to ``out`` with new tags."""
    shutil.copyfile(task.source, out)
    frames = id3.ID3()
    for frame in (*_build_text_frames(tags), *_build_chapter_frames(tags.chapters, task.duration_ms)):
        frames.add(frame)
    frames.add(id3.TLEN(encoding=0, text=str(task.duration_ms)))
    if tags.cover:
        frames.add(id3.APIC(encoding=0, mime="image/jpeg", type=id3.PictureType.COVER_FRONT, desc="", data=tags.cover))
    frames.update_to_v23()  # before saving, or chapter titles stay as ID3v2.4 had them
    frames.save(out, v1=0, v2_version=3, padding=lambda _: 0)  # the same bytes whatever was there before
    _sort_frames(Path(out))


def _sort_frames(file: Path) -> None:
    """Sort chapters by time, picture last: some players go by position, mutagen sorts by size."""
    with file.open("r+b") as stream:
        header = stream.read(10)
        size = sum((byte & 0x7F) << shift for byte, shift in zip(header[6:10], (21, 14, 7, 0), strict=True))
        raw, at = stream.read(size), 0
        frames: list[bytes] = []
        while at < size:
            stop = at + 10 + int.from_bytes(raw[at + 4 : at + 8], "big")
            frames.append(raw[at:stop])
            at = stop
        stream.seek(10)
        frames.sort(key=_rank_frame)
        stream.write(b"".join(frames))


def _rank_frame(frame: bytes) -> tuple[int, int]:
    rank = {b"CTOC": 1, b"CHAP": 2, b"APIC": 3}.get(frame[:4], 0)
    if rank != 2:
        return rank, 0
    times = frame.index(b"\0", 10) + 1  # after the element's id
    return rank, int.from_bytes(frame[times : times + 4], "big")


def _build_text_frames(tags: Tags) -> Iterator[Any]:
    for field, name in _TEXT_FRAMES.items():
        encoding = 0 if field in _LATIN_1_FIELDS else 1
        yield getattr(id3, name)(encoding=encoding, text=str(getattr(tags, field)))
    yield id3.TDRC(encoding=0, text=tags.date)
    yield id3.COMM(encoding=1, lang=tags.language, desc="", text=tags.comment)
    yield id3.WOAF(url=tags.url)
    yield id3.TXXX(encoding=1, desc="GUID", text=tags.guid)
    yield id3.UFID(owner=_UFID_OWNER, data=tags.guid.encode()[:64])


def _build_chapter_frames(chapters: tuple[Chapter, ...], duration_ms: int) -> Iterator[Any]:
    """Build CHAP frames and their CTOC; more than 255 chapters need two levels of CTOC frames.

    Source: ID3v2 Chapter Frame Addendum 1.0.
    """
    names = [f"ch{index}" for index in range(len(chapters))]
    for name, (chapter, end_ms) in zip(names, iter_with_ends(chapters, duration_ms), strict=True):
        yield id3.CHAP(
            element_id=name,
            start_time=chapter.start_ms,
            end_time=end_ms,
            start_offset=0xFFFFFFFF,  # players go by time
            end_offset=0xFFFFFFFF,
            sub_frames=[id3.TIT2(encoding=1, text=chapter.title)],
        )
    groups = [names[start : start + _MAX_TOC_ENTRIES] for start in range(0, len(names), _MAX_TOC_ENTRIES)]
    ordered, top = id3.CTOCFlags.ORDERED, id3.CTOCFlags.TOP_LEVEL
    if len(groups) == 1:
        yield id3.CTOC(element_id="toc", flags=ordered | top, child_element_ids=groups[0], sub_frames=[])
    elif groups:
        tables = [f"toc{index}" for index in range(len(groups))]
        yield id3.CTOC(element_id="toc", flags=ordered | top, child_element_ids=tables, sub_frames=[])
        for name, group in zip(tables, groups, strict=True):
            yield id3.CTOC(element_id=name, flags=ordered, child_element_ids=group, sub_frames=[])


def read_mp3_tags(path: str) -> Tags:
    """Read the tags of an MP3."""
    frames = mp3.MP3(path, translate=False).tags
    frames = frames if frames is not None else id3.ID3()
    comments, pictures = frames.getall("COMM"), frames.getall("APIC")
    texts: dict[str, Any] = {field: _get_text(frames, name) for field, name in _TEXT_FRAMES.items()}
    return Tags(
        **texts | {"number": parse_number(texts["number"].partition("/")[0])},
        date=_get_date(frames),
        guid=_get_text(frames, "TXXX:GUID"),
        comment=str(comments[0]) if comments else "",
        url=frames["WOAF"].url if "WOAF" in frames else "",
        chapters=sort_chapters(_build_chapter(frame) for frame in frames.getall("CHAP")),
        cover=bytes(pictures[0].data) if pictures else b"",
    )


def _build_chapter(frame: Any) -> Chapter:
    titles = frame.sub_frames.getall("TIT2")
    return Chapter(start_ms=frame.start_time, title=str(titles[0]) if titles else "")


def _get_text(frames: Any, key: str) -> str:
    return str(frames[key].text[0]) if key in frames and frames[key].text else ""


def _get_date(frames: Any) -> str:
    year, day = _get_text(frames, "TYER"), _get_text(frames, "TDAT")
    return f"{year}-{day[2:]}-{day[:2]}" if year and len(day) == 4 else year or _get_text(frames, "TDRC")
