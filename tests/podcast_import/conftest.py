"""Old hosts on a loopback server, and commands as people type them."""

import io
import signal
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.cli import main
from tests.podcast_import.hosts import HOSTS
from tests.publish.http_servers import free_port, nginx

CHECKOUT = Path(__file__).parents[2]
TYPES = (
    "types { application/rss+xml rss xml; audio/mpeg mp3; audio/mp4 m4a; image/jpeg jpg; image/png png; text/vtt vtt; "
    "application/json json; text/html html; text/plain txt; }"
)


@dataclass
class Done:
    """What a command printed."""

    stdout: str
    stderr: str


def run_weerslag(*words, expected=0):
    """Run a command as people type it, in this process: starting Python takes longer than most commands."""
    output, errors, terminate = io.StringIO(), io.StringIO(), signal.getsignal(signal.SIGTERM)
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(output), redirect_stderr(errors):
        patch.setenv("LC_ALL", "C.UTF-8")
        patch.setattr(sys, "argv", ["weerslag", *map(str, words)])
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        finally:
            signal.signal(signal.SIGTERM, terminate)
    assert expected == code, f"{output.getvalue()}\n{errors.getvalue()}"
    return Done(output.getvalue(), errors.getvalue())


class OldWeb:
    """A server of old hosts under their names, and of new places under ``/nieuw/NAME/``."""

    def __init__(self, home):
        self.home, self.port, self.hosts = home, free_port(), {}
        (home / "old").mkdir(parents=True)
        (home / "new").mkdir()

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}/"

    def add(self, name):
        folder = self.home / "old" / name
        folder.mkdir()
        self.hosts[name] = HOSTS[name](folder, self.base)
        return self.hosts[name]

    def get_new_url(self, name):
        return f"{self.base}nieuw/{name}/"

    def get_target(self, name):
        return self.home / "new" / name

    @contextmanager
    def serve(self, *, moved=()):
        """Serve; ``moved`` are hosts whose feed redirects to its new address."""
        rules = [host.rules for host in self.hosts.values()]
        for name in moved:
            old, new = f"/{name}/{self.hosts[name].feed_path}", f"{self.get_new_url(name)}feed.xml"
            rules.append(f"location = {old} {{ return 301 {new}; }}\n")
        inside = (
            f"{TYPES} gzip on; gzip_types application/rss+xml; gzip_min_length 20; {''.join(rules)}"
            f"location /nieuw/ {{ alias {self.home}/new/; }} location / {{ root {self.home}/old; }}"
        )
        with nginx(self.home / "nginx", self.port, inside):
            yield

    def list_requests(self):
        """List path, status and range of the requests so far."""
        lines = (self.home / "nginx/access.log").read_text().splitlines()
        return [(line.split('"')[1].split()[1], int(line.split('"')[2].split()[0])) for line in lines]


@pytest.fixture
def old_web(tmp_path):
    return OldWeb(tmp_path / "web")
