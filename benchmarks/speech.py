"""Measure speech recognition on real Dutch: word errors, times, invented text, speakers, cost and memory.

`python benchmarks/speech.py` (about five minutes) · `--model DIR` (another Whisper model) ·
`--part words|invented|speakers|memory` (one part)

The lines are those of `speech_lines.txt`: every seventh line that one of the two main voices of
fillets-ng speaks, as its Debian packages have them. faster-whisper itself, with its voice activity
detection and without conditioning, is the reference; all 1,234 lines of both voices
have as many errors as these. Exit code 1: a figure above its limit.
"""

import argparse
import os
import random
import resource
import sys
import tempfile
from itertools import permutations
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `weerslag transcribe` sets it
os.environ.setdefault("WEERSLAG_MODELS", str(Path(sys.prefix) / "models"))

from dataclasses import replace  # noqa: E402  # found through the lines above

import numpy as np  # noqa: E402

from pipeline.model import SpokenWord  # noqa: E402
from pipeline.speech.block_recognition import recognise_block  # noqa: E402
from pipeline.speech.blocks import plan_blocks  # noqa: E402
from pipeline.speech.diarisation import find_speakers  # noqa: E402
from pipeline.speech.engine import load_recogniser  # noqa: E402
from pipeline.speech.models import find_speakers_model, find_transcription_model  # noqa: E402
from pipeline.speech.sound_file import open_sound  # noqa: E402
from pipeline.speech.tasks import RATE_HZ, FindSpeakersTask, FindSpeechTask, RecogniseTask  # noqa: E402
from tests.speech.dutch import (  # noqa: E402
    GAME,
    build_talk,
    decode,
    load_subtitles,
    measure_line_starts,
    measure_word_errors,
    trim,
    write_wav,
)

LIMITS = {
    "word errors, times those of faster-whisper": 1.05,
    "line starts, median ms": 60.0,
    "line starts, 90 % within ms": 200.0,
    "words in 7 files without speech": 0.0,
    "CPU time, times that of faster-whisper": 1.1,
    "memory of a block, MB": 1000.0,
    "two voices, DER %": 2.0,
    "three voices, DER %": 2.0,
    "turns without gaps, DER %": 6.0,
}
THREADS = 2
MAN, WOMAN, DEEP = ("m", 1.0), ("v", 1.0), ("m", 0.82)  # kind of voice, playback speed


def measure_cpu():
    """CPU time of this process in seconds."""
    times = os.times()
    return times.user + times.system


def recognise(path, model):
    """Recognise a file block by block: words, CPU time of voice activity and recognition, the plan."""
    start = measure_cpu()
    plan = plan_blocks(FindSpeechTask(sound=path))
    words = []
    for block in plan.blocks:
        task = RecogniseTask(
            sound=path,
            first=block.first,
            samples=block.last - block.first,
            sha256=block.sha256,
            stretches=block.stretches,
            model=str(model),
            language="nl",
            threads=THREADS,
        )
        shift_s = block.first / RATE_HZ
        words += [replace(w, start_s=w.start_s + shift_s, end_s=w.end_s + shift_s) for w in recognise_block(task)]
    return words, measure_cpu() - start, plan


def run_reference(path, model, plan):
    """Let faster-whisper transcribe the same blocks: words and CPU time."""
    whisper, words = load_recogniser(model, threads=THREADS).model, []
    start = measure_cpu()
    with open_sound(path) as sound:
        for block in plan.blocks:
            segments, _ = whisper.transcribe(
                sound.read_range(block.first, block.last),
                language="nl",
                vad_filter=True,
                condition_on_previous_text=False,
                word_timestamps=True,
            )
            words += [
                SpokenWord(
                    word=word.word.strip(),
                    start_s=word.start + block.first / RATE_HZ,
                    end_s=word.end + block.first / RATE_HZ,
                    confidence=word.probability,
                )
                for segment in segments
                for word in segment.words
            ]
    return words, measure_cpu() - start


def measure_words(folder, model):
    """Word errors, line starts and cost, against faster-whisper."""
    ids = (Path(__file__).parent / "speech_lines.txt").read_text().split()
    sound, lines = build_talk(ids)
    path = write_wav(folder / "lines.wav", sound)
    load_recogniser(model, threads=THREADS)
    words, own_s, plan = recognise(path, model)
    reference, other_s = run_reference(path, model, plan)
    errors, others = measure_word_errors(lines, words), measure_word_errors(lines, reference)
    late, raw = (1000 * np.abs(measure_line_starts(lines, one)) for one in (words, reference))
    print(f"{len(lines)} lines, {len(sound) / RATE_HZ / 60:.1f} minutes, {len(plan.blocks)} blocks")
    print(f"word errors {100 * errors:.1f} %, faster-whisper {100 * others:.1f} %")
    print(f"line starts of faster-whisper: median {np.median(raw):.0f} ms, 90 % within {np.percentile(raw, 90):.0f} ms")
    print(f"CPU time of an hour {3600 * own_s * RATE_HZ / len(sound):.0f} s")
    return {
        "word errors, times those of faster-whisper": errors / others,
        "line starts, median ms": float(np.median(late)),
        "line starts, 90 % within ms": float(np.percentile(late, 90)),
        "CPU time, times that of faster-whisper": own_s / other_s,
    }


def measure_inventions(folder, model):
    """Count words in files without speech."""
    draw, time = np.random.default_rng(7), np.arange(60 * RATE_HZ) / RATE_HZ
    music = sorted(GAME.glob("music/*.ogg"))
    sounds = {
        "silence": np.zeros(60 * RATE_HZ),
        "noise": draw.standard_normal(60 * RATE_HZ) * 0.03,
        "loud noise": draw.standard_normal(60 * RATE_HZ) * 0.2,
        "hum": 0.1 * np.sin(2 * np.pi * 50 * time) + 0.03 * np.sin(2 * np.pi * 150 * time),
    } | {file.stem: decode(file)[: 60 * RATE_HZ] for file in music[:3]}
    counts = {name: len(recognise(write_wav(folder / "none.wav", one), model)[0]) for name, one in sounds.items()}
    print(f"words without speech: {counts}")
    return {"words in 7 files without speech": float(sum(counts.values()))}


def build_panel(voices, *, seconds, gap_s, seed):
    """Build a talk of voices that take turns: sound, and the true spans in samples."""
    rng, pools = random.Random(seed), {}
    for voice in voices:
        pools[voice] = [file for name, (_, file) in load_subtitles().items() if f"-{voice[0]}-" in name]
    parts, spans, at, voice = [], [], 0, None
    while at < seconds * RATE_HZ:
        voice, turn = rng.choice([other for other in voices if other != voice]), 0
        while turn < rng.uniform(2, 9) * RATE_HZ:
            clip = trim(decode(rng.choice(pools[voice])))
            clip = np.interp(np.arange(0, len(clip) - 1, voice[1]), np.arange(len(clip)), clip)
            clip = clip * 0.06 / np.sqrt(np.square(clip).mean())
            gap = int(rng.uniform(*gap_s) * RATE_HZ)
            parts += [np.zeros(gap), clip]
            at += gap
            spans += [(at + first, at + last, voice) for first, last in find_spoken(clip)]
            at, turn = at + len(clip), turn + len(clip)
    noise = np.random.default_rng(1).standard_normal(at) * 1e-3
    return np.concatenate(parts) + noise, spans


def find_spoken(clip, pause_hops=30):
    """Find what is spoken between pauses of 0.3 s, as evaluations of diarisation do (NIST RT-03)."""
    hops = clip[: len(clip) // 160 * 160].reshape(-1, 160)
    levels = 10 * np.log10(np.square(hops).mean(axis=1) + 1e-12)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], levels > np.percentile(levels, 95) - 30, [0]]).astype(int)))
    runs = [[edges[0], edges[1]]]
    for first, last in edges[2:].reshape(-1, 2):
        if first - runs[-1][1] < pause_hops:
            runs[-1][1] = last
        else:
            runs.append([first, last])
    return [(int(first) * 160, int(last) * 160) for first, last in runs]


def compute_der(truth, found, samples, collar_hops=25):
    """Compute the diarisation error rate: missed, false and confused speech, as a share of all speech."""
    hops = samples // 160
    names, labels = sorted({one[2] for one in truth}), sorted({one.speaker for one in found})
    said, heard = np.zeros((len(names), hops), bool), np.zeros((max(len(labels), len(names)), hops), bool)
    scored = np.ones(hops, bool)
    for first, last, name in truth:
        said[names.index(name), first // 160 : last // 160] = True
        for edge in (first // 160, last // 160):
            scored[max(0, edge - collar_hops) : edge + collar_hops] = False
    for one in found:
        heard[labels.index(one.speaker), int(one.start_s * 100) : int(one.end_s * 100)] = True
    said, heard = said[:, scored], heard[:, scored]
    right = max(
        sum(int((said[row] & heard[column]).sum()) for row, column in enumerate(order))
        for order in permutations(range(len(heard)), len(names))
    )
    return float(np.maximum(said.sum(axis=0), heard.sum(axis=0)).sum() - right) / float(said.sum()), len(labels)


def measure_speakers(folder, _model):
    """Diarisation error rates of three panels."""
    panels = {
        "two voices, DER %": ([MAN, WOMAN], (0.3, 0.8), 3),
        "three voices, DER %": ([MAN, WOMAN, DEEP], (0.3, 0.8), 2),
        "turns without gaps, DER %": ([MAN, WOMAN], (0.0, 0.0), 4),
    }
    rates = {}
    for name, (voices, gap_s, seed) in panels.items():
        sound, truth = build_panel(voices, seconds=300, gap_s=gap_s, seed=seed)
        path = write_wav(folder / "panel.wav", sound)
        phrases, start = plan_blocks(FindSpeechTask(sound=path)).phrases, measure_cpu()
        model = str(find_speakers_model(Path(os.environ["WEERSLAG_MODELS"])).path)
        found = find_speakers(FindSpeakersTask(sound=path, phrases=phrases, model=model))
        rate, count = compute_der(truth, found, len(sound))
        cost = 3600 * (measure_cpu() - start) / (len(sound) / RATE_HZ)
        print(f"{name.split(',')[0]}: {count} of {len(voices)} found, {cost:.0f} s of CPU time an hour")
        rates[name] = 100 * rate
    return rates


def measure_memory(folder, model):
    """Peak memory of this process, whose largest piece of work was one block."""
    del folder, model
    return {"memory of a block, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


PARTS = {"words": measure_words, "invented": measure_inventions, "memory": measure_memory, "speakers": measure_speakers}


def main():
    """Measure, print, and compare with the limits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="")
    parser.add_argument("--part", choices=PARTS, action="append")
    options = parser.parse_args()
    model = find_transcription_model(Path(os.environ["WEERSLAG_MODELS"]), given=options.model).path
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for part in options.part or PARTS:
            figures |= PARTS[part](Path(folder), model)
    failed = [name for name, figure in figures.items() if figure > LIMITS[name]]
    for name, figure in figures.items():
        print(f"{name:<45}{figure:8.2f}  limit {LIMITS[name]:g}{'  FAILED' if name in failed else ''}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
