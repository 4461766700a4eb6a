"""Synthesise the sample episodes: the texts in this folder become recordings, transcripts and a jingle.

Both speakers are espeak-ng; no real voice is used. Run it from the root of the checkout, with espeak-ng and ffmpeg on the
PATH; the same texts and tools give the same bytes. It writes ``episodes/<slug>/recording/``,
``episodes/<slug>/transcript.vtt`` and ``episodes/jingle.flac``, and prints the chapters and cuts for the front matter.

In a text, ``== title`` starts a chapter, ``A: words`` is one phrase of one speaker, ``xA: words`` is one that the episode
cuts, and ``-- name`` starts the next part of the recording.
"""

import io
import math
import random
import subprocess
import wave
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

Sound: TypeAlias = "array[int]"  # samples of 16 bits; the class itself takes no index before Python 3.12

HERE = Path(__file__).parent
EPISODES = HERE.parents[1] / "episodes"
RATE_HZ = 16_000
FULL_SCALE = 32_768
LEVEL_DBFS = -26.0  # a usual recording level; mastering raises it
ROOM_AMPLITUDE = 1  # steps of 16 bits: a room is never digitally silent
PHRASE_GAP_S, TURN_S, PAUSE_S, TAIL_S = (
    0.18,
    0.36,
    0.8,
    0.6,
)  # within a turn, between turns, before a chapter, at the end
LEAD_S = 0.1  # a chapter starts on a whole second, its first word this much later


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Settings of espeak-ng for one speaker, and the level at the microphone."""

    variant: str
    pitch: int
    words_per_minute: int
    level_db: float = 0.0


VOICES = {
    "A": Voice(variant="nl+m3", pitch=38, words_per_minute=152),
    "B": Voice(variant="nl+f2", pitch=62, words_per_minute=160),
}
LEVEL_OFFSET_DB = {"03-uitvoerder-aan-zet": {"B": -10.0}}


@dataclass(slots=True, kw_only=True)
class Take:
    """A recording in progress; all positions are samples from the start of its first part."""

    sound: Sound = field(default_factory=lambda: array("h"))
    parts: list[int] = field(default_factory=lambda: [0])  # where each part starts
    cues: list[tuple[int, int, str, str]] = field(default_factory=list)  # start, end, speaker, words
    chapters: list[tuple[int, str]] = field(default_factory=list)
    cuts: list[list[int]] = field(default_factory=list)

    def add_silence(self, seconds: float) -> None:
        self.sound.extend([0] * round(seconds * RATE_HZ))

    def pad_to_whole_second(self) -> None:
        self.sound.extend([0] * (-len(self.sound) % RATE_HZ))


def main() -> None:
    """Write every recording again, and print what the front matter needs."""
    for text in sorted(HERE.glob("[0-9]*.txt")):
        take = record_text(text.read_text(encoding="utf-8").splitlines(), text.stem)
        write_recording(take, EPISODES / text.stem / "recording", text.stem)
        write_transcript(take, EPISODES / text.stem / "transcript.vtt")
        print(format_front_matter(take, text.stem))
    write_flac(synthesise_jingle(44_100), EPISODES / "jingle.flac", 44_100)


def record_text(lines: list[str], slug: str) -> Take:
    """Synthesise a whole text, with room noise."""
    take, last, cutting = Take(), "", False
    for line in lines:
        mark, _, words = line.partition(" ")
        if mark == "--":
            take.add_silence(TAIL_S)
            take.pad_to_whole_second()
            take.parts.append(len(take.sound))
            last = ""
        elif mark == "==":
            start_chapter(take, words)
            last = ""
        else:
            cut, name = mark.startswith("x"), mark.strip("x:")
            if cut != cutting:
                toggle_cut(take, begins=cut)
            elif last:
                take.add_silence(PHRASE_GAP_S if name == last else TURN_S)
            add_phrase(take, name, words, slug)
            last, cutting = name, cut
    take.add_silence(TAIL_S)
    add_room_noise(take.sound, slug)
    return take


def start_chapter(take: Take, title: str) -> None:
    if take.sound and len(take.sound) != take.parts[-1]:
        take.add_silence(PAUSE_S)
        take.pad_to_whole_second()
    take.chapters.append((len(take.sound), title))
    take.add_silence(LEAD_S)


def toggle_cut(take: Take, *, begins: bool) -> None:
    """Start or end a cut on a whole second, so that the front matter stays readable."""
    if begins and len(take.sound) <= round(LEAD_S * RATE_HZ):
        take.cuts.append([0, 0])
        return
    take.add_silence(TURN_S)
    take.pad_to_whole_second()
    if begins:
        take.cuts.append([len(take.sound), 0])
    else:
        take.cuts[-1][1] = len(take.sound)
    take.add_silence(LEAD_S)


def add_phrase(take: Take, name: str, words: str, slug: str) -> None:
    voice = VOICES[name]
    level_db = voice.level_db + LEVEL_OFFSET_DB.get(slug, {}).get(name, 0.0)
    spoken = normalise_level(synthesise(words, voice), LEVEL_DBFS + level_db)
    take.cues.append((len(take.sound), len(take.sound) + len(spoken), name, words))
    take.sound.extend(spoken)


def synthesise(words: str, voice: Voice) -> Sound:
    """Synthesise one phrase, trimmed to its first and last audible sample."""
    settings = ["-v", voice.variant, "-p", str(voice.pitch), "-s", str(voice.words_per_minute), "-g", "1", "-z"]
    speech = subprocess.run(["espeak-ng", *settings, "--stdout", words], check=True, capture_output=True).stdout
    resampling = ["-f", "wav", "-i", "pipe:0", "-ar", str(RATE_HZ), "-ac", "1", "-f", "s16le", "pipe:1"]
    raw = subprocess.run(["ffmpeg", "-v", "fatal", *resampling], check=True, input=speech, capture_output=True).stdout
    sound = array("h", raw)
    loud = [place for place, sample in enumerate(sound) if abs(sample) > 40]
    return sound[loud[0] : loud[-1] + 1]


def normalise_level(sound: Sound, level_dbfs: float) -> Sound:
    rms = math.sqrt(sum(sample * sample for sample in sound) / len(sound))
    gain = FULL_SCALE * 10 ** (level_dbfs / 20) / rms
    return array("h", (max(-FULL_SCALE, min(FULL_SCALE - 1, round(sample * gain))) for sample in sound))


def add_room_noise(sound: Sound, seed: str) -> None:
    room = random.Random(seed)
    for place, sample in enumerate(sound):
        noise = room.randint(-ROOM_AMPLITUDE, ROOM_AMPLITUDE)
        sound[place] = max(-FULL_SCALE, min(FULL_SCALE - 1, sample + noise))


def synthesise_jingle(rate_hz: int) -> Sound:
    """Synthesise five seconds of struck bars: a rising chord and a sustained low note."""
    notes = [(0.0, 220.0, 0.5), (0.35, 277.18, 0.5), (0.7, 329.63, 0.5), (1.05, 440.0, 0.55), (1.75, 554.37, 0.45)]
    notes += [(2.1, 329.63, 0.4), (2.45, 110.0, 0.6), (2.45, 440.0, 0.5)]
    length = 5 * rate_hz
    sound = [0.0] * length
    for start_s, pitch_hz, strength in notes:
        first = round(start_s * rate_hz)
        for place in range(first, length):
            time_s = (place - first) / rate_hz
            body = math.exp(-1.9 * time_s) * math.sin(math.tau * pitch_hz * time_s)
            strike = 0.25 * math.exp(-9.0 * time_s) * math.sin(math.tau * 3.98 * pitch_hz * time_s)
            sound[place] += strength * min(1.0, time_s / 0.004) * (body + strike)
    loudest = max(abs(sample) for sample in sound)
    fade = rate_hz  # the last second fades out
    return array(
        "h",
        (round(0.4 * FULL_SCALE * sample / loudest * min(1.0, (length - n) / fade)) for n, sample in enumerate(sound)),
    )


def write_recording(take: Take, folder: Path, slug: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ends = [*take.parts[1:], len(take.sound)]
    for number, (start, end) in enumerate(zip(take.parts, ends, strict=True), start=1):
        name = f"{slug}-deel-{number}.flac" if len(ends) > 1 else f"{slug}.flac"
        write_flac(take.sound[start:end], folder / name, RATE_HZ)


def write_flac(sound: Sound, file: Path, rate_hz: int) -> None:
    """Write 16 bits, one channel and no metadata, so that the bytes are reproducible."""
    whole = io.BytesIO()
    with wave.open(whole, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(rate_hz)
        wav.writeframes(sound.tobytes())
    coding = ["-f", "wav", "-i", "pipe:0", "-map_metadata", "-1", "-c:a", "flac", "-compression_level", "12"]
    exact = ["-fflags", "+bitexact", "-flags:a", "+bitexact"]
    command = ["ffmpeg", "-v", "fatal", "-y", *coding, *exact, str(file)]
    subprocess.run(command, check=True, input=whole.getvalue())


def write_transcript(take: Take, file: Path) -> None:
    blocks = ["WEBVTT", "NOTE Voorbeeldtekst, gesproken door twee synthetische stemmen."]
    blocks += [
        f"{format_timestamp(start)} --> {format_timestamp(end)}\n<v Stem {name}>{words}"
        for start, end, name, words in take.cues
    ]
    file.write_text("\n\n".join(blocks) + "\n", encoding="utf-8", newline="\n")


def format_timestamp(samples: int) -> str:
    minutes, ms = divmod(samples * 1000 // RATE_HZ, 60_000)
    return f"00:{minutes:02}:{ms // 1000:02}.{ms % 1000:03}"


def format_front_matter(take: Take, slug: str) -> str:
    """Format the lines of the front matter that depend on the audio."""
    clock = [f"{n // RATE_HZ // 60:02}:{n // RATE_HZ % 60:02}" for n, _ in take.chapters]
    lines = [f"# {slug}: {len(take.sound) / RATE_HZ:.3f} s", "chapters:"]
    lines += [f'  - {{start: "{at}", title: "{title}"}}' for at, (_, title) in zip(clock, take.chapters, strict=True)]
    for cut in take.cuts:
        start, end = (f"{n // RATE_HZ // 60:02}:{n // RATE_HZ % 60:02}" for n in cut)
        lines.append(f'  cut {{from: "{start}", to: "{end}"}}')
    return "\n".join(lines)


if __name__ == "__main__":
    main()
