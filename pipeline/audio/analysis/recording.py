"""Reads what recorders wrote, as one sound: parts in order, headers not believed, damage told and lived with."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np

from pipeline.audio.analysis.channels import defects_between, take_of
from pipeline.audio.analysis.clipping import clipped_at, coarseness
from pipeline.audio.analysis.defects import Ear, clipping_told
from pipeline.audio.io import probe
from pipeline.audio.io.cuts import without
from pipeline.audio.io.pcm import Plain, as_it_is, at_house_rate, sane
from pipeline.audio.metering.curves import Outline, outline_of
from pipeline.audio.metering.loudness import DUAL_MONO_LU, Meter, weights_of
from pipeline.audio.parallel import beside, keep_what_is_freed
from pipeline.audio.tasks import Inspected, InspectJob, MeasureJob, RecordingFacts
from pipeline.errors import AudioError
from pipeline.media.ffmpeg import RATE, Block, Decoding
from pipeline.model import Cut, Defect, sentence

_SILENT = 2**-15  # below one step of 16 bits

_Listen = Callable[[Block, Block], None]  # a block as it was, and as it was repaired


def measure(job: MeasureJob) -> RecordingFacts:
    """Read the whole recording once, from beginning to end, and tell what is in it.

    Raises:
        AudioError: there is no sound in it, or none that can be saved; says which file, why, and what to do.
    """
    noting = Noting(job.parts, job.cuts)
    keep_what_is_freed()
    meter = Meter(noting.width)
    with beside(meter.push) as push:
        for block in noting.blocks():
            push(block)
    return noting.facts(outline_of(meter.energies()), true_peak_dbtp=meter.true_peak_dbtp())


def inspect(job: InspectJob) -> Inspected:
    """The meter's reading of one file at its own rate, each channel by its own weight, and what is wrong with it.

    Silence is allowed, and told.

    Raises:
        AudioError: it cannot be read as sound.
    """
    part = probe.open_part(job.path)
    keep_what_is_freed()
    defects: list[Defect] = []
    with as_it_is(part) as blocks:
        rate, channels = blocks.sample_rate_hz or RATE, blocks.channels or part.channels
        ear = Ear(rate, step=coarseness(part.probe.codec))
        meter = Meter(channels, weights=weights_of(part.probe.layout), sample_rate_hz=rate)
        _listen_beside(part, blocks, ear, meter)
        defects += probe.defects_after(part, decoded_s=ear.duration_s, start_s=0.0, complaints=blocks.complaints)
    defects += [
        *ear.defects(0.0),
        *clipping_told(ear.clipping.at_s(), ear.flat_tops.found(), 0.0),
        *defects_between([ear], mixed=False),
    ]
    if ear.peak < _SILENT:
        defects.append(Defect(code="silence", message=sentence("there is nothing but silence in it")))
    reading = meter.reading(channels=channels, sample_rate_hz=part.probe.sample_rate_hz)
    twice = DUAL_MONO_LU if job.dual_mono and channels == 1 else 0.0
    return Inspected(
        path=job.path,
        duration_s=reading.duration_s,
        channels=reading.channels,
        sample_rate_hz=reading.sample_rate_hz,
        integrated_lufs=_raised(reading.integrated_lufs, twice),
        loudness_range_lu=reading.loudness_range_lu,
        momentary_max_lufs=_raised(reading.momentary_max_lufs, twice),
        short_term_max_lufs=_raised(reading.short_term_max_lufs, twice),
        true_peak_dbtp=reading.true_peak_dbtp,
        defects=tuple(defects),
    )


def _raised(value: float | None, by: float) -> float | None:
    return None if value is None else value + by


def _listen_beside(part: probe.Part, blocks: Plain | Decoding, ear: Ear, meter: Meter) -> None:
    """All of it, ear and meter side by side."""
    with beside(meter.push) as measure_it:
        try:
            for block in blocks:
                apart = np.asfortranarray(block)  # each channel by itself, once for all who listen
                sound = sane(blocks, apart)
                measure_it(sound)
                ear.listen(apart, sound)
        except AudioError as error:
            raise probe.refusal(part.path, error.message) from error


# ------------------------------------------------------------------------------------------------- the sound, for others


def width_of(parts: Sequence[probe.Part]) -> int:
    """Two channels if a part has just two; else one: many microphones are mixed into one."""
    return 2 if any(part.channels == 2 for part in parts) else 1


def sound(parts: Iterable[probe.Part], *, width: int, take: str = "all", first: int = 0) -> Iterator[Block]:
    """The parts as one sound at 48 kHz with ``width`` channels; what is no number is silence.

    ``first``: the sample of a single plain part with which to begin.
    """
    for part in parts:
        with at_house_rate(part) as blocks:
            for block in blocks.blocks_from(first) if isinstance(blocks, Plain) else blocks:
                yield mixed_to(sane(blocks, block), width=width, take=take)


def mixed_to(block: Block, *, width: int, take: str = "all") -> Block:
    """``block`` with ``width`` channels: one goes to both, two to one by their mean, many to each by their mean."""
    if block.shape[1] == 2 and take != "all":
        block = block[:, :1] if take == "left" else block[:, 1:]
    if block.shape[1] == width:
        return block
    one = block.mean(axis=1, keepdims=True, dtype=np.float32)
    return np.repeat(one, width, axis=1)


# --------------------------------------------------------------------------------------------------------- looking at it


class Noting:
    """Takes note of a recording while its sound passes, once and from beginning to end."""

    def __init__(self, paths: Sequence[str], cuts: Sequence[Cut]) -> None:
        """Open all parts.

        Raises:
            AudioError: there is no sound in one of them.
        """
        self.parts = tuple(probe.open_part(path) for path in paths)
        self.width = width_of(self.parts)
        self._ears = tuple(Ear(step=coarseness(part.probe.codec)) for part in self.parts)
        self._cuts = cuts
        self._defects: list[Defect] = []

    @property
    def samples(self) -> int:
        """How many samples all parts have given so far."""
        return sum(ear.samples for ear in self._ears)

    @property
    def take(self) -> str:
        """Which of two channels to use; known once all has passed."""
        return take_of(self._ears)

    def blocks(self) -> Iterator[Block]:
        """What the cuts leave, at 48 kHz with ``width`` channels.

        Raises:
            AudioError: a part cannot be read to its end.
        """
        yield from without(self._sounding(lambda ear: beside(ear.listen)), self._cuts)

    def listen(self, *, meanwhile: Callable[[], None]) -> None:
        """Hear all of it, for those who hear the sound itself elsewhere; ``meanwhile`` is called each second of it.

        Raises:
            AudioError: a part cannot be read to its end.
        """
        for _ in self._sounding(lambda ear: nullcontext(ear.listen)):
            meanwhile()

    def facts(self, outline: Outline, *, true_peak_dbtp: float | None) -> RecordingFacts:
        """What is in it, once all has passed; outline and true peak are those of what the cuts left.

        Raises:
            AudioError: there is nothing in it that can be used.
        """
        self._refuse_nothing()
        first = self.parts[0]
        return RecordingFacts(
            duration_s=self.samples / RATE,
            channels=first.channels,
            sample_rate_hz=first.probe.sample_rate_hz,
            format=" ".join(dict.fromkeys((first.probe.format, first.probe.codec))),  # flac is both
            integrated_lufs=outline.integrated_lufs(),
            true_peak_dbtp=true_peak_dbtp,
            loudness_range_lu=outline.loudness_range_lu(),
            defects=(
                *self._defects,
                *_defects_told(self.parts, self._cuts, self.samples),
                *defects_between(self._ears, mixed=True),
            ),
            curve_lufs=outline.curve(),
            take=self.take,
        )

    def _refuse_nothing(self) -> None:
        if max(ear.peak for ear in self._ears) < _SILENT:
            raise AudioError(
                "there is nothing but silence in it",
                where=self.parts[0].path,
                hint="Look for another file or microphone of this event.",
            )

    def _sounding(self, listening: Callable[[Ear], AbstractContextManager[_Listen]]) -> Iterator[Block]:
        """The sound, part after part, while ears take note; what is wrong with a part is told on the clock of the whole."""
        start_s = 0.0
        for part, ear in zip(self.parts, self._ears, strict=True):
            with at_house_rate(part) as blocks, listening(ear) as listen:
                try:
                    for block in blocks:
                        sound = sane(blocks, block)
                        listen(block, sound)
                        yield mixed_to(sound, width=self.width)
                except AudioError as error:
                    raise probe.refusal(part.path, error.message) from error
            told = probe.defects_after(
                part, decoded_s=ear.samples / RATE, start_s=start_s, complaints=blocks.complaints
            )
            self._defects += [*told, *ear.defects(start_s), *_clipping(part, ear, start_s)]
            start_s += ear.samples / RATE


def _clipping(part: probe.Part, ear: Ear, start_s: float) -> list[Defect]:
    """A second look, at the file's own rate: resampling would have rounded what was cut off flat."""
    full_at_s = ear.clipping.at_s()
    if ear.peak >= 0.998 and part.probe.sample_rate_hz != RATE:
        with as_it_is(part) as blocks:
            full_at_s = clipped_at(blocks, rate=blocks.sample_rate_hz)
    return clipping_told(full_at_s, ear.flat_tops.found(), start_s)


def _defects_told(parts: Sequence[probe.Part], cuts: Sequence[Cut], samples: int) -> list[Defect]:
    defects = []
    shapes = {(part.channels, part.probe.sample_rate_hz) for part in parts}
    if len(shapes) > 1:
        shown = ", ".join(f"{channels} × {rate} Hz" for channels, rate in sorted(shapes))
        told = sentence("the parts differ in channels or rate: {shapes}", shapes=shown)
        defects.append(Defect(code="parts-differ", message=told))
    if any(part.channels > 2 for part in parts):
        many = max(part.channels for part in parts)
        told = sentence("{number} channels are mixed into one, each as loud as the others", number=many)
        defects.append(Defect(code="many-channels", message=told))
    late = sentence("this cut begins after the recording has ended")
    defects += [
        Defect(code="cut-outside", at_s=cut.from_ms / 1000, message=late)
        for cut in cuts
        if cut.from_ms * RATE // 1000 >= samples
    ]
    return defects
