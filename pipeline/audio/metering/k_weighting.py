"""The ear's own colouring of sound, as BS.1770 has it, and its energy each 10 ms; quick, for recordings last for hours."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from pipeline.audio.metering.block_biquad import ROW, Floats, Rows, Singles, Sound
from pipeline.audio.metering.hop_buffer import Ledger

_ROWS = 1500  # worked on at once, counted from the first sample: so the size of the caller's blocks makes no difference
WHOLE = ROW * _ROWS


class Chunks:
    """Cuts a sound fed in blocks of any size into chunks of ``WHOLE`` samples, and holds what is left over."""

    def __init__(self, channels: int) -> None:
        """Nothing yet."""
        self._waiting: list[Sound] = []
        self._size = 0
        self._channels = channels

    def push(self, sound: Sound) -> Iterator[Sound]:
        """Take the next samples; the chunks that they complete."""
        self._waiting.append(sound)
        self._size += sound.shape[1]
        if self._size < WHOLE:
            return
        whole = np.concatenate(self._waiting, axis=1) if len(self._waiting) > 1 else sound
        for start in range(0, self._size - WHOLE + 1, WHOLE):
            yield whole[:, start : start + WHOLE]
        self._size %= WHOLE
        self._waiting = [whole[:, whole.shape[1] - self._size :].copy()]  # a view would keep the whole

    def rest(self) -> Sound:
        """What is left over."""
        return np.concatenate([np.zeros((self._channels, 0), np.float32), *self._waiting], axis=1)


class Weighting:
    """Energies of a sound fed in chunks; its state is carried."""

    def __init__(self, weights: Sequence[float], *, sample_rate_hz: int) -> None:
        """``weights`` of BS.1770, one a channel."""
        self._weights = np.array(weights, np.float64)
        self._rate = sample_rate_hz
        self._filter = Rows(k_weighting(sample_rate_hz))
        self._state = np.zeros((len(self._weights), self._filter.states))
        self._left = np.zeros((len(self._weights), 0), np.float32)  # weighted already, and less than 10 ms
        self._energies = Ledger(np.float32)
        self._hops = 0

    def take(self, chunk: Sound) -> None:
        """Take the next ``WHOLE`` samples."""
        heard = self._filter.all_through(chunk, self._state)
        if self._left.size:
            heard = np.concatenate([self._left, heard], axis=1)
        energies, used = self._hopped(heard)
        self._energies.add(energies)
        self._hops += len(energies)
        self._left = heard[:, used:].copy()

    def energies(self, rest: Sound) -> Singles:
        """Mean square of all in hops of 10 ms, channels weighed and summed; ``rest``: what comes after the chunks, taken or not."""
        padded = np.pad(rest, ((0, 0), (0, -rest.shape[1] % WHOLE)))
        heard = self._filter.all_through(padded, self._state.copy())[:, : rest.shape[1]]
        last, _ = self._hopped(np.concatenate([self._left, heard], axis=1))
        return np.concatenate([self._energies.all(), last])

    def _hopped(self, heard: Sound) -> tuple[Singles, int]:
        """The energies of all whole hops, and how many samples those are."""
        if self._rate % 100 == 0:
            hop = self._rate // 100
            count = heard.shape[1] // hop
            hops = heard[:, : count * hop].reshape(len(heard), count, hop)
            power = self._weights @ np.einsum("chs,chs->ch", hops, hops).astype(np.float64) / hop
            return power.astype(np.float32), count * hop
        # 22.05 kHz and its like: hops of 220 and 221 samples by turns
        first = self._hops * self._rate // 100
        edges = np.arange(self._hops, self._hops + heard.shape[1] * 100 // self._rate + 2) * self._rate // 100 - first
        edges = edges[edges <= heard.shape[1]]
        if len(edges) < 2:
            return np.zeros(0, np.float32), 0
        sums = np.add.reduceat(heard[:, : edges[-1]].astype(np.float64) ** 2, edges[:-1], axis=1)
        return (self._weights @ sums / np.diff(edges)).astype(np.float32), int(edges[-1])


def k_weighting(rate: int) -> Floats:
    """BS.1770's two filters as second-order sections, for any rate; at 48 kHz they are the table's."""
    k, q, gain = math.tan(math.pi * 1681.974450955533 / rate), 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    band = gain**0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = [
        *((gain + band * k / q + k * k) / a0, 2 * (k * k - gain) / a0, (gain - band * k / q + k * k) / a0),
        *(1, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0),
    ]
    k, q = math.tan(math.pi * 38.13547087602444 / rate), 0.5003270373238773
    a0 = 1 + k / q + k * k
    return np.array([shelf, [1, -2, 1, 1, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]])
