"""What publishing costs when everything is published already: 1,000 episodes, a folder. ``publishing.py [COUNT] [PROGRAMME]``.

The step itself: all gates, the plan, the target looked at, the note of what is ours. With PROGRAMME, a programme that ``many.py`` made and that
was published to ``PROGRAMME/../www``, also the whole command, with the build that comes first. Median of five; nothing may be brought.
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

from pipeline.publish import candidate_of, carry_out, prepare  # noqa: E402
from tests.publish.conftest import Stage  # noqa: E402

RUNS = 5


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(root=Path(folder) / "programme", where=Path(folder) / "served")
        stage.root.mkdir()
        for number in range(1, count + 1):
            stage.put(number, published=datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=number))
        stage.now = datetime(2030, 1, 1, tzinfo=UTC)
        stage.publish()
        time.sleep(2.5)  # files younger than two seconds are hashed again
        releases = stage.releases()
        told(f"the step, {count} episodes", [measured(lambda: step(stage, releases)) for _ in range(RUNS)])
    if len(sys.argv) > 2:
        root = Path(sys.argv[2]).resolve()
        told("the command", [measured(lambda: command(root)) for _ in range(RUNS)])


def step(stage: Stage, releases: list) -> None:
    candidate = candidate_of(stage.outline(releases), root=stage.root, store=stage.store, now=stage.now)
    plan = prepare(candidate, stage.target, stage.books)
    if plan.blocking or not plan.is_idle:
        raise SystemExit(f"not idle: {plan.blocking or plan.replaced or plan.added}")
    carry_out(plan, stage.target, base=stage.programme.url, books=stage.books, say=print)


def command(root: Path) -> None:
    words = [sys.executable, "-m", "pipeline", "publish", str(root.parent / "www")]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(words, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if "nothing to do" not in done.stderr:
        raise SystemExit(done.stderr)


def measured(work) -> tuple[float, float]:
    """Processor and wall seconds, children included."""
    cpu, began = spent(), time.monotonic()
    work()
    return spent() - cpu, time.monotonic() - began


def spent() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def told(what: str, times: list[tuple[float, float]]) -> None:
    cpu, wall = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"{what}: {cpu:.2f} s of processor time, {wall:.2f} s on the wall clock")


if __name__ == "__main__":
    main()
