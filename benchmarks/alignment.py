"""Measure the alignment of known texts with real Dutch speech: when each line starts, and what is found missing.

`python benchmarks/alignment.py` (about three minutes) · `--no-model` (without recognition)

The lines are those of `speech_lines.txt`. Each case is aligned without a model, and with recognised
words. Lines that differ from the sound: ten are left out of the text, ten were never spoken, ten or
twelve in a row are others than what was spoken, or the text is that of another recording. Exit code
1: a figure above its limit.
"""

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("WEERSLAG_MODELS", str(Path(sys.prefix) / "models"))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from benchmarks.speech import measure_cpu, recognise  # noqa: E402  # found through the lines above
from pipeline.speech.alignment.tasks import AlignTextTask, WrittenLine  # noqa: E402
from pipeline.speech.alignment.text_alignment import align_text  # noqa: E402
from pipeline.speech.models import find_transcription_model  # noqa: E402
from tests.speech.dutch import RATE, build_talk, load_subtitles, write_wav  # noqa: E402

LIMITS = {  # median and 90 % of the errors in ms, and the share above a second in %
    ("complete", "sound"): (15, 66, 2.5),
    ("complete", "words"): (15, 66, 2.5),
    ("10 lines missing in the text", "words"): (15, 534, 4.8),
    ("10 lines never spoken", "words"): (15, 66, 2.5),
    ("10 other lines", "words"): (15, 66, 2.5),
    ("12 other lines in a row", "words"): (15, 66, 2.5),
}
CHANGED = 10
MIN_FOUND, MAX_WRONG = 0.9, 1  # of the lines that nobody says: share that is reported; and others that are


def align(path, texts, words):
    lines = tuple(WrittenLine(line=number, speaker="", text=text) for number, text in enumerate(texts, start=1))
    return align_text(AlignTextTask(sound=path, lines=lines, language="nl", words=tuple(words)))


def measure_starts(aligned, lines):
    """Return how far the cue that begins each line is from its sound, in ms; lines without a cue are left out."""
    starts, at = {}, 0
    for number, line in enumerate(lines):
        found = next((n for n in range(at, len(aligned.cues)) if line.text.startswith(aligned.cues[n].text[:20])), None)
        if found is not None:
            starts[number], at = aligned.cues[found].start_ms, found + 1
    return np.array([abs(ms - 1000 * lines[number].first / RATE) for number, ms in starts.items()])


def report(case, method, aligned, lines, unspoken):
    """Print the figures of a case; return whether all are within their limits.

    ``unspoken``: numbers of the lines of the text that nobody says.
    """
    if not aligned.is_accepted:
        print(f"{case:32} {method:6} refused, match {aligned.match:.3f}")
        return case.startswith("text of another")
    errors = measure_starts(aligned, lines)
    figures = float(np.median(errors)), float(np.percentile(errors, 90)), 100 * float(np.mean(errors > 1000))
    unheard = {one.line for one in aligned.unheard}
    print(
        f"{case:32} {method:6} median {figures[0]:4.0f} ms, 90 % within {figures[1]:5.0f} ms, above 1 s {figures[2]:4.1f} %; "
        f"never heard {len(unheard & unspoken)} of {len(unspoken)}, wrongly {len(unheard - unspoken)}, without text {len(aligned.unwritten)}, match {aligned.match:.3f}",
        flush=True,
    )
    if method == "words" and (
        len(unheard & unspoken) < MIN_FOUND * len(unspoken) or len(unheard - unspoken) > MAX_WRONG
    ):
        return False
    return all(figure <= limit for figure, limit in zip(figures, LIMITS.get((case, method), figures), strict=True))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-model", action="store_true")
    options = parser.parse_args()
    ids = (Path(__file__).parent / "speech_lines.txt").read_text(encoding="utf-8").split()
    chosen = set(random.Random(3).sample(ids[3:-3], CHANGED))
    others = [text for name, (text, _) in load_subtitles().items() if name not in ids][: len(ids)]
    good = True
    with tempfile.TemporaryDirectory() as folder:
        talks = {}
        for name, spoken in (("all", ids), ("fewer", [one for one in ids if one not in chosen])):
            sound, lines = build_talk(spoken)
            path = write_wav(Path(folder) / f"{name}.wav", sound)
            words = [] if options.no_model else recognise(path, find_model())[0]
            talks[name] = path, lines, words
        texts = [line.text for line in talks["all"][1]]
        shorter = [line.text for line in talks["fewer"][1]]
        places = {number for number, one in enumerate(ids, start=1) if one in chosen}
        replaced = [other if one in chosen else text for one, text, other in zip(ids, texts, others, strict=True)]
        cases = (
            ("complete", "all", texts, set()),
            ("10 lines missing in the text", "all", shorter, set()),
            ("10 lines never spoken", "fewer", texts, places),
            ("10 other lines", "all", replaced, places),
            ("12 other lines in a row", "all", [*texts[:20], *others[20:32], *texts[32:]], set(range(21, 33))),
            ("text of another recording", "all", others, set()),
        )
        for case, name, text, unspoken in cases:
            path, lines, words = talks[name]
            for method, heard in (("sound", []), ("words", words)):
                if method == "sound" or words:
                    before_s = measure_cpu()
                    good &= report(case, method, align(path, text, heard), lines, unspoken)
                    print(f"{'':39} {measure_cpu() - before_s:.1f} s CPU for {lines[-1].last / RATE / 60:.1f} min")
    return 0 if good else 1


def find_model():
    """Find the installed model."""
    return find_transcription_model(Path(os.environ["WEERSLAG_MODELS"])).path


if __name__ == "__main__":
    sys.exit(main())
