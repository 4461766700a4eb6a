"""What machines read of the site: JSON-LD, the sitemap, what is shared; and the pages that help people follow."""

import json
import re
from dataclasses import replace

import lxml.etree
import lxml.html
import pytest

from pipeline.site import render_site
from tests.site.sample import COVER, NOW, THEME
from tests.site.vocabulary import faults

HOME = "https://example.org/ambtenaar-van-nu/"


def rendered(programme, releases, **changes):
    options = {"theme": THEME, "now": NOW, "cover": COVER} | changes
    return {out.path.removeprefix("public/"): out.content for out in render_site(programme, releases, **options)}


@pytest.fixture
def outputs(programme, releases):
    return rendered(programme, releases)


def about(outputs, path):
    (script,) = lxml.html.fromstring(outputs[path].decode()).xpath("//script[@type='application/ld+json']/text()")
    return json.loads(script)


def shared(outputs, path):
    document = lxml.html.fromstring(outputs[path].decode())
    return {meta.get("property"): meta.get("content") for meta in document.xpath("//meta[@property]")}


def test_the_page_of_the_programme_tells_of_the_series_and_its_events(outputs):
    series, events = about(outputs, "index.html")["@graph"]

    assert ("PodcastSeries", f"{HOME}feed.xml") == (series["@type"], series["webFeed"])
    assert [f"{HOME}episodes/0{n}" for n in (1, 2, 3)] == [part["url"][: len(HOME) + 11] for part in series["hasPart"]]
    assert 4 == len(events["subEvent"])


def test_the_page_of_an_episode_tells_its_length_its_files_and_where_it_was_recorded(outputs):
    told = about(outputs, "episodes/01-burger-centraal/index.html")

    assert ("PodcastEpisode", "PT10M0S", 1) == (told["@type"], told["duration"], told["episodeNumber"])
    assert ["audio/mpeg", "audio/mp4", "audio/ogg"] == [each["encodingFormat"] for each in told["associatedMedia"]]
    assert f"{HOME}events/burger-centraal/" == told["recordedAt"]["url"]
    assert f"{HOME}#podcast" == told["partOfSeries"]["@id"]
    assert "2024-06-20T06:00:00+02:00" == told["datePublished"]


def test_the_page_of_an_event_tells_when_and_where(outputs):
    told = about(outputs, "events/burger-centraal/index.html")

    assert ("Event", "2024-06-13T16:30:00+02:00", "Den Haag") == (
        told["@type"],
        told["startDate"],
        told["location"]["address"]["addressLocality"],
    )


def test_all_that_is_told_to_machines_is_in_the_vocabulary_of_schema_org_with_values_of_its_kinds(programme, releases):
    online = replace(programme.events[1], venue=None, online="https://example.org/zaal")
    events = (programme.events[0], online, *programme.events[2:])
    outputs = rendered(replace(programme, events=events), releases)
    told = {path: about(outputs, path) for path in outputs if b"ld+json" in outputs[path]}

    assert {"@graph", "PodcastEpisode", "Event", "Article"} == {one.get("@type", "@graph") for one in told.values()}
    assert {path: [] for path in told} == {path: faults(one) for path, one in told.items()}


def test_the_vocabulary_is_awake():
    event = {"@type": "Event", "startDate": "next week", "colour": "red", "location": {"@type": "Person"}}

    assert ["startDate", "colour", "location"] == [
        word for fault in faults(event) for word in ("startDate", "colour", "location") if word in fault
    ]
    assert ["$: no such type: Podcast"] == faults({"@type": "Podcast"})


# What Google asks of an event before it shows one: developers.google.com, structured data, Event; and of a podcast what
# schema.org gives it for: its feed, its series, its sound.
ASKED = {
    "Event": {
        "name",
        "startDate",
        "endDate",
        "location",
        "eventStatus",
        "eventAttendanceMode",
        "organizer",
        "description",
    },
    "PodcastEpisode": {"name", "url", "datePublished", "duration", "partOfSeries", "associatedMedia", "description"},
    "PodcastSeries": {"name", "url", "webFeed", "description", "image", "author"},
}


def test_nothing_is_lacking_that_search_engines_ask_for(outputs):
    series, _ = about(outputs, "index.html")["@graph"]
    episode, event = (
        about(outputs, f"{path}/burger-centraal/index.html".replace("episodes/", "episodes/01-"))
        for path in ("episodes", "events")
    )

    lacking = {one["@type"]: ASKED[one["@type"]] - {*one} for one in (series, episode, event)}

    assert {"Event": set(), "PodcastEpisode": set(), "PodcastSeries": set()} == lacking


def test_no_word_that_people_write_can_end_the_data(programme, releases):
    hostile = "</script><script>alert(1)</script>"
    event = replace(programme.events[0], title=hostile)
    outputs = rendered(replace(programme, events=(event, *programme.events[1:])), releases)

    assert hostile == about(outputs, "events/burger-centraal/index.html")["name"]
    assert b"</script><script>alert" not in outputs["events/burger-centraal/index.html"]


SHARES = {
    "index.html": "share/programme-0a.png",
    "episodes/01-burger-centraal/": "share/01-burger-centraal-0b.png",
    "events/burger-centraal/": "share/event-burger-centraal-0c.png",
    "events/interbestuurlijk/": "share/event-interbestuurlijk-0d.png",
}


@pytest.mark.parametrize(
    ("page", "picture", "alt"),
    [
        ("", "share/programme-0a.png", "“Ambtenaar van Nu”, boven de geluidssporen van de gesprekken"),
        (
            "episodes/01-burger-centraal/",
            "share/01-burger-centraal-0b.png",
            "“Burger centraal”, boven het geluidsspoor van het gesprek",
        ),
        (
            "events/burger-centraal/",
            "share/event-burger-centraal-0c.png",
            "“Hoe creëer je vertrouwen tussen burger en ambtenaar?”, boven het geluidsspoor van het gesprek",
        ),
        (
            "events/interbestuurlijk/",
            "share/event-interbestuurlijk-0d.png",
            "“Hoe maak je van interbestuurlijk werken nu echt de norm?”",
        ),
        ("volgen/", "share/programme-0a.png", "“Ambtenaar van Nu”, boven de geluidssporen van de gesprekken"),
        ("stories/nawoord/", "share/programme-0a.png", "“Ambtenaar van Nu”, boven de geluidssporen van de gesprekken"),
    ],
)
def test_what_is_shared_has_a_picture_of_a_known_size_that_is_told_in_words(programme, releases, page, picture, alt):
    told = shared(rendered(programme, releases, shares=SHARES), f"{page}index.html")

    assert f"{HOME}{picture}" == told["og:image"]
    assert ("1200", "630", alt) == (told["og:image:width"], told["og:image:height"], told["og:image:alt"])


def test_a_story_is_shared_with_its_own_picture(programme, releases):
    pictures = {"magazine/images/tafel.jpg": "pictures/tafel-0e.jpg"}

    told = shared(rendered(programme, releases, shares=SHARES, pictures=pictures), "stories/vooraf/index.html")

    assert (f"{HOME}pictures/tafel-0e.jpg", "Zes mensen rond een tafel vol papier") == (
        told["og:image"],
        told["og:image:alt"],
    )
    assert "og:image:width" not in told  # nobody looked at its size


def test_a_shared_episode_has_its_sound(outputs):
    episode = shared(outputs, "episodes/01-burger-centraal/index.html")

    assert f"{HOME}audio/01-burger-centraal-0123abcd.mp3" == episode["og:audio"]
    assert "nl_NL" == episode["og:locale"]


def test_the_sitemap_names_every_page_but_the_lost_and_the_draft(outputs):
    listed = lxml.etree.fromstring(outputs["sitemap.xml"]).xpath("//*[local-name()='loc']/text()")
    pages = {f"{HOME}{path.removesuffix('index.html')}" for path in outputs if path.endswith("index.html")}

    assert pages - {f"{HOME}toegankelijkheid/"} == set(listed)
    assert f"Sitemap: {HOME}sitemap.xml\n" in outputs["robots.txt"].decode()


def test_the_statement_is_a_draft_that_claims_nothing_and_counts_transcripts(programme, releases):
    silent = [*releases[:2], replace(releases[2], transcript=())]
    document = lxml.html.fromstring(rendered(programme, silent)["toegankelijkheid/index.html"].decode())
    words = " ".join(document.text_content().split())

    assert "Concept. Overheid van Nu heeft deze verklaring nog niet vastgesteld." in words
    assert "2 van 3 afleveringen hebben een transcript" in words
    assert ["noindex"] == document.xpath("//meta[@name='robots']/@content")
    assert ["Nog niet vastgesteld"] == [fact.text for fact in document.xpath("//dl[@class='facts']/dd")[-1:]]
    assert not re.search(r"(site|het|zij) voldoet", words.replace("waaraan zij voldoet", ""))
    assert "Al bekend: 1 aflevering heeft geen transcript" in words


# The parts of the model, in its order: digitoegankelijk.nl, "De toegankelijkheidsverklaring"; decision (EU) 2018/1523.
PARTS = [
    "Verklaring",
    "Nalevingsstatus",
    "Opstelling van deze verklaring, actualisatie en instemming",
    "Feedback en contactgegevens",
    "Handhavingsprocedure",
    "Onderbouwing van de nalevingsstatus",
    "Afwijkingen",
]


def test_the_statement_has_the_parts_that_the_model_of_the_law_asks_for_in_its_order(outputs):
    document = lxml.html.fromstring(outputs["toegankelijkheid/index.html"].decode())
    deviation = [field.text for field in document.xpath("//*[@aria-labelledby='deviations-head']//li")]

    assert [*PARTS] == [head.text for head in document.xpath("//main//h2")]
    assert ["Beschrijving", "Oorzaak", "Gevolg voor mensen met een beperking", "Alternatief"] == deviation[:4]
    assert "Nationale ombudsman" in document.xpath("string(//*[@aria-labelledby='complaint-head'])")


def test_an_open_programme_publishes_no_statement(programme, releases):
    outputs = rendered(replace(programme, profile="open"), releases)

    assert "toegankelijkheid/index.html" not in outputs
    assert b"toegankelijkheid" not in outputs["index.html"]


def test_the_page_to_follow_gives_the_address_of_the_feed_and_a_code_with_its_words(outputs):
    document = lxml.html.fromstring(outputs["volgen/index.html"].decode())

    assert [f"{HOME}feed.xml"] == document.xpath("//*[@id='feed-address']/text()")
    assert ["QR-code van deze pagina"] == document.xpath("//*[name()='svg' and @role='img']/*[name()='title']/text()")
    assert f"{HOME}volgen/" in document.xpath("string(//figcaption)")


@pytest.mark.parametrize(
    "page",
    [
        "index",
        "volgen/index",
        "toegankelijkheid/index",
        "episodes/01-burger-centraal/index",
        "events/burger-centraal/index",
    ],
)
def test_a_programme_in_english_has_english_pages(programme, releases, page):
    english = {"volgen/index": "follow/index", "toegankelijkheid/index": "accessibility/index"}.get(page, page)
    outputs = rendered(replace(programme, language="en"), releases)
    document = lxml.html.fromstring(outputs[f"{english}.html"].decode())
    interface = " ".join(
        document.xpath(
            "//nav//text() | //h2//text() | //button//text() | //label//text() | //dt//text() | //@aria-label | //footer//text()"
        )
    )

    assert "en" == document.get("lang")
    assert "en_GB" == shared(outputs, f"{english}.html")["og:locale"]
    assert not re.search(
        r"\b(Luister|Bijeenkomst|Verhalen|Hoofdstukken|Speel|Pauzeer|Tempo|Zoek|Wanneer|Waar|Volg|Toegankelijkheid|Gasten|het|van de|naar)\b",
        interface,
    ), interface
    assert b"This is a podcast feed" in outputs["assets/feed.css"]
