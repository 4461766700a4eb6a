"""Sentences of the processing report on the channels that were used."""

from collections.abc import Iterator, Sequence

from pipeline.audio.io.channel_plan import ChannelPlan, ChannelStretch
from pipeline.model import Sentence, sentence


def describe_channels(plan: ChannelPlan) -> Iterator[Sentence]:
    """Describe how the channels of a recording became one or two; nothing: they are as they were."""
    pairs = [stretch for stretch in plan.stretches if len(stretch.weights[0]) == 2]
    many = [stretch for stretch in plan.stretches if len(stretch.weights[0]) > 2]
    if pairs:
        yield from _describe_pairs(pairs)
    for part in sorted({stretch.part for stretch in many}):
        yield from _describe_many([stretch for stretch in many if stretch.part == part])


def _describe_pairs(stretches: Sequence[ChannelStretch]) -> Iterator[Sentence]:
    used = [_list_used(stretch) for stretch in stretches]
    if all(channels == [0] for channels in used):
        yield sentence("left channel only: the right channel is silent, weak or not used")
    elif all(channels == [1] for channels in used):
        yield sentence("right channel only: the left channel is silent, weak or not used")
    else:
        if [0] in used:
            yield sentence("left channel only where the right channel is silent, weak or not used")
        if [1] in used:
            yield sentence("right channel only where the left channel is silent, weak or not used")
    if any(weight < 0 for stretch in stretches for row in stretch.weights for weight in row):
        yield sentence("right channel inverted where its polarity was opposite")
    centred = [stretch for stretch in stretches if len(set(stretch.weights)) == 1]
    if any(_list_used(stretch) == [0, 1] for stretch in centred):
        yield sentence("left and right mixed in the centre")


def _describe_many(stretches: Sequence[ChannelStretch]) -> Iterator[Sentence]:
    used = sorted({channel for stretch in stretches for channel in _list_used(stretch)})
    yield sentence("channels used: {names} of {number}", names=_list_names(used), number=len(stretches[0].weights[0]))
    weights = [enumerate(row) for stretch in stretches for row in stretch.weights]
    inverted = sorted({channel for row in weights for channel, weight in row if weight < 0})
    if inverted:
        yield sentence("inverted, as the polarity was opposite: channel {names}", names=_list_names(inverted))


def _list_used(stretch: ChannelStretch) -> list[int]:
    columns = zip(*stretch.weights, strict=True)
    return [channel for channel, column in enumerate(columns) if any(column)]


def _list_names(channels: Sequence[int]) -> str:
    return ", ".join(str(channel + 1) for channel in channels)
