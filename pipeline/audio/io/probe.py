"""Opens one part of a recording: what its header says, whether that can be believed, and in words why it cannot be read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.audio.io import iff, riff
from pipeline.audio.io.declared_header import RATES_HZ, Promise
from pipeline.audio.io.header_checks import BREAKS_OFF, judged
from pipeline.errors import AudioError
from pipeline.media import ffmpeg
from pipeline.model import Defect, sentence

_NAMED = {  # what a name promises, and what ffmpeg calls that
    ".wav": "wav", ".bwf": "wav", ".rf64": "wav", ".w64": "w64", ".flac": "flac", ".aif": "aiff", ".aiff": "aiff", ".caf": "caf",
    ".mp3": "mp3", ".m4a": "mov", ".mp4": "mov", ".mov": "mov", ".ogg": "ogg", ".oga": "ogg", ".opus": "ogg", ".aac": "aac",
}  # fmt: skip
_HARMLESS = {"misnamed", "several-tracks"}
_MOST_CHANNELS = 255  # no desk has more; what a damaged header says would fill any memory
_OGG_PAGE = 65_307  # bytes, at most
_MISCOUNTED = {"pcm_f24le", "pcm_f16le"}  # ffmpeg 5.1 takes their samples for shorter, and the file for longer
_CHUNKED = (b"FORM", b"caff", b"riff")
_ANOTHER = "Copy the file from the recorder once more, or leave it out."


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file of a recording, opened and found to hold sound."""

    path: str
    probe: ffmpeg.Probe
    channels: int
    options: tuple[str, ...]  # for ffmpeg, where the header lies
    defects: tuple[Defect, ...]
    span: tuple[int, int] | None = None  # the bytes that are read as bare samples; None: all of it, as the header says
    promise: Promise | None = None


def open_part(path: str) -> Part:
    """Look at the head of ``path``.

    Raises:
        AudioError: there is no sound in it; says why, and what to do.
    """
    file = Path(path)
    try:
        _refuse_what_is_no_file(file)
        promise = riff.read_promise(file) or iff.read_promise(file)
        probe, unread = _probed(path, promise)
    except OSError as error:
        hint = "Copy it to a folder of your own."
        raise AudioError(f"it cannot be opened: {error.strerror}", where=path, hint=hint) from error
    verdict = judged(promise, seen_as=probe.codec if probe else "")
    if verdict.refused:
        raise refusal(path, verdict.refused)
    if verdict.span and promise:
        probe = _as_found(promise, probe)
    if probe is None:
        raise refusal(path, unread.message if unread else "") from unread
    if probe.sample_rate_hz not in RATES_HZ:
        raise refusal(path, f"its header is wrong: it says a sample rate of {probe.sample_rate_hz} Hz")
    channels = probe.channels or _counted(path, verdict.options)
    if channels > _MOST_CHANNELS:
        raise refusal(path, f"its header is wrong: it says {channels} channels")
    return Part(
        path=path,
        probe=probe,
        channels=channels,
        options=verdict.options,
        span=verdict.span,
        defects=(*_misnamed(file, probe), *verdict.defects),
        promise=promise,
    )


def _refuse_what_is_no_file(file: Path) -> None:
    if file.is_dir():
        raise AudioError("it is a folder and no sound", where=str(file), hint="Name the files in it.")
    if not file.exists():
        raise AudioError("there is no such file", where=str(file), hint="Put it back, or name another one.")
    if not file.is_file():
        raise AudioError(
            "it is a device or a pipe and no file", where=str(file), hint="Save the sound in a file first."
        )


def _probed(path: str, promise: Promise | None) -> tuple[ffmpeg.Probe | None, AudioError | None]:
    if promise and _is_in_order(promise):  # no process is started to read the same head again
        return replace(_as_found(promise, None), declared_s=promise.seconds(promise.declared or 0)), None
    try:
        return ffmpeg.probe(path), None
    except AudioError as error:
        return None, error


def _is_in_order(promise: Promise) -> bool:
    """Whether ffmpeg could find nothing else in a WAV; samples of 16 bits may be DTS in disguise, which only it would know."""
    kept = promise.declared is not None and 0 < promise.declared <= promise.present and promise.tail_known
    plain = promise.format == "wav" and promise.codec in ("s24le", "s32le", "f32le") and promise.channels <= 2
    return kept and plain and promise.readable and not promise.doubt


def _as_found(promise: Promise, probe: ffmpeg.Probe | None) -> ffmpeg.Probe:
    """What there is to know of bare samples; of the header only what it says of loudspeakers."""
    layout = {1: "mono", 2: "stereo"}.get(promise.channels, f"{promise.channels} channels")
    return ffmpeg.Probe(
        format=promise.format,
        codec=f"pcm_{promise.codec}",
        layout=probe.layout if probe and probe.channels == promise.channels else layout,
        channels=promise.channels,
        sample_rate_hz=promise.sample_rate_hz,
        declared_s=None,
        sounds=1,
    )


def _counted(path: str, options: tuple[str, ...]) -> int:
    with ffmpeg.Decoding(path, options=options) as decoding:
        if decoding.channels == 0:
            raise refusal(path, "there is no sound in it")
        return decoding.channels


def _misnamed(file: Path, probe: ffmpeg.Probe) -> list[Defect]:
    defects = []
    if _NAMED.get(file.suffix.lower(), probe.format) != probe.format:
        told = sentence(
            "its name ends in {ending}, but it is {format} inside; it is read as that",
            ending=file.suffix,
            format=probe.format,
        )
        defects.append(Defect(code="misnamed", message=told))
    if probe.sounds > 1:
        told = sentence("{number} sound tracks are in it; the first is used", number=probe.sounds)
        defects.append(Defect(code="several-tracks", message=told))
    return defects


def defects_after(part: Part, *, decoded_s: float, start_s: float, complaints: Sequence[str]) -> list[Defect]:
    """What is wrong with a part, now that all of it was decoded; times on the clock of the whole recording.

    Raises:
        AudioError: nothing came out.
    """
    if decoded_s == 0:
        raise refusal(part.path, "there is no sound in it")
    name = Path(part.path).name
    defects = [
        Defect(code=defect.code, at_s=None if defect.at_s is None else round(start_s + defect.at_s, 2),
               message=replace(defect.message, of=name))
        for defect in part.defects
    ]  # fmt: skip
    if any(defect.code not in _HARMLESS for defect in part.defects):
        return defects  # why it is shorter than it should be was told
    promised = None if part.probe.codec in _MISCOUNTED else part.probe.declared_s
    ends_s = round(start_s + decoded_s, 2)
    if promised is not None and decoded_s < 0.98 * promised - 0.1:
        told = sentence(
            "the file ends early or is damaged: it promises {promised} s, and {there} s came out",
            promised=f"{promised:.1f}",
            there=f"{decoded_s:.1f}",
        )
        defects.append(Defect(code="ends-early", at_s=ends_s, message=replace(told, of=name)))
    elif promised is not None and decoded_s > 1.02 * promised + 0.5:
        told = sentence(
            "it is longer than it says: {promised} s are promised, and {there} s came out; all are used",
            promised=f"{promised:.1f}",
            there=f"{decoded_s:.1f}",
        )
        at_s = round(start_s + promised, 2)
        defects.append(Defect(code="longer-than-said", at_s=at_s, message=replace(told, of=name)))
    elif part.probe.format == "ogg" and not _is_ended_ogg(Path(part.path)):
        told = sentence("the file breaks off: the page that should end it is missing")
        defects.append(Defect(code="ends-early", at_s=ends_s, message=replace(told, of=name)))
    elif complaints:
        told = sentence("there is damage in it ({complaint})", complaint=complaints[0])
        defects.append(Defect(code="damaged", message=replace(told, of=name)))
    return defects


def _is_ended_ogg(file: Path) -> bool:
    """Whether the last page says that it is the last. Source: RFC 3533, 6: bit 3 of the header's type."""
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - 2 * _OGG_PAGE))
        tail = stream.read()
    at = tail.rfind(b"OggS")
    return at < 0 or len(tail) < at + 6 or bool(tail[at + 5] & 4)


def refusal(path: str, reason: str) -> AudioError:
    """Why ``path`` cannot be used, in one plain sentence, from its own first bytes if they tell; and what to do."""
    file = Path(path)
    head = b""
    if file.is_file():
        with file.open("rb") as stream:
            head = stream.read(4096)
    promise = riff.read_promise(file) or iff.read_promise(file) if head else None
    message, hint = _in_words(head, promise, reason)
    return AudioError(message, where=path, hint=hint)


def _in_words(head: bytes, promise: Promise | None, reason: str) -> tuple[str, str]:
    if not head:
        return "the file is empty", _ANOTHER
    if head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return "it is a web page and no sound", "Download the sound itself."
    if head[4:8] == b"ftyp" and "no sound" not in reason:
        return (
            "the recorder never finished this file: its index is missing",
            "Let the recorder repair it, or " + _ANOTHER.lower(),
        )
    if head[:4] in (b"RIFF", b"RF64", b"BW64"):
        return _wav_in_words(promise, reason), _ANOTHER
    if _is_text(head):
        return "it is text and no sound", _ANOTHER
    if promise is None and head.startswith(_CHUNKED) and reason.startswith(ffmpeg.UNREADABLE):
        return "nothing in its header tells which samples it holds, or where they begin", _ANOTHER
    return reason, _ANOTHER


def _wav_in_words(promise: Promise | None, reason: str) -> str:
    if promise is None:
        return BREAKS_OFF
    if promise.channels == 0:
        return "its header is wrong: it says 0 channels"
    if promise.sample_rate_hz == 0:
        return "its header is wrong: it says a sample rate of 0"
    if promise.present == 0 and not promise.doubt:
        return "there is no sound in it"
    return reason


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\n\r\t\f" for letter in text)
