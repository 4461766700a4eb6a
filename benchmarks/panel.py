"""What mastering makes of a panel with everything wrong: the figures of docs/sound.md, by the ground truth of tests/audio/panel.py.

`python benchmarks/panel.py`
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy.signal import butter, sosfiltfilt

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.audio.analysis.recording import MeasureJob, measure
from pipeline.audio.processing.mastering import MasterJob, master  # found through the line above
from pipeline.model import SoundTarget
from tests.audio.panel import HUM_LINES, Panel, panel
from tests.audio.sounds import RATE, decoded, libebur128, wav
from tests.audio.test_panel import line_db, loudness, spectrum_db

MAINS_HZ = 50.03


def mastered(sound: np.ndarray, folder: Path) -> np.ndarray:
    """``sound`` through the default chain."""
    source, out = folder / "opname.wav", folder / "master.flac"
    source.write_bytes(wav(sound, kind="s24"))
    facts = measure(MeasureJob(parts=(str(source),)))
    for defect in facts.defects:
        print(f"told: {defect.code}: {defect.message}")
    master(MasterJob(parts=(str(source),), target=SoundTarget(), facts=facts, out=str(out)))
    return decoded(out)


def over_noise(event: Panel, sound: np.ndarray, who: list[tuple[float, float]]) -> float:
    """Words over the noise of the pauses, by level."""
    return event.level_db(sound, who) - event.level_db(sound, event.pauses)


def row(what: str, *figures: object) -> None:
    """One line of the table."""
    print(f"{what:62}" + "".join(f"{figure:>12}" for figure in figures))


def main() -> None:
    """Print the table of docs/sound.md."""
    event = panel()
    with tempfile.TemporaryDirectory() as folder:
        heard = mastered(event.sound, Path(folder))
        clean = panel(troubled=False)
        coloured = mastered(clean.sound, Path(folder))
    told(event, heard)
    spoken = clean.loud + clean.soft
    change = np.abs(spectrum_db(clean.heard(coloured, spoken)) - spectrum_db(clean.heard(clean.sound, spoken)))
    row("colour of clean speech: mean, most", "", f"{change.mean():.2f}, {change.max():.2f}")


def told(event: Panel, heard: np.ndarray) -> None:
    """All that the troubled panel shows."""
    both = (event.sound, heard)
    without_hum = sosfiltfilt(butter(6, 300, "highpass", fs=RATE, output="sos"), event.sound, axis=0)
    row("", "recording", "master")
    row("near against far", *(f"{loudness(event.loud, s) - loudness(event.soft, s):.1f} LU" for s in both))
    turns = event.loud + event.soft
    row(f"loudest against softest of {len(turns)} turns",
        *(f"{np.ptp([loudness([turn], s) for turn in turns]):.1f} LU" for s in both))  # fmt: skip
    gain = loudness(event.loud, heard) - loudness(event.loud, event.sound)
    falls = [line_db(event.sound, event.pauses, n * MAINS_HZ) + gain - line_db(heard, event.pauses, n * MAINS_HZ)
             for n in HUM_LINES]  # fmt: skip
    row("lines of hum against the near speaker, lower by", "", f"{min(falls):.0f} to {max(falls):.0f} dB")
    for name, who in (("near", event.loud), ("far", event.soft)):
        row(f"{name} speaker's words over the noise of the pauses",
            f"{over_noise(event, without_hum, who):.1f} dB", f"{over_noise(event, heard, who):.1f} dB")  # fmt: skip
    row("noise of the pauses, softest to loudest (hum left out)",
        *(f"{np.ptp([event.level_db(s, [pause]) for pause in event.pauses]):.1f} dB" for s in (without_hum, heard)))  # fmt: skip
    row("applause against all speech", *(f"{loudness(event.applause, s) - loudness(turns, s):+.1f} LU" for s in both))
    row("length", *(f"{len(s) / RATE:.3f} s" for s in both))
    integrated, _, peak = libebur128(heard)
    row("loudness, true peak by libebur128", "", f"{integrated:.2f}, {peak:.2f}")


if __name__ == "__main__":
    main()
