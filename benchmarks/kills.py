"""Kills builds at random moments, builds again, and compares with an undisturbed build. ``kills.py [COUNT]``.

Each round throws the store away (so that there is work), starts a build in a process group of its own, kills the whole group with
SIGKILL after a random while, then builds in peace. Result, every object and every record must be what they would have been.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
ENV = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
WEERSLAG = [sys.executable, "-m", "pipeline"]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "programme"
        subprocess.run([*WEERSLAG, "init", str(root)], env=ENV, cwd=folder, check=True, capture_output=True)
        began = time.monotonic()
        build(root)
        whole_s = time.monotonic() - began
        wanted, bad, draw = outputs(root), 0, random.Random(20260101)
        for number in range(count):
            shutil.rmtree(root / ".weerslag")
            after_s = draw.uniform(0.05, whole_s)
            half = killed_build(root, after_s)
            build(root)
            wrong = differing(outputs(root), wanted) + damage(root) + (["public was half"] if half == "half" else [])
            bad += bool(wrong)
            told = f"DIFFERENT: {', '.join(wrong)}" if wrong else "equal"
            print(f"kill {number + 1:3} after {after_s:5.1f} s: public {half}, then {told}", flush=True)
    print(f"{count} kills over builds of {whole_s:.1f} s: {bad} wrong")
    sys.exit(bool(bad))


def copy_of_the_sample(root: Path) -> None:
    """Two episodes of the sample in one format: each moment of a build is hit, and rounds stay short."""
    root.mkdir()
    for name in ("programme.yaml", "episodes", "magazine"):
        source = CHECKOUT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, root / name)
    text = (root / "programme.yaml").read_text()
    (root / "programme.yaml").write_text(text.replace("formats: [mp3, m4a, opus]", "formats: [mp3]"))


def build(root: Path) -> None:
    subprocess.run([*WEERSLAG, "build"], cwd=root, env=ENV, check=True, capture_output=True)


def killed_build(root: Path, after_s: float) -> str:
    """Kill a build and all it started; tell whether ``public/`` is the old one, or half."""
    before = outputs(root)
    process = subprocess.Popen(
        [*WEERSLAG, "build"], cwd=root, env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0
    )
    time.sleep(after_s)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if not (root / "public").exists():
        return "none"
    return "old" if outputs(root) == before else "half"


def outputs(root: Path) -> dict[str, bytes]:
    trees = [root / "public", root / "press"]
    return {
        str(path.relative_to(root)): path.read_bytes() for tree in trees for path in tree.rglob("*") if path.is_file()
    }


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


def damage(root: Path) -> list[str]:
    done = subprocess.run([*WEERSLAG, "verify"], cwd=root, env=ENV, capture_output=True, text=True, check=False)
    return [f"verify says {done.returncode}: {done.stdout}{done.stderr}"] if done.returncode else []


if __name__ == "__main__":
    main()
