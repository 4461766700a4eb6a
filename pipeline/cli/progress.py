"""Tells a build while it runs: a bar with rate and time left on a terminal, one plain line a step elsewhere. On stderr."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import click

from pipeline.builder import Built, Progress, Talk
from pipeline.model import Step
from pipeline.typesetting import clock

_WIDTH = 15  # of the verb's column: "looked through" and a space
_TICK_S = 0.5
_PLAIN_TICK_S = 10.0
_COLOURS = {"failed": "red", "lost": "red", "would": "yellow", "warned": "yellow", "defect": "yellow"}


@dataclass(slots=True)
class Talker:
    """One build's talk. Lines scroll; the bar is redrawn below them, only on a terminal."""

    why: bool
    quiet: bool
    terminal: bool
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _progress: Progress | None = None
    _began: float = 0.0
    _drawn: bool = False
    _kept: int = 0

    @property
    def talk(self) -> Talk:
        """What the build is given to talk through."""
        return Talk(step=self._step, progress=self._advance)

    def say(self, line: str) -> None:
        """One line, above the bar."""
        if not self.quiet:
            with self._lock:
                self._wipe()
                click.echo(line, err=True)

    def warn(self, verb: str, rest: str) -> None:
        """One line that must not be overlooked."""
        self.say(_line(verb, rest))

    def conclude(self, built: Built, seconds: float, *, dry_run: bool) -> None:
        """The last lines: what was kept, what changed, what is held back."""
        self._advance(None)
        self._remind(built)
        if built.failures:
            self.say(f"{len(built.failures)} failed: public/ and press/ are as they were ({seconds:.1f} s)")
            return
        if any(step.kind == "would" for step in built.steps):
            self.say("dry run: nothing was made; what depends on these can only be told afterwards")
            return
        for tree, changes in built.changes.items():
            if changes:
                told = f"{len(changes.added)} added, {len(changes.changed)} changed, {len(changes.removed)} removed"
                self.say(_line("would be" if dry_run else "replaced", f"{tree}/: {told}, {changes.kept} as they were"))
        if not any(built.changes.values()):
            self.say(f"nothing to do: public/ and press/ are up to date ({seconds:.1f} s)")
        elif not dry_run:
            self.say(f"done in {seconds:.1f} s")

    def _remind(self, built: Built) -> None:
        """What a producer should know of the episodes, changed or not."""
        if self._kept:
            self.say(_line("kept", f"{self._kept} results as they were"))
        for episode in built.outline.heard:
            for defect in episode.defects:
                at = "" if defect.at_s is None else f"{clock(defect.at_s)} "
                self.say(_line("defect", f"{episode.slug}: {at}{defect.message}"))
        for slug in built.silent:
            self.say(_line("waiting", f"{slug} has no recording yet: put one in episodes/{slug}/recording/"))
        for slug, hour in built.held_back:
            self.say(_line("held back", f"{slug} until {hour:%Y-%m-%d %H:%M %Z}"))

    def tick(self) -> None:
        """Redraw the bar, or off a terminal say now and then how far it is."""
        with self._lock:
            if self._progress is None or self.quiet:
                return
            line = bar(self._progress, time.monotonic() - self._began)
            if self.terminal:
                self._wipe()
                click.echo(line, err=True, nl=False)
                self._drawn = True
            else:
                click.echo(line, err=True)

    def _step(self, step: Step) -> None:
        if step.kind == "kept":
            self._kept += 1
            return
        because = f"  ({step.why})" if self.why and step.why else ""
        detail = f": {step.detail}" if step.detail else ""
        self.say(_line(step.kind, f"{step.subject}{detail}{because}"))

    def _advance(self, progress: Progress | None) -> None:
        with self._lock:
            if self._progress is None or progress is None or progress.verb != self._progress.verb:
                self._began = time.monotonic()
            self._progress = progress
            if progress is None:
                self._wipe()

    def _wipe(self) -> None:
        if self._drawn:
            click.echo("\r\033[K", err=True, nl=False)
            self._drawn = False


@contextmanager
def talker(*, why: bool, quiet: bool) -> Iterator[Talker]:
    """A talker whose bar is redrawn by a thread of its own, for as long as the block lasts."""
    terminal = sys.stderr.isatty()
    talk = Talker(why=why, quiet=quiet, terminal=terminal)
    over = threading.Event()

    def redraw() -> None:
        while not over.wait(_TICK_S if terminal else _PLAIN_TICK_S):
            talk.tick()

    thread = threading.Thread(target=redraw, daemon=True)
    thread.start()
    try:
        yield talk
    finally:
        over.set()
        thread.join()
        talk.talk.progress(None)  # type: ignore[arg-type]  # takes the bar away


def bar(progress: Progress, elapsed_s: float) -> str:
    """``mastered  2 of 4  ███▌····  12× , 0:31 left``: the rate counts what is done, the time left what is not."""
    part = progress.done_weight_s / progress.of_weight_s if progress.of_weight_s else 0.0
    full = round(part * 20)
    line = f"{progress.verb:<{_WIDTH}}{progress.done} of {progress.of}  [{'#' * full}{'.' * (20 - full)}]"
    if not progress.done or elapsed_s <= 0:
        return line
    rate = progress.done_weight_s / elapsed_s
    left_s = (progress.of_weight_s - progress.done_weight_s) / rate if rate else 0.0
    return f"{line}  {rate:.1f}/s, {int(left_s) // 60}:{int(left_s) % 60:02} left"


def _line(verb: str, rest: str) -> str:
    colour = (
        None if os.environ.get("NO_COLOR") else _COLOURS.get(verb)
    )  # no-color.org; off a terminal Click takes it out
    return f"{click.style(f'{verb:<{_WIDTH}}', fg=colour) if colour else f'{verb:<{_WIDTH}}'}{rest}"
