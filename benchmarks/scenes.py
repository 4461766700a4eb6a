"""Scenes of two speakers 6 dB apart, 53 s at −16 LUFS, with the truth: for `quality.py`.

*fillets*: Dutch voices of a game (Debian's fillets-ng-data-nl), as dry as they are. *studio*: the
prompts of a telephone exchange (asterisk-core-sounds-en-g722): one clean voice up to 7 kHz. Both
are read where the packages install them, and nothing of them is written to the repository.
"""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
from scipy.signal import butter, fftconvolve, resample_poly, sosfilt

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.audio.panel import band, panel  # found through the line above
from tests.audio.sounds import RATE, VOICES, libebur128

STUDIO = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
LENGTH_S, PAUSE_S = 53.0, 0.6
GAP_DB = 6.0
LOUDNESS_LUFS = -16.0

Spans = list[tuple[float, float]]


@dataclass(frozen=True)
class Scene:
    """A recording and what it should be; one channel at 48 kHz, shape (samples,)."""

    name: str
    sound: np.ndarray
    reference: np.ndarray  # the voices alone, each at its own level
    speakers: tuple[Spans, Spans]  # near, far
    pauses: Spans
    applause: Spans = field(default_factory=list)

    @property
    def turns(self) -> Spans:
        """All turns in order of time."""
        return sorted([*self.speakers[0], *self.speakers[1]])


def cut_spans(sound: np.ndarray, spans: Spans) -> np.ndarray:
    """Join the samples of spans."""
    return np.concatenate([sound[round(start * RATE) : round(end * RATE)] for start, end in spans])


def measure_lufs(sound: np.ndarray) -> float:
    """Measure integrated loudness with libebur128."""
    return libebur128(sound[:, np.newaxis])[0]


def set_loudness(scene: Scene, lufs: float = LOUDNESS_LUFS) -> Scene:
    """Scale a recording and its reference by the same gain."""
    gain = 10 ** ((lufs - measure_lufs(scene.sound)) / 20)
    return replace(scene, sound=(scene.sound * gain).astype(np.float32), reference=scene.reference * gain)


# Voices


def decode(path: Path) -> np.ndarray:
    """Decode one voice at 48 kHz."""
    argv = ["ffmpeg", "-v", "error", "-i", path, "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"]
    return np.frombuffer(subprocess.run(argv, capture_output=True, check=True).stdout, np.float32)


@cache
def load_studio_voices() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Load prompts for two speakers; the package has one voice, which is lowered for the second."""
    files = [file for file in sorted(STUDIO.glob("*.g722")) if 16_000 < file.stat().st_size < 48_000]
    sounds = [decode(file) for file in files[:: max(1, len(files) // 24)]]
    return sounds[::2], [resample_poly(sound, 20, 17) for sound in sounds[1::2]]


@cache
def load_game_voices() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Load turns of a man and of a woman."""
    from tests.audio.panel import voices

    return voices("m", 12), voices("v", 12)


def _scale(sound: np.ndarray, level_db: float) -> np.ndarray:
    loud = sound[np.abs(sound) > 0.02 * np.abs(sound).max()]
    return sound / np.sqrt(np.mean(loud.astype(np.float64) ** 2)) * 10 ** (level_db / 20)


def build_talk(name: str, voices: tuple[list[np.ndarray], list[np.ndarray]], gap_db: float = GAP_DB) -> Scene:
    """Build a clean talk: turns in alternation, with pauses of digital silence."""
    pieces, at = [np.zeros(round(1.5 * RATE))], 1.5
    speakers: tuple[Spans, Spans] = ([], [])
    pauses: Spans = [(0.2, 1.4)]
    for number in range(100):
        who = number % 2
        sound = _scale(voices[who][number // 2 % len(voices[who])], -22 - gap_db * who)
        if at + len(sound) / RATE > LENGTH_S - PAUSE_S:
            break
        pieces += [sound, np.zeros(round(PAUSE_S * RATE))]
        speakers[who].append((at, at + len(sound) / RATE))
        at += len(sound) / RATE
        pauses.append((at + 0.2, at + PAUSE_S - 0.05))
        at += PAUSE_S
    sound = np.concatenate(pieces)
    return Scene(name=name, sound=sound, reference=sound, speakers=speakers, pauses=pauses)


# What disturbs it


def make_air_conditioning(count: int) -> np.ndarray:
    """Make the noise of a fan: falling with frequency, with a soft tone of its blades."""
    random = np.random.default_rng(11)
    noise = sosfilt(butter(1, 400, fs=RATE, output="sos"), random.standard_normal(count))
    noise = sosfilt(butter(1, 60, "highpass", fs=RATE, output="sos"), noise) / noise.std()
    return noise + 0.05 * np.sin(2 * np.pi * 117 * np.arange(count) / RATE)


def make_babble(count: int) -> np.ndarray:
    """Make the murmur of an audience: 24 voices in a hall."""
    random = np.random.default_rng(12)
    clips = [decode(file) for file in sorted(VOICES.glob("*/nl/*-[mv]-*.ogg"))[5::30][:12]]
    total = np.zeros(count)
    for _ in range(24):
        line = np.concatenate([clips[number] for number in random.permutation(len(clips))])
        line = np.tile(line / line.std(), -(-count // len(line)))[:count]
        total += np.roll(line, int(random.integers(count)))
    return add_room(total, rt60_s=0.8, direct=0.2)


def make_music(count: int) -> np.ndarray:
    """Make a music bed: chords of plucked strings, two seconds each, and a bass."""
    seconds = np.arange(2 * RATE) / RATE
    bars = []
    for root in (110.0, 87.31, 130.81, 98.0):
        bar = 0.8 * np.sin(2 * np.pi * root / 2 * seconds) * np.exp(-seconds)
        for step, semitones in enumerate((0, 7, 12, 16, 19, 16, 12, 7)):
            start, hz = step * RATE // 4, root * 2 ** (1 + semitones / 12)
            own = seconds[: len(seconds) - start]
            note = sum(np.sin(2 * np.pi * hz * line * own) * np.exp(-own * (2 + line)) / line for line in range(1, 7))
            bar[start:] += note * np.minimum(1, own / 0.005)
        bars.append(bar)
    loop = np.concatenate(bars)
    return np.tile(loop, -(-count // len(loop)))[:count]


def add_room(sound: np.ndarray, *, rt60_s: float, direct: float = 1.0) -> np.ndarray:
    """Convolve with a decay of noise; ``direct``: the amplitude of the direct sound to that of the room."""
    random = np.random.default_rng(13)
    length = round(rt60_s * RATE)
    decay = random.standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
    decay = band(decay, 150, 6000)
    decay[: RATE // 200] = 0
    decay /= np.sqrt(np.sum(decay**2))
    return direct * sound + fftconvolve(sound, decay)[: len(sound)]


def _add(scene: Scene, name: str, noise: np.ndarray, below_db: float) -> Scene:
    """Add noise, ``below_db`` below the speech."""
    speech = np.sqrt(np.mean(cut_spans(scene.sound, scene.turns) ** 2))
    gain = speech / np.sqrt(np.mean(noise**2)) * 10 ** (-below_db / 20)
    return replace(scene, name=name, sound=scene.sound + noise * gain)


def _make_phone_guest(scene: Scene) -> Scene:
    """Make the far speaker a guest on the telephone: 300 to 3400 Hz in 8 bits of μ-law."""
    sound = scene.sound.copy()
    for start, end in scene.speakers[1]:
        part = slice(round(start * RATE), round(end * RATE))
        narrow = sosfilt(butter(4, [300, 3400], "bandpass", fs=RATE, output="sos"), sound[part])
        peak = np.abs(narrow).max()
        steps = np.rint(np.sign(narrow) * np.log1p(255 * np.abs(narrow) / peak) / np.log(256) * 127) / 127
        sound[part] = np.sign(steps) * np.expm1(np.abs(steps) * np.log(256)) / 255 * peak
    return replace(scene, name="phone guest", sound=sound)


def _build_panel() -> Scene:
    """Take the panel of the tests: 14 dB apart, with noise, hum, applause and clipping."""
    event, clean = panel(), panel(defective=False)
    reference = np.zeros(len(event.sound))
    for spans, own in ((event.loud, clean.loud), (event.soft, clean.soft)):
        for (start, end), (first, last) in zip(spans, own, strict=True):
            count = min(round(end * RATE) - round(start * RATE), round(last * RATE) - round(first * RATE))
            reference[round(start * RATE) :][:count] = clean.sound[round(first * RATE) :][:count, 0]
    return Scene(
        name="panel", sound=event.sound[:, 0].astype(np.float64), reference=reference,
        speakers=(event.loud, event.soft), pauses=event.pauses, applause=event.applause,
    )  # fmt: skip


def list_scenes() -> dict[str, Callable[[], Scene]]:
    """List the scenes by name; each is built when it is called."""

    def studio() -> Scene:
        return build_talk("studio clean", load_studio_voices())

    def fillets() -> Scene:
        return build_talk("fillets clean", load_game_voices())

    def with_noise(talk: Callable[[], Scene], name: str, make: Callable[[int], np.ndarray], below_db: float):
        scene = talk()
        return set_loudness(_add(scene, name, make(len(scene.sound)), below_db))

    air = {
        f"{voice} + air conditioning {below_db} dB": (talk, make_air_conditioning, below_db)
        for voice, talk, levels in (("studio", studio, (15, 30)), ("fillets", fillets, (10, 20, 30)))
        for below_db in levels
    }
    others = {
        "studio + babble 15 dB": (studio, make_babble, 15),
        "babble 15 dB": (fillets, make_babble, 15),
        "music bed 15 dB": (fillets, make_music, 15),
    }
    scenes: dict[str, Callable[[], Scene]] = {
        "studio clean": lambda: set_loudness(studio()),
        "fillets clean": lambda: set_loudness(fillets()),
    }
    for name, (talk, make, below_db) in (air | others).items():
        scenes[name] = lambda talk=talk, name=name, make=make, below_db=below_db: with_noise(talk, name, make, below_db)
    scenes["studio, RT60 0.8 s"] = lambda: set_loudness(_put_in_room(studio()))
    scenes["phone guest"] = lambda: set_loudness(_make_phone_guest(fillets()))
    scenes["panel"] = lambda: set_loudness(_build_panel())
    return scenes


def _put_in_room(scene: Scene) -> Scene:
    return replace(scene, name="studio, RT60 0.8 s", sound=add_room(scene.sound, rt60_s=0.8))
