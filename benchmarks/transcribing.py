"""Time and memory of `weerslag transcribe` on long talks, against faster-whisper on the same blocks.

`python benchmarks/transcribing.py --minutes 10 180` · `--reference`: let faster-whisper transcribe
the same blocks after that, with as many threads as there are processors.

The talks are lines of fillets-ng-data-nl in random order, with pauses of 0.7 s. Memory is that of the
largest process at its highest, and that of all processes together; shared pages count in proportion.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

from kills import ENV, WEERSLAG, copy_sample
from mastering import watch_memory
from speech import run_reference

from pipeline.speech.blocks import plan_blocks
from pipeline.speech.engine import load_recogniser
from pipeline.speech.models import find_transcription_model
from pipeline.speech.tasks import RATE_HZ, FindSpeechTask
from tests.speech.dutch import build_talk, load_subtitles, write_wav

EPISODE = "01-burger-centraal"
LINES_PER_MINUTE = 30  # more than fit
PART_MINUTES = 10  # that are generated at a time
MODELS = Path(sys.prefix) / "models"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, nargs="+", default=[10])
    parser.add_argument("--reference", action="store_true")
    options = parser.parse_args()
    for minutes in options.minutes:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "programme"
            copy_sample(root)
            talk = write_talk(root / "episodes" / EPISODE, minutes)
            measure(root, minutes)
            if options.reference:
                measure_reference(talk)


def write_talk(episode: Path, minutes: int) -> Path:
    """Replace the recording and the transcript of an episode by a talk without a transcript."""
    for one in (*episode.glob("recording*"), *episode.glob("transcript*")):
        (shutil.rmtree if one.is_dir() else os.unlink)(one)
    page = episode / "episode.md"
    page.write_text("".join(line for line in page.open() if not line.startswith("transcript_reviewed")))
    names, draw = sorted(load_subtitles()), random.Random(minutes)
    parts = []
    for number in range(0, minutes, PART_MINUTES):
        sound, _ = build_talk(draw.choices(names, k=LINES_PER_MINUTE * PART_MINUTES))
        length = min(PART_MINUTES, minutes - number) * 60 * RATE_HZ
        assert len(sound) >= length, "too few lines"
        parts.append(write_wav(episode.parent / f"part-{number:04}.wav", sound[:length]))
    listing = episode.parent / "parts.txt"
    listing.write_text("".join(f"file '{part}'\n" for part in parts))
    talk = episode / "recording" / "talk.wav"
    talk.parent.mkdir()
    command = ["ffmpeg", "-v", "error", "-f", "concat", "-safe", "0", "-i", str(listing), "-c", "copy", str(talk)]
    subprocess.run(command, check=True)
    for one in (listing, *map(Path, parts)):
        one.unlink()
    return talk


def measure(root: Path, minutes: int) -> None:
    """Transcribe the episode; print time and memory."""
    env = {**ENV, "WEERSLAG_MODELS": str(MODELS)}
    before, began = os.times(), time.monotonic()
    largest_mb, all_mb = watch_memory([*WEERSLAG, "transcribe", EPISODE], cwd=root, env=env)
    after, wall_s = os.times(), time.monotonic() - began
    cpu_s = sum(after[2:4]) - sum(before[2:4])
    print(
        f"{minutes} minutes: {wall_s:.0f} s wall, {cpu_s:.0f} s cpu, "
        f"largest process {largest_mb:.0f} MB, all {all_mb:.0f} MB",
        flush=True,
    )


def measure_reference(talk: Path) -> None:
    """Let faster-whisper transcribe the blocks that the command cuts."""
    model = find_transcription_model(MODELS, given="").path
    load_recogniser(model, threads=os.cpu_count() or 1)
    plan, began = plan_blocks(FindSpeechTask(sound=str(talk))), time.monotonic()
    _, cpu_s = run_reference(str(talk), model, plan)
    print(f"faster-whisper, {len(plan.blocks)} blocks: {time.monotonic() - began:.0f} s wall, {cpu_s:.0f} s cpu")


if __name__ == "__main__":
    main()
