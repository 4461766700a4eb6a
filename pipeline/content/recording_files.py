"""What lies in the folder of a recording: audio files, files to ignore, and files that must not be ignored."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.content.programme_folder import ProgrammeFolder
from pipeline.errors import fill
from pipeline.text import escape_unprintable, fold_case

AUDIO_EXTENSIONS = {  # of formats that the ffmpeg wrapper may open
    *("wav", "wave", "bwf", "rf64", "w64", "aif", "aiff", "aifc", "caf", "au", "flac", "wv", "mp3", "mp2", "mpga", "mpa"),
    *("ogg", "oga", "opus", "aac", "ac3", "eac3", "amr", "awb", "wma", "asf", "m4a", "m4b", "mka", "weba"),
    *("mp4", "m4v", "mov", "qt", "3gp", "3g2", "mkv", "webm", "wmv", "avi", "ts", "mts", "m2ts", "mpg", "mpeg", "vob"),
}  # fmt: skip
_CONVERT = "convert it to WAV or FLAC with the program of the recorder or meeting, and put that file here"
_UNREADABLE = {  # extension → what to do: ignoring it would lose the talk without a word
    **dict.fromkeys(("dss", "ds2", "dvf", "msv", "flv", "f4v", "rm", "ra", "mxf", "ape", "tta", "mpc", "sd2", "dsf"), _CONVERT),
    **dict.fromkeys(("zip", "rar", "7z", "tar", "gz", "tgz"), "unpack it, and put the audio files here"),
    **dict.fromkeys(("crdownload", "part", "partial", "download", "icloud"), "wait for the download, or start it again"),
    **dict.fromkeys(("aup", "aup3", "band", "logicx", "ptx", "als", "rpp"), "export the audio as WAV, and put that file here"),
}  # fmt: skip
_PROJECTS = {"aup", "aup3", "band", "logicx", "ptx", "als", "rpp"}  # harmless beside the audio
_REFERENCE_EXTENSION = "ref"
_REFERENCE = re.compile(r"([0-9a-f]{64})\s+([0-9]+)\s+([^/\\\0\s][^/\\\0]*)")
_REFERENCE_HINT = (
    "write a line for each audio file with sha256, size in bytes, and name, or let `weerslag cache add` do it"
)
_SYSTEM_FILES = {"thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r"}
_AUDIO_STARTS = (b"RIFF", b"RF64", b"BW64", b"riff", b"FORM", b"caff", b"fLaC", b"OggS", b"ID3", b"\x1aE\xdf\xa3")
_CAPTION_EXTENSIONS = {"vtt", "srt", "sbv", "ttml", "dfxp", "ass"}  # a file with one of these is a transcript
_TRANSCRIPT_EXTENSIONS = {"json", "docx", "txt", "tsv", "xml", "ssa"}
_TRANSCRIPT_STEMS = ("transcript", "transcriptie", "ondertitel", "subtitle", "caption")
_FOLDER_NAMES = {
    *("opname", "opnames", "opnamen", "recordings", "record", "audio", "geluid", "sound", "sounds", "takes", "bron"),
    *("geluidsopname", "geluidsopnames", "wav", "mp3", "rec", "ruwe-opname"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFolder:
    """The names in the folder of a recording."""

    audio: tuple[str, ...] = ()  # sorted by name, not in the order of the recording
    ignored: tuple[str, ...] = ()  # visible names; a folder ends in a slash
    stored: tuple["StoredSound", ...] = ()  # those of the audio files that are in a store, and not here
    unreadable: tuple[tuple[str, str], ...] = ()  # name, and what to do with it
    nested: tuple[str, ...] = ()  # folders with audio in them

    @property
    def files(self) -> tuple[str, ...]:
        """The audio files that are here."""
        stored = {sound.name for sound in self.stored}
        return tuple(name for name in self.audio if name not in stored)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSound:
    """An audio file in the store of a cache, as a line of a ``.ref`` file names it."""

    sha256: str
    size_bytes: int
    name: str


def parse_reference(text: str) -> tuple[StoredSound, ...]:
    """Parse a ``.ref`` file: a line per audio file with sha256, size in bytes, and name; ``#`` begins a comment.

    Raises:
        ValueError: A line is something else, or there is none.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found = [_REFERENCE.fullmatch(line) for line in lines]
    sounds = tuple(StoredSound(sha256=one[1], size_bytes=int(one[2]), name=one[3]) for one in found if one)
    names = [sound.name for sound in sounds]
    if not sounds or len(sounds) < len(lines) or len(set(names)) < len(names) or not all(map(_is_named_audio, names)):
        raise ValueError("not a reference to audio files")
    return sounds


def find_stored_sound(root: Path) -> dict[Path, StoredSound]:
    """Find the audio files of all episodes that are in a store, by the path that each would have; skip files with errors."""
    found: dict[Path, StoredSound] = {}
    for file in sorted(root.glob(f"episodes/*/recording/*.{_REFERENCE_EXTENSION}")):
        with suppress(OSError, ValueError):
            found |= {file.parent / sound.name: sound for sound in parse_reference(file.read_text(encoding="utf-8"))}
    return found


def list_recording_folder(folder: ProgrammeFolder, path: str) -> RecordingFolder:
    """Sort out what lies in a folder.

    Raises:
        FieldError: The folder lies outside the programme, or cannot be listed.
    """
    names = folder.list_names(path)
    folders = [name for name in names if folder.is_folder(f"{path}/{name}") and not _is_named_audio(name)]
    references = [name for name in names if name not in folders and _get_extension(name) == _REFERENCE_EXTENSION]
    audio = [name for name in names if name not in (*folders, *references) and _is_audio(folder.root / path / name)]
    others = [name for name in names if name not in (*folders, *references, *audio)]
    stored, wrong = _read_references(folder, path, references, audio)
    audio = sorted([*audio, *(sound.name for sound in stored)])
    unreadable = [(name, hint) for name in others if (hint := _explain_unreadable(name, has_audio=bool(audio)))]
    unreadable += [(name, _REFERENCE_HINT) for name in wrong]
    ignored = [name for name in others if name not in dict(unreadable)]
    return RecordingFolder(
        audio=tuple(audio),
        stored=tuple(stored),
        ignored=(*ignored, *(f"{name}/" for name in folders)),
        unreadable=tuple(unreadable),
        nested=tuple(name for name in folders if _has_audio(folder.root / path / name)),
    )


def _read_references(
    folder: ProgrammeFolder, path: str, names: Sequence[str], audio: Sequence[str]
) -> tuple[list[StoredSound], list[str]]:
    """Read the ``.ref`` files of a folder; return the sound that is not here too, and the names of wrong files."""
    stored: dict[str, StoredSound] = {}
    wrong = []
    for name in names:
        try:
            found = parse_reference(folder.resolve(f"{path}/{name}").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            wrong.append(name)
            continue
        stored |= {sound.name: sound for sound in found if sound.name not in audio}
    return list(stored.values()), wrong


def find_misnamed_folder(folder: ProgrammeFolder, path: str) -> str | None:
    """Find a folder beside ``episode.md`` that was meant to be `recording`, such as `Recording` or `opname`.

    Returns:
        Its name, if it has audio files in it, and there is no `recording`.

    Raises:
        FieldError: The folder lies outside the programme, or cannot be listed.
    """
    names = folder.list_names(path)
    for name in () if "recording" in names else names:
        plain = fold_case(name).strip()
        meant = plain in _FOLDER_NAMES or (plain == "recording" and name != "recording") or plain.startswith("opname")
        if meant and folder.is_folder(f"{path}/{name}") and _has_audio(folder.root / path / name):
            return name
    return None


def find_misnamed_transcript(folder: ProgrammeFolder, path: str) -> str | None:
    """Find a file beside ``episode.md`` that holds the transcript, but is not `transcript.vtt`.

    Such as `Transcript.vtt`, `ondertiteling.srt` or `transcript.docx`.

    Raises:
        FieldError: The folder lies outside the programme, or cannot be listed.
    """
    names = [name for name in folder.list_names(path) if name != "transcript.words.json"]
    candidates = [name for name in names if _is_transcript(fold_case(name))]
    return None if "transcript.vtt" in names else next(iter(candidates), None)


def _is_transcript(name: str) -> bool:
    stem, _, extension = name.rpartition(".")
    is_named = stem.startswith(_TRANSCRIPT_STEMS) and extension in _TRANSCRIPT_EXTENSIONS
    return is_named or extension in _CAPTION_EXTENSIONS


def format_names(names: Sequence[str], *, shown: int = 6) -> str:
    """Join names for a message; many are counted."""
    rest = len(names) - shown
    listed = ", ".join(escape_unprintable(name) for name in names[:shown])
    return fill("{names} and {rest} more", names=listed, rest=rest) if rest > 0 else listed


def _is_audio(file: Path) -> bool:
    """Whether a file is audio by its extension, or by its first bytes if the extension says nothing."""
    if _is_named_audio(file.name):
        return True
    skipped = _is_of_system(file.name) or _get_extension(file.name) in _UNREADABLE
    if skipped or file.is_symlink() or not file.is_file():
        return False
    try:
        with file.open("rb") as stream:
            head = stream.read(12)
    except OSError:
        return False
    return head.startswith(_AUDIO_STARTS) or head[4:8] == b"ftyp"


def _is_named_audio(name: str) -> bool:
    return not _is_of_system(name) and _get_extension(name) in AUDIO_EXTENSIONS


def _has_audio(folder: Path) -> bool:
    try:
        return not folder.is_symlink() and any(_is_audio(file) for file in folder.iterdir())
    except OSError:
        return False


def _explain_unreadable(name: str, *, has_audio: bool) -> str:
    """Return what to do with a file that has the talk in it, but cannot be read; empty: it may be ignored."""
    extension = _get_extension(name)
    if _is_of_system(name) or (has_audio and extension in _PROJECTS):
        return ""
    return _UNREADABLE.get(extension, "")


def _is_of_system(name: str) -> bool:
    """Whether a system wrote the file: hidden, or a shadow of another file on a disk of a Mac."""
    return name.startswith(".") or fold_case(name) in _SYSTEM_FILES


def _get_extension(name: str) -> str:
    return fold_case(name).rpartition(".")[2] if "." in name else ""
