"""Measure the quality of mastering on scenes with a known truth (`scenes.py`).

`python benchmarks/quality.py` prints the table of docs/benchmarks.md (some ten minutes of CPU) ·
`--only NAME…` · `--without-neural` · `--check`: exit code 1 if a figure is below the floor in
`quality.json` · `--record`: write the floors.

Columns: DNSMOS P.835 of speech, background and both (SIG, BAK, OVRL: 1 to 5); PESQ of each turn
against the clean one (1.0 to 4.64); level of the pauses and gap between the speakers, at −16 LUFS;
applause against speech; mean difference of the spectrum from that of the clean voices, in
third-octaves. *loudness only* is the
recording at −16 LUFS.

No figure is a listener. DNSMOS rates dry voices low, does not hear a telephone, likes dead silence
and does not miss applause or music. PESQ takes the noise of the reference for speech. Judge by
several, and by what is left of applause and music.

Needs the dependency group `quality`, the extra `denoise`, and Debian's fillets-ng-data-nl and
asterisk-core-sounds-en-g722. Nothing of these is part of Weerslag at run time.
"""

import argparse
import json
import sys
import tempfile
from functools import cache
from importlib import util
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

sys.path.insert(0, str(Path(__file__).parents[1]))

from scenes import STUDIO, Scene, Spans, cut_spans, list_scenes, measure_lufs  # found through the line above

from pipeline.audio.tasks import MasterFileTask
from pipeline.builder.task_functions import run_master_file
from pipeline.model import SoundTarget
from tests.audio.sounds import VOICES, decoded, wav
from tests.audio.test_panel_mastering import spectrum_db

FLOORS = Path(__file__).with_name("quality.json")
LOUDNESS_ONLY, OURS, NEURAL = "loudness only", "auto", "neural"
MARGINS = {  # of the floors: less than this is not a change
    "sig": -0.05, "bak": -0.05, "ovrl": -0.05, "pesq": -0.05, "pauses_lufs": 1.0, "gap_lu": 0.3, "applause_lu": 1.0, "colour_db": 0.05,
}  # fmt: skip
CLEAN_COLOUR_DB, CLEAN_PESQ = 0.2, 4.3  # of clean voices, whatever was recorded

Figures = dict[str, float]


# Measures


@cache
def _load_dnsmos():
    """Load the network of DNSMOS P.835, as `speechmos.dnsmos` does, without its other libraries."""
    import onnxruntime

    folder = Path(util.find_spec("speechmos").submodule_search_locations[0])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(folder / "dnsmos_models/sig_bak_ovr.onnx", options)


def compute_dnsmos(sound: np.ndarray) -> tuple[float, float, float]:
    """Compute SIG, BAK and OVRL: means over windows of 9 s that overlap by half."""
    samples = resample_poly(sound, 1, 3).astype(np.float32)
    samples /= max(1.0, np.abs(samples).max())
    length = int(9.01 * 16_000)
    starts = range(0, len(samples) - length + 1, length // 2)
    scores = [_load_dnsmos().run(None, {"input_1": samples[np.newaxis, at : at + length]})[0][0] for at in starts]
    curves = (
        [-0.08397278, 1.22083953, 0.0052439],
        [-0.13166888, 1.60915514, -0.39604546],
        [-0.06766283, 1.11546468, 0.04602535],
    )
    sig, bak, ovrl = (
        float(np.mean(np.polyval(curve, raw))) for curve, raw in zip(curves, np.transpose(scores), strict=True)
    )
    return sig, bak, ovrl


def compute_pesq(scene: Scene, sound: np.ndarray) -> float:
    """Compute the mean of wide-band PESQ over the turns."""
    from pesq import pesq

    scores = []
    for turn in scene.turns:
        pair = [resample_poly(cut_spans(one, [turn]), 1, 3).astype(np.float32) for one in (scene.reference, sound)]
        scores.append(pesq(16_000, *pair, "wb"))
    return float(np.mean(scores))


def measure_spans(sound: np.ndarray, spans: Spans) -> float:
    """Measure the loudness of spans; digital silence is -120."""
    level = measure_lufs(np.tile(cut_spans(sound, spans), 3))  # as long as a gating block, and ungated
    return max(-120.0, level if np.isfinite(level) else _measure_power(cut_spans(sound, spans)))


def _measure_power(sound: np.ndarray) -> float:
    """Measure the power of what the gate of a meter drops, in dB."""
    return float(10 * np.log10(np.mean(sound.astype(np.float64) ** 2) + 1e-12))


def measure(scene: Scene, sound: np.ndarray) -> Figures:
    """Measure a result of a scene, shape (samples,)."""
    sig, bak, ovrl = compute_dnsmos(sound)
    near, far = (measure_spans(sound, spans) for spans in scene.speakers)
    colours = [  # of each speaker, or levelling would change it
        spectrum_db(cut_spans(sound, spans)) - spectrum_db(cut_spans(scene.reference, spans))
        for spans in scene.speakers
    ]
    figures = {
        "sig": sig,
        "bak": bak,
        "ovrl": ovrl,
        "pesq": compute_pesq(scene, sound),
        "pauses_lufs": measure_spans(sound, scene.pauses),
        "gap_lu": abs(near - far),
        "colour_db": float(np.abs(colours).mean()),
    }
    if scene.applause:
        figures["applause_lu"] = measure_spans(sound, scene.applause) - measure_spans(sound, scene.turns)
    return figures


# Chains


def master_scene(scene: Scene, noise: str, folder: Path) -> np.ndarray:
    """Master a scene as `weerslag master` does, to FLAC."""
    source, out = folder / "opname.wav", folder / "master.flac"
    source.write_bytes(wav(scene.sound[:, np.newaxis], kind="f32"))
    target = SoundTarget(noise_reduction=noise)
    run_master_file(MasterFileTask(parts=(str(source),), format="flac", target=target, out=str(out)))
    return decoded(out)[:, 0]


def run_chains(scene: Scene, *, neural: bool) -> dict[str, Figures]:
    """Measure a scene untreated, mastered, and mastered with neural noise reduction."""
    with tempfile.TemporaryDirectory() as folder:
        sounds = {LOUDNESS_ONLY: scene.sound}
        for noise in (OURS, NEURAL) if neural else (OURS,):
            sounds[noise] = master_scene(scene, noise, Path(folder))
    return {name: measure(scene, sound) for name, sound in sounds.items()}


# Table and floors


def print_row(scene: str, chain: str, figures: Figures) -> None:
    """Print a row of the table."""
    applause = f"{figures['applause_lu']:+.1f}" if "applause_lu" in figures else ""
    print(
        f"| {scene} | {chain} | {figures['sig']:.2f} / {figures['bak']:.2f} / {figures['ovrl']:.2f} | {figures['pesq']:.2f} "
        f"| {figures['pauses_lufs']:.0f} | {figures['gap_lu']:.1f} | {applause} | {figures['colour_db']:.2f} |",
        flush=True,
    )


def find_regressions(name: str, chains: dict[str, Figures], floors: dict[str, dict[str, Figures]]) -> list[str]:
    """Compare with the floors, and clean speech with its fixed limits."""
    worse = []
    for chain, recorded in floors.get(name, {}).items():
        for key, floor in recorded.items():
            value = chains.get(chain, {}).get(key)
            if value is not None and (value < floor if MARGINS[key] < 0 else value > floor):
                worse.append(f"{name}, {chain}: {key} {value:.2f}, recorded limit {floor:.2f}")
    if name.endswith(" clean"):
        for chain in chains.keys() - {LOUDNESS_ONLY}:
            figures = chains[chain]
            if figures["colour_db"] > CLEAN_COLOUR_DB or figures["pesq"] < CLEAN_PESQ:
                worse.append(
                    f"{name}, {chain}: clean speech changed ({figures['colour_db']:.2f} dB, PESQ {figures['pesq']:.2f})"
                )
    return worse


def build_floors(results: dict[str, dict[str, Figures]]) -> dict[str, dict[str, Figures]]:
    """Build the floors: what was measured, less a margin."""
    return {
        name: {
            chain: {key: round(value + MARGINS[key], 2) for key, value in figures.items()}
            for chain, figures in chains.items()
            if chain != LOUDNESS_ONLY
        }
        for name, chains in results.items()
    }


def require_packages() -> None:
    """Exit with the command for what is missing."""
    if not VOICES.is_dir() or not STUDIO.is_dir():
        sys.exit("voices are missing: apt-get install fillets-ng-data-nl asterisk-core-sounds-en-g722")
    if missing := [name for name in ("onnxruntime", "pesq", "speechmos") if util.find_spec(name) is None]:
        sys.exit(f"packages are missing: pip install {' '.join(missing)}")


def main() -> None:
    """Print the table; check or record the floors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=list_scenes(), default=list(list_scenes()))
    parser.add_argument("--without-neural", action="store_true")
    parser.add_argument("--check", action="store_true", help="exit code 1 if a figure is below its floor")
    parser.add_argument("--record", action="store_true", help="write the floors of these scenes")
    options = parser.parse_args()
    require_packages()
    floors = json.loads(FLOORS.read_text(encoding="utf-8")) if FLOORS.exists() else {}
    print("| scene | noise reduction | SIG / BAK / OVRL | PESQ | pauses, LUFS | gap, LU | applause, LU | colour, dB |")
    print("|---|---|---|---|---|---|---|---|")
    results, worse = {}, []
    for name in options.only:
        results[name] = run_chains(list_scenes()[name](), neural=not options.without_neural)
        for chain, figures in results[name].items():
            print_row(name, chain, figures)
        worse += find_regressions(name, results[name], floors)
        if options.record:
            FLOORS.write_text(json.dumps(floors | build_floors(results), indent=1) + "\n", encoding="utf-8")
    if options.check:
        sys.exit("\n".join(["below the floor:", *worse]) if worse else 0)


if __name__ == "__main__":
    main()
