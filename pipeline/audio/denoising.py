"""Neural noise reduction of a recording, before it is measured for mastering and mastered.

The recording is read twice. First the network runs, in parallel chunks: each begins some seconds
early, so that its state has settled, and no result depends on the number of workers. Then its output
is judged as a whole, and mixed with the recording where it helps.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipeline.audio import tasks
from pipeline.audio.analysis.recording import measure_recording
from pipeline.audio.io.pcm import PcmReader
from pipeline.audio.io.probe import open_part
from pipeline.audio.io.recording_reader import RangeReader, choose_channel_count, open_recording
from pipeline.audio.io.wav_file import WavFile
from pipeline.audio.mastering import encode_mastered, master
from pipeline.audio.metering.hop_buffer import HOP_SAMPLES
from pipeline.audio.metering.range_meter import BEFORE, RangeMeter
from pipeline.audio.parallel import map_parallel
from pipeline.audio.processing import neural_denoise
from pipeline.audio.processing.chain import analyse_talk
from pipeline.audio.processing.channel_report import describe_channels
from pipeline.audio.processing.deep_filter_net import LATENCY_SAMPLES, DeepFilterNet, require_network
from pipeline.audio.processing.hum_removal import SETTLING, HumComb
from pipeline.audio.processing.neural_denoise import DenoiseOutcome, DenoisePlan
from pipeline.audio.processing.redaction import RedactedReader
from pipeline.audio.processing.restoration import apply_filters
from pipeline.errors import AudioError
from pipeline.media.samples import RATE, Block, Float32Array, Float64Array
from pipeline.model import SoundTarget

_CHUNK = 60 * RATE
_WARM_UP = 10 * RATE  # after which the network differs by -28 dB from one that started earlier
_SEAM = RATE // 10  # crossfade between chunks
_PIECE = 10 * RATE  # mixed at once
_SPEECH_LUFS = -28.0  # at which the network keeps speech best: at -14 it lowers voices, at -44 it deletes them

_SEAM_SHARES = ((np.arange(_SEAM) + 0.5) / _SEAM).astype(np.float32)[:, np.newaxis]


def denoise(task: tasks.DenoiseTask) -> tasks.DenoiseResult:
    """Reduce the noise of a recording with a neural network, where it helps.

    What the cuts, mutes and bleeps of the task replace is silence: the network never has it.

    Raises:
        AudioError: The recording cannot be read.
        DependencyError: The network is not installed, or is another one than expected.
        StorageError: The disk is full.
    """
    require_network()
    parts = tuple(open_part(path) for path in task.parts)
    plan = task.facts.channel_plan
    if task.channels == "mono" or (choose_channel_count(parts) == 1 and not plan.stretches):
        plan = plan.reduce_to_mono()
    with open_recording(parts, plan, scratch=f"{task.out}.recording") as recording:
        talk = RedactedReader(recording, (*task.cuts, *task.mutes, *task.bleeps), None)
        return _denoise_talk(task, talk, plan.channels)


def master_denoised_file(task: tasks.MasterFileTask) -> tasks.MasterFileResult:
    """Reduce the noise of a recording with a neural network, then master and encode it.

    Raises:
        AudioError: The recording is too short or too quiet, or cannot be read.
        DependencyError: The network is not installed, or is another one than expected.
    """
    target = replace(task.target, noise_reduction="auto")
    temporary, wav = f"{task.out}.denoised.wav", f"{task.out}.master.wav"
    facts = measure_recording(tasks.MeasureTask(parts=task.parts, input_channels=task.input_channels))
    denoising = tasks.DenoiseTask(
        parts=task.parts,
        channels=target.channels,
        high_pass_hz=target.high_pass_hz,
        hum=target.hum,
        facts=facts,
        out=temporary,
    )
    try:
        denoised = denoise(denoising)
        parts, own = ((temporary,), denoised.describe_output(facts)) if denoised.applied else (task.parts, facts)
        mastered = master(tasks.MasterTask(parts=parts, target=target, facts=own, out=wav))
        encoded = encode_mastered(replace(task, target=target), wav, mastered)
        return tasks.MasterFileResult(recording=facts, master=denoised.complete_report(mastered), encoded=encoded)
    except AudioError as error:
        error.where = task.parts[0] if error.where == temporary else error.where
        raise
    finally:
        for file in (temporary, wav):
            with suppress(OSError):
                Path(file).unlink()


def _denoise_talk(task: tasks.DenoiseTask, talk: RangeReader, channels: int) -> tasks.DenoiseResult:
    analysis = analyse_talk(talk, channels, SoundTarget(high_pass_hz=task.high_pass_hz, hum=task.hum))
    moments = _measure_moments(talk, analysis.hum)
    plan = neural_denoise.plan_denoising(analysis.speech.energies, analysis.speech.profile, moments)
    outcome = None
    if plan is not None and plan.wanted.any():
        out = WavFile(task.out, channels=channels, samples=talk.samples, is_float=True)
        out.create()
        before, after = _run_network(talk, plan, out)
        outcome = neural_denoise.judge_denoising(plan, before, after)
    applied = outcome is not None and outcome.is_effective
    if outcome is not None and applied:
        _mix(talk, outcome, out)
    else:
        Path(task.out).write_bytes(b"")  # mastering reads the recording itself
    steps, skipped = neural_denoise.describe_outcome(plan, outcome)
    if applied:  # mastering reads channels that are mixed already
        steps = [*describe_channels(task.facts.channel_plan), *steps]
    return tasks.DenoiseResult(applied=applied, channels=channels, steps=tuple(steps), skipped=tuple(skipped))


def _measure_moments(talk: RangeReader, hum: HumComb | None) -> Float64Array:
    """Measure the quiet moment of each whole second, shape (seconds, 2); without the hum, whose lines are no music."""

    def measure(first: int) -> list[tuple[float, float]]:
        """Measure the seconds of one piece."""
        start, stop = max(0, first - SETTLING), min(first + _PIECE, talk.samples)
        block = talk.read_range(start, min(stop + SETTLING, talk.samples))
        clean = np.concatenate(list(apply_filters([block], high_pass_hz=0, hum=hum)))[first - start : stop - start]
        mono = clean.mean(axis=1, dtype=np.float32)
        seconds = mono[: len(mono) // RATE * RATE].reshape(-1, RATE)
        return [neural_denoise.measure_quiet_moment(second) for second in seconds]

    pieces = map_parallel(measure, range(0, talk.samples - RATE + 1, _PIECE))
    return np.array([moment for piece in pieces for moment in piece], np.float64).reshape(-1, 2)


# Network


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoisedChunk:
    """What the chunks around it, and the judgement, need of a chunk; the rest is in the file."""

    start: Block  # the first ``_SEAM`` samples, shape (samples, channels)
    after: Block  # the samples after its end that the next chunk begins with
    energies: tuple[Float32Array, Float32Array]  # before and after, shape (hops,)


class _ChunkDenoiser:
    """Runs the network on chunks of a talk, in any process."""

    def __init__(self, talk: RangeReader, plan: DenoisePlan, out: WavFile) -> None:
        """Prepare: each chunk writes its speech to ``out``, except where chunks meet."""
        self._talk, self._plan, self._out = talk, plan, out
        self._gain = np.float32(10 ** ((_SPEECH_LUFS - plan.speech_lufs) / 20))
        self._meter = RangeMeter([1.0] * out.channels)

    def process(self, number: int) -> DenoisedChunk:
        """Run the network on one chunk, if it is wanted anywhere in it."""
        start = number * _CHUNK
        stop, end = (min(last, self._talk.samples) for last in (start + _CHUNK, start + _CHUNK + _SEAM))
        # at the start of the recording, its first seconds twice: without a past, the network lowers the first words
        past = self._talk.read_range(max(0, start - _WARM_UP), start or min(_WARM_UP, self._talk.samples))
        dry = self._talk.read_range(start, end)
        wanted = self._plan.wanted[start // HOP_SAMPLES : -(-end // HOP_SAMPLES)].any()
        speech = self._separate_speech(np.concatenate([past, dry]))[len(past) :] if wanted else dry
        mixed = dry + (speech - dry) * np.float32(neural_denoise.SHARE)
        energies = [self._measure(np.concatenate([past, sound]), len(past), stop - start) for sound in (dry, mixed)]
        self._out.write(speech[_SEAM : stop - start], start + _SEAM)
        return DenoisedChunk(
            start=speech[:_SEAM].copy(), after=speech[stop - start :].copy(), energies=(energies[0], energies[1])
        )

    def _separate_speech(self, dry: Block) -> Block:
        """Run the network on each channel, at its best level and without its latency."""
        channels = [dry[:, 0]] if (dry[:, :1] == dry).all() else list(dry.T)
        separated = [self._run(channel) for channel in channels]
        return np.stack(separated * (dry.shape[1] // len(separated)), axis=1)

    def _run(self, channel: Float32Array) -> Float32Array:
        network = DeepFilterNet()
        try:
            missing = -(len(channel) + LATENCY_SAMPLES) % HOP_SAMPLES
            padded = np.pad(channel * self._gain, (0, LATENCY_SAMPLES + missing))
            speech = network.process(padded)[LATENCY_SAMPLES : LATENCY_SAMPLES + len(channel)]
        finally:
            network.close()
        return np.asarray(speech / self._gain, np.float32)

    def _measure(self, sound: Block, first: int, count: int) -> Float32Array:
        """Measure the energies of a range in the band of speech."""
        start = max(0, first - 2 * BEFORE)
        band = apply_filters([sound[start : first + count]], high_pass_hz=neural_denoise.SPEECH_BAND_HZ, hum=None)
        filtered = np.concatenate(list(band)).T
        before = min(first - start, BEFORE)
        return self._meter.measure(filtered[:, first - start - before :], before=before, after=0).energies


def _run_network(talk: RangeReader, plan: DenoisePlan, out: WavFile) -> tuple[Float32Array, Float32Array]:
    """Write the speech of a talk to ``out``; return its energies before and after, shape (hops,) each."""
    denoiser = _ChunkDenoiser(talk, plan, out)
    energies: tuple[list[Float32Array], list[Float32Array]] = ([], [])
    after: Block | None = None
    for number, chunk in enumerate(map_parallel(denoiser.process, range(-(-talk.samples // _CHUNK)))):
        seam = chunk.start
        if after is not None:
            shares = _SEAM_SHARES[: len(seam)]
            seam = after[: len(seam)] * (1 - shares) + seam * shares
        out.write(seam, number * _CHUNK)
        after = chunk.after
        for own, more in zip(energies, chunk.energies, strict=True):
            own.append(more)
    hops = len(plan.speech)
    return np.concatenate(energies[0])[:hops], np.concatenate(energies[1])[:hops]


def _mix(talk: RangeReader, outcome: DenoiseOutcome, out: WavFile) -> None:
    """Mix the speech in ``out`` with the talk, in place."""
    network = PcmReader(open_part(out.path))

    def mix(first: int) -> None:
        """Mix one piece."""
        last = min(first + _PIECE, talk.samples)
        speech, dry = network.read_range(first, last), talk.read_range(first, last)
        out.write(neural_denoise.mix_denoised(dry, speech, outcome.wet, first=first), first)

    for _ in map_parallel(mix, range(0, talk.samples, _PIECE)):
        pass
