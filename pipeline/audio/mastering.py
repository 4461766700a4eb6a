"""The mastering pipeline of `build` and `master`: from a recording to a measured file.

The stages: analyse the recording, plan the processing chain, render the master, encode it, measure
the decoded file, and correct until the target is met. `build` runs them as three cached tasks
(`MeasureTask`, `MasterTask`, `EncodeTask`) with the master as a WAV in between. `master` runs the same
functions as one task. The chain is rendered in ranges of fixed length, by all cores.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from pipeline.audio import tasks
from pipeline.audio.analysis.recording import measure_recording
from pipeline.audio.encoding import encoder, sample_encoding
from pipeline.audio.encoding.decoded_measurement import DecodedMeasurement
from pipeline.audio.io import probe
from pipeline.audio.io.channel_plan import ChannelPlan
from pipeline.audio.io.pcm import PcmReader
from pipeline.audio.io.recording_reader import (
    mix_channels,
    open_recording,
)
from pipeline.audio.io.wav_file import WavFile
from pipeline.audio.metering.curves import compute_talk_time, count_speech_levels, find_extremes, summarise_loudness
from pipeline.audio.metering.hop_buffer import HopBuffer
from pipeline.audio.metering.range_meter import AFTER, BEFORE, RangeMeter, RangeReading
from pipeline.audio.metering.true_peak import to_dbtp
from pipeline.audio.metering.waveform import build_waveform
from pipeline.audio.parallel import map_parallel, release_memory, retain_freed_memory
from pipeline.audio.processing import chain as processing
from pipeline.audio.processing import processing_report
from pipeline.audio.processing.chain import ProcessingChain
from pipeline.audio.processing.limiter import CONTEXT, limit_block
from pipeline.media.samples import RATE, Block

RANGE_SAMPLES = 10 * RATE  # rendered at once; results depend on it, but not on who renders which range

_MAX_CORRECTIONS = 2  # limiting lowers loudness, so the gain is corrected
_TOLERANCE_LU = 0.05

_ReadRange = Callable[[int, int], Block]


def master(task: tasks.MasterTask) -> tasks.MasterResult:
    """Master a recording to a WAV of 24 bits, in constant memory.

    Raises:
        AudioError: The recording is too short or too quiet, or cannot be read.
    """
    retain_freed_memory()
    parts = tuple(probe.open_part(path) for path in task.parts)
    plan = _choose_channels(task)
    with open_recording(parts, plan, scratch=f"{task.out}.recording.wav") as recording:
        chain = processing.build_chain(task, recording, channels=plan.channels)
        return _write_master(chain, task.out)


def master_file(task: tasks.MasterFileTask) -> tasks.MasterFileResult:
    """Measure, master and encode a recording, in constant memory.

    Raises:
        AudioError: The recording is too short or too quiet, or cannot be read.
    """
    wav = f"{task.out}.master.wav"
    try:
        facts = measure_recording(tasks.MeasureTask(parts=task.parts, input_channels=task.input_channels))
        mastered = master(tasks.MasterTask(parts=task.parts, target=task.target, facts=facts, out=wav))
        return tasks.MasterFileResult(recording=facts, master=mastered, encoded=encode_mastered(task, wav, mastered))
    finally:
        with suppress(OSError):
            Path(wav).unlink()


def encode_mastered(task: tasks.MasterFileTask, wav: str, mastered: tasks.MasterResult) -> tasks.EncodeResult:
    """Encode a master of the recording, by what was measured on it.

    Raises:
        AudioError: The encoder lost samples.
    """
    return encoder.encode_master(
        tasks.EncodeTask(
            master=wav,
            master_lufs=mastered.integrated_lufs,
            sampled=mastered.sampled,
            format=task.format,
            target=task.target,
            out=task.out,
        )
    )


def _choose_channels(task: tasks.MasterTask) -> ChannelPlan:
    """Choose the channels to process: one, where both would be the same."""
    plan = task.facts.channel_plan
    return plan.reduce_to_mono() if task.target.channels == "mono" else plan


# Render


def _write_master(chain: ProcessingChain, out: str) -> tasks.MasterResult:
    """Render the chain to a WAV, and correct its gain until the loudness target is met."""
    gain_db = chain.predict_gain()
    chain = chain.drop_predictions()
    release_memory()  # of the analysis
    measured = _render(partial(chain.render_range, gain_db=gain_db), chain, out)
    for _ in range(_MAX_CORRECTIONS):
        missing_db = chain.task.target.loudness_lufs - measured.integrated_lufs
        if abs(missing_db) <= _TOLERANCE_LU:
            break
        gain_db += missing_db
        measured = _correct_gain(chain, out, missing_db)
    return _describe_master(chain, gain_db, measured)


def _correct_gain(chain: ProcessingChain, out: str, gain_db: float) -> DecodedMeasurement:
    """Apply a small gain to a master, and limit it again: the rest of the chain need not be rendered twice."""
    previous = f"{out}.previous"
    Path(out).replace(previous)
    try:
        reader = PcmReader(probe.open_part(previous))
        gain = np.float32(10 ** (gain_db / 20))

        def render(first: int, last: int) -> Block:
            """Render a range, shape (samples, channels)."""
            start, stop = max(0, first - CONTEXT), min(reader.samples, last + CONTEXT)
            block = mix_channels(reader.read_range(start, stop), channels=chain.channels) * gain
            return limit_block(block, ceiling_dbtp=chain.ceiling_dbtp)[first - start : last - start]

        return _render(render, chain, out)
    finally:
        with suppress(OSError):
            Path(previous).unlink()


def _render(render: _ReadRange, chain: ProcessingChain, out: str) -> DecodedMeasurement:
    """Write and measure all ranges of a master, in parallel."""
    channels = 1 if chain.task.target.channels == "mono" else 2
    file = WavFile(out, channels=channels, samples=chain.samples)
    file.create()
    writer = _RangeWriter(render, file, RangeMeter((2.0,) if chain.channels == 1 else (1.0, 1.0)))
    energies, peak = HopBuffer(np.float32, capacity=chain.samples // (RATE // 100)), 0.0
    for reading in map_parallel(writer.write, range(0, chain.samples, RANGE_SAMPLES)):
        energies.append(reading.energies)
        peak = max(peak, reading.true_peak)
    loudness, peak_dbtp = processing.require_loudness(energies.view(), chain.task), to_dbtp(peak)
    return DecodedMeasurement(
        samples=chain.samples,
        integrated_lufs=loudness,
        true_peak_dbtp=chain.ceiling_dbtp if peak_dbtp is None else peak_dbtp,
        pieces=(energies.view(),),
    )


@dataclass(frozen=True, slots=True)
class _RangeWriter:
    """Renders, writes and measures one range of a master."""

    render: _ReadRange
    file: WavFile
    meter: RangeMeter

    def write(self, first: int) -> RangeReading:
        last = min(first + RANGE_SAMPLES, self.file.samples)
        start, stop = max(0, first - BEFORE), min(self.file.samples, last + AFTER)
        block = self.render(start, stop)
        own = block[first - start : last - start]
        self.file.write(mix_channels(own, channels=self.file.channels), first)
        return self.meter.measure(block.T, before=first - start, after=stop - last)


# Describe


def _describe_master(chain: ProcessingChain, gain_db: float, measured: DecodedMeasurement) -> tasks.MasterResult:
    """Describe a master by what was measured on it, or on the file encoded from it."""
    target, levels, jingles = chain.task.target, chain.plan.leveller, chain.jingles
    loudness, energies, duration_s = measured.integrated_lufs, measured.energies, measured.samples / RATE
    missed = abs(loudness - target.loudness_lufs) > 2 * _TOLERANCE_LU
    low, high = find_extremes(levels.envelope.hops, levels.envelope.compute_db) if levels else ((), ())
    talk_levels = count_speech_levels(jingles.extract_talk(energies), chain.plan.speech)
    return tasks.MasterResult(
        duration_s=duration_s,
        offset_ms=jingles.intro_samples * 1000 // RATE,
        integrated_lufs=loudness,
        true_peak_dbtp=measured.true_peak_dbtp,
        gain_db=gain_db,
        waveform=build_waveform(energies, duration_s=duration_s),
        defects=(
            *((processing_report.describe_missed_target(target.loudness_lufs),) if missed else ()),
            *processing_report.propose_cuts(chain.plan.removable, chain.task.cuts),
        ),
        steps=tuple(processing_report.describe_steps(chain, gain_db=gain_db)),
        skipped=tuple(processing_report.describe_skipped_steps(chain)),
        curve_lufs=summarise_loudness(energies).compute_curve(),
        gains_low_db=low,
        gains_high_db=high,
        talk=compute_talk_time(chain.speech_levels, talk_levels),
        timed_jingles=jingles.list_timed_jingles(),
        sampled=sample_encoding.choose_windows(energies),
    )
