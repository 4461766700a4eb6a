"""Intro, outro and jingles, brought to the loudness of the talk and mixed in their place."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from pipeline.audio.analysis.analysis_pass import analyse_speech
from pipeline.audio.metering.hop_buffer import HOP_SAMPLES
from pipeline.audio.metering.loudness import compute_integrated_lufs, to_lufs
from pipeline.audio.processing import clips
from pipeline.audio.processing.spans import edit_spans
from pipeline.audio.tasks import MasterTask
from pipeline.media.samples import RATE, Block, Float16Array, Float32Array
from pipeline.model import TimedJingle, merge_cuts, shift_ms

_MS = RATE // 1000
_GATE_LUFS = -70.0  # the meter's absolute gate
_FADE_OUT = 60 * _MS  # of the talk before a jingle: within the breath after a last word …
_FADE_IN = 20 * _MS  # … and after it, before a first letter is over


@dataclass(frozen=True, slots=True, kw_only=True)
class JingleClip:
    """A clip at the loudness of the talk; without samples there is none."""

    sound: Block  # shape (samples, channels)
    gain_db: float = 0.0
    overlap: int = 0  # samples that play under the talk


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedJingle:
    """A clip between two parts of the talk, of whole hops: the talk after it keeps its hops."""

    at_ms: int  # time in the recording
    at: int  # samples of the talk before it
    clip: JingleClip


@dataclass(frozen=True, slots=True, kw_only=True)
class JinglePlan:
    """All clips of a master, and where they are."""

    intro: JingleClip
    outro: JingleClip
    jingles: tuple[PlacedJingle, ...]  # in order
    talk_samples: int

    @property
    def intro_samples(self) -> int:
        """Samples before the talk."""
        return len(self.intro.sound) - self.intro.overlap

    @property
    def samples(self) -> int:
        """Samples of the master."""
        return sum(last - first for _, first, last in self._iter_segments())

    def mix_range(self, read_talk: Callable[[int, int], Block], first: int, last: int) -> Block:
        """Mix all clips with the talk, for samples ``first`` up to ``last`` of the master.

        Args:
            read_talk: Returns a range of the talk, shape (samples, channels).
            first: The first sample.
            last: The sample after the last.

        Returns:
            Shape (last - first, channels), float32.
        """
        pieces, at = [], 0
        for sound, begin, end in self._iter_segments():
            low, high = max(first, at) + begin - at, min(last, at + end - begin) + begin - at
            if low < high:
                pieces.append(self._fade_talk(read_talk(low, high), low) if sound is None else sound[low:high])
            at += end - begin
        block = np.concatenate(pieces)
        intro, outro = self.intro.sound[self.intro_samples :], self.outro.sound[: self.outro.overlap]
        for bed, start in ((intro, self.intro_samples), (outro, at - len(self.outro.sound))):
            low, high = max(first, start), min(last, start + len(bed))
            if low < high:
                block[low - first : high - first] += bed[low - start : high - start]
        return block

    def _iter_segments(self) -> Iterator[tuple[Block | None, int, int]]:
        """Yield what follows each other: the clip (``None``: the talk), and the range of its samples."""
        begin = 0
        yield self.intro.sound, 0, self.intro_samples
        for jingle in self.jingles:
            place = min(jingle.at, self.talk_samples)
            yield None, begin, place
            yield jingle.clip.sound, 0, len(jingle.clip.sound)
            begin = place
        yield None, begin, self.talk_samples
        yield self.outro.sound, self.outro.overlap, len(self.outro.sound)

    def _fade_talk(self, talk: Block, first: int) -> Block:
        """Fade a range of the talk out before each jingle and in after it."""
        spans = [(jingle.at - _FADE_OUT, jingle.at + _FADE_IN) for jingle in self.jingles]
        (faded,) = edit_spans([talk], spans, _fade_around, first=first)
        return faded

    def predict(self, energies: Float32Array, peaks: Float16Array) -> tuple[Float32Array, Float16Array]:
        """Predict energies and peaks of the master from those of the talk.

        Args:
            energies: K-weighted mean square per hop of 10 ms, shape (hops,).
            peaks: Sample peak per hop, shape (hops,).

        Returns:
            Both for the master; the same arrays if there are no clips, for a copy would take
            megabytes.
        """
        if not (len(self.intro.sound) or len(self.outro.sound) or self.jingles):
            return energies, peaks
        pieces = list(self._join_with_talk(energies, peaks))
        return np.concatenate([piece[0] for piece in pieces]), np.concatenate([piece[1] for piece in pieces])

    def _join_with_talk(
        self, energies: Float32Array, peaks: Float16Array
    ) -> Iterator[tuple[Float32Array, Float16Array]]:
        sounds = {id(jingle.clip): jingle.clip.sound for jingle in self.jingles}
        measured = {name: _measure(sound) for name, sound in sounds.items()}  # once, however often it plays
        first = 0
        yield _measure(self.intro.sound[: self.intro_samples])
        for jingle in self.jingles:
            last = jingle.at // HOP_SAMPLES
            yield energies[first:last], peaks[first:last]
            yield measured[id(jingle.clip)]
            first = last
        yield energies[first:], peaks[first:]
        yield _measure(self.outro.sound[self.outro.overlap :])

    def extract_talk(self, energies: Float32Array) -> Float32Array:
        """Extract the talk, and what follows it, from energies of the master.

        Args:
            energies: Per hop of the master, shape (hops,).

        Returns:
            Per hop of the talk, as if there were no jingles.
        """
        rest, first, music = energies[self.intro_samples // HOP_SAMPLES :], 0, 0
        parts: list[Float32Array] = []
        for jingle in self.jingles:
            last = jingle.at // HOP_SAMPLES
            parts.append(rest[first + music : last + music])
            first, music = last, music + len(jingle.clip.sound) // HOP_SAMPLES
        return np.concatenate([*parts, rest[first + music :]]) if parts else rest

    def list_timed_jingles(self) -> tuple[TimedJingle, ...]:
        """List for how long each jingle interrupts the talk."""
        return tuple(
            TimedJingle(at_ms=jingle.at_ms, length_ms=len(jingle.clip.sound) // _MS) for jingle in self.jingles
        )


def plan_jingles(task: MasterTask, *, channels: int, loudness_lufs: float, talk_samples: int) -> JinglePlan:
    """Load the clips of a task and place them.

    An intro plays under the words before the first jingle at most, an outro under those after the
    last.

    Args:
        task: Names the files and their places.
        channels: Of the talk.
        loudness_lufs: Of the talk; the clips are brought to it.
        talk_samples: Length of the talk.

    Raises:
        AudioError: A file is not audio, or too long for a clip.
    """
    load = cache(lambda path: _load(path, channels, loudness_lufs))
    prepare = cache(lambda path: _prepare_jingle(load(path), loudness_lufs))
    cuts = merge_cuts(task.cuts)
    jingles = tuple(
        PlacedJingle(at_ms=jingle.at_ms, at=shift_ms(jingle.at_ms, cuts=cuts) * _MS, clip=prepare(jingle.sound))
        for jingle in sorted(task.jingles, key=lambda jingle: jingle.at_ms)
    )
    first, last = talk_samples, talk_samples
    if jingles:
        first, last = jingles[0].at, max(0, talk_samples - jingles[-1].at)
    return JinglePlan(
        intro=_overlap_clip(load(task.intro), task.target.intro_overlap_s, words=first, duck=clips.duck_end),
        outro=_overlap_clip(load(task.outro), task.target.outro_overlap_s, words=last, duck=clips.duck_start),
        jingles=jingles,
        talk_samples=talk_samples,
    )


def _fade_around(part: Block, low: int, high: int, _: int) -> None:
    """Fade out before a jingle and in after it, in place."""
    places = np.arange(low, high) + 0.5 - _FADE_OUT
    share = np.where(places < 0, -places / _FADE_OUT, places / _FADE_IN)
    part *= np.square(np.sin(np.pi / 2 * share)).astype(np.float32)[:, np.newaxis]


def _load(path: str, channels: int, loudness_lufs: float) -> JingleClip:
    """Load a file and bring it to the loudness of the talk."""
    if not path:
        return JingleClip(sound=np.zeros((0, channels), np.float32))
    sound = clips.load_clip(path, channels=channels)
    own = compute_integrated_lufs(_measure(sound)[0])
    gain_db = loudness_lufs - own if own is not None else 0.0  # too short to measure: unchanged
    return JingleClip(sound=_apply_gain(sound, gain_db), gain_db=gain_db)


def _prepare_jingle(clip: JingleClip, loudness_lufs: float) -> JingleClip:
    """Pad a clip to whole hops, and bring even a very short one to the loudness of the talk.

    The gating blocks last 400 ms; for shorter audio the mean counts.
    """
    sound = np.pad(clip.sound, ((0, -len(clip.sound) % HOP_SAMPLES), (0, 0)))
    energies = _measure(sound)[0]
    own = float(to_lufs(energies.mean(dtype=np.float64)))
    if compute_integrated_lufs(energies) is not None or own <= _GATE_LUFS:
        return replace(clip, sound=sound)
    return JingleClip(sound=_apply_gain(sound, loudness_lufs - own), gain_db=loudness_lufs - own)


def _apply_gain(sound: Block, gain_db: float) -> Block:
    return np.asarray(sound * np.float32(10 ** (gain_db / 20)), np.float32)


def _overlap_clip(clip: JingleClip, seconds: float, *, words: int, duck: Callable[[Block, int], Block]) -> JingleClip:
    """Let a clip play under at most ``words`` samples of the talk, ducked."""
    overlap = min(round(seconds * 1000) * _MS, len(clip.sound), words) // HOP_SAMPLES * HOP_SAMPLES
    return replace(clip, sound=duck(clip.sound, overlap), overlap=overlap) if overlap else clip


def _measure(sound: Block) -> tuple[Float32Array, Float16Array]:
    analysis = analyse_speech([sound], sound.shape[1], high_pass_hz=0)
    return analysis.energies, analysis.peaks
