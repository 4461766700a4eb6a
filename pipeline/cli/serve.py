"""``weerslag serve``: the preview in a browser."""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from pipeline.builder.build import run_build
from pipeline.builder.build_result import BuildResult
from pipeline.builder.task_runner import Reporter
from pipeline.builder.trees import PREVIEW, TARGETS, WEB_MAGAZINE
from pipeline.cli.environment import describe_process, get_current_time, open_cache
from pipeline.cli.language import choose_language, translate
from pipeline.cli.progress import TerminalReporter, format_counts, open_reporter
from pipeline.content import ProgrammeFiles, build_programme, find_revoked_approvals, load_files
from pipeline.content.publication_log import LOG_FILE, read_publication_log
from pipeline.errors import ValidationError
from pipeline.executors import open_executor
from pipeline.model import Step
from pipeline.publish.notices import render_notices
from pipeline.server import RebuildResult, ReloadChannel, open_watcher, rebuild_on_change, run_server
from pipeline.typesetting import get_templates_folder

_PAGE_TARGETS = ("site", "feed", WEB_MAGAZINE)
_WATCHED = ("programme.yaml", "about.md", "episodes", "magazine", "templates")
_CANCEL_POLL_S = 0.05


@click.command(
    epilog="""\b
Examples: weerslag serve
          weerslag serve --port 0"""
)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes any free port.")
@click.option("-j", "--jobs", type=click.IntRange(1), help="Number of parallel tasks [default: number of cores].")
@click.pass_obj
def serve(root: Path, port: int, jobs: int | None) -> None:
    """Preview the site on this machine; rebuild and reload on every change, until Ctrl-C.

    Episodes that are not published yet are shown, and marked; the processing reports are below press/. Only `build` and
    `publish` change public/ and press/. Pages are rebuilt first, the web magazine too; PDFs and reports follow after
    1.5 s without edits. The address is reachable from this machine only.
    """
    channel, folder = ReloadChannel(), open_cache(root).folder / PREVIEW
    if not (folder / "index.html").is_file():
        channel.post(title=translate("The first build is running"))
    with (
        open_reporter(why=False, quiet=False) as reporter,
        run_server(folder, channel, port=port, language=choose_language(os.environ)) as address,
        open_watcher([*(root / name for name in _WATCHED), get_templates_folder()]) as watcher,
    ):
        click.echo(address)
        builder = _PreviewBuilder(root=root, workers=f"processes:{jobs or os.cpu_count() or 1}", reporter=reporter)
        rebuild_on_change(
            watcher, channel, build_pages=builder.build_pages, build_rest=builder.build_rest, translate=translate
        )


@dataclass(slots=True)
class _PreviewBuilder:
    """Runs builds and reports each in one line."""

    root: Path
    workers: str
    reporter: TerminalReporter
    files: ProgrammeFiles | None = None  # read by ``build_pages``; each edit calls that again
    reported: tuple[ValidationError, ...] = ()  # revoked approvals

    def build_pages(self) -> RebuildResult:
        """Build the site, the feed and the web magazine, with the audio that they still need."""
        self.files = load_files(self.root)
        return self._build(self.files, _PAGE_TARGETS, threading.Event())

    def build_rest(self, stop: threading.Event) -> RebuildResult:
        """Build everything; running tasks are cancelled when ``stop`` is set."""
        return self._build(self.files or load_files(self.root), TARGETS, stop)

    def _report_revoked_approvals(self, files: ProgrammeFiles) -> None:
        """Report once what an edit revoked: the text is no longer on any page, which would surprise its author."""
        revoked = tuple(find_revoked_approvals(files))
        for warning in revoked:
            if warning not in self.reported:
                self.reporter.print_line(warning.format(translate))
        self.reported = revoked

    def _build(self, files: ProgrammeFiles, targets: Sequence[str], stop: threading.Event) -> RebuildResult:
        start, cache, callbacks = time.monotonic(), open_cache(self.root), self.reporter.callbacks

        def report_step(step: Step) -> None:
            if not stop.is_set():  # a cancelled task is not a failure
                callbacks.step(step)

        log = read_publication_log(self.root / LOG_FILE)
        self._report_revoked_approvals(files)
        programme = build_programme(files, log.event_digests)
        with (
            cache.lock(holder=describe_process(), wait=True, waiting=self.reporter.print_waiting),
            open_executor(self.workers) as executor,
            _cancel_on(stop, executor),
        ):
            try:
                result = run_build(
                    programme,
                    root=self.root,
                    cache=cache,
                    executor=executor,
                    now=get_current_time(),
                    reporter=Reporter(step=report_step, progress=callbacks.progress),
                    targets=targets,
                    preview=True,
                    notices=render_notices(log, programme),
                )
            except CancelledError:
                return RebuildResult(changed=False)
            finally:
                self.reporter.clear_progress()
        return self._report(result, time.monotonic() - start)

    def _report(self, result: BuildResult, seconds: float) -> RebuildResult:
        changes = result.changes.get(PREVIEW)
        if changes:
            self.reporter.print_step("replaced", f"{PREVIEW}/: {format_counts(changes)} ({seconds:.1f} s)")
        errors = "\n\n".join(error.format(translate) for _, error in result.failures)
        return RebuildResult(changed=bool(changes), error=errors)


@contextmanager
def _cancel_on(stop: threading.Event, executor: Executor) -> Iterator[None]:
    """Shut the executor down as soon as ``stop`` is set."""
    done = threading.Event()

    def wait_for_stop() -> None:
        while not done.wait(_CANCEL_POLL_S):
            if stop.is_set():
                executor.shutdown(wait=False, cancel_futures=True)
                return

    threading.Thread(target=wait_for_stop, daemon=True).start()
    try:
        yield
    finally:
        done.set()
