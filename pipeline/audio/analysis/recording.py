"""Measures loudness, true peak and defects of recordings and files, in constant memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict

from pipeline.audio.analysis.channels import (
    build_fixed_plan,
    find_channel_defects,
    find_channel_uses,
    plan_channels,
)
from pipeline.audio.analysis.clipping import find_clipping_start, get_quantisation_step
from pipeline.audio.analysis.defects import DefectDetector, describe_clipping
from pipeline.audio.analysis.measuring_pass import MeasuringPass, can_measure_in_pieces
from pipeline.audio.io import probe
from pipeline.audio.io.channel_plan import ChannelPlan
from pipeline.audio.io.creation_time import find_order_defects
from pipeline.audio.io.cuts import remove_cuts
from pipeline.audio.io.pcm import (
    PcmReader,
    is_plain_at_working_rate,
    open_at_native_rate,
    open_at_working_rate,
    silence_invalid,
)
from pipeline.audio.io.recording_reader import choose_channel_count, mix_channels, read_mixed
from pipeline.audio.metering.curves import LoudnessSummary, summarise_loudness
from pipeline.audio.metering.loudness import DUAL_MONO_LU
from pipeline.audio.metering.meter import Meter, build_reading, get_channel_weights
from pipeline.audio.parallel import call_in_thread, retain_freed_memory
from pipeline.audio.tasks import InspectResult, InspectTask, MeasureTask, RecordingFacts
from pipeline.errors import AudioError
from pipeline.media.decoder import Decoder
from pipeline.media.samples import RATE, Block, Float32Array
from pipeline.model import Cut, Defect, sentence

_SILENCE = 2**-15  # below one step of 16 bits

_Process = Callable[[Block, Block], None]  # a block as it was, and with invalid samples silenced


def measure_recording(task: MeasureTask) -> RecordingFacts:
    """Measure a whole recording in one pass; one plain file without cuts on all cores.

    Raises:
        AudioError: A file contains no audio that can be used; the error says which file, why, and
            what to do.
    """
    analysis = RecordingAnalysis(task.parts, task.cuts, input_channels=task.input_channels)
    retain_freed_memory()
    if not task.cuts and analysis.is_plain:
        energies, true_peak_dbtp = analysis.measure_in_pieces()
        return analysis.build_facts(summarise_loudness(energies), true_peak_dbtp=true_peak_dbtp)
    blocks: Iterable[Block] = analysis.iter_blocks()
    meter = Meter(analysis.channels)
    if any(part.channels > 2 for part in analysis.parts):  # a mix of all could cancel: measure what will be used
        analysis.run()
        plan = analysis.plan_channels()
        blocks, meter = remove_cuts(read_mixed(analysis.parts, plan), task.cuts), Meter(plan.channels)
    with call_in_thread(meter.push) as push:
        for block in blocks:
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
        plan = build_fixed_plan(channels, task.input_channels)
        weights = get_channel_weights(part.stream.channel_layout) if plan is None else None
        weights = weights or (1.0,) * (plan.channels if plan else channels)
        detector = DefectDetector(rate, step=get_quantisation_step(part.stream.codec))
        if isinstance(blocks, PcmReader) and can_measure_in_pieces(blocks, detector):
            energies, true_peak_dbtp = MeasuringPass(blocks, plan, weights, step=detector.step).run(detector)
        else:
            energies, true_peak_dbtp = _measure_blocks(part, blocks, plan, weights, detector)
        decoded_s, messages = detector.duration_s, blocks.error_messages
    correction_lu = DUAL_MONO_LU if task.dual_mono and len(weights) == 1 else 0.0
    reading = build_reading(energies, duration_s=decoded_s, true_peak_dbtp=true_peak_dbtp, correction_lu=correction_lu)
    defects = [
        *probe.find_decoding_defects(part, decoded_s=decoded_s, start_s=0.0, error_messages=messages),
        *detector.describe_defects(0.0, filled=probe.list_filled_gaps(part)),
        *describe_clipping(detector.find_clipping_start_s(), detector.find_clipped_peaks(), 0.0),
        *find_channel_defects([detector], find_channel_uses([detector]), mixed=False),
    ]
    if detector.peak < _SILENCE:
        defects.append(Defect(code="silence", message=sentence("contains only silence")))
    return InspectResult(
        path=task.path,
        channels=channels,
        sample_rate_hz=part.stream.sample_rate_hz,
        defects=tuple(defects),
        **asdict(reading),
    )


def _measure_blocks(
    part: probe.RecordingPart,
    blocks: PcmReader | Decoder,
    plan: ChannelPlan | None,
    weights: Sequence[float],
    detector: DefectDetector,
) -> tuple[Float32Array, float | None]:
    """Measure a file block by block, in two threads; see ``MeasuringPass.run``."""
    meter = Meter(len(weights), weights=weights, sample_rate_hz=detector.grid.sample_rate_hz)
    with call_in_thread(meter.push) as push:
        for block, valid in _iter_valid(part, blocks):
            mixed = valid if plan is None else plan.mix(valid, part=0, first=0)
            push(mixed)
            detector.process(block if mixed is valid else mixed, mixed)
    detector.finish()
    return meter.compute_energies(), meter.compute_true_peak_dbtp()


def _iter_valid(part: probe.RecordingPart, blocks: PcmReader | Decoder) -> Iterator[tuple[Block, Block]]:
    """Yield each block as it was read, and with invalid samples silenced."""
    try:
        for block in blocks:
            yield block, silence_invalid(blocks, block)
    except AudioError as error:
        raise probe.build_read_error(part.path, error.message) from error


class RecordingAnalysis:
    """Finds the defects of a recording while its audio is read, once and from start to end."""

    def __init__(self, paths: Sequence[str], cuts: Sequence[Cut], *, input_channels: str = "auto") -> None:
        """Open all parts.

        Args:
            paths: The parts in order of time.
            cuts: Ranges that are left out.
            input_channels: See ``plan_channels``.

        Raises:
            AudioError: One of them contains no audio.
        """
        self.parts = tuple(probe.open_part(path) for path in paths)
        self.channels = choose_channel_count(self.parts)
        self._detectors = tuple(DefectDetector(step=get_quantisation_step(part.stream.codec)) for part in self.parts)
        self._cuts, self._input_channels = cuts, input_channels
        self._defects: list[Defect] = []

    def iter_blocks(self) -> Iterator[Block]:
        """Read all parts, and yield what the cuts leave.

        Returns:
            Blocks of shape (samples, channels), float32, full scale is 1.0, at 48 kHz.

        Raises:
            AudioError: A part cannot be read to its end.
        """
        yield from remove_cuts(self._read(lambda detector: call_in_thread(detector.process)), self._cuts)

    def run(self) -> None:
        """Read all parts, for callers that measure the audio in another way.

        Raises:
            AudioError: A part cannot be read to its end.
        """
        for _ in self._read(lambda detector: nullcontext(detector.process)):
            pass

    @property
    def is_plain(self) -> bool:
        """Whether it is one file of one or two channels, which can be read anywhere."""
        return len(self.parts) == 1 and self.parts[0].channels <= 2 and is_plain_at_working_rate(self.parts[0])

    def measure_in_pieces(self) -> tuple[Float32Array, float | None]:
        """Measure a recording for which ``is_plain`` holds, on all cores.

        Returns:
            The energies, shape (hops,), float32; and the true peak in dBTP (``None``: silence).

        Raises:
            AudioError: It cannot be read.
        """
        (part,), (detector,) = self.parts, self._detectors
        reader = PcmReader(part)
        weights = (1.0,) * reader.channels
        try:
            measured = MeasuringPass(reader, None, weights, step=detector.step).run(detector)
        except AudioError as error:
            raise probe.build_read_error(part.path, error.message) from error
        self._describe_part(part, detector, start_s=0.0, error_messages=())
        return measured

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
        mixed = self._input_channels in ("auto", "mono")
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
                *find_channel_defects(self._detectors, find_channel_uses(self._detectors), mixed=mixed),
            ),
            curve_lufs=loudness.compute_curve(),
            channel_plan=self.plan_channels(),
        )

    def plan_channels(self) -> ChannelPlan:
        """Plan how the channels become one or two, once all parts were read."""
        uses, window = find_channel_uses(self._detectors), self._detectors[0].grid.window
        return plan_channels(uses, window=window, input_channels=self._input_channels)

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
            detector.finish()
            self._describe_part(part, detector, start_s=start_s, error_messages=blocks.error_messages)
            start_s += detector.samples / RATE

    def _describe_part(
        self, part: probe.RecordingPart, detector: DefectDetector, *, start_s: float, error_messages: Sequence[str]
    ) -> None:
        decoded_s = detector.samples / RATE
        self._defects += probe.find_decoding_defects(
            part, decoded_s=decoded_s, start_s=start_s, error_messages=error_messages
        )
        self._defects += detector.describe_defects(start_s, filled=probe.list_filled_gaps(part))
        self._defects += _find_clipping(part, detector, start_s)


def _find_clipping(part: probe.RecordingPart, detector: DefectDetector, start_s: float) -> list[Defect]:
    """Find clipping, in a second pass at the file's own rate where needed.

    Resampling rounds off flat tops.
    """
    clipping_start_s = detector.find_clipping_start_s()
    if detector.peak >= 0.998 and part.stream.sample_rate_hz != RATE:
        with open_at_native_rate(part) as blocks:
            clipping_start_s = find_clipping_start(blocks, rate=blocks.sample_rate_hz)
    return describe_clipping(clipping_start_s, detector.find_clipped_peaks(), start_s)


def _check_parts_and_cuts(parts: Sequence[probe.RecordingPart], cuts: Sequence[Cut], samples: int) -> list[Defect]:
    defects = []
    formats = {(part.channels, part.stream.sample_rate_hz) for part in parts}
    if len(formats) > 1:
        shown = ", ".join(f"{channels} × {rate} Hz" for channels, rate in sorted(formats))
        message = sentence("the parts differ in channels or sample rate: {formats}", formats=shown)
        defects.append(Defect(code="parts-differ", message=message))
    defects += find_order_defects([part.path for part in parts])
    late = sentence("this cut starts after the end of the recording")
    defects += [
        Defect(code="cut-outside", at_s=cut.from_ms / 1000, message=late)
        for cut in cuts
        if cut.from_ms * RATE // 1000 >= samples
    ]
    return defects
