"""`weerslag transcribe EPISODE --align FILE` without a model: real speech gets its text."""

import json
import re

import numpy as np
import pytest
from click.testing import CliRunner

from pipeline.cli import weerslag
from tests.speech.dutch import RATE, build_talk, load_subtitles, write_wav

pytestmark = pytest.mark.slow

SLUG = "01-eerste-aflevering"


@pytest.fixture
def programme(tmp_path, monkeypatch):
    """A new programme whose recording is eight lines of speech; and these lines."""
    monkeypatch.setenv("WEERSLAG_MODELS", str(tmp_path / "none"))
    root = tmp_path / "p"
    assert 0 == CliRunner().invoke(weerslag, ["init", str(root)]).exit_code
    folder = root / "episodes" / SLUG
    (folder / "transcript.vtt").unlink()
    for file in (folder / "recording").iterdir():
        file.unlink()
    ids = [name for name, (text, _) in load_subtitles().items() if 30 < len(text) < 90][100:108]
    sound, lines = build_talk(ids)
    write_wav(folder / "recording/zaal.wav", sound)
    return root, folder, lines


def align(root, *options):
    return CliRunner().invoke(
        weerslag, ["-C", str(root), "transcribe", SLUG, "--align", "transcript.txt", "-j", "1", *options]
    )


def test_text_beside_the_episode_gets_times(programme):
    root, folder, lines = programme
    (folder / "transcript.txt").write_text("Jan:\n" + "\n\n".join(line.text for line in lines), encoding="utf-8")

    result = align(root, "--json")

    assert 0 == result.exit_code, result.exception
    report = json.loads(result.stdout)
    assert ("sound", [], []) == (report["method"], report["unheard"], report["unwritten"])
    assert "without a speech model" in result.stderr
    text = (folder / "transcript.vtt").read_text(encoding="utf-8")
    assert text.count("<v Jan>") == report["cues"] >= len(lines)
    starts_s = np.array(
        [60 * int(minute) + float(second) for minute, second in re.findall(r"00:(\d\d):(\S+) -->", text)]
    )
    assert all(np.abs(starts_s - line.first / RATE).min() < 0.15 for line in lines)

    (folder / "transcript.vtt").write_text(f"{text}\n", encoding="utf-8")
    again = align(root)

    assert "a transcript is never overwritten" in str(again.exception)


def test_text_of_another_episode_is_refused(programme):
    root, folder, _ = programme
    others = [text for text, _ in load_subtitles().values() if 30 < len(text) < 90][400:408]
    (folder / "transcript.txt").write_text("\n".join(others), encoding="utf-8")

    result = align(root)

    assert "the text does not match the recording" in str(result.exception)
    assert not (folder / "transcript.vtt").exists()
