"""The command line as people meet it: words, exit codes, JSON, and never a traceback."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.cli import COMMANDS

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def weerslag(tmp_path):
    """Run the tool as a process of its own, in a folder of one's own."""

    def run(*words, cwd=tmp_path, env=None):
        argv = [sys.executable, "-m", "pipeline", *words]
        full = {**os.environ, "PYTHONPATH": str(CHECKOUT), **(env or {})}
        done = subprocess.run(
            argv, cwd=cwd, env=full, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture
def programme(weerslag, tmp_path):
    """What ``init`` makes."""
    assert 0 == weerslag("init", "programma").returncode
    return tmp_path / "programma"


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_help_of_each_command_is_a_sentence_with_an_example(weerslag, command):
    done = weerslag(command, "--help")

    assert 0 == done.returncode
    assert "Example" in done.stdout


def test_a_misspelt_command_gets_a_suggestion_and_exit_code_2(weerslag):
    done = weerslag("biuld")

    assert (2, True) == (done.returncode, "Did you mean 'build'?" in done.stderr)


def test_a_folder_that_is_gone_is_told(weerslag, tmp_path):
    script = f"mkdir weg; cd weg; rmdir ../weg; PYTHONPATH={CHECKOUT} exec {sys.executable} -m pipeline check"
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (1, True) == (done.returncode, "the current folder is gone" in done.stderr), done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_without_a_programme_is_told_as_content_to_mend(weerslag):
    done = weerslag("build")

    assert 3 == done.returncode
    assert "programme.yaml" in done.stderr
    assert "weerslag init" in done.stderr


def test_a_fault_is_told_with_its_place_a_caret_and_a_hint_and_builds_nothing(weerslag, programme):
    text = (programme / "programme.yaml").read_text()
    (programme / "programme.yaml").write_text(text.replace("organiser:", "organizer:"))

    done = weerslag("build", cwd=programme)

    assert 3 == done.returncode
    assert "programme.yaml:" in done.stderr
    assert "did you mean `organiser`?" in done.stderr
    assert not (programme / "public").exists()


def test_what_init_makes_passes_check_and_builds_at_once(weerslag, programme):
    checked = weerslag("check", "--json", cwd=programme)
    built = weerslag("build", "--json", cwd=programme)

    assert (0, []) == (checked.returncode, json.loads(checked.stdout))
    assert 0 == built.returncode, built.stderr
    assert [] == json.loads(built.stdout)["failures"]
    for path in ("public/feed.xml", "public/index.html", "public/magazine/magazine.pdf"):
        assert (programme / path).stat().st_size > 1000


def test_a_recording_that_cannot_be_used_is_named_and_the_exit_code_is_1(weerslag, programme):
    (recording,) = programme.glob("episodes/*/recording/*")
    recording.write_bytes(b"<html>not found</html>")

    done = weerslag("build", "episodes", cwd=programme)

    assert 1 == done.returncode
    assert recording.name in done.stderr
    assert not (programme / "public").exists()


def test_without_ffmpeg_the_exit_code_is_5_and_the_package_is_named(weerslag, programme, tmp_path):
    (tmp_path / "bin").mkdir()

    built = weerslag("build", cwd=programme, env={"PATH": str(tmp_path / "bin")})
    examined = weerslag("doctor", "--json", cwd=programme, env={"PATH": str(tmp_path / "bin")})

    assert (5, 5) == (built.returncode, examined.returncode)
    assert "apt-get install" in built.stderr
    assert ["error"] == [each["severity"] for each in json.loads(examined.stdout) if each["code"] == "ffmpeg"]


def test_a_machine_that_has_everything_is_told_so(weerslag, programme):
    done = weerslag("doctor", cwd=programme)

    assert 0 == done.returncode, done.stdout
    assert "ffmpeg" in done.stdout


def test_a_second_build_that_will_not_wait_leaves_with_75(weerslag, programme):
    script = "from pathlib import Path; from pipeline.store import Store\n"
    script += (
        "with Store(Path('.weerslag')).locked(holder='pid 7', wait=False, waiting=print): print(1, flush=True); input()"
    )
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", script], cwd=programme, env=env, stdin=pipe, stdout=pipe) as other:
        other.stdout.readline()

        done = weerslag("build", "--no-wait", cwd=programme)

        other.kill()
    assert 75 == done.returncode
    assert "pid 7" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_leaves_nothing_half_and_exits_with_130(programme, number):
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    argv = [sys.executable, "-m", "pipeline", "build"]
    with subprocess.Popen(argv, cwd=programme, env=env, stderr=subprocess.PIPE, text=True) as process:
        line = process.stderr.readline()  # the first thing is made: it is well under way
        process.send_signal(number)
        said = line + process.stderr.read()

    assert 130 == process.returncode
    assert "interrupted: what was finished is kept" in said
    assert "Traceback" not in said
    assert not (programme / "public").exists()
    assert [] == list((programme / ".weerslag/tmp").glob("*"))
    deadline = time.monotonic() + 60
    while workers_of(programme) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [] == workers_of(programme)


def workers_of(folder):
    """Processes whose folder is ``folder``."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder and "Z" != (process / "stat").read_text().rpartition(")")[
                2
            ].split()[0]:
                found.append(process.name)
        except OSError:
            continue
    return found


def test_unknown_workers_are_a_plain_message(weerslag, programme):
    done = weerslag("build", "--workers", "elsewhere", cwd=programme)

    assert 2 == done.returncode
    assert "here, processes:N or dask:ADDRESS" in done.stderr


def test_the_store_is_verified_repaired_and_swept(weerslag, programme):
    weerslag("build", "episodes", cwd=programme)
    objects = sorted(path for path in (programme / ".weerslag/objects").rglob("*") if path.is_file())
    objects[0].chmod(0o644)
    objects[0].write_bytes(b"x" * objects[0].stat().st_size)

    found = weerslag("verify", "--json", cwd=programme)
    repaired = weerslag("verify", "--repair", cwd=programme)
    again = weerslag("build", "episodes", cwd=programme)
    swept = weerslag("gc", cwd=programme)
    whole = weerslag("verify", cwd=programme)

    assert (1, 0, 0, 0, 0) == tuple(one.returncode for one in (found, repaired, again, swept, whole))
    assert [str(objects[0])] == [finding["where"] for finding in json.loads(found.stdout)]


def test_the_programme_is_found_from_a_folder_inside_it(weerslag, programme):
    assert 0 == weerslag("check", cwd=programme / "episodes").returncode
    assert 0 == weerslag("-C", str(programme), "check").returncode


def test_output_into_a_closed_pipe_is_no_error(programme):
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    line = f"{sys.executable} -m pipeline schema | head -c 10; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run([shutil.which("bash"), "-c", line], cwd=programme, env=env, capture_output=True, check=False)

    assert 0 == done.returncode
    assert b"" == done.stderr
