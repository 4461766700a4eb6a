"""A bucket over real HTTP, with moto as the storage: publish, change, publish; and every write that may go wrong."""

from dataclasses import replace

import pytest

from pipeline.errors import WeerslagError
from pipeline.publish import open_target, s3_target
from pipeline.publish.feed_items import path_in, read_feed
from tests.publish.conftest import Stage, everything
from tests.publish.servers import ask
from tests.publish.storage import BUCKET, Faults, empty_bucket, faulty, moto
from tests.publish.test_stopped import change

FOR_EVER, BRIEFLY = "public, max-age=31536000, immutable", "public, max-age=300"


class InStorage(Stage):
    """The same stage, published to ``s3://proef/avn`` and served from there."""

    @property
    def target(self):
        return open_target(f"s3://{BUCKET}/avn", root=self.root)

    def there(self):
        """Every object, as anybody gets it."""
        found = {}
        for path in self.target.seen():
            if not path.startswith(".weerslag"):
                status, _, found[path] = ask(self.port, f"/{BUCKET}/avn/{path}")
                assert 200 == status
        return found

    def untrue(self):
        """Every address in the live feed that is not there with the length it states, asked as an app asks."""
        status, _, live = ask(self.port, f"/{BUCKET}/avn/feed.xml")
        assert status in (200, 404)
        feed = read_feed(live) if status == 200 else None
        stated = {item.address: item.size_bytes for item in feed.items} if feed else {}
        wrong = []
        for address in feed.named if feed else ():
            if path_in(self.programme.url, address) is not None:
                status, headers, _ = ask(self.port, address.partition(f":{self.port}")[2], "HEAD")
                length = int(headers.get("Content-Length", -1))
                wrong += [address] if (status, length) != (200, stated.get(address, length)) else []
        return wrong


@pytest.fixture(scope="module")
def storage():
    with moto() as port:
        yield port


@pytest.fixture
def faults(storage):
    made = Faults()
    with faulty(storage, made) as port:
        made.port = port
        yield made


@pytest.fixture
def stage(tmp_path, monkeypatch, storage, faults):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "known",
        "AWS_SECRET_ACCESS_KEY": "never-told",
        "AWS_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{faults.port}",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(s3_target, "_RETRIES", 1)
    empty_bucket(storage)
    made = InStorage(root=tmp_path / "programme", where=None)
    made.root.mkdir()
    made.port = faults.port
    made.programme = replace(made.programme, url=f"http://127.0.0.1:{made.port}/{BUCKET}/avn/", profile="open")
    for number in (1, 2, 3):
        made.put(number, chapters=(), transcript=())  # fewer files, so fewer writes that may fail: each kind stays
    return made


def test_published_changed_and_published_again(stage, faults):
    stage.formats = ("mp3", "m4a", "opus")
    stage.publish(served=True)
    assert everything(stage.root / "public") == stage.there()
    change(stage)
    stage.publish(served=True)
    assert everything(stage.root / "public").items() <= stage.there().items()
    faults.plan(10_000, "500")

    plan, said = stage.publish(served=True)

    assert (True, [], 0) == (plan.is_idle, said, faults.count)  # not one write


def test_what_is_asked_for_comes_back_with_its_type_and_its_parts(stage):
    stage.formats = ("mp3", "opus")
    stage.publish()

    told = {}
    for path, content in everything(stage.root / "public").items():
        status, headers, _ = ask(stage.port, f"/{BUCKET}/avn/{path}", "HEAD")
        assert (200, len(content)) == (status, int(headers["Content-Length"])), path
        part = ask(stage.port, f"/{BUCKET}/avn/{path}", Range="bytes=1-3")
        assert (206, content[1:4]) == (part[0], part[2]), path
        told[path.rpartition(".")[2]] = (headers["Content-Type"], headers["Cache-Control"])
    assert ("audio/mpeg", FOR_EVER) == told["mp3"]
    assert ("audio/ogg", FOR_EVER) == told["opus"]
    assert ("application/rss+xml; charset=utf-8", BRIEFLY) == told["xml"]


KINDS = ("500", "answer lost", "dropped", "403", "503")


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
def test_any_write_may_go_wrong(stage, storage, faults, lasting):
    stage.publish()
    faults.plan(10_000, "500")
    change(stage)
    stage.build()
    first = stage.books.ledger.read_bytes()
    outcomes = set()
    for number in range(1, 100, 1 + 2 * lasting):
        faults.plan(number, KINDS[(number + 2 * lasting) % len(KINDS)], lasting=lasting)
        outcomes.add(outcome(stage))
        over, kind = not faults.met, faults.kind
        faults.clear()
        assert [] == stage.untrue(), (number, kind)
        stage.publish()
        assert everything(stage.root / "public").items() <= stage.there().items(), (number, kind)
        assert () == stage.ledger.breaks
        if over:
            break
        back_to_the_first(stage, storage, first)
    assert {"done", "the storage refuses"} <= outcomes | {one.partition(":")[0] for one in outcomes}
    assert "never-told" not in " ".join(outcomes)
    assert number > 12


def outcome(stage):
    """What stopped it, in words."""
    try:
        stage.publish()
    except WeerslagError as error:
        return f"{error.message} {error.where} {error.hint}"
    return "done"


def back_to_the_first(stage, storage, ledger):
    """The bucket and the ledger as they were after the first publish."""
    episodes, now = dict(stage.episodes), stage.now
    sounds = dict(stage.sounds)
    empty_bucket(storage)
    stage.books.ledger.unlink()
    stage.books.clear()
    stage.episodes = {number: {"chapters": (), "transcript": ()} for number in (1, 2, 3)}
    stage.sounds[2] = bytes([2]) * 20_002
    stage.now -= stage.now - type(stage).now
    stage.publish()
    assert ledger == stage.books.ledger.read_bytes()
    stage.episodes, stage.sounds, stage.now = episodes, sounds, now
    stage.build()


def test_a_storage_that_is_gone_leaves_the_ledger_as_it_is(stage, monkeypatch):
    stage.publish()
    before = stage.books.ledger.read_bytes()
    change(stage)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    with pytest.raises(WeerslagError, match="no answer"):
        stage.publish()

    assert before == stage.books.ledger.read_bytes()
    assert [] == stage.untrue()
