"""The command line: messages, exit codes, JSON, and never a traceback."""

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

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def weerslag(tmp_path):
    """Return a function that runs the tool in its own process and folder."""

    def run(*words, cwd=tmp_path, env=None):
        argv = [sys.executable, "-m", "pipeline", *words]
        full = {**os.environ, "PYTHONPATH": str(CHECKOUT), **(env or {})}
        result = subprocess.run(
            argv, cwd=cwd, env=full, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        assert "Traceback" not in result.stderr
        return result

    return run


@pytest.fixture
def programme(weerslag, tmp_path):
    """A programme created by ``init``."""
    assert 0 == weerslag("init", "programma").returncode
    return tmp_path / "programma"


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_help_of_each_command_has_an_example(weerslag, command):
    result = weerslag(command, "--help")

    assert 0 == result.returncode
    assert "Example" in result.stdout


def test_a_misspelt_command_gets_a_suggestion_and_exit_code_2(weerslag):
    result = weerslag("biuld")

    assert (2, True) == (result.returncode, "Did you mean 'build'?" in result.stderr)


def test_a_deleted_current_folder_is_reported(weerslag, tmp_path):
    script = f"mkdir weg; cd weg; rmdir ../weg; PYTHONPATH={CHECKOUT} exec {sys.executable} -m pipeline check"
    result = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (1, True) == (result.returncode, "the current folder does not exist any more" in result.stderr), (
        result.stderr
    )
    assert "Traceback" not in result.stderr


def test_a_folder_without_a_programme_is_a_content_error(weerslag):
    result = weerslag("build")

    assert 3 == result.returncode
    assert "programme.yaml" in result.stderr
    assert "weerslag init" in result.stderr


def test_a_content_error_has_location_caret_and_hint_and_stops_the_build(weerslag, programme):
    text = (programme / "programme.yaml").read_text()
    (programme / "programme.yaml").write_text(text.replace("organiser:", "organizer:"))

    result = weerslag("build", cwd=programme)

    assert 3 == result.returncode
    assert "programme.yaml:" in result.stderr
    assert "did you mean `organiser`?" in result.stderr
    assert not (programme / "public").exists()


def test_a_new_programme_passes_check_and_builds(weerslag, programme):
    checked = weerslag("check", "--json", cwd=programme)
    built = weerslag("build", "--json", cwd=programme)

    assert (0, []) == (checked.returncode, json.loads(checked.stdout))
    assert 0 == built.returncode, built.stderr
    assert [] == json.loads(built.stdout)["failures"]
    for path in ("public/feed.xml", "public/index.html", "public/magazine/magazine.pdf"):
        assert (programme / path).stat().st_size > 1000


def test_an_unusable_recording_is_named_with_exit_code_1(weerslag, programme):
    (recording,) = programme.glob("episodes/*/recording/*")
    recording.write_bytes(b"<html>not found</html>")

    result = weerslag("build", "episodes", cwd=programme)

    assert 1 == result.returncode
    assert recording.name in result.stderr
    assert not (programme / "public").exists()


def test_without_ffmpeg_the_exit_code_is_5_and_the_package_is_named(weerslag, programme, tmp_path):
    (tmp_path / "bin").mkdir()

    built = weerslag("build", cwd=programme, env={"PATH": str(tmp_path / "bin")})
    examined = weerslag("doctor", "--json", cwd=programme, env={"PATH": str(tmp_path / "bin")})

    assert (5, 5) == (built.returncode, examined.returncode)
    assert "apt-get install" in built.stderr
    assert ["error"] == [each["severity"] for each in json.loads(examined.stdout) if each["code"] == "ffmpeg"]


def test_doctor_passes_on_a_complete_machine(weerslag, programme):
    result = weerslag("doctor", cwd=programme)

    assert 0 == result.returncode, result.stdout
    assert "ffmpeg" in result.stdout


def test_a_second_build_with_no_wait_exits_with_75(weerslag, programme):
    script = "from pathlib import Path; from pipeline.cache import Cache\n"
    script += (
        "with Cache(Path('.weerslag')).lock(holder='pid 7', wait=False, waiting=print): print(1, flush=True); input()"
    )
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", script], cwd=programme, env=env, stdin=pipe, stdout=pipe) as other:
        other.stdout.readline()

        result = weerslag("build", "--no-wait", cwd=programme)

        other.kill()
    assert 75 == result.returncode
    assert "pid 7" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_leaves_no_partial_output_and_exits_with_130(programme, number):
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    argv = [sys.executable, "-m", "pipeline", "build"]
    with subprocess.Popen(argv, cwd=programme, env=env, stderr=subprocess.PIPE, text=True) as process:
        line = process.stderr.readline()  # after the first step
        process.send_signal(number)
        output = line + process.stderr.read()

    assert 130 == process.returncode
    assert "interrupted: finished results are kept" in output
    assert "Traceback" not in output
    assert not (programme / "public").exists()
    assert [] == list((programme / ".weerslag/tmp").glob("*"))
    deadline = time.monotonic() + 60
    while find_processes_in(programme) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [] == find_processes_in(programme)


def find_processes_in(folder):
    """Find processes whose current folder is ``folder``."""
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


def test_unknown_executor_is_a_usage_error(weerslag, programme):
    result = weerslag("build", "--workers", "elsewhere", cwd=programme)

    assert 2 == result.returncode
    assert "local, processes:N or dask:ADDRESS" in result.stderr


def test_the_cache_is_verified_repaired_and_cleaned(weerslag, programme):
    weerslag("build", "episodes", cwd=programme)
    objects = sorted(path for path in (programme / ".weerslag/objects").rglob("*") if path.is_file())
    objects[0].chmod(0o644)
    objects[0].write_bytes(b"x" * objects[0].stat().st_size)

    found = weerslag("cache", "verify", "--json", cwd=programme)
    repaired = weerslag("cache", "verify", "--repair", cwd=programme)
    again = weerslag("build", "episodes", cwd=programme)
    cleaned = weerslag("cache", "clean", cwd=programme)
    intact = weerslag("cache", "verify", cwd=programme)

    assert (1, 0, 0, 0, 0) == tuple(one.returncode for one in (found, repaired, again, cleaned, intact))
    assert [str(objects[0])] == [finding["where"] for finding in json.loads(found.stdout)]


def test_the_programme_is_found_from_a_folder_inside_it(weerslag, programme):
    assert 0 == weerslag("check", cwd=programme / "episodes").returncode
    assert 0 == weerslag("-C", str(programme), "check").returncode


def test_output_into_a_closed_pipe_is_not_an_error(programme):
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    line = f"{sys.executable} -m pipeline schema | head -c 10; exit ${{PIPESTATUS[0]}}"
    result = subprocess.run(
        [shutil.which("bash"), "-c", line], cwd=programme, env=env, capture_output=True, check=False
    )

    assert 0 == result.returncode
    assert b"" == result.stderr
