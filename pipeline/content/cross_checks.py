"""What must hold between values: inside a file, between files, and between files and the folder.

Each rule reads the marked data and passes over what has no meaning there, because a form has told that already. So one
fault never hides another.
"""

import posixpath
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from pipeline.content import dates, time_checks
from pipeline.content.approvals import is_cleared, standing_of_reflection
from pipeline.content.discovery import EpisodePages, Page, Pages
from pipeline.content.field_error import WrongError
from pipeline.content.files import Folder
from pipeline.content.located_yaml import Loc, Marked
from pipeline.content.schema.files import ReflectionForm
from pipeline.errors import Fault, Place
from pipeline.model import Cue
from pipeline.text import did_you_mean, is_slug, shown
from pipeline.typesetting import file_meant, links_in, pictures_in

_JINGLE = ("sound", "jingle")
ONCE = {"cover", "contents", "index", "colophon", "back"}  # what a magazine has one of


def broken(pages: Pages) -> Iterator[Fault]:
    """Every fault that shows only when values are seen side by side."""
    for rule in RULES:
        yield from rule(pages)


# --------------------------------------------------------------------------------------------------------- programme


def _event_ids_differ(pages: Pages) -> Iterator[Fault]:
    if marked := pages.programme.marked:
        yield from _differ(
            ((marked, loc, ident) for loc, ident in marked.find("events", None, "id")), "two events have the id"
        )


def _events_are_possible(pages: Pages) -> Iterator[Fault]:
    marked = pages.programme.marked
    if not marked:
        return
    for loc, _ in marked.find("events", None):
        starts, ends = _hour(marked, (*loc, "starts")), _hour(marked, (*loc, "ends"))
        for name, hour in (("starts", starts), ("ends", ends)):
            yield from _exists(pages, marked, (*loc, name), hour)
        if starts and ends and ends <= starts:
            yield marked.fault("ends-first", (*loc, "ends"), "the event ends before it starts")
        if _value(marked, (*loc, "venue")) and _value(marked, (*loc, "online")):
            yield marked.fault(
                "two-in-one", (*loc, "online"), "an event has a `venue`, or it is `online`", "leave one out"
            )


def _sounds_and_cover_exist(pages: Pages) -> Iterator[Fault]:
    marked = pages.programme.marked
    if not marked:
        return
    for path in (("podcast", "cover"), ("sound", "intro"), ("sound", "outro"), _JINGLE):
        for loc, file in marked.find(*path):
            if isinstance(file, str) and file.strip():
                yield from _file(pages.folder, marked, loc, (file.strip(),))


# ---------------------------------------------------------------------------------------------------------- episodes


def _episodes_differ(pages: Pages) -> Iterator[Fault]:
    heads = [episode.page.marked for episode in pages.episodes if episode.page.marked]
    yield from _differ(_each(heads, "guid"), "two episodes have the guid", "a copy of a head needs a guid of its own")
    seasons = {str(_value(marked, ("season",)) or "") for marked in heads}
    for season in sorted(seasons):
        within = [marked for marked in heads if str(_value(marked, ("season",)) or "") == season]
        free = 1 + max((int(n) for _, _, n in _each(within, "number") if _is_whole(n)), default=0)
        told = f"two episodes of season {season[:9]} have the number" if season else "two episodes have the number"
        yield from _differ(_each(within, "number"), told, f"{free} is free")


def _episodes_are_possible(pages: Pages) -> Iterator[Fault]:
    for episode in pages.episodes:
        if marked := episode.page.marked:
            yield from _exists(pages, marked, ("published",), _hour(marked, ("published",)))
            yield from _event_is_known(pages, marked, ("event",))
            yield from _voices_are_heard(marked, episode.transcript)
            yield from time_checks.impossible(marked, episode.transcript)
            yield from _jingles_exist(pages, marked)


def _jingles_exist(pages: Pages, marked: Marked) -> Iterator[Fault]:
    """Each has a sound of its own, or the programme has one for all."""
    programme = pages.programme.marked
    for loc, jingle in marked.find("jingles", None):
        file = marked.value((*loc, "sound"))
        if isinstance(file, str) and file.strip():
            yield from _file(pages.folder, marked, (*loc, "sound"), (file.strip(),))
        elif isinstance(jingle, dict) and file is None and programme and programme.value(_JINGLE) is None:
            message = "this jingle names no `sound`, and programme.yaml has no `jingle` under `sound`"
            hint = "write `sound: episodes/….flac` behind its time; or `jingle: episodes/….flac` in programme.yaml, for all"
            yield marked.fault("no-jingle", loc, message, hint)


def _voices_are_heard(marked: Marked, transcript: tuple[Cue, ...]) -> Iterator[Fault]:
    """Whom somebody took the trouble to name is in the transcript, and nobody else is called the same there."""
    found = list(marked.find("people", None, "speaker"))
    yield from _differ(((marked, loc, name) for loc, name in found), "two people are in the transcript called")
    known = {cue.speaker for cue in transcript if cue.speaker}
    folded = {name.casefold() for name in known}
    for loc, name in found:
        if transcript and isinstance(name, str) and name.strip() and " ".join(name.split()).casefold() not in folded:
            hint = did_you_mean(name, known) or (f"it has: {', '.join(sorted(known)[:6])}" if known else "")
            yield marked.fault(
                "unknown-speaker", loc, f"nobody is called `{name.strip()[:80]}` in transcript.vtt", hint
            )


# ---------------------------------------------------------------------------------------------------------- magazine


def _reflections_have_their_event(pages: Pages) -> Iterator[Fault]:
    events = _events(pages)
    for ident in dict.fromkeys(reflection.event for reflection in pages.reflections):
        if events is not None and ident not in events and is_slug(ident):
            place = Place(shown(f"magazine/reflections/{ident}"))
            message = "this folder is named after an event, and there is none of that id in programme.yaml"
            yield Fault(place=place, message=message, hint=did_you_mean(ident, events), code="unknown-event")


def _moments_exist(pages: Pages) -> Iterator[Fault]:
    episodes = {episode.page.slug: episode for episode in pages.episodes}
    for reflection in pages.reflections:
        if (marked := reflection.page.marked) and isinstance(moment := _value(marked, ("moment",)), str):
            slug, _, clock = moment.strip().partition("#")
            start = time_checks.ms_of(clock)
            if start is None:
                continue
            if slug in episodes:
                yield from _moment_is_heard(marked, episodes[slug], start)
            elif slug:
                hint = did_you_mean(slug, episodes)
                yield marked.fault("unknown-episode", ("moment",), f"there is no episode `{slug[:80]}`", hint)


def _moment_is_heard(marked: Marked, episode: EpisodePages, start: int) -> Iterator[Fault]:
    """How long the sound is, only the build knows; the last word of the transcript is known here."""
    last = max((cue.end_ms for cue in episode.transcript), default=start)
    if start > last:
        message = f"this moment lies beyond the last word of `{episode.page.slug}`, at {dates.clock(last)}"
        yield marked.fault("beyond", ("moment",), message)
    cuts = time_checks.stretches(episode.page.marked, "cuts") if episode.page.marked else ()
    if any(cut.from_ms <= start < cut.to_ms for _, cut in cuts):
        yield marked.fault("beyond", ("moment",), f"this moment was cut out of `{episode.page.slug}`")


def _stories_are_possible(pages: Pages) -> Iterator[Fault]:
    for story in pages.stories:
        if marked := story.marked:
            yield from _event_is_known(pages, marked, ("event",))
            for loc, file in marked.find("picture", "file"):
                yield from _picture(pages.folder, marked, loc, file)


def _texts_show_pictures_that_are_there(pages: Pages) -> Iterator[Fault]:
    for story in pages.stories:
        if story.marked:
            yield from _text_shows_pictures_that_are_there(pages.folder, story.marked, story.body_md)
    for reflection in pages.reflections:
        if reflection.page.marked:
            yield from _text_shows_pictures_that_are_there(
                pages.folder, reflection.page.marked, reflection.page.body_md
            )


def _text_shows_pictures_that_are_there(folder: Folder, marked: Marked, body_md: str) -> Iterator[Fault]:
    source = marked.source
    for one in pictures_in(body_md):
        picture, alt = one.source, one.alt
        place = _place_of(picture, marked)
        if not alt:
            message = f"the picture `{picture[:80]}` says nothing to who cannot see it"
            yield source.fault("no-alt", *place, message, "write ![what is seen](file.jpg)")
        try:
            folder.real(posixpath.normpath(posixpath.join(posixpath.dirname(source.file), picture)))
        except WrongError as wrong:
            yield source.fault(wrong.code, *place, f"the picture `{picture[:80]}` {wrong.message}", wrong.hint)


def _texts_refer_to_texts_that_are_there(pages: Pages) -> Iterator[Fault]:
    texts: list[Page[Any]] = [*pages.stories, *(one.page for one in pages.reflections)]
    there = {page.file for page in texts}
    for page in texts:
        folder = posixpath.dirname(page.file)
        for target in links_in(page.body_md) if page.marked else ():
            file = file_meant(target, folder=folder)
            if page.marked and file.endswith(".md") and file not in there:
                near = {posixpath.relpath(one, folder) for one in there}
                same = next((one for one in sorted(near) if one.endswith(f"/{posixpath.basename(file)}")), "")
                hint = did_you_mean(target, near) or (
                    f"did you mean `{same}`?" if same else "write it as seen from this file"
                )
                message = f"there is no text `{shown(target[:80])}` to refer to"
                yield page.marked.source.fault("unknown-text", *_place_of(target, page.marked), message, hint)


def _place_of(words: str, marked: Marked) -> tuple[int, int]:
    """The line and column where ``words`` first stand; the file as a whole when they are written another way there."""
    lines = enumerate(marked.source.lines, start=1)
    return next(((number, line.index(words) + 1) for number, line in lines if words in line), (0, 0))


def _flatplan_names_what_exists(pages: Pages) -> Iterator[Fault]:
    marked = pages.magazine.marked if pages.magazine else None
    if not marked:
        return
    stories = {f"stories/{story.slug}.md": story for story in pages.stories}
    for loc, file in marked.find("flatplan", None, "article"):
        if isinstance(file, str) and file not in stories:
            hint = did_you_mean(file, stories) or "write it as stories/<slug>.md"
            yield marked.fault("unknown-story", loc, f"there is no story `{shown(file[:80])}`", hint)
    for loc, _ in marked.find("flatplan", None, "event"):
        yield from _event_is_known(pages, marked, loc)
    for item in ("cover", "photo"):
        for path in (("image",), ("image", "file")):
            for loc, file in marked.find("flatplan", None, item, *path):
                yield from _picture(pages.folder, marked, loc, file)


def _profile_is_for_the_press(pages: Pages) -> Iterator[Fault]:
    """An own ICC profile is there, and tells how four inks come out on paper (ICC.1:2022, 7.2)."""
    marked = pages.magazine.marked if pages.magazine else None
    for loc, path in marked.find("print", "profile") if marked else ():
        if not marked or not isinstance(path, str) or path.strip() == "coated-fogra39":
            continue
        try:
            with pages.folder.real(path.strip()).open("rb") as file:
                head = file.read(40)
        except WrongError as wrong:
            hint = "coated-fogra39 comes with Weerslag; any other is a file in the programme, such as print/printer.icc"
            yield marked.fault(wrong.code, loc, f"the profile {wrong.message}", hint)
            continue
        if head[36:40] != b"acsp":
            yield marked.fault(
                "no-profile", loc, "this is no ICC profile", "ask the printer for it: a file that ends in .icc"
            )
        elif (head[12:16], head[16:20]) != (b"prtr", b"CMYK"):
            space = head[16:20].decode("ascii", "replace").strip()
            told = f"the profile is for {space}" if space != "CMYK" else "the profile is not for output"
            yield marked.fault("wrong-profile", loc, told, "ask the printer for an output profile in CMYK")


def _flatplan_names_once(pages: Pages) -> Iterator[Fault]:
    marked = pages.magazine.marked if pages.magazine else None
    if marked:
        for kind in ("article", "event"):
            found = ((marked, loc, ref) for loc, ref in marked.find("flatplan", None, kind))
            yield from _differ(found, f"the flatplan has twice the {'story' if kind == 'article' else kind}")
        yield from _differ(
            ((marked, loc, kind) for loc, kind in _kinds(marked) if kind in ONCE), "the flatplan has twice the item"
        )


def _flatplan_leaves_nobody_out(pages: Pages) -> Iterator[Fault]:
    marked = pages.magazine.marked if pages.magazine else None
    if not marked or not any(marked.find("flatplan", None)):
        return
    named = {ident for _, ident in marked.find("flatplan", None, "event") if isinstance(ident, str)}
    cleared = [reflection.event for reflection in pages.reflections if _is_cleared(reflection.page)]
    for ident in dict.fromkeys(cleared):
        if ident not in named and ident in (_events(pages) or ()):
            count = cleared.count(ident)
            told = (
                f"the flatplan leaves out the event `{ident}`, which has {count} cleared reflection{'s'[: count > 1]}"
            )
            yield marked.source.fault("left-out", *marked.key_place(("flatplan",)), told, f"add `- event: {ident}`")


def _cleared_reflections_say_something(pages: Pages) -> Iterator[Fault]:
    """A photo of a sheet is no text: what is cleared must be there in words."""
    for page in (reflection.page for reflection in pages.reflections):
        if page.marked and page.form and _is_cleared(page) and not (page.body_md.strip() or page.form.insights):
            message = "this reflection is cleared and says nothing"
            hint = "write down what the group left behind, or take `cleared` out until it is there"
            yield page.marked.fault("no-text", ("cleared",), message, hint)


RULES: tuple[Callable[[Pages], Iterator[Fault]], ...] = (
    _event_ids_differ,
    _events_are_possible,
    _sounds_and_cover_exist,
    _episodes_differ,
    _episodes_are_possible,
    _reflections_have_their_event,
    _moments_exist,
    _stories_are_possible,
    _texts_show_pictures_that_are_there,
    _texts_refer_to_texts_that_are_there,
    _flatplan_names_what_exists,
    _profile_is_for_the_press,
    _flatplan_names_once,
    _flatplan_leaves_nobody_out,
    _cleared_reflections_say_something,
)

# ------------------------------------------------------------------------------------------------------ what rules share


def _differ(found: Iterable[tuple[Marked, Loc, Any]], message: str, hint: str = "") -> Iterator[Fault]:
    """A fault at each value that stands somewhere before."""
    first: dict[str, tuple[Marked, Loc]] = {}
    for marked, loc, value in found:
        if not isinstance(value, str) or not value.strip():
            continue
        other, place = first.setdefault(value.strip().casefold(), (marked, loc))
        if (other, place) != (marked, loc):
            where = f"{other.source.file}:{other.place(place)[0]}"
            yield marked.fault("duplicate", loc, f"{message} `{value.strip()[:80]}`: see {where}", hint)


def _each(heads: Iterable[Marked], key: str) -> Iterator[tuple[Marked, Loc, Any]]:
    return ((marked, loc, value) for marked in heads for loc, value in marked.find(key))


def _kinds(marked: Marked) -> Iterator[tuple[Loc, str]]:
    for loc, item in marked.find("flatplan", None):
        if isinstance(item, dict) and len(item) == 1:
            yield loc, next(iter(item))
        elif isinstance(item, str):
            yield loc, item


def _events(pages: Pages) -> dict[str, Loc] | None:
    """The ids of all events, or ``None`` where that cannot be known: then nothing is said to be unknown."""
    marked = pages.programme.marked
    if not marked or not isinstance(marked.data, dict):
        return None
    listed = marked.data.get("events") or []
    if not isinstance(listed, list):
        return None
    idents = {ident: loc for loc, ident in marked.find("events", None, "id") if isinstance(ident, str)}
    return idents if len(list(marked.find("events", None, "id"))) == len(listed) else None


def _event_is_known(pages: Pages, marked: Marked, loc: Loc) -> Iterator[Fault]:
    ident, events = _value(marked, loc), _events(pages)
    if isinstance(ident, str) and is_slug(ident) and events is not None and ident not in events:
        hint = did_you_mean(ident, events) or (f"one of: {', '.join(list(events)[:12])}" if events else "")
        yield marked.fault("unknown-event", loc, f"there is no event `{ident[:80]}` in programme.yaml", hint)


def _exists(pages: Pages, marked: Marked, loc: Loc, hour: datetime | None) -> Iterator[Fault]:
    name = _value(pages.programme.marked, ("timezone",)) if pages.programme.marked else None
    zone = dates.zone_named(name if isinstance(name, str) else "Europe/Amsterdam")
    if hour and zone and not dates.exists(hour, zone):
        message = f"this hour does not exist in {zone.key}: the clock is put forward in that night"
        yield marked.fault("wrong-value", loc, message)


def _picture(folder: Folder, marked: Marked, loc: Loc, file: Any) -> Iterator[Fault]:
    if isinstance(file, str) and file.strip():
        yield from _file(folder, marked, loc, picture_paths(file.strip()))


def picture_paths(file: str) -> tuple[str, ...]:
    """Where a picture of the magazine may lie: a path from magazine/, or else from the programme."""
    return (f"magazine/{file}", file) if not file.startswith("/") else (file,)


def _file(folder: Folder, marked: Marked, loc: Loc, paths: tuple[str, ...]) -> Iterator[Fault]:
    path = next((path for path in paths if folder.exists(path)), paths[0])
    try:
        folder.real(path)
    except WrongError as wrong:
        yield marked.fault(wrong.code, loc, f"`{loc[-1]}` {wrong.message}", wrong.hint)


def _value(marked: Marked | None, loc: Loc) -> Any:
    return marked.value(loc) if marked else None


def _hour(marked: Marked | None, loc: Loc) -> datetime | None:
    try:
        return dates.parse_hour(value.strip()) if isinstance(value := _value(marked, loc), str) else None
    except WrongError:
        return None


def _is_whole(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10


def _is_cleared(page: Page[ReflectionForm]) -> bool:
    if page.form is None:  # what is wrong in it is told; as far as anybody can say, it will be shown
        return bool(_value(page.marked, ("cleared",)))
    return is_cleared(standing_of_reflection(page.form, page.body_md))
