"""From a recording to its master: cut, cleaned below 80 Hz, at the target's loudness and under its ceiling."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, sosfilt, sosfilt_zi

from pipeline.audio import clips, ffmpeg, headers, recording
from pipeline.audio.curves import curve
from pipeline.audio.ffmpeg import RATE, Block
from pipeline.audio.jobs import Mastered, MasterJob
from pipeline.audio.limiter import limit
from pipeline.audio.loudness import HOP, Floats, Meter, integrated_lufs, trace
from pipeline.errors import AudioError
from pipeline.model import Defect, SoundTarget

HEADROOM_DB = 0.5  # below the target's true peak: lossy encoders overshoot by up to 0.45

_HIGH_PASS: Floats = butter(2, 80, "highpass", fs=RATE, output="sos")
_ROUNDS = 3  # limiting lowers loudness, so the gain is corrected
_NEAR_LU = 0.05
_FLAC = ("-c:a", "flac", "-compression_level", "5", "-sample_fmt", "s32", "-bits_per_raw_sample", "24", "-f", "flac")


def master(job: MasterJob) -> Mastered:
    """Make the master of a recording, in constant memory.

    Raises:
        AudioError: the sound is too short or too quiet to be brought to a level, or cannot be read.
    """
    chain = _chain(job)
    gain_db = chain.gain_for(job.target.loudness_lufs, ceiling_dbtp=_ceiling(job.target))
    meter = chain.render(gain_db, job)
    for _ in range(_ROUNDS - 1):
        missed = job.target.loudness_lufs - _loudness(meter, job)
        if abs(missed) <= _NEAR_LU:
            break
        gain_db += missed
        meter = chain.render(gain_db, job)
    return _mastered(job, chain, meter, gain_db)


def _mastered(job: MasterJob, chain: "_Chain", meter: Meter, gain_db: float) -> Mastered:
    loudness, peak = _loudness(meter, job), meter.true_peak_dbtp()
    duration_s = meter.samples / RATE
    missed = abs(loudness - job.target.loudness_lufs) > 2 * _NEAR_LU
    told = f"the target of {job.target.loudness_lufs:g} LUFS was not reached: the peaks stand too far out"
    return Mastered(
        duration_s=duration_s,
        offset_ms=len(chain.intro) * 1000 // RATE,
        integrated_lufs=loudness,
        true_peak_dbtp=peak if peak is not None else _ceiling(job.target),
        gain_db=gain_db,
        trace=trace(meter.energies(), duration_s=duration_s),
        defects=(Defect(code="loudness-missed", message=told),) if missed else (),
        steps=_steps(job, chain, gain_db),
        curve_lufs=curve(meter.energies()),
    )


def _steps(job: MasterJob, chain: "_Chain", gain_db: float) -> tuple[str, ...]:
    steps = []
    if job.facts.take != "all":
        steps.append(f"only the {job.facts.take} channel used: the two together would not be right")
    if job.cuts:
        steps.append(f"{len(job.cuts)} {'cut' if len(job.cuts) == 1 else 'cuts'} made")
    steps.append("high-pass at 80 Hz, 12 dB per octave; what stood off the middle is gone with it")
    if job.intro:
        steps.append(f"intro of {len(chain.intro) / RATE:.1f} s, as loud as the talk ({chain.intro_db:+.1f} dB)")
    if job.outro:
        steps.append(f"outro of {len(chain.outro) / RATE:.1f} s, as loud as the talk ({chain.outro_db:+.1f} dB)")
    steps.append(f"gain of {gain_db:+.1f} dB to {job.target.loudness_lufs:g} LUFS")
    steps.append(f"true peaks held under {_ceiling(job.target):g} dBTP")
    if job.target.channels == "mono":
        steps.append("one channel, held to the target as dual mono: what two loudspeakers would give")
    elif chain.width == 1:
        steps.append("one voice on both channels")
    return tuple(steps)


def _ceiling(target: SoundTarget) -> float:
    return target.true_peak_dbtp - HEADROOM_DB


def _loudness(meter: Meter, job: MasterJob) -> float:
    loudness = integrated_lufs(meter.energies())
    if loudness is None:
        raise AudioError(
            "it is too quiet or too short to be brought to a level",
            where=job.parts[0],
            hint="A recording must hold at least half a second above -70 LUFS.",
        )
    return loudness


# ------------------------------------------------------------------------------------------------------------- the chain


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chain:
    """A talk between its intro and outro, made ready for the gain: what was measured on it, and how to hear it again."""

    parts: tuple[headers.Part, ...]
    width: int  # channels worked on: 1 also when both would be the same
    intro: Block
    outro: Block
    intro_db: float
    outro_db: float
    energies: Floats
    peaks: Floats  # sample peaks each 10 ms, in step with the energies

    def gain_for(self, loudness_lufs: float, *, ceiling_dbtp: float) -> float:
        """The gain that gives that loudness after the limiter, foretold from the energies; rendering proves it."""
        plain = integrated_lufs(self.energies)
        low = loudness_lufs - (plain if plain is not None else loudness_lufs)
        high = low + 12.0
        for _ in range(24):
            middle = (low + high) / 2
            foretold = integrated_lufs(self._limited(10 ** (middle / 20), 10 ** (ceiling_dbtp / 20)))
            low, high = (middle, high) if foretold is None or foretold < loudness_lufs else (low, middle)
        return (low + high) / 2

    def _limited(self, gain: float, ceiling: float) -> Floats:
        down = np.minimum(1.0, ceiling / np.maximum(self.peaks * gain, 1e-9))
        return np.asarray(self.energies * (gain * down) ** 2)

    def render(self, gain_db: float, job: MasterJob) -> Meter:
        """Write the master with that gain, and give the meter that heard it."""
        gain = np.float32(10 ** (gain_db / 20))
        loud = (block * gain for block in self._programme(job))
        meter = _meter(self.width)
        channels = 1 if job.target.channels == "mono" else 2
        held = _heard(limit(loud, ceiling_dbtp=_ceiling(job.target)), meter)
        ffmpeg.encode(
            (recording.mixed_to(block, width=channels) for block in held), channels=channels, out=job.out, options=_FLAC
        )
        return meter

    def _programme(self, job: MasterJob) -> Iterator[Block]:
        yield self.intro
        yield from _talk(job, self.parts, self.width)
        yield self.outro


def _chain(job: MasterJob) -> _Chain:
    parts = tuple(headers.open_part(path) for path in job.parts)
    alone = recording.width_of(parts) == 1 or job.facts.take != "all" or job.target.channels == "mono"
    width = 1 if alone else 2
    meter, peaks = _meter(width), _Peaks()
    for block in _talk(job, parts, width):
        meter.push(block)
        peaks.push(block)
    loudness = _loudness(meter, job)
    intro, intro_db, before, before_peaks = _clip(job.intro, width, loudness)
    outro, outro_db, after, after_peaks = _clip(job.outro, width, loudness)
    return _Chain(
        parts=parts,
        width=width,
        intro=intro,
        outro=outro,
        intro_db=intro_db,
        outro_db=outro_db,
        energies=np.concatenate([before, meter.energies(), after]),
        peaks=np.concatenate([before_peaks, peaks.whole(), after_peaks]),
    )


def _talk(job: MasterJob, parts: tuple[headers.Part, ...], width: int) -> Iterator[Block]:
    return high_passed(recording.without(recording.sound(parts, width=width, take=job.facts.take), job.cuts))


def high_passed(blocks: Iterable[Block]) -> Iterator[Block]:
    """``blocks`` without rumble and without what stands still: 2nd order at 80 Hz, state carried from block to block."""
    state: Floats | None = None
    for block in blocks:
        if not len(block):
            continue
        sound = np.ascontiguousarray(block.T, np.float64)
        if state is None:  # as if the first sample had always been there: no thump
            state = sosfilt_zi(_HIGH_PASS)[:, np.newaxis, :] * sound[np.newaxis, :, :1]
        filtered, state = sosfilt(_HIGH_PASS, sound, axis=1, zi=state)
        yield filtered.T.astype(np.float32)


def _clip(path: str, width: int, loudness_lufs: float) -> tuple[Block, float, Floats, Floats]:
    """A clip made as loud as the talk, the gain that took, and what a ledger keeps of it."""
    if not path:
        return np.zeros((0, width), np.float32), 0.0, np.zeros(0), np.zeros(0)
    sound = clips.load(path, width=width)
    own = integrated_lufs(_ledger(sound, width)[0])
    gain_db = loudness_lufs - own if own is not None else 0.0  # too short to measure: left as it is
    matched = (sound * np.float32(10 ** (gain_db / 20))).astype(np.float32)
    return matched, gain_db, *_ledger(matched, width)


def _ledger(sound: Block, width: int) -> tuple[Floats, Floats]:
    meter, peaks = _meter(width), _Peaks()
    meter.push(sound)
    peaks.push(sound)
    return meter.energies(), peaks.whole()


def _meter(width: int) -> Meter:
    return Meter(width, weights=(2.0,) if width == 1 else None)  # one channel is heard from two loudspeakers


def _heard(blocks: Iterable[Block], meter: Meter) -> Iterator[Block]:
    for block in blocks:
        meter.push(block)
        yield block


class _Peaks:
    """Sample peaks each 10 ms, of blocks of any size."""

    def __init__(self) -> None:
        self._left = np.zeros(0)
        self._peaks: list[Floats] = []

    def push(self, block: Block) -> None:
        whole = np.concatenate([self._left, np.abs(block).max(axis=1)])
        count = len(whole) // HOP
        self._peaks.append(whole[: count * HOP].reshape(count, HOP).max(axis=1))
        self._left = whole[count * HOP :]

    def whole(self) -> Floats:
        return np.concatenate(self._peaks) if self._peaks else np.zeros(0)
