"""Purges, pages for participants and foreign keys on real servers: S3 (moto) and SFTP (OpenSSH)."""

import getpass
import http.client

import pytest

from pipeline.cache import Cache
from pipeline.errors import GateError, WeerslagError
from pipeline.model import Cut
from pipeline.publish.forget_run import publish_participant_pages
from pipeline.publish.participant_pages import plan_participant_upload, upload_participant_pages
from pipeline.publish.target_addresses import remember_address
from pipeline.publish.target_factory import open_target
from tests.publish.conftest import SamplePodcast
from tests.publish.s3_server import BUCKET, KEY, empty_bucket, moto
from tests.publish.test_purge import SECRET, run
from tests.publish.test_sftp_target import home, port, sshd

pytestmark = pytest.mark.external

__all__ = ["home", "port"]  # fixtures


@pytest.fixture(scope="module")
def storage():
    with moto() as server:
        yield server


@pytest.fixture(params=["s3", "sftp"])
def address(request, tmp_path, monkeypatch, storage, home, port):
    """The address of an empty place on a running server."""
    if request.param == "s3":
        empty_bucket(storage)
        for name, value in (("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b"), ("REGION", "eu-west-1")):
            monkeypatch.setenv(f"AWS_{name}", value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{storage}")
        yield f"s3://{BUCKET}/avn"
    else:
        with sshd(home, port):
            yield f"sftp://{getpass.getuser()}@127.0.0.1:{port}{tmp_path}/served"


class ServedPodcast(SamplePodcast):
    """The sample podcast, published to an address."""

    @property
    def target(self):
        return open_target(str(self.served), root=self.root)


@pytest.fixture
def podcast(tmp_path, address):
    sample = ServedPodcast(root=tmp_path / "programme", served=address)
    sample.root.mkdir()
    for number in (1, 2):
        sample.put(number)
    return sample


def find_stored(address, root, secret=SECRET):
    target = open_target(address, root=root)
    found = [path for path in target.list_files() if secret in (target.read(path) or (b"",))[0]]
    target.close()
    return found


def test_a_purge_removes_the_old_sound_at_both_addresses(podcast, tmp_path):
    podcast.put(2, audio=SECRET)
    podcast.publish()
    server, podcast.served = podcast.served, tmp_path / "elsewhere"
    podcast.publish()
    assert find_stored(server, podcast.root)
    podcast.put(2, audio=b"zonder" * 4000, cuts=(Cut(from_ms=1000, to_ms=2000),))

    _, removals = run(podcast, purge=("02-aflevering",))

    assert [("", ()), ("", ())] == [(one.problem, one.left) for one in removals]
    assert ([], []) == (find_stored(server, podcast.root), find_stored(str(podcast.served), podcast.root))
    assert () == podcast.log.breaks


def write_pages(root, pages):
    for path, text in pages.items():
        file = root / "press/participants" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def upload(root, address):
    target = open_target(address, root=root)
    plan, steps = plan_participant_upload(root, target), []
    upload_participant_pages(plan, target, steps.append)
    stored = {path for path in target.list_files() if not path.startswith(".")}
    target.close()
    return [f"{step.kind} {step.subject}" for step in steps], stored


def test_pages_for_participants_follow_what_changes(tmp_path, address):
    write_pages(tmp_path, {"index.html": "Welkom", "events/besloten/index.html": "Besloten", "site.css": "x"})
    steps, stored = upload(tmp_path, address)
    assert ["uploaded site.css", "uploaded events/besloten/index.html", "uploaded index.html"] == steps
    assert {"participants.txt", "index.html", "events/besloten/index.html", "site.css"} == stored
    assert [] == upload(tmp_path, address)[0]

    write_pages(tmp_path, {"index.html": "Welkom terug"})
    (tmp_path / "press/participants/events/besloten/index.html").unlink()

    steps, stored = upload(tmp_path, address)
    assert ["uploaded index.html", "removed events/besloten/index.html"] == steps
    assert {"participants.txt", "index.html", "site.css"} == stored


def test_pages_for_participants_are_brought_up_to_date_where_they_ever_were(tmp_path, address):
    write_pages(tmp_path, {"index.html": "Welkom, Zoë", "oud.html": "Zoë"})
    upload(tmp_path, address)
    cache = Cache(tmp_path / ".weerslag")
    target = open_target(address, root=tmp_path)
    remember_address(cache, target.name, address, for_participants=True)
    target.close()
    write_pages(tmp_path, {"index.html": "Welkom, iemand"})
    (tmp_path / "press/participants/oud.html").unlink()

    (removal,) = publish_participant_pages(tmp_path, cache)

    assert ("", ("oud.html",)) == (removal.problem, removal.removed)
    assert [] == find_stored(address, tmp_path, "Zoë".encode())


def test_pages_for_participants_never_go_to_a_public_site(podcast, address):
    podcast.publish()
    write_pages(podcast.root, {"index.html": "Welkom"})

    with pytest.raises(GateError, match="perhaps a public site"):
        upload(podcast.root, address)


FOREIGN = ("avn//oud.mp3", "avn/./x", "avn/..", "avn/a//b/c")


def put_key(storage, key):
    connection = http.client.HTTPConnection("127.0.0.1", storage)
    connection.request("PUT", f"/{BUCKET}/{key}", b"van een ander", {"Authorization": KEY})
    assert 200 == connection.getresponse().status
    connection.close()


@pytest.mark.parametrize("address", ["s3"], indirect=True)
@pytest.mark.parametrize("key", FOREIGN)
def test_a_foreign_key_is_named_at_first_and_skipped_afterwards(podcast, storage, key):
    put_key(storage, key)
    with pytest.raises(WeerslagError, match="has a key that is no path") as error:
        podcast.publish()
    assert key in error.value.message
    assert "another prefix" in error.value.hint

    empty_bucket(storage)
    podcast.publish()
    put_key(storage, key)
    podcast.put(2, audio=b"beter" * 4000)
    podcast.publish()
    podcast.put(1, audio=b"zonder" * 4000)
    _, (removal,) = run(podcast, purge=("guid-1",))

    assert ("", ()) == (removal.problem, removal.left)
    assert run(podcast)[0].is_up_to_date
