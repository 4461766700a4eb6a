"""Pages, calendar entries and structured data of events: status, registration, deadlines, cases and briefings."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pipeline.model import AgendaItem, Case, Deadline, Partner, Registration, Venue
from pipeline.site import SiteContext, render_site
from pipeline.site.calendar import build_calendar
from pipeline.site.calendar_entry import hash_entry
from pipeline.site.json_ld import describe_event
from pipeline.typesetting.translations import format_deadline
from tests.site.sample import COVER, NOW, THEME

ZONE = ZoneInfo("Europe/Amsterdam")


def rendered(programme, releases, *, now=NOW):
    site = SiteContext(programme=programme, releases=releases, theme=THEME, now=now, cover=COVER)
    return {output.path: output.content.decode("utf-8", "replace") for output in render_site(site)}


def read_entries(calendar):
    """The properties of each VEVENT of a calendar file, from its raw lines."""
    lines = calendar.decode().replace("\r\n ", "").split("\r\n")
    entries = []
    for line in lines:
        if line == "BEGIN:VEVENT":
            entries.append({})
        elif entries and ":" in line:
            name, _, value = line.partition(":")
            entries[-1].setdefault(name.partition(";")[0], value)
    return entries


def change_first_event(programme, **changes):
    first, *others = programme.events
    return replace(programme, events=(replace(first, **changes), *others))


HOME = "public/index.html"


def render_event(programme, releases, *, now=NOW, **changes):
    changed = change_first_event(programme, **changes)
    return rendered(changed, releases, now=now)[f"public/events/{programme.events[0].id}/index.html"]


def read_visible_text(html):
    """The text of a page without scripts and without elements that are hidden."""
    body = re.sub(r"<script.*?</script>", "", html[html.index("<main") :], flags=re.DOTALL)
    body = re.sub(r"<(p|li|span|section)\b[^>]* hidden[^>]*>.*?</\1>", "", body, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("\u00a0", " ").split())


def test_a_page_says_that_its_event_is_over_after_its_end(programme, releases):
    ends = programme.events[0].ends

    before = read_visible_text(render_event(programme, releases, now=ends - timedelta(minutes=1)))
    after = read_visible_text(render_event(programme, releases, now=ends))

    assert "Deze bijeenkomst is geweest." not in before
    assert "Deze bijeenkomst is geweest." in after


def test_a_reader_is_told_that_an_event_is_over_without_a_new_build(programme, releases):
    ends = programme.events[0].ends

    html = render_event(programme, releases, now=ends - timedelta(days=1))

    assert re.search(rf'<p class="notice" data-from="{re.escape(ends.isoformat())}" hidden>', html)


@pytest.mark.parametrize(
    ("status", "notice", "on_home"),
    [
        ("cancelled", "gaat niet door", "gaat niet door"),
        ("moved", "is verplaatst", "Nieuwe datum"),
        ("scheduled", None, None),
    ],
)
def test_pages_say_that_an_event_is_cancelled_or_moved(programme, releases, status, notice, on_home):
    before = programme.events[0].starts - timedelta(days=1)

    pages = rendered(change_first_event(programme, status=status), releases, now=before)
    text = read_visible_text(pages[f"public/events/{programme.events[0].id}/index.html"])
    home = read_visible_text(pages[HOME])

    assert [word for word in ("gaat niet door", "is verplaatst") if word in text] == ([notice] if notice else [])
    assert [word for word in ("gaat niet door", "Nieuwe datum") if word in home] == ([on_home] if on_home else [])


def test_the_home_page_offers_registration_while_it_is_open(programme, releases):
    closes = datetime(2024, 6, 10, 12, 0, tzinfo=ZONE)
    registration = Registration(url="https://example.org/meld-aan", closes=closes)
    changed = change_first_event(programme, registration=registration, online="https://example.org/zaal")

    full = change_first_event(changed, registration=replace(registration, full=True))
    before = closes - timedelta(hours=1)

    opened, closed, taken = (
        read_visible_text(rendered(one, releases, now=now)[HOME])
        for one, now in ((changed, before), (changed, closes), (full, before))
    )

    assert "Meld je aan : Burger centraal" in opened
    assert "Meld je aan" not in closed + taken
    assert "Er zijn geen plaatsen meer." in taken
    assert f"{programme.events[0].venue.name}, {programme.events[0].venue.city}, online" in opened


def test_registration_is_offered_until_it_closes_or_is_full(programme, releases):
    closes = datetime(2024, 6, 10, 12, 0, tzinfo=ZONE)
    registration = Registration(url="https://example.org/meld-aan", closes=closes, places=50, note="Neem een case mee.")

    opened = render_event(programme, releases, registration=registration, now=closes - timedelta(hours=1))
    closed = render_event(programme, releases, registration=registration, now=closes)
    full = render_event(programme, releases, registration=replace(registration, full=True), now=closes - timedelta(1))

    assert 'href="https://example.org/meld-aan"' in opened
    assert "Tot 10 juni 2024, 12.00 uur" in read_visible_text(opened)
    assert "50 plaatsen" in read_visible_text(opened)
    assert "Neem een case mee." in read_visible_text(opened)
    assert "Meld je aan" not in read_visible_text(closed)
    assert "Aanmelden kan niet meer." in read_visible_text(closed)
    assert "https://example.org/meld-aan" not in full.split("</head>")[1]
    assert "Er zijn geen plaatsen meer." in read_visible_text(full)


def test_a_cancelled_event_takes_no_registrations(programme, releases):
    registration = Registration(url="https://example.org/meld-aan")

    html = render_event(programme, releases, registration=registration, status="cancelled")

    assert "https://example.org/meld-aan" not in html.split("</head>")[1]


def test_a_hybrid_event_shows_venue_and_address_to_follow_it(programme, releases):
    venue = Venue(name="EMMA", address="Wijnhaven 88", postcode="2511 GA", city="Den Haag")

    html = render_event(programme, releases, venue=venue, online="https://example.org/zaal")

    assert "EMMA Wijnhaven 88, 2511 GA Den Haag" in read_visible_text(html)
    assert 'href="https://example.org/zaal"' in html
    assert 'href="https://www.openstreetmap.org/search?query=Wijnhaven%2088%2C%202511%20GA%20Den%20Haag"' in html


def test_the_agenda_shows_end_times_and_who_takes_part(programme, releases):
    agenda = (AgendaItem(at="17:00", until="18:00", what="Opname", people=("Bram Proef",)),)

    text = read_visible_text(render_event(programme, releases, agenda=agenda))

    assert "17.00–18.00 Opname Bram Proef" in text


def test_midnight_is_the_end_of_the_day_before():
    assert format_deadline(datetime(2020, 5, 29, 0, 0, tzinfo=ZONE)) == "28 mei 2020, 24.00\u00a0uur".replace(
        "28 mei", "28\u00a0mei"
    )
    assert format_deadline(datetime(2020, 5, 28, 18, 0, tzinfo=ZONE), language="en").endswith("18:00")


def test_a_briefing_shows_the_approved_insights_of_an_earlier_event(programme, releases):
    first, second, *others = programme.events
    changed = replace(programme, events=(first, replace(second, briefing_from=first.id), *others))
    insight = next(one.insights[0] for one in changed.reflections if one.event == first.id and one.insights)

    html = rendered(changed, releases)[f"public/events/{second.id}/index.html"]

    assert insight in read_visible_text(html).replace("’", "'") or insight in read_visible_text(html)
    assert f'href="../{first.id}/index.html#reflections"' in html


def test_a_case_has_a_page_with_its_questions_and_the_reflections_about_it(programme, releases):
    case = Case(
        slug="stoep",
        event=programme.events[0].id,
        title="De stoep",
        questions=("Wie ruimt op?",),
        text_md="Eén *stoep*.",
    )
    about = next(one for one in programme.reflections if one.event == case.event)
    changed = replace(
        change_first_event(programme, cases=(case,)),
        reflections=tuple(replace(one, case="stoep") if one is about else one for one in programme.reflections),
    )

    outputs = rendered(changed, releases)
    text = read_visible_text(outputs[f"public/cases/{case.event}/stoep/index.html"])

    assert "De stoep" in read_visible_text(outputs["public/cases/index.html"])
    assert "Wie ruimt op?" in text
    assert "<em>stoep</em>" in outputs[f"public/cases/{case.event}/stoep/index.html"]
    assert about.group in text


def test_what_the_programme_is_has_a_page_that_the_home_page_links_to(programme, releases):
    changed = replace(
        programme,
        about_md="Vier *avonden*.",
        audience="Ambtenaren",
        partners=(Partner(name="Een fonds", role="geldgever"),),
    )

    outputs = rendered(changed, releases)

    assert "<em>avonden</em>" in outputs["public/over/index.html"]
    assert 'href="over/index.html"' in outputs["public/index.html"]
    assert "Een fonds geldgever" in read_visible_text(outputs["public/index.html"])


def test_a_calendar_marks_a_cancelled_event_and_holds_its_deadlines(programme):
    deadlines = (Deadline(what="Reacties", at=datetime(2024, 6, 15, 0, 0, tzinfo=ZONE)),)
    changed = change_first_event(programme, status="cancelled", deadlines=deadlines)

    event, deadline = read_entries(build_calendar(changed, changed.events[:1]))

    assert event["STATUS"] == "CANCELLED"
    assert deadline["SUMMARY"] == f"{changed.events[0].title}: Reacties"
    assert deadline["DTSTART"] == "20240614T235900"
    assert deadline["UID"] != event["UID"]


def test_a_cancelled_event_raises_the_sequence_of_a_published_entry(programme):
    announced = (hash_entry(programme.events[0], programme),)
    changed = change_first_event(programme, status="cancelled", announced=announced)

    (entry,) = read_entries(build_calendar(changed, changed.events[:1]))

    assert entry["SEQUENCE"] == "1"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"status": "cancelled"}, {"eventStatus": "https://schema.org/EventCancelled"}),
        ({"status": "moved"}, {"eventStatus": "https://schema.org/EventRescheduled"}),
        (
            {"online": "https://example.org/zaal"},
            {"eventAttendanceMode": "https://schema.org/MixedEventAttendanceMode"},
        ),
        ({"summary": "Eén avond."}, {"description": "Eén avond."}),
        ({"registration": Registration(places=50)}, {"maximumAttendeeCapacity": 50, "isAccessibleForFree": True}),
    ],
)
def test_structured_data_say_status_place_and_registration(programme, changes, expected):
    changed = change_first_event(programme, **changes)

    data = describe_event(changed, changed.events[0])

    assert expected.items() <= data.items()


def test_a_full_event_is_sold_out_in_structured_data(programme):
    registration = Registration(url="https://example.org/meld-aan", full=True)
    changed = change_first_event(programme, registration=registration)

    data = json.loads(json.dumps(describe_event(changed, changed.events[0])))

    assert data["offers"] == {
        "@type": "Offer", "url": "https://example.org/meld-aan", "price": "0", "priceCurrency": "EUR",
        "availability": "https://schema.org/SoldOut",
    }  # fmt: skip


def test_a_recording_is_announced_until_the_event_is_over(programme, releases):
    starts = programme.events[0].starts

    before = read_visible_text(render_event(programme, releases, recorded=True, now=starts))
    after = read_visible_text(render_event(programme, releases, recorded=True, now=starts + timedelta(days=1)))

    assert "maken we een opname voor de podcast" in before
    assert "maken we een opname voor de podcast" not in after


def test_an_event_for_participants_is_on_no_public_page(programme, releases):
    first, second, *others = programme.events
    hidden = replace(first, visibility="participants", title="zz-verborgen", summary="zz-verborgen")
    changed = replace(
        programme,
        events=(hidden, replace(second, briefing_from=first.id), *others),
        reflections=tuple(
            replace(one, group="zz-verborgen") if one.event == first.id else one for one in programme.reflections
        ),
        stories=tuple(
            replace(one, intro="zz-verborgen") if one.event == first.id else one for one in programme.stories
        ),
    )

    public = changed.select_public()
    episodes = {episode.slug: episode for episode in public.episodes}
    outputs = rendered(public, [replace(one, episode=episodes[one.episode.slug]) for one in releases])

    assert "zz-verborgen" in "".join(rendered(changed, releases).values())
    assert "zz-verborgen" not in "".join(outputs.values())
    assert f"public/events/{first.id}/index.html" not in outputs
    assert f"public/events/{first.id}.ics" not in outputs
