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
from pipeline.content.field_error import FieldError
from pipeline.content.loader import ProgrammeOutline
from pipeline.content.schema.field_types import validate_home_url
from pipeline.errors import ContentError
from pipeline.text import is_slug, normalise_text, slugify, suggest_similar

ITEM_KINDS = ("episode", "reflection", "story")
SECONDS, SAMPLE_RATE_HZ = 20, 48_000
_DATA = Path(__file__).with_name("data")
_STARTER_FILES = {  # path in the programme: template
    re.sub(r"^dot-", ".", file.relative_to(_DATA / "starter").as_posix()): file
    for file in sorted((_DATA / "starter").rglob("*"))
    if file.is_file()
}
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


def build_starter_files(*, title: str, url: str, guid: str, day: date) -> dict[str, bytes]:
    """Build a complete programme with one event, episode, reflection and story.

    Args:
        title: The title of the programme.
        url: The URL at which it will be served.
        guid: The guid of the episode.
        day: Today; all dates in the programme are about a week earlier.

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
        raise ContentError(f"the URL {error.message}", where=url, hint=error.hint) from error
    values = {
        "title": _quote_yaml(title),
        "url": url,
        "podcast": derive_podcast_guid(urls.make_absolute(url, urls.FEED)),
        "guid": guid,
        "day": (day - timedelta(days=7)).isoformat(),
        "next": (day - timedelta(days=6)).isoformat(),
    }
    files = {path: _fill_template(template, values) for path, template in _STARTER_FILES.items()}
    return files | {"episodes/01-eerste-aflevering/recording/testgeluid.wav": generate_test_tones()}


def build_item_files(
    kind: str, slug: str, *, outline: ProgrammeOutline, now: datetime, event: str = "", title: str = "", guid: str = ""
) -> dict[str, bytes]:
    """Build a new episode, draft reflection or story.

    Args:
        kind: One of ``ITEM_KINDS``.
        slug: Its slug.
        outline: The programme it belongs to.
        now: The current time, aware: an episode is public from then on.
        event: The id of its event; a reflection needs one.
        title: Its title, or the name of the group; default: from the slug.
        guid: The guid of an episode.

    Returns:
        The files by path.

    Raises:
        ContentError: The slug or the event is not valid.
    """
    if not is_slug(slug):
        suggestion = slugify(slug)
        hint = f"write `{suggestion}`" if suggestion else ""
        raise ContentError(f"`{slug}` is not a slug of lower-case letters, digits and hyphens", hint=hint)
    if event and event not in outline.events:
        hint = suggest_similar(event, outline.events) or f"one of: {', '.join(outline.events)}"
        raise ContentError(f"there is no event `{event}`", hint=hint)
    if kind == "reflection" and not event:
        raise ContentError("a reflection needs an event", hint=f"add --event, one of: {', '.join(outline.events)}")
    title = " ".join(normalise_text(title).split())[:255] or re.sub(r"^\d+-", "", slug).replace("-", " ").capitalize()
    values = {
        "title": _quote_yaml(title),
        "guid": guid,
        "number": str(outline.next_number),
        "event": f"event: {event}" if event else "# event: the id of the event at which it was recorded",
        "now": f"{now.astimezone(ZoneInfo(outline.timezone)):%Y-%m-%d %H:%M}",
    }
    paths = {
        "episode": f"episodes/{slug}/episode.md",
        "reflection": f"magazine/reflections/{event}/{slug}.md",
        "story": f"magazine/stories/{slug}.md",
    }
    return {paths[kind]: _fill_template(_DATA / "new" / f"{kind}.md", values)}


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


def _quote_yaml(text: str) -> str:
    """Return ``text`` as a YAML scalar, without quotes where possible."""
    is_plain = _PLAIN_YAML.match(text) and text == text.strip() and text.casefold() not in _YAML_KEYWORDS
    return text if is_plain else json.dumps(text, ensure_ascii=False)
