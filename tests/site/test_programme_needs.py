"""What an organiser tells about a programme and its events stands on the pages, each fact at its place."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from lxml import html

from pipeline.model import Deadline, Link, Partner, Picture, Registration
from pipeline.site import SiteContext, render_site
from pipeline.site.calendar import build_calendar
from tests.site.sample import COVER, NOW, THEME

PICTURES = {"magazine/images/logo.png": "pictures/logo-1.png", "magazine/images/zaal.jpg": "pictures/zaal-2.jpg"}


def render_page(programme, path):
    site = SiteContext(programme=programme, releases=(), theme=THEME, now=NOW, cover=COVER, pictures=PICTURES)
    (page,) = [output.content for output in render_site(site) if output.path == f"public/{path}"]
    return html.document_fromstring(page.decode("utf-8"))


def change_first_event(programme, **changes):
    first, *others = programme.events
    return replace(programme, events=(replace(first, **changes), *others))


def read_text(element):
    return " ".join(element.text_content().replace("\xad", "").split())


def test_the_home_page_has_the_logo_and_role_of_a_partner_and_the_links(programme):
    changed = replace(
        programme,
        audience="Ambtenaren die twijfelen",
        partners=(
            Partner(name="Een fonds", role="geldgever", logo="magazine/images/logo.png", url="https://fonds.example/"),
        ),
        links=(Link(title="Het netwerk op LinkedIn", url="https://www.linkedin.com/"),),
        related=(Link(title="Een ander programma", url="https://ander.example/"),),
    )

    about = render_page(changed, "index.html").get_element_by_id("about")
    (partner,) = about.find_class("partners")[0]

    assert "Voor wie" in read_text(about)
    assert "Ambtenaren die twijfelen" in read_text(about)
    assert ("Een fonds geldgever", "https://fonds.example/") == (read_text(partner), partner.find("a").get("href"))
    assert [("pictures/logo-1.png", "")] == [(one.get("src"), one.get("alt")) for one in partner.iter("img")]
    lists = {
        read_text(one.find("h3")): [link.get("href") for link in one.iter("a")] for one in about.xpath(".//div[h3]")
    }
    assert ["https://www.linkedin.com/"] == lists["Elders"]
    assert ["https://ander.example/"] == lists["Verwante programma’s"]


def test_an_event_has_its_own_text_and_a_banner_with_its_credit(programme):
    picture = Picture(file="magazine/images/zaal.jpg", alt="Een volle zaal.", credit="Anna de Wit")
    changed = change_first_event(programme, summary="Eén avond over vertrouwen.", picture=picture)

    page = render_page(changed, f"events/{programme.events[0].id}/index.html")
    (figure,) = page.find_class("lead-picture")

    assert ["Eén avond over vertrouwen."] == [read_text(one) for one in page.xpath("//header/div/p[@class='intro']")]
    assert ["Een volle zaal."] == figure.xpath("img/@alt")
    assert "Beeld: Anna de Wit" == read_text(figure.find("figcaption"))


def test_deadlines_stand_on_the_page_of_their_event_with_day_and_hour(programme):
    at = datetime(2020, 5, 28, 18, 0, tzinfo=ZoneInfo("Europe/Amsterdam"))
    changed = change_first_event(programme, deadlines=(Deadline(what="Ondersteuning", at=at),))

    page = render_page(changed, f"events/{programme.events[0].id}/index.html")

    (section,) = page.xpath("//section[@aria-labelledby='deadlines-heading']")
    assert ("Ondersteuning", "28 mei 2020, 18.00 uur") == (
        read_text(section.find(".//dt")),
        read_text(section.find(".//time")),
    )


@pytest.mark.parametrize(("free", "shown"), [(True, ["Gratis"]), (False, ["Deelname is niet gratis."])])
def test_registration_says_whether_taking_part_is_free(programme, free, shown):
    changed = change_first_event(programme, registration=Registration(url="https://example.org/aan", free=free))

    page = render_page(changed, f"events/{programme.events[0].id}/index.html")

    items = page.xpath("//section[@aria-labelledby='registration-heading']/ul/li")
    assert shown == [read_text(one) for one in items]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("news", "Nieuws"), ("background", "Achtergrond"), ("interview", "Interview"), ("essay", "Essay")],
)
def test_a_story_says_which_kind_it_is_and_of_which_day(programme, kind, name):
    story = replace(programme.stories[0], kind=kind, day=date(2019, 2, 14))

    page = render_page(replace(programme, stories=(story,)), f"stories/{story.slug}/index.html")

    assert f"{name} · donderdag 14 februari 2019" in read_text(page.find("body"))


def test_a_calendar_sets_no_alarms(programme):
    assert b"VALARM" not in build_calendar(programme, programme.events)
