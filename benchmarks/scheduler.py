"""Measure Dask's own scheduler with tasks of our shape that do nothing: tasks a second, and memory of the client.

`python benchmarks/scheduler.py [TASKS]` (default 10,000). Starts a scheduler and two workers on this machine. Each task
takes a message of the size of an encoding task, through the executor that builds use, and returns a short text.
"""

import contextlib
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import scheduler  # noqa: E402  # this file, so that workers import the function by its name

from pipeline.executors.dask_cluster import connect_to_dask  # noqa: E402
from pipeline.executors.task_messages import serialise_task  # noqa: E402
from pipeline.model.task import Limits, Task  # noqa: E402

MESSAGE_BYTES = 1_000  # of most tasks: `benchmarks/simulation.py --measure`
WORKERS, IN_FLIGHT = 2, 500


class PaddedTask(Task[str]):
    """A task that only has a size."""

    LIMITS = Limits(timeout_s=600)


def do_nothing(message: str, *, build: str = "", worker: str = "") -> str:
    """Run on a worker in place of a task."""
    return f"{len(message)} {build[:8]} {worker}"


def run_nothing(task: PaddedTask) -> str:
    """Run in place of a task; only its name is sent."""
    return task.subject


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder, start_cluster(Path(folder)) as (address, processes):
        executor = connect_to_dask(address)
        message = serialise_task(scheduler.run_nothing, scheduler.PaddedTask(subject="x"))
        message = message.replace('"x"', f'"{"x" * (MESSAGE_BYTES - len(message))}"')
        for _ in range(100):  # imports and connections
            executor.submit(scheduler.do_nothing, message).result()
        before = measure_cpu(), [read_cpu(process.pid) for process in processes], read_memory()
        start = time.monotonic()
        places = threading.Semaphore(IN_FLIGHT)
        failures: list[object] = []

        def count_finished(future: "Future[str]") -> None:
            failures.extend(filter(None, [future.exception()]))
            places.release()

        for _ in range(count):
            places.acquire()
            executor.submit(scheduler.do_nothing, message).add_done_callback(count_finished)
        for _ in range(IN_FLIGHT):
            places.acquire()
        if failures:
            raise SystemExit(f"{len(failures)} tasks failed: {failures[0]}")
        took_s = time.monotonic() - start
        print(f"{count} tasks with messages of {len(message)} bytes, {WORKERS} workers, load {os.getloadavg()[0]:.1f}")
        print(f"{count / took_s:7.0f} tasks a second ({took_s:.1f} s in all), {IN_FLIGHT} in flight")
        names = ["scheduler", *(f"worker {number + 1}" for number in range(WORKERS))]
        print(f"{(measure_cpu() - before[0]) / count * 1000:7.2f} ms of CPU a task: client")
        for name, process, cpu in zip(names, processes, before[1], strict=True):
            print(f"{(read_cpu(process.pid) - cpu) / count * 1000:7.2f} ms of CPU a task: {name}")
        highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{before[2]:7.0f} MB client before, {read_memory():.0f} MB after, {highest:.0f} MB at the highest")
        executor.shutdown()


@contextlib.contextmanager
def start_cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """Start a scheduler and two workers on free ports; kill them at the end."""
    dask = [sys.executable, "-m", "dask"]
    env = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'benchmarks'}", "HOME": str(folder)}
    processes: list[subprocess.Popen[str]] = []

    def start(*words: str) -> "subprocess.Popen[str]":
        argv, log = [*dask, *words], (folder / f"{len(processes)}.log").open("w")
        processes.append(subprocess.Popen(argv, env=env, cwd=folder, stdout=log, stderr=log, text=True))
        return processes[-1]

    try:
        start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        address = wait_for(folder / "0.log", r"Scheduler at:\s+(tcp://\S+)")
        for number in range(WORKERS):
            start("worker", address, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard")
            wait_for(folder / f"{number + 1}.log", r"Registered to:\s+(\S+)")
        yield address, processes
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


def wait_for(log: Path, pattern: str) -> str:
    """Wait until a log has a line, and return what it says."""
    for _ in range(600):
        found = re.search(pattern, log.read_text())
        if found:
            return found[1]
        time.sleep(0.1)
    raise SystemExit(f"no start after a minute:\n{log.read_text()}")


def measure_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def read_cpu(pid: int) -> float:
    """Read the CPU time of a process in seconds. Source: proc(5), fields 14 and 15 of stat."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def read_memory() -> float:
    """Read the memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
