"""Draw the images of link previews: one of the programme, one of each episode and each event."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline import typesetting, urls
from pipeline.builder.task_functions import run_draw_social_image
from pipeline.builder.task_runner import TaskRunner
from pipeline.graphics.tasks import MAX_WAVEFORMS, SocialImageTask
from pipeline.model import Event, Programme, Release, Waveform


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialImages:
    """The images of link previews."""

    paths: Mapping[str, str] = field(default_factory=dict)  # page: path in public/
    objects: Mapping[str, str] = field(default_factory=dict)  # path in public/: sha256


def draw_social_images(programme: Programme, releases: Sequence[Release], runner: TaskRunner) -> SocialImages:
    """Draw the images from published releases only."""
    planned = {task.subject.removeprefix("share "): (page, task) for page, task in _plan_images(programme, releases)}
    results = runner.run(run_draw_social_image, {name: task for name, (_, task) in planned.items()})
    digests = {name: result.outputs["out"].sha256 for name, result in results.items()}
    return SocialImages(
        paths={planned[name][0]: urls.social_image(name, sha256) for name, sha256 in digests.items()},
        objects={urls.social_image(name, sha256): sha256 for name, sha256 in digests.items()},
    )


def _plan_images(programme: Programme, releases: Sequence[Release]) -> Iterator[tuple[str, SocialImageTask]]:
    """Plan the image of each page that can be shared."""
    ordered = sorted(releases, key=lambda release: release.episode.number)
    yield urls.HOME, _plan_programme_image(programme, ordered)
    for release in ordered:
        yield urls.episode(release.episode.slug), _plan_episode_image(programme, release)
    for event in programme.events:
        waveforms = [release.waveform for release in ordered if release.episode.event == event.id]
        yield urls.event(event.id), _plan_event_image(programme, event, waveforms[:1])


def _plan_programme_image(programme: Programme, releases: Sequence[Release]) -> SocialImageTask:
    full = ([release for release in releases if release.episode.kind == "full"] or releases)[:MAX_WAVEFORMS]
    return SocialImageTask(
        subject="share programme",
        waveforms=tuple(release.waveform for release in full),
        colours=tuple(programme.find_colour_number(release.episode) for release in full),
        on_colour=False,
        title=programme.title,
        label=programme.organiser,
        fonts=_find_fonts(),
    )


def _plan_episode_image(programme: Programme, release: Release) -> SocialImageTask:
    translate = typesetting.load_translator(programme.language)
    episode = translate("Episode {number}").format(number=release.episode.number)
    return SocialImageTask(
        subject=f"share {release.episode.slug}",
        waveforms=(release.waveform,),
        colours=(programme.find_colour_number(release.episode),),
        on_colour=True,
        title=release.episode.title,
        label=f"{programme.title} · {episode}" if release.episode.number else programme.title,
        fonts=_find_fonts(),
    )


def _plan_event_image(programme: Programme, event: Event, waveforms: Sequence[Waveform]) -> SocialImageTask:
    day = typesetting.format_date(event.starts.date(), language=programme.language)
    return SocialImageTask(
        subject=f"share event-{event.id}",
        waveforms=tuple(waveforms),
        colours=(event.number,),
        on_colour=True,
        title=event.theme or event.title,
        label=" · ".join([event.title, day] if event.theme else [programme.title, day]),
        fonts=_find_fonts(),
    )


def _find_fonts() -> str:
    return str(typesetting.get_templates_folder() / "fonts")
