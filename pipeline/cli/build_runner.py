"""The build that `build` and `publish` have in common: recalled if nothing changed, else the content is read and a build is done."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pipeline.builder import TARGETS, Built, Whole, as_before, bring_up_to_date, is_known, parts_of, recalled
from pipeline.cache import Store
from pipeline.cli import show
from pipeline.cli.environment import holder
from pipeline.cli.progress import Talker
from pipeline.content import read_programme
from pipeline.executors import open_workers
from pipeline.publish import LEDGER, letters_of, read_ledger


@contextmanager
def brought_up_to_date(
    root: Path,
    *,
    store: Store,
    hour: datetime,
    talk: Talker,
    workers: str,
    targets: Sequence[str] = TARGETS,
    dry_run: bool = False,
    wait: bool = True,
) -> Iterator[Built]:
    """A build of ``root``; until the block ends nobody else builds. Content is read only if something changed.

    Raises:
        ContentError: told before anything is waited for, or written.
        LockedError: somebody else builds, and ``wait`` is false.
        WeerslagError: as the build raises it.
    """
    parts = parts_of(root, store) if set(targets) == set(TARGETS) else None
    read = None if is_known(parts, store) else read_programme(root)
    waiting = lambda other: talk.say(f"waiting for another build ({other})")  # noqa: E731
    with store.locked(holder=holder(), wait=wait, waiting=waiting):
        ledger = read_ledger(root / LEDGER)
        known = recalled(root, parts, store=store, now=hour, letters=lambda outline: letters_of(ledger, outline))
        if known is not None:
            for warning in known.voided:
                show(warning)
            yield as_before(known, talk.talk)
            return
        programme, voided = read or read_programme(root)
        for warning in voided:
            show(warning)
        with open_workers(workers) as pool:
            built = bring_up_to_date(
                programme,
                root=root,
                store=store,
                pool=pool,
                now=hour,
                talk=talk.talk,
                targets=targets,
                dry_run=dry_run,
                letters=letters_of(ledger, programme),
                whole=Whole(parts=parts, voided=voided) if parts is not None else None,
            )
        yield built
