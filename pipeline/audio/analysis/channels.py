"""Finds defects between channels: dead or lost channels, and opposite polarity."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.audio.analysis.defects import DefectDetector
from pipeline.audio.metering.sliding_window import find_runs
from pipeline.media.samples import BoolArray, Float64Array
from pipeline.model import Defect, Sentence, sentence
from pipeline.model.time_codes import format_time_code

_DEAD_POWER, _LIVE_POWER = 1e-8, 1e-6  # -80 dB, while another channel is above -60
_NEARLY_DEAD_RATIO = 10 ** (-35 / 10)  # to the loudest; bleed between two microphones is louder than this
_OPPOSITE_CORRELATION = -0.9
_MIN_SPAN_S = 10.0  # a shorter span may be intended

_NEARLY_DEAD = {  # (channel, mixed) → message, whose figure comes later
    (0, False): sentence("the left channel is nearly dead: {below} dB below the other"),
    (1, False): sentence("the right channel is nearly dead: {below} dB below the other"),
    (0, True): sentence("the left channel is nearly dead: {below} dB below the other; it is not used"),
    (1, True): sentence("the right channel is nearly dead: {below} dB below the other; it is not used"),
}
_OPPOSITE = {
    False: sentence("left and right have opposite polarity; they cancel in mono"),
    True: sentence("left and right have opposite polarity; they cancel in mono, so only one of them is used"),
}


def find_channel_defects(detectors: Sequence[DefectDetector], *, mixed: bool) -> list[Defect]:
    """Find the defects between channels of all parts together.

    Args:
        detectors: One for each part, in order of time.
        mixed: Whether to say how mastering treats the defect.
    """
    count = _count_channels(detectors)
    if count < 2:
        return []
    moments = _compute_moments(detectors)
    power = np.diag(moments)
    names = ("left", "right") if count == 2 else tuple(str(1 + number) for number in range(count))
    dead, nearly_dead = _find_dead(power), _find_nearly_dead(power)
    defects = [Defect(code="dead-channel", message=_describe_dead(dead, names))] if dead else []
    for number in nearly_dead:
        below = f"{10 * np.log10(power.max() / power[number]):.0f}"
        message = replace(_NEARLY_DEAD[number, mixed], figures={"below": below})
        defects.append(Defect(code="nearly-dead-channel", message=message))
    if _is_opposite(moments):
        defects.append(Defect(code="anti-phase", message=_OPPOSITE[mixed]))
        return defects
    return [*defects, *_find_spans(detectors, names, {*dead, *nearly_dead})]


def choose_channels(detectors: Sequence[DefectDetector]) -> str:
    """Choose which of two channels to use.

    Returns:
        ``all``; or ``left`` or ``right``: the live one, or the louder one if polarity is opposite.
    """
    if _count_channels(detectors) != 2:
        return "all"
    moments = _compute_moments(detectors)
    power = np.diag(moments)
    if unusable := [*_find_dead(power), *_find_nearly_dead(power)]:
        return "right" if unusable[0] == 0 else "left"
    return "all" if not _is_opposite(moments) else "left" if power[0] >= power[1] else "right"


def _describe_dead(dead: Sequence[int], names: Sequence[str]) -> Sentence:
    if names == ("left", "right") and len(dead) == 1:
        return sentence("the left channel is silent") if dead[0] == 0 else sentence("the right channel is silent")
    shown = ", ".join(names[number] for number in dead)
    if len(dead) == 1:
        return sentence("silent channel: {names}", names=shown)
    return sentence("silent channels: {names}", names=shown)


def _count_channels(detectors: Sequence[DefectDetector]) -> int:
    """Count the channels of all parts; 0: they differ."""
    numbers = {detector.channels for detector in detectors}
    return numbers.pop() if len(numbers) == 1 else 0


def _compute_moments(detectors: Sequence[DefectDetector]) -> Float64Array:
    """Compute the covariance of the channels, shape (channels, channels)."""
    samples = max(1, sum(detector.samples for detector in detectors))
    means = np.sum([detector.sums for detector in detectors], axis=0) / samples
    products = np.sum([detector.products for detector in detectors], axis=0)
    return np.asarray(products / samples - np.outer(means, means))


def _find_dead(power: Float64Array) -> list[int]:
    return np.flatnonzero(power < _DEAD_POWER).tolist() if power.max() > _LIVE_POWER else []


def _find_nearly_dead(power: Float64Array) -> list[int]:
    """Find the much softer one of two channels.

    A recording of many microphones may have such channels.
    """
    if len(power) != 2 or power.max() <= _LIVE_POWER:
        return []
    return np.flatnonzero((power >= _DEAD_POWER) & (power < _NEARLY_DEAD_RATIO * power.max())).tolist()


def _is_opposite(moments: Float64Array) -> bool:
    if len(moments) != 2 or _find_dead(np.diag(moments)):
        return False
    scale = float(np.sqrt(moments[0, 0] * moments[1, 1]))
    return scale > 1e-9 and float(moments[0, 1]) / scale < _OPPOSITE_CORRELATION


def _find_spans(detectors: Sequence[DefectDetector], names: Sequence[str], known: set[int]) -> list[Defect]:
    """Find defects that last for a while only."""
    starts, products, duration_s = _join_blocks(detectors)
    power = np.einsum("tcc->tc", products)
    sounding = power.max(axis=1) > _LIVE_POWER
    defects = []
    for number in sorted(set(range(power.shape[1])) - known):
        for start_s, stop_s in _find_long_runs(power[:, number] < _DEAD_POWER, sounding, starts, duration_s):
            message = _describe_lost(names[number], format_time_code(start_s), format_time_code(stop_s))
            defects.append(Defect(code="channel-lost", at_s=round(start_s, 2), message=message))
    if power.shape[1] == 2 and not known:
        scale = np.sqrt(np.maximum(power[:, 0] * power[:, 1], 1e-30))
        opposite = (products[:, 0, 1] / scale < _OPPOSITE_CORRELATION) & (power.min(axis=1) > _DEAD_POWER)
        for start_s, stop_s in _find_long_runs(opposite, sounding, starts, duration_s):
            message = sentence(
                "left and right have opposite polarity from {start} to {stop}",
                start=format_time_code(start_s),
                stop=format_time_code(stop_s),
            )
            defects.append(Defect(code="anti-phase", at_s=round(start_s, 2), message=message))
    return defects


def _describe_lost(name: str, start: str, stop: str) -> Sentence:
    if name == "left":
        return sentence("the left channel is silent from {start} to {stop}, the right is not", start=start, stop=stop)
    if name == "right":
        return sentence("the right channel is silent from {start} to {stop}, the left is not", start=start, stop=stop)
    return sentence(
        "channel {name} is silent from {start} to {stop}, and the others are not", name=name, start=start, stop=stop
    )


def _join_blocks(detectors: Sequence[DefectDetector]) -> tuple[Float64Array, Float64Array, float]:
    """Join the blocks of all parts: start times, products, and total duration."""
    starts, products, duration_s = [], [], 0.0
    for detector in detectors:
        part_starts, part_products = detector.get_block_products()
        starts.append(duration_s + part_starts)
        products.append(part_products)
        duration_s += detector.duration_s
    return np.concatenate(starts), np.concatenate(products), duration_s


def _find_long_runs(
    defective: BoolArray, sounding: BoolArray, starts: Float64Array, duration_s: float
) -> list[tuple[float, float]]:
    """Find runs of at least 10 s; pauses neither end a run nor count."""
    stops, blocks = np.append(starts[1:], duration_s), np.flatnonzero(sounding)
    runs = [(starts[blocks[first]], stops[blocks[last - 1]]) for first, last in find_runs(defective[blocks])]
    return [(float(start_s), float(stop_s)) for start_s, stop_s in runs if stop_s - start_s >= _MIN_SPAN_S]
