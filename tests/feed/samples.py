"""A small programme and its releases, for the tests of the feed; also run as a program, to compare builds."""

import hashlib
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pipeline.feed import render_feed
from pipeline.model import (
    Chapter,
    Cue,
    Enclosure,
    Episode,
    Event,
    Person,
    Podcast,
    Programme,
    Release,
    Venue,
    Waveform,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2025, 1, 1, tzinfo=UTC)
MEDIA_TYPES = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "opus": "audio/ogg"}

PROGRAMME = Programme(
    title="Ambtenaar van Nu",
    organiser="Overheid van Nu",
    url="https://example.org/avn/",
    podcast=Podcast(
        guid="abdf5780-b12b-52a5-9dc7-0247e83d6c69",
        author="Overheid van Nu",
        description="Vier gesprekken over vertrouwen & samenwerken.",
        category=("Business", "Careers"),
    ),
    events=(
        Event(
            id="burger-centraal",
            number=1,
            title="Burger centraal",
            starts=datetime(2024, 6, 13, 16, 30, tzinfo=AMSTERDAM),
            ends=datetime(2024, 6, 13, 19, 0, tzinfo=AMSTERDAM),
            venue=Venue(name="EMMA", address="Wijnhaven 88", city="Den Haag"),
        ),
    ),
)
CHAPTERS = (
    Chapter(start_ms=0, title="Welkom"),
    Chapter(start_ms=41_000, title="Het omgekeerde beleidsproces"),
    Chapter(start_ms=1_200_000, title="Vragen & antwoorden"),
)
CUES = (
    Cue(start_ms=0, end_ms=4_000, speaker="Anna", text="Welkom bij deze aflevering."),
    Cue(
        start_ms=4_000,
        end_ms=12_500,
        speaker="Bram",
        text="Dank je. We beginnen met een vraag over <vertrouwen> & tijd.",
    ),
)


def enclosure(slug, format_="mp3", *, size_bytes=20_000):
    sha256 = hashlib.sha256(f"{slug}.{format_}".encode()).hexdigest()
    return Enclosure(
        format=format_,
        media_type=MEDIA_TYPES[format_],
        path=f"audio/{slug}-{sha256[:8]}.{format_}",
        sha256=sha256,
        size_bytes=size_bytes,
        duration_s=1799.6,
        integrated_lufs=-16.0,
        true_peak_dbtp=-1.2,
        bitrate_kbps=128,
    )


def release(number=1, *, chapters=CHAPTERS, transcript=CUES, formats=("mp3",), **changes):
    slug = f"{number:02}-aflevering"
    episode = Episode(
        slug=slug,
        guid=f"guid-{number}",
        number=number,
        event="",
        title=f"Aflevering {number}",
        summary=f"Waar aflevering {number} over gaat.",
        published=datetime(2024, 6, 1, 6, 0, tzinfo=AMSTERDAM) + timedelta(days=number),
    )
    return Release(
        episode=replace(episode, **changes),
        enclosures=tuple(enclosure(slug, format_) for format_ in formats),
        duration_s=1799.6,
        chapters=chapters,
        transcript=transcript,
        waveform=Waveform(bar_s=10.0, heights=(0.5,) * 180),
        cover=f"episodes/{slug}/cover-5e6f7a8b.jpg",
    )


def outputs(*releases, programme=PROGRAMME, now=NOW):
    """The files of the feed under ``public/``, by path."""
    rendered = render_feed(programme, releases, now=now, cover="cover-1a2b3c4d.jpg")
    return {output.path.removeprefix("public/"): output.content for output in rendered}


def feed(*releases, programme=PROGRAMME, now=NOW):
    return outputs(*releases, programme=programme, now=now)["feed.xml"]


if __name__ == "__main__":
    people = (Person(name="Zoë Çelik", role="presentator"), Person(name="Bram", role="gast"))
    built = outputs(
        *(release(n, people=people, event="burger-centraal", formats=tuple(MEDIA_TYPES)) for n in (1, 3, 2))
    )
    sys.stdout.buffer.write(b"\0".join(path.encode() + b"\0" + built[path] for path in built))
