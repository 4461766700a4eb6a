"""``weerslag review``: transcripts and approvals in a browser."""

import os
import re
import secrets
import signal
import webbrowser
from pathlib import Path

import click

from pipeline.builder.listening_copies import make_listening_copy
from pipeline.builder.speech_recognition import collect_vocabulary
from pipeline.builder.transcript_reviews import hash_recording
from pipeline.builder.transcription import read_last_draft
from pipeline.cache import Cache
from pipeline.cli.environment import get_current_time, open_cache
from pipeline.cli.language import choose_language, translate
from pipeline.cli.progress import open_reporter
from pipeline.cli.task_runs import open_task_runner
from pipeline.cli.transcript_import import require_episode
from pipeline.content import load_programme
from pipeline.content.approval_requests import APPROVALS_LOCK
from pipeline.errors import UsageError, fill
from pipeline.model import Episode, Programme
from pipeline.server import run_app
from pipeline.server.review import ApprovalDesk, ReviewDesk, create_review_app
from pipeline.server.review.timed_words import WordTimer

_INITIALS = re.compile(r"[^\W\d_]{1,4}")


@click.command(
    epilog="""\b
Examples: weerslag review 01-burger-centraal --by mb
          weerslag review 01-burger-centraal --by mb --no-open
          weerslag review --by mb"""
)
@click.argument("episode", metavar="[EPISODE]", default="")
@click.option("--by", metavar="INITIALS", required=True, help="Who reviews; written into review.jsonl.")
@click.option("--port", type=click.IntRange(0, 65535), default=8010, show_default=True, help="0 takes any free port.")
@click.option("--open/--no-open", "is_opened", default=True, help="Open the browser, or only show the address.")
@click.pass_obj
def review(root: Path, episode: str, by: str, port: int, is_opened: bool) -> None:
    """Hear, correct and review a transcript, and record approvals, in a browser, until Ctrl-C.

    Every change is written to transcript.vtt at once. What was heard or signed is recorded in review.jsonl; `publish`
    requires it of public bodies. The address works once, in a browser on this machine only.

    Without an episode: only which groups agreed to their reflections and quotes, beside the wording before.
    """
    if not _INITIALS.fullmatch(by):
        raise UsageError("the initials of `--by` are one to four letters", hint="Write them as in --by mb.")
    cache = open_cache(root)
    desk = _open_desk(root, episode, cache=cache, by=by) if episode else None
    approvals = ApprovalDesk(root=root, by=by, lock_file=cache.folder / APPROVALS_LOCK, get_time=get_current_time)
    approvals.load()  # errors in the content are shown here, before the browser opens
    token = secrets.token_urlsafe(24)
    language = choose_language(os.environ)
    with run_app(
        lambda hosts: create_review_app(
            desk, approvals, token=token, hosts=hosts, language=language, translate=translate
        ),
        port=port,
    ) as address:
        click.echo(f"{address}?token={token}")
        if is_opened:
            webbrowser.open(f"{address}?token={token}")
        click.echo(translate("Every change is saved at once. Stop with Ctrl-C."), err=True)
        signal.pause()


def _choose_episode(programme: Programme, slug: str) -> Episode:
    by_slug = {one.slug: one for one in programme.episodes}
    require_episode(slug, list(by_slug))
    episode = by_slug[slug]
    if not episode.recording:
        hint = fill("Add a recording to episodes/{slug}/recording/.", slug=slug)
        raise UsageError("the episode has no recording", where=f"episodes/{slug}", hint=hint)
    if not episode.transcript:
        hint = fill("Draft one first: weerslag transcribe {slug}", slug=slug)
        raise UsageError("the episode has no transcript", where=f"episodes/{slug}", hint=hint)
    return episode


def _open_desk(root: Path, slug: str, *, cache: Cache, by: str) -> ReviewDesk:
    programme = load_programme(root)
    episode = _choose_episode(programme, slug)
    names, draft = collect_vocabulary(programme, episode), read_last_draft(root, episode.slug)
    return ReviewDesk(
        root=root,
        slug=episode.slug,
        title=episode.title,
        by=by,
        sound=Path(_convert_recording(programme, episode, root=root, cache=cache)),
        sound_digest=hash_recording(episode, root=root, cache=cache),
        lock_file=cache.folder / "review" / f"{episode.slug}.lock",
        get_time=get_current_time,
        timer=WordTimer(
            spoken=draft.words if draft else (),
            alternatives=draft.alternatives if draft else (),
            names=frozenset(word for name in names for word in name.split() if word[:1].isupper()),
        ),
        people=tuple(person.name for person in episode.people),
    )


def _convert_recording(programme: Programme, episode: Episode, *, root: Path, cache: Cache) -> str:
    with (
        open_reporter(why=False, quiet=False) as reporter,
        open_task_runner(cache, "processes:1", reporter) as runner,
    ):
        sound = make_listening_copy(programme, episode, runner, root=root)
        for _, error in runner.failures:
            raise error
    return sound
