"""What `init` and `new` put on disk, as values: this room never writes. Chance and the clock come in from outside."""

import array
import json
import math
import re
import struct
import sys
import uuid
from datetime import date, timedelta

from pipeline import urls
from pipeline.content.field_error import WrongError
from pipeline.content.schema.fields import home_address
from pipeline.errors import ContentError
from pipeline.model import Programme
from pipeline.text import clean, did_you_mean, is_slug, slug_of

PIECES = ("episode", "reflection", "story")
SECONDS, SAMPLE_RATE_HZ = 20, 48_000
_PODCAST = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")  # podcast namespace, docs/1.0.md, "guid"
_SAFE = re.compile(r"[^\W\d_][\w .,'’()-]*\Z")  # needs no quotes in YAML, and is no number, date or clock
_WORDS = {"true", "false", "null", "yes", "no", "on", "off"}  # text here, but other readers of YAML 1.1 are about


def podcast_guid(feed: str) -> str:
    """The guid of a podcast whose feed is at ``feed``; computed once, kept when the feed moves.

    Source: podcast namespace, docs/1.0.md: UUIDv5 of the address without its scheme and without slashes at its end.
    """
    return str(uuid.uuid5(_PODCAST, feed.partition("://")[2].rstrip("/")))


def starter_files(*, title: str, url: str, guid: str, day: date) -> dict[str, bytes]:
    """A programme that builds at once, by path: one event, one episode with a test sound, one reflection, one story.

    Args:
        title: of the programme.
        url: where it will be served.
        guid: of the episode.
        day: today; everything in it lies a week back.

    Raises:
        ContentError: title or url will not do.
    """
    title = " ".join(clean(title).split())
    if not 0 < len(title) <= 255:
        raise ContentError("a programme needs a title of at most 255 characters")
    try:
        home_address(url)
    except WrongError as wrong:
        raise ContentError(f"the url {wrong.message}", where=url, hint=wrong.hint) from wrong
    facts = {
        "title": _quoted(title),
        "url": url,
        "podcast": podcast_guid(urls.absolute(url, urls.FEED)),
        "guid": guid,
        "day": (day - timedelta(days=7)).isoformat(),
        "next": (day - timedelta(days=6)).isoformat(),
    }
    files = {path: text.format_map(facts).encode() for path, text in _STARTER.items()}
    return files | {"episodes/01-eerste-aflevering/recording/testgeluid.wav": test_sound()}


def new_piece(
    kind: str, slug: str, *, programme: Programme, day: date, event: str = "", title: str = "", guid: str = ""
) -> dict[str, bytes]:
    """One new file, by path: an episode (with its ``guid``), the draft of a reflection (of an ``event``), or a story.

    Raises:
        ContentError: the slug, the title or the event will not do, or the slug is taken.
    """
    if not is_slug(slug):
        near = slug_of(slug)
        hint = f"write `{near}`" if near else ""
        raise ContentError(f"`{slug}` is no slug: lower case letters, digits and hyphens", hint=hint)
    events = [one.id for one in programme.events]
    if event and event not in events:
        raise ContentError(
            f"there is no event `{event}`", hint=did_you_mean(event, events) or f"one of: {', '.join(events)}"
        )
    if kind == "reflection" and not event:
        raise ContentError("a reflection belongs to an event", hint=f"give --event, one of: {', '.join(events)}")
    words = " ".join(clean(title).split())[:255] or _title_of(slug)
    facts = {
        "title": _quoted(words),
        "guid": guid,
        "number": 1 + max((episode.number for episode in programme.episodes), default=0),
        "event": f"event: {event}" if event else "# event: the id of the event where it was recorded",
        "day": (day + timedelta(days=7)).isoformat(),
    }
    paths = {
        "episode": f"episodes/{slug}/episode.md",
        "reflection": f"magazine/reflections/{event}/{slug}.md",
        "story": f"magazine/stories/{slug}.md",
    }
    return {paths[kind]: _PIECES[kind].format_map(facts).encode()}


def test_sound() -> bytes:
    """20 s of soft tones as a WAV file (48 kHz, mono, 16 bit): plainly no speech, and never silent for long."""
    tones = [
        _tone(hz, level) for hz, level in ((220.0, 0.2), (277.2, 0.3), (329.6, 0.25), (440.0, 0.35), (369.99, 0.15))
    ]
    order = (0, 1, 2, 3, 4, 3, 2, 1)
    samples = array.array("h")
    for place in range(2 * SECONDS):
        samples.extend(tones[order[place % len(order)]])
    if sys.byteorder == "big":
        samples.byteswap()
    data = samples.tobytes()
    head = struct.pack(
        "<4sI4s4sIHHIIHH",
        b"RIFF",
        36 + len(data),
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        SAMPLE_RATE_HZ,
        2 * SAMPLE_RATE_HZ,
        2,
        16,
    )
    return head + struct.pack("<4sI", b"data", len(data)) + data


def _tone(hz: float, level: float) -> "array.array[int]":
    """Half a second that swells and fades."""
    length = SAMPLE_RATE_HZ // 2
    step = 2 * math.pi * hz / SAMPLE_RATE_HZ
    return array.array(
        "h", (round(32767 * level * math.sin(math.pi * n / length) * math.sin(step * n)) for n in range(length))
    )


def _quoted(text: str) -> str:
    """``text`` as YAML: plain where it can be."""
    plain = _SAFE.match(text) and text == text.strip() and text.casefold() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)


def _title_of(slug: str) -> str:
    return re.sub(r"^\d+-", "", slug).replace("-", " ").capitalize()


_STARTER = {
    ".gitattributes": """\
# The ledger: when two people published, keep the lines of both
published.jsonl merge=union
""",
    ".gitignore": """\
# Made by weerslag, and made again whenever it is needed
.weerslag/
/public/
/press/

# Too big for git; keep recordings somewhere safe
episodes/*/recording/
""",
    "programme.yaml": """\
title: {title}
language: nl
organiser: {title}
url: {url}                      # where public/ will be served
timezone: Europe/Amsterdam

podcast:
  guid: {podcast}   # made of the feed's address, once; never change it
  author: {title}
  description: Een voorbeeld, gemaakt door weerslag init. Schrijf hier waar de serie over gaat.
  category: [Government]
  type: serial
  explicit: false
  # license: cc-by-4.0          # what others may do with the sound
  # frequency: {{text: Elke maand, rrule: FREQ=MONTHLY}}

sound:
  loudness_lufs: -16
  true_peak_dbtp: -1
  channels: stereo
  bitrate_kbps: 128
  formats: [mp3, m4a, opus]     # the first one stands in the feed

profile: public-sector          # nothing is published without a transcript

events:
  - id: eerste-bijeenkomst
    title: Eerste bijeenkomst
    theme: Wat laat een gesprek achter?
    starts: {day} 16:30
    ends: {day} 19:00
    # live: {{page: https://…}}   # where people can listen while it goes on; the feed announces it
    agenda:
      - {{at: "16:30", what: Inloop}}
      - {{at: "17:00", what: Opname podcast}}
      - {{at: "18:00", what: Gesprek aan tafels}}
""",
    "episodes/01-eerste-aflevering/episode.md": """\
---
guid: {guid}   # never change it
number: 1
event: eerste-bijeenkomst
title: Eerste aflevering
summary: Een voorbeeld met een testgeluid van twintig seconden.
published: {next} 06:00
kind: full
explicit: false
chapters:
  - {{start: "00:00", title: Begin}}
  - {{start: "00:08", title: Midden}}
  - {{start: "00:16", title: Slot}}
transcript_reviewed: {next}   # the day on which somebody read transcript.vtt along with the sound
---
Dit is een voorbeeld. Het geluid is **geen opname** maar een reeks tonen, gemaakt door `weerslag init`. Zet een echte
opname in de map `recording/`, en haal het testgeluid weg.
""",
    "episodes/01-eerste-aflevering/transcript.vtt": """\
WEBVTT

NOTE Voorbeeld bij het testgeluid. Schrijf bij een echte opname wie er spreekt: <v Naam>

00:00:00.000 --> 00:00:08.000
[testgeluid: zachte tonen op en neer]

00:00:08.000 --> 00:00:16.000
[de tonen gaan door]

00:00:16.000 --> 00:00:20.000
[de tonen houden op]
""",
    "magazine/magazine.yaml": """\
title: {title}
edition: Voorbeeld
page: a4
flatplan:
  - cover: {{headline: Wat een gesprek achterlaat}}
  - contents
  - article: stories/vooraf.md
  - event: eerste-bijeenkomst
  - quotes
  - colophon
print: {{bleed_mm: 3, profile: coated-fogra39, multiple_of: 4}}
# hyphenation: [be-leids-pro-ces]   # where a word may be broken on paper, if it is broken wrong
colophon: |
  Een voorbeeld, gemaakt door weerslag init.
""",
    "magazine/reflections/eerste-bijeenkomst/tafel-1.md": """\
---
group: Tafel 1
roles: [uitvoering, beleid]      # who sat there, by role, never by name
question: Wat laat een gesprek achter?
cleared: {next}              # without this line it is a draft, and printed nowhere
insights:
  - Een voorbeeld van een inzicht.
quotes:
  - {{text: Een voorbeeld van een uitspraak., by: deelnemer, cleared: true}}
moment: 01-eerste-aflevering#00:08
---
Dit is een voorbeeld van wat een groep achterliet. Vervang het door een echte weerslag, of haal het weg.
""",
    "magazine/stories/vooraf.md": """\
---
title: Vooraf
intro: Een voorbeeld van een verhaal.
event: eerste-bijeenkomst
---
Hier staat straks een verhaal rond de eerste bijeenkomst. Deze tekst is een voorbeeld.
""",
}

_PIECES = {
    "episode": """\
---
guid: {guid}   # never change it
number: {number}
{event}
title: {title}
summary:                        # one or two sentences
published: {day} 06:00     # held back until then
kind: full                      # full | trailer | bonus
explicit: false
people: []                      # - {{name: …, role: guest}}
chapters: []                    # - {{start: "00:00", title: …}}
cuts: []                        # - {{from: "00:10", to: "00:12"}}; mutes and bleeps likewise
jingles: []                     # - {{at: "12:30"}}: the `jingle` of programme.yaml, between two parts
teasers: []                     # - {{from: "03:10", to: "03:40", title: …}}: 15 to 60 s, for press/teasers/
# transcript_reviewed: 2024-06-18   # the day on which somebody read transcript.vtt along with the sound
---
""",
    "reflection": """\
---
group: {title}
roles: []                       # who sat there, by role, never by name
question:
# cleared: 2024-07-01           # the day on which the group agreed, then: weerslag clear; until then this is a draft
insights: []
quotes: []                      # - {{text: …, by: deelnemer, cleared: false}}; true when whoever said it agreed
# moment: 01-slug#00:41         # a place in an episode
---
""",
    "story": """\
---
title: {title}
intro:
by:
{event}
---
""",
}
