"""The player on a web server without byte ranges: steps, chapters and links with a time work, from memory."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from tests.site.tabs import slow_down, wait_until

PAGE = "episodes/01-burger-centraal/index.html"


class _WithoutRanges(SimpleHTTPRequestHandler):
    extensions_map: ClassVar = {**SimpleHTTPRequestHandler.extensions_map, ".mp3": "audio/mpeg"}

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def address(published_site):
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_WithoutRanges, directory=published_site.folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def audio(tab, word):
    return tab.evaluate(f"document.querySelector('audio').{word}")


def test_a_step_and_a_chapter_seek(open_tab, address):
    tab = open_tab()
    tab.goto(address + PAGE)
    wait_until(tab, "document.querySelector('audio').readyState >= 1")
    assert 0 == audio(tab, "seekable.end(0)")  # the server has no ranges
    slow_down(tab)

    tab.click("[data-step='30']")
    wait_until(tab, "document.querySelector('audio').currentTime >= 30")
    assert 0.0625 == audio(tab, "playbackRate")
    assert audio(tab, "currentSrc").startswith("blob:")
    chapter = tab.locator(".chapters a").nth(2)
    starts = float(chapter.get_attribute("data-chapter"))
    chapter.click()
    wait_until(tab, f"Math.abs(document.querySelector('audio').currentTime - {starts}) < 5")

    assert not audio(tab, "paused")


def test_a_link_with_a_time_starts_there(open_tab, address):
    tab = open_tab()
    tab.goto(f"{address}{PAGE}#t=20")

    wait_until(tab, "document.querySelector('audio').currentTime >= 20")

    assert "0:20" == tab.locator("#current-time").text_content()


def test_with_byte_ranges_nothing_is_loaded_as_a_whole(open_tab, published_site):
    tab = open_tab()
    tab.goto(f"{published_site.address}{PAGE}#t=20")

    wait_until(tab, "document.querySelector('audio').currentTime >= 20")

    assert audio(tab, "currentSrc").startswith("http")
