"""The sample programme, built and served over HTTP: as it is, and with one title corrected."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.builder.build import run_build
from pipeline.builder.task_runner import Reporter
from pipeline.cache import Cache
from pipeline.content import load_programme
from pipeline.executors import open_executor
from tests.publish.http_servers import free_port, nginx
from tests.shared_folders import share_folder

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
    """A server of the programme: of the folder ``before``, and after ``correct`` of the folder ``after``."""

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
    def audio_files(self):
        """The content of each audio file of the feed, by name."""
        return {file.name: file.read_bytes() for file in (self.home / "public/audio").glob("*.mp3")}

    def show(self, public):
        """Serve a folder from now on."""
        shutil.rmtree(self.home / "public", ignore_errors=True)
        shutil.copytree(public, self.home / "public")

    def correct(self):
        """Serve the feed with the corrected title of the first episode."""
        self.show(self.after)

    def list_requests(self):
        """List the requests in the access log: method, path and status."""
        lines = (self.home / "access.log").read_text().splitlines()
        return [(*line.split('"')[1].split()[:2], int(line.split('"')[2].split()[0])) for line in lines]


def edit(file, old, new):
    text = file.read_text("utf-8")
    assert 1 == text.count(old), f"{old!r} occurs {text.count(old)} times in {file.name}"
    file.write_text(text.replace(old, new), "utf-8")


def build(root):
    cache = Cache(root / ".weerslag")
    with cache.lock(holder="a test", wait=True, waiting=print), open_executor("processes:2") as pool:
        built = run_build(
            load_programme(root),
            root=root,
            cache=cache,
            executor=pool,
            now=NOW,
            reporter=Reporter(step=print),
            targets=TARGETS,
        )
    assert () == built.failures


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """The sample programme after its first build, shared by all test processes."""
    return share_folder(tmp_path_factory, "sample", build_sample)


def build_sample(root):
    for part in ("episodes", "magazine"):
        shutil.copytree(SAMPLE / part, root / part)
    shutil.copy(SAMPLE / "programme.yaml", root)
    edit(root / "programme.yaml", "formats: [mp3, m4a, opus]", "formats: [mp3]")
    build(root)


@pytest.fixture(scope="session")
def builds(sample, tmp_path_factory):
    """A folder and a port, with the builds before and after the title is corrected, which only changes tags."""
    home, port = tmp_path_factory.mktemp("builds"), free_port()
    root = Path(shutil.copytree(sample, home / "programme"))
    edit(root / "programme.yaml", "https://example.org/ambtenaar-van-nu/", f"http://127.0.0.1:{port}/")
    build(root)
    shutil.copytree(root / "public", home / "before")
    edit(root / "episodes/01-burger-centraal/episode.md", "title: Burger centraal", f"title: {NEW_TITLE}")
    build(root)
    shutil.copytree(root / "public", home / "after")
    return port, home / "before", home / "after"


@pytest.fixture
def web(builds, tmp_path):
    port, before, after = builds
    one = Web(home=tmp_path / "web", port=port, before=before, after=after)
    one.show(before)
    with nginx(one.home, port, SERVING.format(folder=one.home / "public")):
        yield one
