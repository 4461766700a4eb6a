"""A Dask cluster that shares no disk with its client, over an S3 server on loopback: loses workers, store and scheduler.

Each process has a home of its own. The folders of the clients are hidden from the workers, where the test runs as root.
"""

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.builder.conftest import EPISODE, PROGRAMME, SAMPLE, write
from tests.builder.dask_servers import copy_package, make_env, scheduler, stop, worker
from tests.publish.s3_server import BUCKET, empty_bucket, moto

pytestmark = [pytest.mark.slow, pytest.mark.external, pytest.mark.long]

PATIENCE_S = 900  # only for what hangs: a busy machine is slow
AWAY_S = 10
SCRATCH = "home/.cache/weerslag/worker/tmp"


class Relay:
    """A TCP relay to a server that can be cut: connections break, and new ones are refused."""

    def __init__(self, behind):
        self._behind, self._pairs = behind, []
        self._listen(0)

    def _listen(self, port):
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._socket,), daemon=True).start()

    def _accept(self, listening):
        while True:
            try:
                one, _ = listening.accept()
                other = socket.create_connection(("127.0.0.1", self._behind))
            except OSError:
                return
            self._pairs.append((one, other))
            for source, sink in ((one, other), (other, one)):
                threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()

    def _copy(self, source, sink):
        with suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)
        for one in (source, sink):
            close(one)

    def cut(self):
        close(self._socket)
        for pair in self._pairs:
            for one in pair:
                close(one)
        self._pairs = []

    def mend(self):
        self._listen(self.port)


def close(one):
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


class Cluster:
    """A scheduler and two workers, which can be stopped and started again."""

    def __init__(self, folder, hidden, package):
        self.folder, self.hidden, self.package, self.stack = folder, hidden, package, ExitStack()

    def start(self):
        place = self.folder / "scheduler"
        place.mkdir(exist_ok=True)
        self.port = self.stack.enter_context(scheduler(place))
        for name in ("worker-1", "worker-2"):
            (self.folder / name).mkdir(exist_ok=True)
            started = worker(self.port, self.folder / name, name=name, package=self.package, prefix=hide(self.hidden))
            self.stack.enter_context(started)
        wait_until(lambda: all("Registered to" in self.read_log(name) for name in ("worker-1", "worker-2")))

    def stop(self):
        self.stack.close()
        for log in self.folder.glob("worker-*/log.txt"):
            log.unlink()

    def read_log(self, name):
        return (self.folder / name / "log.txt").read_text(errors="replace")

    def find_encoding_worker(self):
        """Return the process id of a worker that encodes at this moment; its scratch folder is named after it."""
        found = sorted(self.folder.glob(f"worker-*/{SCRATCH}/*/*/out/sound.mp3"))
        return int(found[0].parents[2].name.rpartition("-")[2]) if found else 0

    def list_children(self):
        """List the processes that run tasks for the workers."""
        lines = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout.splitlines()
        return [line for line in lines if "-m pipeline.executors" in line]


def hide(folder):
    """Return a command that runs another where a folder is empty; nothing where that is not permitted."""
    script = f"mount -t tmpfs none '{folder}' && exec \"$@\""
    command = ["unshare", "-m", "sh", "-c", script, "sh"]
    tried = subprocess.run([*command, "true"], capture_output=True, check=False)
    return command if tried.returncode == 0 else ()


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)
    return found


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    """The folder with all that clients have."""
    return tmp_path_factory.mktemp("clients")


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A copy of Weerslag that all run."""
    return copy_package(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def store():
    """A relay to an S3 server."""
    with moto() as port:
        empty_bucket(port)
        yield Relay(port)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, clients, store, package):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{store.port}",
        }.items():
            patch.setenv(name, value)
        started = Cluster(tmp_path_factory.mktemp("cluster"), clients, package)
        started.start()
        yield started
        started.stop()


@pytest.fixture(scope="module")
def source(clients, package):
    """A programme of two episodes, each long enough to be encoded for a moment."""
    (clients / "package").symlink_to(package)
    root = clients / "source"
    write(root / "programme.yaml", PROGRAMME)
    for number in (1, 2):
        folder = root / f"episodes/0{number}-gesprek"
        write(folder / "episode.md", EPISODE.format(number=number, guid=f"0b7c5e52-6b6c-4a39-8f6e-1f1d5a3b7c0{number}"))
        (folder / "recording").mkdir()
        recording = SAMPLE / "episodes/01-burger-centraal/recording/01-burger-centraal.flac"
        repeat = ["-stream_loop", "3", "-ss", str(5 * number), "-t", "40", "-i", str(recording), "-c:a", "pcm_s16le"]
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *repeat, str(folder / "recording/a.wav")], check=True)
    return root


@contextmanager
def building(root, *options):
    """Start ``weerslag build`` as a client of its own, and yield the process."""
    env = make_env(root.parent / f"home-of-{root.name}", root.parent / "package", PYTHONUNBUFFERED="1")
    command = [sys.executable, "-P", "-m", "pipeline", "-C", str(root), "build", *options]
    with (
        (root.parent / f"{root.name}.log").open("wb") as log,
        subprocess.Popen(
            command, env=env, cwd=root.parent, stdout=subprocess.PIPE, stderr=log, process_group=0, text=True
        ) as process,
    ):
        try:
            yield process
        finally:
            stop(process)


def build_on(cluster, root, prefix, *options):
    return building(root, "--workers", f"dask:127.0.0.1:{cluster.port}", "--cache", f"s3://{BUCKET}/{prefix}", *options)


def read_log(root):
    return (root.parent / f"{root.name}.log").read_text()


def copy(source, name):
    return Path(shutil.copytree(source, source.parent / name))


def build_here(source, name):
    root = copy(source, name)
    with building(root, "--workers", "local") as process:
        assert process.wait(PATIENCE_S) == 0, read_log(root)
    return read_trees(root)


def read_trees(root):
    files = [path for tree in ("public", "press") for path in (root / tree).rglob("*") if path.is_file()]
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def expected(source):
    """What a build on this machine makes."""
    return build_here(source, "here")


def test_a_killed_worker_a_lost_store_and_a_new_scheduler_change_no_byte(cluster, store, source, expected):
    root = copy(source, "remote")
    with build_on(cluster, root, "faults") as process:
        os.kill(wait_until(cluster.find_encoding_worker), signal.SIGKILL)
        store.cut()
        time.sleep(AWAY_S)
        store.mend()
        assert process.wait(PATIENCE_S) == 0, read_log(root)

    assert expected == read_trees(root)
    assert "lost" in read_log(root)
    assert "waited" in read_log(root)

    cluster.stop()
    cluster.start()
    with build_on(cluster, root, "faults", "--json") as process:
        again = json.loads(process.communicate(timeout=PATIENCE_S)[0])
    assert {"up to date"} == {step["kind"] for step in again["steps"]}
    text = (root / "episodes/02-gesprek/episode.md").read_text()
    (root / "episodes/02-gesprek/episode.md").write_text(text.replace("title: Gesprek 2", "title: Een andere titel"))
    with build_on(cluster, root, "faults") as process:
        assert process.wait(PATIENCE_S) == 0, read_log(root)
    shutil.rmtree(root / ".weerslag")
    changed = copy(root, "changed-source")
    assert build_here(changed, "changed-here") == read_trees(root)


def test_two_clients_at_once_are_both_right_and_run_no_task_twice(cluster, source, expected):
    roots = [copy(source, name) for name in ("one", "other")]
    with ExitStack() as stack:
        processes = [stack.enter_context(build_on(cluster, root, "both", "--json")) for root in roots]
        outputs = [process.communicate(timeout=PATIENCE_S)[0] for process in processes]
    assert [0, 0] == [process.returncode for process in processes], [read_log(root) for root in roots]
    documents = [json.loads(output) for output in outputs]

    assert [expected, expected] == [read_trees(root) for root in roots]
    runs = [
        (step["kind"], step["subject"])
        for document in documents
        for step in document["steps"]
        if step["kind"] not in ("up to date", "replaced", "waited", "lost")
    ]
    reused = [step for document in documents for step in document["steps"] if step["kind"] == "up to date"]
    assert len(set(runs)) > 20
    assert len(set(runs)) == len(runs) == len(reused)  # each task ran for one of them, and the other waited for it


def test_an_interrupt_ends_the_work_on_the_cluster(cluster, source):
    root = copy(source, "interrupted")
    with build_on(cluster, root, "interrupted") as process:
        wait_until(cluster.find_encoding_worker)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130

    wait_until(lambda: not list(cluster.folder.glob(f"worker-*/{SCRATCH}/*/*/out/*")))
    assert not (root / "public").exists()


def test_bad_input_fails_once_with_the_message_and_exit_code_of_a_local_build(cluster, source):
    root, local = copy(source, "bad"), source.parent / "bad-here"
    (root / "episodes/02-gesprek/recording/a.wav").write_bytes(b"RIFF, but no sound")
    copy(root, local.name)
    with build_on(cluster, root, "bad") as process:
        remote = process.wait(PATIENCE_S)
    with building(local, "--workers", "local") as process:
        here = process.wait(PATIENCE_S)

    assert (1, 1) == (remote, here)
    errors = [
        [line for line in read_log(one).splitlines() if line.startswith(("failed", "  hint")) or "error:" in line]
        for one in (root, local)
    ]
    assert [line.replace(local.name, root.name) for line in errors[1]] == errors[0]
    assert errors[0]


def test_a_cluster_without_a_store_is_refused_if_it_does_not_see_the_disk(cluster, source):
    root = copy(source, "unseen")
    with building(root, "--workers", f"dask:127.0.0.1:{cluster.port}") as process:
        code = process.wait(PATIENCE_S)

    is_hidden = bool(hide(cluster.hidden))  # else it may be used, and is
    assert (5 if is_hidden else 0, is_hidden) == (code, "does not see this disk" in read_log(root))


def test_a_client_with_other_versions_is_refused_before_an_upload(cluster, store, source):
    root = copy(source, "skewed")
    copy_of_package = source.parent / "other-weerslag"
    shutil.copytree(cluster.package, copy_of_package)
    with (copy_of_package / "pipeline/audio/mastering.py").open("a") as file:
        file.write("# another version\n")
    env = make_env(root.parent / "home-of-skewed") | {"PYTHONPATH": str(copy_of_package)}
    options = ["--workers", f"dask:127.0.0.1:{cluster.port}", "--cache", f"s3://{BUCKET}/skewed"]
    command = [sys.executable, "-P", "-m", "pipeline", "-C", str(root), "build", *options]
    completed = subprocess.run(command, env=env, cwd=root, capture_output=True, text=True, check=False)

    assert 5 == completed.returncode
    assert "has another copy of Weerslag" in completed.stderr
    assert "Install the same versions everywhere" in completed.stderr
