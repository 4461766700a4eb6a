"""Renders what an import took over, what the old feed lacked, and what to do next."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.errors import fill, make_message
from pipeline.lint import lint_feed
from pipeline.podcast_import.import_plan import ImportRemark

_MAX_SUBJECTS = 12  # that are named for one message


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """What was imported."""

    title: str
    feed: str  # the URL of the old feed; empty: it was a file without one
    new_feed: str
    episodes: int
    size_bytes: int
    with_transcript: int
    with_chapters: int
    with_cover: int
    folder: str
    remarks: tuple[ImportRemark, ...] = ()
    lint: tuple[tuple[str, int], ...] = ()  # message and number of findings of each kind


def summarise_lint(document: bytes, *, address: str) -> tuple[tuple[str, int], ...]:
    """Lint the old feed; return one message of each kind, and how often it occurs."""
    counts: dict[str, tuple[str, int]] = {}
    for one in lint_feed(document, file="feed", addresses=(address,) if address else ()).findings:
        if one.severity in {"error", "warning"}:
            message, count = counts.get(one.code, (one.message, 0))
            counts[one.code] = (message, count + 1)
    return tuple(counts.values())


def render_report(summary: ImportSummary, translate: Callable[[str], str]) -> str:
    """Render the report as Markdown."""

    def say(message: str) -> str:
        return make_message(message).render(translate)

    lines = [f"# {say(fill('{title}: moved in', title=summary.title))}", "", *map(say, _count(summary)), ""]
    if lacks := list(_list_lacks(summary)):
        lines += [f"## {translate('What the old feed lacked')}", "", *(f"- {say(one)}" for one in lacks), ""]
    if summary.remarks:
        lines += [f"## {translate('What was corrected or left out')}", "", *_group_remarks(summary.remarks, say), ""]
    lines += [f"## {translate('What to do now')}", ""]
    lines += [f"{number}. {say(one)}" for number, one in enumerate(list_next_steps(summary), start=1)]
    return "\n".join(lines) + "\n"


def list_next_steps(summary: ImportSummary) -> Iterator[str]:
    """List what a person has to do, with the addresses of this podcast."""
    yield fill("Read the texts, and build: weerslag -C {folder} build", folder=summary.folder)
    yield make_message(
        "Publish, and look at the result at its new address; subscribers stay at the old one: weerslag publish TARGET"
    )
    old = summary.feed or make_message("the old URL of the feed")
    yield fill(
        "At the old host, set a permanent redirect (301) of {old} to {new}. Hosts call it “redirect”, “new feed URL” or "
        "“move to another host”; press/moved/ has the settings for your own server.",
        old=old,
        new=summary.new_feed,
    )
    yield fill(
        "Tell apps that the feed moved, and check the redirect: weerslag publish TARGET --moved-from {old} --served",
        old=old,
    )
    yield make_message(
        "Keep the account at the old host until nobody requests the old feed any more: a year, or for ever. Delete nothing "
        "there before the redirect works."
    )
    yield make_message(
        "In Apple Podcasts Connect and Spotify for Creators, look after a few days whether they have the new feed."
    )


def _count(summary: ImportSummary) -> Iterator[str]:
    yield fill(
        "{episodes} episodes, {size:.1f} MB of audio: guids, dates, numbers and audio as they were.",
        episodes=summary.episodes,
        size=summary.size_bytes / 1e6,
    )
    yield fill(
        "With chapters: {chapters}. With a transcript: {transcripts}. With a cover of their own: {covers}.",
        chapters=summary.with_chapters,
        transcripts=summary.with_transcript,
        covers=summary.with_cover,
    )


def _list_lacks(summary: ImportSummary) -> Iterator[str]:
    without = summary.episodes - summary.with_transcript
    if without:
        yield fill(
            "{count} episodes have no transcript. They were public before, so `publish` warns of them and does not stop; new "
            "episodes of a public body need one. `weerslag transcribe` drafts it.",
            count=without,
        )
    if summary.with_transcript:
        yield make_message("Nobody has reviewed the transcripts here: `weerslag review` opens the editor.")
    for message, count in summary.lint:
        yield fill("{message} ({count}×)", message=make_message(message), count=count)


def _group_remarks(remarks: Sequence[ImportRemark], say: Callable[[str], str]) -> Iterator[str]:
    """Name the episodes of one remark together."""
    groups: dict[str, list[str]] = {}
    for one in remarks:
        subjects = groups.setdefault(say(one.message), [])
        subjects += [one.subject] if one.subject else []
    for message, subjects in groups.items():
        shown = ", ".join(f"“{subject}”" for subject in subjects[:_MAX_SUBJECTS])
        more = f" … (+ {len(subjects) - _MAX_SUBJECTS})" if len(subjects) > _MAX_SUBJECTS else ""
        yield f"- {message}: {shown}{more}" if shown else f"- {message}"
