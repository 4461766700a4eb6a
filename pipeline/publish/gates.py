"""The gates: what is looked at before the first byte leaves, each a function from a candidate to objections."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline import urls
from pipeline.lint import lint_feed
from pipeline.model import Finding
from pipeline.model.build_outline import Heard, Outline
from pipeline.publish.feed_items import Feed, path_in
from pipeline.publish.target import Source

_OFF_LU = 1.0  # Apple: -16 LKFS ± 1; EBU R 128 s2 is no stricter for programmes on demand
_OVER_DB = 0.2  # how far a decoder may differ from ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """Why something may not be published, or had better not be; ``old`` and ``new`` stand side by side."""

    code: str
    severity: str  # error | warning
    where: str
    message: str
    hint: str = ""
    old: str = ""
    new: str = ""
    accepted: str = ""  # the reason of whoever let it pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What wants to be published: a programme, the episodes that ``public/`` shows, and ``public/`` itself."""

    outline: Outline
    shown: tuple[Heard, ...]  # those of it whose hour has come
    files: Mapping[str, Source]  # by path under public/
    feed: Feed | None
    now: datetime
    stale: tuple[str, ...] = ()  # what a build of today's content would make or change
    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)  # of the preflight, by the path of a PDF


Gate = Callable[[Candidate], Iterator[Objection]]

# What listeners would meet at once: nobody can let these pass.
FIRM = frozenset({"names-missing", "length-lies", "future-date", "guid-twice", "name-taken", "not-built"})


def up_to_date(candidate: Candidate) -> Iterator[Objection]:
    """``public/`` is what a build of today's content gives."""
    if candidate.stale:
        told = ", ".join(candidate.stale[:3]) + (" …" if len(candidate.stale) > 3 else "")
        message = f"is not what a build would give today: {told}"
        hint = "`weerslag publish` builds first; a dry run changes nothing, so build by yourself: `weerslag build`."
        yield Objection(code="not-built", severity="error", where="public/", message=message, hint=hint)


def transcripts(candidate: Candidate) -> Iterator[Objection]:
    """A transcript for each episode, read by a person: WCAG 1.2.1, level A, for Dutch public bodies."""
    if candidate.outline.profile != "public-sector":
        return
    for episode in candidate.shown:
        where = f"episodes/{episode.slug}"
        if not episode.has_transcript:
            yield Objection(
                code="transcript-missing",
                severity="error",
                where=where,
                message="has no transcript, which a public body owes its listeners (WCAG 1.2.1)",
                hint=f"Write {where}/transcript.vtt, and build.",
            )
        elif episode.transcript_reviewed is None:
            yield Objection(
                code="transcript-unreviewed",
                severity="error",
                where=where,
                message="has a transcript that nobody reviewed: what is not what was said is no alternative (WCAG 1.2.1)",
                hint=f"Read it along with the sound; then write `transcript_reviewed:` with the day in {where}/episode.md.",
            )


def statement(candidate: Candidate) -> Iterator[Objection]:
    """The accessibility statement, which Dutch public bodies owe with each site; a draft passes, and is told."""
    if candidate.outline.profile != "public-sector" or urls.HOME not in candidate.files:
        return
    path = f"{urls.accessibility(candidate.outline.language)}index.html"
    if path not in candidate.files:
        message = "is missing: the accessibility statement, which a public body owes with its site"
        hint = "Build the site: `weerslag build`; see templates/site/accessibility.html."
        yield Objection(code="statement-missing", severity="error", where=path, message=message, hint=hint)
    elif b'class="intro draft"' in candidate.files[path].file.read_bytes():  # as the page says it to its readers
        message = "is a draft: an accessibility statement counts once it was adopted"
        hint = "Copy templates/site/accessibility.html of Weerslag to the programme's own templates/, and fill it in."
        yield Objection(code="statement-draft", severity="warning", where=path, message=message, hint=hint)


def preflight(candidate: Candidate) -> Iterator[Objection]:
    """What a printer or a screen reader would stumble over in the PDFs; warnings stand in the report of the preflight."""
    for path, findings in candidate.findings.items():
        for one in findings:
            if one.severity == "error":
                where = f"{path}, {one.where}" if one.where else path
                yield Objection(code=one.code, severity="error", where=where, message=one.message, hint=one.hint)


def loudness(candidate: Candidate) -> Iterator[Objection]:
    """What was measured on the delivered file, against what the programme promises."""
    target = candidate.outline.sound
    for episode in candidate.shown:
        for enclosure in episode.enclosures:
            off = enclosure.integrated_lufs - target.loudness_lufs
            if abs(off) > _OFF_LU:
                yield Objection(
                    code="loudness-off",
                    severity="error",
                    where=enclosure.path,
                    message=f"is {abs(off):.1f} LU too {'loud' if off > 0 else 'soft'}",
                    hint=f"See press/{urls.report(episode.slug)} for what mastering did.",
                    old=f"{target.loudness_lufs:.1f} LUFS asked for",
                    new=f"{enclosure.integrated_lufs:.1f} LUFS measured on the delivered file",
                )
            if enclosure.true_peak_dbtp > target.true_peak_dbtp + _OVER_DB:
                yield Objection(
                    code="peak-over",
                    severity="error",
                    where=enclosure.path,
                    message="peaks above the ceiling",
                    hint=f"See press/{urls.report(episode.slug)} for what mastering did.",
                    old=f"{target.true_peak_dbtp:.1f} dBTP at most",
                    new=f"{enclosure.true_peak_dbtp:.1f} dBTP measured on the delivered file",
                )


def defects(candidate: Candidate) -> Iterator[Objection]:
    """What is wrong with a recording is told once more, before everybody hears it."""
    for episode in candidate.shown:
        for defect in episode.defects:
            at = "" if defect.at_s is None else f" at {defect.at_s:.1f} s"
            where = f"episodes/{episode.slug}"
            yield Objection(code=defect.code, severity="warning", where=where, message=f"{defect.message}{at}")


def named_files(candidate: Candidate) -> Iterator[Objection]:
    """Every address of ours in the feed has its file, and each enclosure the length that the feed states."""
    if candidate.feed is None:
        return
    for address in candidate.feed.named:
        path = path_in(candidate.outline.url, address)
        if path is not None and path not in candidate.files:
            yield Objection(
                code="names-missing",
                severity="error",
                where="feed.xml",
                message=f"names a file that is not in public/: {address}",
                hint="Build all of it: `weerslag build`, without a target.",
            )
    for item in candidate.feed.items:
        path = path_in(candidate.outline.url, item.address)
        source = candidate.files.get(path or "")
        if source is not None and source.size_bytes != item.size_bytes:
            yield Objection(
                code="length-lies",
                severity="error",
                where=item.address,
                message="has another length than the feed states",
                old=f"{item.size_bytes} bytes in the feed",
                new=f"{source.size_bytes} bytes in public/",
                hint="Build again.",
            )


def items(candidate: Candidate) -> Iterator[Objection]:
    """No guid and no enclosure twice, nothing from the future, all of it ours."""
    feed = candidate.feed
    seen: set[str] = set()
    for item in feed.items if feed else ():
        for told in (item.guid, item.address):
            if told in seen:
                message = "stands twice in the feed; apps show only one of the two"
                yield Objection(code="guid-twice", severity="error", where=told, message=message)
            seen.add(told)
        if item.published > candidate.now:
            message = f"lies in the future ({item.published:%Y-%m-%d %H:%M} UTC); apps stop at such an episode"
            yield Objection(code="future-date", severity="error", where=item.page, message=message, hint="Build again.")
        if path_in(candidate.outline.url, item.address) is None:
            yield Objection(
                code="address-elsewhere",
                severity="error",
                where=item.address,
                message="does not begin with the `url` of the programme",
                hint="Build again.",
            )


def lint(candidate: Candidate) -> Iterator[Objection]:
    """What apps and directories will stumble over, in the very bytes that go out; warnings were told by the build."""
    feed = candidate.feed
    if feed is None:
        return
    own = urls.absolute(candidate.outline.url, urls.FEED)
    for address, page in ((own, feed.content), *feed.older):
        name = path_in(candidate.outline.url, address) or address
        for one in lint_feed(page, file=name, addresses=(address,), now=candidate.now).findings:
            if one.severity == "error":
                yield Objection(code=one.code, severity="error", where=one.where, message=one.message, hint=one.hint)


GATES: tuple[Gate, ...] = (
    up_to_date,
    transcripts,
    statement,
    loudness,
    defects,
    named_files,
    items,
    lint,
    preflight,
)
