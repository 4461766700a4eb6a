"""What a build prints while it runs: verbs in a column, a rate, the time left, and nothing on stdout."""

import contextlib
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.builder.build_result import BuildResult
from pipeline.builder.task_runner import Progress
from pipeline.cache import TreeChanges
from pipeline.cli.build_report import report_print_faults
from pipeline.cli.output import print_warning_groups
from pipeline.cli.progress import format_progress, open_reporter
from pipeline.content import group_warnings
from pipeline.errors import SourceLocation, ValidationError
from pipeline.model import Finding, Step
from pipeline.model.build_outline import build_outline
from tests.feed.samples import PROGRAMME

CHECKOUT = Path(__file__).parents[2]


def progress(done, of, weight):
    return Progress(verb="mastered", done=done, of=of, done_weight_s=done * weight, of_weight_s=of * weight)


@pytest.mark.parametrize(
    ("state", "elapsed_s", "line"),
    [
        (progress(0, 4, 60), 5, "mastered       0 of 4  [....................]"),
        (progress(1, 4, 60), 10, "mastered       1 of 4  [#####...............]  6.0/s, 0:30 left"),
        (progress(3, 4, 60), 90, "mastered       3 of 4  [###############.....]  2.0/s, 0:30 left"),
        (progress(1, 2, 3600), 60, "mastered       1 of 2  [##########..........]  60.0/s, 1:00 left"),
    ],
)
def test_the_bar_shows_count_rate_and_time_left(state, elapsed_s, line):
    assert line == format_progress(state, elapsed_s)


def make_result(**parts):
    nothing = {"steps": (), "failures": (), "changes": {}, "held_back": (), "without_recording": ()}
    return BuildResult(**nothing | {"outline": build_outline(PROGRAMME, (), entries=())} | parts)


def report(capsys, result, *steps, why=False, dry_run=False):
    with open_reporter(why=why, quiet=False) as reporter:
        for step in steps:
            reporter.callbacks.step(step)
        reporter.print_summary(result, 1.25, dry_run=dry_run)
    out, err = capsys.readouterr()
    assert "" == out
    return err.splitlines()


def test_a_build_without_changes_reports_what_is_up_to_date(capsys):
    cached = [Step(kind="up to date", subject=f"tagged {number}") for number in range(3)]

    lines = report(capsys, make_result(changes={"public": TreeChanges(unchanged=7)}), *cached)

    assert [
        "up to date     3 results from the cache",
        "nothing to do: public/ and press/ are up to date (1.2 s)",
    ] == lines


def test_why_adds_the_reason_to_each_step(capsys):
    step = Step(kind="tagged", subject="01-burger-centraal.mp3", why="settings.title: Oud → Nieuw")

    lines = report(capsys, make_result(changes={"public": TreeChanges(changed=("a",), unchanged=1)}), step, why=True)

    assert [
        "tagged         01-burger-centraal.mp3  (settings.title: Oud → Nieuw)",
        "replaced       public/: 0 added, 1 changed, 0 removed, 1 unchanged",
        "done in 1.2 s",
    ] == lines


def test_an_episode_without_a_recording_is_listed(capsys):
    lines = report(capsys, make_result(without_recording=("05-slotevent",)))

    assert "waiting        05-slotevent has no recording yet: add one to episodes/05-slotevent/recording/" == lines[0]


def test_a_terminal_gets_a_bar_and_no_color_removes_colour(tmp_path):
    script = (
        "import sys; from pipeline.builder.task_runner import Progress; from pipeline.cli.progress import open_reporter\n"
        "from pipeline.model import Step\n"
        "with open_reporter(why=False, quiet=False) as reporter:\n"
        "    reporter.callbacks.progress(Progress(verb='mastered', done=1, of=2, done_weight_s=1, of_weight_s=2))\n"
        "    sys.stdin.read(); reporter.callbacks.step(Step(kind='failed', subject='x'))"
    )
    wide, bare = (run_on_terminal(script, env) for env in ({}, {"NO_COLOR": "1"}))

    assert "1 of 2  [##########..........]" in wide
    assert "\x1b[31mfailed" in wide
    assert "\x1b[31m" not in bare
    assert "failed" in bare


def run_on_terminal(script, env):
    """Return what a process writes to a terminal on stderr; its stdin ends after its first output."""
    ours, theirs = pty.openpty()
    argv = [sys.executable, "-c", script]
    full = {**os.environ, "PYTHONPATH": str(CHECKOUT), "TERM": "xterm", **env}
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stderr=theirs, env=full) as process:
        output = os.read(ours, 65536)
        process.stdin.close()
    os.close(theirs)
    with contextlib.suppress(OSError):  # EIO: the other end is closed
        while more := os.read(ours, 65536):
            output += more
    os.close(ours)
    return output.decode()


def test_build_ends_with_what_makes_the_print_file_unfit(capsys):
    fault = Finding(
        code="no-bleed", severity="error", where="pages 3–4", message="Bleed is less", hint="Export with it."
    )
    soft = Finding(code="fair-resolution", severity="warning", where="page 2", message="May look soft")
    findings = {"press/magazine/m-print.pdf": (soft, fault), "public/magazine/m.pdf": (fault,)}

    with open_reporter(why=False, quiet=False) as reporter:
        report_print_faults(make_result(findings=findings), reporter)
        report_print_faults(make_result(findings={"press/magazine/m-print.pdf": (soft,)}), reporter)

    assert [
        "not for print  press/magazine/m-print.pdf",
        "  pages 3–4: Bleed is less",
        "    hint: Export with it.",
    ] == capsys.readouterr().err.splitlines()


def warn(code, line, severity="warning"):
    location = SourceLocation("magazine/stories/v.md", line, 1)
    return ValidationError(location=location, message=f"{code} here", code=code, severity=severity)


def test_advice_never_hides_what_is_serious(capsys):
    warnings = [
        *(warn("repeated", line) for line in range(1, 12)),
        warn("under", 3),
        warn("revoked", 40),
        warn("x", 1, "note"),
    ]

    print_warning_groups(group_warnings(warnings), show_all=False)
    folded = capsys.readouterr().err.splitlines()
    print_warning_groups(group_warnings(warnings), show_all=True)

    assert ["revoked here", "under here", "repeated here"] == [line.rpartition(": ")[2] for line in folded[:3]]
    assert folded[3].startswith("  10 more like this: magazine/stories/v.md:2:1, magazine/stories/v.md:3:1, ")
    assert folded[3].endswith(", … (--all shows each)")
    assert "magazine/stories/v.md:1:1: note: x here" == folded[4]
    assert 14 == len(capsys.readouterr().err.splitlines())
