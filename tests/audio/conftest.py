"""One event, recorded, measured, mastered and encoded once for all tests that look at the result."""

import pytest

from pipeline.audio.analysis.recording import MeasureJob, measure
from pipeline.audio.encoding.encoder import EncodeJob, encode
from pipeline.audio.processing.mastering import MasterJob, master
from pipeline.model import SoundTarget
from tests.audio.sounds import speech, wav

TARGETS = {channels: SoundTarget(channels=channels, formats=("mp3", "m4a", "opus")) for channels in ("stereo", "mono")}


@pytest.fixture(scope="session")
def studio(tmp_path_factory):
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="session")
def recording(studio):
    """Dutch voices, far too quiet, with a rumble under them."""
    file = studio / "opname.wav"
    file.write_bytes(wav(speech() * 0.05 + 0.01, kind="s24"))
    return str(file)


@pytest.fixture(scope="session")
def masters(studio, recording):
    """Channels → (the file, what was said of it)."""
    facts = measure(MeasureJob(parts=(recording,)))
    files = {}
    for channels, target in TARGETS.items():
        out = str(studio / f"{channels}.flac")
        files[channels] = out, master(MasterJob(parts=(recording,), target=target, facts=facts, out=out))
    return files


@pytest.fixture(scope="session")
def encoded(studio, masters):
    """(channels, format) → (the file, what was said of it)."""
    files = {}
    for channels, target in TARGETS.items():
        for kind in target.formats:
            out = str(studio / f"{channels}.{kind}")
            job = EncodeJob(master=masters[channels][0], format=kind, target=target, out=out)
            files[channels, kind] = out, encode(job)
    return files
