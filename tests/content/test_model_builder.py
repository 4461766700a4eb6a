"""A valid programme becomes the values of the model."""

import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from pipeline.content import load_programme
from pipeline.content.dates import parse_time_code
from pipeline.model import (
    AgendaItem,
    Article,
    Case,
    Chapter,
    Cue,
    Cut,
    Deadline,
    Draft,
    Episode,
    Event,
    Guest,
    LiveStream,
    Magazine,
    Moment,
    Person,
    Picture,
    Podcast,
    Print,
    Programme,
    Quote,
    Reflection,
    SoundTarget,
    Story,
    Teaser,
    Venue,
    from_json,
    to_json,
)  # fmt: skip
from pipeline.model.podcast import Frequency, Funding, License, PodcastApps, PodcastTxt, Season
from pipeline.model.time_codes import format_position

SUMMER, WINTER = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))
# as high as a page, nearly: a crop loses 8 %
PAGE_PICTURE = {"fit": "crop", "width": "page", "width_px": 3855, "height_px": 5911}

EXPECTED = Programme(
    title="Ambtenaar van Nu",
    subtitle="Leerprogramma voor bevlogen ambtenaren",
    language="nl",
    organiser="Overheid van Nu",
    url="https://example.org/ambtenaar-van-nu/",
    timezone="Europe/Amsterdam",
    podcast=Podcast(
        guid="917393e3-1b1e-5cef-ace4-edaa54e1f810",
        author="Overheid van Nu",
        description="Vier gesprekken.",
        category=("Society & Culture", "Documentary"),
        type="serial",
        explicit=False,
        cover="magazine/images/cover.jpg",
    ),
    sound=SoundTarget(
        loudness_lufs=-16.0, true_peak_dbtp=-1.5, channels="mono", bitrate_kbps=96, formats=("mp3", "m4a", "opus")
    ),
    intro="episodes/jingle.flac",
    outro="",
    profile="public-sector",
    events=(
        Event(
            id="burger-centraal",
            number=1,
            title="Burger centraal",
            theme="Hoe creëer je vertrouwen?",
            starts=datetime(2024, 6, 13, 16, 30, tzinfo=SUMMER),
            ends=datetime(2024, 6, 13, 19, 0, tzinfo=SUMMER),
            venue=Venue(name="EMMA", address="Wijnhaven 88", city="Den Haag"),
            agenda=(AgendaItem(at="16:30", what="Inloop"), AgendaItem(at="17:00", what="Opname podcast")),
            guests=(Guest(name="Gast (voorbeeld)", role="gebiedsmakelaar", organisation="gemeente Amsterdam"),),
            deadlines=(Deadline(what="Reacties", at=datetime(2024, 6, 15, tzinfo=SUMMER)),),
            cases=(
                Case(
                    slug="stoep",
                    event="burger-centraal",
                    title="De stoep",
                    organisation="Een gemeente",
                    summary="Eén stoep.",
                    contact="ingenieur",
                ),
            ),
        ),
        Event(
            id="netwerkdag",
            number=2,
            title="Netwerkdag",
            starts=datetime(2024, 12, 12, 9, 0, tzinfo=WINTER),
            ends=datetime(2024, 12, 12, 17, 0, tzinfo=WINTER),
            online="https://example.org/zaal",
        ),
    ),
    episodes=(
        Episode(
            slug="00-trailer",
            guid="trailer-1",
            number=0,
            event="",
            title="Trailer",
            summary="",
            published=datetime(2024, 6, 1, 6, 0, tzinfo=SUMMER),
            kind="trailer",
        ),
        Episode(
            slug="01-burger-centraal",
            guid="0b6a7b8e-52f9-4d3b-8d3a-111111111111",
            number=1,
            event="burger-centraal",
            title="Burger centraal",
            summary="Wie begint?",
            published=datetime(2024, 6, 20, 6, 0, tzinfo=SUMMER),
            people=(Person(name="Stem A"),),
            chapters=(
                Chapter(start_ms=0, title="Welkom"),
                Chapter(start_ms=41_000, title="Het omgekeerde beleidsproces"),
                Chapter(start_ms=3_723_500, title="Slot"),
            ),
            cuts=(Cut(from_ms=10_000, to_ms=12_250), Cut(from_ms=30_000, to_ms=32_000)),
            mutes=(Cut(from_ms=25_000, to_ms=26_000),),
            input_channels="left",
            bleeps=(Cut(from_ms=20_000, to_ms=20_600),),
            teasers=(
                Teaser(from_ms=41_000, to_ms=71_500, title="Wie begint"),
                Teaser(from_ms=13_000, to_ms=29_000),
            ),
            notes_md="# Notities\n\nEerste regel.",
            recording=(
                "episodes/01-burger-centraal/recording/part 2.WAV",
                "episodes/01-burger-centraal/recording/part 10.wav",
            ),
            transcript=(
                Cue(
                    start_ms=0,
                    end_ms=4500,
                    speaker="Stem A",
                    text="Welkom bij Burger & ambtenaar. Fijn dat je er bent.",
                ),
                Cue(start_ms=33_000, end_ms=4_200_000, speaker="Stem B", text="Ja."),
                Cue(start_ms=33_000, end_ms=4_200_000, speaker="Stem A", text="Nee."),
                Cue(start_ms=4_200_000, end_ms=4_201_000, speaker="", text="[applaus]"),
            ),
        ),
    ),
    magazine=Magazine(
        title="Ambtenaar van Nu",
        edition="Slotevent, 16 januari 2025",
        language="nl",
        page="a4",
        flatplan=(
            Article(
                kind="cover",
                headline="Wat bleef",
                picture=Picture(file="magazine/images/cover.jpg", alt="Een tafel", credit="Studio", **PAGE_PICTURE),
            ),
            Article(kind="contents"),
            Article(kind="article", ref="vooraf"),
            Article(kind="event", ref="burger-centraal"),
            Article(kind="quotes"),
            Article(kind="photo", picture=Picture(file="magazine/images/zaal.jpg", alt="De zaal", **PAGE_PICTURE)),
            Article(kind="notes", headline="Ruimte"),
            Article(kind="colophon"),
            Article(kind="back"),
        ),
        print=Print(bleed_mm=5.0, profile="coated-fogra39", multiple_of=8),
        colophon="Gemaakt door *iedereen*.",
        name="slotevent",
    ),
    reflections=(
        Reflection(
            slug="tafel-3",
            event="burger-centraal",
            group="3",
            roles=("uitvoering", "beleid"),
            question="Wat heb jij nodig?",
            approved=date(2024, 7, 1),
            insights=("Begin bij de vraag.",),
            quotes=(Quote(text="Dit mag gedrukt.", by="deelnemer"),),
            moment=Moment(episode="01-burger-centraal", start_ms=41_000),
            text_md="De tafel sprak.",
        ),
    ),
    drafts=(Draft(slug="tafel-4", event="burger-centraal"),),
    stories=(
        Story(
            slug="vooraf",
            title="Vooraf",
            intro="Hoe het begon.",
            by="De redactie",
            event="burger-centraal",
            picture=Picture(
                file="magazine/images/zaal.jpg",
                alt="De zaal",
                credit="Studio",
                caption="Vol.",
                width="full",
                width_px=3855,
                height_px=5911,
            ),
            pulls=("Iedereen luisterde.",),
            text_md="Het verhaal.",
        ),
    ),
)


def test_programme_is_converted_to_the_model(content):
    assert EXPECTED == content.load()


def test_model_survives_json(content):
    programme = content.load()

    assert programme == from_json(Programme, to_json(programme))


def test_model_contains_only_approved_text(content):
    assert "GEHEIM" not in repr(content.load()).upper()


def test_podcast_episodes_and_magazine_are_optional(tmp_path):
    (tmp_path / "programme.yaml").write_text(
        "title: Kaal\norganiser: Wij\nurl: http://localhost:8000/\npodcast:\nevents:\n"
    )

    assert Programme(title="Kaal", organiser="Wij", url="http://localhost:8000/") == load_programme(tmp_path)


def test_windows_line_ends_byte_order_mark_and_decomposed_letters_change_nothing(content):
    for file in content.root.rglob("*"):
        if file.suffix in {".yaml", ".md", ".vtt"}:
            text = file.read_text("utf-8").replace("ë", "e\u0308").replace("\n", "\r\n")
            file.write_bytes(b"\xef\xbb\xbf" + text.encode())

    assert EXPECTED == content.load()


def test_invisible_characters_are_removed(content):
    content.change("programme.yaml", "title: Ambtenaar van Nu", "title: Amb\u202etenaar\x0bvan\x00 \ufeffNu\ufffe\x9f")
    content.change("magazine/stories/vooraf.md", "Het verhaal.", "Het\x08 \u2066verhaal\u2069.\u2028Tweede")

    programme = content.load()

    assert "Ambtenaar van Nu" == programme.title
    assert "Het \u2066verhaal\u2069. Tweede" == programme.stories[0].text_md


def test_invisible_characters_from_yaml_escapes_are_removed(content):
    content.change("programme.yaml", "title: Ambtenaar van Nu", 'title: "Ambtenaar\\0\\e van\\x85Nu"')

    assert "Ambtenaar van Nu" == content.load().title


@pytest.mark.parametrize("word", ["no", "2024", "12:30", "014", "1e3", "true", "2024-01-01", "0x1F", "'~'"])
def test_unquoted_text_is_not_converted(content, word):
    content.change("programme.yaml", "title: Ambtenaar van Nu", f"title: {word}")

    assert word.strip("'") == content.load().title


def test_model_does_not_depend_on_time_zone_and_locale_of_the_machine(content, monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    time.tzset()
    try:
        assert EXPECTED == content.load()
    finally:
        monkeypatch.undo()
        time.tzset()


def test_ambiguous_local_time_is_the_first_of_the_two(content):
    content.change("programme.yaml", "starts: 2024-12-12 09:00", "starts: 2024-10-27 02:30")

    assert datetime(2024, 10, 27, 0, 30, tzinfo=UTC) == content.load().events[1].starts


def test_reflections_are_sorted_by_event_and_natural_order(content):
    groups = {"netwerkdag/a": "T", "burger-centraal/verslag": "10", "burger-centraal/tafel-2": "2"}
    for path, group in groups.items():
        content.write(f"magazine/reflections/{path}.md", format_reflection(group))
    content.change("magazine/magazine.yaml", "  - quotes:\n", "  - event: netwerkdag\n  - quotes:\n")

    assert ["tafel-2", "tafel-3", "verslag", "a"] == [one.slug for one in content.load().reflections]


def test_order_puts_a_reflection_before_those_without(content):
    content.write("magazine/reflections/burger-centraal/tafel-9.md", format_reflection("Tafel 9", order=2))
    content.write("magazine/reflections/burger-centraal/tafel-8.md", format_reflection("Tafel 8", order=1))

    assert ["tafel-8", "tafel-9", "tafel-3"] == [one.slug for one in content.load().reflections]


def format_reflection(group, order=None):
    place = "" if order is None else f"order: {order}\n"
    return f"---\ngroup: {group}\n{place}approved: 2024-07-01\n---\nTekst.\n"


def test_link_inside_the_programme_is_followed(content):
    (content.root / "episodes/jingle.flac").rename(content.root / "echt.flac")
    (content.root / "episodes/jingle.flac").symlink_to("../echt.flac")

    assert "episodes/jingle.flac" == content.load().intro


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("00:00", 0),
        ("0:41", 41_000),
        ("00:41.5", 41_500),
        ("75:00", 4_500_000),
        ("1:02:03", 3_723_000),
        ("1:02:03.045", 3_723_045),
    ],
)
def test_time_code_notations(text, ms):
    assert ms == parse_time_code(text) == parse_time_code(format_position(ms))


def test_programme_of_four_events_loads_in_a_third_of_a_second(content):
    for table in range(16):
        content.write(
            f"magazine/reflections/burger-centraal/groep-{table}.md",
            (content.root / "magazine/reflections/burger-centraal/tafel-3.md").read_bytes(),
        )
    for number in (2, 3, 4):
        front_matter = (content.root / "episodes/01-burger-centraal/episode.md").read_text()
        content.write(
            f"episodes/0{number}-x/episode.md",
            front_matter.replace("1111-", f"111{number}-")
            .replace("1111\n", f"111{number}\n")
            .replace("number: 1", f"number: {number}"),
        )
        content.write(
            f"episodes/0{number}-x/transcript.vtt",
            (content.root / "episodes/01-burger-centraal/transcript.vtt").read_bytes(),
        )

    def measure_cpu_s():
        begin = time.process_time()
        content.load()
        return time.process_time() - begin

    assert min(measure_cpu_s() for _ in range(5)) < 0.3  # the minimum: other load on the machine does not count


def test_comments_are_removed(content):
    content.change("episodes/01-burger-centraal/episode.md", "Eerste regel.", "Eerste <!-- na\n\nvragen -->regel.")
    content.change("magazine/magazine.yaml", "colophon: |\n", "colophon: |\n  <!-- wie nog? -->\n")

    programme = content.load()

    (notes_md,) = [episode.notes_md for episode in programme.episodes if episode.slug == "01-burger-centraal"]
    assert notes_md.endswith("Eerste regel.")
    assert programme.magazine.colophon
    assert "<!--" not in programme.magazine.colophon


def test_all_podcast_keys_are_converted(content):
    keys = """\
  type: episodic
  cover_alt: Vier strepen
  medium: course
  locked: false
  license: CC-BY-4.0
  funding: [{url: https://example.org/steun, text: Steun ons}]
  txt: [{purpose: verify, text: abc}]
  frequency: {text: Elke maand, rrule: FREQ=MONTHLY, starts: 2024-06-20 06:00}
  complete: true
  seasons: [{number: 1, name: Vertrouwen}]
  email: podcast@example.org
  apps: {apple: https://podcasts.apple.com/nl/podcast/id1, spotify: https://open.spotify.com/show/1}
  retention_days: 7
  page_items: 50
"""
    content.change("programme.yaml", "  type: serial\n", keys)
    content.change(
        "programme.yaml", "city: Den Haag", "city: Den Haag, country: NL, latitude: 52.08, longitude: 4.3, osm: R1"
    )
    content.change(
        "programme.yaml", "    online: https", "    live: {page: https://example.org/live}\n    online: https"
    )
    episode = "episodes/01-burger-centraal/episode.md"
    content.change(episode, "kind: full", "kind: full\nseason: 1\ntxt: [{purpose: ai-content, text: false}]")

    programme = load_programme(content.root)

    assert (
        Podcast(
            guid="917393e3-1b1e-5cef-ace4-edaa54e1f810",
            author="Overheid van Nu",
            description="Vier gesprekken.",
            category=("Society & Culture", "Documentary"),
            type="episodic",
            cover="magazine/images/cover.jpg",
            cover_alt="Vier strepen",
            medium="course",
            locked=False,
            license=License(name="cc-by-4.0", url="https://creativecommons.org/licenses/by/4.0/"),
            funding=(Funding(url="https://example.org/steun", text="Steun ons"),),
            txt=(PodcastTxt(text="abc", purpose="verify"),),
            frequency=Frequency(
                text="Elke maand", rrule="FREQ=MONTHLY", starts=datetime(2024, 6, 20, 6, 0, tzinfo=SUMMER)
            ),
            complete=True,
            seasons=(Season(number=1, name="Vertrouwen"),),
            email="podcast@example.org",
            apps=PodcastApps(
                apple="https://podcasts.apple.com/nl/podcast/id1", spotify="https://open.spotify.com/show/1"
            ),
            retention_days=7,
            page_items=50,
        )
        == programme.podcast
    )
    venue = Venue(
        name="EMMA", address="Wijnhaven 88", city="Den Haag", country="NL", latitude=52.08, longitude=4.3, osm="R1"
    )
    assert (venue, LiveStream(page="https://example.org/live")) == (programme.events[0].venue, programme.events[1].live)
    assert (1, (PodcastTxt(text="false", purpose="ai-content"),)) == (
        programme.episodes[-1].season,
        programme.episodes[-1].txt,
    )


def test_episode_numbers_are_unique_per_season(content):
    content.change("episodes/01-burger-centraal/episode.md", "number: 1", "number: 1\nseason: 2")
    content.change("episodes/00-trailer/episode.md", "number: 0", "number: 1\nseason: 1")

    assert [(1, 1), (2, 1)] == [(one.season, one.number) for one in load_programme(content.root).episodes]


def test_transcript_speakers_are_replaced_by_names(content):
    content.change(
        "episodes/01-burger-centraal/episode.md",
        "[{name: Stem A}]",
        "[{name: Anna de Wit, speaker: stem a}, {name: Bram, role: host, speaker: Stem B}]",
    )

    (episode,) = (one for one in load_programme(content.root).episodes if one.transcript)

    assert ["Anna de Wit", "Bram", "Anna de Wit", ""] == [cue.speaker for cue in episode.transcript]
    assert (Person(name="Anna de Wit"), Person(name="Bram", role="host")) == episode.people


def test_mastering_settings_are_converted(content):
    settings = {
        "high_pass_hz": 0, "hum": "off", "noise_reduction": "off", "levelling": "off", "loudness_lufs": -18.0, "true_peak_dbtp": -2.0,
        "intro_overlap_s": 2.5, "outro_overlap_s": 1.5,
    }  # fmt: skip
    text = (content.root / "programme.yaml").read_text(encoding="utf-8")
    before, _, after = text.partition("  loudness_lufs: -16\n  true_peak_dbtp: -1.5\n")
    content.write("programme.yaml", before + "".join(f"  {key}: {value}\n" for key, value in settings.items()) + after)

    sound = load_programme(content.root).sound

    assert settings == {key: getattr(sound, key) for key in settings}
