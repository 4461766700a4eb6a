"""``weerslag serve``: look at the programme while working on it."""

import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path

import click

from pipeline.builder import TARGETS, WEB, Built, Talk, bring_up_to_date
from pipeline.cli.environment import holder, now, store_of
from pipeline.cli.progress import Talker, talker
from pipeline.content import load_programme, voided_clearances
from pipeline.errors import Fault
from pipeline.executors import open_workers
from pipeline.publish import LEDGER, letters_of, read_ledger
from pipeline.server import Board, Outcome, Watch, keep_up, opened
from pipeline.typesetting import templates_folder

_PAGES = ("site", "feed", WEB)


@click.command(
    epilog="""\b
Examples: weerslag serve
          weerslag serve --port 0"""
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes any that is free."
)
@click.option("-j", "--jobs", type=click.IntRange(1), help="Work on this many things at once [default: all cores].")
@click.pass_obj
def serve(root: Path, port: int, jobs: int | None) -> None:
    """Preview on this machine; build and reload on every change, until Ctrl-C.

    Pages come first, the magazine's too; its PDFs and the reports when nobody types. The address answers on this machine only.
    """
    board = Board()
    if not (root / "public" / "index.html").is_file():
        board.post(head="One moment: the pages are being made")
    with talker(why=False, quiet=False) as talk, opened(root / "public", board, port=port) as address:
        click.echo(address)
        bench = _Bench(root=root, workers=f"processes:{jobs or os.cpu_count() or 1}", talk=talk)
        keep_up(_watch(root), board, pages=bench.pages, rest=bench.rest, over=threading.Event())


@dataclass(slots=True)
class _Bench:
    """Builds, told in one line each."""

    root: Path
    workers: str
    talk: Talker
    voided: tuple[Fault, ...] = ()  # told already

    def pages(self) -> Outcome:
        """The site, the feed and the magazine on the web, with whatever sound they still need."""
        self._tell_voided()
        return self._build(_PAGES, None)

    def rest(self, stop: threading.Event) -> Outcome:
        """Everything; jobs that are at work when ``stop`` is set are ended."""
        return self._build(TARGETS, stop)

    def _tell_voided(self) -> None:
        """Say once what an edit made void: else its author looks for words that are on no page any more."""
        voided = voided_clearances(self.root)
        for warning in voided:
            if warning not in self.voided:
                self.talk.say(str(warning))
        self.voided = voided

    def _build(self, targets: Sequence[str], stop: threading.Event | None) -> Outcome:
        began, store = time.monotonic(), store_of(self.root)
        programme = load_programme(self.root)
        waiting = lambda other: self.talk.say(f"waiting for another build ({other})")  # noqa: E731
        with store.locked(holder=holder(), wait=True, waiting=waiting), open_workers(self.workers) as pool:
            done = threading.Event()

            def end_early() -> None:
                while stop and not done.wait(0.05):
                    if stop.is_set():
                        pool.shutdown(wait=False, cancel_futures=True)
                        return

            threading.Thread(target=end_early, daemon=True).start()
            try:
                built = bring_up_to_date(
                    programme,
                    root=self.root,
                    store=store,
                    pool=pool,
                    now=now(),
                    talk=self._talk(stop),
                    targets=targets,
                    letters=letters_of(read_ledger(self.root / LEDGER), programme),
                )
            except CancelledError:
                return Outcome(changed=False)
            finally:
                done.set()
                self.talk.talk.progress(None)  # type: ignore[arg-type]  # takes the bar away
        return self._told(built, time.monotonic() - began)

    def _talk(self, stop: threading.Event | None) -> Talk:
        """The build's talk, up to the moment at which it is stopped: what is ended then has not failed."""
        talk = self.talk.talk
        return Talk(step=lambda step: None if stop and stop.is_set() else talk.step(step), progress=talk.progress)

    def _told(self, built: Built, seconds: float) -> Outcome:
        """Which files of public/ differ, on the terminal; what failed, for the page."""
        differ = built.changes.get("public")
        if differ:
            told = f"{len(differ.added)} added, {len(differ.changed)} changed, {len(differ.removed)} removed"
            self.talk.say(f"{'replaced':<10}public/: {told} ({seconds:.1f} s)")
        trouble = "\n\n".join(str(error) for _, error in built.failures)
        return Outcome(changed=bool(differ), trouble=trouble)


def _watch(root: Path) -> Watch:
    """What people edit: the programme, and the theme, whether it is theirs or ours."""
    own = [root / name for name in ("programme.yaml", "episodes", "magazine", "templates")]
    return Watch(places=(*own, templates_folder()))
