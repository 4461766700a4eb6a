"""Gates: checks before the first upload, each a function from a candidate to findings."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from pipeline import urls
from pipeline.errors import fill
from pipeline.lint import lint_feed
from pipeline.model import Finding, SoundTarget
from pipeline.model.build_outline import ReleaseOutline
from pipeline.model.review import TranscriptReview
from pipeline.model.time_codes import format_time_code
from pipeline.publish.candidate import Candidate
from pipeline.publish.feed_items import to_public_path

_LOUDNESS_TOLERANCE_LU = 1.0  # Apple: -16 LKFS ± 1; EBU R 128 s2 is not stricter for programmes on demand
_PEAK_TOLERANCE_DB = 0.2  # decoders differ from ours by up to this


_SHOWN = 5
_ACCESSIBLE_SINCE = date(2020, 9, 23)  # recorded media from before are exempt
_OPEN_CUES = {  # by the state of a cue
    "missing": "cues of the transcript that nobody reviewed: {count}, at {places}",
    "edited": "cues of the transcript that were edited after their review: {count}, at {places}",
    "sound": "cues of the transcript that were reviewed with another recording: {count}, at {places}",
    "cut": "cues of the transcript whose sound was cut, muted or bleeped after their review: {count}, at {places}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFinding(Finding):
    """Why a candidate may not (``error``), or should not (``warning``), be published."""

    old: str = ""  # what was published or requested
    new: str = ""
    accepted: str = ""  # the reason for accepting it


Gate = Callable[[Candidate], Iterator[GateFinding]]


def create_error(code: str, where: str, message: str, *, hint: str = "", old: str = "", new: str = "") -> GateFinding:
    """Create a finding that blocks a publish."""
    return GateFinding(code=code, severity="error", where=where, message=message, hint=hint, old=old, new=new)


# Codes that --accept does not override: every listener would notice at once.
MANDATORY_GATES = frozenset(
    {"file-missing", "length-mismatch", "future-date", "duplicate-item", "name-taken", "not-built"}
)


def check_build(candidate: Candidate) -> Iterator[GateFinding]:
    """Require that ``public/`` is up to date."""
    if candidate.stale:
        changes = ", ".join(candidate.stale[:3]) + (" …" if len(candidate.stale) > 3 else "")
        message = fill("is out of date: {changes}", changes=changes)
        hint = "`weerslag publish` builds first; a dry run changes nothing, so run `weerslag build` yourself."
        yield create_error("not-built", "public/", message, hint=hint)


def check_placeholders(candidate: Candidate) -> Iterator[GateFinding]:
    """Require that nobody publishes the sample words of ``init`` and ``new``; warn about an address for examples."""
    for location, words in candidate.placeholders:
        message = fill("has sample text that nobody replaced: “{words}”", words=words)
        hint = "Replace it by your own text, or delete it."
        yield create_error("placeholder", str(location), message, hint=hint)
    if candidate.example_url is not None:
        message = fill("`url` is an address for examples: {url}", url=candidate.outline.url)
        hint = "Set `url` in programme.yaml to the address at which public/ will be served."
        where = str(candidate.example_url)
        yield GateFinding(code="example-url", severity="warning", where=where, message=message, hint=hint)


def check_transcripts(candidate: Candidate) -> Iterator[GateFinding]:
    """Require a reviewed transcript for each episode of a public body.

    Source: WCAG 2.1, success criterion 1.2.1 (level A).
    """
    if candidate.outline.profile != "public-sector":
        return
    for episode in candidate.episodes:
        where = f"episodes/{episode.slug}"
        if episode.guid in candidate.imported:
            continue
        if not episode.has_transcript:
            message = "has no transcript, which a public body must provide (WCAG 1.2.1)"
            hint = fill("Write {where}/transcript.vtt, and build.", where=where)
            yield create_error("transcript-missing", where, message, hint=hint)
        elif episode.review is not None:
            yield from _check_review(where, episode.slug, episode.review)
        elif episode.transcript_reviewed is None:
            message = "has an unreviewed transcript; WCAG 1.2.1 requires a correct one"
            hint = fill(
                "Hear and correct it: weerslag review {slug}. If it was reviewed elsewhere, "
                "set `transcript_reviewed:` to the date in {where}/episode.md.",
                slug=episode.slug,
                where=where,
            )
            yield create_error("transcript-unreviewed", where, message, hint=hint)


def check_imported_transcripts(candidate: Candidate) -> Iterator[GateFinding]:
    """Warn, once for all, of episodes without a reviewed transcript that another host published before the import.

    They were public before, and stopping the move would not make them accessible. Audio from before 23 September 2020 is
    exempt.

    Source: Directive (EU) 2016/2102, article 1, paragraph 4, under b.
    """
    if candidate.outline.profile != "public-sector":
        return
    imported = [one for one in candidate.episodes if one.guid in candidate.imported and not _is_reviewed(one)]
    for code, template, found in (
        (
            "transcript-missing",
            "{count} episodes that were public at the old host have no transcript: {slugs}",
            [one for one in imported if not one.has_transcript],
        ),
        (
            "transcript-unreviewed",
            "{count} episodes that were public at the old host have an unreviewed transcript: {slugs}",
            [one for one in imported if one.has_transcript],
        ),
    ):
        if found:
            recent = sum(one.published.date() >= _ACCESSIBLE_SINCE for one in found)
            slugs = ", ".join(one.slug for one in found[:_SHOWN]) + (" …" if len(found) > _SHOWN else "")
            message = fill(template, count=len(found), slugs=slugs)
            hint = "All are from before 23 September 2020, for which the law asks no transcript."
            if recent:
                hint = fill(
                    "{recent} of them are from 23 September 2020 or later, and a public body must make these accessible "
                    "(WCAG 1.2.1): `weerslag transcribe` drafts a transcript, `weerslag review` opens the editor.",
                    recent=recent,
                )
            yield GateFinding(code=code, severity="warning", where="episodes/", message=message, hint=hint)


def _is_reviewed(episode: ReleaseOutline) -> bool:
    if episode.review is not None:
        return episode.has_transcript and not episode.review.open_cues
    return episode.has_transcript and episode.transcript_reviewed is not None


def _check_review(where: str, slug: str, review: TranscriptReview) -> Iterator[GateFinding]:
    for state, template in _OPEN_CUES.items():
        cues = [cue for cue in review.open_cues if cue.state == state]
        if cues:
            shown = ", ".join(format_time_code(cue.start_ms / 1000) for cue in cues[:_SHOWN])
            places = shown + (" …" if len(cues) > _SHOWN else "")
            message = fill(template, count=len(cues), places=places)
            hint = fill("Hear or sign them: weerslag review {slug}", slug=slug)
            yield create_error("transcript-unreviewed", where, message, hint=hint)


def check_accessibility_statement(candidate: Candidate) -> Iterator[GateFinding]:
    """Require an accessibility statement on the site of a Dutch public body; warn about a draft."""
    if candidate.outline.profile != "public-sector" or urls.HOME not in candidate.files:
        return
    path = f"{urls.accessibility_page(candidate.outline.language)}index.html"
    if path not in candidate.files:
        message = "is missing: the accessibility statement that a public body must publish with its site"
        hint = "Build the site: `weerslag build`; see templates/site/accessibility.html."
        yield create_error("statement-missing", path, message, hint=hint)
    elif b'class="intro draft"' in candidate.files[path].file.read_bytes():  # set by that template
        message = "is a draft: an accessibility statement is valid only once it is adopted"
        hint = "Copy Weerslag's templates/site/accessibility.html to the programme's own templates/, and fill it in."
        yield GateFinding(code="statement-draft", severity="warning", where=path, message=message, hint=hint)


def check_pdfs(candidate: Candidate) -> Iterator[GateFinding]:
    """Report preflight errors of the PDFs; the preflight report lists the warnings."""
    for path, findings in candidate.findings.items():
        for one in findings:
            if one.severity == "error":
                where = f"{path}, {one.where}" if one.where else path
                yield create_error(one.code, where, one.message, hint=one.hint)


def check_loudness(candidate: Candidate) -> Iterator[GateFinding]:
    """Compare loudness and true peak of the delivered files with the targets."""
    target = candidate.outline.sound
    for episode in candidate.episodes:
        if episode.is_passthrough:
            continue
        hint = fill("See press/{report} for the processing report.", report=urls.report(episode.slug))
        for enclosure in episode.enclosures:
            if is_loudness_off(enclosure.integrated_lufs, target):
                difference = enclosure.integrated_lufs - target.loudness_lufs
                template = "is {difference:.1f} LU too loud" if difference > 0 else "is {difference:.1f} LU too quiet"
                message = fill(template, difference=abs(difference))
                old = fill("target: {loudness:.1f} LUFS", loudness=target.loudness_lufs)
                new = fill("delivered file: {loudness:.1f} LUFS", loudness=enclosure.integrated_lufs)
                yield create_error("loudness-off", enclosure.path, message, hint=hint, old=old, new=new)
            if enclosure.true_peak_dbtp > target.true_peak_dbtp + _PEAK_TOLERANCE_DB:
                message = "true peak exceeds the ceiling"
                old = fill("ceiling: {peak:.1f} dBTP", peak=target.true_peak_dbtp)
                new = fill("delivered file: {peak:.1f} dBTP", peak=enclosure.true_peak_dbtp)
                yield create_error("peak-over", enclosure.path, message, hint=hint, old=old, new=new)


def check_finished_loudness(candidate: Candidate) -> Iterator[GateFinding]:
    """Warn, once for all, that audio which is published as it is has another loudness than the target."""
    target = candidate.outline.sound
    finished = [one for episode in candidate.episodes if episode.is_passthrough for one in episode.enclosures]
    levels = sorted(one.integrated_lufs for one in finished if is_loudness_off(one.integrated_lufs, target))
    if levels:
        message = fill(
            "{count} of {total} episodes that are published as they are differ from the target loudness",
            count=len(levels),
            total=len(finished),
        )
        hint = "`master: true` in episode.md masters the file again; subscribers keep what they downloaded."
        old = fill("target: {loudness:.1f} LUFS", loudness=target.loudness_lufs)
        new = fill("{softest:.1f} to {loudest:.1f} LUFS", softest=levels[0], loudest=levels[-1])
        yield GateFinding(
            code="loudness-as-imported",
            severity="warning",
            where="episodes/",
            message=message,
            hint=hint,
            old=old,
            new=new,
        )


def is_loudness_off(integrated_lufs: float, target: SoundTarget) -> bool:
    """Whether the loudness of a delivered file differs too much from the target."""
    return abs(integrated_lufs - target.loudness_lufs) > _LOUDNESS_TOLERANCE_LU


def report_defects(candidate: Candidate) -> Iterator[GateFinding]:
    """Repeat the defects of the recordings as warnings."""
    for episode in candidate.episodes:
        for defect in episode.defects:
            at = "" if defect.at_s is None else f" at {defect.at_s:.1f} s"
            where = f"episodes/{episode.slug}"
            yield GateFinding(code=defect.code, severity="warning", where=where, message=f"{defect.message}{at}")


def check_files(candidate: Candidate) -> Iterator[GateFinding]:
    """Require a file for every URL in the feed that is on this site, with the length that the feed states."""
    if candidate.feed is None:
        return
    for address in candidate.feed.addresses:
        path = to_public_path(candidate.outline.url, address)
        if path is not None and path not in candidate.files:
            message = fill("refers to a file that is not in public/: {address}", address=address)
            hint = "Build everything: `weerslag build`, without a target."
            yield create_error("file-missing", urls.FEED, message, hint=hint)
    for item in candidate.feed.items:
        path = to_public_path(candidate.outline.url, item.address)
        source = candidate.files.get(path or "")
        if source is not None and source.size_bytes != item.size_bytes:
            message = "the length in the feed is not that of the file"
            sizes = {"old": f"{item.size_bytes} bytes in the feed", "new": f"{source.size_bytes} bytes in public/"}
            yield create_error("length-mismatch", item.address, message, hint="Build again.", **sizes)


def check_items(candidate: Candidate) -> Iterator[GateFinding]:
    """Require unique guids and enclosures, no future dates, and URLs below that of the programme."""
    feed = candidate.feed
    seen: set[str] = set()
    for item in feed.items if feed else ():
        for identifier in (item.guid, item.address):
            if identifier in seen:
                message = "appears twice in the feed; apps show only one of the two"
                yield create_error("duplicate-item", identifier, message)
            seen.add(identifier)
        if item.published > candidate.now:
            message = fill(
                "has a date in the future ({published:%Y-%m-%d %H:%M} UTC), which apps reject", published=item.published
            )
            yield create_error("future-date", item.page, message, hint="Build again.")
        if to_public_path(candidate.outline.url, item.address) is None:
            message = "does not begin with the programme's `url`"
            yield create_error("address-elsewhere", item.address, message, hint="Build again.")


def check_feed(candidate: Candidate) -> Iterator[GateFinding]:
    """Report lint errors in the very bytes that are published; the build reported the warnings."""
    feed = candidate.feed
    if feed is None:
        return
    own = urls.make_absolute(candidate.outline.url, urls.FEED)
    for address, page in ((own, feed.content), *feed.further_pages):
        name = to_public_path(candidate.outline.url, address) or address
        for one in lint_feed(page, file=name, addresses=(address,), now=candidate.now).findings:
            if one.severity == "error":
                yield create_error(one.code, one.where, one.message, hint=one.hint)


GATES: tuple[Gate, ...] = (
    check_build,
    check_placeholders,
    check_transcripts,
    check_imported_transcripts,
    check_accessibility_statement,
    check_loudness,
    check_finished_loudness,
    report_defects,
    check_files,
    check_items,
    check_feed,
    check_pdfs,
)
