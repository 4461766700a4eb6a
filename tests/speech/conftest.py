"""Models, talks and programmes for the tests of speech; `./dev` installs the models."""

import os
from pathlib import Path

import pytest

from pipeline.speech.engine import Recogniser
from pipeline.speech.models import find_speakers_model, find_transcription_model
from tests.speech.programmes import write_talk_programme

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
    write_talk_programme(root)
    return root
