"""Decides how to read a file, given what its header declares; and finds defects of the header."""

from dataclasses import dataclass

from pipeline.audio.io.declared_header import DeclaredHeader, HeaderDefect
from pipeline.errors import fill
from pipeline.model import Defect, Sentence, sentence

TRUNCATED_HEADER = "the header is truncated, before any audio"
_MIN_REMAINDER_S = 0.5  # of audio after its declared end: less is not reported
_MIN_TRUNCATED_S = 0.01
_MIN_AUDIO_BYTES = 8

_MESSAGES = {
    HeaderDefect.CHUNK_SIZES: sentence("wrong chunk sizes in the header; the audio was found by scanning"),
    HeaderDefect.DATA_OFFSET: sentence("wrong offset of the first sample in the header; corrected"),
    HeaderDefect.TWO_LENGTHS: sentence("the header declares two lengths; the one that fits the file is used"),
}
_DAMAGED = Defect(code="header-wrong", message=sentence("the header is damaged; the audio was found by scanning"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPlan:
    """How to read a file: with options for ffmpeg, or a byte range as raw samples."""

    defects: tuple[Defect, ...] = ()
    ffmpeg_options: tuple[str, ...] = ()
    byte_range: tuple[int, int] | None = None
    refusal: str = ""  # why nothing of the file can be used


def plan_reading(header: DeclaredHeader | None, *, ffmpeg_codec: str) -> ReadPlan:
    """Decide how to read a file.

    Args:
        header: What the file declares; ``None``: not a format parsed here, ffmpeg reads it.
        ffmpeg_codec: The codec that ffmpeg finds in the file; empty: ffmpeg cannot open it.
    """
    if header is None:
        return ReadPlan()
    if header.defect == HeaderDefect.UNKNOWN_WIDTH:
        bits = header.declared_bits
        text = "the header contradicts itself: {bits} bits per sample do not match the frame size"
        return ReadPlan(refusal=fill(text, bits=bits))
    if header.defect == HeaderDefect.NO_AUDIO:
        return ReadPlan(refusal=TRUNCATED_HEADER)
    available, declared = header.available_bytes, header.declared_bytes
    if available == 0 or (declared == 0 and header.ends_cleanly and available >= _MIN_AUDIO_BYTES):
        return ReadPlan(refusal="contains no audio")
    defects = (*_find_contradictions(header), *_check_length(header))
    too_small = any(defect.code == "header-too-small" for defect in defects)
    misread = ffmpeg_codec.startswith("pcm_") and ffmpeg_codec != f"pcm_{header.codec}"  # 24 bits little-endian in AIFC
    unusual = (
        header.defect or header.more_audio or misread or not ffmpeg_codec or (header.container != "wav" and defects)
    )
    if unusual and header.is_readable:
        stop = min(available, declared) if declared and not too_small else available
        frames = stop // header.frame_bytes * header.frame_bytes
        return ReadPlan(
            defects=defects if defects or ffmpeg_codec else (_DAMAGED,),
            byte_range=(header.start, header.start + frames),
            ffmpeg_options=("-f", header.codec, "-ar", str(header.sample_rate_hz), "-ac", str(header.channels)),
        )
    ignore_length = too_small and header.container == "wav"
    return ReadPlan(defects=defects, ffmpeg_options=("-ignore_length", "1") if ignore_length else ())


def _find_contradictions(header: DeclaredHeader) -> list[Defect]:
    message: Sentence | None = _MESSAGES.get(header.defect) if header.defect else None
    if header.defect == HeaderDefect.SAMPLE_WIDTH:
        bits = 8 * header.frame_bytes // header.channels
        message = sentence("the header contradicts itself about the sample width; read as {bits} bits", bits=bits)
    if header.more_audio and header.is_readable:
        message = sentence("the file has several audio chunks; all are read, one after the other")
    elif header.more_audio:
        message = sentence("the file has several audio chunks; only the first can be read")
    return [Defect(code="header-wrong", message=message)] if message else []


def _check_length(header: DeclaredHeader) -> list[Defect]:
    available, declared = header.available_bytes, header.declared_bytes
    if not declared or header.defect == HeaderDefect.UNFINISHED:
        used = f"{header.to_seconds(min(available, declared or available)):.1f}"
        message = sentence(
            "the recorder never finished the header; all {available} s in the file are used", available=used
        )
        return [Defect(code="header-unfinished", message=message)]
    missing_s, extra_s = header.to_seconds(declared - available), header.to_seconds(available - declared)
    figures = {"declared": f"{header.to_seconds(declared):.1f}", "available": f"{header.to_seconds(available):.1f}"}
    if declared > available and missing_s < _MIN_TRUNCATED_S:
        return [
            Defect(
                code="incomplete-sample", message=sentence("the last sample is incomplete; all other audio is intact")
            )
        ]
    if declared > available:
        message = sentence(
            "the file is truncated: its header declares {declared} s, and it holds {available} s", **figures
        )
        return [Defect(code="ends-early", at_s=round(header.to_seconds(available), 2), message=message)]
    if not header.ends_cleanly and extra_s >= _MIN_REMAINDER_S:
        message = sentence(
            "the header declares {declared} s, but the audio continues; all {available} s are used", **figures
        )
        return [Defect(code="header-too-small", message=message)]
    return []
