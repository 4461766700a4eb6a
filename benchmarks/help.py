"""Measure the CPU time of `weerslag --help` against a bare Python; each is the lowest of twenty."""

import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TIMES = 20
LIMIT = 8


def measure_cpu_ms(*words: str) -> float:
    """Return the lowest CPU time (user and system) of a child process."""
    return min(measure_once_ms(words) for _ in range(TIMES))


def measure_once_ms(words: tuple[str, ...]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


if __name__ == "__main__":
    bare_ms, help_ms = measure_cpu_ms("-c", "pass"), measure_cpu_ms("-m", "pipeline", "--help")
    print(f"python -c pass    {bare_ms:6.0f} ms")
    print(f"weerslag --help   {help_ms:6.0f} ms   {help_ms / bare_ms:.1f} times; at most {LIMIT}")
    sys.exit(help_ms > LIMIT * bare_ms)
