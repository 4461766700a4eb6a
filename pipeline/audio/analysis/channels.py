"""What the channels of a recording say about each other: dead, nearly dead, lost on the way, or each other's opposite."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.audio.analysis.defects import Ear, clock
from pipeline.audio.metering.block_biquad import Floats
from pipeline.model import Defect, Sentence, sentence

_DEAD, _ALIVE = 1e-8, 1e-6  # power: -80 dB, while another is above -60
_NEARLY = 10 ** (-35 / 10)  # of the loudest: bleed between two microphones is louder than this
_OPPOSED = -0.9  # correlation
_STRETCH_S = 10.0  # what lasts shorter may be meant

_WEAK = {  # which of two channels, and whether it is mixed: the figure comes later
    (0, False): sentence("the left channel is nearly dead: {below} dB below the other"),
    (1, False): sentence("the right channel is nearly dead: {below} dB below the other"),
    (0, True): sentence("the left channel is nearly dead: {below} dB below the other; it is not used"),
    (1, True): sentence("the right channel is nearly dead: {below} dB below the other; it is not used"),
}
_OPPOSED_TOLD = {
    False: sentence("left and right are each other's opposite: together they would be silence"),
    True: sentence("left and right are each other's opposite: together they would be silence; one of them is used"),
}


def defects_between(ears: Sequence[Ear], *, mixed: bool) -> list[Defect]:
    """What the parts together tell about their channels; ``mixed``: and what mastering makes of that."""
    if _channels(ears) < 2:
        return []
    defects = []
    names = ("left", "right") if _channels(ears) == 2 else tuple(str(1 + number) for number in range(_channels(ears)))
    dead, weak = _dead(ears), _weak(ears)
    if dead:
        defects.append(Defect(code="dead-channel", message=_dead_told(dead, names)))
    for number in weak:
        below_db = 10 * np.log10(np.diag(_moments(ears)).max() / np.diag(_moments(ears))[number])
        told = _WEAK[number, mixed]
        defects.append(Defect(code="nearly-dead-channel", message=replace(told, figures={"below": f"{below_db:.0f}"})))
    if _opposed(ears):
        defects.append(Defect(code="anti-phase", message=_OPPOSED_TOLD[mixed]))
        return defects
    return [*defects, *_stretches(ears, names, {*dead, *weak})]


def _dead_told(dead: Sequence[int], names: Sequence[str]) -> Sentence:
    if names == ("left", "right") and len(dead) == 1:
        return sentence("the left channel is silent") if dead[0] == 0 else sentence("the right channel is silent")
    shown = ", ".join(names[number] for number in dead)
    if len(dead) == 1:
        return sentence("silent channel: {names}", names=shown)
    return sentence("silent channels: {names}", names=shown)


def take_of(ears: Sequence[Ear]) -> str:
    """Which of two channels to use: ``all``, or the one that lives, or the louder of two that cancel out."""
    if _channels(ears) != 2:
        return "all"
    lost = [*_dead(ears), *_weak(ears)]
    if lost:
        return "right" if lost[0] == 0 else "left"
    power = np.diag(_moments(ears))
    return "all" if not _opposed(ears) else "left" if power[0] >= power[1] else "right"


def _channels(ears: Sequence[Ear]) -> int:
    """How many channels all parts have; 0: they differ."""
    numbers = {ear.channels for ear in ears}
    return numbers.pop() if len(numbers) == 1 else 0


def _moments(ears: Sequence[Ear]) -> Floats:
    """Power of each channel and between them, without what stands still."""
    samples = max(1, sum(ear.samples for ear in ears))
    means = np.sum([ear.sums for ear in ears], axis=0) / samples
    return np.asarray(np.sum([ear.products for ear in ears], axis=0) / samples - np.outer(means, means))


def _dead(ears: Sequence[Ear]) -> list[int]:
    power = np.diag(_moments(ears))
    return [int(number) for number in np.flatnonzero(power < _DEAD)] if power.max() > _ALIVE else []


def _weak(ears: Sequence[Ear]) -> list[int]:
    """Of two channels the one that hardly hears what the other hears; a recording of many microphones may have them."""
    power = np.diag(_moments(ears))
    if len(power) != 2 or power.max() <= _ALIVE:
        return []
    return [int(number) for number in np.flatnonzero((power >= _DEAD) & (power < _NEARLY * power.max()))]


def _opposed(ears: Sequence[Ear]) -> bool:
    if _channels(ears) != 2 or _dead(ears):
        return False
    moments = _moments(ears)
    scale = float(np.sqrt(moments[0, 0] * moments[1, 1]))
    return scale > 1e-9 and float(moments[0, 1]) / scale < _OPPOSED


def _stretches(ears: Sequence[Ear], names: Sequence[str], known: set[int]) -> list[Defect]:
    """What is wrong for a while only, from its first second on."""
    starts, seconds, length_s = _on_one_clock(ears)
    power = np.einsum("tcc->tc", seconds)
    sounding = power.max(axis=1) > _ALIVE
    defects = []
    for number in sorted(set(range(power.shape[1])) - known):
        for at_s, stop_s in _long(power[:, number] < _DEAD, sounding, starts, length_s):
            told = _lost_told(names[number], clock(at_s), clock(stop_s))
            defects.append(Defect(code="channel-lost", at_s=round(at_s, 2), message=told))
    if power.shape[1] == 2 and not known:
        scale = np.sqrt(np.maximum(power[:, 0] * power[:, 1], 1e-30))
        opposed = (seconds[:, 0, 1] / scale < _OPPOSED) & (power.min(axis=1) > _DEAD)
        for at_s, stop_s in _long(opposed, sounding, starts, length_s):
            told = sentence(
                "left and right are each other's opposite from {start} to {stop}", start=clock(at_s), stop=clock(stop_s)
            )
            defects.append(Defect(code="anti-phase", at_s=round(at_s, 2), message=told))
    return defects


def _lost_told(name: str, start: str, stop: str) -> Sentence:
    if name == "left":
        return sentence("the left channel is silent from {start} to {stop}, the right is not", start=start, stop=stop)
    if name == "right":
        return sentence("the right channel is silent from {start} to {stop}, the left is not", start=start, stop=stop)
    return sentence(
        "channel {name} is silent from {start} to {stop}, and the others are not", name=name, start=start, stop=stop
    )


def _on_one_clock(ears: Sequence[Ear]) -> tuple[Floats, Floats, float]:
    """When each block begins, its products, and how long all parts are."""
    starts, seconds, length_s = [], [], 0.0
    for ear in ears:
        begins, products = ear.seconds()
        starts.append(length_s + begins)
        seconds.append(products)
        length_s += ear.duration_s
    return np.concatenate(starts), np.concatenate(seconds), length_s


def _long(
    wrong: np.ndarray[tuple[int], np.dtype[np.bool_]],
    sounding: np.ndarray[tuple[int], np.dtype[np.bool_]],
    starts: Floats,
    length_s: float,
) -> list[tuple[float, float]]:
    """Where something is wrong for at least 10 s; pauses between do not end it, and do not count."""
    found = []
    begin: int | None = None
    ends = np.append(starts[1:], length_s)
    marks = [*(int(number) for number in np.flatnonzero(sounding)), None]
    last = 0
    for number in marks:
        if number is not None and wrong[number]:
            begin, last = number if begin is None else begin, number
            continue
        if begin is not None and ends[last] - starts[begin] >= _STRETCH_S:
            found.append((float(starts[begin]), float(ends[last])))
        begin = None
    return found
