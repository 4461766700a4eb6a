"""Writes each track of a take on the clock of the take, so that any range of any track can be read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from pipeline.audio.io.pcm import is_plain_pcm, open_at_native_rate, silence_invalid
from pipeline.audio.io.probe import RecordingPart, open_part
from pipeline.audio.parallel import map_parallel
from pipeline.audio.tracks.features import pick_channel
from pipeline.audio.tracks.resampling import ClockConverter
from pipeline.media.samples import RATE, Float32Array
from pipeline.model import TakeAlignment, TrackAlignment, TrackSegment

USED_ROLES = ("microphone", "room")

_FADE_SAMPLES = RATE // 200  # at both ends of a segment: 5 ms


class OpenTake:
    """The tracks of a take at 48 kHz, on its clock."""

    def __init__(self, alignment: TakeAlignment, folder: Path) -> None:
        """Read what ``open_take`` wrote to a folder."""
        self._folder, self._alignment = folder, alignment

    def read(self, number: int, first: int, last: int) -> Float32Array:
        """Read a range of one track, in any order and from any process.

        Args:
            number: Of a microphone or room track in the alignment.
            first: First sample at 48 kHz, on the clock of the take.
            last: The sample after the last.

        Returns:
            Shape (last - first,), float32, full scale is 1.0; silence where the track has none.

        Raises:
            ValueError: The track is a mix, a backup, or left out.
        """
        if self._alignment.tracks[number].role not in USED_ROLES:
            raise ValueError(f"track {number} is not used")
        result = np.zeros(last - first, np.float32)
        start, stop = max(first, 0), min(last, self._alignment.samples)
        if start < stop:
            with _get_path(self._folder, number).open("rb") as file:
                file.seek(4 * start)
                samples = np.fromfile(file, np.float32, stop - start)
            result[start - first : start - first + len(samples)] = samples
        return result


@contextmanager
def open_take(
    alignment: TakeAlignment, files: Sequence[str], scratch: str, *, workers: int | None = None
) -> Iterator[OpenTake]:
    """Correct the clocks of all tracks, and open the take; its files are deleted at the end of the block.

    Args:
        alignment: The tracks.
        files: The files that the alignment numbers.
        scratch: An existing folder, with 691 MB free for each hour and track.
        workers: Number of workers; the number of cores by default.

    Raises:
        AudioError: A file cannot be read.
    """
    folder = Path(scratch)
    numbers = [number for number, track in enumerate(alignment.tracks) if track.role in USED_ROLES]
    parts = {number: [open_part(files[file]) for file in alignment.tracks[number].files] for number in numbers}
    numbers.sort(key=lambda number: all(map(is_plain_pcm, parts[number])))  # streams take longest
    try:
        for _ in map_parallel(
            lambda number: _write_track(alignment.tracks[number], parts[number], _get_path(folder, number)),
            numbers,
            workers=workers,
        ):
            pass
        yield OpenTake(alignment, folder)
    finally:
        for number in numbers:
            _get_path(folder, number).unlink(missing_ok=True)


def _get_path(folder: Path, number: int) -> Path:
    return folder / f"track-{number}.48k.f32"


def _write_track(track: TrackAlignment, parts: Sequence[RecordingPart], path: Path) -> None:
    """Write one track; what no segment covers stays silent."""
    with path.open("wb") as out:
        stretches = [_TrackStretch(segment, track.polarity) for segment in track.segments]
        start_s = 0.0
        for part in parts:
            count = 0
            with open_at_native_rate(part) as reader:
                for block in reader:
                    mono = pick_channel(silence_invalid(reader, block), track.channel)
                    at_s = start_s + count / reader.sample_rate_hz
                    for stretch in stretches:
                        for first, sound in stretch.convert(mono, at_s, reader.sample_rate_hz):
                            out.seek(4 * first)
                            sound.tofile(out)
                    count += len(mono)
            start_s += count / (reader.sample_rate_hz or RATE)
            for stretch in stretches:
                for first, sound in stretch.finish():
                    out.seek(4 * first)
                    sound.tofile(out)


class _TrackStretch:
    """Converts the sound of one segment while the file is read."""

    def __init__(self, segment: TrackSegment, polarity: int) -> None:
        self._segment, self._polarity = segment, np.float32(polarity)
        self._first = segment.first
        self._converter: ClockConverter | None = None
        self._end_s = segment.track_s + (segment.last - segment.first) / RATE * segment.rate

    def convert(self, mono: Float32Array, at_s: float, rate_hz: int) -> Iterator[tuple[int, Float32Array]]:
        """Yield the converted sound of a block that starts ``at_s`` in the track, with its place in the take."""
        first = max(0, round((self._segment.track_s - at_s) * rate_hz))
        last = min(len(mono), round((self._end_s - at_s) * rate_hz))
        if first >= last:
            return
        if self._converter is None:
            self._converter = ClockConverter(from_hz=rate_hz * self._segment.rate, to_hz=RATE)
        yield from self._place(self._converter.convert(mono[first:last] * self._polarity))

    def finish(self) -> Iterator[tuple[int, Float32Array]]:
        """Yield the rest at the end of a file."""
        if self._converter is not None:
            yield from self._place(self._converter.convert(np.zeros(0, np.float32), last=True))
            self._converter = None

    def _place(self, sound: Float32Array) -> Iterator[tuple[int, Float32Array]]:
        sound = sound[: self._segment.last - self._first]
        if len(sound):
            yield self._first, self._fade(sound)
            self._first += len(sound)

    def _fade(self, sound: Float32Array) -> Float32Array:
        """Fade in and out at the ends of the segment, where the sound is cut off."""
        after_start = self._first - self._segment.first
        before_end = self._segment.last - self._first
        if after_start >= _FADE_SAMPLES and before_end - len(sound) >= _FADE_SAMPLES:
            return sound
        places = np.arange(len(sound))
        gains = np.minimum(after_start + places, before_end - 1 - places) / _FADE_SAMPLES
        return sound * np.clip(gains, 0, 1).astype(np.float32)
