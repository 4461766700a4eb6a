"""Newsletters: HTML and text say the same, mail programs can show the HTML, and the same content gives the same bytes."""

import email
import re
from dataclasses import replace
from datetime import UTC, datetime
from email import policy

import pytest
from lxml import etree, html

from pipeline.builder.newsletters import filter_sent
from pipeline.content import load_files, load_programme
from pipeline.content.editorial_warnings import find_editorial_warnings
from pipeline.errors import ContentError
from pipeline.mailings.letters import LetterContext
from pipeline.mailings.newsletters import render_letter
from pipeline.mailings.plain_text import convert_html
from pipeline.model import NewsletterSettings, Placeholders
from pipeline.site import SiteContext, render_site
from pipeline.typesetting import Theme
from tests.mailings.newsletter_programme import NEWSLETTER, PROGRAMME, write_programme
from tests.site import sample


@pytest.fixture(scope="module", name="programme")
def _programme(tmp_path_factory):
    return load_programme(write_programme(tmp_path_factory.mktemp("newsletter")))


def render(programme):
    names = ("tafel", "logo")
    context = LetterContext(
        programme=programme,
        pictures={f"magazine/images/{name}.png": f"pictures/{name}.png" for name in names},
        sizes={"pictures/logo.png": (300, 120)},
    )
    (letter,) = context.build_letters()
    return {
        one.path.rpartition(".")[2]: one.content
        for one in render_letter(letter, programme, theme=Theme(folder="mailings"))
    }


@pytest.fixture(scope="module", name="files")
def _files(programme):
    return render(programme)


def read_words(text):
    return re.findall(r"[^\W_]+", text)


def read_visible_words(page):
    body = html.fromstring(page).find("body")
    for hidden in body.xpath(".//*[contains(@style, 'display:none')] | .//comment()"):
        hidden.drop_tree()
    return read_words(" ".join(body.itertext()))


def test_logo_of_a_partner_is_small_and_its_name_is_in_the_text(files):
    (logo,) = [
        one for one in html.fromstring(files["html"]).iter("img") if one.get("src").endswith("/pictures/logo.png")
    ]

    assert ("", "100", "40") == (logo.get("alt"), logo.get("width"), logo.get("height"))
    assert "opdrachtgever: Gemeente Overal" in files["txt"].decode()


def remove_addresses(text):
    return re.sub(r"https://[^\s)]+|\{\{ \w+ \}\}", "", text)


def test_text_has_the_same_words_in_the_same_order_as_the_html(files):
    words = read_visible_words(files["html"])

    assert {"Beste", "verordening", "EMMA", "opdrachtgever", "Nieuwsbrief", "tweede"} <= set(words)
    assert read_words(remove_addresses(files["txt"].decode())) == words


def test_text_has_every_address_of_the_html(files):
    addresses = {link.get("href") for link in html.fromstring(files["html"]).iter("a")}

    assert "https://wetten.overheid.nl/?a=1&b=2" in addresses
    assert "https://example.org/doen/stories/opname/" in addresses
    assert [] == [address for address in addresses if address not in files["txt"].decode()]


def test_lines_of_the_text_fit_every_mail_program(files):
    lines = files["txt"].decode().splitlines()

    assert [] == [line for line in lines if len(line) > 72 and "://" not in line]


def test_mail_is_a_draft_with_both_versions(files):
    mail = email.message_from_bytes(files["eml"], policy=policy.default)

    assert "De opname staat online: luister & lees" == mail["Subject"]
    assert "Fri, 21 Jun 2024 09:00:00 +0200" == mail["Date"]
    assert ("1", "multipart/alternative") == (mail["X-Unsent"], mail.get_content_type())
    assert files["html"].decode().splitlines() == mail.get_body(("html",)).get_content().splitlines()
    assert files["txt"].decode().splitlines() == mail.get_body(("plain",)).get_content().splitlines()
    assert max(map(len, files["eml"].splitlines())) < 998  # RFC 5322, 2.1.1


def test_same_content_gives_the_same_bytes_and_other_content_another_id(programme, files):
    assert files == render(programme)
    other = replace(programme, newsletters=(replace(programme.newsletters[0], subject="Iets anders"),))
    ids = {email.message_from_bytes(one)["Message-ID"] for one in (files["eml"], render(other)["eml"])}
    assert 2 == len(ids)


# Rules of mail programs; source: caniemail.com and the limits of Gmail and Outlook for Windows.
CLIENT_RULES = [
    ("no script, form, frame or svg", "//script | //form | //iframe | //svg | //object | //video | //audio", 0),
    ("no external style sheet", "//link[@rel='stylesheet']", 0),
    ("no image without text alternative", "//img[not(@alt)]", 0),
    ("no image without width, which Outlook needs", "//img[not(@width)]", 0),
    ("no image wider than the mail", "//img[number(@width) > 600]", 0),
    ("no table for layout that is read as a table", "//table[not(@role='presentation')]", 0),
    ("no link without address", "//a[not(@href)]", 0),
    ("no background image", "//*[@background] | //*[contains(@style, 'background-image')]", 0),
    (
        "no position or float, which Outlook ignores",
        "//*[contains(@style, 'position:') or contains(@style, 'float:')]",
        0,
    ),
    ("one main heading", "//h1", 1),
    ("a language", "//html[@lang='nl']", 1),
    ("a title", "//title[normalize-space()]", 1),
    ("dark mode is declared", "//meta[@name='color-scheme' and @content='light dark']", 1),
]


@pytest.mark.parametrize(("path", "count"), [rule[1:] for rule in CLIENT_RULES], ids=[rule[0] for rule in CLIENT_RULES])
def test_html_keeps_the_rules_of_mail_programs(files, path, count):
    assert count == len(html.fromstring(files["html"]).xpath(path))


def test_html_loads_nothing_but_pictures_and_is_small(files):
    page = files["html"].decode()

    assert "pictures/tafel.png" in page
    assert [] == re.findall(r"@import|url\(|@font-face", page)
    assert len(files["html"]) < 100_000
    assert 'width="600"' in page  # the table for Outlook


def find_luminance(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_text_in_dark_mode_has_contrast(files):
    style = files["html"].decode().split("prefers-color-scheme: dark")[1].partition("</style>")[0]
    paper = find_luminance(re.search(r"background-color: (#\w{6})", style)[1])
    texts = [one for rule, one in re.findall(r"([^{}]*)\{[^}]*?(?<!-)color: (#\w{6})", style) if "button" not in rule]

    assert len(texts) > 7
    for colour in texts:
        lighter, darker = sorted((find_luminance(colour), paper), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, colour


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("listmonk", {"{{ UnsubscribeURL }}", "{{ ManageURL }}", "{{ MessageURL }}"}),
        ("mailchimp", {"*|UNSUB|*", "*|UPDATE_PROFILE|*", "*|ARCHIVE|*"}),
        ("spotler", {"[afmelden]", "https://example.org/doen/newsletters/2024-06/"}),
        ("none", {"https://example.org/doen/newsletters/2024-06/"}),
    ],
)
def test_links_of_the_mail_service_are_its_placeholders(programme, service, expected):
    own = Placeholders(unsubscribe="[afmelden]") if service == "spotler" else Placeholders()
    files = render(replace(programme, newsletter=NewsletterSettings(service=service, placeholders=own)))

    links = {link.get("href") for link in html.fromstring(files["html"]).iter("a")}
    assert expected <= links
    assert all(one in files["txt"].decode() for one in expected)


def test_events_for_participants_are_not_announced(files):
    assert b"De tweede dag" in files["html"]
    assert b"Besloten" not in files["html"]


def test_full_or_closed_registration_has_no_link(programme):
    (letter,) = LetterContext(programme=programme).build_letters()
    event = next(one for one in letter.sections if one.kind == "event")
    assert "Meld je aan voor “De tweede dag”" == event.link
    full = programme.events[1]
    full = replace(full, registration=replace(full.registration, full=True))
    (letter,) = LetterContext(programme=replace(programme, events=(programme.events[0], full))).build_letters()
    assert "" == next(one for one in letter.sections if one.kind == "event").link


# The site


def render_public(programme):
    site = SiteContext(
        programme=programme,
        releases=(),
        theme=sample.THEME,
        now=sample.NOW,
        cover="",
        letters=LetterContext(programme=programme).build_letters(),
    )
    return {one.path: one.content for one in render_site(site)}


def test_web_version_says_what_the_mail_says(programme, files):
    page = html.fromstring(render_public(programme)["public/newsletters/2024-06/index.html"])
    hidden, *words = read_words(" ".join(page.xpath("//div[@class='letter']")[0].itertext()))

    mail = read_visible_words(files["html"])
    start = mail.index("Beste")
    assert ("Inleiding", "online") == (hidden, words[-1])
    assert words == mail[start : start + len(words)]


def test_web_version_hides_a_registration_that_is_closed(programme):
    event = programme.events[1]
    closed = event.registration.closes
    opened = closed.replace(year=2999)
    links = []
    for closes in (closed, opened):
        one = replace(event, registration=replace(event.registration, closes=closes))
        changed = replace(programme, events=(programme.events[0], one, *programme.events[2:]))
        page = html.fromstring(render_public(changed)["public/newsletters/2024-06/index.html"])
        (link,) = page.xpath("//p[@data-until]")
        links.append((link.text_content(), link.get("data-until"), link.get("hidden") is not None))

    text = "Meld je aan voor “De tweede dag”"
    assert [(text, closed.isoformat(), True), (text, opened.isoformat(), False)] == links


def test_archive_and_feed_list_the_newsletters(programme):
    public = render_public(programme)
    names = {"a": "http://www.w3.org/2005/Atom"}
    feed = etree.fromstring(public["public/newsletters/feed.xml"])

    assert b"De opname staat online" in public["public/newsletters/index.html"]
    assert ["https://example.org/doen/newsletters/2024-06/"] == feed.xpath("//a:entry/a:id/text()", namespaces=names)
    assert ["2024-06-21T00:00:00Z"] == feed.xpath("//a:entry/a:updated/text()", namespaces=names)
    (content,) = feed.xpath("//a:entry/a:content/text()", namespaces=names)
    links = {link.get("href") for link in html.fromstring(content).iter("a")}
    assert "https://example.org/doen/stories/opname/" in links
    assert {True} == {link.startswith("https://") for link in links}


def test_newsletter_is_public_from_its_day_in_the_time_zone_of_the_programme(programme):
    letters = LetterContext(programme=programme).build_letters()

    for hour, count in ((21, 0), (22, 1)):
        now = datetime(2024, 6, 20, hour, 30, tzinfo=UTC)  # 23.30 and 0.30 in Amsterdam
        assert count == len(filter_sent(letters, now, timezone="Europe/Amsterdam"))


def test_without_newsletters_there_is_no_archive(programme):
    public = render_public(replace(programme, newsletters=()))

    assert [] == [path for path in public if "newsletters" in path]
    assert b"newsletters/" not in public["public/index.html"]


# Checks of the content


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("story: opname", "story: opnam", "unknown-item"),
        ("episode: 01-begint", "episode: 02-eindigt", "unknown-item"),
        ("- event: tweede", "- event: derde", "unknown-event"),
        ("to: event:tweede", "to: event:derde", "unknown-event"),
        ("to: event:tweede", "to: http://example.org/", "wrong-value"),
        ("- event: tweede", "- event: besloten", "for-participants"),
        ("date: 2024-06-21", "date: 2024-06-19", "not-published"),
        ("- agenda", "- agend", "wrong-value"),
        ("- agenda", "- agenda: ja", "wrong-value"),
        ("Beste lezer,", "![Een tafel](../images/tafel.png)", "picture-in-newsletter"),
        ("../stories/opname.md", "../stories/niets.md", "unknown-text"),
    ],
)
def test_wrong_reference_is_one_error(tmp_path, old, new, code):
    assert old in NEWSLETTER
    write_programme(tmp_path, NEWSLETTER.replace(old, new))

    with pytest.raises(ContentError) as caught:
        load_files(tmp_path)

    assert [(code, "magazine/newsletters/2024-06.md")] == [(one.code, one.location.file) for one in caught.value.errors]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("text: Bekijk de tweede dag", "text: Lees meer", "vague-link"),
        ("[verslag]", "[klik hier]", "vague-link"),
        ("[de wet]", "[lees hier verder]", "vague-link"),
        ("  - intro\n", "", "intro"),
        ("Beste lezer,", "Beste lezer, © 2022", "wrong-year"),
    ],
)
def test_editor_is_warned(tmp_path, old, new, code):
    assert [] == find_codes(write_programme(tmp_path / "good"))
    assert [code] == find_codes(write_programme(tmp_path / "bad", NEWSLETTER.replace(old, new)))


def test_service_without_known_placeholders_needs_them(tmp_path):
    spotler = PROGRAMME.replace("service: listmonk", "service: spotler")

    assert ["no-unsubscribe"] == find_codes(write_programme(tmp_path / "bad", programme=spotler))
    own = spotler.replace("service: spotler", "service: spotler, placeholders: {unsubscribe: '[x]'}")
    assert [] == find_codes(write_programme(tmp_path / "good", programme=own))


def find_codes(root):
    return [one.code for one in find_editorial_warnings(load_files(root))]


# Text


def test_text_of_markup_keeps_paragraphs_lists_and_addresses():
    page = '<p>Een <em>twee</em>\ndrie</p>\n<ul>\n<li>vier</li>\n<li>vijf <a href="https://a.nl/">zes</a></li>\n</ul><p>a &amp; b</p>'

    assert "Een twee drie\n\n- vier\n- vijf zes (https://a.nl/)\n\na & b" == convert_html(page)
