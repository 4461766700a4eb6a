"""Describes defects between channels, and plans how the channels become one or two."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from pipeline.audio.analysis.channel_use import ChannelUse, PairState, StateRun, find_channel_use
from pipeline.audio.analysis.defects import DefectDetector
from pipeline.audio.io.channel_plan import ChannelPlan, ChannelStretch, Weights
from pipeline.model import Defect, Sentence, sentence
from pipeline.model.time_codes import format_time_code

_SELDOM_SHARE = 0.3  # of the time: a microphone that is used less is seldom used
_MAX_SPANS = 5  # listed one by one; of more, the first

_LEFT, _RIGHT = "left", "right"
_SILENT = {
    _LEFT: sentence("the left channel is silent"),
    _RIGHT: sentence("the right channel is silent"),
}
_LOST = {
    _LEFT: sentence("the left channel is silent from {start} to {stop}, the right is not"),
    _RIGHT: sentence("the right channel is silent from {start} to {stop}, the left is not"),
}
_LOST_OF_MANY = sentence("channel {name} is silent from {start} to {stop}, and the others are not")
_WEAK = {  # (channel, mixed)
    (_LEFT, False): sentence("the left channel is nearly dead: {below} dB below the other"),
    (_RIGHT, False): sentence("the right channel is nearly dead: {below} dB below the other"),
    (_LEFT, True): sentence("the left channel is nearly dead: {below} dB below the other; it is not used"),
    (_RIGHT, True): sentence("the right channel is nearly dead: {below} dB below the other; it is not used"),
}
_WEAK_FOR_A_WHILE = {
    _LEFT: sentence("the left channel is nearly dead from {start} to {stop}: {below} dB below the other"),
    _RIGHT: sentence("the right channel is nearly dead from {start} to {stop}: {below} dB below the other"),
}
_WEAK_OF_MANY = sentence("channel {name} is nearly dead from {start} to {stop}: {below} dB below the other")
_NOISE = {
    (_LEFT, False): sentence("the left channel holds only noise"),
    (_RIGHT, False): sentence("the right channel holds only noise"),
    (_LEFT, True): sentence("the left channel holds only noise; it is not used"),
    (_RIGHT, True): sentence("the right channel holds only noise; it is not used"),
}
_NOISE_FOR_A_WHILE = {
    _LEFT: sentence("the left channel holds only noise from {start} to {stop}"),
    _RIGHT: sentence("the right channel holds only noise from {start} to {stop}"),
}
_NOISE_OF_MANY = sentence("channel {name} holds only noise from {start} to {stop}")
_OPPOSITE = {
    False: sentence("left and right have opposite polarity; they cancel in mono"),
    True: sentence("left and right have opposite polarity; the right channel is inverted, so that they do not cancel"),
}
_OPPOSITE_FOR_A_WHILE = {
    False: sentence("left and right have opposite polarity from {start} to {stop}"),
    True: sentence("left and right have opposite polarity from {start} to {stop}; the right channel is inverted there"),
}
_OPPOSITE_OF_MANY = {
    False: sentence("opposite polarity: channel {name}"),
    True: sentence("opposite polarity: channel {name}; it is inverted, so that it does not cancel the others"),
}
_SEPARATE = {
    False: sentence("left and right are two microphones, each with a voice of its own"),
    True: sentence("left and right are two microphones, each with a voice of its own; both are placed in the centre"),
}
_SELDOM = {
    (_LEFT, False): sentence("the left channel is a microphone that is used only at {times}"),
    (_RIGHT, False): sentence("the right channel is a microphone that is used only at {times}"),
    (_LEFT, True): sentence("the left channel is a microphone that is used only at {times}; placed in the centre"),
    (_RIGHT, True): sentence("the right channel is a microphone that is used only at {times}; placed in the centre"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSpan:
    """A defect between channels, for some time."""

    code: str
    start_s: float
    stop_s: float
    throughout: Sentence  # the message if it lasts as long as the recording …
    for_a_while: Sentence  # … and otherwise, with placeholders for start and stop


def find_channel_uses(detectors: Sequence[DefectDetector]) -> list[ChannelUse]:
    """Decide how the channels of each part are used."""
    return [find_channel_use(detector.get_moments(), detector.get_polarity()) for detector in detectors]


# Planning


def plan_channels(uses: Sequence[ChannelUse], *, window: int, input_channels: str = "auto") -> ChannelPlan:
    """Plan how the channels of a recording become one or two.

    Args:
        uses: Of each part.
        window: Samples of a window at 48 kHz.
        input_channels: What the recorder gave: ``auto``, ``stereo``, ``mono``, ``left`` or
            ``right``. Parts with one channel ignore it.
    """
    stretches: list[ChannelStretch] = []
    is_stereo = False
    for part, use in enumerate(uses):
        if use.channels == 1:
            continue
        weights = _choose_weights(use, input_channels)
        is_stereo |= any(left != right for _, (left, right) in weights)
        for first, one in weights:
            if not stretches or (stretches[-1].part, stretches[-1].weights) != (part, one):
                stretches.append(ChannelStretch(part=part, first=first * window, weights=one))
    if not is_stereo:
        return ChannelPlan(channels=1, stretches=tuple(replace(one, weights=one.weights[:1]) for one in stretches))
    by_part = [tuple(group) for _, group in groupby(stretches, key=lambda one: one.part)]
    changed = [group for group in by_part if [one.weights for one in group] != [((1.0, 0.0), (0.0, 1.0))]]
    return ChannelPlan(channels=2, stretches=tuple(one for group in changed for one in group))


def build_fixed_plan(channels: int, input_channels: str) -> ChannelPlan | None:
    """Build the plan of a single part whose sound is not analysed first; ``None``: all channels as they are."""
    if input_channels == "auto" or channels == 1:
        return None
    mean = ((1 / channels,) * channels,)
    weights = {**_build_fixed_weights(channels), "mono": mean}[input_channels]
    weights = weights if input_channels == "stereo" else weights[:1]
    return ChannelPlan(channels=len(weights), stretches=(ChannelStretch(part=0, first=0, weights=weights),))


def _build_fixed_weights(channels: int) -> dict[str, Weights]:
    """Build the weights of what a user may choose."""
    first, second = (tuple(float(number == own) for number in range(channels)) for own in range(2))
    return {"left": (first, first), "right": (second, second), "stereo": (first, second)}


def _choose_weights(use: ChannelUse, input_channels: str) -> list[tuple[int, Weights]]:
    """Choose the first window and the weights of each stretch of a part."""
    chosen = _build_fixed_weights(use.channels)
    if input_channels in chosen:
        return [(0, chosen[input_channels])]
    weights = use.list_weights()
    if input_channels == "mono":
        means = [tuple((one + other) / 2 for one, other in zip(*pair, strict=True)) for _, pair in weights]
        return [(at, (mean, mean)) for (at, _), mean in zip(weights, means, strict=True)]
    return weights


# Describing


def find_channel_defects(
    detectors: Sequence[DefectDetector], uses: Sequence[ChannelUse], *, mixed: bool
) -> list[Defect]:
    """Find the defects between the channels of each part.

    Args:
        detectors: One for each part, in order of time.
        uses: How the channels of each part are used.
        mixed: Whether to say how mastering treats the defect.
    """
    spans: list[ChannelSpan] = []
    start_s = 0.0
    for detector, use in zip(detectors, uses, strict=True):
        stop_s = start_s + detector.duration_s
        described = _describe_use(use, detector.grid.window_s, start_s=start_s, mixed=mixed)
        spans += [replace(span, stop_s=min(span.stop_s, stop_s)) for span in described]
        start_s = stop_s
    return list(_describe_spans(spans, duration_s=start_s))


def _describe_spans(spans: Sequence[ChannelSpan], *, duration_s: float) -> Iterator[Defect]:
    """Join spans of one kind that adjoin, and describe each."""
    by_kind: dict[tuple[str, str, str], list[ChannelSpan]] = {}
    for span in spans:
        name = span.throughout.figures.get("name", "") + span.throughout.figures.get("names", "")
        known = by_kind.setdefault((span.code, span.throughout.text, name), [])
        if known and span.start_s - known[-1].stop_s < 0.01:
            known[-1] = replace(known[-1], stop_s=span.stop_s)
        else:
            known.append(span)
    for known in by_kind.values():
        first = known[0]
        if first.stop_s - first.start_s > duration_s - 0.01:
            yield Defect(code=first.code, message=first.throughout)
            continue
        for span in known[:_MAX_SPANS]:
            times = {"start": format_time_code(span.start_s), "stop": format_time_code(span.stop_s)}
            message = replace(span.for_a_while, figures={**span.for_a_while.figures, **times})
            lost = {"dead-channel": "channel-lost"}
            yield Defect(code=lost.get(span.code, span.code), at_s=round(span.start_s, 2), message=message)
        if len(known) > _MAX_SPANS:
            more = sentence("the same at {number} other times", number=len(known) - _MAX_SPANS)
            yield Defect(code=first.code, at_s=round(known[_MAX_SPANS].start_s, 2), message=more)


def _describe_use(use: ChannelUse, window_s: float, *, start_s: float, mixed: bool) -> Iterator[ChannelSpan]:
    """Describe what is unusual about the channels of a part, which begins at ``start_s``."""
    stop_s = start_s + use.windows * window_s

    def span(
        code: str, throughout: Sentence, for_a_while: Sentence | None = None, run: StateRun | None = None
    ) -> ChannelSpan:
        return ChannelSpan(
            code=code,
            start_s=start_s + run.first * window_s if run else start_s,
            stop_s=start_s + run.last * window_s if run else stop_s,
            throughout=throughout,
            for_a_while=for_a_while or throughout,
        )

    if use.channels > 2:
        yield from (span(code, message) for code, message in _describe_many(use, mixed=mixed))
    names = (_LEFT, _RIGHT) if use.channels == 2 else tuple(str(channel + 1) for channel in use.used)
    if use.separate and use.channels == 2:
        yield span("separate-microphones", _describe_separate(use, window_s, start_s, mixed=mixed))
    for run in use.runs:
        if run.state == PairState.INVERTED:
            whole, timed = _OPPOSITE[mixed], _OPPOSITE_FOR_A_WHILE[mixed]
            if use.channels > 2:
                whole = timed = replace(_OPPOSITE_OF_MANY[mixed], figures={"name": names[1]})
            yield span("anti-phase", whole, timed, run)
        elif run.state != PairState.BOTH and not use.separate:
            name = names[1 if run.state == PairState.FIRST else 0]
            yield span(*_describe_unused(name, run, mixed=mixed), run)


def _describe_unused(name: str, run: StateRun, *, mixed: bool) -> tuple[str, Sentence, Sentence]:
    """Describe a channel that is silent, nearly dead or noisy: code, and both messages."""
    two, figures = name in (_LEFT, _RIGHT), {"name": name}
    if math.isinf(run.below_db):
        many = replace(_LOST_OF_MANY, figures=figures)
        return "dead-channel", _SILENT[name] if two else many, _LOST[name] if two else many
    if run.is_noise:
        many = replace(_NOISE_OF_MANY, figures=figures)
        return "noise-channel", _NOISE[name, mixed] if two else many, _NOISE_FOR_A_WHILE[name] if two else many
    below = {"below": f"{run.below_db:.0f}"}
    many = replace(_WEAK_OF_MANY, figures=figures | below)
    whole = replace(_WEAK[name, mixed], figures=below) if two else many
    return "nearly-dead-channel", whole, replace(_WEAK_FOR_A_WHILE[name], figures=below) if two else many


def _describe_separate(use: ChannelUse, window_s: float, start_s: float, *, mixed: bool) -> Sentence:
    """Describe two microphones, one of which may be used seldom."""
    for name, without in ((_RIGHT, PairState.FIRST), (_LEFT, PairState.SECOND)):
        with_it = [run for run in use.runs if run.state != without]
        if sum(run.last - run.first for run in with_it) <= _SELDOM_SHARE * use.windows:
            times = ", ".join(format_time_code(start_s + run.first * window_s) for run in with_it[:_MAX_SPANS])
            return replace(_SELDOM[name, mixed], figures={"times": times})
    return _SEPARATE[mixed]


def _describe_many(use: ChannelUse, *, mixed: bool) -> Iterator[tuple[str, Sentence]]:
    """Describe more than two channels: code and message."""
    if mixed:
        figures = {"number": str(use.channels), "names": _list_names(use.used)}
        message = sentence("{number} channels: channels {names} are mixed to mono", **figures)
        if len(use.used) == 1:
            message = sentence("{number} channels: only channel {names} is used", **figures)
        elif use.runs and not use.separate:
            message = sentence("{number} channels: channels {names} are used as left and right", **figures)
        yield "many-channels", message
    if use.silent:
        one, more = sentence("silent channel: {names}"), sentence("silent channels: {names}")
        yield "dead-channel", replace(one if len(use.silent) == 1 else more, figures={"names": _list_names(use.silent)})
    if use.noisy:
        yield "noise-channel", sentence("only noise in channel: {names}", names=_list_names(use.noisy))
    for channel, sign in zip(use.used, use.signs, strict=False):
        if sign < 0:
            yield "anti-phase", replace(_OPPOSITE_OF_MANY[mixed], figures={"name": str(channel + 1)})


def _list_names(channels: Sequence[int]) -> str:
    """List the numbers of some channels, in order; three or more that follow each other as a range."""
    runs: list[list[int]] = []
    for channel in channels:
        if runs and runs[-1][-1] == channel - 1:
            runs[-1].append(channel)
        else:
            runs.append([channel])
    return ", ".join(
        f"{run[0] + 1}–{run[-1] + 1}" if len(run) > 2 else ", ".join(str(channel + 1) for channel in run)
        for run in runs
    )
