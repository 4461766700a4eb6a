"""Write three excerpts of the test panel, before and after mastering, for listening.

`python benchmarks/listening.py` writes six FLAC files to benchmarks/out/. The voices are those of
the Debian package fillets-ng-data-nl (GPL-2), so the files stay on this machine. Before and after
have equal loudness over the whole panel, since louder audio is preferred.
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

from pipeline.audio.analysis.recording import measure_recording  # noqa: E402  # found through the line above
from pipeline.audio.mastering import master  # noqa: E402
from pipeline.audio.tasks import MasterTask, MeasureTask  # noqa: E402
from pipeline.model import SoundTarget  # noqa: E402
from tests.audio.panel import Panel, panel  # noqa: E402
from tests.audio.sounds import RATE, decoded, wav  # noqa: E402

MAX_LENGTH_S = 14.0
LOUDNESS_LUFS = -20.0  # of both: the peaks of the recording leave no room for more


def choose_excerpts(event: Panel) -> dict[str, tuple[float, float]]:
    """Choose what to listen for: start and end in seconds."""
    before_applause = max(end for _, end in event.soft if end < event.applause[0][0])
    return {
        "1-two-speakers": (event.loud[0][0] - 0.3, event.soft[1][1] + 0.3),
        "2-applause": (before_applause - 4.0, event.applause[0][1] + 5.0),
        "3-hum-and-noise": (0.0, event.loud[0][0] + 3.0),
    }


def write_flac(out: Path, sound: np.ndarray) -> None:
    """Write a FLAC of 24 bits; ``sound``: one channel at 48 kHz, shape (samples, 1)."""
    argv = ["ffmpeg", "-v", "error", "-y", "-f", "f32le", "-ar", str(RATE), "-ac", "1", "-i", "-"]
    options = ["-sample_fmt", "s32", "-bits_per_raw_sample", "24", f"file:{out}"]
    subprocess.run([*argv, *options], input=sound.astype("<f4").tobytes(), check=True)


def main() -> None:
    """Master the panel, and write the excerpts of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/out")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    event = panel()
    with tempfile.TemporaryDirectory() as folder:
        source, flac = Path(folder) / "opname.wav", Path(folder) / "master.wav"
        source.write_bytes(wav(event.sound, kind="s24"))
        facts = measure_recording(MeasureTask(parts=(str(source),)))
        result = master(MasterTask(parts=(str(source),), target=SoundTarget(), facts=facts, out=str(flac)))
        after = decoded(flac)[:, :1].copy()
    before = event.sound * np.float32(10 ** ((LOUDNESS_LUFS - (facts.integrated_lufs or 0)) / 20))
    after *= np.float32(10 ** ((LOUDNESS_LUFS - result.integrated_lufs) / 20))
    excerpts = {}
    for name, (start_s, stop_s) in choose_excerpts(event).items():
        part = slice(max(0, round(start_s * RATE)), round(min(stop_s, start_s + MAX_LENGTH_S) * RATE))
        for when, sound in (("before", before), ("after", after)):
            write_flac(out / f"{name}-{when}.flac", sound[part])
        excerpts[name] = {"from_s": round(part.start / RATE, 2), "seconds": round((part.stop - part.start) / RATE, 2)}
    print(json.dumps({"out": out.name, "steps": [str(step) for step in result.steps], "pieces": excerpts}, indent=1))


if __name__ == "__main__":
    main()
