"""A folder behind OpenSSH's own server: the same promises as a folder here, and nobody let in whom ssh would not let in."""

import getpass
import math
import os
import re
import signal
import socket
import socketserver
import stat
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pipeline.errors import WeerslagError
from pipeline.publish import open_target
from pipeline.publish.target import TakenError, TargetError
from tests.publish.conftest import Stage, everything
from tests.publish.servers import PATIENCE_S, free_port, program, running
from tests.publish.test_publishing import carry, refuse_over_a_foreign_feed
from tests.publish.test_stopped import change, untrue

SSHD = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {home}/host
PidFile {home}/pid
AuthorizedKeysFile {home}/authorized
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp {server}
"""


@contextmanager
def sshd(home, port, *, server="internal-sftp"):
    """OpenSSH on loopback, with keys of its own, for whoever runs the test."""
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(
            exist_ok=True
        )  # where it locks up its unprivileged half; the package's service makes it
    settings = home / "sshd_config"
    settings.write_text(SSHD.format(home=home, port=port, server=server))
    with running([program("sshd", "openssh-server"), "-D", "-e", "-f", str(settings)], port) as process:
        yield process


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with a key, and a server that knows it and is known."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (tmp_path / ".ssh").mkdir(mode=0o700)
    for name in ("host", ".ssh/id_ed25519"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    (tmp_path / "authorized").write_text((tmp_path / ".ssh/id_ed25519.pub").read_text())
    return tmp_path


@pytest.fixture
def port(home):
    made = free_port()
    (home / ".ssh/known_hosts").write_text(f"[127.0.0.1]:{made} {(home / 'host.pub').read_text()}")
    return made


class BySftp(Stage):
    """The same stage, published over SFTP to a folder that the test can look into."""

    opened = None

    @property
    def target(self):
        if self.opened is None:
            self.opened = open_target(self.address, root=self.root)
        return self.opened

    def hang_up(self):
        if self.opened is not None:
            self.opened.close()
        self.opened = None


@pytest.fixture
def stage(tmp_path, home, port):
    made = BySftp(root=tmp_path / "programme", where=tmp_path / "served/pod cast")
    made.address = f"sftp://{getpass.getuser()}@127.0.0.1:{port}{made.where}".replace(" ", "%20")
    made.root.mkdir()
    for number in (1, 2, 3):
        made.put(number)
    yield made
    made.hang_up()


def test_published_changed_and_published_again(stage, home, port):
    with sshd(home, port):
        stage.publish()
        assert everything(stage.root / "public") == everything(stage.where)
        (old,) = [path for path in everything(stage.where) if "audio/02" in path]
        change(stage)
        stage.publish()
        assert everything(stage.root / "public").items() <= everything(stage.where).items()
        assert old in everything(stage.where)
        before = {path: path.stat().st_mtime_ns for path in stage.where.rglob("*")}
        plan, said = stage.publish()
        stage.later(days=31)
        stage.publish(prune=True)

    assert (True, []) == (plan.is_idle, said)
    assert before.items() >= {path: path.stat().st_mtime_ns for path in stage.where.rglob("*.mp3")}.items()
    assert everything(stage.root / "public") == everything(stage.where)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in stage.where.rglob("*")}
    assert {0o644, 0o755} == modes  # so that a web server can read it
    assert f"sftp://127.0.0.1:{port}" in stage.ledger.lines[0].target
    assert "@" not in stage.ledger.lines[0].target  # two people publish to one place, each under their own name


def test_withdrawing_leaves_no_file_and_no_folder_of_it(stage, home, port):
    with sshd(home, port):
        stage.publish()
        del stage.episodes[2]
        stage.publish(withdraw=("guid-2",))

    assert [] == [path for path in stage.where.rglob("*") if "02-aflevering" in path.name]


def test_a_name_is_given_once_and_a_feed_is_switched_only_if_it_is_the_one_that_was_read(stage, home, port):
    with sshd(home, port):
        stage.build()
        plan = stage.prepare()
        sound = plan.media[0]
        (stage.where / "audio").mkdir(parents=True)
        (stage.where / sound.path).write_bytes(b"not ours")
        with pytest.raises(TakenError, match="never overwritten"):
            stage.target.create(sound)
        assert b"not ours" == (stage.where / sound.path).read_bytes()
        (stage.where / sound.path).unlink()
        stage.publish()
        refuse_over_a_foreign_feed(stage)

    assert [] == list(stage.where.rglob(".weerslag-half-*"))


def test_a_connection_that_breaks_at_any_moment_leaves_the_feed_true(stage, home, port):
    behind = free_port()
    with sshd(home, behind) as server, cable(port, behind, server) as wire:
        stage.publish()
        change(stage)
        stage.publish()
        plan, before_bytes = planned(stage, "9.99"), wire.carried_bytes
        assert "" == outcome(stage, plan)
        whole_bytes = wire.carried_bytes - before_bytes
        for part in (0.0, 0.1, 0.4, 0.6, 0.8, 0.95):
            plan = planned(stage, f"{part:.2f}")
            wire.left_bytes = int(part * whole_bytes)
            assert re.search("the connection broke|the server does not answer", outcome(stage, plan)), part
            assert [] == untrue(stage)
            stage.hang_up()
            wire.left_bytes = math.inf
            stage.publish()
            assert everything(stage.root / "public").items() <= everything(stage.where).items()
            assert () == stage.ledger.breaks
            assert [] == list(stage.where.rglob(".weerslag-half-*"))


def planned(stage, mark):
    """The plan for a sound, a title and pages that differ from those before."""
    stage.put(2, sound=f"corrected {mark}".encode() * 3000)
    stage.put(1, title=f"Een andere titel {mark}")
    stage.later(hours=1)
    stage.build()
    return stage.prepare()


class Cable(socketserver.ThreadingTCPServer):
    """Lies between a client and a server, and breaks after so many bytes of what the client says."""

    allow_reuse_address = daemon_threads = True
    block_on_close = False
    left_bytes, carried_bytes = math.inf, 0


class Through(socketserver.BaseRequestHandler):
    def handle(self):
        with socket.create_connection(("127.0.0.1", self.server.behind)) as there:
            for end_of_it in (there, self.request):
                end_of_it.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.back, args=(there,), daemon=True).start()
            while self.server.left_bytes and (said := self.request.recv(4096)):
                there.sendall(said[: int(min(len(said), self.server.left_bytes))])
                self.server.left_bytes = max(0, self.server.left_bytes - len(said))
                self.server.carried_bytes += len(said)
            if not self.server.left_bytes:
                end(children_of(self.server.process.pid))
            with suppress(OSError):
                there.shutdown(socket.SHUT_RDWR)

    def back(self, there):
        with suppress(OSError):
            while said := there.recv(4096):
                self.request.sendall(said)
            self.request.shutdown(socket.SHUT_RDWR)


@contextmanager
def cable(port, behind, process):
    """A cable from that port to the server behind it, whose processes for a connection die with it."""
    with Cable(("127.0.0.1", port), Through) as one:
        one.behind, one.process = behind, process
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield one
        finally:
            one.shutdown()
            thread.join()


def outcome(stage, plan):
    """What stopped it, in words; nothing if it was done before."""
    try:
        carry(stage, plan)
    except TargetError as error:
        return error.message
    return ""


def children_of(pid):
    """The processes that a process started, and theirs."""
    parents = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(file.parent.name)] = int(file.read_text().rpartition(")")[2].split()[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def end(pids):
    """End them, and wait until none of them writes any more."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    over = time.monotonic() + PATIENCE_S
    while any(map(alive, pids)) and time.monotonic() < over:
        time.sleep(0.01)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_server_that_nobody_knows_is_not_talked_to(stage, home, port):
    known = home / ".ssh/known_hosts"
    other = home / ".ssh/id_ed25519.pub"
    with sshd(home, port):
        for text in ("", f"[127.0.0.1]:{port} {other.read_text()}"):
            known.write_text(text)
            with pytest.raises(TargetError, match="not known here, or shows another key"):
                stage.target  # noqa: B018  # it is opened
        known.unlink()
        with pytest.raises(TargetError, match="not known here"):
            stage.target  # noqa: B018


def test_who_is_not_let_in_is_told_so(stage, home, port):
    (home / "authorized").write_text("")
    with sshd(home, port), pytest.raises(TargetError, match="does not let you in"):
        stage.target  # noqa: B018


def test_the_settings_of_ssh_count(stage, home, port):
    (home / ".ssh/config").write_text(
        f"Host podcast\n  HostName 127.0.0.1\n  Port {port}\n  User {getpass.getuser()}\n"
    )
    stage.address = f"sftp://podcast{stage.where}".replace(" ", "%20")
    with sshd(home, port):
        stage.publish()

    assert (stage.where / "feed.xml").exists()
    assert "sftp://podcast/" in stage.ledger.lines[0].target


def test_a_folder_that_may_not_be_written_is_told(stage, home, port):
    with sshd(home, port, server="internal-sftp -R"), pytest.raises(WeerslagError, match="no right to write"):
        stage.publish()

    assert () == stage.ledger.lines


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("sftp://host", "no address"),
        ("sftp:///srv/www", "no address"),
        ("sftp://host:no/srv", "no address"),
        ("sftp://me:hush@host/srv", "a password has no place"),
        ("ftp://host/srv", "nothing can be brought there"),
    ],
)
def test_what_is_no_address_is_told(tmp_path, address, told):
    with pytest.raises(TargetError, match=told) as error:
        open_target(address, root=tmp_path)

    assert "hush" not in str(error.value)


def test_a_server_that_does_not_answer_is_told(tmp_path, home):
    with pytest.raises(TargetError, match="does not answer"):
        open_target("sftp://127.0.0.1:9/srv/www", root=tmp_path)
