"""Measures loudness, true peak and defects of recordings and files, in constant memory."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict

from pipeline.audio.analysis.channels import choose_channels, find_channel_defects
from pipeline.audio.analysis.clipping import find_clipping_start, get_quantisation_step
from pipeline.audio.analysis.defects import DefectDetector, describe_clipping
from pipeline.audio.io import probe
from pipeline.audio.io.cuts import remove_cuts
from pipeline.audio.io.pcm import PcmReader, open_at_native_rate, open_at_working_rate, silence_invalid
from pipeline.audio.io.recording_reader import choose_channel_count, mix_channels
from pipeline.audio.metering.curves import LoudnessSummary, summarise_loudness
from pipeline.audio.metering.loudness import DUAL_MONO_LU
from pipeline.audio.metering.meter import Meter, get_channel_weights
from pipeline.audio.parallel import call_in_thread, retain_freed_memory
from pipeline.audio.tasks import InspectResult, InspectTask, MeasureTask, RecordingFacts
from pipeline.errors import AudioError
from pipeline.media.decoder import Decoder
from pipeline.media.samples import RATE, Block
from pipeline.model import Cut, Defect, sentence

_SILENCE = 2**-15  # below one step of 16 bits

_Process = Callable[[Block, Block], None]  # a block as it was, and with invalid samples silenced


def measure_recording(task: MeasureTask) -> RecordingFacts:
    """Measure a whole recording in one pass.

    Raises:
        AudioError: A file contains no audio that can be used; the error says which file, why, and
            what to do.
    """
    analysis = RecordingAnalysis(task.parts, task.cuts)
    retain_freed_memory()
    meter = Meter(analysis.channels)
    with call_in_thread(meter.push) as push:
        for block in analysis.iter_blocks():
            push(block)
    loudness = summarise_loudness(meter.compute_energies())
    return analysis.build_facts(loudness, true_peak_dbtp=meter.compute_true_peak_dbtp())


def inspect_file(task: InspectTask) -> InspectResult:
    """Measure one file at its own rate, each channel with its own weight, and find its defects.

    Silence is a defect here, not an error.

    Raises:
        AudioError: The file cannot be read as audio.
    """
    part = probe.open_part(task.path)
    retain_freed_memory()
    with open_at_native_rate(part) as blocks:
        rate, channels = blocks.sample_rate_hz or RATE, blocks.channels or part.channels
        detector = DefectDetector(rate, step=get_quantisation_step(part.stream.codec))
        meter = Meter(channels, weights=get_channel_weights(part.stream.channel_layout), sample_rate_hz=rate)
        with call_in_thread(meter.push) as push:
            for block, valid in _iter_valid(part, blocks):
                push(valid)
                detector.process(block, valid)
        decoded_s, messages = detector.duration_s, blocks.error_messages
    defects = [
        *probe.find_decoding_defects(part, decoded_s=decoded_s, start_s=0.0, error_messages=messages),
        *detector.describe_defects(0.0),
        *describe_clipping(detector.clipping.get_start_s(), detector.flat_tops.find_clipped_peaks(), 0.0),
        *find_channel_defects([detector], mixed=False),
    ]
    if detector.peak < _SILENCE:
        defects.append(Defect(code="silence", message=sentence("contains only silence")))
    return InspectResult(
        path=task.path,
        channels=channels,
        sample_rate_hz=part.stream.sample_rate_hz,
        defects=tuple(defects),
        **asdict(meter.read(correction_lu=DUAL_MONO_LU if task.dual_mono and channels == 1 else 0.0)),
    )


def _iter_valid(part: probe.RecordingPart, blocks: PcmReader | Decoder) -> Iterator[tuple[Block, Block]]:
    """Yield each block as it was read, and with invalid samples silenced."""
    try:
        for block in blocks:
            yield block, silence_invalid(blocks, block)
    except AudioError as error:
        raise probe.build_read_error(part.path, error.message) from error


class RecordingAnalysis:
    """Finds the defects of a recording while its audio is read, once and from start to end."""

    def __init__(self, paths: Sequence[str], cuts: Sequence[Cut]) -> None:
        """Open all parts.

        Raises:
            AudioError: One of them contains no audio.
        """
        self.parts = tuple(probe.open_part(path) for path in paths)
        self.channels = choose_channel_count(self.parts)
        self._detectors = tuple(DefectDetector(step=get_quantisation_step(part.stream.codec)) for part in self.parts)
        self._cuts = cuts
        self._defects: list[Defect] = []

    def iter_blocks(self) -> Iterator[Block]:
        """Read all parts, and yield what the cuts leave.

        Returns:
            Blocks of shape (samples, channels), float32, full scale is 1.0, at 48 kHz.

        Raises:
            AudioError: A part cannot be read to its end.
        """
        yield from remove_cuts(self._read(lambda detector: call_in_thread(detector.process)), self._cuts)

    def run(self, *, meanwhile: Callable[[], None]) -> None:
        """Read all parts, for callers that process the audio themselves.

        ``meanwhile`` is called after each second.

        Raises:
            AudioError: A part cannot be read to its end.
        """
        for _ in self._read(lambda detector: nullcontext(detector.process)):
            meanwhile()

    def build_facts(self, loudness: LoudnessSummary, *, true_peak_dbtp: float | None) -> RecordingFacts:
        """Build the result, once all parts were read.

        Loudness and true peak are those of what the cuts leave.

        Raises:
            AudioError: The recording contains only silence.
        """
        first = self.parts[0]
        if max(detector.peak for detector in self._detectors) < _SILENCE:
            hint = "Look for another file or microphone of this event."
            raise AudioError("contains only silence", where=first.path, hint=hint)
        samples = sum(detector.samples for detector in self._detectors)
        return RecordingFacts(
            duration_s=samples / RATE,
            channels=first.channels,
            sample_rate_hz=first.stream.sample_rate_hz,
            format=" ".join(dict.fromkeys((first.stream.container, first.stream.codec))),  # flac is both
            integrated_lufs=loudness.compute_integrated_lufs(),
            true_peak_dbtp=true_peak_dbtp,
            loudness_range_lu=loudness.compute_loudness_range_lu(),
            defects=(
                *self._defects,
                *_check_parts_and_cuts(self.parts, self._cuts, samples),
                *find_channel_defects(self._detectors, mixed=True),
            ),
            curve_lufs=loudness.compute_curve(),
            channel_selection=choose_channels(self._detectors),
        )

    def _read(self, run: Callable[[DefectDetector], AbstractContextManager[_Process]]) -> Iterator[Block]:
        """Yield the audio of all parts while detectors run.

        Times of defects count from the start of the recording.
        """
        start_s = 0.0
        for part, detector in zip(self.parts, self._detectors, strict=True):
            with open_at_working_rate(part) as blocks, run(detector) as process:
                for block, valid in _iter_valid(part, blocks):
                    process(block, valid)
                    yield mix_channels(valid, channels=self.channels)
            decoded_s = detector.samples / RATE
            self._defects += probe.find_decoding_defects(
                part, decoded_s=decoded_s, start_s=start_s, error_messages=blocks.error_messages
            )
            self._defects += [*detector.describe_defects(start_s), *_find_clipping(part, detector, start_s)]
            start_s += decoded_s


def _find_clipping(part: probe.RecordingPart, detector: DefectDetector, start_s: float) -> list[Defect]:
    """Find clipping, in a second pass at the file's own rate where needed.

    Resampling rounds off flat tops.
    """
    clipping_start_s = detector.clipping.get_start_s()
    if detector.peak >= 0.998 and part.stream.sample_rate_hz != RATE:
        with open_at_native_rate(part) as blocks:
            clipping_start_s = find_clipping_start(blocks, rate=blocks.sample_rate_hz)
    return describe_clipping(clipping_start_s, detector.flat_tops.find_clipped_peaks(), start_s)


def _check_parts_and_cuts(parts: Sequence[probe.RecordingPart], cuts: Sequence[Cut], samples: int) -> list[Defect]:
    defects = []
    formats = {(part.channels, part.stream.sample_rate_hz) for part in parts}
    if len(formats) > 1:
        shown = ", ".join(f"{channels} × {rate} Hz" for channels, rate in sorted(formats))
        message = sentence("the parts differ in channels or sample rate: {formats}", formats=shown)
        defects.append(Defect(code="parts-differ", message=message))
    if (channels := max(part.channels for part in parts)) > 2:
        message = sentence("{number} channels are mixed to mono with equal gain", number=channels)
        defects.append(Defect(code="many-channels", message=message))
    late = sentence("this cut starts after the end of the recording")
    defects += [
        Defect(code="cut-outside", at_s=cut.from_ms / 1000, message=late)
        for cut in cuts
        if cut.from_ms * RATE // 1000 >= samples
    ]
    return defects
