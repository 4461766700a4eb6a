"""Reads what recorders wrote, as one sound: parts in order, headers not believed, damage told and lived with."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.audio import headers
from pipeline.audio.curves import curve
from pipeline.audio.ffmpeg import RATE, Block, Decoding
from pipeline.audio.hearing import Ear, clipped_at, defects_heard, take_of
from pipeline.audio.jobs import MeasureJob, RecordingFacts
from pipeline.audio.loudness import Meter, MeterReading, finite, integrated_lufs, loudness_range_lu, weights_of
from pipeline.errors import AudioError
from pipeline.model import Cut, Defect

_FADE = RATE // 250  # 4 ms to either side of a cut: no click


def measure(job: MeasureJob) -> RecordingFacts:
    """Read the whole recording once, from beginning to end, and tell what is in it.

    Raises:
        AudioError: there is no sound in it, or none that can be saved; says which file, why, and what to do.
    """
    survey = _survey(job.parts, job.cuts)
    if survey.peak < 2**-15:
        raise AudioError(
            "there is nothing but silence in it",
            where=job.parts[0],
            hint="Look for another file or microphone of this event.",
        )
    if survey.meter.samples == 0:
        raise AudioError(
            "the cuts leave nothing of it", where=job.parts[0], hint="Shorten `cuts`; they count in mm:ss."
        )
    first, energies = survey.parts[0], survey.meter.energies()
    return RecordingFacts(
        duration_s=survey.samples / RATE,
        channels=first.channels,
        sample_rate_hz=first.probe.sample_rate_hz,
        format=f"{first.probe.format} {first.probe.codec}",
        integrated_lufs=integrated_lufs(energies),
        true_peak_dbtp=survey.meter.true_peak_dbtp(),
        loudness_range_lu=loudness_range_lu(energies),
        defects=survey.defects,
        curve_lufs=curve(energies),
        take=survey.take,
    )


def inspect(path: str) -> tuple[MeterReading, tuple[Defect, ...]]:
    """The meter's reading of one file, each channel by its own weight, and what is wrong with it; silence is allowed.

    Raises:
        AudioError: it cannot be read as sound.
    """
    survey = _survey((path,), (), mixed=False)
    (part,) = survey.parts
    reading = survey.meter.reading(channels=part.channels, sample_rate_hz=part.probe.sample_rate_hz)
    return reading, survey.defects


# ------------------------------------------------------------------------------------------------- the sound, for others


def width_of(parts: Sequence[headers.Part]) -> int:
    """Two channels if a part has just two; else one: many microphones are mixed into one."""
    return 2 if any(part.channels == 2 for part in parts) else 1


def sound(parts: Iterable[headers.Part], *, width: int, take: str = "all") -> Iterator[Block]:
    """The parts as one sound at 48 kHz with ``width`` channels; what is no number is silence."""
    for part in parts:
        with Decoding(part.path, options=part.options) as blocks:
            for block in blocks:
                yield mixed_to(finite(block), width=width, take=take)


def mixed_to(block: Block, *, width: int, take: str = "all") -> Block:
    """``block`` with ``width`` channels: one goes to both, two to one by their mean, many to each by their mean."""
    if block.shape[1] == 2 and take != "all":
        block = block[:, :1] if take == "left" else block[:, 1:]
    if block.shape[1] == width:
        return block
    one = block.mean(axis=1, keepdims=True, dtype=np.float32)
    return np.repeat(one, width, axis=1)


def without(blocks: Iterable[Block], cuts: Sequence[Cut]) -> Iterator[Block]:
    """``blocks`` without what is cut, to the sample; nothing of a cut is heard, so each side fades on its own 4 ms."""
    kept = _kept(cuts)
    start = 0
    for block in blocks:
        stop = start + len(block)
        for first, last in kept:
            low, high = max(first, start), stop if last is None else min(last, stop)
            if low < high:
                yield _faded(block[low - start : high - start], low, first, last)
        start = stop


def _kept(cuts: Sequence[Cut]) -> list[tuple[int, int | None]]:
    """The stretches that stay, in samples; the last has no end."""
    stretches: list[tuple[int, int | None]] = []
    at = 0
    for cut in sorted(cuts, key=lambda cut: cut.from_ms):
        first, last = cut.from_ms * RATE // 1000, cut.to_ms * RATE // 1000
        if first > at:
            stretches.append((at, first))
        at = max(at, last)
    return [*stretches, (at, None)]


def _faded(piece: Block, at: int, first: int, last: int | None) -> Block:
    rises = first > 0 and at < first + _FADE
    falls = last is not None and at + len(piece) > last - _FADE
    if not rises and not falls:
        return piece
    places = np.arange(at, at + len(piece)) + 0.5
    gain = np.clip((places - first) / _FADE, 0, 1) if first > 0 else np.ones(len(piece))
    if last is not None:
        gain *= np.clip((last - places) / _FADE, 0, 1)
    return (piece * gain[:, np.newaxis]).astype(np.float32)


# --------------------------------------------------------------------------------------------------------- looking at it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Survey:
    parts: tuple[headers.Part, ...]
    samples: int
    peak: float
    meter: Meter  # has heard what the cuts leave
    defects: tuple[Defect, ...]
    take: str


def _survey(paths: Sequence[str], cuts: Sequence[Cut], *, mixed: bool = True) -> _Survey:
    parts = tuple(headers.open_part(path) for path in paths)
    width = width_of(parts) if mixed else parts[0].channels
    meter = Meter(width, weights=None if mixed else weights_of(parts[0].probe.layout))
    ears = tuple(Ear() for _ in parts)
    defects: list[Defect] = []
    for block in without(_listened(parts, ears, width, defects), cuts):
        meter.push(block)
    samples = sum(ear.samples for ear in ears)
    defects += _defects_between(parts, cuts, samples, mixed=mixed)
    defects += defects_heard(ears, mixed=mixed)
    return _Survey(
        parts=parts,
        samples=samples,
        peak=max(ear.peak for ear in ears),
        meter=meter,
        defects=tuple(defects),
        take=take_of(ears),
    )


def _listened(parts: Sequence[headers.Part], ears: Sequence[Ear], width: int, defects: list[Defect]) -> Iterator[Block]:
    """The sound, part after part, while ears take note; what is wrong with a part is told on the clock of the whole."""
    start_s = 0.0
    for part, ear in zip(parts, ears, strict=True):
        with Decoding(part.path, options=part.options) as blocks:
            try:
                for block in blocks:
                    sane = finite(block)
                    ear.listen(block, sane)
                    yield mixed_to(sane, width=width)
            except AudioError as error:
                raise headers.refusal(part.path, error.message) from error
        defects += headers.defects_after(
            part, decoded_s=ear.samples / RATE, start_s=start_s, complaints=blocks.complaints
        )
        defects += ear.defects(start_s)
        defects += _clipping(part, ear, start_s)
        start_s += ear.samples / RATE


def _clipping(part: headers.Part, ear: Ear, start_s: float) -> list[Defect]:
    """A second look, at the file's own rate: resampling would have rounded what was cut off flat."""
    if ear.peak < 0.998:
        return []
    with Decoding(part.path, sample_rate_hz=None, options=part.options) as blocks:
        at_s = clipped_at(blocks, rate=blocks.sample_rate_hz)
    message = "the recording is clipped: it was louder than the recorder could take"
    return [] if at_s is None else [Defect(code="clipping", at_s=round(start_s + at_s, 2), message=message)]


def _defects_between(parts: Sequence[headers.Part], cuts: Sequence[Cut], samples: int, *, mixed: bool) -> list[Defect]:
    defects = []
    shapes = {(part.channels, part.probe.sample_rate_hz) for part in parts}
    if len(shapes) > 1:
        told = ", ".join(f"{channels} × {rate} Hz" for channels, rate in sorted(shapes))
        defects.append(Defect(code="parts-differ", message=f"the parts differ in channels or rate: {told}"))
    if mixed and any(part.channels > 2 for part in parts):
        many = max(part.channels for part in parts)
        defects.append(
            Defect(code="many-channels", message=f"{many} channels are mixed into one, each as loud as the others")
        )
    defects += [
        Defect(code="cut-outside", at_s=cut.from_ms / 1000, message="this cut begins after the recording has ended")
        for cut in cuts
        if cut.from_ms * RATE // 1000 >= samples
    ]
    return defects
