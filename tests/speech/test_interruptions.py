"""Kill and interrupt `weerslag transcribe`, then go on: nothing is recognised twice, and the draft is the same."""

import os
import re
import shutil
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from pipeline.cli import weerslag
from pipeline.speech import blocks
from tests.speech.dutch import RATE
from tests.speech.programmes import SLUG, write_talk_programme

pytestmark = [pytest.mark.slow, pytest.mark.long]

LINES = ("vit-m-hlava", "vit-v-proc", "let-m-divna", "pra-v-klesnout")
MAX_BLOCK, SEARCHED = 4 * RATE, 3 * RATE
SCRIPT = f"""
from pipeline.speech import blocks
blocks._MAX_BLOCK, blocks._SEARCHED = {MAX_BLOCK}, {SEARCHED}
from pipeline.cli import main
main()
"""
BLOCK = re.compile(rf"^recognised +({SLUG} \S+)")


def list_arguments(root):
    return ["-C", str(root), "transcribe", "--workers", "local", SLUG]


def stop_after_a_block(root, number):
    """Start, send a signal once a block is recognised: which blocks were, the rest of the output, the exit code."""
    command = [sys.executable, "-c", SCRIPT, *list_arguments(root)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        found = next(match[1] for line in process.stderr if (match := BLOCK.match(line)))
        os.kill(process.pid, number)
        rest = process.stderr.read()
    return {found, *(match[1] for match in map(BLOCK.match, rest.splitlines()) if match)}, rest, process.returncode


def finish(root):
    """Transcribe without a disturbance: which blocks were recognised, and the files."""
    result = CliRunner().invoke(weerslag, list_arguments(root), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    found = {match[1] for match in map(BLOCK.match, result.stderr.splitlines()) if match}
    return found, {path.name: path.read_bytes() for path in (root / "episodes" / SLUG).glob("transcript.*")}


def test_after_a_kill_and_ctrl_c_no_block_is_recognised_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "_MAX_BLOCK", MAX_BLOCK)
    monkeypatch.setattr(blocks, "_SEARCHED", SEARCHED)
    root = tmp_path / "programma"
    write_talk_programme(root, LINES)

    killed, _, killed_code = stop_after_a_block(root, signal.SIGKILL)
    interrupted, printed, code = stop_after_a_block(root, signal.SIGINT)
    written = list((root / "episodes" / SLUG).glob("transcript.*"))
    last, files = finish(root)

    assert ((-signal.SIGKILL, 130), []) == ((killed_code, code), written)
    assert "Traceback" not in printed
    assert last
    assert len(killed) + len(interrupted) + len(last) == len(killed | interrupted | last)
    shutil.rmtree(root / ".weerslag")
    for name in files:
        (root / "episodes" / SLUG / name).unlink()
    found, undisturbed = finish(root)
    assert killed | interrupted | last <= found  # a block may be stored just before its line is printed
    assert files == undisturbed
