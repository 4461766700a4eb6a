"""Audio tasks: each function takes its task and returns the result that it declares."""

import subprocess
import sys
import typing
from pathlib import Path

import pytest

from pipeline.audio import denoising, mastering, tagging, tasks, teasers
from pipeline.audio.analysis import recording
from pipeline.audio.encoding import encoder
from pipeline.audio.tracks import take
from pipeline.model import Cut, SoundTarget, from_json, to_json
from pipeline.model.task import Task, find_result_type

FUNCTIONS = [
    (recording.measure_recording, tasks.MeasureTask),
    (recording.inspect_file, tasks.InspectTask),
    (take.align, tasks.AlignTracksTask),
    (take.mix, tasks.MixTracksTask),
    (denoising.denoise, tasks.DenoiseTask),
    (mastering.master, tasks.MasterTask),
    (encoder.encode_master, tasks.EncodeTask),
    (mastering.master_file, tasks.MasterFileTask),
    (tagging.tag, tasks.TagTask),
    (teasers.encode_teaser, tasks.TeaserTask),
]


@pytest.mark.parametrize(("function", "task"), FUNCTIONS)
def test_function_takes_the_task_and_returns_its_declared_result(function, task):
    hints = typing.get_type_hints(function)

    assert [task, find_result_type(task)] == list(hints.values())


def test_every_task_is_listed():
    found = {value for value in vars(tasks).values() if isinstance(value, type) and issubclass(value, Task)} - {Task}

    assert {task for _, task in FUNCTIONS} == found


def test_task_survives_json():
    task = tasks.MeasureTask(parts=("a.wav", "b.wav"), cuts=(Cut(from_ms=1, to_ms=2),))

    assert task == from_json(tasks.MeasureTask, to_json(task))


def test_master_settings_do_not_depend_on_formats_and_bit_rate():
    one, other = SoundTarget(bitrate_kbps=96, formats=("m4a",)), SoundTarget(bitrate_kbps=192, formats=("mp3", "opus"))

    assert tasks.select_master_settings(one) == tasks.select_master_settings(other)
    assert tasks.select_master_settings(one) != tasks.select_master_settings(SoundTarget(loudness_lufs=-19))


def test_creating_a_task_imports_no_library():
    code = "import sys, pipeline.audio.tasks, pipeline.media.executable; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    ).stdout.split()

    assert set() == {"numpy", "scipy", "mutagen", "pydub"} & set(modules)
