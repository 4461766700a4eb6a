"""Carries a plan out, in the one order that may be stopped anywhere: media, pages, a look back, the feed, the ledger."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pipeline import urls
from pipeline.cache.atomic_files import as_store_error, write_record
from pipeline.errors import GateError
from pipeline.model import Step, to_plain
from pipeline.publish import publication_log
from pipeline.publish.feed_items import path_in
from pipeline.publish.http_checks import feed_trouble, look_from_outside
from pipeline.publish.plan import Plan
from pipeline.publish.publication_log import Line
from pipeline.publish.target import Ours, Source, Target, TargetError, write_note

Say = Callable[[Step], object]


def carry_out(plan: Plan, target: Target, *, base: str, books: "Books", say: Say, served: bool = False) -> Line | None:
    """Do what the plan says; the new line of the ledger, if there was anything to tell.

    Stopped at any moment, every address in the feed at the target exists with the length that it states, and the next
    publish goes on from there.

    Args:
        plan: with nothing that blocks it.
        target: the one the plan was made for.
        base: the address of the programme.
        books: where the ledger is, and the note of a line not yet in it.
        say: told each thing that was done.
        served: before the feed, look at all that it names over HTTP, at the programme's own address; after it, at the feed.

    Raises:
        GateError: the plan is blocked; nothing was touched.
        WeerslagError: the target could not be written.
    """
    if plan.blocking:
        raise GateError("the plan is blocked", hint="See its objections.")
    if plan.unwritten is not None:
        publication_log.append(books.ledger, plan.unwritten)
        books.clear()
    brought = _bring(plan, target, say) if not plan.is_idle else {}
    line = None
    if not plan.is_idle:
        _look_back(plan, target, base)
        if served and plan.feed is not None:
            look_from_outside(plan.feed, plan.files, base=base, feed_path=urls.FEED)
        line = _switch(plan, target, books, say)
        if served and plan.feed is not None and (trouble := feed_trouble(plan.feed)):
            say(Step(kind="warned", subject=plan.feed.address, detail=trouble))
        for path in (*plan.withdrawn, *plan.pruned):
            target.remove(path)
            say(Step(kind="removed", subject=path))
    write_note(target, {**plan.kept, **plan.resting, **brought})
    return line


@dataclass(frozen=True, slots=True)
class Books:
    """The ledger of a programme, and beside it the line that is written down before a feed is switched."""

    ledger: Path
    pending: Path

    def announce(self, line: Line) -> None:
        """Write down what the ledger is about to say."""
        write_record(self.pending, to_plain(line))

    def clear(self) -> None:
        """The ledger says it."""
        with as_store_error(self.pending, "cannot be removed"):
            self.pending.unlink(missing_ok=True)


def _bring(plan: Plan, target: Target, say: Say) -> dict[str, Ours]:
    """Media, then pages; first of all a note of what will be ours, so that a stopped publish leaves nothing unknown."""
    begun = {source.path: Ours() for source in (*plan.media, *plan.added, *plan.replaced)}
    leaving = {path: Ours() for path in (*plan.withdrawn, *plan.pruned)}
    write_note(target, {**plan.kept, **plan.resting, **leaving, **begun})
    brought = _all(plan.media, target.create, target.width, "brought", say)
    brought |= _all(plan.added, target.replace, target.width, "brought", say)
    return brought | _all(plan.replaced, target.replace, target.width, "replaced", say)


def _all(sources: Iterable[Source], bring: Callable[[Source], str], width: int, verb: str, say: Say) -> dict[str, Ours]:
    def one(source: Source) -> tuple[str, Ours]:
        ours = Ours(sha256=source.sha256, token=bring(source))
        say(Step(kind=verb, subject=source.path))
        return source.path, ours

    with ThreadPoolExecutor(max_workers=width) as pool:
        return dict(pool.map(one, sources))


def _look_back(plan: Plan, target: Target, base: str) -> None:
    """Every address of ours in the feed is there, with its length, before anybody is told of it."""
    if plan.feed is None:
        return
    seen = target.seen()
    stated = {item.address: item.size_bytes for item in plan.feed.items}
    for address in plan.feed.named:
        path = path_in(base, address)
        if path is None or path == urls.FEED:
            continue
        if path not in seen or seen[path].size_bytes != stated.get(address, seen[path].size_bytes):
            message = "is not there as it was brought, so the feed was left as it is"
            raise TargetError(message, where=f"{plan.target}/{path}", hint="Publish again; see who else writes there.")


def _switch(plan: Plan, target: Target, books: Books, say: Say) -> Line:
    """The feed, in one step, and then the ledger; between the two, a note of what the ledger will say."""
    books.announce(plan.line)
    if plan.feed is not None and plan.feed_change in ("added", "replaced"):
        target.switch(urls.FEED, plan.feed.content, was=plan.feed_was)
        say(Step(kind="switched", subject=urls.FEED))
    if plan.feed_change == "removed":
        target.remove(urls.FEED)
        say(Step(kind="removed", subject=urls.FEED))
    line = publication_log.append(books.ledger, plan.line)
    books.clear()
    return line
