"""Opens one part of a recording: reads its header, and decides how to read its audio."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.audio.io.declared_header import VALID_RATES_HZ, DeclaredHeader
from pipeline.audio.io.iff import read_iff_header
from pipeline.audio.io.read_plan import TRUNCATED_HEADER, plan_reading
from pipeline.audio.io.riff import read_wav_header
from pipeline.audio.io.stream_choice import choose_streams
from pipeline.audio.io.timestamp_gaps import check_timestamps
from pipeline.errors import AudioError, DependencyError, fill
from pipeline.media import stream_info
from pipeline.media.decoder import Decoder, StreamInput
from pipeline.media.stream_info import AudioStream, StreamInfo, build_stream_info, select_stream
from pipeline.model import Defect, sentence

_CONTAINERS = {  # file extension → ffmpeg's name of the container
    ".wav": "wav", ".bwf": "wav", ".rf64": "wav", ".w64": "w64", ".flac": "flac", ".aif": "aiff", ".aiff": "aiff", ".caf": "caf",
    ".mp3": "mp3", ".m4a": "mov", ".m4b": "mov", ".mp4": "mov", ".m4v": "mov", ".mov": "mov", ".3gp": "mov", ".3g2": "mov",
    ".ogg": "ogg", ".oga": "ogg", ".opus": "ogg", ".aac": "aac", ".mka": "matroska", ".mkv": "matroska", ".webm": "matroska",
    ".wma": "asf", ".wmv": "asf", ".asf": "asf", ".avi": "avi", ".ts": "mpegts", ".mts": "mpegts", ".m2ts": "mpegts",
    ".ac3": "ac3", ".eac3": "eac3", ".amr": "amr", ".wv": "wv", ".au": "au",
}  # fmt: skip
_HARMLESS_CODES = {"misnamed", "several-streams", "gap", "late-start"}  # known before decoding
_MAX_CHANNELS = 255  # no mixer has more; what a damaged header declares would fill any memory
_MAX_OGG_PAGE_BYTES = 65_307
_MISCOUNTED_CODECS = {"pcm_f24le", "pcm_f16le"}  # ffmpeg 5.1 takes their samples for shorter, and the file for longer
_MIN_EARLY_END_S = 1.0  # cameras stop microphone and picture within a second
_CHUNKED = (b"FORM", b"caff", b"riff")
_CONVERT = "Convert it to WAV or FLAC with the program that made it, or with VLC (Media, Convert / Save)."
_COPY_AGAIN = "Copy the file from the recorder again, or leave it out."


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPart:
    """One file of a recording, opened and found to contain audio."""

    path: str
    stream: StreamInfo
    channels: int
    ffmpeg_options: tuple[str, ...]  # where the header is wrong
    defects: tuple[Defect, ...]
    byte_range: tuple[int, int] | None = None  # read as raw samples; None: the whole file, as the header says
    header: DeclaredHeader | None = None
    streams: tuple[StreamInput, ...] = (StreamInput(),)  # to decode; several are channels of one signal


def open_part(path: str) -> RecordingPart:
    """Read the header of a file, and decide how to read its audio.

    Raises:
        AudioError: The file contains no audio; the error says why, and what to do.
    """
    file = Path(path)
    try:
        _require_file(file)
        header = read_wav_header(file) or read_iff_header(file)
        stream, probe_error = _probe(path, header)
    except OSError as error:
        hint = "Copy it to a folder of your own."
        raise AudioError(
            fill("cannot be opened: {strerror}", strerror=error.strerror), where=path, hint=hint
        ) from error
    plan = plan_reading(header, ffmpeg_codec=stream.codec if stream else "")
    if plan.refusal:
        raise build_read_error(path, plan.refusal)
    if header and stream and stream.codec == "aac" and not _has_adts_header(file, header.start):
        hint = "Export it again as WAV with PCM, or as M4A."
        raise AudioError("AAC without frame headers in a WAV file: it cannot be decoded", where=path, hint=hint)
    if plan.byte_range and header:
        stream = _build_raw_stream(header, stream)
    if stream is None:
        raise build_read_error(path, probe_error.message if probe_error else "") from probe_error
    if stream.sample_rate_hz not in VALID_RATES_HZ:
        raise build_read_error(path, fill("wrong header: sample rate of {rate_hz} Hz", rate_hz=stream.sample_rate_hz))
    stream, streams, found = _select_streams(path, stream)
    if plan.byte_range and header and header.more_audio:
        streams = (StreamInput(more_ranges=header.more_audio),)
    channels = stream.channels or _count_channels(path, plan.ffmpeg_options, streams)
    if channels > _MAX_CHANNELS:
        raise build_read_error(path, fill("wrong header: {count} channels", count=channels))
    return RecordingPart(
        path=path,
        stream=stream,
        channels=channels,
        ffmpeg_options=plan.ffmpeg_options,
        byte_range=plan.byte_range,
        defects=(*_check_name(file, stream), *found, *plan.defects),
        header=header,
        streams=streams,
    )


def _has_adts_header(file: Path, start: int) -> bool:
    """Whether AAC starts with the syncword of a frame header. Source: ISO/IEC 14496-3, 1.A.2.2."""
    with file.open("rb") as stream:
        stream.seek(start)
        head = stream.read(2)
    return len(head) == 2 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0


def read_declared_duration(path: str) -> float | None:
    """Read from the header how long a recording lasts, in seconds; ``None``: it is damaged, or does not say."""
    file = Path(path)
    try:
        _require_file(file)
        header = read_wav_header(file) or read_iff_header(file)
        if header is None:
            return stream_info.probe(path).declared_s
    except (AudioError, DependencyError, OSError):
        return None
    size, more = header.declared_bytes, sum(last - first for first, last in header.more_audio)
    is_sound = header.defect is None and size is not None and size <= header.available_bytes
    return header.to_seconds(size + more) if is_sound and size else None


def _select_streams(path: str, info: StreamInfo) -> tuple[StreamInfo, tuple[StreamInput, ...], list[Defect]]:
    """Select the streams to decode, and find what their time stamps say."""
    choice = choose_streams(path, info)
    inputs, defects = [], list(choice.defects)
    for stream in choice.streams:
        found = check_timestamps(path, info, stream=stream.index, sample_rate_hz=stream.sample_rate_hz)
        inputs.append(StreamInput(index=stream.index, gaps=found.gaps))
        defects += [defect for defect in found.defects if defect not in defects]
    return _join_streams(info, choice.streams), tuple(inputs), defects


def _join_streams(info: StreamInfo, streams: Sequence[AudioStream]) -> StreamInfo:
    selected = select_stream(info, streams[0])
    if len(streams) == 1:
        return selected
    channels = sum(stream.channels for stream in streams)
    return replace(selected, channels=channels, channel_layout="stereo" if channels == 2 else f"{channels} channels")


def _require_file(file: Path) -> None:
    if file.is_dir():
        raise AudioError("this is a folder, not an audio file", where=str(file), hint="Name the files in it.")
    if not file.exists():
        raise AudioError("file not found", where=str(file), hint="Put it back, or name another one.")
    if not file.is_file():
        hint = "Save the audio in a file first."
        raise AudioError("this is a device or a pipe, not a file", where=str(file), hint=hint)


def _probe(path: str, header: DeclaredHeader | None) -> tuple[StreamInfo | None, AudioError | None]:
    if header and _is_unambiguous(header):  # no process is started to read the same header again
        return replace(_build_raw_stream(header, None), declared_s=header.to_seconds(header.declared_bytes or 0)), None
    try:
        return stream_info.probe(path), None
    except AudioError as error:
        return None, error


def _is_unambiguous(header: DeclaredHeader) -> bool:
    """Whether ffmpeg could find nothing else in a WAV.

    16-bit samples may be DTS in disguise, which only ffmpeg detects.
    """
    complete = header.declared_bytes is not None and 0 < header.declared_bytes <= header.available_bytes
    plain = header.container == "wav" and header.codec in ("s24le", "s32le", "f32le") and header.channels <= 2
    in_order = header.ends_cleanly and not header.more_audio and not header.defect
    return complete and in_order and plain and header.is_readable


def _build_raw_stream(header: DeclaredHeader, probed: StreamInfo | None) -> StreamInfo:
    """Describe raw samples; only the channel layout comes from ffmpeg."""
    layout = {1: "mono", 2: "stereo"}.get(header.channels, f"{header.channels} channels")
    stream = AudioStream(
        index=0,
        codec=f"pcm_{header.codec}",
        channel_layout=probed.channel_layout if probed and probed.channels == header.channels else layout,
        channels=header.channels,
        sample_rate_hz=header.sample_rate_hz,
    )
    return build_stream_info(header.container, [stream], declared_s=None)


def _count_channels(path: str, options: tuple[str, ...], streams: tuple[StreamInput, ...]) -> int:
    with Decoder(path, options=options, streams=streams) as decoder:
        if decoder.channels == 0:
            raise build_read_error(path, "contains no audio")
        return decoder.channels


def _check_name(file: Path, stream: StreamInfo) -> list[Defect]:
    if _CONTAINERS.get(file.suffix.lower(), stream.container) == stream.container:
        return []
    message = sentence(
        "the file extension is {extension}, but the content is {container}; read as {container}",
        extension=file.suffix,
        container=stream.container,
    )
    return [Defect(code="misnamed", message=message)]


def list_filled_gaps(part: RecordingPart) -> tuple[tuple[float, float], ...]:
    """Return start and end of the silence that decoding inserts, in seconds from the start of the part."""
    spans = []
    for stream in part.streams:
        silent_s = 0.0
        for gap in stream.gaps:
            spans.append((gap.at_s + silent_s, gap.at_s + silent_s + gap.duration_s))
            silent_s += gap.duration_s
    return tuple(spans)


def find_decoding_defects(
    part: RecordingPart, *, decoded_s: float, start_s: float, error_messages: Sequence[str]
) -> list[Defect]:
    """List the defects of a part after decoding all of it.

    Args:
        part: The part.
        decoded_s: Its decoded duration in seconds.
        start_s: Where it starts in the recording, in seconds; added to the time of each defect.
        error_messages: What ffmpeg reported.

    Raises:
        AudioError: No audio was decoded.
    """
    if decoded_s == 0:
        raise build_read_error(part.path, "contains no audio")
    defects = list(part.defects)
    if all(defect.code in _HARMLESS_CODES for defect in defects):  # else why it is shorter than declared is known
        defects += _compare_duration(part, decoded_s, error_messages)
    return [
        replace(
            defect,
            at_s=None if defect.at_s is None else round(start_s + defect.at_s, 2),
            message=replace(defect.message, of=Path(part.path).name),
        )
        for defect in defects
    ]


def _compare_duration(part: RecordingPart, decoded_s: float, error_messages: Sequence[str]) -> list[Defect]:
    """Compare the decoded with the declared duration; times count from the start of the part."""
    declared_s = None if part.stream.codec in _MISCOUNTED_CODECS else part.stream.declared_s
    figures = {"declared": f"{declared_s or 0:.1f}", "decoded": f"{decoded_s:.1f}"}
    if declared_s and part.stream.has_picture and not error_messages and declared_s - decoded_s >= _MIN_EARLY_END_S:
        text = sentence("the audio ends {length} s before the picture", length=f"{declared_s - decoded_s:.1f}")
        return [Defect(code="audio-ends-early", at_s=decoded_s, message=text)]
    if declared_s is not None and decoded_s < 0.98 * declared_s - 0.1:
        text = sentence("the file is truncated or damaged: {declared} s declared, {decoded} s decoded", **figures)
        return [Defect(code="ends-early", at_s=decoded_s, message=text)]
    if declared_s is not None and decoded_s > 1.02 * declared_s + 0.5:
        text = sentence(
            "the audio is longer than declared: {declared} s declared, {decoded} s decoded and used", **figures
        )
        return [Defect(code="longer-than-declared", at_s=declared_s, message=text)]
    if part.stream.container == "ogg" and not _has_last_ogg_page(Path(part.path)):
        text = sentence("the file is truncated: the last Ogg page is missing")
        return [Defect(code="ends-early", at_s=decoded_s, message=text)]
    if error_messages:
        text = sentence("the file is damaged ({message})", message=error_messages[0])
        return [Defect(code="damaged", message=text)]
    return []


def _has_last_ogg_page(file: Path) -> bool:
    """Whether the last page is marked as the last.

    Source: RFC 3533, 6: bit 3 of the header type.
    """
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - 2 * _MAX_OGG_PAGE_BYTES))
        tail = stream.read()
    at = tail.rfind(b"OggS")
    return at < 0 or len(tail) < at + 6 or bool(tail[at + 5] & 4)


def build_read_error(path: str, reason: str) -> AudioError:
    """Build the error for a file that cannot be used, explained by its first bytes if possible."""
    file = Path(path)
    head = b""
    if file.is_file():
        with file.open("rb") as stream:
            head = stream.read(4096)
    header = read_wav_header(file) or read_iff_header(file) if head else None
    message, hint = _explain(head, header, reason)
    return AudioError(message, where=path, hint=hint)


def _explain(head: bytes, header: DeclaredHeader | None, reason: str) -> tuple[str, str]:
    """Return message and hint."""
    if not head:
        return "the file is empty", _COPY_AGAIN
    if head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return "this is a web page, not an audio file", "Download the audio file itself."
    if head[4:8] == b"ftyp" and "no audio" not in reason:
        hint = "Let the recorder repair it, or copy the file from the recorder again, or leave it out."
        return "the recorder never finished this file: its index is missing", hint
    if head[:4] in (b"RIFF", b"RF64", b"BW64"):
        return _explain_wav(header, reason), _COPY_AGAIN
    if _is_text(head):
        return "this is a text file, not an audio file", _COPY_AGAIN
    if reason.startswith(stream_info.UNSUPPORTED):
        return reason, _CONVERT
    if header is None and head.startswith(_CHUNKED) and reason.startswith(stream_info.UNREADABLE):
        return "the header does not say which sample format the file has, or where the audio starts", _COPY_AGAIN
    return reason, _COPY_AGAIN


def _explain_wav(header: DeclaredHeader | None, reason: str) -> str:
    if header is None:
        return TRUNCATED_HEADER
    if header.channels == 0:
        return fill("wrong header: {count} channels", count=0)
    if header.sample_rate_hz == 0:
        return fill("wrong header: sample rate of {rate_hz} Hz", rate_hz=0)
    if header.available_bytes == 0 and not header.defect:
        return "contains no audio"
    return reason


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\n\r\t\f" for letter in text)
