"""A folder behind OpenSSH's own server: the same promises as a folder here, and nobody let in whom ssh would not let in."""

import getpass
import os
import re
import signal
import stat
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.errors import WeerslagError
from pipeline.publish import open_target
from pipeline.publish.targets import TakenError, TargetError
from tests.publish.conftest import Stage, everything
from tests.publish.servers import free_port, program, running
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
    with sshd(home, port):
        stage.publish()
    broken = ""
    for after_s in (0.02, 0.05, 0.09, 0.14, 0.2):
        change(stage)
        stage.put(2, sound=f"corrected {after_s}".encode() * 3000)
        stage.hang_up()
        with sshd(home, port) as server:
            stage.build()
            plan = stage.prepare()
            stop = threading.Thread(target=cut_off, args=(server.pid, after_s))
            stop.start()
            broken += outcome(stage, plan)
            stop.join()
            assert [] == untrue(stage)
            stage.hang_up()
            stage.publish()
        assert everything(stage.root / "public").items() <= everything(stage.where).items()
        assert () == stage.ledger.breaks
        assert [] == list(stage.where.rglob(".weerslag-half-*"))
    assert re.search("the connection broke|the server does not answer", broken)  # by how soon it was cut


def outcome(stage, plan):
    """What stopped it, in words; nothing if it was done before."""
    try:
        carry(stage, plan)
    except TargetError as error:
        return error.message
    return ""


def cut_off(server, after_s):
    """Kill the processes that serve the connection, and not the server."""
    time.sleep(after_s)
    for child in subprocess.run(
        ["pgrep", "-P", str(server)], capture_output=True, text=True, check=False
    ).stdout.split():
        os.kill(int(child), signal.SIGKILL)


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
