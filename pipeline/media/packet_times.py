"""Reads the time stamps of the packets of an audio stream, without decoding them."""

import io
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np

from pipeline.media.executable import find_ffprobe
from pipeline.media.process import build_input_arguments, require_pipe
from pipeline.media.samples import Float64Array

_READ_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketTimes:
    """Time stamps and durations of all packets in the order of the file, in seconds, shape (packets,)."""

    starts_s: Float64Array
    durations_s: Float64Array  # as the container declares them; NaN: it does not


def read_packet_times(path: str, *, stream: int) -> PacketTimes:
    """Read the time stamps of all packets of a stream; packets without one are left out.

    Args:
        path: The file.
        stream: Number of the stream among the audio streams.

    Returns:
        The times; empty if the file cannot be read, which decoding will report.
    """
    with _start_ffprobe(path, stream, "-show_entries", "packet=pts_time,duration_time") as child:
        tables = [np.zeros((0, 2)), *_parse_tables(require_pipe(child.stdout))]
    times = np.concatenate(tables)
    times = times[~np.isnan(times[:, 0])]
    return PacketTimes(starts_s=times[:, 0], durations_s=times[:, 1])


def read_first_sample_time(path: str, *, stream: int) -> float | None:
    """Decode the first packets of a stream, and return the time stamp of the first sample that is not skipped.

    Encoders put samples in front that a decoder skips.
    """
    options = ("-read_intervals", "%+#8", "-show_entries", "frame=pts_time")
    with _start_ffprobe(path, stream, *options) as child:
        fields = [line.split(b",")[0] for line in require_pipe(child.stdout)]
    return next((float(field) for field in fields if field.strip()[-1:].isdigit()), None)


def _start_ffprobe(path: str, stream: int, *options: str) -> "subprocess.Popen[bytes]":
    selection = ("-v", "quiet", "-select_streams", f"a:{stream}", *options, "-of", "csv=p=0")
    argv = [str(find_ffprobe()), *selection, *build_input_arguments(path)]
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)


def _parse_tables(stdout: IO[bytes]) -> Iterator[Float64Array]:
    """Parse lines of time stamp and duration, a megabyte at a time; NaN where a value is missing."""
    while lines := stdout.readlines(_READ_BYTES):
        text = b"".join(line for line in lines if b"," in line).replace(b"N/A", b"nan")
        if text:
            yield np.loadtxt(io.BytesIO(text), np.float64, delimiter=",", usecols=(0, 1), ndmin=2)
