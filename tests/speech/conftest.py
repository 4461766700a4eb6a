"""Models, talks and programmes for the tests of speech; `./dev` installs the models."""

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import weerslag
from pipeline.speech.engine import Recogniser
from pipeline.speech.models import find_speakers_model, find_transcription_model
from tests.speech.dutch import build_talk, write_wav

MODELS = Path(os.environ["WEERSLAG_MODELS"])


@pytest.fixture(scope="session")
def base_model():
    """Return the folder of Whisper base."""
    return find_transcription_model(MODELS).path


@pytest.fixture(scope="session")
def recogniser(base_model):
    """Load Whisper base once."""
    return Recogniser(base_model, threads=2)


@pytest.fixture(scope="session")
def speakers_model():
    """Return the file of the voice encoder."""
    return str(find_speakers_model(MODELS).path)


@pytest.fixture
def programme(tmp_path):
    """Create a programme whose only episode is a short talk, without a transcript."""
    root = tmp_path / "programma"
    CliRunner().invoke(weerslag, ["init", str(root)], catch_exceptions=False)
    folder = root / "episodes" / "01-eerste-aflevering"
    (folder / "transcript.vtt").unlink()
    shutil.rmtree(folder / "recording")
    (folder / "recording").mkdir()
    episode = folder / "episode.md"
    lines = episode.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(("transcript_reviewed", "chapters", "  - "))]
    episode.write_text("\n".join(kept) + "\n", encoding="utf-8")
    sound, _ = build_talk(["vit-m-hlava", "vit-v-proc"])
    write_wav(folder / "recording" / "talk.wav", sound)
    return root
