"""Render the newsletters to send and the posts for social media, and choose which newsletters are public."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from pipeline.builder.clips import ClipSet
from pipeline.builder.pictures import CleanPictures
from pipeline.builder.social_images import SocialImages
from pipeline.builder.task_runner import TaskRunner
from pipeline.errors import fill
from pipeline.mailings.letters import LetterContext
from pipeline.mailings.newsletters import MAX_HTML_BYTES, render_letter
from pipeline.mailings.social import SocialContext
from pipeline.model import Letter, Output, Programme, Release, Step
from pipeline.typesetting import Theme


def build_letters(programme: Programme, pictures: CleanPictures, images: SocialImages) -> tuple[Letter, ...]:
    """Look up what the newsletters refer to."""
    context = LetterContext(
        programme=programme, pictures=pictures.paths, sizes=pictures.sizes, social_images=images.paths
    )
    return context.build_letters()


def build_social_posts(
    programme: Programme, releases: Sequence[Release], pictures: CleanPictures, images: SocialImages, clips: ClipSet
) -> tuple[Output, ...]:
    """Render the posts about what is public."""
    context = SocialContext(
        programme=programme.select_public(),
        releases=releases,
        pictures=pictures.paths,
        social_images=images.paths,
        clips=clips.paths,
    )
    return tuple(context.render_posts())


def build_newsletters(
    programme: Programme, letters: Iterable[Letter], runner: TaskRunner, *, theme: Theme
) -> tuple[Output, ...]:
    """Render the newsletters to send, and warn about those that are too large."""
    outputs: list[Output] = []
    for letter in letters:
        files = render_letter(letter, programme, theme=theme)
        size = len(files[0].content or b"")
        if size > MAX_HTML_BYTES:
            text = "a newsletter of {size} kB is cut off by Gmail, at {limit} kB: leave out some blocks"
            detail = fill(text, size=size // 1000, limit=MAX_HTML_BYTES // 1000)
            runner.report(Step(kind="warned", subject=files[0].path, detail=detail))
        outputs += files
    return tuple(outputs)


def filter_sent(letters: Sequence[Letter], now: datetime, *, timezone: str) -> tuple[Letter, ...]:
    """Keep the letters whose day has come in the time zone of the programme."""
    today = now.astimezone(ZoneInfo(timezone)).date()
    return tuple(letter for letter in letters if letter.day <= today)
