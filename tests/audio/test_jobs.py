"""Jobs are asked for by name: each name must lead to a function that takes this very job and gives this very answer."""

import importlib
import subprocess
import sys
import typing
from pathlib import Path

import pytest

from pipeline.audio import tasks
from pipeline.model import from_plain, to_plain

PAIRS = [
    (tasks.MeasureJob, tasks.RecordingFacts),
    (tasks.InspectJob, tasks.Inspected),
    (tasks.MasterJob, tasks.Mastered),
    (tasks.EncodeJob, tasks.Encoded),
    (tasks.DeliverJob, tasks.Delivery),
    (tasks.TagJob, tasks.Tagged),
    (tasks.TeaserJob, tasks.Encoded),
]


@pytest.mark.parametrize(("job", "answer"), PAIRS)
def test_a_jobs_maker_takes_it_and_gives_the_answer_that_belongs_to_it(job, answer):
    module, _, name = job.MAKER.partition(":")
    function = getattr(importlib.import_module(module), name)

    assert {"job": job, "return": answer} == typing.get_type_hints(function)


def test_no_job_was_left_out():
    found = {value for value in vars(tasks).values() if hasattr(value, "MAKER")}

    assert {job for job, _ in PAIRS} == found


def test_a_job_comes_back_from_json_as_it_went_in():
    job = tasks.MeasureJob(parts=("a.wav", "b.wav"), cuts=(tasks.Cut(from_ms=1, to_ms=2),))

    assert job == from_plain(tasks.MeasureJob, to_plain(job))


def test_asking_opens_no_library():
    question = "import sys, pipeline.audio.jobs, pipeline.audio.program; print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", question], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )

    assert set() == {"numpy", "scipy", "mutagen", "pydub"} & set(told.stdout.split())
