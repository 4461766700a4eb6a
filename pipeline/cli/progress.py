"""Report a running build on stderr: a progress bar on a terminal, one plain line per task elsewhere."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click

from pipeline.builder.build_result import BuildResult
from pipeline.builder.task_runner import DRY_RUN, UP_TO_DATE, Progress, Reporter
from pipeline.cache import TreeChanges
from pipeline.cli.language import translate, translate_message
from pipeline.model import Step
from pipeline.model.time_codes import format_time_code

_VERB_WIDTH = 15
_TICK_S = 0.5
_PLAIN_TICK_S = 10.0
_MIN_RATE = 0.1
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
        padded = f"{translate(verb):<{_VERB_WIDTH}}"
        self.print_line(f"{click.style(padded, fg=colour) if colour else padded}{rest}")

    def print_waiting(self, holder: str) -> None:
        """Print who holds the lock."""
        self.print_line(translate("waiting for another build ({holder})").format(holder=holder))

    def print_summary(self, result: BuildResult, seconds: float, *, dry_run: bool, preview: Path | None = None) -> None:
        """Print the last lines: what was up to date, what changed, what is held back.

        Args:
            result: Of the build.
            seconds: How long it took.
            dry_run: Nothing was changed.
            preview: The folder of the preview, if that was built.
        """
        self.clear_progress()
        figures = {"count": len(result.failures), "folder": preview, "seconds": f"{seconds:.1f}"}
        self._print_episodes(result)
        if result.failures:
            line = translate("{count} failed; public/ and press/ are unchanged ({seconds} s)")
            if preview:
                line = translate("{count} failed; the preview in {folder} is unchanged ({seconds} s)")
            self.print_line(line.format(**figures))
            return
        if any(step.kind == DRY_RUN for step in result.steps):
            self.print_line(translate("dry run: nothing was built; steps that depend on these are not listed"))
            return
        for tree, changes in result.changes.items():
            if changes:
                self.print_step("would be" if dry_run else "replaced", f"{preview or tree}/: {format_counts(changes)}")
        if not any(result.changes.values()):
            line = translate("nothing to do: public/ and press/ are up to date ({seconds} s)")
            if preview:
                line = translate("nothing to do: the preview in {folder} is up to date ({seconds} s)")
            self.print_line(line.format(**figures))
        elif not dry_run:
            self.print_line(translate("done in {seconds} s").format(**figures))

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
            self.print_step(UP_TO_DATE, translate("{count} results from the cache").format(count=self._up_to_date))
        for release in result.outline.releases:
            for defect in release.defects:
                at = "" if defect.at_s is None else f"{format_time_code(defect.at_s)} "
                self.print_step("defect", f"{release.slug}: {at}{translate_message(defect.message)}")
        for slug in result.without_recording:
            line = translate("{slug} has no recording yet: add one to episodes/{slug}/recording/")
            self.print_step("waiting", line.format(slug=slug))
        for slug, until in result.held_back:
            line = translate("{slug} until {time}").format(slug=slug, time=f"{until:%Y-%m-%d %H:%M %Z}")
            self.print_step("held back", line)

    def _print_step(self, step: Step) -> None:
        if step.kind == UP_TO_DATE:
            self._up_to_date += 1
            return
        reason = f"  ({step.why})" if self.why and step.why else ""
        detail = f": {translate(step.detail)}" if step.detail else ""
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


def format_counts(changes: TreeChanges) -> str:
    """Format how a tree changed."""
    counts = {name: len(getattr(changes, name)) for name in ("added", "changed", "removed")}
    line = translate("{added} added, {changed} changed, {removed} removed, {unchanged} unchanged")
    return line.format(**counts, unchanged=changes.unchanged)


def format_progress(progress: Progress, elapsed_s: float) -> str:
    """Format a bar: ``mastered  2 of 4  [##########..........]  12.0/s, 0:31 left``.

    The rate counts weight that is done; the time left is for the rest of it.
    """
    part = progress.done_weight_s / progress.of_weight_s if progress.of_weight_s else 0.0
    full = round(part * 20)
    counts = translate("{number} of {count}").format(number=progress.done, count=progress.of)
    line = f"{translate(progress.verb):<{_VERB_WIDTH}}{counts}  [{'#' * full}{'.' * (20 - full)}]"
    if not progress.done or elapsed_s <= 0:
        return line
    rate = progress.done_weight_s / elapsed_s
    left_s = (progress.of_weight_s - progress.done_weight_s) / rate if rate else 0.0
    left = translate("{time} left").format(time=f"{int(left_s) // 60}:{int(left_s) % 60:02}")
    speed = f"{rate:.1f}/s, " if rate >= _MIN_RATE else ""  # of programmes, one may take minutes
    return f"{line}  {speed}{left}"
