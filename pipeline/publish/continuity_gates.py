"""Gates on the publication log, on what is at the target, and on what may not change between two publishes.

Apps recognise an episode by its guid, date and URL.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence, Sized
from datetime import UTC, datetime

from pipeline import urls
from pipeline.content.publication_log import LOG_FILE, ListedEpisode, LogEntry, PublicationLog
from pipeline.errors import fill, make_message
from pipeline.publish.feed_items import PublishedFeed
from pipeline.publish.gates import GateFinding, create_error
from pipeline.publish.target import Target
from pipeline.publish.target_diff import TargetDiff

_PAGE = re.compile(r"(?P<page>(?P<kind>episodes|events|stories|newsletters|cases/[^/]+)/(?P<name>[^/]+))/index\.html")
_SUBSCRIBE = frozenset(f"{urls.subscribe_page(language)}index.html" for language in ("nl", "en"))  # has a QR code
_ARTICLE = re.compile(r"magazine/(?P<kind>event|story)-(?P<name>[^/]+)/index\.html")
_ARTICLE_PAGES = {"event": "events", "story": "stories"}  # on the site
_WITH_ANCHORS = re.compile(r"(?:events|episodes)/[^/]+/index\.html|magazine/event-[^/]+/index\.html")
_ANCHOR = re.compile(rb'\bid="(reflections|reflection-[^"]+)"')  # other pages and newsletters link to these
_EDITION = re.compile(r"magazine/[^/]+\.(?:pdf|epub)")  # its address is printed in the magazine

EpisodesByGuid = dict[str, ListedEpisode]


def check_log(log: PublicationLog) -> Iterator[GateFinding]:
    """Report breaks in the hash chain; a merge of two clones is a warning."""
    for one in log.breaks:
        is_error = one.severity == "error"
        yield GateFinding(
            code="log-broken" if is_error else "log-merged",
            severity=one.severity,
            where=f"{LOG_FILE}:{one.line}",
            message=one.message,
            hint=f"Restore it from git: `git log -p {LOG_FILE}` shows every version." if is_error else "",
        )


def check_target(
    last: LogEntry | None, live: tuple[bytes, str] | None, feed: PublishedFeed | None, diff: TargetDiff
) -> Iterator[GateFinding]:
    """Report names that are taken, and a feed at the target that is not in the publication log.

    Args:
        last: The newest publish to this target.
        live: The feed at the target, with its token.
        feed: The feed to publish.
        diff: What would change at the target.
    """
    for path in diff.conflicting:
        message = "already exists at the target with other content"
        hint = "Find out who put it there."
        yield create_error("name-taken", path, message, hint=hint)
    if live is None:
        if last is not None and last.feed_sha256:
            message = "the feed is missing at the target; all missing files will be uploaded again"
            yield GateFinding(code="target-empty", severity="warning", where=urls.FEED, message=message)
        return
    digest = hashlib.sha256(live[0]).hexdigest()
    if digest not in {last.feed_sha256 if last else "", feed.sha256 if feed else ""}:
        yield create_error(
            "foreign-feed",
            urls.FEED,
            "the feed at the target is not in the publication log: it was published without this log",
            old=f"{last.feed_sha256[:16]}…, {last.at:%Y-%m-%d %H:%M}" if last else "nothing in the publication log",
            new=fill("{digest}… at the target", digest=digest[:16]),
            hint="Get the newest publication log first (git pull). A truncated log has the same effect.",
        )


def check_addresses(diff: TargetDiff, previous: LogEntry | None, new: LogEntry) -> Iterator[GateFinding]:
    """Report pages that would disappear. Of an episode that leaves the feed, ``check_continuity`` reports it."""
    published = {listed.slug: listed.guid for listed in previous.episodes} if previous else {}
    kept = {listed.guid for listed in new.episodes}
    yield from _check_articles(diff.removals)
    for path in diff.removals:
        if _EDITION.fullmatch(path):
            message = "a published edition would disappear: printed QR codes and links lead to it"
            hint = "Restore `name` in magazine/magazine.yaml. Was the magazine removed on purpose? Accept it."
            yield create_error("address-gone", path, message, hint=hint, old=path, new="not published")
        if path in _SUBSCRIBE:
            message = "the page about subscribing would disappear: printed QR codes and links lead to it"
            hint = "Restore `language` in programme.yaml. Was the podcast removed on purpose? Accept it."
            yield create_error("address-gone", path, message, hint=hint, old=path, new="not published")
        page = _PAGE.fullmatch(path)
        if page is None or (page["kind"] == "episodes" and published.get(page["name"]) not in kept):
            continue
        message = "a published page would disappear: links, bookmarks and printed QR codes lead to it"
        hint = fill(
            "Was it renamed? `weerslag rename {page} NEW` leaves a page that forwards. Was it removed on purpose? Accept it.",
            page=page["page"],
        )
        yield create_error("address-gone", path, message, hint=hint, old=page["page"], new="not published")


def _check_articles(removals: Sequence[str]) -> Iterator[GateFinding]:
    """Report articles that disappear from the magazine on the web; not if all of it does, or their page on the site."""
    for path in removals if f"{urls.MAGAZINE}index.html" not in removals else ():
        article = _ARTICLE.fullmatch(path)
        page = f"{_ARTICLE_PAGES[article['kind']]}/{article['name']}" if article else ""
        if not page or f"{page}/index.html" in removals:
            continue
        message = "a published article of the magazine would disappear: links and bookmarks lead to it"
        hint = fill(
            "Restore it in the flatplan. Was {page} removed from the magazine on purpose? Accept it.", page=page
        )
        yield create_error("address-gone", path, message, hint=hint, old=path, new="not published")


def check_anchors(diff: TargetDiff, target: Target) -> Iterator[GateFinding]:
    """Warn of places in pages that would disappear, to which other pages and newsletters link.

    It is no error, since the page itself still opens, and a group may withdraw its reflection at any time.

    Args:
        diff: What would change at the target.
        target: Has the pages that are replaced; only those that may have such places are read.
    """
    for source in diff.replaced:
        if not _WITH_ANCHORS.fullmatch(source.path):
            continue
        content = source.file.read_bytes()
        kept, is_forwarding = set(_ANCHOR.findall(content)), b"assets/redirect.js" in content
        has_all = kept and not source.path.startswith(urls.MAGAZINE)  # a page of the site has one such place
        if is_forwarding or has_all:
            continue
        stored = target.read(source.path)
        gone = set(_ANCHOR.findall(stored[0])) - kept if stored else set()
        for anchor in sorted(one.decode() for one in gone):
            message = "a place in a published page would disappear: links to it open the top of the page"
            hint = "Was it removed on purpose? Then nothing is to be done. Was its file renamed? Restore the name."
            where = f"{source.path}#{anchor}"
            yield GateFinding(code="anchor-gone", severity="warning", where=where, message=message, hint=hint)


def check_continuity(
    log: PublicationLog, previous: LogEntry | None, new: LogEntry, *, moved_from: str = ""
) -> Iterator[GateFinding]:
    """Report every change that subscribers would notice as a loss or a duplicate.

    Args:
        log: All publishes so far.
        previous: What subscribers see now; ``None``: nothing was published.
        new: What they would see.
        moved_from: The old URL of the feed, if a move was requested.
    """
    yield from _check_changed_bytes(log, new)
    yield from _check_withdrawn(log, previous, new)
    if previous is None:
        return
    old_episodes = {listed.guid: listed for listed in previous.episodes}
    new_episodes = {listed.guid: listed for listed in new.episodes}
    yield from _check_podcast(previous, new, moved_from=moved_from)
    yield from _check_reviews(previous, new, {guid: listed.slug for guid, listed in new_episodes.items()})
    yield from _check_missing(previous, new, old_episodes, new_episodes)
    yield from _check_paging(previous, new)
    for guid in old_episodes.keys() & new_episodes.keys() if previous.feed else ():
        yield from _check_date(old_episodes[guid], new_episodes[guid])
    yield from _check_order(old_episodes, new_episodes)


def _check_reviews(previous: LogEntry, new: LogEntry, slugs: Mapping[str, str]) -> Iterator[GateFinding]:
    """Report transcripts that changed after they were published with the same date of review."""
    published = {(one.guid, one.reviewed): one.digest for one in previous.transcripts}
    for one in new.transcripts:
        if published.get((one.guid, one.reviewed), one.digest) != one.digest:
            slug = slugs.get(one.guid, "")
            where = f"episodes/{slug}"
            message = fill(
                "the transcript was reviewed on {date}, but its words, its recording or a cut changed since",
                date=one.reviewed,
            )
            hint = fill(
                "Hear what changed, and set `transcript_reviewed:` to the new date; or review it: weerslag review {slug}",
                slug=slug,
            )
            yield create_error("transcript-unreviewed", where, message, hint=hint)


def _check_podcast(previous: LogEntry, new: LogEntry, *, moved_from: str) -> Iterator[GateFinding]:
    if previous.podcast and new.podcast and previous.podcast != new.podcast:
        message = "the podcast's guid changed: directories treat it as another podcast"
        hint = "Restore the old guid in programme.yaml."
        yield create_error("podcast-guid-changed", urls.FEED, message, hint=hint, old=previous.podcast, new=new.podcast)
    if previous.is_import and new.feed and moved_from != previous.feed:
        message = "the podcast comes from another host, where its subscribers still are"
        hint = fill(
            "Publish and look at it first, if you like. When the old host redirects: --moved-from {feed}",
            feed=previous.feed,
        )
        yield GateFinding(
            code="feed-imported",
            severity="warning",
            where=urls.FEED,
            message=message,
            hint=hint,
            old=previous.feed,
            new=new.feed,
        )
    elif previous.feed and new.feed and previous.feed not in (new.feed, moved_from):
        message = "the URL of the feed changed: subscribers stay at the old one"
        hint = fill(
            "Restore the old `url` in programme.yaml; or, if the move is intended: --moved-from {feed}",
            feed=previous.feed,
        )
        yield create_error("feed-moved", urls.FEED, message, hint=hint, old=previous.feed, new=new.feed)


def _check_missing(
    previous: LogEntry, new: LogEntry, old_episodes: EpisodesByGuid, new_episodes: EpisodesByGuid
) -> Iterator[GateFinding]:
    pages = {_strip_base(one.page, new.feed): one for one in new.episodes if one.guid not in old_episodes}
    for guid, listed in old_episodes.items():
        if guid in new_episodes or guid in new.withdrawn:
            continue
        # the pages of an import are those of the new site
        same_page = pages.get(_strip_base(listed.page, new.feed if previous.is_import else previous.feed))
        if same_page is not None:
            message = "the episode's guid changed: every subscriber would get it a second time"
            hint = "Restore the old guid in its episode.md."
            yield create_error("guid-changed", listed.page, message, hint=hint, old=guid, new=same_page.guid)
        else:
            message = "the episode is missing: subscribers lose it"
            hint = fill("Restore its folder; or withdraw it, with its audio: --withdraw {guid}", guid=guid)
            old = fill("{guid}, published {time}", guid=guid, time=_format_time(listed.published))
            yield create_error("episode-gone", listed.page, message, hint=hint, old=old, new="not in the feed")
    if len(new_episodes) < sum(guid not in new.withdrawn for guid in old_episodes):
        old, new_count = _count(old_episodes), _count(new_episodes)
        yield create_error("feed-shorter", urls.FEED, "the feed has fewer episodes", old=old, new=new_count)


def _check_paging(previous: LogEntry, new: LogEntry) -> Iterator[GateFinding]:
    """Report a shorter first page: most apps read only that, so episodes on other pages disappear."""
    old_items, new_items = previous.first_page or len(previous.episodes), new.first_page
    if previous.episodes and new_items and (new_items < old_items or not previous.first_page):
        later = len(new.episodes) - new_items
        message = fill(
            "{later} episodes move to further pages: most apps, Apple Podcasts too, would lose them", later=later
        )
        hint = "Remove `page_items` from programme.yaml, or raise it; a feed of some hundreds needs no pages."
        counts = {
            key: fill("{count} episodes in feed.xml", count=items)
            for key, items in (("old", old_items), ("new", new_items))
        }
        yield create_error("feed-paged", urls.FEED, message, hint=hint, **counts)


def _check_date(old: ListedEpisode, new: ListedEpisode) -> Iterator[GateFinding]:
    if old.published != new.published:
        message = "the publishing date changed: apps show the episode as new, or at another place"
        hint = "Restore the old date in `published` of its episode.md."
        dates = {"old": _format_time(old.published), "new": _format_time(new.published)}
        yield create_error("date-changed", new.page, message, hint=hint, **dates)


def _check_order(old_episodes: EpisodesByGuid, new_episodes: EpisodesByGuid) -> Iterator[GateFinding]:
    old = [guid for guid in old_episodes if guid in new_episodes]
    new = [guid for guid in new_episodes if guid in old_episodes]
    if old != new:
        slugs = {"old": _list_slugs(old, new_episodes), "new": _list_slugs(new, new_episodes)}
        yield create_error("order-changed", urls.FEED, "the order of the episodes changed", **slugs)


def _check_changed_bytes(log: PublicationLog, new: LogEntry) -> Iterator[GateFinding]:
    """Report a URL that had other bytes at any target: caches and subscribers would still have those."""
    published = {listed.address: listed for entry in log.entries for listed in entry.episodes}
    for listed in new.episodes:
        old = published.get(listed.address)
        if old is not None and old.sha256 != listed.sha256:
            message = (
                "new content under a published URL: listeners who downloaded the old file will not get the new one"
            )
            hint = "Build again: a corrected episode gets a new URL, and keeps its guid."
            before, after = (f"{one.sha256[:16]}…, {one.size_bytes} bytes" for one in (old, listed))
            yield create_error("bytes-changed", listed.address, message, hint=hint, old=before, new=after)


def _check_withdrawn(log: PublicationLog, previous: LogEntry | None, new: LogEntry) -> Iterator[GateFinding]:
    """Report an episode that returns after a person withdrew consent, at any target."""
    listed_now = {listed.guid for listed in previous.episodes} if previous else set()
    withdrawals = {guid: entry for entry in log.entries for guid in entry.withdrawn}
    for listed in new.episodes:
        entry = withdrawals.get(listed.guid)
        if entry is not None and listed.guid not in listed_now:
            message = "the episode was withdrawn before, and would return"
            hint = "Remove its folder from episodes/; or make sure that everyone in it agrees, and accept it."
            before, after = f"withdrawn {_format_time(entry.at)} from {entry.target}", f"in the feed, {listed.guid}"
            yield create_error("withdrawn-returns", listed.page, message, hint=hint, old=before, new=after)


def _strip_base(address: str, feed: str) -> str:
    """Make a URL relative to the folder of the feed, so that it stays the same after a move."""
    return address.removeprefix(feed.rpartition("/")[0])


def _list_slugs(guids: Sequence[str], episodes: EpisodesByGuid) -> str:
    return ", ".join(episodes[guid].slug for guid in guids)


def _count(episodes: Sized) -> str:
    return make_message("1 episode") if len(episodes) == 1 else fill("{count} episodes", count=len(episodes))


def _format_time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
