"""The player in a page of another site, in Chromium, and what describes it to other sites."""

import html
import json
import re

import lxml.html
import pytest

from tests.site.tabs import wait_until

SLUG = "01-burger-centraal"
MAX_BYTES = 100_000  # before the sound


def read_oembed(host):
    return json.loads((host.folder / f"embed/{SLUG}/oembed.json").read_text())


@pytest.fixture
def other_site(serve, published_site, tmp_path):
    """A page of another origin with the code that the episode page gives to copy."""
    page = lxml.html.fromstring((published_site.folder / f"episodes/{SLUG}/index.html").read_text())
    code = page.get_element_by_id("embed-code").get("data-copy")
    address = re.search(r'src="([^"]+)"', code)[1]
    local = code.replace(address, f"{published_site.address}embed/{SLUG}/index.html")
    (tmp_path / "index.html").write_text(
        f"<!doctype html><html lang=nl><meta charset=utf-8><title>Ander</title><h1>Ander</h1>{local}</html>"
    )
    return serve(tmp_path)


def test_the_copied_code_plays_in_a_page_of_another_origin(open_tab, other_site, published_site):
    tab = open_tab(viewport={"width": 800, "height": 600})
    messages = []
    tab.on("pageerror", lambda error: messages.append(str(error)))
    tab.on("console", lambda message: messages.append(message.text) if "favicon" not in str(message.location) else None)
    tab.goto(other_site.address)
    frame = tab.frame_locator("iframe")
    frame.locator("#play").click()
    inside = next(one for one in tab.frames if "/embed/" in one.url)
    wait_until(inside.page, "true")
    for _ in range(200):
        if inside.evaluate("document.querySelector('audio').currentTime") > 0.3:
            break
        tab.wait_for_timeout(50)
    state = inside.evaluate(
        "[document.querySelector('audio').paused, scrollY, document.documentElement.scrollHeight <= innerHeight]"
    )

    assert other_site.address.split("/")[2] != published_site.address.split("/")[2]
    assert [] == messages
    assert [False, 0, True] == state
    assert "Luister naar “Burger centraal”" == tab.get_attribute("iframe", "title")


@pytest.mark.parametrize("width", [320, 640])
def test_the_player_fits_in_its_frame(open_tab, published_site, width):
    tab = open_tab(viewport={"width": width, "height": read_oembed(published_site)["height"]})
    tab.goto(f"{published_site.address}embed/{SLUG}/index.html")
    wait_until(tab, "!document.querySelector('#controls').hidden")

    assert [width, True] == tab.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight <= innerHeight]"
    )


def test_the_player_is_small_and_loads_nothing_from_elsewhere(open_tab, published_site):
    tab = open_tab()
    loaded = {}
    tab.on("response", lambda response: loaded.update({response.url: response}))
    tab.goto(f"{published_site.address}embed/{SLUG}/index.html")
    wait_until(tab, "document.fonts.status === 'loaded' && document.querySelector('audio').readyState >= 1")

    tab.wait_for_load_state("networkidle")

    responses = list(loaded.items())  # reading a body lets more of the sound arrive
    sizes = {url: len(response.body()) for url, response in responses if "/audio/" not in url}
    assert len(sizes) >= 4
    assert all(url.startswith(published_site.address) for url in loaded)
    assert sum(sizes.values()) < MAX_BYTES, sizes


def test_without_script_the_native_player_is_visible(open_tab, published_site):
    tab = open_tab(java_script_enabled=False)
    tab.goto(f"{published_site.address}embed/{SLUG}/index.html")

    assert tab.locator("audio[controls]").bounding_box()["width"] > 200
    assert 0 == tab.locator("button:visible, select:visible").count()


def test_the_episode_page_refers_to_an_oembed_document_with_the_same_code(published_site):
    page = lxml.html.fromstring((published_site.folder / f"episodes/{SLUG}/index.html").read_text())
    (address,) = page.xpath("//link[@type='application/json+oembed']/@href")
    document = read_oembed(published_site)

    assert address.endswith(f"/embed/{SLUG}/oembed.json")
    assert page.get_element_by_id("embed-code").get("data-copy") == document["html"]
    assert ("1.0", "rich") == (document["version"], document["type"])
    assert {"title", "provider_name", "provider_url", "width", "height"} <= set(document)


def test_the_title_in_the_code_is_escaped(published_site):
    (frame,) = lxml.html.fragments_fromstring(read_oembed(published_site)["html"])

    assert "iframe" == frame.tag
    assert html.unescape(frame.get("title")) == frame.get("title")
    assert frame.get("src").endswith(f"/embed/{SLUG}/")
