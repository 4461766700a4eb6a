"""Structured data, sitemap and link previews, and the pages about subscribing and accessibility."""

import json
import re
from dataclasses import replace

import lxml.etree
import lxml.html
import pytest

from pipeline.site import SiteContext, render_site
from tests.site.sample import COVER, NOW, THEME
from tests.site.schema_org import find_errors

HOME = "https://example.org/ambtenaar-van-nu/"


def rendered(programme, releases, **changes):
    options = {"theme": THEME, "now": NOW, "cover": COVER} | changes
    return {
        out.path.removeprefix("public/"): out.content
        for out in render_site(SiteContext(programme=programme, releases=releases, **options))
    }


@pytest.fixture
def outputs(programme, releases):
    return rendered(programme, releases)


def read_json_ld(outputs, path):
    (script,) = lxml.html.fromstring(outputs[path].decode()).xpath("//script[@type='application/ld+json']/text()")
    return json.loads(script)


def read_meta(outputs, path):
    document = lxml.html.fromstring(outputs[path].decode())
    return {meta.get("property"): meta.get("content") for meta in document.xpath("//meta[@property]")}


def test_the_home_page_describes_the_series_and_its_events(outputs):
    series, events = read_json_ld(outputs, "index.html")["@graph"]

    assert ("PodcastSeries", f"{HOME}feed.xml") == (series["@type"], series["webFeed"])
    assert [f"{HOME}episodes/0{n}" for n in (1, 2, 3)] == [part["url"][: len(HOME) + 11] for part in series["hasPart"]]
    assert 4 == len(events["subEvent"])


def test_an_episode_page_describes_its_duration_files_and_event(outputs):
    data = read_json_ld(outputs, "episodes/01-burger-centraal/index.html")

    assert ("PodcastEpisode", "PT10M0S", 1) == (data["@type"], data["duration"], data["episodeNumber"])
    assert ["audio/mpeg", "audio/mp4", "audio/ogg"] == [each["encodingFormat"] for each in data["associatedMedia"]]
    assert f"{HOME}events/burger-centraal/" == data["recordedAt"]["url"]
    assert f"{HOME}#podcast" == data["partOfSeries"]["@id"]
    assert "2024-06-20T06:00:00+02:00" == data["datePublished"]


def test_an_event_page_describes_its_time_and_location(outputs):
    data = read_json_ld(outputs, "events/burger-centraal/index.html")

    assert ("Event", "2024-06-13T16:30:00+02:00", "Den Haag") == (
        data["@type"],
        data["startDate"],
        data["location"]["address"]["addressLocality"],
    )


@pytest.mark.external
def test_all_structured_data_is_valid_schema_org(programme, releases):
    online = replace(programme.events[1], venue=None, online="https://example.org/zaal")
    events = (programme.events[0], online, *programme.events[2:])
    outputs = rendered(replace(programme, events=events), releases)
    data = {path: read_json_ld(outputs, path) for path in outputs if b"ld+json" in outputs[path]}

    assert {"@graph", "PodcastEpisode", "Event", "Article"} == {one.get("@type", "@graph") for one in data.values()}
    assert {path: [] for path in data} == {path: find_errors(one) for path, one in data.items()}


@pytest.mark.external
def test_the_schema_org_validator_finds_planted_errors():
    event = {"@type": "Event", "startDate": "next week", "colour": "red", "location": {"@type": "Person"}}

    assert ["startDate", "colour", "location"] == [
        word for fault in find_errors(event) for word in ("startDate", "colour", "location") if word in fault
    ]
    assert ["$: no such type: Podcast"] == find_errors({"@type": "Podcast"})


# Required by Google for an event (developers.google.com, structured data, Event); for a podcast, the properties that
# schema.org defines for it: feed, series, audio.
REQUIRED = {
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


def test_all_properties_that_search_engines_require_are_present(outputs):
    series, _ = read_json_ld(outputs, "index.html")["@graph"]
    episode, event = (
        read_json_ld(outputs, f"{path}/burger-centraal/index.html".replace("episodes/", "episodes/01-"))
        for path in ("episodes", "events")
    )

    lacking = {one["@type"]: REQUIRED[one["@type"]] - {*one} for one in (series, episode, event)}

    assert {"Event": set(), "PodcastEpisode": set(), "PodcastSeries": set()} == lacking


def test_no_text_can_close_the_script_element(programme, releases):
    hostile = "</script><script>alert(1)</script>"
    event = replace(programme.events[0], title=hostile)
    outputs = rendered(replace(programme, events=(event, *programme.events[1:])), releases)

    assert hostile == read_json_ld(outputs, "events/burger-centraal/index.html")["name"]
    assert b"</script><script>alert" not in outputs["events/burger-centraal/index.html"]


SOCIAL_IMAGES = {
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
def test_a_link_preview_has_an_image_with_size_and_text_alternative(programme, releases, page, picture, alt):
    data = read_meta(rendered(programme, releases, social_images=SOCIAL_IMAGES), f"{page}index.html")

    assert f"{HOME}{picture}" == data["og:image"]
    assert ("1200", "630", alt) == (data["og:image:width"], data["og:image:height"], data["og:image:alt"])


def test_the_link_preview_of_a_story_has_its_own_picture(programme, releases):
    pictures = {"magazine/images/tafel.jpg": "pictures/tafel-0e.jpg"}

    data = read_meta(
        rendered(programme, releases, social_images=SOCIAL_IMAGES, pictures=pictures), "stories/vooraf/index.html"
    )

    assert (f"{HOME}pictures/tafel-0e.jpg", "Zes mensen rond een tafel vol papier") == (
        data["og:image"],
        data["og:image:alt"],
    )
    assert "og:image:width" not in data  # its size is unknown


def test_the_link_preview_of_an_episode_has_its_audio(outputs):
    episode = read_meta(outputs, "episodes/01-burger-centraal/index.html")

    assert f"{HOME}audio/01-burger-centraal-0123abcd.mp3" == episode["og:audio"]
    assert "nl_NL" == episode["og:locale"]


def test_the_sitemap_lists_every_page_except_404_and_the_draft(outputs):
    listed = lxml.etree.fromstring(outputs["sitemap.xml"]).xpath("//*[local-name()='loc']/text()")
    pages = {f"{HOME}{path.removesuffix('index.html')}" for path in outputs if path.endswith("index.html")}

    players = {
        page for page in pages if page.startswith(f"{HOME}embed/")
    }  # search engines list the page of the episode
    assert len(players) > 1
    assert pages - players - {f"{HOME}toegankelijkheid/"} == set(listed)
    assert f"Sitemap: {HOME}sitemap.xml\n" in outputs["robots.txt"].decode()


def test_the_accessibility_statement_is_a_draft_without_claims_that_counts_transcripts(programme, releases):
    silent = [*releases[:2], replace(releases[2], transcript=())]
    document = lxml.html.fromstring(rendered(programme, silent)["toegankelijkheid/index.html"].decode())
    text = " ".join(document.text_content().split())

    assert "Concept. Overheid van Nu heeft deze verklaring nog niet vastgesteld." in text
    assert "2 van 3 afleveringen hebben een transcript" in text
    assert ["noindex"] == document.xpath("//meta[@name='robots']/@content")
    assert ["Nog niet vastgesteld"] == [fact.text for fact in document.xpath("//dl[@class='facts']/dd")[-1:]]
    assert not re.search(r"(site|het|zij) voldoet", text.replace("waaraan zij voldoet", ""))
    assert "Al bekend: 1 aflevering heeft geen transcript" in text


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


def test_the_accessibility_statement_has_the_sections_of_the_legal_model_in_order(outputs):
    document = lxml.html.fromstring(outputs["toegankelijkheid/index.html"].decode())
    deviation = [field.text for field in document.xpath("//*[@aria-labelledby='deviations-heading']//li")]

    assert [*PARTS] == [head.text for head in document.xpath("//main//h2")]
    assert ["Beschrijving", "Oorzaak", "Gevolg voor mensen met een beperking", "Alternatief"] == deviation[:4]
    assert "Nationale ombudsman" in document.xpath("string(//*[@aria-labelledby='complaint-heading'])")


def test_an_open_programme_has_no_accessibility_statement(programme, releases):
    outputs = rendered(replace(programme, profile="open"), releases)

    assert "toegankelijkheid/index.html" not in outputs
    assert b"toegankelijkheid" not in outputs["index.html"]


def test_the_subscribe_page_has_the_feed_address_and_a_qr_code_with_its_text(outputs):
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
    assert "en_GB" == read_meta(outputs, f"{english}.html")["og:locale"]
    assert not re.search(
        r"\b(Luister|Bijeenkomst|Verhalen|Hoofdstukken|Speel|Pauzeer|Tempo|Zoek|Wanneer|Waar|Volg|Toegankelijkheid|Gasten|het|van de|naar)\b",
        interface,
    ), interface
    assert b"This is a podcast feed" in outputs["assets/feed.css"]
