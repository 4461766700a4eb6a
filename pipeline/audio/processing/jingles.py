"""Music around a talk and between its parts: each file opened once, made as loud as the talk, and laid in its place."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from pipeline.audio.analysis.analysis_pass import listen
from pipeline.audio.metering.block_biquad import Halves, Singles
from pipeline.audio.metering.loudness import HOP, integrated_lufs, lufs
from pipeline.audio.processing import clips
from pipeline.audio.tasks import MasterJob
from pipeline.media.ffmpeg import RATE, Block
from pipeline.model import Interlude, joined, moved_ms

_MS = RATE // 1000
_SILENT_LUFS = -70.0  # the meter's own gate
_FALL = 60 * _MS  # the room dies away before a jingle: within the breath after a last word …
_RISE = 20 * _MS  # … and is there again behind it, before a first letter is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A sound file, as loud as the talk; without samples there is none."""

    sound: Block
    gain_db: float = 0.0
    overlap: int = 0  # samples of it that are heard under the talk


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """A clip between two parts of the talk, of whole hops: what comes behind it keeps its own."""

    at_ms: int  # on the clock of the recording
    at: int  # how many samples of the talk come before it
    clip: Clip


@dataclass(frozen=True, slots=True, kw_only=True)
class Music:
    """All that is heard beside a talk, and where."""

    intro: Clip
    outro: Clip
    jingles: tuple[Between, ...]  # in order
    talk: int  # samples, without any music

    @property
    def begin(self) -> int:
        """How many samples are heard before the talk."""
        return len(self.intro.sound) - self.intro.overlap

    def around(self, talk: Iterable[Block]) -> Iterator[Block]:
        """The talk with all of it, in blocks."""
        intro, outro, under = self.intro.sound, self.outro.sound, self.outro.overlap
        parted = parted_by(talk, self.jingles)
        length = self.talk + sum(len(one.clip.sound) for one in self.jingles)
        yield intro[: self.begin]
        begun = clips.laid_under(parted, intro[self.begin :])
        yield from clips.laid_under(begun, outro[:under], first=length - under)
        yield outro[under:]

    def foretold(self, energies: Singles, peaks: Halves) -> tuple[Singles, Halves]:
        """Both of all that is heard, from those of the talk; where there is no music, no copy of many megabytes."""
        if not (len(self.intro.sound) or len(self.outro.sound) or self.jingles):
            return energies, peaks
        pieces = list(self._woven(energies, peaks))
        return np.concatenate([piece[0] for piece in pieces]), np.concatenate([piece[1] for piece in pieces])

    def _woven(self, energies: Singles, peaks: Halves) -> Iterator[tuple[Singles, Halves]]:
        heard = {id(one.clip): one.clip.sound for one in self.jingles}
        ledgers = {name: _ledger(sound) for name, sound in heard.items()}  # of one that comes often: once
        first = 0
        yield _ledger(self.intro.sound[: self.begin])
        for one in self.jingles:
            last = one.at // HOP
            yield energies[first:last], peaks[first:last]
            yield ledgers[id(one.clip)]
            first = last
        yield energies[first:], peaks[first:]
        yield _ledger(self.outro.sound[self.outro.overlap :])

    def talk_in(self, energies: Singles) -> Singles:
        """The talk's part of what all of it measures, and what comes after: hop for hop as if no jingle stood in it."""
        rest, first, music = energies[self.begin // HOP :], 0, 0
        parts: list[Singles] = []
        for one in self.jingles:
            last = one.at // HOP
            parts.append(rest[first + music : last + music])
            first, music = last, music + len(one.clip.sound) // HOP
        return np.concatenate([*parts, rest[first + music :]]) if parts else rest

    def interludes(self) -> tuple[Interlude, ...]:
        """For how long each jingle stops the talk."""
        return tuple(Interlude(at_ms=one.at_ms, length_ms=len(one.clip.sound) // _MS) for one in self.jingles)


def music_of(job: MasterJob, *, width: int, loudness_lufs: float, talk: int) -> Music:
    """The music that a job asks for, of ``width`` channels, around ``talk`` samples of that loudness.

    An intro plays on under the words before the first jingle at most, an outro under those after the last.

    Raises:
        AudioError: a file is no sound, or too long for a clip.
    """
    opened = cache(lambda path: _clip(path, width, loudness_lufs))
    alone = cache(lambda path: _by_itself(opened(path), loudness_lufs))
    cuts = joined(job.cuts)
    jingles = tuple(
        Between(at_ms=one.at_ms, at=moved_ms(one.at_ms, cuts=cuts) * _MS, clip=alone(one.sound))
        for one in sorted(job.jingles, key=lambda one: one.at_ms)
    )
    first, last = (jingles[0].at, max(0, talk - jingles[-1].at)) if jingles else (talk, talk)
    return Music(
        intro=_under_first_words(opened(job.intro), job.target.intro_overlap_s, words=first),
        outro=_under_last_words(opened(job.outro), job.target.outro_overlap_s, words=last),
        jingles=jingles,
        talk=talk,
    )


def parted_by(talk: Iterable[Block], jingles: Sequence[Between]) -> Iterator[Block]:
    """The talk with a jingle in each of its places; its room dies away before each and is there again behind it.

    Not a sample else of it changes.
    """
    waiting, at = deque(jingles), 0
    for block in talk:
        faded, done = _faded(block, at, jingles), 0
        while waiting and waiting[0].at < at + len(block):
            place = waiting[0].at - at
            yield faded[done:place]
            yield waiting.popleft().clip.sound
            done = place
        yield faded[done:]
        at += len(block)
    for one in waiting:
        yield one.clip.sound


def _faded(block: Block, at: int, jingles: Sequence[Between]) -> Block:
    """``block``, whose first sample is number ``at``, turned down towards each jingle and up behind it."""
    result = block
    for one in jingles:
        low, high = max(at, one.at - _FALL), min(at + len(block), one.at + _RISE)
        if low < high:
            places = np.arange(low, high) + 0.5 - one.at
            share = np.where(places < 0, -places / _FALL, places / _RISE)
            gain = np.square(np.sin(np.pi / 2 * share)).astype(np.float32)
            result = result.copy() if result is block else result
            result[low - at : high - at] *= gain[:, np.newaxis]
    return result


def _clip(path: str, width: int, loudness_lufs: float) -> Clip:
    """A file as loud as the talk, and the gain that took."""
    if not path:
        return Clip(sound=np.zeros((0, width), np.float32))
    sound = clips.load(path, width=width)
    own = integrated_lufs(_ledger(sound)[0])
    gain_db = loudness_lufs - own if own is not None else 0.0  # too short to measure: left as it is
    return Clip(sound=_raised(sound, gain_db), gain_db=gain_db)


def _by_itself(clip: Clip, loudness_lufs: float) -> Clip:
    """A clip for between two parts: silence up to a whole hop behind it; and as loud as the talk, were it only a bell.

    The meter's gate has windows of 400 ms: what is shorter counts by its mean.
    """
    sound = np.pad(clip.sound, ((0, -len(clip.sound) % HOP), (0, 0)))
    energies = _ledger(sound)[0]
    own = float(lufs(energies.mean(dtype=np.float64)))
    if integrated_lufs(energies) is not None or own <= _SILENT_LUFS:
        return replace(clip, sound=sound)
    return Clip(sound=_raised(sound, loudness_lufs - own), gain_db=loudness_lufs - own)


def _raised(sound: Block, gain_db: float) -> Block:
    return np.asarray(sound * np.float32(10 ** (gain_db / 20)), np.float32)


def _under_first_words(clip: Clip, seconds: float, *, words: int) -> Clip:
    """An intro whose end plays on under so many samples at most, turned down as far as words need."""
    overlap = _overlap(clip, seconds, words)
    return replace(clip, sound=clips.ducked(clip.sound, overlap), overlap=overlap) if overlap else clip


def _under_last_words(clip: Clip, seconds: float, *, words: int) -> Clip:
    """An outro whose beginning is heard under so many samples at most, turned down likewise."""
    overlap = _overlap(clip, seconds, words)
    return replace(clip, sound=clips.ducked_first(clip.sound, overlap), overlap=overlap) if overlap else clip


def _overlap(clip: Clip, seconds: float, words: int) -> int:
    return min(round(seconds * 1000) * _MS, len(clip.sound), words) // HOP * HOP


def _ledger(sound: Block) -> tuple[Singles, Halves]:
    heard = listen([sound] if len(sound) else [], sound.shape[1], high_pass_hz=0)
    return heard.energies, heard.peaks
