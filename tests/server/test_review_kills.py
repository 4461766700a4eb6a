"""The editor's server is killed at random moments during edits: whatever it answered is in the file, and no file is broken."""

import contextlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.server.review_desk import CUES, format_file, write_programme
from tests.server.test_review_app import Client, edited

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("WEERSLAG_REVIEW_KILLS", "50"))
CHECKOUT = Path(__file__).parents[2]
LONGEST_S = 0.06  # between the start of the edits and the kill


@pytest.fixture
def start_server(tmp_path):
    """A function that starts a server; returns its pid and address."""
    argv = [sys.executable, "-m", "tests.server.review_server", str(tmp_path), "0"]
    process = subprocess.Popen(argv, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start():
        process.stdin.write("\n")
        process.stdin.flush()
        pid, address = process.stdout.readline().split()
        return int(pid), address

    yield start
    process.stdin.close()
    process.wait()
    process.stdout.close()


def type_until_killed(client, texts):
    """Edit the first cue, and record it as heard, until the server is gone; ``texts`` grows by each text that was sent."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        while True:
            old = edited(CUES[0], texts[-1])
            texts.append(f"Tekst {len(texts)}.")
            status, answer = client.save([old], [edited(CUES[0], texts[-1])])
            assert status == 200
            client.saved = texts[-1]
            status, answer = client.review([answer["cues"][0]["digest"]])
            assert (status, len(answer["digests"])) == (200, 1)
            client.recorded += 1


def test_kills_at_random_moments_lose_no_saved_edit(tmp_path, start_server):
    folder, moments = write_programme(tmp_path), random.Random(1)
    file, recorded, edits = folder / "transcript.vtt", 0, 0
    for _ in range(KILLS):
        pid, address = start_server()
        client = Client(address)
        client.open()
        client.saved, client.recorded = client.load()["cues"][0]["text"], 0
        texts = [client.saved]
        thread = threading.Thread(target=type_until_killed, args=(client, texts))
        thread.start()
        time.sleep(moments.random() * LONGEST_S)
        os.kill(pid, signal.SIGKILL)
        thread.join()
        recorded += client.recorded
        edits += len(texts) - 1
        # the last edit may be in the file although its answer was not sent
        allowed = {client.saved, texts[-1]}
        assert file.read_text() in {format_file([edited(CUES[0], text), *CUES[1:]]) for text in allowed}
    log = (folder / "review.jsonl").read_text()
    complete = [json.loads(line) for line in log.splitlines(keepends=True) if line.endswith("\n")]
    assert recorded <= len(complete) <= recorded + KILLS
    assert edits > KILLS  # the kills met edits
