"""Kill builds at random moments, build again, and compare with an undisturbed build: ``kills.py [COUNT]``.

Each round deletes the cache, starts a build in its own process group, and kills the group with SIGKILL after a random
time. The next build must give the same outputs, and an intact cache.
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
        duration_s = time.monotonic() - began
        expected, bad, generator = read_outputs(root), 0, random.Random(20260101)
        for number in range(count):
            shutil.rmtree(root / ".weerslag")
            after_s = generator.uniform(0.05, duration_s)
            state = kill_build(root, after_s)
            build(root)
            wrong = (
                compare(read_outputs(root), expected)
                + verify_cache(root)
                + (["public was half written"] if state == "half" else [])
            )
            bad += bool(wrong)
            verdict = f"DIFFERENT: {', '.join(wrong)}" if wrong else "equal"
            print(f"kill {number + 1:3} after {after_s:5.1f} s: public {state}, then {verdict}", flush=True)
    print(f"{count} kills over builds of {duration_s:.1f} s: {bad} wrong")
    sys.exit(bool(bad))


def copy_sample(root: Path) -> None:
    """Copy the sample with one audio format, so that rounds stay short."""
    root.mkdir()
    for name in ("programme.yaml", "episodes", "magazine"):
        source = CHECKOUT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, root / name)
    text = (root / "programme.yaml").read_text()
    (root / "programme.yaml").write_text(text.replace("formats: [mp3, m4a, opus]", "formats: [mp3]"))


def build(root: Path) -> None:
    subprocess.run([*WEERSLAG, "build"], cwd=root, env=ENV, check=True, capture_output=True)


def kill_build(root: Path, after_s: float) -> str:
    """Kill a build and all its children; return whether ``public/`` is absent, old or half written."""
    before = read_outputs(root)
    process = subprocess.Popen(
        [*WEERSLAG, "build"], cwd=root, env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0
    )
    time.sleep(after_s)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if not (root / "public").exists():
        return "none"
    return "old" if read_outputs(root) == before else "half"


def read_outputs(root: Path) -> dict[str, bytes]:
    trees = [root / "public", root / "press"]
    return {
        str(path.relative_to(root)): path.read_bytes() for tree in trees for path in tree.rglob("*") if path.is_file()
    }


def compare(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


def verify_cache(root: Path) -> list[str]:
    completed = subprocess.run(
        [*WEERSLAG, "cache", "verify"], cwd=root, env=ENV, capture_output=True, text=True, check=False
    )
    return (
        [f"cache verify says {completed.returncode}: {completed.stdout}{completed.stderr}"]
        if completed.returncode
        else []
    )


if __name__ == "__main__":
    main()
