"""Measure a cluster without a shared disk: two Dask workers over an S3 server on loopback, against two processes here.

Needs the environment of the tests, with moto. Prints throughput, overhead per task, the processor time of the store,
which runs on the same processors, and the memory of the client.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.cluster_tasks import EchoTask, run_echo
from pipeline.builder.task_runner import Reporter, TaskRunner
from pipeline.cache import Cache
from pipeline.cache.object_store import ObjectStore, open_store
from pipeline.executors import open_executor
from tests.builder.conftest import EPISODE, PROGRAMME, SAMPLE, write
from tests.builder.dask_servers import make_env, scheduler, worker
from tests.publish.http_servers import free_port, running
from tests.publish.s3_server import BUCKET, SERVER, empty_bucket

DURATION_S = 180
WAIT_S = 30
NO_OPS = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        folder = Path(temporary)
        source = write_programme(folder / "source", options.recordings)
        here = copy(source, folder / "here")
        local = build(here, "--workers", "processes:2")
        report("processes:2, on local disk", local, options.recordings)
        log = start_store(stack, folder)
        port = start_cluster(stack, folder)
        there = copy(source, folder / "there")
        before, written = measure_servers(), log.stat().st_size
        remote = build(there, "--workers", f"dask:127.0.0.1:{port}", "--cache", f"s3://{BUCKET}/cache")
        used = {name: seconds - before[name] for name, seconds in measure_servers().items()}
        store_s = used.pop("moto_server")
        report("two Dask workers, over a store", remote, options.recordings)
        count_requests(log.read_bytes()[written:].decode())
        again = build(there, "--workers", f"dask:127.0.0.1:{port}", "--cache", f"s3://{BUCKET}/cache")
        report("the same, nothing to do", again, options.recordings)
        measure_overhead(folder, f"dask:127.0.0.1:{port}", open_store(f"s3://{BUCKET}/echo"))
        measure_overhead(folder, "processes:2", None)
        ratio = local["seconds"] / remote["seconds"]
        without = local["seconds"] / (remote["seconds"] - store_s / 2)
        parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in {"client": remote["cpu_s"], **used}.items())
        there_s = remote["cpu_s"] + sum(used.values())
        print(
            f"processor time: {local['cpu_s']:.1f} s here; {there_s:.1f} s there ({parts}): {local['cpu_s'] / there_s:.2f}"
        )
        print(f"processor time of the store: {store_s:.1f} s, on the same two processors")
        print(f"throughput: {ratio:.2f} of that on local disk; {without:.2f} with half of the store's time taken off")
        print(f"same files: {read_digests(here) == read_digests(there)}; load {os.getloadavg()[0]:.1f}")


def write_programme(root: Path, count: int) -> Path:
    """Write a programme of recordings that all differ."""
    write(root / "programme.yaml", PROGRAMME)
    recording = SAMPLE / "episodes/01-burger-centraal/recording/01-burger-centraal.flac"
    for number in range(1, count + 1):
        text = EPISODE.replace("2024-06-2{number}", "2024-06-{day:02}")
        guid = f"0b7c5e52-6b6c-4a39-8f6e-1f1d5a3b7{number:03}"
        folder = root / f"episodes/{number:02}-gesprek"
        write(folder / "episode.md", text.format(number=number, guid=guid, day=1 + number % 28))
        (folder / "recording").mkdir()
        cut = ["-stream_loop", "20", "-ss", str(number), "-t", str(DURATION_S), "-i", str(recording)]
        target = str(folder / "recording/a.wav")
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *cut, "-c:a", "pcm_s16le", target], check=True)
    return root


def copy(source: Path, target: Path) -> Path:
    shutil.copytree(source, target, copy_function=os.link)
    return target


def start_store(stack: ExitStack, folder: Path) -> Path:
    """Start the store; return the file with a line for each request."""
    port, log = free_port(), folder / "store.log"
    stack.enter_context(running(["sh", "-c", f"exec {SERVER} -H 127.0.0.1 -p {port} 2>{log}"], port))
    empty_bucket(port)
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }
    return log


def count_requests(log: str) -> None:
    """Print how many requests the store served, and how many bytes of objects it sent and received."""
    found = re.findall(rf'"\S*?(GET|HEAD|PUT|POST) /{BUCKET}(?:/cache/|\?)(\w+)(\S*) [^"]*" (\d+)', log)
    sizes = {entry.path: entry.size_bytes for entry in open_store(f"s3://{BUCKET}/cache").bucket.list("objects/")}
    counts = Counter(f"{method} {kind}" for method, kind, _, _ in found)
    moved = {
        method: sum(
            sizes[f"objects{path}"]
            for one, kind, path, code in found
            if (one, kind, code) == (method, "objects", "200")
        )
        for method in ("GET", "PUT")
    }
    print(f"{len(found)} requests: {', '.join(f'{count} {what}' for what, count in sorted(counts.items()))}")
    print(f"objects: {moved['PUT'] / 1e6:.0f} MB written, {moved['GET'] / 1e6:.0f} MB read", flush=True)


def start_cluster(stack: ExitStack, folder: Path) -> int:
    (folder / "scheduler").mkdir()
    port = stack.enter_context(scheduler(folder / "scheduler"))
    logs = []
    for name in ("worker-1", "worker-2"):
        (folder / name).mkdir()
        stack.enter_context(worker(port, folder / name, name=name))
        logs.append(folder / name / "log.txt")
    until = time.monotonic() + WAIT_S
    while not all("Registered to" in log.read_text() for log in logs) and time.monotonic() < until:
        time.sleep(0.1)
    return int(port)


def build(root: Path, *options: str) -> dict[str, float]:
    """Build as a process of its own; return seconds, tasks, and the client's memory in MB."""
    command = [sys.executable, "-P", "-m", "pipeline", "-C", str(root), "build", "episodes", "--json", *options]
    env = make_env(root.parent / f"home-of-{root.name}")
    start = time.monotonic()
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, cwd=root.parent) as process:
        peaks = watch_memory(process.pid)
        output = process.stdout.read() if process.stdout else b""
        process.wait()
    seconds = time.monotonic() - start
    document = json.loads(output)
    if document["failures"]:
        raise SystemExit(document["failures"])
    tasks = [step for step in document["steps"] if step["kind"] not in ("replaced", "waited", "up to date")]
    return {
        "seconds": seconds,
        "tasks": len(tasks),
        "memory_mb": max(peaks, default=0) / 1024,
        "cpu_s": document["cpu_s"],
    }


def measure_overhead(folder: Path, workers: str, store: ObjectStore | None) -> None:
    """Print the time of a task that does nothing, on two workers that are warm."""
    cache = Cache(folder / f"echo-{workers[:4]}", store=store, programme="echo")
    with open_executor(workers) as executor, cache.open_workspace() as workspace:
        runner = TaskRunner(cache=cache, executor=executor, folder=workspace, reporter=Reporter(step=lambda _: None))
        runner.run(run_echo, {number: EchoTask(number=-number) for number in range(1, 9)})
        start = time.monotonic()
        runner.run(run_echo, {number: EchoTask(number=number) for number in range(NO_OPS)})
        each_ms = (time.monotonic() - start) / NO_OPS * 1000
    print(f"a task that does nothing, {workers[:9]:9} {each_ms:6.1f} ms, {2 * each_ms:.1f} ms of a worker", flush=True)


def watch_memory(pid: int) -> list[int]:
    """Sample the resident memory of a process, in KiB, until it ends."""
    samples: list[int] = []

    def sample() -> None:
        while True:
            try:
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            except OSError:
                return
            samples.extend(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
            time.sleep(0.5)

    threading.Thread(target=sample, daemon=True).start()
    return samples


def measure_servers() -> dict[str, float]:
    """Measure the processor time of the servers that this process started, with their children, in seconds by name.

    Source: proc(5), fields 14 to 17 of stat.
    """
    stats = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended
            fields = path.read_text().rpartition(")")[2].split()
            command = (path.parent / "cmdline").read_text().split("\0")
            used_s = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
            stats[int(path.parent.name)] = int(fields[1]), used_s, command

    def measure(pid: int) -> float:
        return stats[pid][1] + sum(measure(one) for one, (parent, _, _) in stats.items() if parent == pid)

    found = {"scheduler": 0.0, "worker": 0.0, "moto_server": 0.0}
    for pid, (parent, _, command) in stats.items():
        for name in {Path(word).name for word in command} & found.keys() if parent == os.getpid() else ():
            found[name] += measure(pid)
    return found


def read_digests(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.glob("public/**/*.mp3"))}


def report(what: str, measured: dict[str, float], recordings: int) -> None:
    per_hour = recordings * DURATION_S / 3600 / measured["seconds"] * 3600
    print(
        f"{what:32} {measured['seconds']:7.1f} s  {measured['tasks']:5.0f} tasks  {per_hour:6.1f} h of sound per hour  "
        f"client {measured['memory_mb']:.0f} MB  (load {os.getloadavg()[0]:.1f})",
        flush=True,
    )


if __name__ == "__main__":
    main()
