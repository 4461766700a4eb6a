"""Three short pieces of the panel that the tests judge, before and after mastering, for people who can listen.

`python benchmarks/listening.py` writes six FLAC files into benchmarks/out/. The voices are those of the Debian package
fillets-ng-data-nl (GPL-2), so the files stay on this machine. Before and after are equally loud over the whole minute: louder
only seems better.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pipeline.audio.analysis.recording import MeasureJob, measure  # noqa: E402
from pipeline.audio.processing.mastering import MasterJob, master  # noqa: E402  # found through the line above
from pipeline.model import SoundTarget  # noqa: E402
from tests.audio.panel import Panel, panel  # noqa: E402
from tests.audio.sounds import RATE, decoded, wav  # noqa: E402

LONGEST_S = 14.0
LOUDNESS_LUFS = -20.0  # of both: the recording's peaks leave no room for more


def pieces(event: Panel) -> dict[str, tuple[float, float]]:
    """What to listen for, and from which second to which it can be heard."""
    before_applause = max(end for _, end in event.soft if end < event.applause[0][0])
    return {
        "1-two-speakers": (event.loud[0][0] - 0.3, event.soft[1][1] + 0.3),
        "2-applause": (before_applause - 4.0, event.applause[0][1] + 5.0),
        "3-hum-and-noise": (0.0, event.loud[0][0] + 3.0),
    }


def write(out: Path, sound: np.ndarray) -> None:
    """A FLAC of 24 bits."""
    argv = ["ffmpeg", "-v", "error", "-y", "-f", "f32le", "-ar", str(RATE), "-ac", "1", "-i", "-"]
    kind = ["-sample_fmt", "s32", "-bits_per_raw_sample", "24", f"file:{out}"]
    subprocess.run([*argv, *kind], input=sound.astype("<f4").tobytes(), check=True)


def main() -> None:
    """Master the panel, cut the pieces out of both, write them down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/out")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    event = panel()
    with tempfile.TemporaryDirectory() as room:
        source, mastered = Path(room) / "opname.wav", Path(room) / "master.flac"
        source.write_bytes(wav(event.sound, kind="s24"))
        facts = measure(MeasureJob(parts=(str(source),)))
        made = master(MasterJob(parts=(str(source),), target=SoundTarget(), facts=facts, out=str(mastered)))
        after = decoded(mastered)[:, :1].copy()
    before = event.sound * np.float32(10 ** ((LOUDNESS_LUFS - (facts.integrated_lufs or 0)) / 20))
    after *= np.float32(10 ** ((LOUDNESS_LUFS - made.integrated_lufs) / 20))
    told = {}
    for name, (start_s, stop_s) in pieces(event).items():
        part = slice(max(0, round(start_s * RATE)), round(min(stop_s, start_s + LONGEST_S) * RATE))
        for when, sound in (("before", before), ("after", after)):
            write(out / f"{name}-{when}.flac", sound[part])
        told[name] = {"from_s": round(part.start / RATE, 2), "seconds": round((part.stop - part.start) / RATE, 2)}
    print(json.dumps({"out": out.name, "steps": [str(step) for step in made.steps], "pieces": told}, indent=1))


if __name__ == "__main__":
    main()
