"""Findings of the sound in ``check``: known from the last build, or measured now without a trace."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.audio.processing.processing_report import propose_cuts
from pipeline.builder.releases import find_sound_defects
from pipeline.builder.sound_findings import load_sound_findings
from pipeline.builder.task_runner import Reporter, TaskRunner
from pipeline.cache import Cache
from pipeline.content import load_programme
from pipeline.executors import open_executor
from pipeline.model import Cut
from tests.audio.scenes import RATE, build_talk, make_babble, make_noise
from tests.audio.sounds import wav

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]
EPISODE = "episodes/01-gesprek/episode.md"


@pytest.fixture(scope="module")
def murmuring(tmp_path_factory):
    """A programme of one episode: twenty seconds of murmur, then two people."""
    root = tmp_path_factory.mktemp("murmuring")
    background = make_noise(46 * RATE, -70)
    background[: 21 * RATE] += make_babble(21, -44)
    talk = build_talk({"man": 0, "woman": -6}, background=background, lead_s=20, seconds=25, tail_s=1)
    (root / "episodes/01-gesprek/recording").mkdir(parents=True)
    (root / "episodes/01-gesprek/recording/a.wav").write_bytes(wav(talk.sound))
    (root / "programme.yaml").write_text(
        "title: Proef\nlanguage: nl\norganiser: Overheid van Nu\nurl: https://example.org/proef/\n"
        "events:\n  - {id: een, title: Een, theme: Wie begint?, starts: 2024-06-13 16:30, ends: 2024-06-13 19:00}\n"
    )
    (root / EPISODE).write_text(
        "---\nguid: 0b7c5e52-6b6c-4a39-8f6e-1f1d5a3b7c01\nnumber: 1\nevent: een\ntitle: Gesprek\n"
        "summary: Een kort gesprek.\npublished: 2024-06-21 06:00\n---\nEen *proef*.\n"
    )
    return root, talk


def check(root, *options):
    """Run ``weerslag check``; return its warnings about the sound, and all files afterwards."""
    argv = [sys.executable, "-m", "pipeline", "check", *options]
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT), "WEERSLAG_LANGUAGE": "en"}
    result = subprocess.run(argv, cwd=root, env=env, capture_output=True, text=True, check=True)
    lines = [line for line in result.stderr.splitlines() if "murmur" in line]
    return lines, sorted(path.relative_to(root) for path in root.rglob("*"))


def test_nothing_is_said_before_the_first_build_and_measuring_now_stores_nothing(murmuring):
    root, talk = murmuring
    before = sorted(path.relative_to(root) for path in root.rglob("*"))

    assert check(root) == ([], before)
    (warning,), after = check(root, "--sound")

    assert after == before
    first, last = re.search(r'cuts: \[\{from: "(\S+)", to: "(\S+)"\}\]', warning).groups()
    assert first == "00:00"
    minutes, seconds = last.split(":")
    assert 0 <= talk.span[0] / RATE - (60 * int(minutes) + float(seconds)) < 1.5


def test_results_of_the_last_build_are_reported_and_the_proposed_line_solves_it(murmuring):
    root, _ = murmuring
    cache = Cache(root / ".weerslag")
    with cache.lock(holder="a test", wait=True, waiting=print), cache.open_workspace() as folder:
        (line,) = _build(root, cache, folder)
        assert load_sound_findings(load_programme(root), root=root, cache=cache).defects[0][0] == "01-gesprek"
        (warning,), _ = check(root)
        assert warning.endswith(line)

        text = (root / EPISODE).read_text()
        (root / EPISODE).write_text(text.replace("number: 1\n", f"number: 1\n{line}\n"))
        assert check(root)[0] == []  # nothing is known of the sound with that cut
        assert _build(root, cache, folder) == []


def _build(root, cache, folder):
    """Measure and master into the cache; return the lines that are proposed."""
    with open_executor("local") as executor:
        runner = TaskRunner(cache=cache, executor=executor, folder=folder, reporter=Reporter(step=lambda _: None))
        defects = find_sound_defects(load_programme(root), runner, root=root)
    assert runner.failures == []
    cache.record_build(runner.keys, [])
    messages = [str(one.message) for one in defects["01-gesprek"] if one.code == "proposed-cut"]
    return [message[message.index("cuts: ") :] for message in messages]


@pytest.mark.parametrize("cuts", [(), (Cut(from_ms=5000, to_ms=9000),), (Cut(from_ms=0, to_ms=2000),)])
def test_proposal_is_in_times_of_the_recording_and_includes_its_cuts(cuts):
    removed_s = sum(cut.to_ms - cut.from_ms for cut in cuts) / 1000
    hops = np.array([[0, 2000], [6000, 8000]])

    (defect,) = propose_cuts([tuple(one) for one in hops.tolist()], cuts)

    first, last = f"00:{20 + removed_s:02.0f}", [f"01:{seconds + removed_s:02.0f}" for seconds in (0, 20)]
    assert str(defect.message).endswith(
        f'cuts: [{{from: "00:00", to: "{first}"}}, {{from: "{last[0]}", to: "{last[1]}"}}]'
    )


def test_mastering_one_file_names_no_episode_to_write_the_cut_in(murmuring, tmp_path):
    root, _ = murmuring
    argv = [sys.executable, "-m", "pipeline", "master", str(root / "episodes/01-gesprek/recording/a.wav"), "uit.mp3"]
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT), "WEERSLAG_LANGUAGE": "nl"}

    printed = subprocess.run(argv, cwd=tmp_path, env=env, capture_output=True, text=True, check=True).stdout

    (line,) = [one for one in printed.splitlines() if "gemompel" in one]
    assert "`weerslag init` maakt een programma" in line
    assert 'cuts: [{from: "00:00", to: ' in line
