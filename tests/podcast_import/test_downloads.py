"""Downloads over real HTTP: resumed, checked, bounded; and never from an address that nobody named."""

import base64
import hashlib
import http.server
import threading
from contextlib import contextmanager

import pytest

from pipeline.cli.podcast_files import PodcastFiles, is_public_address
from pipeline.errors import WeerslagError
from pipeline.podcast_import.downloads import DownloadStore
from pipeline.podcast_import.source_feed import SourceFile
from tests.podcast_import.hosts import make_speech

FILES = PodcastFiles(public_only=False, retry_pause_s=0.0)


class BreakingServer(http.server.BaseHTTPRequestHandler):
    """Serves one file, byte ranges too, and breaks off after ``break_after`` bytes, so many times."""

    content, etag, break_after, breaks, requests, status = b"", '"1"', None, 0, [], 200
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        kind = type(self)
        wanted = self.headers.get("Range", "")
        kind.requests.append((self.path, wanted))
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = (
            int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.headers["If-Range"] == kind.etag else 0
        )
        self.send_response(206 if start else kind.status)
        self.send_header("ETag", kind.etag)
        self.send_header("Content-Length", str(len(kind.content) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(kind.content) - 1}/{len(kind.content)}")
        self.end_headers()
        body = kind.content[start:]
        if kind.breaks and kind.break_after is not None:
            kind.breaks -= 1
            self.wfile.write(body[: kind.break_after])
            self.close_connection = True
            return
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path):
    kind = type("OneServer", (BreakingServer,), {"requests": [], "content": make_speech(tmp_path / "a.mp3", first=3)})
    with serving(kind) as address:
        kind.address = address
        yield kind


@contextmanager
def serving(kind):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind) as one:
        thread = threading.Thread(target=one.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{one.server_port}/"
        one.shutdown()
        thread.join()


def save(server, folder, **fields):
    store = DownloadStore(folder=folder, source=FILES)
    return store.save_audio(SourceFile(url=f"{server.address}a.mp3", media_type="audio/mpeg", **fields))


def test_a_download_that_breaks_off_goes_on_where_it_stopped(server, tmp_path):
    server.break_after, server.breaks = 20_000, 2

    saved = save(server, tmp_path / "downloads")

    assert server.content == saved.path.read_bytes()
    assert ["", "bytes=20000-", "bytes=40000-"] == [wanted for _, wanted in server.requests]
    assert ("mp3", hashlib.sha256(server.content).hexdigest()) == (saved.extension, saved.sha256)


def test_a_later_run_goes_on_and_a_complete_file_is_not_requested_again(server, tmp_path):
    server.break_after, server.breaks = 20_000, 4
    with pytest.raises(WeerslagError, match="broke off"):
        save(server, tmp_path / "downloads")
    saved = save(server, tmp_path / "downloads")
    count = len(server.requests)
    again = save(server, tmp_path / "downloads")

    assert server.content == saved.path.read_bytes()
    assert (saved, count) == (again, len(server.requests))
    assert server.requests[-1][1] != ""


def test_a_file_that_changed_meanwhile_is_downloaded_from_its_start(server, tmp_path):
    server.break_after, server.breaks = 20_000, 1

    def change(done, _):
        if done >= 20_000:
            server.etag, server.content = '"2"', make_speech(tmp_path / "b.mp3", first=30)

    store = DownloadStore(folder=tmp_path / "downloads", source=FILES, report=change)
    saved = store.save_audio(SourceFile(url=f"{server.address}a.mp3"))

    assert server.content == saved.path.read_bytes()


@pytest.mark.parametrize("content", [b"<!doctype html><title>404</title>" * 500, b"", b"ID3\x03" + b"\0" * 60_000])
def test_what_is_no_audio_is_refused_and_not_kept(content, server, tmp_path):
    server.content = content

    with pytest.raises(WeerslagError, match="no audio that can be read"):
        save(server, tmp_path / "downloads")

    assert [] == list((tmp_path / "downloads").glob("*.part"))


def test_the_digest_of_the_feed_is_checked(server, tmp_path):
    right = base64.b64encode(hashlib.sha384(server.content).digest()).decode()

    assert save(server, tmp_path / "right", integrity=f"sha384-{right}").path.exists()
    with pytest.raises(WeerslagError, match="digest"):
        save(server, tmp_path / "wrong", integrity="sha256-AAAA")


def digest(content, algorithm):
    return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


@pytest.mark.parametrize(
    ("stated", "is_right"),
    [
        (("sha256", b"other"), False),
        (("sha256", None), True),
        (("sha256", None, "sha512", b"other"), False),  # the weaker one cannot stand in for the stronger
        (("sha512", None, "sha256", b"other"), True),
        (("sha384", b"other", "sha384", None), True),  # two versions of the file are both right
        (("md5", b"other"), True),  # nothing that can be trusted is stated
    ],
)
def test_only_the_strongest_digest_counts(stated, is_right, server, tmp_path):
    pairs = zip(stated[::2], stated[1::2], strict=True)
    integrity = " ".join(digest(server.content if content is None else content, name) for name, content in pairs)

    if is_right:
        assert save(server, tmp_path / "downloads", integrity=integrity).path.exists()
    else:
        with pytest.raises(WeerslagError, match="another digest than the feed says"):
            save(server, tmp_path / "downloads", integrity=integrity)
        assert [] == list((tmp_path / "downloads").glob("*.json"))


@pytest.mark.parametrize(("status", "requests"), [(404, 1), (403, 1), (410, 1), (429, 4), (500, 4), (503, 4)])
def test_only_a_failure_that_may_be_over_is_tried_again(status, requests, server, tmp_path):
    server.status = status

    with pytest.raises(WeerslagError, match=f"HTTP {status}"):
        save(server, tmp_path / "downloads")

    assert requests == len(server.requests)


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://127.0.0.1/a", "gopher://127.0.0.1/", "/etc/passwd", ""]
)
def test_only_http_and_https_are_opened(address):
    with pytest.raises(WeerslagError):
        FILES.read(address, max_bytes=1000)


def test_a_redirect_to_a_file_is_refused(server):
    with pytest.raises(WeerslagError, match="HTTP 302"):
        FILES.read(f"{server.address}away", max_bytes=1000)


def test_a_public_feed_cannot_make_this_computer_read_its_own_network(server, monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)  # behind a proxy, that decides
    guarded = PodcastFiles(public_only=True, retry_pause_s=0.0)

    with pytest.raises(WeerslagError, match="private network"):
        guarded.read(f"{server.address}a.mp3", max_bytes=1_000_000)

    assert [] == server.requests
    assert not is_public_address(server.address)
    assert is_public_address("https://192.0.2.1/") is False
    assert is_public_address("https://93.184.216.34/feed.xml")


def test_limits_stop_a_download(server, tmp_path):
    with pytest.raises(WeerslagError, match="million bytes"):
        FILES.read(f"{server.address}a.mp3", max_bytes=10_000)
    with pytest.raises(WeerslagError, match="million bytes"):
        FILES.save(f"{server.address}a.mp3", tmp_path / "a.part", max_bytes=10_000, report=lambda *_: None)
    assert not (tmp_path / "a.part").exists() or (tmp_path / "a.part").stat().st_size <= 10_000
