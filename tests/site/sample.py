"""A small programme with everything that a page can show, and releases as mastering would create them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import sin
from zoneinfo import ZoneInfo

from pipeline.model import (
    AgendaItem,
    Article,
    Case,
    Chapter,
    Cue,
    Enclosure,
    Episode,
    Event,
    Guest,
    Magazine,
    Moment,
    Person,
    Picture,
    Podcast,
    Programme,
    Quote,
    Reflection,
    Release,
    Story,
    Venue,
    Waveform,
)
from pipeline.typesetting import Theme

ZONE = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2024, 11, 1, 12, 0, tzinfo=UTC)
THEMES = [
    ("burger-centraal", "Burger centraal", "Hoe creëer je vertrouwen tussen burger en ambtenaar?"),
    ("welvarende-regio", "De welvarende regio", "Hoe bouw je een welvarende regio?"),
    ("uitvoering", "Uitvoering aan zet", "Hoe zorg je als uitvoerder voor beleid dat goed is voor de inwoner?"),
    ("interbestuurlijk", "Samen één overheid", "Hoe maak je van interbestuurlijk werken nu echt de norm?"),
]
TALK = [
    (
        "Anna Voorbeeld",
        "Welkom allemaal, fijn dat jullie er zijn.",
        "Vanavond gaat het over vertrouwen, en over wat dat van ons vraagt.",
    ),
    (
        "Bram Proef",
        "Wij begonnen met koffie in het buurthuis.",
        "Niet met een nota: eerst luisteren, dan pas schrijven.",
        "Dat kostte een half jaar.",
    ),
    ("Anna Voorbeeld", "Een half jaar! En de beleidsafdeling, wat vond die ervan?"),
    (
        "Bram Proef",
        "Die moest wennen.",
        "De bewoners schreven de verordening, en wij mochten reageren.",
        "Dat is de omgekeerde volgorde.",
    ),
    (
        "Chris Schets",
        "En precies daar ontstond het vertrouwen.",
        "Omdat je laat zien dat je iets uit handen durft te geven.",
    ),
]


def talk(length_ms, every_ms=9000):
    lines = [(turn[0], line) for turn in TALK for line in turn[1:]]
    return tuple(
        Cue(
            start_ms=at, end_ms=at + every_ms - 400, speaker=lines[nth % len(lines)][0], text=lines[nth % len(lines)][1]
        )
        for nth, at in enumerate(range(1200, length_ms - every_ms, every_ms))
    )


def create_waveform(seed, bars=200, bar_s=12.0):
    level = [
        abs(sin(seed + i * 0.31) * 0.5 + sin(i * 0.047 * seed) * 0.35 + sin(i * 1.7 + seed) * 0.25) for i in range(bars)
    ]
    return Waveform(
        bar_s=bar_s,
        heights=tuple(0.0 if (i + seed) % 41 < 2 else min(1.0, 0.12 + x * 0.85) for i, x in enumerate(level)),
    )


def episode(number, published):
    ident, title, theme = THEMES[number - 1]
    return Episode(
        slug=f"0{number}-{ident}",
        guid=f"guid-{number}",
        number=number,
        event=ident,
        title=title,
        summary=f"Een gesprek aan tafel: {theme[0].lower()}{theme[1:]}",
        published=published,
        people=(
            Person(name="Anna Voorbeeld", role="host"),
            Person(name="Bram Proef", role="guest", organisation="Gemeente Voorbeeld"),
        ),
        chapters=(
            Chapter(start_ms=0, title="Welkom"),
            Chapter(start_ms=41_000, title="Het omgekeerde beleidsproces"),
            Chapter(start_ms=190_000, title="Wat geef je uit handen?"),
            Chapter(start_ms=420_000, title="Vragen uit de zaal"),
        ),
        notes_md="In deze aflevering hoor je *hoe* een buurt zelf de regels schreef.\n\n- Het boek uit het gesprek\n- [De verordening](https://example.org/verordening)\n",
    )


def release(number, *, published=datetime(2024, 6, 20, 6, 0, tzinfo=ZONE), minutes=10, **changes):
    sample_episode = episode(number, published + timedelta(days=60 * (number - 1)))
    length_ms = minutes * 60_000
    slug = sample_episode.slug
    return replace(
        Release(
            episode=sample_episode,
            enclosures=tuple(
                Enclosure(
                    format=form, media_type=kind, path=f"audio/{slug}-0123abcd.{form}", sha256="0123abcd" * 8, size_bytes=size,
                    duration_s=length_ms / 1000, integrated_lufs=-16.0, true_peak_dbtp=-1.2, bitrate_kbps=128,
                )
                for form, kind, size in [("mp3", "audio/mpeg", 38_412_345), ("m4a", "audio/mp4", 30_100_000), ("opus", "audio/ogg", 18_900_000)]
            ),
            duration_s=length_ms / 1000,
            chapters=sample_episode.chapters,
            transcript=talk(length_ms),
            waveform=create_waveform(number, bar_s=length_ms / 1000 / 200),
            cover=f"episodes/{slug}/cover.jpg",
        ),
        **changes,
    )  # fmt: skip


def event(number):
    ident, title, theme = THEMES[number - 1]
    day = datetime(2024, 6, 13, 16, 30, tzinfo=ZONE) + timedelta(days=70 * (number - 1))
    return Event(
        id=ident,
        number=number,
        title=title,
        theme=theme,
        starts=day,
        ends=day + timedelta(hours=2, minutes=30),
        venue=Venue(name="Het Buurthuis", address="Wijnhaven 1", city="Den Haag"),
        agenda=(
            AgendaItem(at="16:30", what="Inloop"),
            AgendaItem(at="17:00", what="Opname podcast"),
            AgendaItem(at="18:00", what="Nagesprekken en borrel"),
        ),
        guests=(
            Guest(name="Bram Proef", role="gebiedsmakelaar", organisation="Gemeente Voorbeeld"),
            Guest(name="Chris Schets", role="adviseur"),
        ),
        cases=(
            Case(
                slug="verordening",
                event=ident,
                title="De verordening van de buurt",
                organisation="Gemeente Voorbeeld",
                summary="Bewoners schreven, ambtenaren reageerden.",
            ),
        ),
    )


def reflection(number, table, *, start_ms=41_000):
    ident = THEMES[number - 1][0]
    return Reflection(
        slug=f"tafel-{table}",
        event=ident,
        group=f"Tafel {table}",
        roles=("uitvoering", "beleid"),
        question="Wat heb jij nodig om te vertrouwen?",
        approved=date(2024, 7, 1),
        insights=(
            "Vertrouwen begint met tijd, niet met een regel.",
            "Wie iets uit handen geeft, krijgt er medeverantwoordelijkheid voor terug.",
        ),
        quotes=(Quote(text="Ik kwam als beleidsmaker en ging weg als buurtgenoot.", by="deelnemer"),),
        moment=Moment(episode=f"0{number}-{ident}", start_ms=start_ms),
        text_md="We spraken over de eerste ontmoeting. *Wie* zit er aan tafel, en wie ontbreekt?\n\nDe stilte na die vraag duurde lang.",
    )


def programme():
    return Programme(
        title="Ambtenaar van Nu",
        subtitle="Leerprogramma voor bevlogen ambtenaren: vier avonden, vier gesprekken, en wat ze achterlieten.",
        organiser="Overheid van Nu",
        url="https://example.org/ambtenaar-van-nu/",
        podcast=Podcast(
            guid="3f0c5a60-0000-5000-8000-000000000000",
            author="Overheid van Nu",
            description="Vier gesprekken over de overheid van nu.",
        ),
        events=tuple(event(number) for number in (1, 2, 3, 4)),
        episodes=tuple(release(number).episode for number in (1, 2, 3, 4)),
        magazine=Magazine(
            title="Ambtenaar van Nu", edition="Slotevent, 16 januari 2025", flatplan=(Article(kind="cover"),)
        ),
        reflections=(reflection(1, 1), reflection(1, 3, start_ms=190_000), reflection(2, 2)),
        stories=(
            Story(
                slug="vooraf",
                title="Wat blijft er hangen na een goed gesprek?",
                intro="Vier avonden lang zaten ambtenaren en inwoners aan dezelfde tafel.",
                by="de redactie",
                event="burger-centraal",
                picture=Picture(
                    file="magazine/images/tafel.jpg",
                    alt="Zes mensen rond een tafel vol papier",
                    credit="Eigen beeld",
                    caption="Tafel 3, na afloop",
                ),
                pulls=("Eerst luisteren, dan pas schrijven.",),
                text_md="Het begint met koffie.\n\nEn dan, na een uur, valt het stil. "
                + "Niemand weet precies waarom, en niemand vindt het erg. " * 12
                + "\n\n## Daarna\n\nDaarna begint het echte gesprek. "
                + "Dat gaat over geven en nemen, over tijd, over wie er mag meebeslissen. " * 10,
            ),
            Story(slug="nawoord", title="Nawoord", intro="Wat we meenemen.", text_md="Tot de volgende keer."),
        ),
    )


def releases():
    return tuple(release(number) for number in (1, 2, 3, 4))


THEME = Theme(folder="site")
COVER = "cover-0123abcd.jpg"
