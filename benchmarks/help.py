"""How dear it is to ask for help: CPU time of `weerslag --help` against a bare Python, each the lowest of twenty."""

import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TIMES = 20
LIMIT = 8


def cpu_ms(*words: str) -> float:
    """The least CPU time, user and system, that a child of ours took."""
    return min(_once(words) for _ in range(TIMES))


def _once(words: tuple[str, ...]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


if __name__ == "__main__":
    bare, asked = cpu_ms("-c", "pass"), cpu_ms("-m", "pipeline", "--help")
    print(f"python -c pass    {bare:6.0f} ms")
    print(f"weerslag --help   {asked:6.0f} ms   {asked / bare:.1f} times; at most {LIMIT}")
    sys.exit(asked > LIMIT * bare)
