"""The mastering pipeline of `build` and `master`: from a recording to a measured file.

The stages: analyse the recording, plan the processing chain, render the master, encode it, measure
the decoded file, and correct until the target is met. `build` runs them as three cached tasks
(`MeasureTask`, `MasterTask`, `EncodeTask`) with the master as FLAC in between. `master` runs them as
one task; if the recording is a plain WAV and the output an MP3, the encoder reads the chain instead
of a FLAC. Both produce the same audio.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from pipeline.audio import tasks
from pipeline.audio.analysis.analysis_pass import AnalysisPass, SpeechAnalysis
from pipeline.audio.analysis.recording import RecordingAnalysis, measure_recording
from pipeline.audio.encoding import encoder, mp3_frames
from pipeline.audio.encoding.decoded_measurement import DecodedMeasurement
from pipeline.audio.encoding.encoder import EncodingAttempt
from pipeline.audio.encoding.mp3_chunks import Mp3Source
from pipeline.audio.io.pcm import PcmReader, is_plain_at_working_rate
from pipeline.audio.io.recording_reader import mix_channels
from pipeline.audio.metering.curves import compute_talk_time, count_speech_levels, find_extremes, summarise_loudness
from pipeline.audio.metering.meter import Meter
from pipeline.audio.metering.waveform import build_waveform
from pipeline.audio.parallel import call_in_thread, release_memory, retain_freed_memory
from pipeline.audio.processing import chain as processing
from pipeline.audio.processing import processing_report
from pipeline.audio.processing.chain import ProcessingChain
from pipeline.media import ffmpeg
from pipeline.media.samples import RATE, Block

_MAX_ATTEMPTS = 3  # limiting lowers loudness, so the gain is corrected
_TOLERANCE_LU = 0.05


def master(task: tasks.MasterTask) -> tasks.MasterResult:
    """Master a recording to FLAC, in constant memory.

    Raises:
        AudioError: The recording is too short or too quiet, or cannot be read.
    """
    chain, gain_db = _plan(task)
    return _describe_master(chain, *_write_master(chain, gain_db, task.out))


def master_file(task: tasks.MasterFileTask) -> tasks.MasterFileResult:
    """Measure, master and encode one file, in constant memory.

    Raises:
        AudioError: The recording is too short or too quiet, or cannot be read.
    """
    retain_freed_memory()
    facts, chain, gain_db = _plan_file(task)
    if task.format == "mp3" and chain.is_seekable:
        return _encode_rendered(task, facts, chain, gain_db)
    flac = task.out if task.format == "flac" else f"{task.out}.master.flac"
    try:
        gain_db, measured = _write_master(chain, gain_db, flac)
        if flac == task.out:
            encoded = encoder.describe_encoded(task, measured)
        else:
            encoding = tasks.EncodeTask(master=flac, format=task.format, target=task.target, out=task.out)
            encoded = encoder.encode_master(encoding)
        result = _describe_master(chain, gain_db, measured)
        return tasks.MasterFileResult(recording=facts, master=result, encoded=encoded)
    finally:
        if flac != task.out:
            with suppress(OSError):
                Path(flac).unlink()


# Analyse and plan


def _plan(
    task: tasks.MasterTask, analysis: SpeechAnalysis | None = None, recording: RecordingAnalysis | None = None
) -> tuple[ProcessingChain, float]:
    """Build the chain and predict its gain in dB."""
    chain = processing.build_chain(task, analysis, parts=recording.parts if recording else None)
    return chain.drop_predictions(), chain.predict_gain()


def _plan_file(task: tasks.MasterFileTask) -> tuple[tasks.RecordingFacts, ProcessingChain, float]:
    """Analyse a file and plan its chain: in one parallel pass where it is plain, else in two."""
    recording, analysis = RecordingAnalysis((task.source,), ()), None
    (part,) = recording.parts
    if is_plain_at_working_rate(part) and part.channels <= 2:
        facts, analysis = _analyse_in_one_pass(recording, high_pass_hz=task.target.high_pass_hz)
    else:
        facts = measure_recording(tasks.MeasureTask(parts=(task.source,)))
    master_task = tasks.MasterTask(parts=(task.source,), target=task.target, facts=facts, out="")
    if processing.count_processing_channels(recording.parts, master_task) != recording.channels:
        analysis = None  # it is of other channels
    return facts, *_plan(master_task, analysis, recording)


def _analyse_in_one_pass(
    recording: RecordingAnalysis, *, high_pass_hz: int
) -> tuple[tasks.RecordingFacts, SpeechAnalysis]:
    analysis_pass = AnalysisPass(PcmReader(recording.parts[0]), recording.channels, high_pass_hz=high_pass_hz)
    recording.run(meanwhile=analysis_pass.collect_ready)
    analysis, unfiltered = analysis_pass.finish()
    facts = recording.build_facts(unfiltered.loudness, true_peak_dbtp=unfiltered.true_peak_dbtp)
    release_memory()
    return facts, analysis


# Render


def _write_master(chain: ProcessingChain, gain_db: float, out: str) -> tuple[float, DecodedMeasurement]:
    """Render the chain to FLAC, with its gain corrected until the loudness target is met.

    Returns:
        The gain in dB, and the measurement of the master.
    """
    target = chain.task.target.loudness_lufs
    for left in reversed(range(_MAX_ATTEMPTS)):
        meter = _render_flac(chain, gain_db, out)
        energies = meter.compute_energies()
        loudness = processing.require_loudness(energies, chain.task)
        missing_db = target - loudness
        if abs(missing_db) <= _TOLERANCE_LU or not left:
            break
        gain_db += missing_db
    peak = meter.compute_true_peak_dbtp()
    return gain_db, DecodedMeasurement(
        samples=meter.samples,
        integrated_lufs=loudness,
        true_peak_dbtp=chain.ceiling_dbtp if peak is None else peak,
        pieces=(energies,),
    )


def _render_flac(chain: ProcessingChain, gain_db: float, out: str) -> Meter:
    """Write the master, and meter it in a thread."""
    meter = Meter(chain.channels, weights=(2.0,) if chain.channels == 1 else None)  # two loudspeakers play one channel
    channels = _count_master_channels(chain)

    def render(push: Callable[[Block], None]) -> Iterator[Block]:
        """Render, meter and round blocks of shape (samples, channels)."""
        for block in chain.render(gain_db):
            push(block)
            yield _round_to_24_bits(block, channels=channels)

    with call_in_thread(meter.push) as push:
        ffmpeg.encode(render(push), channels=channels, out=out, options=ffmpeg.MASTER_OPTIONS)
    return meter


def _count_master_channels(chain: ProcessingChain) -> int:
    return 1 if chain.task.target.channels == "mono" else 2


def _round_to_24_bits(block: Block, *, channels: int, gain: float = 1.0) -> Block:
    """Round to the 24 bits of a master, then apply ``gain``."""
    steps = mix_channels(block, channels=channels) * np.float32(2**23)
    np.rint(steps, out=steps)
    steps *= np.float32(gain) * np.float32(2**-23)
    return steps


# Encode without FLAC


def _encode_rendered(
    task: tasks.MasterFileTask, facts: tasks.RecordingFacts, chain: ProcessingChain, gain_db: float
) -> tasks.MasterFileResult:
    """Encode the chain as MP3; its decoded audio is measured in place of the master."""
    file = encoder.ChunkedMp3(task.out, lambda attempt: _open_rendered(chain, gain_db, attempt))
    result = encoder.encode_to_target(task.target, file)
    return tasks.MasterFileResult(
        recording=facts,
        master=_describe_master(chain, gain_db + result.attempt.gain_db, result.measurement),
        encoded=encoder.describe_encoded(task, result.measurement),
    )


def _open_rendered(chain: ProcessingChain, gain_db: float, attempt: EncodingAttempt) -> Mp3Source:
    """Open the chain for the MP3 encoder, as ``encoder.open_mp3_source`` does a FLAC."""
    channels, kbps = _count_master_channels(chain), mp3_frames.find_nearest_bitrate(chain.task.target.bitrate_kbps)
    lame_gain = encoder.compute_lame_gain(kbps)

    def read_blocks(first: int, last: int) -> Iterator[Block]:
        """Render and correct a range: blocks of shape (samples, channels)."""
        rendered = chain.render_range(first, last, gain_db + attempt.gain_db)
        quantised = (_round_to_24_bits(block, channels=channels, gain=lame_gain) for block in rendered)
        return encoder.lower_peaks(quantised, attempt.attenuated, first=first)

    return Mp3Source(samples=chain.jingles.talk_samples, channels=channels, kbps=kbps, read_blocks=read_blocks)


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
        defects=(processing_report.describe_missed_target(target.loudness_lufs),) if missed else (),
        steps=tuple(processing_report.describe_steps(chain, gain_db=gain_db)),
        skipped=tuple(processing_report.describe_skipped_steps(chain)),
        curve_lufs=summarise_loudness(energies).compute_curve(),
        gains_low_db=low,
        gains_high_db=high,
        talk=compute_talk_time(chain.speech_levels, talk_levels),
        timed_jingles=jingles.list_timed_jingles(),
    )
