"""The pages as files: which exist, where they link to, what they contain and never contain."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote

import lxml.html
import pytest
from markupsafe import Markup, escape

from pipeline import urls
from pipeline.graphics.palette import EVENT_COLOURS
from pipeline.model import Article, Case, Chapter, Cue, Cut, Guest, Moment, Person, Quote, Story
from pipeline.model.podcast import Funding, License, PodcastApps
from pipeline.site import SiteContext, render_site
from pipeline.site.inline_images import split_at_images
from pipeline.typesetting import render_markdown
from tests.site.sample import COVER, NOW, THEME, release
from tests.site.sample import programme as sample_programme

PICTURES = {"magazine/images/tafel.jpg": "magazine/images/tafel.jpg"}


def rendered(programme, releases, **changes):
    options = {"theme": THEME, "now": NOW, "cover": COVER, "pictures": PICTURES} | changes
    return {
        output.path: output.content
        for output in render_site(SiteContext(programme=programme, releases=releases, **options))
    }


def page(outputs, path):
    return lxml.html.fromstring(outputs[f"public/{path}index.html"].decode())


def get_text(element):
    return " ".join(element.text_content().split())


def list_other_files(releases):
    """Files of other packages under ``public/`` that pages may refer to."""
    yield from [
        "public/feed.xml",
        f"public/{COVER}",
        "public/magazine/index.html",
        "public/magazine/magazine.epub",
        "public/magazine/magazine.pdf",
        "public/magazine/images/tafel.jpg",
    ]
    for each in releases:
        slug = each.episode.slug
        yield from [f"public/{enclosure.path}" for enclosure in each.enclosures]
        yield from [f"public/{urls.transcript(slug, form)}" for form in ("vtt", "srt", "json")]
        yield f"public/{each.cover}"


def test_the_site_has_all_its_pages_and_files(programme, releases):
    outputs = rendered(programme, releases)

    pages = {path.removeprefix("public/") for path in outputs if path.endswith(".html")}
    others = {path.removeprefix("public/") for path in outputs if not path.endswith((".html", ".woff2"))}
    assets = {path.removeprefix("assets/") for path in others if path.startswith("assets/")}

    assert pages == {
        "404.html",
        "cases/index.html",
        *(f"cases/{event.id}/verordening/index.html" for event in programme.events),
        "index.html",
        "episodes/01-burger-centraal/index.html",
        "episodes/02-welvarende-regio/index.html",
        "episodes/03-uitvoering/index.html",
        "events/burger-centraal/index.html",
        "events/interbestuurlijk/index.html",
        "events/uitvoering/index.html",
        "events/welvarende-regio/index.html",
        "stories/nawoord/index.html",
        "stories/vooraf/index.html",
        "toegankelijkheid/index.html",
        "volgen/index.html",
        "zoeken/index.html",
        *(f"embed/{one.episode.slug}/index.html" for one in releases[:3]),
    }
    assert assets == {"embed.css", "feed.css", "icon.svg", "player.js", "search.js", "site.css", "site.js", "touch.png"}
    assert {path for path in others if not path.startswith(("assets/", "search-index/"))} == {
        "events/burger-centraal.ics",
        "events/interbestuurlijk.ics",
        "events/uitvoering.ics",
        "events/welvarende-regio.ics",
        "favicon.ico",
        "programme.ics",
        "robots.txt",
        "sitemap.xml",
        *(f"embed/{one.episode.slug}/oembed.json" for one in releases[:3]),
    }


def test_the_published_fonts_are_those_of_the_style_sheet(programme, releases):
    outputs = rendered(programme, releases)

    named = set(re.findall(r'url\("fonts/([^"]+)"\)', outputs["public/assets/site.css"].decode()))

    assert named
    assert named == {path.removeprefix("public/assets/fonts/") for path in outputs if path.endswith(".woff2")}


def test_every_link_target_is_published(programme, releases):
    outputs = rendered(programme, releases)
    there = {*outputs, *list_other_files(releases)}

    broken = [
        (name, link)
        for name in sorted(outputs)
        if name.endswith(".html")
        for link in _links(outputs, name)
        if not _leads(name, link, outputs, there)
    ]

    assert broken == []


def _links(outputs, name):
    document = lxml.html.fromstring(outputs[name].decode())
    return [link for _, attribute, link, _ in document.iterlinks() if attribute in ("href", "src")]


def _leads(name, link, outputs, there):
    link = re.sub(r"^(overcast|https://antennapod\.org).*?\?url=", "", unquote(link) if "?url=" in link else link)
    for base in ("podcast://", "pktc://subscribe/", "https://"):
        link = re.sub(rf"^{base}example\.org/ambtenaar-van-nu/", "/", link)
    if link.startswith(("https://example.org/", "https://www.openstreetmap.org/", "data:")):
        return True  # out of the site
    path, _, fragment = link.partition("#")
    start = "public" if path.startswith("/") else dirname(name)
    target = normpath(join(start, unquote(path.lstrip("/")))) if path else name
    if path == "/" or path.endswith("/"):
        target = normpath(f"{target}/index.html")
    ids = lxml.html.fromstring(outputs[target].decode()).xpath("//@id") if fragment else []
    return target in there and (not fragment or fragment in ids)


def test_internal_links_are_relative(programme, releases):
    outputs = rendered(programme, releases)

    full = {
        link
        for name in outputs
        if name.endswith("index.html") and not name.startswith("public/embed/")  # shown in pages of other sites
        for link in lxml.html.fromstring(outputs[name].decode()).xpath("//body//@href | //body//@src")
        if link.startswith("/") or "ambtenaar-van-nu" in link
    }

    feed = "example.org/ambtenaar-van-nu/feed.xml"
    coded = "https%3A%2F%2Fexample.org%2Fambtenaar-van-nu%2Ffeed.xml"
    assert full == {  # what opens an app must say where the feed is
        f"podcast://{feed}",
        f"pktc://subscribe/{feed}",
        f"overcast://x-callback-url/add?url={coded}",
        f"https://antennapod.org/deeplink/subscribe?url={coded}",
    }


def test_a_held_back_episode_appears_nowhere(programme, releases):
    marked = release(4)
    marked = replace(
        marked,
        episode=replace(
            marked.episode,
            slug="zz-planted",
            guid="zz-planted",
            title="zz-planted",
            summary="zz-planted",
            notes_md="zz-planted",
            people=(Person(name="zz-planted"),),
        ),
        chapters=(Chapter(start_ms=0, title="zz-planted"),),
        transcript=(Cue(start_ms=0, end_ms=1, speaker="zz-planted", text="zz-planted"),),
        cover="episodes/zz-planted/cover.jpg",
    )
    leaning = replace(programme.reflections[0], moment=Moment(episode="zz-planted", start_ms=0))
    changed = replace(programme, episodes=(*programme.episodes[:3], marked.episode), reflections=(leaning,))

    outputs = rendered(changed, (*releases[:3], marked))

    assert [path for path, content in outputs.items() if b"zz-planted" in content or "zz-planted" in path] == []
    assert "17 december 2024" in get_text(page(outputs, "events/interbestuurlijk/"))


def test_before_the_first_episode_no_page_refers_to_a_feed_or_cover(programme, releases):
    outputs = rendered(programme, releases, now=releases[0].episode.published - timedelta(seconds=1))

    assert [] == [
        name
        for name, content in outputs.items()
        if name.endswith(".html") and (b"feed.xml" in content or COVER.encode() in content)
    ]
    assert page(outputs, "").xpath("//*[@id='listen']") == []


def test_an_episode_appears_exactly_at_its_publication_time(programme, releases):
    hour = releases[3].episode.published

    before = rendered(programme, releases, now=hour - timedelta(seconds=1))
    after = rendered(programme, releases, now=hour)

    files = ("episodes/04-interbestuurlijk/index.html", "embed/04-interbestuurlijk/index.html")
    assert {f"public/{file}" for file in files} | {"public/embed/04-interbestuurlijk/oembed.json"} == set(after) - set(
        before
    )


def test_an_event_with_an_overdue_episode_announces_no_date(programme):
    outputs = rendered(programme, ())

    assert page(outputs, "events/burger-centraal/").xpath("//*[@class='expected']") == []
    assert page(outputs, "").xpath("//svg | //audio") == []


HOSTILE = "<script>alert(1)</script>\"' onload=x {{ 7*7 }} &amp; <img src=x onerror=y>"


def hostile_programme():
    plain = sample_programme()
    first = plain.events[0]
    return replace(
        plain,
        title=HOSTILE,
        subtitle=HOSTILE,
        organiser=HOSTILE,
        events=(
            replace(
                first, title=HOSTILE, theme=HOSTILE, venue=None, online="javascript:alert(1)",
                guests=(Guest(name=HOSTILE, role=HOSTILE, organisation=HOSTILE),), cases=(Case(slug="zaak", event=first.id, title=HOSTILE, summary=HOSTILE),),
            ),
            *plain.events[1:],
        ),
        reflections=(replace(plain.reflections[0], group=HOSTILE, question=HOSTILE, insights=(HOSTILE,), quotes=(Quote(text=HOSTILE, by=HOSTILE),), text_md=HOSTILE),),
        stories=tuple(replace(story, title=HOSTILE, intro=HOSTILE, by=HOSTILE, pulls=(HOSTILE,), text_md=HOSTILE + "\n\n[x](javascript:alert(1))") for story in plain.stories),
    )  # fmt: skip


def hostile_release():
    plain = release(1)
    return replace(
        plain,
        episode=replace(
            plain.episode,
            title=HOSTILE,
            summary=HOSTILE,
            notes_md=HOSTILE,
            people=(Person(name=HOSTILE, role=HOSTILE),),
        ),
        chapters=(Chapter(start_ms=0, title=HOSTILE),),
        transcript=(Cue(start_ms=0, end_ms=900, speaker=HOSTILE, text=HOSTILE),),
    )


def test_all_texts_are_escaped():
    outputs = rendered(hostile_programme(), (hostile_release(),))

    for name in [name for name in outputs if name.endswith(".html")]:
        document = lxml.html.fromstring(outputs[name].decode())
        scripts = document.xpath("//script[not(@type = 'application/ld+json')]/@src")
        assert {script.rpartition("assets/")[2] for script in scripts} <= {"site.js", "player.js", "search.js"}, name
        assert document.xpath("//script[not(@src) and not(@type = 'application/ld+json')]") == [], name
        assert document.xpath("//*[@onerror or @onload or @style]") == [], name
        assert [link for link in document.xpath("//@href") if link.startswith("javascript:")] == [], name
        assert document.xpath("//img[not(contains(@src, '.jpg'))]") == [], name
        assert b"49" not in re.findall(rb"onload=x (\S+)", outputs[name])
    heads = page(outputs, "episodes/01-burger-centraal/").xpath("//h1")
    assert [" ".join(HOSTILE.split())[:25]] == [get_text(head)[:25] for head in heads]
    assert str(escape("<script>")).encode() in outputs["public/index.html"]


@pytest.mark.parametrize("kind", ["", "episodes/01-burger-centraal/", "events/burger-centraal/", "stories/vooraf/"])
def test_every_page_has_a_language_a_skip_link_one_h1_and_landmarks(programme, releases, kind):
    document = page(rendered(programme, releases), kind)

    assert document.get("lang") == "nl"
    assert document.xpath("//body/*[1][self::a]/@href") == ["#main"]
    assert [1, 1, 1, 1] == [len(document.xpath(f"//{tag}")) for tag in ("h1", "main", "body/header", "body/footer")]
    assert len(document.xpath("//link[@rel='alternate'][@type='application/rss+xml']")) == 1
    levels = [int(head.tag[1]) for head in document.xpath("//h1 | //h2 | //h3 | //h4")]
    assert [] == [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1]


def test_an_episode_page_has_the_full_transcript_with_speakers_and_anchors(programme, releases):
    document = page(rendered(programme, releases), "episodes/01-burger-centraal/")

    lines = document.xpath("//*[@id='transcript']//span[@data-start]")
    cues = releases[0].transcript

    assert [cue.text for cue in cues] == [get_text(line) for line in lines]
    assert [cue.start_ms / 1000 for cue in cues] == [float(line.get("data-start")) for line in lines]
    assert {"Anna Voorbeeld", "Bram Proef", "Chris Schets"} == {
        get_text(name) for name in document.xpath("//*[@class='speaker']/b")
    }
    assert ["t=0", "t=1", "t=10", "t=19"] == document.xpath("//*[@id='transcript']//@id[starts-with(., 't=')]")[:4]


def test_ids_are_unique_on_every_page(programme, releases):
    outputs = rendered(programme, releases)

    for name in [name for name in outputs if name.endswith(".html")]:
        ids = lxml.html.fromstring(outputs[name].decode()).xpath("//@id")
        assert len(ids) == len(set(ids)), name


def test_chapter_links_work_without_a_transcript(programme, releases):
    silent = replace(releases[0], transcript=())

    document = page(rendered(programme, [silent]), "episodes/01-burger-centraal/")

    assert ["#t=0", "#t=41", "#t=190", "#t=420"] == document.xpath("//*[@class='chapters']//@href")
    assert ["t=0", "t=41", "t=190", "t=420"] == document.xpath("//*[@class='chapters']//@id")
    assert document.xpath("//*[@id='transcript'] | //a[contains(@href, 'transcript')]") == []


def test_downloads_have_format_and_size(programme, releases):
    document = page(rendered(programme, releases), "episodes/01-burger-centraal/")

    items = [get_text(item).replace("\u00a0", " ") for item in document.xpath("//*[@class='downloads']/li")]

    assert [("MP3", "38 MB"), ("M4A (AAC)", "30 MB"), ("Opus", "19 MB")] == [
        tuple(re.split(", | (?=[0-9])", line, maxsplit=2)[1:]) for line in items[:3]
    ]
    assert 6 == len(items)


def test_the_player_offers_every_enclosure_and_preloads_only_metadata(programme, releases):
    (audio,) = page(rendered(programme, releases), "episodes/01-burger-centraal/").xpath("//audio")

    assert ("metadata", None) == (audio.get("preload"), audio.get("autoplay"))
    assert ["audio/mpeg", "audio/mp4", "audio/ogg"] == audio.xpath(".//source/@type")


def test_a_moment_is_shifted_by_cuts_and_intro(programme):
    moved = replace(release(1), offset_ms=7000)
    moved = replace(moved, episode=replace(moved.episode, cuts=(Cut(from_ms=10_000, to_ms=12_000),)))

    document = page(rendered(programme, [moved]), "events/burger-centraal/")

    assert [
        "../../episodes/01-burger-centraal/index.html#t=46",
        "../../episodes/01-burger-centraal/index.html#t=195",
    ] == document.xpath("//*[@class='moment']/a/@href")


def test_a_picture_in_a_text_is_shown_if_published_else_replaced_by_its_text_alternative(programme):
    text = "Kijk: ![een vel vol pijlen](../images/vel.jpg) en ![een stift](../images/weg.jpg)."
    (story,) = (replace(each, text_md=text) for each in programme.stories if each.slug == "nawoord")

    outputs = rendered(
        replace(programme, stories=(story,)), (), pictures={"magazine/images/vel.jpg": "magazine/pictures/vel-1234.jpg"}
    )
    document = page(outputs, "stories/nawoord/")

    assert ["../../magazine/pictures/vel-1234.jpg"] == document.xpath("//main//img/@src")
    assert ["een vel vol pijlen"] == document.xpath("//main//img/@alt")
    assert "en een stift." in get_text(document.xpath("//*[@class='prose']")[0])


def test_a_figure_has_its_credit(programme):
    text = 'Kijk:\n\n![een vel](../images/vel.jpg "Vol pijlen. Beeld: Anna de Wit")\n\n![weg](../images/weg.jpg)'
    (story,) = (replace(each, text_md=text) for each in programme.stories if each.slug == "nawoord")

    outputs = rendered(
        replace(programme, stories=(story,)), (), pictures={"magazine/images/vel.jpg": "pictures/vel-1.jpg"}
    )
    document = page(outputs, "stories/nawoord/")

    (figure,) = document.xpath("//*[@class='prose']/figure")
    assert "Vol pijlen. Beeld: Anna de Wit" == get_text(figure.find("figcaption"))
    assert ["Kijk:", "weg"] == [get_text(one) for one in document.xpath("//*[@class='prose']/p")]


def test_pictures_have_width_and_height(programme):
    (story,) = (replace(each, text_md="![een vel](../images/vel.jpg)") for each in programme.stories if each.picture)
    pictures = {"magazine/images/tafel.jpg": "pictures/tafel-1.jpg", "magazine/images/vel.jpg": "pictures/vel-2.jpg"}
    sizes = {"pictures/tafel-1.jpg": (1500, 900), "pictures/vel-2.jpg": (600, 800)}

    outputs = rendered(replace(programme, stories=(story,)), (), pictures=pictures, sizes=sizes)
    document = page(outputs, f"stories/{story.slug}/")

    assert [("1500", "900", None), ("600", "800", "lazy")] == [
        (one.get("width"), one.get("height"), one.get("loading")) for one in document.xpath("//main//img")
    ]
    shared = {meta.get("property"): meta.get("content") for meta in document.xpath("//meta[@property]")}
    assert ("1500", "900") == (shared["og:image:width"], shared["og:image:height"])


def test_stories_are_in_the_order_of_the_magazine_then_the_others(programme):
    plan = tuple(Article(kind="article", ref=ref) for ref in ("vooraf", "nawoord"))
    more = (Story(slug="aan-zee", title="Aan zee"), *programme.stories)

    document = page(
        rendered(replace(programme, magazine=replace(programme.magazine, flatplan=plan), stories=more), ()), ""
    )

    assert ["vooraf", "nawoord", "aan-zee"] == [
        link.split("/")[1] for link in document.xpath("//*[@class='story-list']//a/@href")
    ]


def test_a_seventh_event_gets_the_first_colour_again(programme):
    seven = tuple(replace(programme.events[0], id=f"e{number}", number=number) for number in range(1, 8))

    document = page(rendered(replace(programme, events=seven, episodes=(), reflections=(), stories=()), ()), "")

    assert [f"event-item colour-{number}" for number in (1, 2, 3, 4, 5, 6, 1)] == document.xpath(
        "//li[contains(@class, 'event-item')]/@class"
    )


def test_a_programme_with_only_a_title_has_a_page(programme):
    bare = replace(
        programme, podcast=None, subtitle="", events=(), episodes=(), magazine=None, reflections=(), stories=()
    )

    outputs = rendered(bare, ())

    assert {"public/404.html", "public/index.html", "public/toegankelijkheid/index.html"} == {
        path for path in outputs if path.endswith(".html")
    }
    assert page(outputs, "").xpath("//section | //link[@rel='alternate']") == []


def test_a_trailer_without_an_event_is_on_the_home_page(programme, releases):
    trailer = replace(
        releases[0],
        episode=replace(releases[0].episode, slug="trailer", event="", kind="trailer", title="Zo klinkt het"),
    )

    outputs = rendered(programme, [trailer, *releases[:2]])

    assert "colour-0" in page(outputs, "episodes/trailer/").xpath("//main/@class")[0]
    assert "episodes/trailer/index.html" in page(outputs, "").xpath("//*[contains(@class, 'colour-0')]//@href")
    assert ["episodes/01-burger-centraal/index.html"] == page(outputs, "").xpath("//a[@class='accent']/@href")


def test_the_content_security_policy_allows_only_the_host_itself(programme, releases):
    outputs = rendered(programme, releases)

    for name in [name for name in outputs if name.endswith("index.html")]:
        (policy,) = lxml.html.fromstring(outputs[name].decode()).xpath(
            "//meta[@http-equiv='Content-Security-Policy']/@content"
        )
        assert {"'none'", "'self'"} == set(re.findall(r"'[^']+'", policy)), name
        assert "http" not in policy


def _colours(style, *, dark):
    light, _, rest = style.partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--(paper|text|grey|accent|on-accent): (#[0-9a-f]{6})", light))
    colours = dict(re.findall(r"\.colour-(\d) \{ --event-colour: (#[0-9a-f]{6})", light))
    if dark:
        block = rest.split("\n}")[0]
        found |= dict(re.findall(r"--(paper|text|grey): (#[0-9a-f]{6})", block))
        colours |= dict(re.findall(r"\.colour-(\d) \{ --event-colour: (#[0-9a-f]{6})", block))
    return found, colours


def _contrast(one, other):
    """WCAG 2.1, relative luminance and contrast ratio."""

    def luminance(colour):
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_colour_has_enough_contrast(programme, dark):
    found, colours = _colours(rendered(programme, ())["public/assets/site.css"].decode(), dark=dark)

    assert len(colours) == len(EVENT_COLOURS)
    assert [] == [number for number, colour in colours.items() if _contrast(colour, found["paper"]) < 4.5]
    assert [] == [name for name in ("text", "grey") if _contrast(found[name], found["paper"]) < 4.5]
    assert _contrast(found["accent"], found["on-accent"]) >= 4.5


def test_the_site_has_the_event_colours_of_the_magazine(programme):
    style = rendered(programme, ())["public/assets/site.css"].decode()

    found = re.findall(r"\.colour-\d \{ --event-colour: (#[0-9a-f]{6}); --event-background: (#[0-9a-f]{6})", style)

    assert [(colour.lower(), colour.lower()) for colour in EVENT_COLOURS] == found
    assert [] == [colour for colour, _ in found if _contrast("#ffffff", colour) < 4.5]


def test_a_narrow_waveform_has_the_same_shape(programme, releases):
    wide, slim = page(rendered(programme, releases), "").xpath("(//*[@class='waveforms'])[1]/*")

    assert ("waveform", "waveform narrow") == (wide.get("class"), slim.get("class"))
    assert (200, 67) == tuple(
        sum(path.get("d").count("M") for path in each.xpath("path[not(@class='ticks')]")) for each in (wide, slim)
    )


SCRIPT = """
import hashlib
from pipeline.site import SiteContext, render_site
from tests.site import sample
context = SiteContext(
    programme=sample.programme(), releases=sample.releases(), theme=sample.THEME, now=sample.NOW, cover=sample.COVER
)
outputs = render_site(context)
print(hashlib.sha256(repr([(each.path, each.content) for each in outputs]).encode()).hexdigest())
"""


def test_the_site_is_deterministic_in_any_time_zone_locale_and_hash_order(tmp_path):
    root = str(Path.cwd())
    surroundings = [
        {"TZ": "UTC", "LANG": "C", "PYTHONHASHSEED": "1"},
        {"TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2"},
    ]

    printed = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": root} | each,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for each in surroundings
    }

    assert 1 == len(printed)


def test_a_programme_can_override_a_template(programme, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "404.html").write_text("<!doctype html><title>Weg</title>")

    outputs = rendered(programme, (), theme=replace(THEME, overrides=tmp_path))

    assert b"<!doctype html><title>Weg</title>" == outputs["public/404.html"]
    assert b"<h1>" in outputs["public/index.html"]


def test_a_reference_to_another_text_is_a_link_or_plain_text():
    text = render_markdown(
        "[Na](nawoord.md), [tafel](../reflections/een/tafel-1.md), [weg](concept.md), [ver](https://x.nl/a.md)"
    )
    articles = {
        "magazine/stories/nawoord.md": "stories/nawoord/",
        "magazine/reflections/een/tafel-1.md": "events/een/#reflections",
    }

    (piece,) = split_at_images(
        text, folder="magazine/stories", pictures={}, articles=articles, link=lambda path: f"../../{path}"
    )

    assert '<a href="../../stories/nawoord/">Na</a>' in piece.text
    assert '<a href="../../events/een/#reflections">tafel</a>, weg, <a href="https://x.nl/a.md"' in piece.text
    assert isinstance(piece.text, Markup)


def render_footer(programme, releases, **podcast):
    changed = replace(programme, podcast=replace(programme.podcast, **podcast))
    pages = render_site(SiteContext(programme=changed, releases=releases, theme=THEME, now=NOW, cover=COVER))
    home = next(page for page in pages if page.path == "public/index.html")
    return lxml.html.fromstring(home.content).xpath("//body/footer")[0]


def test_the_footer_has_the_licence_and_the_funding_links(programme, releases):
    licence = License(name="cc-by-4.0", url="https://creativecommons.org/licenses/by/4.0/")
    footer = render_footer(
        programme, releases, license=licence, funding=(Funding(url="https://x.example/steun", text="Steun ons"),)
    )

    assert ["CC-BY-4.0"] == footer.xpath(
        ".//a[@rel='license'][@href='https://creativecommons.org/licenses/by/4.0/']/text()"
    )
    assert ["Steun ons"] == footer.xpath(".//a[@href='https://x.example/steun']/text()")
    assert "Alle rechten voorbehouden" in render_footer(programme, releases, license=License(name="arr")).text_content()
    assert "icentie" not in render_footer(programme, releases, license=None).text_content()


def test_apps_are_linked_on_the_home_page_and_the_page_for_followers(programme, releases):
    apps = PodcastApps(spotify="https://open.spotify.com/show/1", apple="https://podcasts.apple.com/nl/podcast/id1")
    outputs = rendered(replace(programme, podcast=replace(programme.podcast, apps=apps)), releases)
    plain = rendered(programme, releases)

    for path in ("", "volgen/"):
        links = page(outputs, path).xpath("//*[@class='app-links']/a")
        assert [("Apple Podcasts", apps.apple), ("Spotify", apps.spotify)] == [
            (link.text, link.get("href")) for link in links
        ]
        assert [] == page(plain, path).xpath("//*[@class='app-links']")


def test_the_home_page_has_the_description_the_cover_and_all_episodes_of_the_podcast(programme, releases):
    (section,) = page(rendered(programme, releases), "").xpath("//*[@id='podcast']")

    assert programme.podcast.description in get_text(section)
    assert [COVER] == section.xpath(".//img/@src")
    assert section.xpath(".//img/@alt")[0].endswith(programme.title)
    published = [f"episodes/{one.episode.slug}/index.html" for one in releases[:3]]
    assert published == section.xpath(".//ol//@href")
