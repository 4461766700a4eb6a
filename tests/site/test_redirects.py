"""Former addresses forward: with the position in an episode, without script, and for calendar apps."""

from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import icalendar
import pytest

from pipeline.model import Article, Magazine
from pipeline.model.programme import Redirect
from pipeline.site import SiteContext, render_site
from tests.site import sample


def render(programme, releases):
    site = SiteContext(programme=programme, releases=releases, theme=sample.THEME, now=sample.NOW, cover=sample.COVER)
    return {one.path.removeprefix("public/"): one.content for one in render_site(site)}


def uids(content):
    return {str(one["UID"]) for one in icalendar.Calendar.from_ical(content).walk("VEVENT")}


@pytest.fixture
def renamed(programme):
    """The programme after its first event was renamed."""
    first, *others = programme.events
    old, new = f"events/{first.id}/", "events/een-andere-naam/"
    events = (replace(first, id="een-andere-naam"), *others)
    return replace(
        programme, events=events, episodes=(), stories=(), reflections=(), redirects=(Redirect(old=old, new=new),)
    )


def test_the_calendar_of_a_renamed_event_keeps_its_uid_at_both_addresses(programme, renamed):
    before = render(replace(programme, episodes=(), stories=(), reflections=()), ())
    old = f"events/{programme.events[0].id}.ics"

    after = render(renamed, ())

    assert uids(before[old]) == uids(after[old]) == uids(after["events/een-andere-naam.ics"])
    assert uids(before["programme.ics"]) == uids(after["programme.ics"])


def test_a_page_that_is_not_published_is_not_forwarded_to(programme):
    redirect = Redirect(old="episodes/oud/", new="episodes/nog-niet/")

    assert "episodes/oud/index.html" not in render(replace(programme, redirects=(redirect,)), ())


def test_the_player_of_a_renamed_episode_is_forwarded(programme, releases):
    slug = releases[0].episode.slug
    redirect = Redirect(old="episodes/oud/", new=f"episodes/{slug}/")

    files = render(replace(programme, redirects=(redirect,)), releases)

    assert f"../{slug}/index.html".encode() in files["embed/oud/index.html"]


@pytest.fixture
def magazine(programme):
    """The programme with its first event and story in a magazine, both renamed from ``oud``."""
    flatplan = (
        Article(kind="event", ref=programme.events[0].id),
        Article(kind="article", ref=f"stories/{programme.stories[0].slug}.md"),
        Article(kind="colophon"),
    )
    redirects = (
        Redirect(old="events/oud/", new=f"events/{programme.events[0].id}/"),
        Redirect(old="stories/oud/", new=f"stories/{programme.stories[0].slug}/"),
    )
    return replace(programme, magazine=Magazine(title="Proef", flatplan=flatplan), redirects=redirects)


def test_articles_of_the_magazine_are_forwarded_with_their_event_or_story(magazine):
    event, story = magazine.events[0].id, magazine.stories[0].slug

    files = render(magazine, ())

    assert f'data-to="../event-{event}/index.html"'.encode() in files["magazine/event-oud/index.html"]
    assert f'data-to="../story-{story}/index.html"'.encode() in files["magazine/story-oud/index.html"]
    assert b"data-old" not in files["magazine/story-oud/index.html"]


def test_an_event_outside_the_magazine_has_no_article_that_forwards(magazine):
    files = render(replace(magazine, magazine=replace(magazine.magazine, flatplan=())), ())

    assert "events/oud/index.html" in files
    assert [] == [path for path in files if path.startswith("magazine/")]


@pytest.mark.external
@pytest.mark.slow
def test_a_browser_is_forwarded_to_the_reflection_whose_anchor_changed(magazine, tmp_path, open_tab):
    event = magazine.events[0].id
    for path, content in render(magazine, ()).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    article = tmp_path / f"magazine/event-{event}/index.html"
    article.parent.mkdir(parents=True)
    article.write_text("<title>Artikel</title>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        page = open_tab(java_script_enabled=True)
        base = f"http://127.0.0.1:{server.server_port}/magazine"
        for before, after in (("#reflection-oud-tafel-1", f"#reflection-{event}-tafel-1"), ("#main", "#main")):
            page.goto(f"{base}/event-oud/{before}")
            page.wait_for_url(f"{base}/event-{event}/index.html{after}", timeout=60_000)
    finally:
        server.shutdown()
        server.server_close()


def test_former_addresses_are_not_in_the_sitemap(renamed, programme):
    files = render(renamed, ())

    assert f"events/{programme.events[0].id}/".encode() not in files["sitemap.xml"]
    assert b"noindex" in files[f"events/{programme.events[0].id}/index.html"]


@pytest.mark.external
@pytest.mark.slow
@pytest.mark.parametrize("has_script", [True, False])
def test_a_browser_is_forwarded_and_keeps_the_position(programme, releases, tmp_path, open_tab, has_script):
    slug = releases[0].episode.slug
    redirect = Redirect(old="episodes/oud/", new=f"episodes/{slug}/")
    for path, content in render(replace(programme, redirects=(redirect,)), releases).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        page = open_tab(java_script_enabled=has_script)
        base = f"http://127.0.0.1:{server.server_port}"
        page.goto(f"{base}/episodes/oud/#t=41")
        page.wait_for_url(f"{base}/episodes/{slug}/index.html{'#t=41' if has_script else '*'}", timeout=60_000)
    finally:
        server.shutdown()
        server.server_close()
