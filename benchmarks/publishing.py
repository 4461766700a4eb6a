"""Measure publishing 1,000 episodes to a folder that is up to date. ``publishing.py [COUNT] [PROGRAMME]``.

Measures the gates, the plan, listing the target and the manifest. With PROGRAMME (created by ``many.py`` and published to
``PROGRAMME/../www``) also the whole command, including the build. Median of five; nothing may be uploaded.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
sys.path.insert(0, str(CHECKOUT))

from pipeline.publish.candidate import build_candidate  # noqa: E402
from pipeline.publish.plan import prepare_plan  # noqa: E402
from pipeline.publish.upload import run_plan  # noqa: E402
from tests.publish.conftest import SamplePodcast  # noqa: E402

RUNS = 5


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as folder:
        podcast = SamplePodcast(root=Path(folder) / "programme", served=Path(folder) / "served")
        podcast.root.mkdir()
        for number in range(1, count + 1):
            podcast.put(number, published=datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=number))
        podcast.now = datetime(2030, 1, 1, tzinfo=UTC)
        podcast.publish()
        time.sleep(2.5)  # files younger than two seconds are hashed again
        releases = podcast.releases()
        print_median(
            f"the step, {count} episodes", [measure(lambda: publish_again(podcast, releases)) for _ in range(RUNS)]
        )
    if len(sys.argv) > 2:
        root = Path(sys.argv[2]).resolve()
        print_median("the command", [measure(lambda: run_command(root)) for _ in range(RUNS)])


def publish_again(podcast: SamplePodcast, releases: list) -> None:
    candidate = build_candidate(podcast.outline(releases), root=podcast.root, cache=podcast.cache, now=podcast.now)
    plan = prepare_plan(candidate, podcast.target, podcast.log_store)
    if plan.blocking or not plan.is_up_to_date:
        raise SystemExit(f"not up to date: {plan.blocking or plan.diff.replaced or plan.diff.added}")
    run_plan(plan, podcast.target, log_store=podcast.log_store, report=print)


def run_command(root: Path) -> None:
    words = [sys.executable, "-m", "pipeline", "publish", str(root.parent / "www")]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    completed = subprocess.run(words, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if "nothing to do" not in completed.stderr:
        raise SystemExit(completed.stderr)


def measure(work) -> tuple[float, float]:
    """Return CPU and wall-clock seconds, with child processes."""
    cpu, began = get_cpu_s(), time.monotonic()
    work()
    return get_cpu_s() - cpu, time.monotonic() - began


def get_cpu_s() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def print_median(what: str, times: list[tuple[float, float]]) -> None:
    cpu, wall = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"{what}: {cpu:.2f} s CPU, {wall:.2f} s wall clock")


if __name__ == "__main__":
    main()
