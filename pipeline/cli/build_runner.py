"""The build that `build` and `publish` share: loaded from the cache if nothing changed, else run."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.builder.build_result import BuildResult
from pipeline.builder.cached_build import (
    BuildKey,
    collect_key_parts,
    has_cached_build,
    load_cached_build,
    replay_cached_build,
)
from pipeline.builder.trees import TARGETS
from pipeline.cache import Cache
from pipeline.cli.environment import describe_process
from pipeline.cli.output import print_warning
from pipeline.cli.progress import TerminalReporter
from pipeline.content.publication_log import LOG_FILE, PublicationLog, read_publication_log
from pipeline.errors import ValidationError
from pipeline.publish.notices import render_notices

if TYPE_CHECKING:
    from pipeline.content import ProgrammeFiles


@contextmanager
def run_build_locked(
    root: Path,
    *,
    cache: Cache,
    now: datetime,
    reporter: TerminalReporter,
    workers: str | Executor,
    targets: Sequence[str] = TARGETS,
    dry_run: bool = False,
    preview: bool = False,
    wait: bool = True,
    warn: Callable[[ValidationError], object] = print_warning,
) -> Iterator[BuildResult]:
    """Build ``root`` or its preview, and hold the build lock until the block ends; read content only if something changed.

    Args:
        now: Decides what is held back.
        workers: The name of an executor, which is opened if anything changed, or an open one, which stays open.
        dry_run: Change nothing.
        wait: Wait for another build of the same programme.
        warn: Called with each approval that an edit revoked.

    Raises:
        ContentError: The content is invalid; raised before waiting for the lock.
        LockedError: Another build is running, and ``wait`` is false.
        WeerslagError: As ``run_build``.
    """
    parts = collect_key_parts(root, cache, preview=preview) if set(targets) == set(TARGETS) else None
    files = None if has_cached_build(parts, cache) else _load_files(root)
    with cache.lock(holder=describe_process(), wait=wait, waiting=reporter.print_waiting):
        log = read_publication_log(root / LOG_FILE)
        events, render = log.event_digests, partial(render_notices, log)
        cached = load_cached_build(root, parts, published_events=events, cache=cache, now=now, render_notices=render)
        for warning in cached.revoked if cached else ():
            warn(warning)
        if cached is not None:
            yield replay_cached_build(cached, reporter.callbacks)
            return
        build = _prepare_build(files or _load_files(root), parts, log, warn)
        with _open_workers(workers) as executor:
            result = build(
                root=root,
                cache=cache,
                executor=executor,
                now=now,
                reporter=reporter.callbacks,
                targets=targets,
                dry_run=dry_run,
                preview=preview,
            )
        yield result


def _load_files(root: Path) -> "ProgrammeFiles":
    from pipeline.content import load_files  # noqa: PLC0415  # 0.3 s of CPU, and only a build that may change pays

    return load_files(root)


def _prepare_build(
    files: "ProgrammeFiles",
    parts: Mapping[str, Any] | None,
    log: PublicationLog,
    warn: Callable[[ValidationError], object],
) -> Callable[..., BuildResult]:
    """Return ``run_build`` with all arguments that follow from the content and the publication log."""
    from pipeline.builder.build import run_build  # noqa: PLC0415  # 0.2 s of CPU, see above
    from pipeline.content import build_programme, find_revoked_approvals  # noqa: PLC0415

    events = log.event_digests
    programme, revoked = build_programme(files, events), tuple(find_revoked_approvals(files))
    for warning in revoked:
        warn(warning)
    build_key = BuildKey(parts=parts, revoked=revoked, published_events=events) if parts else None
    return partial(run_build, programme, notices=render_notices(log, programme), build_key=build_key)


def _open_workers(workers: str | Executor) -> AbstractContextManager[Executor]:
    from pipeline.executors import open_executor  # noqa: PLC0415  # see above

    return open_executor(workers) if isinstance(workers, str) else nullcontext(workers)
