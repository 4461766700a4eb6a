"""``weerslag lint`` as people meet it: a feed by file and by address, what it names opened, words and exit codes."""

import base64
import gzip
import hashlib
import json
import shutil
import subprocess
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.cli import weerslag
from pipeline.errors import WeerslagError
from pipeline.lint import Eyes, Seen, lint_feed, lint_media

FEED = """\
<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:atom="http://www.w3.org/2005/Atom"
  xmlns:podcast="https://podcastindex.org/namespace/1.0">
<channel>
  <title>Proef</title><link>https://example.org/</link><description>Proef.</description><language>nl</language>
  <atom:link rel="self" href="https://example.org/p/feed.xml"/>
  <itunes:category text="Government"/><itunes:explicit>false</itunes:explicit>
  <itunes:image href="https://example.org/p/img/cover.jpg"/>
  <item>
    <title>Een</title><guid isPermaLink="false">een</guid><itunes:duration>4</itunes:duration>
    <enclosure url="https://example.org/p/een.mp3" length="{size}" type="audio/mpeg"/>
    <podcast:transcript url="https://example.org/p/een.vtt" type="text/vtt"/>
    <podcast:transcript url="https://example.org/p/een.srt" type="application/x-subrip"/>
    <podcast:transcript url="https://example.org/p/een.json" type="application/json"/>
    <podcast:chapters url="https://example.org/p/chapters.json" type="application/json+chapters"/>
    <podcast:alternateEnclosure type="audio/mpeg" length="{size}">
      <podcast:source uri="https://example.org/p/anders.mp3"/><podcast:integrity type="sri" value="{digest}"/>
    </podcast:alternateEnclosure>
  </item>
</channel>
</rss>
"""
VTT = "WEBVTT\n\n00:00.000 --> 00:02.000\n<v Anna>Dag.\n\n00:02.000 --> 00:04.000\n<v Bram>Dag!\n"
SRT = "1\n00:00:00,000 --> 00:00:04,000\nAnna: Dag.\n"
JSON = {"version": "1.0.0", "segments": [{"speaker": "Anna", "startTime": 0, "endTime": 3.5, "body": "Dag."}]}
CHAPTERS = {"version": "1.2.0", "chapters": [{"startTime": n, "title": f"Deel {n}"} for n in range(3)]}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A feed with all that it names beside it, without a fault."""
    folder = tmp_path_factory.mktemp("whole")
    tone = ["-f", "lavfi", "-i", "sine=frequency=440:duration=4", "-b:a", "64k", str(folder / "een.mp3")]
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *tone], check=True)
    (folder / "img").mkdir()
    Image.new("RGB", (1400, 1400), "navy").save(folder / "img/cover.jpg")
    (folder / "een.vtt").write_text(VTT)
    (folder / "een.srt").write_text(SRT)
    (folder / "een.json").write_text(json.dumps(JSON))
    (folder / "chapters.json").write_text(json.dumps(CHAPTERS))
    sound = (folder / "een.mp3").read_bytes()
    (folder / "anders.mp3").write_bytes(sound)
    digest = f"sha384-{base64.b64encode(hashlib.sha384(sound).digest()).decode()}"
    (folder / "feed.xml").write_text(FEED.format(size=len(sound), digest=digest))
    return folder


@pytest.fixture
def folder(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "feed"))


def run(*words):
    done = CliRunner().invoke(weerslag, ["lint", *map(str, words)], prog_name="weerslag", standalone_mode=False)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def codes(*words):
    done = CliRunner().invoke(weerslag, ["lint", "--json", *map(str, words)])
    return done.exit_code, [finding["code"] for finding in json.loads(done.stdout)]


def test_a_whole_feed_with_all_its_files_is_told_nothing(folder):
    assert (0, []) == codes(folder / "feed.xml", "--media", "--address", "https://example.org/p/feed.xml")


def picture(mode, size, name="cover.jpg", form="JPEG"):
    return lambda folder: Image.new(mode, size).save(folder / "img" / name, form)


def text(name, content):
    content = content if isinstance(content, str) else json.dumps(content)
    return lambda folder: (folder / name).write_text(content)


def chapters(*starts):
    return text(
        "chapters.json", {"version": "1.2.0", "chapters": [{"startTime": start, "title": "x"} for start in starts]}
    )


def turned(name):
    """Of the same length, and it plays; only its last byte is another."""
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-1] + b"?")


def edited(old, new):
    return lambda folder: (folder / "feed.xml").write_text((folder / "feed.xml").read_text().replace(old, new))


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("integrity-differs", turned("anders.mp3")),
        ("unreachable", lambda folder: (folder / "een.mp3").unlink()),
        (
            "length-differs",
            lambda folder: (folder / "een.mp3").write_bytes((folder / "een.mp3").read_bytes() + b"TAG" + bytes(125)),
        ),
        (
            "sound",
            lambda folder: (folder / "een.mp3").write_bytes(b"no" * ((folder / "een.mp3").stat().st_size // 2) + b"x"),
        ),
        ("duration-differs", edited(">4<", ">6<")),
        ("artwork", text("img/cover.jpg", "no picture")),
        ("artwork", picture("RGB", (1400, 1400), form="WEBP")),
        ("artwork-size", picture("RGB", (600, 600))),
        ("artwork-size", picture("RGB", (3001, 3001))),
        ("artwork-shape", picture("RGB", (1400, 1500))),
        ("artwork-colour", picture("CMYK", (1400, 1400))),
        ("artwork-ending", picture("RGB", (1400, 1400), form="PNG")),
        ("transcript", text("een.vtt", VTT.replace("00:02.000 -->", "00:02 -->"))),
        ("transcript", text("een.vtt", VTT.replace("WEBVTT", "WebVTT"))),
        ("transcript", text("een.vtt", VTT.replace("00:04.000", "00:01.000"))),
        ("transcript", text("een.srt", SRT.replace("-->", "--> later"))),
        ("transcript", text("een.srt", "")),
        ("transcript", text("een.json", "[" * 100_000)),
        ("transcript", text("een.json", {"segments": [{"startTime": 0, "body": "x"}]})),
        ("transcript-beyond", text("een.vtt", VTT.replace("00:04.000", "01:04.000"))),
        ("chapters", text("chapters.json", "WEBVTT")),
        ("chapters", text("chapters.json", {"version": "1.2.0", "chapters": [{"startTime": "00:01"}]})),
        ("chapters-order", chapters(0, 2, 1)),
        ("chapters-beyond", chapters(0, 1, 9)),
        ("chapters-first", chapters(1, 2, 3)),
    ],
)
def test_one_bad_file_is_told_by_its_name_and_nothing_else_is(folder, code, fault):
    fault(folder)

    _, told = codes(folder / "feed.xml", "--media")

    assert {code} | ({"length-differs"} if told[0] == "length-differs" else set()) == set(told)


def test_a_transparent_picture_is_told(folder):
    picture("RGBA", (1400, 1400), "cover.png", "PNG")(folder)
    edited("cover.jpg", "cover.png")(folder)

    assert (1, ["artwork-alpha"]) == codes(folder / "feed.xml", "--media")


def test_what_lies_elsewhere_is_not_opened_nor_what_a_name_leads_to_outside_the_folder(folder):
    (folder.parent / "secret.vtt").write_text("secret")
    (folder / "link.srt").symlink_to(folder.parent / "secret.vtt")
    edited("https://example.org/p/een.vtt", "https://example.org/p/..%2Fsecret.vtt")(folder)
    edited("https://example.org/p/een.srt", "https://example.org/p/link.srt")(folder)
    edited("https://example.org/p/een.json", "https://elsewhere.example/een.json")(folder)

    done = run(folder / "feed.xml", "--media", "--advice")

    assert 3 == done.stdout.count("(elsewhere)")
    assert "4 files opened, 3 are elsewhere" not in done.stdout
    assert "4 files opened, 3 are elsewhere" in done.stderr


@given(
    st.binary(max_size=300) | st.sampled_from([VTT, SRT, json.dumps(JSON), json.dumps(CHAPTERS)]).map(str.encode),
    st.data(),
)
def test_whatever_the_bytes_of_a_transcript_there_are_findings_and_no_error(tmp_path_factory, content, data):
    at = data.draw(st.integers(0, len(content)))
    file = tmp_path_factory.mktemp("beside") / "any"
    file.write_bytes(content[:at] + data.draw(st.binary(max_size=5)) + content[at:])
    named = lint_feed(FEED.format(size=1, digest="").encode(), file="feed.xml").named

    def refuse(path):
        raise WeerslagError("no", where=path)

    eyes = Eyes(seen=lambda _: Seen(path=str(file), size_bytes=1), duration_s=refuse, pictured=refuse)

    assert lint_media(named, eyes, file="feed.xml")


# ---------------------------------------------------------------------------------------------------- words and exit codes


def test_words_name_the_place_the_rule_and_what_to_do(folder):
    edited(">false<", ">no<")(folder)

    done = run(folder / "feed.xml")

    assert (
        f"{folder}/feed.xml:7:56: error: `itunes:explicit` is “no”. Only `true` and `false` are recognised. [Apple, Podcasts feed requirements] (explicit)"
        in done.stdout
    )
    assert "  hint: It must be `true` or `false`." in done.stdout
    assert "1 error\n" == done.stderr


@pytest.mark.parametrize(
    ("old", "new", "code"), [(">false<", ">no<", 1), ("<title>Een<", "<title> Een<", 0), ("Proef.", "Proef!", 0)]
)
def test_the_exit_code_is_1_for_an_error_and_0_for_a_warning(folder, old, new, code):
    edited(old, new)(folder)

    assert code == codes(folder / "feed.xml")[0]


@pytest.mark.parametrize("name", ["there-is-none.xml", "img", "a" * 5000])
def test_a_feed_that_cannot_be_read_is_a_command_that_was_not_understood(folder, name):
    done = CliRunner().invoke(weerslag, ["lint", str(folder / name)])

    assert 2 == done.exit_code
    assert "Invalid value for FEED" in done.stderr


def test_the_json_is_a_list_of_five_keys(folder):
    edited(">false<", ">no<")(folder)

    (finding,) = json.loads(run(folder / "feed.xml", "--json").stdout)

    assert ["code", "severity", "where", "message", "hint"] == list(finding)


# ------------------------------------------------------------------------------------------------------------ by address


TYPES = {
    ".xml": "application/rss+xml",
    ".mp3": "audio/mpeg",
    ".jpg": "image/jpeg",
    ".vtt": "text/vtt",
    ".srt": "application/x-subrip",
}


class Server(BaseHTTPRequestHandler):
    """A host that does all that Apple asks, or some of it."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments, folder, manners):
        self.folder, self.manners = folder, manners
        super().__init__(*arguments)

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.send(405 if "no-head" in self.manners else 200, body=False)

    def do_GET(self):
        self.send(200, body=True)

    def send(self, status, *, body):
        path = self.path.removeprefix("/p/")
        if path.startswith("old"):
            self.moved("/p/feed.xml" if path == "old.xml" else f"/p/{path}")
            return
        if path == "away.xml":
            self.moved("file:///etc/passwd")
            return
        file = self.folder / path
        content = file.read_bytes() if file.is_file() else b""
        status = status if file.is_file() else 404
        if (asked := self.headers["Range"]) and "no-ranges" not in self.manners:
            first, last = map(int, asked.removeprefix("bytes=").split("-"))
            status, content = 206, content[first : last + 1]
        self.send_response(status)
        if "gzip" in self.manners:
            content = gzip.compress(content)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", TYPES.get(file.suffix, "application/json"))
        self.send_header("Content-Length", str(len(content)))
        if "no-cors" not in self.manners:
            self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        if body:
            self.wfile.write(content)

    def moved(self, address):
        self.send_response(301)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def served(folder, monkeypatch):
    """The feed on a server of one's own; what is yielded takes the server's bad manners and gives its address."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    servers = []

    def serve(*manners):
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Server, folder=folder, manners=manners))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        base = f"http://127.0.0.1:{server.server_port}/p/"
        edited("https://example.org/p/", base)(folder)
        return base

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_feed_at_an_address_is_fetched_with_all_that_it_names(served):
    exit_code, told = codes(f"{served()}feed.xml", "--media")

    assert (0, {"plain-http"}) == (exit_code, set(told))


@pytest.mark.parametrize(("manners", "code"), [("no-head", "head"), ("no-ranges", "ranges"), ("no-cors", "cors")])
def test_a_server_without_manners_is_told(served, manners, code):
    _, told = codes(f"{served(manners)}feed.xml", "--media")

    assert {"plain-http", code} == set(told)


def test_a_server_that_packs_what_nobody_asked_it_to_pack_is_understood(served):
    exit_code, told = codes(f"{served('gzip')}feed.xml")

    assert (0, {"plain-http"}) == (exit_code, set(told))


def test_a_feed_that_unpacks_to_more_than_anyone_can_hold_is_refused(served, folder):
    (folder / "feed.xml").write_bytes(b" " * 65_000_000)

    assert (1, ["unreachable"]) == codes(f"{served('gzip')}feed.xml")


def test_a_redirect_is_told_and_either_address_is_the_feeds_own(served):
    done = run(f"{served()}old.xml")

    assert "sent on to http://127.0.0.1" in done.stderr
    assert "(self-link)" not in done.stdout


@pytest.mark.parametrize("name", ["none.xml", "old-for-ever", "away.xml"])
def test_an_address_without_a_feed_is_told_and_is_an_error(served, name):
    assert (1, ["unreachable"]) == codes(served() + name)


def test_a_server_that_is_not_there_is_told_and_is_an_error():
    assert (1, ["unreachable"]) == codes("http://127.0.0.1:1/feed.xml")
