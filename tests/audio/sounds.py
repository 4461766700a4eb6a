"""Audio for tests, synthesised or from the Debian package of a Dutch-speaking game.

And other meters as reference.
"""

import re
import struct
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pyebur128

from pipeline.audio.metering.meter import Meter

RATE = 48_000
VOICES = Path("/usr/share/games/fillets-ng/sound")


def tone(*segments, hz=1000, rate=RATE, channels=2):
    """Build a sine of segments (peak in dBFS, seconds), shape (samples, channels).

    Its phase is continuous.
    """
    amplitude = np.concatenate([np.full(round(seconds * rate), 10 ** (level / 20)) for level, seconds in segments])
    sine = amplitude * np.sin(2 * np.pi * hz * np.arange(len(amplitude)) / rate)
    return np.repeat(sine[:, np.newaxis], channels, axis=1).astype(np.float32)


@cache
def speech(seconds=24.0):
    """Load Dutch voices, shape (samples, 1), at 48 kHz; peaks exceed full scale."""
    clips = sorted(VOICES.glob("*/nl/*-[mv]-*.ogg"))[::20]
    sound, have = [], 0
    for clip in clips:
        argv = ["ffmpeg", "-v", "error", "-i", clip, "-ac", "1", "-ar", "48000", "-f", "f32le", "-"]
        sound.append(np.frombuffer(subprocess.run(argv, capture_output=True, check=True).stdout, np.float32))
        have += len(sound[-1])
        if have >= seconds * RATE:
            break
    return np.concatenate(sound)[: round(seconds * RATE), np.newaxis]


def samples(sound, kind="s16"):
    """Convert ``sound`` to the bytes of a WAV."""
    if kind == "f32":
        return sound.astype("<f4").tobytes()
    if kind == "u8":
        return (np.clip(sound, -1, 1) * 127 + 128).astype("u1").tobytes()
    if kind == "s24":
        whole = (np.clip(sound, -1, 1) * (2**23 - 1)).astype("<i4").tobytes()
        return np.frombuffer(whole, "u1").reshape(-1, 4)[:, :3].tobytes()
    return (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()


def wav(sound, rate=RATE, kind="s16", *, data_size=None, tail=b"", **fmt):
    """Build a WAV, whose header may be wrong."""
    data = samples(sound, kind)
    width = {"s16": 2, "s24": 3, "f32": 4, "u8": 1}[kind]
    channels = sound.shape[1]
    declared = {"tag": 3 if kind == "f32" else 1, "channels": channels, "rate": rate, "bits": 8 * width} | fmt
    frame = width * channels
    form = struct.pack(
        "<HHIIHH", declared["tag"], declared["channels"], declared["rate"], rate * frame, frame, declared["bits"]
    )
    size = len(data) if data_size is None else data_size
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", size) + data + tail
    return b"RIFF" + struct.pack("<I", min(len(chunks) + 4, 0xFFFFFFFF)) + b"WAVE" + chunks


class ArrayReader:
    """A signal in memory, as the chain reads a recording: shape (samples, channels)."""

    def __init__(self, sound):
        self.sound, self.samples = sound, len(sound)

    def read_range(self, first, last):
        return self.sound[first:last].copy()


def convert(source, out, *options):
    """Convert ``source`` with ffmpeg."""
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", source, *options, f"file:{out}"], check=True)
    return out


def decoded(path):
    """Decode a file with the ffmpeg command, shape (samples, channels)."""
    argv = ["ffmpeg", "-v", "error", "-i", f"file:{path}", "-map", "0:a:0", "-ar", "48000", "-f", "f32le", "-"]
    probe = [
        "ffprobe",
        "-v",
        "error",
        "-select_streams",
        "a:0",
        "-show_entries",
        "stream=channels",
        "-of",
        "csv=p=0",
        f"file:{path}",
    ]
    channels = int(subprocess.run(probe, capture_output=True, check=True, text=True).stdout.split()[0])
    return np.frombuffer(subprocess.run(argv, capture_output=True, check=True).stdout, "<f4").reshape(-1, channels)


def ebur128(path, *, dual_mono=False):
    """Measure integrated loudness and true peak with ffmpeg's filter, which prints one decimal."""
    graph = f"ebur128=peak=true:dualmono={str(dual_mono).lower()}"
    argv = [
        "ffmpeg",
        "-hide_banner",
        "-nostats",
        "-i",
        f"file:{path}",
        "-map",
        "0:a:0",
        "-af",
        graph,
        "-f",
        "null",
        "-",
    ]
    summary = subprocess.run(argv, capture_output=True, check=True, text=True).stderr.rpartition("Summary:")[2]
    return tuple(float(re.search(rf"{name}:\s+(\S+)", summary)[1]) for name in ("I", "Peak"))


def libebur128(sound):
    """Measure integrated loudness, range and true peak with libebur128."""
    mode = pyebur128.MeasurementMode
    meter = pyebur128.R128State(sound.shape[1], RATE, mode.MODE_I | mode.MODE_LRA | mode.MODE_TRUE_PEAK)
    meter.add_frames(np.ascontiguousarray(sound, np.float32).ravel(), len(sound))
    peak = max(pyebur128.get_true_peak(meter, channel) for channel in range(sound.shape[1]))
    return pyebur128.get_loudness_global(meter), pyebur128.get_loudness_range(meter), 20 * np.log10(peak)


def measure_energies(sound):
    """K-weighted energies of hops of 10 ms of a sound of shape (samples, channels)."""
    meter = Meter(sound.shape[1])
    meter.push(sound)
    return meter.compute_energies()
