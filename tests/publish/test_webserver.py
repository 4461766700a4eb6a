"""nginx and Apache serve the folder that was published, as the files in press/ say; what is asked comes back as it was built."""

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.publish.notice_files import render_moves
from pipeline.publish.server_config import render_serving
from tests.publish.conftest import everything
from tests.publish.servers import apache, ask, free_port, nginx

FOR_EVER, BRIEFLY = "public, max-age=31536000, immutable", "public, max-age=300"


def handed_out(outputs, name):
    return next(output.content.decode() for output in outputs if output.path.endswith(f"/{name}"))


@contextmanager
def by_nginx(stage, home):
    inside = handed_out(render_serving(stage.programme.url), "nginx.conf")
    with nginx(home, stage.port, inside.replace("/srv/www/podcast/", f"{stage.where}/")):
        yield


@contextmanager
def by_apache(stage, home):
    (stage.where / ".htaccess").write_text(handed_out(render_serving(stage.programme.url), "apache.htaccess"))
    alias = f"Alias /avn/ {stage.where}/"
    with apache(home, stage.port, stage.where, inside=alias):
        yield


@pytest.fixture
def web(stage):
    """The stage, in a folder that the user of a web server can read."""
    home = Path(tempfile.mkdtemp())
    home.chmod(0o755)
    stage.where, stage.home = home / "www", home / "server"
    stage.where.mkdir(mode=0o755)
    stage.port, stage.formats = free_port(), ("mp3", "m4a", "opus")
    stage.programme = replace(stage.programme, url=f"http://127.0.0.1:{stage.port}/avn/")
    yield stage
    shutil.rmtree(home)


@pytest.mark.parametrize("server", [by_nginx, by_apache])
def test_published_changed_and_published_again_under_a_running_server(web, server):
    with server(web, web.home):
        web.publish(served=True)
        _, first, _ = ask(web.port, "/avn/feed.xml")
        web.put(2, sound=b"corrected" * 3000)
        web.put(4)
        web.publish(served=True)
        status, second, feed = ask(web.port, "/avn/feed.xml")
        plan, said = web.publish(served=True)

    assert (200, (web.root / "public/feed.xml").read_bytes()) == (status, feed)
    assert first["ETag"] != second["ETag"]  # so that an app which asks with If-None-Match gets the new feed
    assert (True, []) == (plan.is_idle, said)


@pytest.mark.parametrize("server", [by_nginx, by_apache])
def test_every_file_comes_back_with_its_length_its_type_and_its_parts(web, server):
    with server(web, web.home):
        web.publish(served=True)
        told = {}
        for path, content in everything(web.root / "public").items():
            status, headers, _ = ask(web.port, f"/avn/{path}", "HEAD")
            assert (200, len(content)) == (status, int(headers["Content-Length"])), path
            part = ask(web.port, f"/avn/{path}", Range="bytes=1-3")
            assert (206, content[1:4]) == (part[0], part[2]), path
            assert "*" == headers["Access-Control-Allow-Origin"], path
            assert "nosniff" == headers["X-Content-Type-Options"], path
            told[path.rpartition("/")[2][-12:]] = (headers.get_content_type(), headers["Cache-Control"])
        gone = ask(web.port, "/avn/niet-hier.html")
        hidden = ask(web.port, "/avn/.weerslag-published.json")

    kinds = {name.rpartition(".")[2]: told[name] for name in sorted(told)}
    assert ("audio/mpeg", FOR_EVER) == kinds["mp3"]
    assert ("audio/mp4", FOR_EVER) == kinds["m4a"]
    assert ("audio/ogg", FOR_EVER) == kinds["opus"]
    assert ("text/vtt", BRIEFLY) == kinds["vtt"]
    assert ("text/html", BRIEFLY) == kinds["html"]
    assert ("application/xml", BRIEFLY) == kinds["xml"]
    assert 404 == gone[0]
    assert hidden[0] in (403, 404)  # which files are ours is nobody's business


def test_without_these_settings_the_server_is_told_what_it_lacks(web):
    with (
        nginx(web.home, web.port, f"location /avn/ {{ alias {web.where}/; }}"),
        pytest.raises(Exception, match="served as"),
    ):
        web.publish(served=True)

    assert not (web.where / "feed.xml").exists()


OLD, NEW = "http://127.0.0.1:{port}/oud/pod.cast/feed.xml", "https://nieuw.example.org/avn/feed.xml"


@pytest.mark.parametrize("name", ["nginx.conf", "apache.htaccess"])
def test_the_old_address_sends_everything_on_to_the_new_one(web, name):
    moved = handed_out(render_moves([(OLD.format(port=web.port), NEW)]), name)
    server = nginx(web.home, web.port, moved) if name == "nginx.conf" else apache(web.home, web.port, web.where, moved)
    with server:
        answers = [
            ask(web.port, path)
            for path in ("/oud/pod.cast/feed.xml", "/oud/pod.cast/audio/01-a.mp3", "/oud/podXcast/a")
        ]

    assert [301, 301, 404] == [status for status, _, _ in answers]
    assert [NEW, "https://nieuw.example.org/avn/audio/01-a.mp3"] == [
        headers["Location"] for _, headers, _ in answers[:2]
    ]
