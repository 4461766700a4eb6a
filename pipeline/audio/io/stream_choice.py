"""Chooses which audio streams of a file are the talk: one of them, or several microphones together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import AudioError
from pipeline.media.decoder import Decoder, StreamInput
from pipeline.media.samples import BoolArray
from pipeline.media.stream_info import AudioStream, StreamInfo
from pipeline.model import Defect, Sentence, sentence

_HOP_S = 0.1
_RATE_HZ = 8000  # enough to measure activity
_MIN_POWER = 1e-6  # -60 dBFS: below it there is no talk
_RANGE = 10**-3.5  # below the loudest tenth: bleed and noise of the room
_ABOVE_NOISE = 4.0  # 6 dB: steady noise of an unused input is no talk
_MIN_TALK_S = 1.0  # of activity: a click is no talk
_MAX_JOINED = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamChoice:
    """The streams of a file that are used, in the order of the file; several become channels of one signal."""

    streams: tuple[AudioStream, ...]
    defects: tuple[Defect, ...] = ()


def choose_streams(path: str, info: StreamInfo) -> StreamChoice:
    """Choose the streams of a file.

    A file with one stream is not decoded. Of several, silent ones are left out. Mono streams are
    microphones, and used together. Otherwise the stream that players choose is used, unless others
    have sound where it is silent.

    Args:
        path: The file.
        info: What it declares; at least one stream can be decoded.
    """
    if len(info.decodable) == 1:
        undecodable = sentence(
            "{number} audio streams; stream {used} is used, since the others cannot be decoded",
            number=info.audio_streams,
            used=info.decodable[0].index + 1,
        )
        defects = [_create_defect(undecodable)] if info.audio_streams > 1 else []
        return StreamChoice(streams=info.decodable, defects=tuple(defects))
    activity = {stream: _measure_activity(path, stream) for stream in info.decodable}
    return select_streams(activity, total=info.audio_streams)


def select_streams(activity: dict[AudioStream, BoolArray], *, total: int) -> StreamChoice:
    """Choose streams by where each has sound.

    Args:
        activity: For each stream whether it has sound, in steps of 0.1 s, shape (steps,).
        total: Number of audio streams of the file, for the report.
    """
    sounding = [stream for stream in activity if activity[stream].sum() * _HOP_S >= _MIN_TALK_S]
    preferred = _find_default(sounding or list(activity))
    used = ", ".join(str(stream.index + 1) for stream in sounding)
    if len(sounding) > 1 and _belong_together(sounding, preferred, activity):
        text = sentence("{number} audio streams; {used} have sound and are used together", number=total, used=used)
        return StreamChoice(streams=tuple(sounding), defects=(_create_defect(text),))
    figures = {"number": str(total), "used": str(preferred.index + 1)}
    if len(sounding) > 1:
        text = sentence("{number} audio streams with the same talk; stream {used} is used", **figures)
        if len({stream.language for stream in sounding}) > 1:
            text = sentence("{number} audio streams in several languages; stream {used} is used", **figures)
    else:
        text = sentence("{number} audio streams; stream {used} is used, since the others are silent", **figures)
    return StreamChoice(streams=(preferred,), defects=(_create_defect(text),))


def _create_defect(text: Sentence) -> Defect:
    return Defect(code="several-streams", message=text)


def _find_default(streams: Sequence[AudioStream]) -> AudioStream:
    return next((stream for stream in streams if stream.is_default), streams[0])


def _belong_together(
    sounding: Sequence[AudioStream], preferred: AudioStream, activity: dict[AudioStream, BoolArray]
) -> bool:
    """Whether the streams are microphones of one talk, none of which has all of it."""
    same_language = len({stream.language for stream in sounding}) == 1
    same_rate = len({stream.sample_rate_hz for stream in sounding}) == 1
    if not (same_language and same_rate and len(sounding) <= _MAX_JOINED):
        return False
    if all(stream.channels == 1 for stream in sounding):
        return True
    steps = max(len(activity[stream]) for stream in sounding)
    missing = np.zeros(steps, np.bool_)
    for stream in sounding:
        missing[: len(activity[stream])] |= activity[stream]
    missing[: len(activity[preferred])] &= ~activity[preferred]
    return bool(missing.sum() * _HOP_S >= _MIN_TALK_S)


def _measure_activity(path: str, stream: AudioStream) -> BoolArray:
    """Measure where a stream has sound, in steps of 0.1 s; one that cannot be decoded has none."""
    hop, powers = round(_HOP_S * _RATE_HZ), [np.zeros(0, np.float32)]
    try:
        with Decoder(path, sample_rate_hz=_RATE_HZ, streams=(StreamInput(index=stream.index),)) as blocks:
            for block in blocks:
                whole = block[: len(block) // hop * hop]
                hops = np.square(whole.T.reshape(block.shape[1], -1, hop)).mean(axis=2)
                powers.append(np.nan_to_num(hops).max(axis=0))
    except AudioError:
        return np.zeros(0, np.bool_)
    power = np.concatenate(powers)
    if not len(power):
        return np.zeros(0, np.bool_)
    floor, loud = np.quantile(power, (0.1, 0.95))
    return np.asarray(power > max(_MIN_POWER, loud * _RANGE, floor * _ABOVE_NOISE), np.bool_)
