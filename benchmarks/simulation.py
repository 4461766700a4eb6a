"""Simulate 5,000 hours of recordings on 1 to 1,000 workers that share nothing but an object store.

`python benchmarks/simulation.py` (under a minute) · `--measure` (some minutes) prints the task times of this machine.

A discrete simulation: one event queue, a link of 1 Gbit/s and 20 ms from each worker to the store, 10 Gbit/s for all
together, the scheduler's time per task, and the client, which submits tasks and stores their records. Tasks are those of
an episode with a transcript, with the times in `TASKS`; workers have one core. Exit code 1: an efficiency below its limit.
"""

import argparse
import heapq
import importlib
import itertools
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `weerslag transcribe` sets it
os.environ.setdefault("WEERSLAG_MODELS", str(Path(sys.prefix) / "models"))

from pipeline.builder.build import run_build  # noqa: E402  # found through the line above
from pipeline.builder.speech_recognition import RecognitionSettings, recognise_episodes  # noqa: E402
from pipeline.builder.task_runner import Reporter, TaskRunner  # noqa: E402
from pipeline.cache import Cache  # noqa: E402
from pipeline.cli.environment import find_models_folder  # noqa: E402
from pipeline.content import load_programme  # noqa: E402
from pipeline.errors import WeerslagError  # noqa: E402
from pipeline.executors import run_task_isolated  # noqa: E402
from pipeline.model import from_json  # noqa: E402
from pipeline.model.task import describe_fields  # noqa: E402
from pipeline.speech.models import find_speakers_model, find_transcription_model  # noqa: E402

HOURS, MINUTES, LONGEST = 5_000, 75, 240  # in all; of an episode: mean and longest
WORKERS = (1, 10, 100, 1_000)
LIMIT = 0.8  # efficiency at 100 workers
LINK_BYTES_S, LATENCY_S = 1e9 / 8, 0.020
REQUESTS = (
    5  # of a task, one after another: its claim, the look whether it was done before, an input, its outputs, its record
)
BLOCK_S = 300  # of speech recognition: `pipeline/speech/blocks.py`
# "The scheduler adds about one millisecond of overhead per task": Dask.distributed, documentation, "Efficiency".
SCHEDULER_S = 0.001
CLIENT_S = 0.0015  # CPU of the client for a task: `benchmarks/scheduler.py`


@dataclass(frozen=True, kw_only=True)
class TaskTime:
    """What a task of one kind takes: for each, and for each second of its sound."""

    cpu_s: float
    cpu_per_s: float = 0.0
    in_per_s: float = 0.0  # bytes
    out_per_s: float = 0.0
    out_bytes: float = 0.0


# Measured on 1 December 2026 with `--measure`: CPU time, which other work on the machine disturbs least. Each task starts
# a process (0.3 s). A recording is 48 kHz, 16 bit, stereo; a master float, 48 kHz; speech 16 kHz, 16 bit, mono.
_RECORDING, _MASTER, _SPEECH = 192_000, 288_000, 32_000  # bytes a second
TASKS = {
    "measure": TaskTime(cpu_s=0.3, cpu_per_s=0.0023, in_per_s=_RECORDING),
    "master": TaskTime(cpu_s=0.3, cpu_per_s=0.0062, in_per_s=_RECORDING, out_per_s=_MASTER),
    "encode mp3": TaskTime(cpu_s=0.3, cpu_per_s=0.0110, in_per_s=_MASTER, out_per_s=16_000),
    "encode m4a": TaskTime(cpu_s=0.3, cpu_per_s=0.0254, in_per_s=_MASTER, out_per_s=17_000),
    "encode opus": TaskTime(cpu_s=0.3, cpu_per_s=0.0241, in_per_s=_MASTER, out_per_s=12_000),
    "tag": TaskTime(cpu_s=0.3, cpu_per_s=0.0006, in_per_s=17_000, out_per_s=17_000),
    "cover": TaskTime(cpu_s=0.4, out_bytes=500_000),
    "share picture": TaskTime(cpu_s=0.3, out_bytes=100_000),
    "convert": TaskTime(cpu_s=0.3, cpu_per_s=0.0012, in_per_s=_RECORDING, out_per_s=_SPEECH),
    "find speech": TaskTime(cpu_s=0.3, cpu_per_s=0.0023, in_per_s=_SPEECH),
    "recognise": TaskTime(cpu_s=1.5, cpu_per_s=0.14, in_per_s=_SPEECH),  # Whisper base
    "find speakers": TaskTime(cpu_s=0.3, cpu_per_s=0.008, in_per_s=_SPEECH),
}


@dataclass(slots=True, eq=False)
class Job:
    """One task of one episode."""

    kind: str
    seconds: float  # of sound that it works on
    whole_s: float  # of the file that it reads: a block is a part of it
    waits: int  # tasks that must be done before it
    after: list["Job"] = field(default_factory=list)


class Link:
    """Something that serves one after another: a connection in bytes, or a process in tasks."""

    def __init__(self, rate: float) -> None:
        self.rate, self.free_s, self.busy_s = rate, 0.0, 0.0

    def serve(self, now_s: float, size: float) -> float:
        """Return when ``size`` that is asked for now is done."""
        took = size / self.rate
        self.free_s, self.busy_s = max(now_s, self.free_s) + took, self.busy_s + took
        return self.free_s


def build_episode(seconds: float) -> list[Job]:
    """Build the tasks of one episode: sound, three formats, tags, pictures; speech in blocks beside it."""
    jobs: list[Job] = []

    def add(kind: str, *before: Job, length: float = seconds) -> Job:
        job = Job(kind, length, seconds, len(before))
        for one in before:
            one.after.append(job)
        jobs.append(job)
        return job

    measured = add("measure")
    mastered = add("master", measured)
    cover, _ = add("cover", mastered), add("share picture", mastered)
    for name in ("mp3", "m4a", "opus"):
        add("tag", add(f"encode {name}", mastered), cover)
    speech = add("find speech", add("convert", measured))
    for start in range(0, int(seconds), BLOCK_S):
        add("recognise", speech, length=min(BLOCK_S, seconds - start))
    add("find speakers", speech)
    return jobs


class Simulation:
    """All episodes on a number of workers."""

    def __init__(self, episodes: list[float], workers: int, store_bytes_s: float) -> None:
        self.jobs = [build_episode(seconds) for seconds in episodes]
        self.workers = workers
        self.links, self.store = [Link(LINK_BYTES_S) for _ in range(workers)], Link(store_bytes_s)
        self.scheduler, self.client = Link(1 / SCHEDULER_S), Link(1 / CLIENT_S)
        self.ready: list[tuple[int, int, Job]] = []  # earlier episodes first
        self.idle, self.events, self.numbers = list(range(workers)), [], itertools.count()
        self.episode = {id(job): number for number, jobs in enumerate(self.jobs) for job in jobs}
        self.cpu_s = self.full_s = 0.0  # CPU time; time until a worker found no task

    def run(self) -> float:
        """Run all, and return the makespan in seconds."""
        for jobs in self.jobs:
            for job in jobs:
                if not job.waits:
                    self._make_ready(job)
        now_s = 0.0
        while True:
            while self.ready and self.idle:
                self._start(now_s, heapq.heappop(self.ready)[2], self.idle.pop())
            if not self.events:
                return now_s
            if len(self.idle) == 0:
                self.full_s = now_s
            now_s, _, step, job, worker = heapq.heappop(self.events)
            step(now_s, job, worker)

    def _make_ready(self, job: Job) -> None:
        heapq.heappush(self.ready, (self.episode[id(job)], next(self.numbers), job))

    def _at(self, when_s: float, step: Callable[[float, Job, int], None], job: Job, worker: int) -> None:
        heapq.heappush(self.events, (when_s, next(self.numbers), step, job, worker))

    def _start(self, now_s: float, job: Job, worker: int) -> None:
        self._at(self.scheduler.serve(now_s, 1), self._fetch, job, worker)

    def _fetch(self, now_s: float, job: Job, worker: int) -> None:
        size = TASKS[job.kind].in_per_s * job.whole_s  # as if no worker had it in its read cache
        arrived_s = max(self.links[worker].serve(now_s, size), self.store.serve(now_s, size))
        took_s = TASKS[job.kind].cpu_s + TASKS[job.kind].cpu_per_s * job.seconds
        self.cpu_s += took_s
        self._at(arrived_s + REQUESTS * LATENCY_S + took_s, self._upload, job, worker)

    def _upload(self, now_s: float, job: Job, worker: int) -> None:
        size = TASKS[job.kind].out_bytes + TASKS[job.kind].out_per_s * job.seconds
        self._at(max(self.links[worker].serve(now_s, size), self.store.serve(now_s, size)), self._finish, job, worker)

    def _finish(self, now_s: float, job: Job, worker: int) -> None:
        self.idle.append(worker)
        self._at(self.client.serve(now_s, 1), self._record, job, worker)

    def _record(self, _: float, job: Job, __: int) -> None:
        for one in job.after:
            one.waits -= 1
            if not one.waits:
                self._make_ready(one)


def draw_episodes(generator: random.Random) -> list[float]:
    """Draw lengths in seconds until they are 5,000 hours: most of an hour, some of an afternoon."""
    lengths: list[float] = []
    while sum(lengths) < HOURS * 3600:
        minutes = generator.lognormvariate(0, 0.5) * MINUTES / 1.133  # the mean of that distribution
        lengths.append(min(minutes, LONGEST) * 60)
    return lengths


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true", help="measure the task times instead")
    parser.add_argument("--longest-first", action="store_true", help="begin the longest episodes first")
    parser.add_argument("--gbit", type=float, default=10, help="of the store for all workers together [default: 10]")
    options = parser.parse_args()
    if options.measure:
        measure_tasks()
        return
    episodes = draw_episodes(random.Random(20261201))
    if options.longest_first:
        episodes.sort(reverse=True)
    first_s, bad = 0.0, False
    print(f"{len(episodes)} episodes, {sum(episodes) / 3600:.0f} hours, longest {max(episodes) / 60:.0f} minutes")
    for count in WORKERS:
        simulation = Simulation(episodes, count, options.gbit * 1e9 / 8)
        makespan_s = simulation.run()
        first_s = first_s or makespan_s
        efficiency = first_s / (count * makespan_s)
        bad |= count == 100 and efficiency < LIMIT
        tasks = sum(map(len, simulation.jobs))
        busy = {
            "CPU": simulation.cpu_s / count,
            "own link": sum(link.busy_s for link in simulation.links) / count,
            "store": simulation.store.busy_s,
            "scheduler": simulation.scheduler.busy_s,
            "client": simulation.client.busy_s,
        }
        shares = ", ".join(f"{name} {seconds / makespan_s:.1%}" for name, seconds in busy.items())
        print(
            f"{count:5} workers: {makespan_s / 3600:8.2f} hours, efficiency {efficiency:.3f}, {tasks} tasks,"
            f" {tasks / makespan_s:6.2f} a second; busy: {shares}; tail {(makespan_s - simulation.full_s) / 60:.1f} min",
            flush=True,
        )
    sys.exit(bad)


class MeasuringExecutor(Executor):
    """Runs each task in a process of its own, and prints its CPU time and its bytes."""

    workers = 1  # so that recordings are not divided among cores

    def submit(self, _: object, /, message: str) -> "Future[str]":
        """Run one task now."""
        call, future, before = json.loads(message), Future(), measure_cpu()
        try:
            future.set_result(run_task_isolated(message))
        except WeerslagError as error:
            print(f"failed: {error.message} {error.hint[-300:]}")
            future.set_exception(error)
        module, _, name = call["class"].partition(":")
        fields = describe_fields(from_json(getattr(importlib.import_module(module), name), call["task"]))
        sizes = [
            sum(Path(path).stat().st_size for path in set(group.values())) for group in (fields.inputs, fields.outputs)
        ]
        subject = call["task"].get("subject", "")
        cpu_s, (read, written) = measure_cpu() - before, (size / 1e6 for size in sizes)
        figures = f"{cpu_s:8.2f} s CPU {read:8.1f} MB in {written:8.1f} MB out {len(message) / 1e3:8.1f} kB message"
        print(f"{name:28} {subject[-24:]:24} {figures}", flush=True)
        return future


def measure_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure_tasks() -> None:
    """Build an episode of six minutes of speech, recognise it, and print what each kind of task took."""
    minutes = 6
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "programme"
        subprocess.run([sys.executable, "-m", "pipeline", "init", str(root)], cwd=ROOT, check=True, capture_output=True)
        (recording,) = root.glob("episodes/*/recording")
        for old in recording.iterdir():
            old.unlink()
        sample = ROOT / "episodes/01-burger-centraal/recording/01-burger-centraal.flac"
        loop = ["-stream_loop", "-1", "-i", str(sample), "-t", str(minutes * 60), str(recording / "a.wav")]
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *loop], check=True)
        executor, cache = MeasuringExecutor(), Cache(root / ".weerslag")
        programme, reporter = load_programme(root), Reporter(step=lambda _: None)
        with cache.lock(holder="a benchmark", wait=True, waiting=print):
            run_build(
                programme,
                root=root,
                cache=cache,
                executor=executor,
                now=datetime.now(UTC),
                reporter=reporter,
                targets=("episodes", "feed", "site"),
            )
            with cache.open_workspace() as workspace:
                runner = TaskRunner(cache=cache, executor=executor, folder=workspace, reporter=reporter)
                models = find_models_folder()
                settings = RecognitionSettings(
                    model=find_transcription_model(models).path,
                    language="nl",
                    speakers_model=find_speakers_model(models).path,
                )
                recognise_episodes(programme, runner, root=root, settings=settings)
    print(f"{minutes} minutes of speech; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
