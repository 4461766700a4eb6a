"""Measures the mastering of a defective panel against its ground truth (tests/audio/panel.py).

`python benchmarks/panel.py` prints the table of docs/sound.md.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy.signal import butter, sosfiltfilt

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.audio.analysis.recording import measure_recording
from pipeline.audio.mastering import master  # found through the line above
from pipeline.audio.tasks import MasterTask, MeasureTask
from pipeline.model import SoundTarget
from tests.audio.panel import HUM_LINES, Panel, panel
from tests.audio.sounds import RATE, decoded, libebur128, wav
from tests.audio.test_panel_mastering import line_db, loudness, spectrum_db

MAINS_HZ = 50.03


def master_sound(sound: np.ndarray, folder: Path) -> np.ndarray:
    """Master ``sound`` with the default chain."""
    source, out = folder / "opname.wav", folder / "master.wav"
    source.write_bytes(wav(sound, kind="s24"))
    facts = measure_recording(MeasureTask(parts=(str(source),)))
    for defect in facts.defects:
        print(f"defect: {defect.code}: {defect.message}")
    master(MasterTask(parts=(str(source),), target=SoundTarget(), facts=facts, out=str(out)))
    return decoded(out)


def compute_snr_db(event: Panel, sound: np.ndarray, who: list[tuple[float, float]]) -> float:
    """Compute the level of words above that of the pauses."""
    return event.compute_level_db(sound, who) - event.compute_level_db(sound, event.pauses)


def print_row(label: str, *figures: object) -> None:
    """Print a row of the table."""
    print(f"{label:62}" + "".join(f"{figure:>12}" for figure in figures))


def main() -> None:
    """Print the table of docs/sound.md."""
    event = panel()
    with tempfile.TemporaryDirectory() as folder:
        mastered = master_sound(event.sound, Path(folder))
        clean = panel(defective=False)
        coloured = master_sound(clean.sound, Path(folder))
    print_table(event, mastered)
    spoken = clean.loud + clean.soft
    change = np.abs(spectrum_db(clean.extract(coloured, spoken)) - spectrum_db(clean.extract(clean.sound, spoken)))
    print_row("colour of clean speech: mean, most", "", f"{change.mean():.2f}, {change.max():.2f}")


def print_table(event: Panel, mastered: np.ndarray) -> None:
    """All that the defective panel shows."""
    both = (event.sound, mastered)
    without_hum = sosfiltfilt(butter(6, 300, "highpass", fs=RATE, output="sos"), event.sound, axis=0)
    print_row("", "recording", "master")
    print_row("near against far", *(f"{loudness(event.loud, s) - loudness(event.soft, s):.1f} LU" for s in both))
    turns = event.loud + event.soft
    print_row(f"loudest against softest of {len(turns)} turns",
        *(f"{np.ptp([loudness([turn], s) for turn in turns]):.1f} LU" for s in both))  # fmt: skip
    gain = loudness(event.loud, mastered) - loudness(event.loud, event.sound)
    falls = [line_db(event.sound, event.pauses, n * MAINS_HZ) + gain - line_db(mastered, event.pauses, n * MAINS_HZ)
             for n in HUM_LINES]  # fmt: skip
    print_row("lines of hum against the near speaker, lower by", "", f"{min(falls):.0f} to {max(falls):.0f} dB")
    for name, who in (("near", event.loud), ("far", event.soft)):
        print_row(f"{name} speaker's words over the noise of the pauses",
            f"{compute_snr_db(event, without_hum, who):.1f} dB", f"{compute_snr_db(event, mastered, who):.1f} dB")  # fmt: skip
    print_row("noise of the pauses, softest to loudest (hum left out)",
        *(f"{np.ptp([event.compute_level_db(s, [pause]) for pause in event.pauses]):.1f} dB" for s in (without_hum, mastered)))  # fmt: skip
    print_row(
        "applause against all speech", *(f"{loudness(event.applause, s) - loudness(turns, s):+.1f} LU" for s in both)
    )
    print_row("length", *(f"{len(s) / RATE:.3f} s" for s in both))
    integrated, _, peak = libebur128(mastered)
    print_row("loudness, true peak by libebur128", "", f"{integrated:.2f}, {peak:.2f}")


if __name__ == "__main__":
    main()
