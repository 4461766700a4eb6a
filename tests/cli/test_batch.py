"""``build`` and ``status`` of several programmes: one that fails, the exit code, kills, Ctrl-C, locks, lists."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.cache import Cache
from pipeline.cli.batch_state import BatchState, describe_batch_process, read_batch_state, write_batch_state
from tests.builder.conftest import EPISODE, PROGRAMME, write

pytestmark = [pytest.mark.slow, pytest.mark.long]

CHECKOUT = Path(__file__).parents[2]
RECORDING = CHECKOUT / "episodes/01-burger-centraal/recording/01-burger-centraal.flac"
ENV = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
WEERSLAG = [sys.executable, "-m", "pipeline"]


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Two programmes of one episode, and one that is invalid; nothing is built."""
    folder = tmp_path_factory.mktemp("batch")
    for name, length in (("kort", 3), ("lang", 9)):
        write(folder / name / "programme.yaml", PROGRAMME)
        episode = folder / name / "episodes/01-gesprek"
        write(episode / "episode.md", EPISODE.format(number=1, guid=f"0b7c5e52-6b6c-4a39-8f6e-1f1d5a3b7c0{length}"))
        (episode / "recording").mkdir()
        cut = ["-t", str(length), "-i", str(RECORDING), "-c:a", "pcm_s16le", str(episode / "recording/a.wav")]
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *cut], check=True)
    (folder / "kort/episodes/01-gesprek/episode.md").write_text(
        (folder / "kort/episodes/01-gesprek/episode.md").read_text().replace('"00:04"', '"00:02"')
    )
    write(folder / "stuk/programme.yaml", "titel: verkeerd\n")
    return folder


@pytest.fixture
def folder(sources, tmp_path):
    """A copy of the programmes for one test."""
    return shutil.copytree(sources, tmp_path / "batch")


def run(folder, *words):
    result = subprocess.run([*WEERSLAG, *words], cwd=folder, env=ENV, capture_output=True, text=True, check=False)
    assert "Traceback" not in result.stderr
    return result


def read_tree(root):
    return {
        str(path.relative_to(root)): path.read_bytes()
        for tree in ("public", "press")
        for path in (root / tree).rglob("*")
        if path.is_file()
    }


def wait_for_state(root, wanted):
    """Wait until the state file of a programme has the wanted state; a minute is enough on any machine."""
    for _ in range(600):
        state = read_batch_state(root / ".weerslag")
        if state and wanted(state):
            return state
        time.sleep(0.1)
    raise AssertionError(f"{root.name} never came there: {state}")


def test_a_killed_batch_goes_on_where_it_was_and_equals_single_builds(folder):
    """In one test, since each step needs what the one before left: killed, interrupted, finished, compared."""
    batch = ["-C", "kort", "-C", "stuk", "-C", "lang", "build", "episodes", "feed", "-j", "1"]
    with subprocess.Popen(
        [*WEERSLAG, *batch], cwd=folder, env=ENV, stderr=subprocess.DEVNULL, process_group=0
    ) as killed:
        wait_for_state(folder / "kort", lambda state: state.running)
        os.killpg(killed.pid, signal.SIGKILL)
    status = json.loads(run(folder, "-C", "kort", "-C", "stuk", "-C", "lang", "status", "--json").stdout)
    single = json.loads(run(folder, "-C", "kort", "status", "--json").stdout)

    with subprocess.Popen([*WEERSLAG, *batch], cwd=folder, env=ENV, stderr=subprocess.PIPE, text=True) as interrupted:
        wait_for_state(folder / "kort", lambda state: state.process.pid == interrupted.pid and state.done >= 1)
        interrupted.send_signal(signal.SIGINT)
        _, printed = interrupted.communicate(timeout=60)
    after = read_batch_state(folder / "kort/.weerslag")

    finished = run(folder, *batch, "--json")
    document = json.loads(finished.stdout)
    again = json.loads(run(folder, *batch, "--json").stdout)
    made = shutil.ignore_patterns(".weerslag", "public", "press")
    shutil.copytree(folder / "kort", folder / "single", ignore=made)
    assert 0 == run(folder / "single", "build", "episodes", "feed").returncode

    assert ["interrupted"] == sorted(
        {one["batch"]["state"] for one in status["programmes"] if "stuk" not in one["programme"]}
    )
    assert "interrupted" == single["batch"]["state"]
    assert (130, "interrupted") == (interrupted.returncode, after.state)
    assert "Traceback" not in printed
    assert 3 == finished.returncode == document["exit_code"]
    assert [("kort", 0), ("stuk", 3), ("lang", 0)] == [
        (one["programme"], one["exit_code"]) for one in document["programmes"]
    ]
    assert "up to date" in {step["kind"] for step in document["programmes"][0]["steps"]}, "it began again"
    assert {"up to date"} == {step["kind"] for one in again["programmes"] for step in one.get("steps", ())}
    assert read_tree(folder / "single") == read_tree(folder / "kort")
    assert (
        "done" == read_batch_state(folder / "kort/.weerslag").state == read_batch_state(folder / "lang/.weerslag").state
    )


def test_another_build_of_one_programme_does_not_hold_up_the_others(folder):
    (folder / "lijst.txt").write_text("# programma's\nkort\n\nlang\n")
    for name in ("kort", "lang"):
        shutil.rmtree(folder / name / "episodes")  # nothing to master: only the lock matters here
    with Cache(folder / "kort/.weerslag").lock(holder="a test", wait=True, waiting=print):
        skipped = run(folder, "--programmes", "lijst.txt", "build", "episodes", "--no-wait")
        argv = [*WEERSLAG, "--programmes", "lijst.txt", "build", "episodes", "--json"]
        waiting = subprocess.Popen(argv, cwd=folder, env=ENV, stdout=subprocess.PIPE, text=True)
        wait_for_state(folder / "lang", lambda state: state.process.pid == waiting.pid and state.state == "done")
        assert "running" == read_batch_state(folder / "kort/.weerslag").state
    document, _ = waiting.communicate(timeout=60)

    assert 75 == skipped.returncode
    assert "kort" in skipped.stderr
    assert [0, 0] == [one["exit_code"] for one in json.loads(document)["programmes"]]


def test_short_recordings_are_begun_first_when_asked(folder):
    """One worker begins two programmes at a time; the third waits for one of them."""
    result = run(
        folder, "-C", "lang", "-C", "kort", "-C", "stuk", "build", "episodes", "-n", "-j", "1", "--short-first"
    )
    began = {name: read_batch_state(folder / name / ".weerslag").began for name in ("stuk", "kort", "lang")}

    assert 3 == result.returncode
    assert max(began["stuk"], began["kort"]) < began["lang"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-C", "kort", "-C", "lang", "check"], "`check` takes one programme"),
        (["--programmes", "geen.txt", "build"], "`geen.txt` cannot be read"),
        (["--programmes", "leeg.txt", "build"], "`leeg.txt` names no programme"),
        (["--programmes", "latin.txt", "build"], "not UTF-8"),
        (["-C", "kort", "-C", "lang", "build", "--workers", "vele"], "unknown executor"),
        (["-C", "stuk", "build", "--workers", "dask:"], "unknown executor"),  # before anything is read
        (["-C", "kort", "-C", "kopie", "build", "-j", "0"], "-j"),
    ],
)
def test_wrong_use_is_explained(sources, words, message):
    (sources / "leeg.txt").write_text("# niets\n\n")
    (sources / "latin.txt").write_bytes("één\n".encode("latin-1"))
    result = run(sources, *words)

    assert 2 == result.returncode
    assert message in result.stderr


def test_two_programmes_never_share_one_cache(sources, tmp_path):
    argv = [*WEERSLAG, "-C", "kort", "-C", "lang", "build"]
    env = {**ENV, "WEERSLAG_CACHE": str(tmp_path / "cache")}
    result = subprocess.run(argv, cwd=sources, env=env, capture_output=True, text=True, check=False)

    assert 2 == result.returncode
    assert "one cache" in result.stderr


def test_programmes_with_one_name_in_the_store_are_refused_before_anything_is_built(sources, tmp_path):
    for parent in ("a", "b"):
        shutil.copytree(sources / "kort", tmp_path / parent / "kort")
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "eu-west-1"}
    env = {**ENV, **keys, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "WEERSLAG_CACHE": "s3://bak/cache"}
    argv = [*WEERSLAG, "-C", "a/kort", "-C", "b/kort", "build"]

    refused = subprocess.run(argv, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    assert 2 == refused.returncode
    assert "a/kort and b/kort have one name in the store: kort" in refused.stderr
    assert "change its `title` or `url`" in refused.stderr
    assert [] == [path for path in tmp_path.rglob("*") if path.name in ("public", ".weerslag")]


def test_the_same_folder_twice_is_one_programme(sources):
    result = run(sources, "-C", "kort", "-C", "../batch0/kort", "-C", "./kort", "build", "-n", "--json")

    assert 1 == len(json.loads(result.stdout)["programmes"])


def test_a_state_of_a_process_that_is_gone_counts_as_interrupted(tmp_path):
    process = describe_batch_process()
    write_batch_state(tmp_path, BatchState(process=process, number=1, of=2, state="running", running=("a",)))
    alive = read_batch_state(tmp_path)
    reused = BatchState(process=process.__class__(host=process.host, pid=process.pid, start_ticks=1), number=1, of=2)
    write_batch_state(tmp_path, reused)

    assert ("running", ("a",)) == (alive.state, alive.running)
    assert "interrupted" == read_batch_state(tmp_path).state
