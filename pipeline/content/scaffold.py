"""The files that `init` and `new` create, as values; the caller writes them.

Time and random ids are arguments.
"""

import array
import io
import json
import math
import re
import uuid
import wave
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from string import Template
from zoneinfo import ZoneInfo

from pipeline import urls
from pipeline.content.editing import append_item
from pipeline.content.field_error import FieldError
from pipeline.content.loader import ProgrammeOutline
from pipeline.content.schema.field_types import validate_home_url
from pipeline.errors import ContentError, fill
from pipeline.text import is_slug, normalise_text, slugify, suggest_similar

ITEM_KINDS = ("episode", "event", "case", "reflection", "story", "newsletter")
_NEEDS_EVENT = ("case", "reflection")
SECONDS, SAMPLE_RATE_HZ = 20, 48_000
_DATA = Path(__file__).with_name("data")
_PODCAST_NAMESPACE = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")  # podcast namespace, docs/1.0.md, "guid"
_PLAIN_YAML = re.compile(r"[^\W\d_][\w .,'’()-]*\Z")  # needs no quotes, and is not a number, date or time
_YAML_KEYWORDS = {"true", "false", "null", "yes", "no", "on", "off"}  # the last four are booleans in YAML 1.1
_TONES = ((220.0, 0.2), (277.2, 0.3), (329.6, 0.25), (440.0, 0.35), (369.99, 0.15))  # frequency in Hz, level
_MELODY = (0, 1, 2, 3, 4, 3, 2, 1)  # indices of tones, half a second each


def derive_podcast_guid(feed: str) -> str:
    """Compute the guid of the podcast with the feed URL ``feed``.

    It stays the same when the feed moves.

    Source: podcast namespace, docs/1.0.md: UUIDv5 of the URL without its scheme and without
    trailing slashes.
    """
    return str(uuid.uuid5(_PODCAST_NAMESPACE, feed.partition("://")[2].rstrip("/")))


def build_starter_files(*, title: str, url: str, guid: str, day: date, empty: bool = False) -> dict[str, bytes]:
    """Build a complete programme with one event, episode, reflection and story, or one without content.

    Args:
        title: The title of the programme.
        url: The URL at which it will be served.
        guid: The guid of the episode.
        day: Today; all dates in the programme are about a week earlier.
        empty: Without sample texts.

    Returns:
        The files by path.

    Raises:
        ContentError: The title or the URL is not valid.
    """
    title = " ".join(normalise_text(title).split())
    if not 0 < len(title) <= 255:
        raise ContentError("the title of a programme must have 1 to 255 characters")
    try:
        validate_home_url(url)
    except FieldError as error:
        raise ContentError(fill("the URL {message}", message=error.message), where=url, hint=error.hint) from error
    values = {
        "title": quote_yaml(title),
        "url": url,
        "podcast": derive_podcast_guid(urls.make_absolute(url, urls.FEED)),
        "guid": guid,
        "day": (day - timedelta(days=7)).isoformat(),
        "next": (day - timedelta(days=6)).isoformat(),
    }
    folder = _DATA / ("empty" if empty else "starter")
    files = {
        re.sub(r"^dot-", ".", file.relative_to(folder).as_posix()): _fill_template(file, values)
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
    return files if empty else files | {"episodes/01-eerste-aflevering/recording/testgeluid.wav": generate_test_tones()}


def read_hidden_files() -> dict[str, bytes]:
    """Read the settings for git that every programme gets: its recordings, and what is generated, are not for git."""
    files = sorted((_DATA / "empty").glob("dot-*"))
    return {re.sub(r"^dot-", ".", file.name): file.read_bytes() for file in files}


def build_item_files(
    kind: str, slug: str, *, outline: ProgrammeOutline, now: datetime, event: str = "", title: str = "", guid: str = ""
) -> dict[str, bytes]:
    """Build a new episode, event, case, draft reflection, story or newsletter.

    Args:
        kind: One of ``ITEM_KINDS``.
        slug: Its slug.
        outline: The programme it belongs to.
        now: The current time, aware: an episode is public from then on.
        event: The id of its event; a case and a reflection need one.
        title: Its title, or the name of the group; default: from the slug.
        guid: The guid of an episode.

    Returns:
        The files by path; an event is in the whole of ``programme.yaml``.

    Raises:
        ContentError: The slug or the event is not valid.
    """
    _check_item(kind, slug, outline=outline, event=event)
    title = " ".join(normalise_text(title).split())[:255] or re.sub(r"^\d+-", "", slug).replace("-", " ").capitalize()
    values = {
        "slug": slug,
        "day": f"{now.astimezone(ZoneInfo(outline.timezone)) + timedelta(days=30):%Y-%m-%d}",
        "title": quote_yaml(title),
        "guid": guid,
        "number": str(outline.next_newsletter if kind == "newsletter" else outline.next_number),
        "event": f"event: {event}" if event else "# event: the id of the event at which it was recorded",
        "now": f"{now.astimezone(ZoneInfo(outline.timezone)):%Y-%m-%d %H:%M}",
    }
    if kind == "event":
        event_yaml = _fill_template(_DATA / "new" / "event.yaml", values).decode()
        return {"programme.yaml": append_item(outline.source, "events", event_yaml).encode()}
    paths = {
        "case": f"magazine/cases/{event}/{slug}.md",
        "episode": f"episodes/{slug}/episode.md",
        "newsletter": f"magazine/newsletters/{slug}.md",
        "reflection": f"magazine/reflections/{event}/{slug}.md",
        "story": f"magazine/stories/{slug}.md",
    }
    return {paths[kind]: _fill_template(_DATA / "new" / f"{kind}.md", values)}


def _check_item(kind: str, slug: str, *, outline: ProgrammeOutline, event: str) -> None:
    if not is_slug(slug):
        suggestion = slugify(slug)
        hint = fill("write `{suggestion}`", suggestion=suggestion) if suggestion else ""
        raise ContentError(
            fill("`{slug}` is not a slug of lower-case letters, digits and hyphens", slug=slug), hint=hint
        )
    if event and event not in outline.events:
        hint = suggest_similar(event, outline.events) or fill("one of: {names}", names=", ".join(outline.events))
        raise ContentError(fill("there is no event `{event}`", event=event), hint=hint)
    if kind in _NEEDS_EVENT and not event:
        raise ContentError(
            fill("a {kind} needs an event", kind=kind),
            hint=fill("add --event, one of: {events}", events=", ".join(outline.events)),
        )
    if kind == "event" and slug in outline.events:
        raise ContentError(fill("there is an event `{slug}` already", slug=slug), hint="choose another id")


def generate_test_tones() -> bytes:
    """Generate 20 s of soft tones as a WAV file (48 kHz, mono, 16 bit).

    Clearly not speech, and never silent for long.
    """
    tones = [_generate_tone(hz, level) for hz, level in _TONES]
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", "not compressed"))
        for number in range(2 * SECONDS):
            writer.writeframes(tones[_MELODY[number % len(_MELODY)]])
    return file.getvalue()


def _generate_tone(hz: float, level: float) -> bytes:
    """Generate half a second that fades in and out."""
    length = SAMPLE_RATE_HZ // 2
    step = 2 * math.pi * hz / SAMPLE_RATE_HZ
    samples = (round(32767 * level * math.sin(math.pi * n / length) * math.sin(step * n)) for n in range(length))
    return array.array("h", samples).tobytes()


def _fill_template(template: Path, values: Mapping[str, str]) -> bytes:
    return Template(template.read_text("utf-8")).substitute(values).encode()


def quote_yaml(text: str) -> str:
    """Return ``text`` as a YAML scalar, without quotes where possible."""
    is_plain = _PLAIN_YAML.match(text) and text == text.strip() and text.casefold() not in _YAML_KEYWORDS
    return text if is_plain else json.dumps(text, ensure_ascii=False)
