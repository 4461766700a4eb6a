"""One recording, measured, mastered and encoded once for all tests."""

import pytest

from pipeline.audio.analysis.recording import MeasureTask, measure_recording
from pipeline.audio.encoding.encoder import EncodeTask, encode_master
from pipeline.audio.mastering import master
from pipeline.audio.tasks import MasterTask
from pipeline.model import SoundTarget
from tests.audio.sounds import speech, wav

TARGETS = {channels: SoundTarget(channels=channels, formats=("mp3", "m4a", "opus")) for channels in ("stereo", "mono")}


@pytest.fixture(scope="session")
def studio(tmp_path_factory):
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="session")
def recording(studio):
    """Dutch voices, far too quiet, with a DC offset."""
    file = studio / "opname.wav"
    file.write_bytes(wav(speech() * 0.05 + 0.01, kind="s24"))
    return str(file)


@pytest.fixture(scope="session")
def masters(studio, recording):
    """Channels → (file, result)."""
    facts = measure_recording(MeasureTask(parts=(recording,)))
    files = {}
    for channels, target in TARGETS.items():
        out = str(studio / f"{channels}.wav")
        files[channels] = out, master(MasterTask(parts=(recording,), target=target, facts=facts, out=out))
    return files


@pytest.fixture(scope="session")
def encoded(studio, masters):
    """(channels, format) → (file, result)."""
    files = {}
    for channels, target in TARGETS.items():
        for kind in target.formats:
            out = str(studio / f"{channels}.{kind}")
            job = EncodeTask(master=masters[channels][0], format=kind, target=target, out=out)
            files[channels, kind] = out, encode_master(job)
    return files
