"""Former addresses forward: with the position in an episode, without script, and for calendar apps."""

from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import icalendar
import pytest

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
