"""iTunes metadata of an M4A."""

from typing import Any

from mutagen import mp4

from pipeline.audio.tagging.tags import Tags, iter_with_ends, sort_chapters
from pipeline.audio.tasks import TagTask
from pipeline.media import ffmpeg
from pipeline.model import Chapter

MAX_READABLE_CHAPTERS = 255  # mutagen reads no more of Nero's list

_PODCAST_KIND = 21
_ATOMS = {  # field of ``Tags`` → atom
    "title": "\xa9nam",
    "album": "\xa9alb",
    "artist": "\xa9ART",
    "date": "\xa9day",
    "comment": "\xa9cmt",
    "genre": "\xa9gen",
    "copyright": "cprt",
}
_COPIES = {"artist": "aART", "comment": "desc"}  # which other players read
_FREE_FORM_ATOMS = {"guid": "----:com.apple.iTunes:GUID", "url": "----:com.apple.iTunes:WWW"}


def write_m4a_tags(task: TagTask, tags: Tags, out: str) -> None:
    """Copy the source to ``out`` with new tags."""
    # mutagen cannot write chapters into MP4: ffmpeg does, both kinds; the audio is copied
    language = ("-metadata:s:a:0", f"language={tags.language}")
    metadata = _build_ffmetadata(tags.chapters, task.duration_ms)
    ffmpeg.remux(task.source, out, metadata=metadata, options=(*language, *ffmpeg.MP4_OPTIONS))
    file = mp4.MP4(out)
    if file.tags is None:
        file.add_tags()
    atoms = file.tags
    atoms.clear()
    for field, key in (*_ATOMS.items(), *_COPIES.items()):
        atoms[key] = [getattr(tags, field)]
    atoms["trkn"] = [(tags.number, 0)]
    atoms["pcst"], atoms["stik"] = True, [_PODCAST_KIND]
    for field, key in _FREE_FORM_ATOMS.items():
        atoms[key] = [mp4.MP4FreeForm(getattr(tags, field).encode())]
    if tags.cover:
        atoms["covr"] = [mp4.MP4Cover(tags.cover, imageformat=mp4.MP4Cover.FORMAT_JPEG)]
    file.save(padding=lambda _: 0)  # the same bytes whatever was there before


def _build_ffmetadata(chapters: tuple[Chapter, ...], duration_ms: int) -> str:
    """Build chapters in ffmpeg's text format. Source: FFmpeg formats documentation, Metadata."""
    lines = [";FFMETADATA1"]
    for chapter, end_ms in iter_with_ends(chapters, duration_ms):
        title = "".join(f"\\{letter}" if letter in "=;#\\" else letter for letter in chapter.title)
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={chapter.start_ms}", f"END={end_ms}", f"title={title}"]
    return "\n".join([*lines, ""])


def read_m4a_tags(path: str) -> Tags:
    """Read the tags of an M4A; mutagen does not read the language of its track."""
    file = mp4.MP4(path)
    atoms = file.tags if file.tags is not None else {}

    def get(key: str) -> Any:
        return atoms.get(key, [""])[0]

    return Tags(
        **{field: get(key) for field, key in _ATOMS.items()},
        **{field: bytes(get(key) or b"").decode() for field, key in _FREE_FORM_ATOMS.items()},
        number=atoms.get("trkn", [(0, 0)])[0][0],
        chapters=sort_chapters(
            Chapter(start_ms=round(chapter.start * 1000), title=chapter.title) for chapter in file.chapters or ()
        ),
        cover=bytes(get("covr") or b""),
    )
