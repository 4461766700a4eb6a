"""Tells what mastering did to a recording, and which steps of the chain did nothing, and why; each in a sentence."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from pipeline.audio.analysis.defects import clock
from pipeline.audio.processing.jingles import Clip, Music
from pipeline.audio.processing.leveller import Levels
from pipeline.audio.processing.noise_reduction import Hum
from pipeline.audio.tasks import MasterJob
from pipeline.media.ffmpeg import RATE
from pipeline.model import Defect, Sentence, sentence

CALM_DB = 42.0  # between the talk and its noise: with less than that, listeners hear the noise
EVEN_DB = 1.0  # gains smaller than that are not worth a hand on the fader


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """All that was done to a recording."""

    job: MasterJob
    channels: int  # that were worked on
    hum: Hum | None
    noise_db: float  # by how much it was turned down; 0: it was not
    calm_db: float  # between the talk and its noise; infinite: no noise was heard
    levels: Levels | None  # None: nobody was levelled
    spoken: bool  # somebody was heard
    music: Music
    gain_db: float
    ceiling_dbtp: float


def missed(done: Done) -> Defect:
    """The target that was not reached."""
    told = sentence(
        "the target of {target} LUFS was not reached: the peaks stand too far out",
        target=f"{done.job.target.loudness_lufs:g}",
    )
    return Defect(code="loudness-missed", message=told)


def steps_of(done: Done) -> tuple[Sentence, ...]:
    """What was done, in the order of the chain."""
    job, steps = done.job, []
    if job.facts.take == "left":
        steps.append(sentence("only the left channel used: the two together would not be right"))
    elif job.facts.take == "right":
        steps.append(sentence("only the right channel used: the two together would not be right"))
    steps += _edits(job)
    steps += _repairs(done)
    steps += _music_told(done.music)
    target = f"{job.target.loudness_lufs:g}"
    steps.append(sentence("gain of {gain} dB to {target} LUFS", gain=f"{done.gain_db:+.1f}", target=target))
    steps.append(sentence("true peaks held under {ceiling} dBTP", ceiling=f"{done.ceiling_dbtp:g}"))
    if job.target.channels == "mono":
        steps.append(sentence("one channel, held to the target as dual mono: what two loudspeakers would give"))
    elif done.channels == 1:
        steps.append(sentence("one voice on both channels"))
    return tuple(steps)


def _edits(job: MasterJob) -> Iterator[Sentence]:
    for hidden, one, many in (
        (job.cuts, sentence("1 cut made"), sentence("{number} cuts made")),
        (
            job.mutes,
            sentence("1 stretch muted, under the tone of the room"),
            sentence("{number} stretches muted, under the tone of the room"),
        ),
        (job.bleeps, sentence("1 stretch bleeped"), sentence("{number} stretches bleeped")),
    ):
        if hidden:
            yield one if len(hidden) == 1 else replace(many, figures={"number": str(len(hidden))})


def _repairs(done: Done) -> Iterator[Sentence]:
    if done.job.target.high_pass_hz:
        yield sentence(
            "high-pass at {hz} Hz, 12 dB per octave; what stood off the middle is gone with it",
            hz=done.job.target.high_pass_hz,
        )
    if done.hum:
        yield sentence(
            "hum of {hz} Hz taken out at {lines} Hz; it stood out by {above} dB",
            hz=f"{done.hum.hz:.2f}",
            lines=", ".join(f"{number * round(done.hum.hz)}" for number in done.hum.lines),
            above=f"{done.hum.stands_out_db:.0f}",
        )
    if done.noise_db:
        yield sentence(
            "noise turned down by {by} dB: it lay only {below} dB below the talk",
            by=f"{done.noise_db:.0f}",
            below=f"{done.calm_db:.0f}",
        )
    if done.levels:
        yield sentence(
            "speakers brought to one level, with gains from {low} to {high} dB",
            low=f"{done.levels.lowest_db:+.1f}",
            high=f"{done.levels.highest_db:+.1f}",
        )
        if done.levels.applause_db < -EVEN_DB:
            yield sentence(
                "applause and other loud sounds kept below the talk, by up to {by} dB",
                by=f"{-done.levels.applause_db:.1f}",
            )


def left_alone(done: Done) -> tuple[Sentence, ...]:
    """Every step of the chain that did nothing: switched off, or not asked for by the sound."""
    return tuple(_left_alone(done))


def _left_alone(done: Done) -> Iterator[Sentence]:
    job = done.job
    if not job.target.high_pass_hz:
        yield sentence("high-pass: switched off")
    if done.hum is None:
        yield sentence("hum: switched off") if job.target.hum == "off" else sentence("hum: none was found")
    if not done.noise_db:
        yield _noise_left(done)
    if done.levels is None:
        if job.target.levelling == "off":
            yield sentence("levelling: switched off")
        elif done.spoken:
            yield sentence("levelling: the speakers are level already")
        else:
            yield sentence("levelling: nobody was heard speaking")


def _noise_left(done: Done) -> Sentence:
    if done.job.target.noise_reduction == "off":
        return sentence("noise reduction: switched off")
    if not done.spoken:
        return sentence("noise reduction: nobody was heard speaking above it")
    if not np.isfinite(done.calm_db):
        return sentence("noise reduction: the pauses are silent")
    if done.calm_db < CALM_DB:
        return sentence(
            "noise reduction: it cannot be told from the talk, {below} dB below it", below=f"{done.calm_db:.0f}"
        )
    return sentence(
        "noise reduction: it lies {below} dB below the talk, where nobody hears it", below=f"{done.calm_db:.0f}"
    )


def _music_told(music: Music) -> Iterator[Sentence]:
    if len(music.intro.sound):
        if music.intro.overlap:
            told = sentence(
                "intro of {length} s, as loud as the talk ({gain} dB), its last {under} s under the first words"
            )
        else:
            told = sentence("intro of {length} s, as loud as the talk ({gain} dB)")
        yield replace(told, figures=_figures(music.intro))
    yield from _jingles_told(music)
    if len(music.outro.sound):
        if music.outro.overlap:
            told = sentence(
                "outro of {length} s, as loud as the talk ({gain} dB), its first {under} s under the last words"
            )
        else:
            told = sentence("outro of {length} s, as loud as the talk ({gain} dB)")
        yield replace(told, figures=_figures(music.outro))


def _jingles_told(music: Music) -> Iterator[Sentence]:
    """A sentence for each sound that is heard between parts of the talk, with when it begins in the episode."""
    clips, begins, at = {}, defaultdict(list), music.begin
    for one in music.jingles:
        clips[id(one.clip)] = one.clip
        begins[id(one.clip)].append(clock((one.at + at) / RATE))
        at += len(one.clip.sound)
    for name, clip in clips.items():
        told = sentence("jingle of {length} s between parts, at {times}, as loud as the talk ({gain} dB)")
        if not clip.sound.any():
            told = sentence("nothing but silence between parts, for {length} s at {times}")
        yield replace(told, figures={**_figures(clip), "times": ", ".join(begins[name])})


def _figures(clip: Clip) -> dict[str, str]:
    return {
        "length": f"{len(clip.sound) / RATE:.1f}",
        "gain": f"{clip.gain_db:+.1f}",
        "under": f"{clip.overlap / RATE:.1f}",
    }
