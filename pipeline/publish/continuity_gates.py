"""What may not change between two publishes: apps know an episode by its guid, its date and its bytes."""

from collections.abc import Iterator, Sequence, Sized
from datetime import UTC, datetime

from pipeline.publish.gates import Objection
from pipeline.publish.publication_log import Ledger, Line, Listed, slug_of


def broken_rules(ledger: Ledger, before: Line | None, wanted: Line, *, moved_from: str = "") -> Iterator[Objection]:
    """All that ``wanted`` would do to subscribers which ``before`` did not prepare them for."""
    yield from _new_bytes(ledger, wanted)
    yield from _returning(ledger, before, wanted)
    if before is None:
        return
    old = {listed.guid: listed for listed in before.episodes}
    new = {listed.guid: listed for listed in wanted.episodes}
    yield from _of_the_podcast(before, wanted, moved_from=moved_from)
    yield from _gone(before, wanted, old=old, new=new)
    yield from _paged(before, wanted)
    for guid in old.keys() & new.keys() if before.feed else ():
        yield from _dates(old[guid], new[guid])
    yield from _order([guid for guid in old if guid in new], [guid for guid in new if guid in old], new)


def _of_the_podcast(before: Line, wanted: Line, *, moved_from: str) -> Iterator[Objection]:
    if before.podcast and wanted.podcast and before.podcast != wanted.podcast:
        yield _error(
            "podcast-guid-changed",
            where="feed.xml",
            message="the podcast got another guid: directories take it for another podcast",
            old=before.podcast,
            new=wanted.podcast,
            hint="Put the old guid back in programme.yaml.",
        )
    if before.feed and wanted.feed and before.feed not in (wanted.feed, moved_from):
        yield _error(
            "feed-moved",
            where="feed.xml",
            message="the feed got another address: subscribers stay behind at the old one",
            old=before.feed,
            new=wanted.feed,
            hint=f"Put the old `url` back in programme.yaml, or move on purpose: --moved-from {before.feed}",
        )


def _gone(before: Line, wanted: Line, *, old: dict[str, Listed], new: dict[str, Listed]) -> Iterator[Objection]:
    pages = {_local(listed.page, wanted.feed): listed for listed in wanted.episodes if listed.guid not in old}
    for guid, listed in old.items():
        if guid in new or guid in wanted.withdrawn:
            continue
        again = pages.get(_local(listed.page, before.feed))
        if again is not None:
            yield _error(
                "guid-changed",
                where=listed.page,
                message="the episode got another guid: every subscriber would get it a second time",
                old=guid,
                new=again.guid,
                hint="Put the old guid back in its episode.md.",
            )
        else:
            yield _error(
                "episode-gone",
                where=listed.page,
                message="the episode disappears: subscribers lose it",
                old=f"{guid}, published {_hour(listed.published)}",
                new="not in the feed",
                hint=f"Put its folder back; or withdraw it, sound and all: --withdraw {guid}",
            )
    gone = sum(guid not in wanted.withdrawn for guid in old)
    if len(new) < gone:
        yield _error(
            "feed-shorter",
            where="feed.xml",
            message="the feed gets shorter",
            old=_count(old),
            new=_count(new),
        )


def _paged(before: Line, wanted: Line) -> Iterator[Objection]:
    """Pages where there were none, or smaller ones: most apps know only the first, and what is not on it is gone for them."""
    was, now = before.first_page or len(before.episodes), wanted.first_page
    if before.episodes and now and (now < was or not before.first_page):
        later = len(wanted.episodes) - now
        yield _error(
            "feed-paged",
            where="feed.xml",
            message=f"{later} episodes move to further pages: most apps, Apple's among them, would lose them",
            old=f"{was} episodes in feed.xml",
            new=f"{now} episodes in feed.xml",
            hint="Leave `page_items` out of programme.yaml, or raise it; a feed of some hundreds needs no pages.",
        )


def _dates(old: Listed, new: Listed) -> Iterator[Objection]:
    if old.published != new.published:
        yield _error(
            "date-changed",
            where=new.page,
            message="the publishing date changed: apps show the episode as new, or sort it elsewhere",
            old=_hour(old.published),
            new=_hour(new.published),
            hint="Put the old date back in `published` of its episode.md.",
        )


def _order(old: Sequence[str], new: Sequence[str], listed: dict[str, Listed]) -> Iterator[Objection]:
    if old != new:
        yield _error(
            "order-changed",
            where="feed.xml",
            message="the episodes stand in another order",
            old=", ".join(slug_of(listed[guid]) for guid in old),
            new=", ".join(slug_of(listed[guid]) for guid in new),
        )


def _new_bytes(ledger: Ledger, wanted: Line) -> Iterator[Objection]:
    """An address that ever had other bytes, at any target: caches and downloads of subscribers would differ."""
    once = {listed.address: listed for line in ledger.lines for listed in line.episodes}
    for listed in wanted.episodes:
        old = once.get(listed.address)
        if old is not None and old.sha256 != listed.sha256:
            yield _error(
                "bytes-changed",
                where=listed.address,
                message="new bytes under an old name: whoever has the old ones never gets the new",
                old=f"{old.sha256[:16]}…, {old.size_bytes} bytes",
                new=f"{listed.sha256[:16]}…, {listed.size_bytes} bytes",
                hint="Build again: a corrected episode gets a new address, and keeps its guid.",
            )


def _returning(ledger: Ledger, before: Line | None, wanted: Line) -> Iterator[Objection]:
    """Somebody withdrew consent once, at any target; only on purpose does that voice come back."""
    shown = {listed.guid for listed in before.episodes} if before else set()
    withdrawn = {guid: line for line in ledger.lines for guid in line.withdrawn}
    for listed in wanted.episodes:
        line = withdrawn.get(listed.guid)
        if line is not None and listed.guid not in shown:
            yield _error(
                "withdrawn-returns",
                where=listed.page,
                message="the episode was withdrawn once, and would come back",
                old=f"withdrawn {_hour(line.at)} from {line.target}",
                new=f"in the feed, {listed.guid}",
                hint="Take its folder out of episodes/; or make sure that everybody in it agrees, and accept it.",
            )


def _error(code: str, *, where: str, message: str, old: str, new: str, hint: str = "") -> Objection:
    return Objection(code=code, severity="error", where=where, message=message, old=old, new=new, hint=hint)


def _local(address: str, feed: str) -> str:
    """An address from the folder of the feed on, so that it is the same after a move."""
    return address.removeprefix(feed.rpartition("/")[0])


def _count(episodes: Sized) -> str:
    return f"{len(episodes)} episode{'s'[: len(episodes) != 1]}"


def _hour(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
