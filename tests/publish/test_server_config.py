"""nginx and Apache with the settings in press/ serve the published files with the correct headers."""

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.publish.notices import render_redirects
from pipeline.publish.server_config import render_server_config
from tests.publish.conftest import read_tree
from tests.publish.http_servers import apache, fetch, free_port, nginx

pytestmark = pytest.mark.external

FOR_EVER, BRIEFLY = "public, max-age=31536000, immutable", "public, max-age=300"


def find_config(outputs, name):
    return next(output.content.decode() for output in outputs if output.path.endswith(f"/{name}"))


@contextmanager
def run_nginx(podcast, home):
    settings = find_config(render_server_config(podcast.programme.url), "nginx.conf")
    with nginx(home, podcast.port, settings.replace("/srv/www/podcast/", f"{podcast.served}/")):
        yield


@contextmanager
def run_apache(podcast, home):
    (podcast.served / ".htaccess").write_text(
        find_config(render_server_config(podcast.programme.url), "apache.htaccess")
    )
    alias = f"Alias /avn/ {podcast.served}/"
    with apache(home, podcast.port, podcast.served, inside=alias):
        yield


@pytest.fixture
def web(podcast):
    """The podcast, published to a folder that the web server may read."""
    home = Path(tempfile.mkdtemp())
    home.chmod(0o755)
    podcast.served, podcast.home = home / "www", home / "server"
    podcast.served.mkdir(mode=0o755)
    podcast.port, podcast.formats = free_port(), ("mp3", "m4a", "opus")
    podcast.programme = replace(podcast.programme, url=f"http://127.0.0.1:{podcast.port}/avn/")
    yield podcast
    shutil.rmtree(home)


@pytest.mark.parametrize("server", [run_nginx, run_apache])
def test_a_running_server_serves_each_published_version(web, server):
    with server(web, web.home):
        web.publish(check_urls=True)
        _, first, _ = fetch(web.port, "/avn/feed.xml")
        web.put(2, audio=b"corrected" * 3000)
        web.put(4)
        web.publish(check_urls=True)
        status, second, feed = fetch(web.port, "/avn/feed.xml")
        plan, steps = web.publish(check_urls=True)

    assert (200, (web.root / "public/feed.xml").read_bytes()) == (status, feed)
    assert first["ETag"] != second["ETag"]  # an app that sends If-None-Match gets the new feed
    assert (True, []) == (plan.is_up_to_date, steps)


@pytest.mark.parametrize("server", [run_nginx, run_apache])
def test_every_file_has_its_length_media_type_and_byte_ranges(web, server):
    with server(web, web.home):
        web.publish(check_urls=True)
        found = {}
        for path, content in read_tree(web.root / "public").items():
            status, headers, _ = fetch(web.port, f"/avn/{path}", "HEAD")
            assert (200, len(content)) == (status, int(headers["Content-Length"])), path
            part = fetch(web.port, f"/avn/{path}", Range="bytes=1-3")
            assert (206, content[1:4]) == (part[0], part[2]), path
            assert "*" == headers["Access-Control-Allow-Origin"], path
            assert "nosniff" == headers["X-Content-Type-Options"], path
            found[path.rpartition("/")[2][-12:]] = (headers.get_content_type(), headers["Cache-Control"])
        gone = fetch(web.port, "/avn/niet-hier.html")
        hidden = fetch(web.port, "/avn/.weerslag-published.json")

    kinds = {name.rpartition(".")[2]: found[name] for name in sorted(found)}
    assert ("audio/mpeg", FOR_EVER) == kinds["mp3"]
    assert ("audio/mp4", FOR_EVER) == kinds["m4a"]
    assert ("audio/ogg", FOR_EVER) == kinds["opus"]
    assert ("text/vtt", BRIEFLY) == kinds["vtt"]
    assert ("text/html", BRIEFLY) == kinds["html"]
    assert ("application/xml", BRIEFLY) == kinds["xml"]
    assert 404 == gone[0]
    assert hidden[0] in (403, 404)  # the upload manifest is private


@pytest.mark.parametrize("server", [run_nginx, run_apache])
def test_only_players_may_be_shown_in_frames_of_other_sites(web, server):
    pages = {
        "index.html": "'self'",
        "episodes/01/index.html": "'self'",
        "embed/01/index.html": "*",
        "embed/index.html": "'self'",
    }
    with server(web, web.home):
        web.publish()
        for page in pages:
            (web.served / page).parent.mkdir(parents=True, exist_ok=True)
            (web.served / page).write_text("<!doctype html><title>x</title>")
        found = {page: fetch(web.port, f"/avn/{page}", "HEAD")[1].get_all("Content-Security-Policy") for page in pages}
        found["embed/01/"] = fetch(web.port, "/avn/embed/01/", "HEAD")[1].get_all("Content-Security-Policy")

    assert {page: [f"frame-ancestors {sources}"] for page, sources in (pages | {"embed/01/": "*"}).items()} == found


def test_static_hosts_get_no_rule_that_also_covers_players(web):
    rules = find_config(render_server_config("https://example.org/avn/"), "_headers").splitlines()
    framed = [rules[at - 1] for at, line in enumerate(rules) if "frame-ancestors 'self'" in line]

    assert {"/avn/", "/avn/index.html", "/avn/episodes/*", "/avn/magazine/*", "/avn/zoeken/*"} <= set(framed)
    assert not [path for path in framed if path in ("/avn/*", "/*") or "embed" in path]


def test_without_these_settings_the_url_check_fails(web):
    with (
        nginx(web.home, web.port, f"location /avn/ {{ alias {web.served}/; }}"),
        pytest.raises(Exception, match="media type is"),
    ):
        web.publish(check_urls=True)

    assert not (web.served / "feed.xml").exists()


OLD, NEW = "http://127.0.0.1:{port}/oud/pod.cast/feed.xml", "https://nieuw.example.org/avn/feed.xml"


@pytest.mark.parametrize("name", ["nginx.conf", "apache.htaccess"])
def test_the_old_url_redirects_everything_to_the_new_one(web, name):
    moved = find_config(render_redirects([(OLD.format(port=web.port), NEW)]), name)
    server = nginx(web.home, web.port, moved) if name == "nginx.conf" else apache(web.home, web.port, web.served, moved)
    with server:
        responses = [
            fetch(web.port, path)
            for path in ("/oud/pod.cast/feed.xml", "/oud/pod.cast/audio/01-a.mp3", "/oud/podXcast/a")
        ]

    assert [301, 301, 404] == [status for status, _, _ in responses]
    assert [NEW, "https://nieuw.example.org/avn/audio/01-a.mp3"] == [
        headers["Location"] for _, headers, _ in responses[:2]
    ]
