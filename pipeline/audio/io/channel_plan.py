"""How the channels of a recording become one or two: weights for each stretch of each part."""

from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # results of tasks have a plan, and are read without numpy
    from pipeline.media.samples import Block, PlanarBlock

CROSSFADE_SAMPLES = 960  # 20 ms around the start of a stretch

Weights = tuple[tuple[float, ...], ...]  # of each channel of the result, the weight of each channel of the part


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStretch:
    """A stretch of a part, up to the next stretch of that part or its end."""

    part: int  # 0 is the first
    first: int  # sample at 48 kHz in that part; of the first stretch: 0
    weights: Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPlan:
    """How the channels of a recording become one or two.

    A part without stretches keeps its channels if their number fits; else each result is the mean.
    """

    channels: int = 2  # of the result: 1 where both would be the same
    stretches: tuple[ChannelStretch, ...] = ()  # in order of parts and time, at least 20 ms apart

    def reduce_to_mono(self) -> "ChannelPlan":
        """Return the plan whose single result is the mean of the results of this one."""
        if self.channels == 1:
            return self
        stretches = (replace(stretch, weights=(_average(stretch.weights),)) for stretch in self.stretches)
        return ChannelPlan(channels=1, stretches=tuple(stretches))

    def mix(self, block: "Block", *, part: int, first: int) -> "Block":
        """Mix a block of a part, with crossfades of 20 ms between stretches.

        Each sample depends on its own position only, so blocks of any size join without a seam.

        Args:
            block: Shape (samples, channels of the part), float32, full scale is 1.0, at 48 kHz.
            part: Number of the part; 0 is the first.
            first: Number of the first sample of the block in that part.

        Returns:
            Shape (samples, channels), float32, full scale is 1.0; ``block`` itself if nothing
            changes. Each channel is contiguous in memory.
        """
        import numpy as np  # noqa: PLC0415  # see above

        inputs, last = block.shape[1], first + len(block)
        near = self._find_stretches(part, first, last)
        if not near:
            near = (ChannelStretch(part=part, first=0, weights=_build_default_weights(inputs, self.channels)),)
        if len(near) == 1:
            return block if _is_identity(near[0].weights) else _apply_weights(block, near[0].weights).T
        mixed = np.empty((self.channels, len(block)), np.float32)
        edges = [first, *(min(max(stretch.first, first), last) for stretch in near[1:]), last]
        for stretch, (start, stop) in zip(near, pairwise(edges), strict=True):
            mixed[:, start - first : stop - first] = _apply_weights(
                block[start - first : stop - first], stretch.weights
            )
        for before, after in pairwise(near):
            begin = after.first - CROSSFADE_SAMPLES // 2
            start, stop = max(first, begin), min(last, begin + CROSSFADE_SAMPLES)
            if start < stop:
                shares = ((np.arange(start, stop) - begin + 0.5) / CROSSFADE_SAMPLES).astype(np.float32)
                inside = block[start - first : stop - first]
                old, new = _apply_weights(inside, before.weights), _apply_weights(inside, after.weights)
                mixed[:, start - first : stop - first] = old + (new - old) * shares
        return mixed.T

    def _find_stretches(self, part: int, first: int, last: int) -> tuple[ChannelStretch, ...]:
        """Find the stretches that reach into a range of samples, crossfades included."""
        own, reach = [stretch for stretch in self.stretches if stretch.part == part], CROSSFADE_SAMPLES // 2
        begun = sum(stretch.first + reach <= first for stretch in own)  # all but the last of these have ended
        return tuple(own[max(0, begun - 1) : begun] + [one for one in own[begun:] if one.first - reach < last])


@cache
def _build_default_weights(inputs: int, outputs: int) -> Weights:
    if inputs == outputs:
        return tuple(tuple(float(row == column) for column in range(inputs)) for row in range(outputs))
    return ((1 / inputs,) * inputs,) * outputs


def _average(weights: Weights) -> tuple[float, ...]:
    return tuple(sum(column) / len(weights) for column in zip(*weights, strict=True))


def _is_identity(weights: Weights) -> bool:
    return weights == _build_default_weights(len(weights[0]), len(weights)) and len(weights) == len(weights[0])


def _apply_weights(block: "Block", weights: Weights) -> "PlanarBlock":
    """Weigh and add channel by channel: a matrix product would round by the size of the block.

    Returns:
        Shape (channels of the result, samples), float32.
    """
    import numpy as np  # noqa: PLC0415

    mixed = np.empty((len(weights), len(block)), np.float32)
    for number, (row, out) in enumerate(zip(weights, mixed, strict=True)):
        if number and row == weights[0]:
            out[:] = mixed[0]
            continue
        used = [channel * np.float32(weight) for weight, channel in zip(row, block.T, strict=True) if weight]
        out[:] = used[0] if used else 0
        for channel in used[1:]:
            np.add(out, channel, out=out)
    return mixed
