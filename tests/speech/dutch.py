"""Real Dutch speech with its text: the Debian packages fillets-ng-data-nl (sound) and fillets-ng-data (subtitles)."""

import re
import subprocess
import wave
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

GAME = Path("/usr/share/games/fillets-ng")
RATE = 16_000
_MIN_BYTES = 4000  # a few files have no sound
_LINE = re.compile(
    r'dialogId\("(?P<id>[^"]+)", *"[^"]*", *"(?:[^"\\]|\\.)*"\)\s*dialogStr\("(?P<text>(?:[^"\\]|\\.)*)"\)'
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of a talk: what is said, and where its sound begins and ends."""

    id: str
    text: str
    first: int
    last: int


@cache
def load_subtitles():
    """Map the id of each line to its text and its file."""
    found = {}
    for script in sorted(GAME.glob("script/*/dialogs_nl.lua")):
        folder = GAME / "sound" / script.parent.name / "nl"
        for match in _LINE.finditer(script.read_text(encoding="utf-8")):
            file = folder / f"{match['id']}.ogg"
            if file.is_file() and file.stat().st_size > _MIN_BYTES:
                found[match["id"]] = match["text"], file
    return found


@cache
def decode(file):
    """Decode a file to one channel at 16 kHz: to integers, since the sum of two channels is too loud in floats."""
    command = ["ffmpeg", "-v", "error", "-i", str(file), "-ac", "1", "-ar", str(RATE), "-f", "s16le", "-"]
    samples = np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, "<i2")
    return samples.astype(np.float32) / 32768


def trim(sound):
    """Cut silence off both ends."""
    level = np.sqrt(np.convolve(sound**2, np.ones(160) / 160, "same"))
    loud = np.flatnonzero(level > 0.03 * level.max())
    return sound[loud[0] : loud[-1] + 1]


def build_talk(ids, *, gap_s=0.7, noise_db=-65):
    """Join lines with pauses, over a little noise: sound and truth."""
    parts, lines, at = [], [], 0
    for name in ids:
        text, file = load_subtitles()[name]
        sound = trim(decode(file))
        parts += [np.zeros(int(gap_s * RATE), np.float32), sound]
        at += int(gap_s * RATE)
        lines.append(Line(id=name, text=text, first=at, last=at + len(sound)))
        at += len(sound)
    parts.append(np.zeros(RATE // 2, np.float32))
    talk = np.concatenate(parts)
    noise = np.random.default_rng(1).standard_normal(len(talk)) * 10 ** (noise_db / 20)
    return (talk + noise).astype(np.float32), lines


def write_wav(path, sound):
    """Write one channel of 16 bits at 16 kHz."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return str(path)


def split_words(text):
    """Split a text in words as word error rates compare them."""
    return re.findall(r"[a-zà-ÿ0-9]+", text.lower().replace("'", "").replace("’", ""))


def match_words(said, heard):
    """Align two lists of words: number of errors, and index in ``heard`` of each word that is right."""
    table = np.zeros((len(said) + 1, len(heard) + 1), int)
    table[:, 0], table[0] = range(len(said) + 1), range(len(heard) + 1)
    for i, word in enumerate(said, 1):
        for j, other in enumerate(heard, 1):
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (word != other))
    i, j, right = len(said), len(heard), {}
    while i and j:
        if table[i, j] == table[i - 1, j - 1] + (said[i - 1] != heard[j - 1]):
            i, j = i - 1, j - 1
            if said[i] == heard[j]:
                right[i] = j
        elif table[i, j] == table[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return int(table[-1, -1]), right


def measure_word_errors(lines, words):
    """Return the word error rate."""
    said = [word for line in lines for word in split_words(line.text)]
    heard = [piece for word in words for piece in split_words(word.word)]
    return match_words(said, heard)[0] / len(said)


def measure_line_starts(lines, words):
    """Return how late the first word of each line starts, in seconds, where it was recognised."""
    said, firsts = [], {}
    for line in lines:
        firsts[len(said)] = line
        said += split_words(line.text)
    heard = [(piece, word) for word in words for piece in split_words(word.word)]
    right = match_words(said, [piece for piece, _ in heard])[1]
    return np.array([heard[right[at]][1].start_s - line.first / RATE for at, line in firsts.items() if at in right])
