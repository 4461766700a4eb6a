"""The build that `build` and `publish` share: loaded from the cache if nothing changed, else run."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from pipeline.builder.build import replay_cached_build, run_build
from pipeline.builder.build_result import BuildResult
from pipeline.builder.cached_build import BuildKey, collect_key_parts, has_cached_build, load_cached_build
from pipeline.builder.output_files import TARGETS
from pipeline.cache import Cache
from pipeline.cli.environment import describe_process
from pipeline.cli.output import print_warning
from pipeline.cli.progress import TerminalReporter
from pipeline.content import build_programme, find_revoked_approvals, load_files
from pipeline.content.publication_log import LOG_FILE, read_publication_log
from pipeline.executors import open_executor
from pipeline.publish.notices import render_notices


@contextmanager
def run_build_locked(
    root: Path,
    *,
    cache: Cache,
    now: datetime,
    reporter: TerminalReporter,
    workers: str,
    targets: Sequence[str] = TARGETS,
    dry_run: bool = False,
    preview: bool = False,
    wait: bool = True,
) -> Iterator[BuildResult]:
    """Build ``root`` or its preview, and hold the build lock until the block ends; read content only if something changed.

    Raises:
        ContentError: The content is invalid; raised before waiting for the lock.
        LockedError: Another build is running, and ``wait`` is false.
        WeerslagError: As ``run_build``.
    """
    parts = collect_key_parts(root, cache, preview=preview) if set(targets) == set(TARGETS) else None
    files = None if has_cached_build(parts, cache) else load_files(root)
    with cache.lock(holder=describe_process(), wait=wait, waiting=reporter.print_waiting):
        log = read_publication_log(root / LOG_FILE)
        events, render = log.event_digests, partial(render_notices, log)
        cached = load_cached_build(root, parts, published_events=events, cache=cache, now=now, render_notices=render)
        if cached is not None:
            for warning in cached.revoked:
                print_warning(warning)
            yield replay_cached_build(cached, reporter.callbacks)
            return
        files = files or load_files(root)
        programme = build_programme(files, events)
        revoked = tuple(find_revoked_approvals(files))
        for warning in revoked:
            print_warning(warning)
        with open_executor(workers) as executor:
            result = run_build(
                programme,
                root=root,
                cache=cache,
                executor=executor,
                now=now,
                reporter=reporter.callbacks,
                targets=targets,
                dry_run=dry_run,
                preview=preview,
                notices=render(programme),
                build_key=BuildKey(parts=parts, revoked=revoked, published_events=events) if parts else None,
            )
        yield result
