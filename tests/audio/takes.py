"""Takes with known truth: several recorders in one room, each with its own clock, level, noise and losses.

Voices are Dutch speech of the Debian package fillets-ng-data-nl. A take is rendered at 16 kHz, and
then recorded at the rate of each recorder.
"""

import math
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import soxr

from tests.audio.sounds import VOICES, convert, wav

SCENE_HZ = 16_000
SPEED_OF_SOUND = 343.0  # m/s
ROOM_M = (7.0, 5.0)
SEATS_M = ((2.0, 1.5), (4.2, 1.4), (3.1, 3.4), (5.0, 3.2))  # of the speakers
VOICE_PATTERNS = ("*/nl/*-v-*.ogg", "*/nl/*-m-*.ogg")


@dataclass(frozen=True, kw_only=True)
class Recorder:
    """A recorder in the room; the defaults are those of a good one."""

    name: str  # of its file, with extension
    at_m: tuple[float, float]
    start_s: float = 0.0  # in the talk
    stop_s: float = math.inf
    ppm: float = 0.0  # positive: its clock runs fast, and its file is longer
    gaps: tuple[tuple[float, float], ...] = ()  # (time in the talk, seconds lost)
    level_db: float = 0.0
    noise_db: float = -75.0
    agc: bool = False
    rate: int = 48_000
    polarity: int = 1
    kind: str = "s24"


@dataclass(frozen=True, kw_only=True)
class Talk:
    """Who says what: one signal for each voice at ``SCENE_HZ``, without room; and the turns."""

    voices: tuple[np.ndarray, ...]
    turns: tuple[tuple[float, float, int], ...] = field(default=())  # start, end, voice

    @property
    def seconds(self):
        """Duration."""
        return len(self.voices[0]) / SCENE_HZ


@cache
def load_voice(number, seconds):
    """Load speech of one person: voice 0 is deep, 1 is high, 2 is voice 1 spoken more slowly."""
    clips = sorted(VOICES.glob(VOICE_PATTERNS[number % 2]))
    clips = clips[number * 7 :: 2] + clips[number * 7 + 1 :: 2]
    rate = SCENE_HZ if number < 2 else round(SCENE_HZ * 1.17)
    text = "".join(f"file 'file:{clip}'\n" for clip in clips[: 30 + int(seconds / 1.2)])
    source = ["-f", "concat", "-safe", "0", "-protocol_whitelist", "file,pipe,fd", "-i", "pipe:0"]
    argv = ["ffmpeg", "-v", "error", *source, "-t", str(seconds), "-ac", "1", "-ar", str(rate), "-f", "f32le", "-"]
    sound = np.frombuffer(subprocess.run(argv, input=text.encode(), capture_output=True, check=True).stdout, "<f4")
    sums = np.cumsum(np.pad(np.abs(sound), (201, 199)), dtype=np.float64)
    sound = sound[sums[400:] - sums[:-400] > 400 * 2e-4]  # without long pauses
    return sound / np.sqrt(np.mean(sound**2)) * np.float32(0.05)


def build_talk(seconds, *, seed=1, voices=3):
    """Let people speak in turn, with pauses and some overlap."""
    rng = np.random.default_rng(seed)
    needed = 60.0 + seconds * 1.4 / voices
    sources = [load_voice(number, math.ceil(needed / 300) * 300) for number in range(voices)]
    places = [int(len(source) * (seed * 0.382 % 1)) for source in sources]  # another seed, other sentences
    signals = [np.zeros(round(seconds * SCENE_HZ), np.float32) for _ in range(voices)]
    turns, at, before = [], 0.3, -1
    while at < seconds - 2:
        voice = int(rng.choice([number for number in range(voices) if number != before]))
        length = min(float(rng.uniform(1.5, 11)), seconds - at - 0.1)
        count, start = round(length * SCENE_HZ), round(at * SCENE_HZ)
        words = np.take(sources[voice], np.arange(places[voice], places[voice] + count), mode="wrap")
        words *= np.clip(np.minimum(np.arange(count), np.arange(count)[::-1]) / 80, 0, 1)
        signals[voice][start : start + count] += words
        places[voice] = (places[voice] + count) % len(sources[voice])
        turns.append((at, at + length, voice))
        at, before = at + length + float(rng.uniform(-0.3, 0.9)), voice
    return Talk(voices=tuple(signals), turns=tuple(turns))


def build_impulse_response(source_m, recorder_m, *, rt60_s, rng):
    """Build the response of the room: direct sound, four walls, and a diffuse tail."""
    response = np.zeros(int(SCENE_HZ * rt60_s * 0.8) + 1600, np.float32)
    (x, y), (width, depth) = source_m, ROOM_M
    images = [(x, y, 1.0)] + [(*image, 0.6) for image in ((-x, y), (2 * width - x, y), (x, -y), (x, 2 * depth - y))]
    for image_x, image_y, gain in images:
        distance = max(0.15, math.hypot(image_x - recorder_m[0], image_y - recorder_m[1]))
        delay = distance / SPEED_OF_SOUND * SCENE_HZ
        taps = np.arange(-8, 9) + int(delay) + 8
        response[taps] += gain / distance * np.sinc(taps - 8 - delay) * np.hanning(19)[1:-1]
    times = np.arange(len(response)) / SCENE_HZ
    tail = rng.standard_normal(len(response)) * 10 ** (-3 * times / rt60_s)
    tail[times < 0.006] = 0
    response += (0.25 * tail / np.sqrt(np.sum(tail**2))).astype(np.float32)
    return response[8:]  # the taps of a fractional delay begin before it


def measure_path_s(seat, recorder):
    """Return the duration of direct sound from a seat to a recorder."""
    return max(0.15, math.dist(SEATS_M[seat], recorder.at_m)) / SPEED_OF_SOUND


def filter_long(signal, response):
    """Convolve, in blocks."""
    size = 2**17
    step = size - len(response) + 1
    spectrum = np.fft.rfft(response, size)
    out = np.zeros(len(signal) + size, np.float32)
    for start in range(0, len(signal), step):
        block = np.fft.irfft(np.fft.rfft(signal[start : start + step], size) * spectrum, size)
        out[start : start + size] += block.astype(np.float32)
    return out[: len(signal)]


def apply_agc(sound, rate):
    """Bring everything to one level, as phones do."""
    hop = rate // 100
    level = np.sqrt(np.mean(sound[: len(sound) // hop * hop].reshape(-1, hop) ** 2, axis=1)) + 1e-9
    gains, smooth = np.empty(len(level)), level[0]
    for number, value in enumerate(level.tolist()):
        smooth += (value - smooth) * (0.3 if value > smooth else 0.012)
        gains[number] = min(0.08 / smooth, 40.0)
    return sound * np.interp(np.arange(len(sound)), (np.arange(len(level)) + 0.5) * hop, gains).astype(np.float32)


def sway(sound, rng, amount_s):
    """Vary the delay slowly, as heads move; ``amount_s``: each way."""
    times = np.arange(0, len(sound) / SCENE_HZ + 5, 5.0)
    delays = np.convolve(rng.uniform(-1, 1, len(times) + 2), [0.25, 0.5, 0.25], "valid") * amount_s * SCENE_HZ
    places = np.arange(len(sound))
    return np.interp(places - np.interp(places, times * SCENE_HZ, delays), places, sound).astype(np.float32)


def record(talk, recorder, *, seed=1, rt60_s=0.4, sway_s=0.0):
    """Return what a recorder stores, shape (samples,), float32, at its own rate."""
    rng = np.random.default_rng([seed, *recorder.name.encode()])
    first, last = round(recorder.start_s * SCENE_HZ), round(min(recorder.stop_s, talk.seconds) * SCENE_HZ)
    sound = np.zeros(len(talk.voices[0]), np.float32)
    for voice, seat in zip(talk.voices, SEATS_M, strict=False):
        heard = filter_long(voice, build_impulse_response(seat, recorder.at_m, rt60_s=rt60_s, rng=rng))
        sound += sway(heard, rng, sway_s) if sway_s else heard
    return store(sound[first:last], recorder, rng)


def store(sound, recorder, rng):
    """Convert the sound at a recorder to samples of its clock: level, noise, drift and gaps."""
    stream = soxr.ResampleStream(SCENE_HZ, recorder.rate * (1 + recorder.ppm * 1e-6), 1)
    sound = stream.resample_chunk(np.ascontiguousarray(sound, np.float32), last=True)
    sound = sound * np.float32(10 ** (recorder.level_db / 20) * recorder.polarity)
    sound += rng.standard_normal(len(sound), np.float32) * np.float32(10 ** (recorder.noise_db / 20))
    if recorder.agc:
        sound = apply_agc(sound, recorder.rate)
    kept = np.ones(len(sound), bool)
    for at_s, length_s in recorder.gaps:
        hz = recorder.rate * (1 + recorder.ppm * 1e-6)
        kept[round((at_s - recorder.start_s) * hz) : round((at_s + length_s - recorder.start_s) * hz)] = False
    return sound[kept]


def write_recording(folder, recorder, sound):
    """Write the file of a recorder; anything but WAV is encoded by ffmpeg."""
    path = Path(folder) / recorder.name
    source = path if path.suffix.lower() == ".wav" else path.with_suffix(".wav")
    source.write_bytes(wav(sound[:, np.newaxis], rate=recorder.rate, kind=recorder.kind))
    if source != path:
        convert(source, path)
        source.unlink()
    return str(path)


def record_take(folder, talk, recorders, **room):
    """Record a talk with all recorders; return the paths of their files."""
    return [write_recording(folder, one, record(talk, one, **room)) for one in recorders]
