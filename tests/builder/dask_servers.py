"""A Dask scheduler and workers on loopback, each a process with a home, a folder and a working folder of its own."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from tests.publish.http_servers import free_port, running

ROOT = Path(__file__).parents[2]
DASK = [sys.executable, "-P", "-m", "dask"]


def copy_package(folder):
    """Copy Weerslag, so that an edit during a test does not make client and workers differ."""
    for name in ("pipeline", "templates"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@contextmanager
def scheduler(folder):
    """Run a scheduler, and return its port."""
    port = free_port()
    command = [*DASK, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    with running(command, port, env=make_env(folder), cwd=folder):
        yield port


def make_env(folder, package=ROOT, **more):
    """Return an environment whose home and temporary files are below ``folder``."""
    for name in ("home", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in os.environ if name.startswith("AWS_") or name in ("PATH", "LANG")}
    homes = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "PYTHONPATH": str(package)}
    settings = {
        "DASK_DISTRIBUTED__COMM__RETRY__COUNT": "0",
        "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False",
        "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",  # this and what follows: docs/scaling.md
        "DASK_DISTRIBUTED__WORKER__MEMORY__MONITOR_INTERVAL": "1s",
        "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
        "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "5s",
    }
    return {**kept, **homes, **settings, **more}


@contextmanager
def worker(port, folder, *, name, package=ROOT, prefix=()):
    """Run a worker of one thread, and return its process.

    Args:
        port: Of its scheduler.
        folder: Its home, temporary files, copies of objects and working folder are in it.
        name: Its name.
        package: Folder with the package that it runs.
        prefix: Command that runs it: ``unshare …``.
    """
    env = make_env(folder, package)
    command = [*DASK, "worker", f"tcp://127.0.0.1:{port}", "--host", "127.0.0.1", "--nthreads", "1", "--name", name]
    log = (folder / "log.txt").open("wb")
    process = subprocess.Popen(
        [*prefix, *command, "--no-dashboard", "--nanny", "--local-directory", str(folder / "tmp")],
        env=env,
        cwd=folder,
        stdout=log,
        stderr=log,
        process_group=0,
    )
    try:
        yield process
    finally:
        stop(process)
        log.close()


def stop(process):
    """Stop a process and its group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
