"""Sentences of the processing report: applied stages, and skipped stages with the reason."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from pipeline.audio.processing.chain import AUDIBLE_NOISE_SNR_DB, MIN_LEVELLER_GAIN_DB, ProcessingChain, ProcessingPlan
from pipeline.audio.processing.channel_report import describe_channels
from pipeline.audio.processing.jingles import JingleClip, JinglePlan
from pipeline.audio.tasks import MasterTask
from pipeline.media.samples import RATE
from pipeline.model import PROPOSED_CUT, Cut, Defect, Sentence, merge_cuts, restore_ms, sentence
from pipeline.model.time_codes import format_position, format_time_code


def describe_missed_target(loudness_lufs: float) -> Defect:
    """Describe a loudness target that was not reached."""
    message = sentence(
        "loudness target of {target} LUFS missed: the peaks are too high",
        target=f"{loudness_lufs:g}",
    )
    return Defect(code="loudness-missed", message=message)


def propose_cuts(removable: Sequence[tuple[int, int]], cuts: Sequence[Cut]) -> Iterator[Defect]:
    """Propose to cut off what is before the talk and after it.

    Args:
        removable: First hop and end of each part, after the cuts.
        cuts: Of the recording.
    """
    if not removable:
        return
    parts = [
        Cut(from_ms=restore_ms(100 * (first // 10), cuts=cuts), to_ms=restore_ms(100 * (end // 10), cuts=cuts))
        for first, end in removable
    ]
    line = ", ".join(
        f'{{from: "{format_position(cut.from_ms)}", to: "{format_position(cut.to_ms)}"}}'
        for cut in merge_cuts((*cuts, *parts))
    )
    message = sentence(
        "murmur or silence for {length} s before or after the talk; to remove it, put this line into episode.md: {cuts}",
        length=f"{sum(end - first for first, end in removable) / 100:.0f}",
        cuts=f"cuts: [{line}]",
    )
    yield Defect(code=PROPOSED_CUT, at_s=parts[0].from_ms / 1000, message=message)


def describe_steps(chain: ProcessingChain, *, gain_db: float) -> Iterator[Sentence]:
    """Describe the stages that were applied, in the order of the chain."""
    task = chain.task
    yield from describe_channels(task.facts.channel_plan)
    yield from _describe_edits(task)
    yield from _describe_plan(chain.plan, task.target.high_pass_hz)
    yield from _describe_jingles(chain.jingles)
    target = f"{task.target.loudness_lufs:g}"
    yield sentence("gain of {gain} dB to {target} LUFS", gain=f"{gain_db:+.1f}", target=target)
    yield sentence("true-peak limiter with a ceiling of {ceiling} dBTP", ceiling=f"{chain.ceiling_dbtp:g}")
    if task.target.channels == "mono":
        yield sentence("mono, measured as dual mono: as two loudspeakers play it")
    elif chain.channels == 1:
        yield sentence("mono recording on both channels")


def _describe_edits(task: MasterTask) -> Iterator[Sentence]:
    for edits, one, many in (
        (task.cuts, sentence("1 cut"), sentence("{number} cuts")),
        (
            task.mutes,
            sentence("1 mute, filled with room tone"),
            sentence("{number} mutes, filled with room tone"),
        ),
        (task.bleeps, sentence("1 bleep"), sentence("{number} bleeps")),
    ):
        if edits:
            yield one if len(edits) == 1 else replace(many, figures={"number": str(len(edits))})


def _describe_plan(plan: ProcessingPlan, high_pass_hz: int) -> Iterator[Sentence]:
    if high_pass_hz:
        yield sentence(
            "high-pass filter at {hz} Hz, 12 dB per octave; it also removes DC offset",
            hz=high_pass_hz,
        )
    if plan.hum:
        yield sentence(
            "notch filters at {lines} Hz against mains hum of {hz} Hz, which was {above} dB above the noise",
            hz=f"{plan.hum.hz:.2f}",
            lines=", ".join(f"{number * round(plan.hum.hz)}" for number in plan.hum.harmonics),
            above=f"{plan.hum.prominence_db:.0f}",
        )
    if plan.noise_reduction_db:
        yield sentence(
            "noise reduction of {by} dB: the signal-to-noise ratio was only {below} dB",
            by=f"{plan.noise_reduction_db:.0f}",
            below=f"{plan.snr_db:.0f}",
        )
    if plan.leveller:
        yield sentence(
            "leveller: speakers brought to one level, with gains from {low} to {high} dB",
            low=f"{plan.leveller.lowest_db:+.1f}",
            high=f"{plan.leveller.highest_db:+.1f}",
        )
        if plan.leveller.applause_db < -MIN_LEVELLER_GAIN_DB:
            yield sentence(
                "leveller: applause and other loud sounds lowered by up to {by} dB",
                by=f"{-plan.leveller.applause_db:.1f}",
            )


def describe_skipped_steps(chain: ProcessingChain) -> Iterator[Sentence]:
    """Describe every stage that was not applied: switched off, or not needed."""
    target, plan = chain.task.target, chain.plan
    if not target.high_pass_hz:
        yield sentence("high-pass filter: switched off")
    if plan.hum is None:
        off = target.hum == "off"
        yield sentence("notch filters: switched off") if off else sentence("notch filters: no mains hum found")
    if not plan.noise_reduction_db:
        yield _explain_no_noise_reduction(plan, off=target.noise_reduction == "off")
    if plan.leveller is None:
        if target.levelling == "off":
            yield sentence("leveller: switched off")
        elif plan.speech.any():
            yield sentence("leveller: the speakers are at one level already")
        else:
            yield sentence("leveller: no speech found")


def _explain_no_noise_reduction(plan: ProcessingPlan, *, off: bool) -> Sentence:
    if off:
        return sentence("noise reduction: switched off")
    if not plan.speech.any():
        return sentence("noise reduction: no speech found")
    if not np.isfinite(plan.snr_db):
        return sentence("noise reduction: the pauses are digital silence")
    if plan.snr_db < AUDIBLE_NOISE_SNR_DB:
        return sentence("noise reduction: what the pauses hold is not steady noise, but music or voices, and stays")
    return sentence(
        "noise reduction: signal-to-noise ratio of {below} dB, so the noise is inaudible", below=f"{plan.snr_db:.0f}"
    )


def _describe_jingles(plan: JinglePlan) -> Iterator[Sentence]:
    yield from _describe_clip(
        plan.intro,
        sentence("intro of {length} s at the loudness of the talk ({gain} dB)"),
        sentence(
            "intro of {length} s at the loudness of the talk ({gain} dB), its last {under} s under the first words"
        ),
    )
    yield from _describe_jingles_between(plan)
    yield from _describe_clip(
        plan.outro,
        sentence("outro of {length} s at the loudness of the talk ({gain} dB)"),
        sentence(
            "outro of {length} s at the loudness of the talk ({gain} dB), its first {under} s under the last words"
        ),
    )


def _describe_clip(clip: JingleClip, plain: Sentence, overlapping: Sentence) -> Iterator[Sentence]:
    if len(clip.sound):
        yield replace(overlapping if clip.overlap else plain, figures=_format_figures(clip))


def _describe_jingles_between(plan: JinglePlan) -> Iterator[Sentence]:
    """Describe each clip once, with all its start times in the master."""
    clips, starts, at = {}, defaultdict(list), plan.intro_samples
    for jingle in plan.jingles:
        clips[id(jingle.clip)] = jingle.clip
        starts[id(jingle.clip)].append(format_time_code((jingle.at + at) / RATE))
        at += len(jingle.clip.sound)
    for name, clip in clips.items():
        message = sentence("jingle of {length} s between parts, at {times}, at the loudness of the talk ({gain} dB)")
        if not clip.sound.any():
            message = sentence("silence of {length} s between parts, at {times}")
        yield replace(message, figures={**_format_figures(clip), "times": ", ".join(starts[name])})


def _format_figures(clip: JingleClip) -> dict[str, str]:
    return {
        "length": f"{len(clip.sound) / RATE:.1f}",
        "gain": f"{clip.gain_db:+.1f}",
        "under": f"{clip.overlap / RATE:.1f}",
    }
