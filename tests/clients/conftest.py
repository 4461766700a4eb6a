"""The sample programme, built and served over HTTP on this machine: as it is, and with one title corrected."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock

from pipeline.builder import Talk, bring_up_to_date
from pipeline.cache import Store
from pipeline.content import load_programme
from pipeline.executors import open_workers
from tests.publish.servers import free_port, nginx

SAMPLE = Path(__file__).parents[2]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TARGETS = ("episodes", "feed")
NEW_TITLE = "Burger voorop"
SERVING = """\
location / {{ root {folder}; }}
types {{ application/rss+xml xml; audio/mpeg mp3; image/jpeg jpg; text/vtt vtt; application/json json; }}
"""


@dataclass
class Web:
    """The programme at ``address``: what stands in ``before``, and after ``correct`` what stands in ``after``."""

    home: Path
    port: int
    before: Path
    after: Path

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}/"

    @property
    def feed(self):
        return f"{self.base}feed.xml"

    @property
    def sounds(self):
        """By name, the bytes of each sound that the feed names now."""
        return {file.name: file.read_bytes() for file in (self.home / "public/audio").glob("*.mp3")}

    def show(self, public):
        """Serve that folder from now on."""
        shutil.rmtree(self.home / "public", ignore_errors=True)
        shutil.copytree(public, self.home / "public")

    def correct(self):
        """The title of the first episode is another one from now on."""
        self.show(self.after)

    def asked(self):
        """The lines of the server's log: method, path and status."""
        lines = (self.home / "access.log").read_text().splitlines()
        return [(*line.split('"')[1].split()[:2], int(line.split('"')[2].split()[0])) for line in lines]


def edit(file, old, new):
    text = file.read_text("utf-8")
    assert 1 == text.count(old), f"{old!r} stands {text.count(old)} times in {file.name}"
    file.write_text(text.replace(old, new), "utf-8")


def build(root):
    store = Store(root / ".weerslag")
    with store.locked(holder="a test", wait=True, waiting=print), open_workers("processes:2") as pool:
        built = bring_up_to_date(
            load_programme(root), root=root, store=store, pool=pool, now=NOW, talk=Talk(step=print), targets=TARGETS
        )
    assert () == built.failures


@pytest.fixture(scope="session")
def sample(tmp_path_factory, worker_id):
    """The sample programme after its first build, made once for all processes that test."""
    base = tmp_path_factory.getbasetemp()
    root = (base if worker_id == "master" else base.parent) / "sample"
    with FileLock(f"{root}.lock"):
        if not (root / "public").exists():
            for part in ("episodes", "magazine"):
                shutil.copytree(SAMPLE / part, root / part, dirs_exist_ok=True)
            shutil.copy(SAMPLE / "programme.yaml", root)
            edit(root / "programme.yaml", "formats: [mp3, m4a, opus]", "formats: [mp3]")
            build(root)
    return root


@pytest.fixture(scope="session")
def told(sample, tmp_path_factory):
    """A port, and what is served there before and after a title is corrected: only tags are written anew."""
    home, port = tmp_path_factory.mktemp("told"), free_port()
    root = Path(shutil.copytree(sample, home / "programme"))
    edit(root / "programme.yaml", "https://example.org/ambtenaar-van-nu/", f"http://127.0.0.1:{port}/")
    build(root)
    shutil.copytree(root / "public", home / "before")
    edit(root / "episodes/01-burger-centraal/episode.md", "title: Burger centraal", f"title: {NEW_TITLE}")
    build(root)
    shutil.copytree(root / "public", home / "after")
    return port, home / "before", home / "after"


@pytest.fixture
def web(told, tmp_path):
    port, before, after = told
    one = Web(home=tmp_path / "web", port=port, before=before, after=after)
    one.show(before)
    with nginx(one.home, port, SERVING.format(folder=one.home / "public")):
        yield one
