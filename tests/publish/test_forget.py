"""A person is forgotten: in the project, its cache and three targets nothing is left, also when it is killed in the middle."""

import getpass
import json
import os
import signal
import subprocess
import sys
import time
import urllib.parse

import pytest

from benchmarks.forget_kills import kill_many, prepare_base
from pipeline.cache import Cache
from pipeline.cache.maintenance import verify_cache
from pipeline.content.publication_log import read_publication_log
from pipeline.publish.target_factory import open_target
from tests.publish.forget_sample import CHECKOUT, NAME, SLUG, find_remains, find_voice, publish_everywhere, run
from tests.publish.s3_server import BUCKET, empty_bucket, moto
from tests.publish.test_sftp_target import home, port, sshd

__all__ = ["home", "port"]  # fixtures

pytestmark = [pytest.mark.slow, pytest.mark.external, pytest.mark.long]


def download(address, root, folder):
    """Read all that is at a target, log copies and manifests too, with the target's own protocol."""
    target = open_target(address, root=root)
    for path in target.list_files():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(target.read(path)[0])
    target.close()
    return folder


def test_nothing_of_a_person_is_left_in_project_cache_and_three_targets(tmp_path, monkeypatch, home, port):
    root, served = tmp_path / "programma", tmp_path / "sftp/pod cast"
    with moto() as s3, sshd(home, port):
        empty_bucket(s3)
        for name, value in (("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b"), ("REGION", "eu-west-1")):
            monkeypatch.setenv(f"AWS_{name}", value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{s3}")
        sftp = f"sftp://{getpass.getuser()}@127.0.0.1:{port}{urllib.parse.quote(str(served))}"
        targets = [str(tmp_path / "old"), f"s3://{BUCKET}/avn", sftp]
        publish_everywhere(root, targets)
        subprocess.run(["git", "init", "-q"], cwd=root, check=True)
        before = download(targets[1], root, tmp_path / "before")  # the search finds what is there
        assert {"feed.xml", "magazine/magazine.pdf", "magazine/magazine.epub"} <= {*find_remains(before)}
        assert find_voice(before)
        unchanged = {path: (root / path).read_bytes() for path in ("programme.yaml", "published.jsonl")}
        sources = {"programme.yaml", "inzendingen/tafel-1.docx", "magazine/images/dijk.jpg", "published.jsonl"}
        assert sources <= {*find_remains(root)}

        plan = run(root, "forget", NAME)
        assert "only a plan" in plan.stderr
        assert f"episodes/{SLUG}/episode.md" in plan.stdout
        assert unchanged == {path: (root / path).read_bytes() for path in unchanged}
        done = json.loads(run(root, "forget", NAME, "--yes", "--json").stdout)

        assert ([], []) == (find_remains(root), find_voice(root))
        for number, address in enumerate(targets):
            after = download(address, root, tmp_path / f"after-{number}")
            assert ([], []) == (find_remains(after), find_voice(after)), address
            assert b">0b7c5e52-6b6c-4a39-8f6e-1f1d5a3b7c01</guid>" in (after / "feed.xml").read_bytes()
        assert (True, []) == (done["done"], done["left_at_targets"])
        again = run(root, "forget", NAME)
    receipt = (root / done["receipt"]).read_text()
    assert f"episodes/{SLUG}/recording/opname.flac" in receipt
    assert all(address in receipt for address in done["targets"][0].values() if isinstance(address, str))
    assert "git" in receipt
    log = read_publication_log(root / "published.jsonl")
    assert () == log.breaks
    assert any(entry.replaces for entry in log.entries)
    assert () == verify_cache(Cache(root / ".weerslag"))
    assert "nothing to do" in again.stderr
    assert (root / f"episodes/{SLUG}/recording/opname.flac").is_file()


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A small programme, published to an old and a new address."""
    return prepare_base(tmp_path_factory.mktemp("kills"))


@pytest.mark.parametrize("name", ["forget", "purge", "rename"])
def test_kills_in_the_middle_end_the_same(base, name):
    assert [] == kill_many(base, name, int(os.environ.get("WEERSLAG_KILLS", "10")))


def test_an_episode_is_forgotten_with_its_receipt(base, tmp_path):
    from benchmarks.forget_kills import restore

    work = base.parent / "episode"
    restore(base, work, "forget")
    root = work / "programme"
    second = root / "episodes/02-ander"
    subprocess.run(["cp", "-r", str(root / "episodes" / SLUG), str(second)], check=True)
    text = (second / "episode.md").read_text()
    (second / "episode.md").write_text(
        text.replace("7c01", "7c09").replace("number: 1", "number: 2").replace("06-20", "06-22")
    )
    run(root, "publish", str(work / "new"), "--accept", "order-changed", "--reason", "proef")

    run(root, "forget", "02-ander", "--yes")

    assert not second.exists()
    assert (root / "forgotten/02-ander/recording/opname.flac").is_file()
    for target in (work / "old", work / "new", root / "public"):
        assert not [path for path in target.rglob("*") if "02-ander" in path.name]
        assert b"7c09" not in (target / "feed.xml").read_bytes()
    assert b"7c01" in (work / "new/feed.xml").read_bytes()
    (receipt,) = (root / "forgotten").glob("*.md")
    assert "Een aflevering is verwijderd" in receipt.read_text()


def test_an_interrupted_forgetting_refuses_another_name(base):
    from benchmarks.forget_kills import restore

    work = base.parent / "other"
    restore(base, work, "forget")
    root = work / "programme"
    journal = root / ".weerslag/forgetting.json"
    command = [sys.executable, "-m", "pipeline", "forget", NAME, "--yes"]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    with subprocess.Popen(command, cwd=root, env=environment, stderr=subprocess.DEVNULL, process_group=0) as process:
        while not journal.exists():
            assert process.poll() is None
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)

    refused = run(root, "forget", "Bas Kok", "--yes", code=4)

    assert "was interrupted" in refused.stderr
    assert journal.exists()


def test_a_target_that_cannot_be_reached_is_named_and_repeating_finishes(base):
    from benchmarks.forget_kills import restore

    work = base.parent / "away"
    restore(base, work, "forget")
    root, old, hidden = work / "programme", work / "old", work / "hidden"
    old.rename(hidden)
    old.write_text("not a folder")

    first = run(root, "forget", NAME, "--yes", code=1)

    assert f"still there: {old}" in first.stderr
    assert "not finished: repeat this command" in first.stderr
    assert [] == [path for path in find_remains(work / "new") if not path.startswith(".weerslag-log-")]
    assert not (root / "forgotten").exists()  # the log and its copies follow when every target is done
    old.unlink()
    hidden.rename(old)
    refused = run(root, "forget", NAME, "--also", "Zo\u00eb", "--yes", code=4)
    assert "was interrupted" in refused.stderr

    run(root, "forget", NAME, "--yes")

    assert [] == find_remains(work)
    assert 1 == len([*(root / "forgotten").glob("*.md")])
