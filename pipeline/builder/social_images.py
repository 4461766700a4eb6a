"""The pictures that social channels show beside a link: one of the programme, one of each episode and each event."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline import graphics, typesetting, urls
from pipeline.builder.task_runner import Making, Request
from pipeline.executors import Limits
from pipeline.model import Event, Programme, Release, Trace

_GIB = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Shared pictures: by the page that each belongs to, its path in public/; and by that path, the object."""

    paths: Mapping[str, str] = field(default_factory=dict)
    objects: Mapping[str, str] = field(default_factory=dict)


def drawn(
    programme: Programme, shown: Sequence[Release], *, making: Making, fonts: str, tools: Mapping[str, str]
) -> Shares:
    """The shared pictures, drawn from what is ``shown`` and nothing else; ``fonts`` is the digest of the theme's fonts."""
    wanted = list(_wanted(programme, shown))
    made = making.make([_request(one, fonts=fonts, tools=tools) for one in wanted])
    digests = {
        one.page: (one.name, next(iter(blobs.outputs.values())).sha256)
        for one, blobs in zip(wanted, made, strict=True)
        if blobs is not None
    }
    paths = {page: urls.share(name, sha256) for page, (name, sha256) in digests.items()}
    return Shares(paths=paths, objects={paths[page]: sha256 for page, (_, sha256) in digests.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A picture wanted: for which page, and what stands on it."""

    page: str
    name: str
    job: graphics.ShareJob


def _wanted(programme: Programme, shown: Sequence[Release]) -> Iterator[_Wanted]:
    ordered = sorted(shown, key=lambda release: release.episode.number)
    yield _Wanted(page=urls.HOME, name="programme", job=_of_programme(programme, ordered))
    for release in ordered:
        slug = release.episode.slug
        yield _Wanted(page=urls.episode(slug), name=slug, job=_of_episode(programme, release))
    for event in programme.events:
        traces = [release.trace for release in ordered if release.episode.event == event.id]
        yield _Wanted(page=urls.event(event.id), name=f"event-{event.id}", job=_of_event(programme, event, traces[:1]))


def _of_programme(programme: Programme, shown: Sequence[Release]) -> graphics.ShareJob:
    heard = ([release for release in shown if release.episode.kind == "full"] or shown)[: graphics.MOST_BANDS]
    return _job(
        traces=tuple(release.trace for release in heard),
        inks=tuple(programme.ink_number(release.episode) for release in heard),
        on_ink=False,
        title=programme.title,
        label=programme.organiser,
    )


def _of_episode(programme: Programme, release: Release) -> graphics.ShareJob:
    said = typesetting.words(programme.language)("Episode {number}").format(number=release.episode.number)
    return _job(
        traces=(release.trace,),
        inks=(programme.ink_number(release.episode),),
        on_ink=True,
        title=release.episode.title,
        label=f"{programme.title} · {said}",
    )


def _of_event(programme: Programme, event: Event, traces: Sequence[Trace]) -> graphics.ShareJob:
    day = typesetting.long_date(event.starts.date(), language=programme.language)
    return _job(
        traces=tuple(traces),
        inks=(event.number,),
        on_ink=True,
        title=event.theme or event.title,
        label=" · ".join([event.title, day] if event.theme else [programme.title, day]),
    )


def _job(
    *, traces: tuple[Trace, ...], inks: tuple[int, ...], on_ink: bool, title: str, label: str
) -> graphics.ShareJob:
    return graphics.ShareJob(traces=traces, inks=inks, on_ink=on_ink, title=title, label=label, fonts="", out="")


def _request(wanted: _Wanted, *, fonts: str, tools: Mapping[str, str]) -> Request[graphics.PictureFacts]:
    folder = str(typesetting.templates_folder() / "fonts")
    return Request(
        verb="drawn",
        subject=f"share {wanted.name}",
        maker="pipeline.graphics:draw_share",
        recipe=graphics.RECIPE,
        settings=wanted.job,
        inputs={"fonts": fonts},
        tools=tools,
        job=lambda files: replace(wanted.job, fonts=folder, out=str(files["share.png"])),
        answer=graphics.PictureFacts,
        outputs=("share.png",),
        limits=Limits(memory_bytes=2 * _GIB, deadline_s=60),
    )
