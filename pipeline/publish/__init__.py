"""Publishing that cannot lose a subscriber: the gates, the plan, the order of uploads, the ledger."""

import hashlib
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pipeline import urls
from pipeline.cache import Store
from pipeline.cache.atomic_files import read_record, seen_in
from pipeline.errors import GateError
from pipeline.model import Finding, from_plain
from pipeline.model.build_outline import Outline
from pipeline.publish.continuity_gates import broken_rules
from pipeline.publish.feed_items import Feed, Item, path_in, read_feed
from pipeline.publish.folder_target import FolderTarget
from pipeline.publish.gates import FIRM, GATES, Candidate, Objection
from pipeline.publish.hub_notifications import Notice, notify
from pipeline.publish.notice_plan import letters_of
from pipeline.publish.plan import Differences, Plan, differences
from pipeline.publish.publication_log import LEDGER, Accepted, Announced, Ledger, Line, Listed, read_ledger, slug_of
from pipeline.publish.status_table import Lost, Overview, Row, build_status_table, lost_episodes
from pipeline.publish.target import Source, Target, TargetError, read_note
from pipeline.publish.upload import Books, Say, carry_out

__all__ = [
    "FIRM",
    "LEDGER",
    "Books",
    "Candidate",
    "Line",
    "Lost",
    "Notice",
    "Objection",
    "Overview",
    "Plan",
    "Row",
    "Say",
    "Target",
    "Wishes",
    "build_status_table",
    "candidate_of",
    "carry_out",
    "letters_of",
    "lost_episodes",
    "notify",
    "open_books",
    "open_target",
    "prepare",
    "read_ledger",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What whoever publishes asks for besides."""

    accept: tuple[str, ...] = ()  # codes
    reason: str = ""
    withdraw: tuple[str, ...] = ()  # guids, or slugs
    moved_from: str = ""  # the feed's old address
    prune: bool = False


def open_target(where: str, *, root: Path) -> Target:
    """The target that ``where`` names: ``s3://bucket/prefix``, ``sftp://user@host/path``, or a folder; one inside the programme is told from there.

    Raises:
        GateError: it is one of the programme's own folders, or one around it.
        MachineError: what it takes is not installed.
        TargetError: it cannot be reached.
    """
    if where.startswith("s3://"):
        from pipeline.publish.s3_target import open_bucket  # noqa: PLC0415  # an extra, and heavy

        return open_bucket(where)
    if where.startswith("sftp://"):
        from pipeline.publish.sftp_target import open_sftp  # noqa: PLC0415  # an extra, and heavy

        return open_sftp(where)
    if "://" in where:
        message = "nothing can be brought there"
        raise TargetError(message, where=where, hint="A folder, s3://bucket/prefix or sftp://user@host/path.")
    folder, home = Path(where).expanduser().resolve(), root.resolve()
    own = [home / name for name in ("public", "press", "episodes", "magazine", "templates", ".weerslag", ".git")]
    if folder == home or any(folder == one or one in folder.parents for one in own):
        message = "is a folder of the programme itself"
        raise GateError(message, where=where, hint="Publish to a folder of its own, such as the web server's.")
    if folder in home.parents:
        message = "holds the programme itself: a web server would show its drafts and recordings"
        raise GateError(message, where=where, hint="Publish to a folder of its own, such as the web server's.")
    if folder.exists() and not folder.is_dir():
        raise TargetError(
            "is a file; it must be a folder", where=where, hint="Name the folder that the web server serves."
        )
    name = folder.relative_to(home).as_posix() if home in folder.parents else folder.as_posix()
    return FolderTarget(folder=folder, name=name)


def open_books(root: Path, *, store: Store, target: str) -> Books:
    """The ledger in ``root``, and the place for a line that is about to be in it."""
    pending = store.folder / "publishing" / f"{hashlib.sha256(target.encode()).hexdigest()[:16]}.json"
    return Books(root / LEDGER, pending)


def candidate_of(
    outline: Outline,
    *,
    root: Path,
    store: Store,
    now: datetime,
    stale: tuple[str, ...] = (),
    findings: Mapping[str, tuple[Finding, ...]] | None = None,
) -> Candidate:
    """What ``public/`` holds, and the episodes it shows.

    Args:
        stale: what a build would still change.
        findings: what the preflight found in the PDFs, by their path.
    """
    public = root / "public"
    known = store.tree(public).standing()
    files = {}
    for path, seen in sorted(seen_in(public).items()):
        file = public / path
        if not stat.S_ISREG(seen.st_mode):  # a build would not have put it there
            continue
        sha256 = known[path].sha256 if path in known else store.digest(file)
        files[path] = Source(path=path, file=file, sha256=sha256, size_bytes=seen.st_size)
    feed = _feed_in(public, files, outline.url) if urls.FEED in files else None
    shown = tuple(episode for episode in outline.heard if episode.published <= now)
    return Candidate(
        outline=outline, shown=shown, files=files, feed=feed, now=now, stale=stale, findings=findings or {}
    )


def _feed_in(public: Path, files: Mapping[str, Source], base: str) -> Feed:
    """The feed with all its pages."""

    def opened(address: str) -> bytes | None:
        path = path_in(base, address)
        return (public / path).read_bytes() if path and path in files else None

    return read_feed((public / urls.FEED).read_bytes(), opened=opened)


def prepare(candidate: Candidate, target: Target, books: Books, wishes: Wishes = Wishes()) -> Plan:
    """The plan, with every objection to it. Nothing is touched.

    Raises:
        GateError: the wishes cannot be meant.
        StoreError, TargetError: the ledger or the target cannot be read.
    """
    if candidate.feed is not None and wishes.moved_from == candidate.feed.address:
        message = f"that is where the feed is: {wishes.moved_from}"
        raise GateError(message, hint="Give --moved-from the address that it had before.")
    ledger = read_ledger(books.ledger)
    live = target.read(urls.FEED)
    unwritten = _unwritten(books, live)
    last = unwritten or ledger.last(target.name)
    before = last or (ledger.lines[-1] if ledger.lines else None)
    feed = _with_new_address(candidate.feed, before, wishes.moved_from)
    candidate = replace(candidate, feed=feed)
    withdrawn = tuple(_withdrawn(before, feed, wishes.withdraw)) if before else ()
    line = _line(candidate, target, before, tuple(listed.guid for listed in withdrawn), wishes)
    found = differences(
        {path: source for path, source in candidate.files.items() if path != urls.FEED},
        target=target,
        seen=target.seen(),
        note=read_note(target),
        withdrawn=_goes_with(withdrawn, ledger),
        now=candidate.now,
        prune=wishes.prune,
        grace_days=candidate.outline.grace_days,
    )
    objections = [
        *_of_the_ledger(ledger),
        *_of_the_target(last, live, feed, found),
        *broken_rules(ledger, before, line, moved_from=wishes.moved_from),
        *(objection for gate in GATES for objection in gate(candidate)),
    ]
    return _plan(candidate, target, found, line, objections, live=live, unwritten=unwritten, wishes=wishes)


def _plan(
    candidate: Candidate,
    target: Target,
    found: Differences,
    line: Line,
    objections: Sequence[Objection],
    *,
    live: tuple[bytes, str] | None,
    unwritten: Line | None,
    wishes: Wishes,
) -> Plan:
    passed = {code for code in wishes.accept if wishes.reason and code not in FIRM}
    judged = [replace(one, accepted=wishes.reason) if one.code in passed else one for one in objections]
    used = sorted({one.code for one in judged if one.accepted and one.severity == "error"})
    accepted = tuple(Accepted(code=code, reason=wishes.reason) for code in used)
    return Plan(
        target=target.name,
        media=found.media,
        added=found.added,
        replaced=found.replaced,
        kept=found.kept,
        withdrawn=found.withdrawn,
        resting=found.resting,
        pruned=found.pruned,
        files=candidate.files,
        feed=candidate.feed,
        feed_was=live[1] if live else "",
        feed_change=_feed_change(candidate.feed, live),
        line=replace(line, accepted=accepted),
        unwritten=unwritten,
        objections=tuple(judged),
    )


def _feed_change(feed: Feed | None, live: tuple[bytes, str] | None) -> str:
    if feed is None:
        return "none" if live is None else "removed"
    if live is None:
        return "added"
    return "kept" if live[0] == feed.content else "replaced"


def _unwritten(books: Books, live: tuple[bytes, str] | None) -> Line | None:
    """The line of a publish that switched the feed and was stopped before the ledger said so."""
    plain = read_record(books.pending)
    if plain is None or live is None:
        return None
    line = from_plain(Line, plain)
    lines = read_ledger(books.ledger).lines
    is_written = any(replace(one, previous=(), digest="") == line for one in lines)
    return line if line.feed_sha256 == hashlib.sha256(live[0]).hexdigest() and not is_written else None


def _line(
    candidate: Candidate, target: Target, before: Line | None, withdrawn: tuple[str, ...], wishes: Wishes
) -> Line:
    feed = candidate.feed
    return Line(
        at=candidate.now.replace(microsecond=0),
        target=target.name,
        feed=feed.address if feed else "",
        feed_sha256=feed.sha256 if feed else "",
        podcast=feed.podcast if feed else "",
        episodes=tuple(_listed(item, candidate) for item in feed.items) if feed else (),
        first_page=feed.first_page if feed and feed.older else 0,
        withdrawn=withdrawn,
        moved_from=wishes.moved_from or (before.moved_from if before else ""),
        events=tuple(
            Announced(event=event, digest=digest)
            for event, digest in candidate.outline.entries
            if urls.event_calendar(event) in candidate.files
        ),
    )


def _listed(item: Item, candidate: Candidate) -> Listed:
    source = candidate.files.get(path_in(candidate.outline.url, item.address) or "")
    return Listed(
        guid=item.guid,
        page=item.page,
        address=item.address,
        size_bytes=item.size_bytes,
        sha256=source.sha256 if source else "",
        length_s=item.length_s,
        published=item.published,
    )


def _withdrawn(before: Line, feed: Feed | None, wanted: Sequence[str]) -> Iterator[Listed]:
    """The published episodes that are named to be withdrawn, by guid or slug.

    Raises:
        GateError: no such episode was published, or the content still has it.
    """
    known: Mapping[str, Listed] = {
        name: listed for listed in before.episodes for name in (listed.guid, slug_of(listed))
    }
    for name in wanted:
        if name not in known:
            raise GateError(f"no such episode was published: {name}", hint="Give its guid, or the name of its folder.")
        if feed and known[name].guid in {item.guid for item in feed.items}:
            message = f"{name} is still in the programme"
            raise GateError(message, hint="Take its folder out of episodes/ (keep it elsewhere), and publish again.")
        yield known[name]


def _goes_with(withdrawn: Sequence[Listed], ledger: Ledger) -> Callable[[str], bool]:
    """Whether a file that nothing wants any more goes at once, because episodes are withdrawn.

    Their sound goes, under every name that it ever had; and each picture, for nobody can tell from its name who is on it.
    """
    guids = {listed.guid for listed in withdrawn}
    listed_ever = [listed for line in ledger.lines for listed in line.episodes if listed.guid in guids]
    slugs = {slug_of(listed) for listed in (*withdrawn, *listed_ever)}
    sound = re.compile(rf"audio/({'|'.join(re.escape(slug) for slug in sorted(slugs))})-[0-9a-f]{{8}}\.\w+")
    return lambda path: bool(slugs) and (not path.startswith("audio/") or sound.fullmatch(path) is not None)


def _with_new_address(feed: Feed | None, before: Line | None, moved_from: str) -> Feed | None:
    """A feed that moved says so to apps that come to it by a redirect (Apple: itunes:new-feed-url)."""
    if feed is None or not (moved_from or (before and before.moved_from)):
        return feed
    told = f"<itunes:new-feed-url>{feed.address}</itunes:new-feed-url>\n    <podcast:guid>".encode()
    return read_feed(feed.content.replace(b"<podcast:guid>", told, 1), opened=dict(feed.older).get)


def _of_the_ledger(ledger: Ledger) -> Iterator[Objection]:
    for one in ledger.breaks:
        is_error = one.severity == "error"
        yield Objection(
            code="ledger-broken" if is_error else "ledger-merged",
            severity=one.severity,
            where=f"{LEDGER}:{one.line}",
            message=one.message,
            hint=f"Put it back as it was: `git log -p {LEDGER}` shows it whole." if is_error else "",
        )


def _of_the_target(
    last: Line | None, live: tuple[bytes, str] | None, feed: Feed | None, found: Differences
) -> Iterator[Objection]:
    for path in found.taken:
        message = "is at the target already, with other bytes"
        yield Objection(code="name-taken", severity="error", where=path, message=message, hint="See who put it there.")
    if live is None:
        if last is not None and last.feed_sha256:
            message = "the feed is gone from the target: all that is not there is brought again"
            yield Objection(code="target-empty", severity="warning", where=urls.FEED, message=message)
        return
    digest = hashlib.sha256(live[0]).hexdigest()
    if digest not in {last.feed_sha256 if last else "", feed.sha256 if feed else ""}:
        yield Objection(
            code="foreign-feed",
            severity="error",
            where=urls.FEED,
            message="the feed at the target is not the one that the ledger knows: somebody published after it",
            old=f"{last.feed_sha256[:16]}…, {last.at:%Y-%m-%d %H:%M}" if last else "nothing in the ledger",
            new=f"{digest[:16]}… at the target",
            hint="Fetch the newest ledger first (git pull). A ledger that was cut shows like this too.",
        )
