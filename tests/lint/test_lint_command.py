"""``weerslag lint``: local and remote feeds, the files they refer to, output and exit codes."""

import base64
import gzip
import hashlib
import json
import re
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
from pipeline.lint import MediaFile, MediaProbes, lint_feed, lint_media

pytestmark = pytest.mark.slow

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
def valid_folder(tmp_path_factory):
    """A valid feed with all files that it refers to."""
    folder = tmp_path_factory.mktemp("valid")
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
def folder(valid_folder, tmp_path):
    return Path(shutil.copytree(valid_folder, tmp_path / "feed"))


def run(*arguments):
    result = CliRunner().invoke(weerslag, ["lint", *map(str, arguments)], prog_name="weerslag", standalone_mode=False)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def codes(*arguments):
    result = CliRunner().invoke(weerslag, ["lint", "--json", *map(str, arguments)])
    return result.exit_code, [finding["code"] for finding in json.loads(result.stdout)]


def test_a_valid_feed_with_all_its_files_has_no_findings(folder):
    assert (0, []) == codes(folder / "feed.xml", "--media", "--address", "https://example.org/p/feed.xml")


def write_picture(mode, size, name="cover.jpg", form="JPEG"):
    return lambda folder: Image.new(mode, size).save(folder / "img" / name, form)


def write_text(name, content):
    content = content if isinstance(content, str) else json.dumps(content)
    return lambda folder: (folder / name).write_text(content)


def write_chapters(*starts):
    return write_text(
        "chapters.json", {"version": "1.2.0", "chapters": [{"startTime": start, "title": "x"} for start in starts]}
    )


def corrupt(name):
    """Change the last byte of a file: the length stays, and it still plays."""
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-1] + b"?")


def halve_frame_count(name):
    """Let the Xing header state half the duration, and the feed the new digest."""

    def edit_header(folder):
        content = bytearray((folder / name).read_bytes())
        at = content.find(b"Info") + 8
        content[at : at + 4] = (int.from_bytes(content[at : at + 4]) // 2).to_bytes(4)
        (folder / name).write_bytes(content)
        digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
        feed = (folder / "feed.xml").read_text()
        (folder / "feed.xml").write_text(re.sub(r"sha384-[^\"]+", f"sha384-{digest}", feed))

    return edit_header


def edit(old, new):
    return lambda folder: (folder / "feed.xml").write_text((folder / "feed.xml").read_text().replace(old, new))


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("integrity-differs", corrupt("anders.mp3")),
        ("unreachable", lambda folder: (folder / "een.mp3").unlink()),
        (
            "length-differs",
            lambda folder: (folder / "een.mp3").write_bytes((folder / "een.mp3").read_bytes() + b"TAG" + bytes(125)),
        ),
        (
            "sound",
            lambda folder: (folder / "een.mp3").write_bytes(b"no" * ((folder / "een.mp3").stat().st_size // 2) + b"x"),
        ),
        ("duration-differs", edit(">4<", ">6<")),
        ("mp3-duration", halve_frame_count("anders.mp3")),
        ("artwork", write_text("img/cover.jpg", "no picture")),
        ("artwork", write_picture("RGB", (1400, 1400), form="WEBP")),
        ("artwork-size", write_picture("RGB", (600, 600))),
        ("artwork-size", write_picture("RGB", (3001, 3001))),
        ("artwork-shape", write_picture("RGB", (1400, 1500))),
        ("artwork-colour", write_picture("CMYK", (1400, 1400))),
        ("artwork-ending", write_picture("RGB", (1400, 1400), form="PNG")),
        ("transcript", write_text("een.vtt", VTT.replace("00:02.000 -->", "00:02 -->"))),
        ("transcript", write_text("een.vtt", VTT.replace("WEBVTT", "WebVTT"))),
        ("transcript", write_text("een.vtt", VTT.replace("00:04.000", "00:01.000"))),
        ("transcript", write_text("een.srt", SRT.replace("-->", "--> later"))),
        ("transcript", write_text("een.srt", "")),
        ("transcript", write_text("een.json", "[" * 100_000)),
        ("transcript", write_text("een.json", {"segments": [{"startTime": 0, "body": "x"}]})),
        ("transcript-beyond", write_text("een.vtt", VTT.replace("00:04.000", "01:04.000"))),
        ("chapters", write_text("chapters.json", "WEBVTT")),
        ("chapters", write_text("chapters.json", {"version": "1.2.0", "chapters": [{"startTime": "00:01"}]})),
        ("chapters-order", write_chapters(0, 2, 1)),
        ("chapters-beyond", write_chapters(0, 1, 9)),
        ("chapters-first", write_chapters(1, 2, 3)),
    ],
)
def test_one_bad_file_causes_its_code_and_no_other(folder, code, fault):
    fault(folder)

    _, found = codes(folder / "feed.xml", "--media")

    assert {code} | ({"length-differs"} if found[0] == "length-differs" else set()) == set(found)


def test_transparent_artwork_is_reported(folder):
    write_picture("RGBA", (1400, 1400), "cover.png", "PNG")(folder)
    edit("cover.jpg", "cover.png")(folder)

    assert (1, ["artwork-alpha"]) == codes(folder / "feed.xml", "--media")


def test_files_outside_the_folder_are_not_opened(folder):
    (folder.parent / "secret.vtt").write_text("secret")
    (folder / "link.srt").symlink_to(folder.parent / "secret.vtt")
    edit("https://example.org/p/een.vtt", "https://example.org/p/..%2Fsecret.vtt")(folder)
    edit("https://example.org/p/een.srt", "https://example.org/p/link.srt")(folder)
    edit("https://example.org/p/een.json", "https://elsewhere.example/een.json")(folder)

    result = run(folder / "feed.xml", "--media", "--advice")

    assert 3 == result.stdout.count("(elsewhere)")
    assert "4 files checked, 3 outside the folder of the feed skipped" not in result.stdout
    assert "4 files checked, 3 outside the folder of the feed skipped" in result.stderr


@given(
    st.binary(max_size=300) | st.sampled_from([VTT, SRT, json.dumps(JSON), json.dumps(CHAPTERS)]).map(str.encode),
    st.data(),
)
def test_any_bytes_of_a_transcript_cause_findings_and_no_exception(tmp_path_factory, content, data):
    at = data.draw(st.integers(0, len(content)))
    file = tmp_path_factory.mktemp("media") / "any"
    file.write_bytes(content[:at] + data.draw(st.binary(max_size=5)) + content[at:])
    references = lint_feed(FEED.format(size=1, digest="").encode(), file="feed.xml").references

    def refuse(path):
        raise WeerslagError("no", where=path)

    probes = MediaProbes(
        open_file=lambda _: MediaFile(path=str(file), size_bytes=1), measure_duration=refuse, read_image=refuse
    )

    assert lint_media(references, probes, file="feed.xml")


def test_the_output_has_position_rule_and_hint(folder):
    edit(">false<", ">no<")(folder)

    result = run(folder / "feed.xml")

    assert (
        f"{folder}/feed.xml:7:56: error: `itunes:explicit` is “no”. Only `true` and `false` are recognised. [Apple, Podcasts feed requirements] (explicit)"
        in result.stdout
    )
    assert "  hint: It must be `true` or `false`." in result.stdout
    assert "1 error\n" == result.stderr


@pytest.mark.parametrize(
    ("old", "new", "code"), [(">false<", ">no<", 1), ("<title>Een<", "<title> Een<", 0), ("Proef.", "Proef!", 0)]
)
def test_the_exit_code_is_1_for_an_error_and_0_for_a_warning(folder, old, new, code):
    edit(old, new)(folder)

    assert code == codes(folder / "feed.xml")[0]


@pytest.mark.parametrize("name", ["there-is-none.xml", "img", "a" * 5000])
def test_a_feed_that_cannot_be_read_is_a_usage_error(folder, name):
    result = CliRunner().invoke(weerslag, ["lint", str(folder / name)])

    assert 2 == result.exit_code
    assert "Invalid value for FEED" in result.stderr


def test_the_json_is_a_list_of_objects_with_five_keys(folder):
    edit(">false<", ">no<")(folder)

    (finding,) = json.loads(run(folder / "feed.xml", "--json").stdout)

    assert ["code", "severity", "where", "message", "hint"] == list(finding)


TYPES = {
    ".xml": "application/rss+xml",
    ".mp3": "audio/mpeg",
    ".jpg": "image/jpeg",
    ".vtt": "text/vtt",
    ".srt": "application/x-subrip",
}


class Server(BaseHTTPRequestHandler):
    """A host that meets all requirements of Apple, except those in ``defects``."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments, folder, defects):
        self.folder, self.defects = folder, defects
        super().__init__(*arguments)

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.send(405 if "no-head" in self.defects else 200, body=False)

    def do_GET(self):
        self.send(200, body=True)

    def send(self, status, *, body):
        path = self.path.removeprefix("/p/")
        if path.startswith("old"):
            self.redirect("/p/feed.xml" if path == "old.xml" else f"/p/{path}")
            return
        if path == "away.xml":
            self.redirect("file:///etc/passwd")
            return
        file = self.folder / path
        content = file.read_bytes() if file.is_file() else b""
        status = status if file.is_file() else 404
        if (requested := self.headers["Range"]) and "no-ranges" not in self.defects:
            first, last = map(int, requested.removeprefix("bytes=").split("-"))
            status, content = 206, content[first : last + 1]
        self.send_response(status)
        if "gzip" in self.defects:
            content = gzip.compress(content)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", TYPES.get(file.suffix, "application/json"))
        self.send_header("Content-Length", str(len(content)))
        if "no-cors" not in self.defects:
            self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        if body:
            self.wfile.write(content)

    def redirect(self, address):
        self.send_response(301)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def served(folder, monkeypatch):
    """A function that serves the feed with the given defects, and returns its address."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    servers = []

    def serve(*defects):
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Server, folder=folder, defects=defects))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        base = f"http://127.0.0.1:{server.server_port}/p/"
        edit("https://example.org/p/", base)(folder)
        return base

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_remote_feed_is_downloaded_with_all_its_files(served):
    exit_code, found = codes(f"{served()}feed.xml", "--media")

    assert (0, {"plain-http"}) == (exit_code, set(found))


@pytest.mark.parametrize(("defects", "code"), [("no-head", "head"), ("no-ranges", "ranges"), ("no-cors", "cors")])
def test_a_defect_of_the_server_is_reported(served, defects, code):
    _, found = codes(f"{served(defects)}feed.xml", "--media")

    assert {"plain-http", code} == set(found)


def test_an_unrequested_gzip_response_is_decompressed(served):
    exit_code, found = codes(f"{served('gzip')}feed.xml")

    assert (0, {"plain-http"}) == (exit_code, set(found))


def test_a_gzip_bomb_is_refused(served, folder):
    (folder / "feed.xml").write_bytes(b" " * 65_000_000)

    assert (1, ["unreachable"]) == codes(f"{served('gzip')}feed.xml")


def test_a_redirect_is_reported_and_both_addresses_are_accepted_as_self_link(served):
    result = run(f"{served()}old.xml")

    assert "redirected to http://127.0.0.1" in result.stderr
    assert "(self-link)" not in result.stdout


@pytest.mark.parametrize("name", ["none.xml", "old-for-ever", "away.xml"])
def test_a_failed_download_is_an_error(served, name):
    assert (1, ["unreachable"]) == codes(served() + name)


def test_an_unreachable_server_is_an_error():
    assert (1, ["unreachable"]) == codes("http://127.0.0.1:1/feed.xml")
