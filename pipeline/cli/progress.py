"""Report a running build on stderr: a progress bar on a terminal, one plain line per task elsewhere."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import click

from pipeline.builder.build_result import BuildResult
from pipeline.builder.task_runner import DRY_RUN, UP_TO_DATE, Progress, Reporter
from pipeline.model import Step
from pipeline.model.time_codes import format_time_code

_VERB_WIDTH = 15
_TICK_S = 0.5
_PLAIN_TICK_S = 10.0
_COLOURS = {"failed": "red", "lost": "red", DRY_RUN: "yellow", "warned": "yellow", "defect": "yellow"}


@dataclass(slots=True)
class TerminalReporter:
    """Prints the steps of one build. Lines scroll; on a terminal the bar is redrawn below them."""

    why: bool
    quiet: bool
    terminal: bool
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _progress: Progress | None = None
    _began: float = 0.0
    _has_bar: bool = False
    _up_to_date: int = 0

    @property
    def callbacks(self) -> Reporter:
        """What a build reports to."""
        return Reporter(step=self._print_step, progress=self._update_progress)

    def print_line(self, line: str) -> None:
        """Print one line above the bar."""
        if not self.quiet:
            with self._lock:
                self._erase_bar()
                click.echo(line, err=True)

    def print_step(self, verb: str, rest: str) -> None:
        """Print one line with a verb, in the colour of that verb."""
        # https://no-color.org; off a terminal Click removes the colour
        colour = None if os.environ.get("NO_COLOR") else _COLOURS.get(verb)
        padded = f"{verb:<{_VERB_WIDTH}}"
        self.print_line(f"{click.style(padded, fg=colour) if colour else padded}{rest}")

    def print_waiting(self, holder: str) -> None:
        """Print who holds the lock."""
        self.print_line(f"waiting for another build ({holder})")

    def print_summary(self, result: BuildResult, seconds: float, *, dry_run: bool) -> None:
        """Print the last lines: what was up to date, what changed, what is held back."""
        self.clear_progress()
        self._print_episodes(result)
        if result.failures:
            count = len(result.failures)
            self.print_line(f"{count} failed; public/ and press/ are unchanged ({seconds:.1f} s)")
            return
        if any(step.kind == DRY_RUN for step in result.steps):
            self.print_line("dry run: nothing was built; steps that depend on these are not listed")
            return
        for tree, changes in result.changes.items():
            if changes:
                counts = f"{len(changes.added)} added, {len(changes.changed)} changed, {len(changes.removed)} removed"
                verb = "would be" if dry_run else "replaced"
                self.print_step(verb, f"{tree}/: {counts}, {changes.unchanged} unchanged")
        if not any(result.changes.values()):
            self.print_line(f"nothing to do: public/ and press/ are up to date ({seconds:.1f} s)")
        elif not dry_run:
            self.print_line(f"done in {seconds:.1f} s")

    def redraw(self) -> None:
        """Redraw the bar, or print it as a line where there is no terminal."""
        with self._lock:
            if self._progress and not self.quiet:
                self._erase_bar()
                line = format_progress(self._progress, time.monotonic() - self._began)
                click.echo(line, err=True, nl=not self.terminal)
                self._has_bar = self.terminal

    def clear_progress(self) -> None:
        """Remove the bar."""
        with self._lock:
            self._progress = None
            self._erase_bar()

    def _print_episodes(self, result: BuildResult) -> None:
        """Print what a producer should know of the episodes, changed or not."""
        if self._up_to_date:
            self.print_step(UP_TO_DATE, f"{self._up_to_date} results from the cache")
        for release in result.outline.releases:
            for defect in release.defects:
                at = "" if defect.at_s is None else f"{format_time_code(defect.at_s)} "
                self.print_step("defect", f"{release.slug}: {at}{defect.message}")
        for slug in result.without_recording:
            self.print_step("waiting", f"{slug} has no recording yet: add one to episodes/{slug}/recording/")
        for slug, until in result.held_back:
            self.print_step("held back", f"{slug} until {until:%Y-%m-%d %H:%M %Z}")

    def _print_step(self, step: Step) -> None:
        if step.kind == UP_TO_DATE:
            self._up_to_date += 1
            return
        reason = f"  ({step.why})" if self.why and step.why else ""
        detail = f": {step.detail}" if step.detail else ""
        self.print_step(step.kind, f"{step.subject}{detail}{reason}")

    def _update_progress(self, progress: Progress) -> None:
        with self._lock:
            if self._progress is None or progress.verb != self._progress.verb:
                self._began = time.monotonic()
            self._progress = progress

    def _erase_bar(self) -> None:
        if self._has_bar:
            click.echo("\r\033[K", err=True, nl=False)
            self._has_bar = False


@contextmanager
def open_reporter(*, why: bool, quiet: bool) -> Iterator[TerminalReporter]:
    """Open a reporter whose bar is redrawn by a thread until the block ends.

    Args:
        why: Print the reason of each step.
        quiet: Print nothing.
    """
    terminal = sys.stderr.isatty()
    reporter = TerminalReporter(why=why, quiet=quiet, terminal=terminal)
    stop = threading.Event()

    def redraw() -> None:
        while not stop.wait(_TICK_S if terminal else _PLAIN_TICK_S):
            reporter.redraw()

    thread = threading.Thread(target=redraw, daemon=True)
    thread.start()
    try:
        yield reporter
    finally:
        stop.set()
        thread.join()
        reporter.clear_progress()


def format_progress(progress: Progress, elapsed_s: float) -> str:
    """Format a bar: ``mastered  2 of 4  [##########..........]  12.0/s, 0:31 left``.

    The rate counts weight that is done; the time left is for the rest of it.
    """
    part = progress.done_weight_s / progress.of_weight_s if progress.of_weight_s else 0.0
    full = round(part * 20)
    counts = f"{progress.done} of {progress.of}"
    line = f"{progress.verb:<{_VERB_WIDTH}}{counts}  [{'#' * full}{'.' * (20 - full)}]"
    if not progress.done or elapsed_s <= 0:
        return line
    rate = progress.done_weight_s / elapsed_s
    left_s = (progress.of_weight_s - progress.done_weight_s) / rate if rate else 0.0
    return f"{line}  {rate:.1f}/s, {int(left_s) // 60}:{int(left_s) % 60:02} left"
