"""An SFTP target on a real OpenSSH server: the same guarantees as a folder, and the same access rules as ssh."""

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
from pipeline.publish.target import ConflictError, TargetError
from pipeline.publish.target_factory import open_target
from tests.publish.conftest import SamplePodcast, read_tree
from tests.publish.http_servers import TIMEOUT_S, free_port, program, running
from tests.publish.test_interruptions import change, find_wrong_urls
from tests.publish.test_upload import check_that_a_foreign_feed_is_kept, upload

pytestmark = pytest.mark.external

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
    """Run OpenSSH on loopback, with its own keys, for the user who runs the test."""
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # for privilege separation; the package's service creates it
    settings = home / "sshd_config"
    settings.write_text(SSHD.format(home=home, port=port, server=server))
    with running([program("sshd", "openssh-server"), "-D", "-e", "-f", str(settings)], port) as process:
        yield process


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder with a key pair, and a host key that it trusts."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (tmp_path / ".ssh").mkdir(mode=0o700)
    for name in ("host", ".ssh/id_ed25519"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    (tmp_path / "authorized").write_text((tmp_path / ".ssh/id_ed25519.pub").read_text())
    return tmp_path


@pytest.fixture
def port(home):
    port = free_port()
    (home / ".ssh/known_hosts").write_text(f"[127.0.0.1]:{port} {(home / 'host.pub').read_text()}")
    return port


class SftpPodcast(SamplePodcast):
    """The sample podcast, published over SFTP to a folder that the test can read."""

    opened = None

    @property
    def target(self):
        if self.opened is None:
            self.opened = open_target(self.address, root=self.root)
        return self.opened

    def disconnect(self):
        if self.opened is not None:
            self.opened.close()
        self.opened = None


@pytest.fixture
def podcast(tmp_path, home, port):
    sample = SftpPodcast(root=tmp_path / "programme", served=tmp_path / "served/pod cast")
    sample.address = f"sftp://{getpass.getuser()}@127.0.0.1:{port}{sample.served}".replace(" ", "%20")
    sample.root.mkdir()
    for number in (1, 2, 3):
        sample.put(number)
    yield sample
    sample.disconnect()


def test_changes_are_published_after_the_first_publish(podcast, home, port):
    with sshd(home, port):
        podcast.publish()
        assert read_tree(podcast.root / "public") == read_tree(podcast.served)
        (old,) = [path for path in read_tree(podcast.served) if "audio/02" in path]
        change(podcast)
        podcast.publish()
        assert read_tree(podcast.root / "public").items() <= read_tree(podcast.served).items()
        assert old in read_tree(podcast.served)
        before = {path: path.stat().st_mtime_ns for path in podcast.served.rglob("*")}
        plan, steps = podcast.publish()
        podcast.advance_clock(days=31)
        podcast.publish(prune=True)

    assert (True, []) == (plan.is_up_to_date, steps)
    assert before.items() >= {path: path.stat().st_mtime_ns for path in podcast.served.rglob("*.mp3")}.items()
    assert read_tree(podcast.root / "public") == read_tree(podcast.served)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in podcast.served.rglob("*")}
    assert {0o644, 0o755} == modes  # readable for a web server
    assert f"sftp://127.0.0.1:{port}" in podcast.log.entries[0].target
    assert "@" not in podcast.log.entries[0].target  # two people may publish there, each with their own account


def test_withdrawing_leaves_no_file_and_no_folder(podcast, home, port):
    with sshd(home, port):
        podcast.publish()
        del podcast.episodes[2]
        podcast.publish(withdraw=("guid-2",))

    assert [] == [path for path in podcast.served.rglob("*") if "02-aflevering" in path.name]


def test_names_are_created_once_and_a_foreign_feed_is_kept(podcast, home, port):
    with sshd(home, port):
        podcast.build()
        plan = podcast.prepare()
        audio = plan.diff.media[0]
        (podcast.served / "audio").mkdir(parents=True)
        (podcast.served / audio.path).write_bytes(b"not ours")
        with pytest.raises(ConflictError, match="never overwritten"):
            podcast.target.create(audio)
        assert b"not ours" == (podcast.served / audio.path).read_bytes()
        (podcast.served / audio.path).unlink()
        podcast.publish()
        check_that_a_foreign_feed_is_kept(podcast)

    assert [] == list(podcast.served.rglob(".weerslag-half-*"))


def test_a_connection_lost_at_any_moment_leaves_the_feed_correct(podcast, home, port):
    behind = free_port()
    with sshd(home, behind) as server, limited_proxy(port, behind, server) as connection:
        podcast.publish()
        change(podcast)
        podcast.publish()
        plan, before_bytes = prepare_change(podcast, "9.99"), connection.carried_bytes
        assert "" == outcome(podcast, plan)
        whole_bytes = connection.carried_bytes - before_bytes
        for part in (0.0, 0.1, 0.4, 0.6, 0.8, 0.95):
            plan = prepare_change(podcast, f"{part:.2f}")
            connection.left_bytes = int(part * whole_bytes)
            assert re.search("the connection was lost|no response from the server", outcome(podcast, plan)), part
            assert [] == find_wrong_urls(podcast)
            podcast.disconnect()
            connection.left_bytes = math.inf
            podcast.publish()
            assert read_tree(podcast.root / "public").items() <= read_tree(podcast.served).items()
            assert () == podcast.log.breaks
            assert [] == list(podcast.served.rglob(".weerslag-half-*"))


def prepare_change(podcast, mark):
    """Prepare a plan with new audio, a new title and new pages."""
    podcast.put(2, audio=f"corrected {mark}".encode() * 3000)
    podcast.put(1, title=f"Een andere titel {mark}")
    podcast.advance_clock(hours=1)
    podcast.build()
    return podcast.prepare()


class LimitedProxy(socketserver.ThreadingTCPServer):
    """A TCP proxy that drops the connection after so many bytes from the client."""

    allow_reuse_address = daemon_threads = True
    block_on_close = False
    left_bytes, carried_bytes = math.inf, 0


class ProxyHandler(socketserver.BaseRequestHandler):
    def handle(self):
        with socket.create_connection(("127.0.0.1", self.server.behind)) as upstream:
            for side in (upstream, self.request):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.send_back, args=(upstream,), daemon=True).start()
            while self.server.left_bytes and (data := self.request.recv(4096)):
                upstream.sendall(data[: int(min(len(data), self.server.left_bytes))])
                self.server.left_bytes = max(0, self.server.left_bytes - len(data))
                self.server.carried_bytes += len(data)
            if not self.server.left_bytes:
                kill(find_descendants(self.server.process.pid))
            with suppress(OSError):
                upstream.shutdown(socket.SHUT_RDWR)

    def send_back(self, upstream):
        with suppress(OSError):
            while data := upstream.recv(4096):
                self.request.sendall(data)
            self.request.shutdown(socket.SHUT_RDWR)


@contextmanager
def limited_proxy(port, behind, process):
    """Run a proxy in front of a server, and kill the server's processes for a connection that is dropped."""
    with LimitedProxy(("127.0.0.1", port), ProxyHandler) as one:
        one.behind, one.process = behind, process
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield one
        finally:
            one.shutdown()
            thread.join()


def outcome(podcast, plan):
    """Upload, and return the error message; empty on success."""
    try:
        upload(podcast, plan)
    except TargetError as error:
        return error.message
    return ""


def find_descendants(pid):
    """Find all descendants of a process."""
    parents = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(file.parent.name)] = int(file.read_text().rpartition(")")[2].split()[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def kill(pids):
    """Kill processes, and wait until none of them runs."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + TIMEOUT_S
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_an_unknown_host_key_is_refused(podcast, home, port):
    known = home / ".ssh/known_hosts"
    other = home / ".ssh/id_ed25519.pub"
    with sshd(home, port):
        for text in ("", f"[127.0.0.1]:{port} {other.read_text()}"):
            known.write_text(text)
            with pytest.raises(TargetError, match="host key is unknown, or changed"):
                podcast.target  # noqa: B018  # opens the connection
        known.unlink()
        with pytest.raises(TargetError, match="host key is unknown"):
            podcast.target  # noqa: B018


def test_denied_access_is_explained(podcast, home, port):
    (home / "authorized").write_text("")
    with sshd(home, port), pytest.raises(TargetError, match="denied access"):
        podcast.target  # noqa: B018


def test_the_ssh_config_is_used(podcast, home, port):
    (home / ".ssh/config").write_text(
        f"Host podcast\n  HostName 127.0.0.1\n  Port {port}\n  User {getpass.getuser()}\n"
    )
    podcast.address = f"sftp://podcast{podcast.served}".replace(" ", "%20")
    with sshd(home, port):
        podcast.publish()

    assert (podcast.served / "feed.xml").exists()
    assert "sftp://podcast/" in podcast.log.entries[0].target


def test_a_read_only_folder_is_reported(podcast, home, port):
    with sshd(home, port, server="internal-sftp -R"), pytest.raises(WeerslagError, match="permission denied"):
        podcast.publish()

    assert () == podcast.log.entries


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("sftp://host", "invalid SFTP address"),
        ("sftp:///srv/www", "invalid SFTP address"),
        ("sftp://host:no/srv", "invalid SFTP address"),
        ("sftp://me:hush@host/srv", "do not put a password"),
        ("ftp://host/srv", "unsupported kind of target"),
    ],
)
def test_an_invalid_address_is_reported(tmp_path, address, message):
    with pytest.raises(TargetError, match=message) as error:
        open_target(address, root=tmp_path)

    assert "hush" not in str(error.value)


def test_an_unreachable_server_is_reported(tmp_path, home):
    with pytest.raises(TargetError, match="no response from the server"):
        open_target("sftp://127.0.0.1:9/srv/www", root=tmp_path)
