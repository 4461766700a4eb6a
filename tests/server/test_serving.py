"""The desk over real HTTP on this machine: what it gives, to whom, and how much of it."""

import contextlib
import http.client
import os
import socket
import threading

import pytest

from pipeline.errors import WeerslagError
from pipeline.server import Board, opened

SOUND = bytes(range(256)) * 40
PATIENCE_S = 60  # for what comes at once, unless it never comes


@pytest.fixture
def public(tmp_path):
    root = tmp_path / "public"
    (root / "audio").mkdir(parents=True)
    (root / "episodes/een").mkdir(parents=True)
    page = "<!doctype html><html><head><meta content=\"default-src 'none'; script-src 'self'\"></head><body>één</body></html>"
    (root / "index.html").write_text(page)
    (root / "episodes/een/index.html").write_text("<!doctype html><html><head></head><body>een</body></html>")
    (root / "404.html").write_text("<!doctype html><title>Niet gevonden</title>")
    (root / "feed.xml").write_text("<rss/>")
    (root / "audio/een.mp3").write_bytes(SOUND)
    for name in ("chapters.json", "transcript.json", "transcript.vtt", "transcript.srt"):
        (root / "episodes/een" / name).write_text("x")
    (root / "programme.ics").write_text("BEGIN:VCALENDAR")
    (root / "leeg.txt").write_bytes(b"")
    (root / ".geheim").write_text("geheim")
    (tmp_path / "programme.yaml").write_text("geheim")
    (root / "buiten").symlink_to(tmp_path)
    return root


@pytest.fixture
def board():
    return Board()


@pytest.fixture
def port(public, board):
    with opened(public, board, port=0) as address:
        yield int(address.rstrip("/").rpartition(":")[2])


@pytest.fixture
def ask(port):
    def run(path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), body

    return run


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/episodes/een/", "text/html; charset=utf-8"),
        ("/feed.xml", "application/xml; charset=utf-8"),
        ("/audio/een.mp3", "audio/mpeg"),
        ("/episodes/een/chapters.json", "application/json+chapters"),
        ("/episodes/een/transcript.json", "application/json"),
        ("/episodes/een/transcript.vtt", "text/vtt; charset=utf-8"),
        ("/episodes/een/transcript.srt", "application/x-subrip; charset=utf-8"),
        ("/programme.ics", "text/calendar; charset=utf-8"),
    ],
)
def test_each_file_has_its_own_media_type_and_is_kept_by_nobody(ask, path, kind):
    status, headers, body = ask(path)

    assert (200, kind, str(len(body))) == (status, headers["Content-Type"], headers["Content-Length"])
    assert ("no-store", "nosniff") == (headers["Cache-Control"], headers["X-Content-Type-Options"])


def test_head_says_what_get_would_and_gives_no_body(ask):
    got, asked = ask("/audio/een.mp3"), ask("/audio/een.mp3", "HEAD")

    assert (got[0], got[1] | {"Date": ""}, b"") == (asked[0], asked[1] | {"Date": ""}, asked[2])


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("0-99", 0, 99), ("100-", 100, 10239), ("-10", 10230, 10239), ("10239-99999", 10239, 10239), ("-99999", 0, 10239)],
)
def test_a_range_of_bytes_is_answered_with_just_these(ask, asked, first, last):
    status, headers, body = ask("/audio/een.mp3", Range=f"bytes={asked}")

    assert (206, f"bytes {first}-{last}/10240") == (status, headers["Content-Range"])
    assert SOUND[first : last + 1] == body


@pytest.mark.parametrize("asked", ["bytes=10240-", "bytes=-0"])
def test_a_range_beyond_the_end_is_416_with_the_size(ask, asked):
    status, headers, _ = ask("/audio/een.mp3", Range=asked)

    assert (416, "bytes */10240") == (status, headers["Content-Range"])


@pytest.mark.parametrize(
    "asked", ["bytes=9-3", "bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b", "bytes=" + "9" * 5000]
)
def test_a_range_that_means_nothing_gives_the_whole_file(ask, asked):
    assert (200, SOUND) == ask("/audio/een.mp3", Range=asked)[::2]


def test_what_the_browser_has_is_304_and_a_range_of_another_version_is_the_whole_file(ask, public):
    tag = ask("/audio/een.mp3")[1]["ETag"]

    known = ask("/audio/een.mp3", If_None_Match=f'"other", {tag}')
    part = ask("/audio/een.mp3", Range="bytes=0-1", If_Range=tag)
    os.utime(public / "audio/een.mp3", ns=(1, 1))
    newer = ask("/audio/een.mp3", If_None_Match=tag, Range="bytes=0-1", If_Range=tag)

    assert (304, b"", tag) == (known[0], known[2], known[1]["ETag"])
    assert (206, b"\x00\x01") == part[::2]
    assert (200, SOUND) == newer[::2]


def test_an_empty_file_has_no_range(ask):
    assert (200, b"") == ask("/leeg.txt")[::2]
    assert 416 == ask("/leeg.txt", Range="bytes=0-")[0]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1.evil.example", "", "0.0.0.0"]
)
def test_a_page_elsewhere_that_borrowed_this_address_is_refused(ask, host):
    assert 400 == ask("/", Host=host)[0]
    assert 400 == ask("/-/news", Host=host)[0]


def test_a_request_without_host_or_with_two_is_refused(port):
    for hosts in ("", f"Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as wire:
            wire.sendall(f"GET / HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n".encode())
            assert wire.recv(100).startswith(b"HTTP/1.1 400 ")


def test_the_name_localhost_will_do(ask, port):
    assert 200 == ask("/", Host=f"localhost:{port}")[0]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
def test_nothing_can_be_written(ask, method):
    status, headers, _ = ask("/", method)

    assert (405, "GET, HEAD") == (status, headers["Allow"])


@pytest.mark.parametrize(
    "path",
    [
        "/../programme.yaml",
        "/..%2fprogramme.yaml",
        "/%2e%2e/programme.yaml",
        "/buiten/programme.yaml",
        "/.geheim",
        "/episodes/..%2f..%2fprogramme.yaml",
        "/%00",
        "/a%0d%0aSet-Cookie:x",
        "//etc/passwd",
        "/" + "x" * 5000,
        "/-/../reload.py",
        "/-/nothing",
    ],
)
def test_nothing_outside_public_is_given(ask, path):
    status, headers, body = ask(path)

    assert 404 == status
    assert b"geheim" not in body
    assert "Set-Cookie" not in headers


def test_a_folder_without_its_slash_is_sent_on(ask):
    status, headers, _ = ask("/episodes/een")

    assert (301, "/episodes/een/") == (status, headers["Location"])


def test_what_is_lost_is_told_by_the_sites_own_page(ask):
    status, _, body = ask("/nergens/")

    assert (404, b"<!doctype html><title>Niet gevonden</title>") == (status, body)


def test_the_reloading_script_stands_in_what_is_served_and_never_in_what_is_published(ask, public):
    served = ask("/")[2].decode()

    assert '<script src="/-/reload.js?0" defer></script></head>' in served
    assert "reload.js" not in (public / "index.html").read_text()
    assert "reload.js" not in ask("/episodes/een/")[2].decode()  # its policy does not say that it may
    assert 200 == ask("/-/reload.js?0")[0] == ask("/-/worker.js")[0]


def test_a_page_knows_of_which_version_it_is_so_that_no_news_is_missed_while_it_loads(ask, board):
    board.post()
    board.post()

    assert '/-/reload.js?2"' in ask("/")[2].decode()
    board.post(head="This needs mending", text="x")
    assert '/-/reload.js?3"' in ask("/")[2].decode()


def test_what_is_wrong_stands_in_the_page_escaped_until_it_is_mended(ask, board):
    board.post(head="This needs mending", text="programme.yaml:1:1: error: <b>`titel`</b>")
    shown, sound, anyway = ask("/episodes/een/"), ask("/audio/een.mp3"), ask("/episodes/een/?anyway")
    board.post()

    assert 503 == shown[0]
    assert b"programme.yaml:1:1: error: &lt;b&gt;`titel`" in shown[2]
    assert b'href="/episodes/een/?anyway"' in shown[2]
    assert (200, 200, 200) == (sound[0], anyway[0], ask("/episodes/een/")[0])


@pytest.fixture
def breathless(monkeypatch):
    """Nobody gets a sign of life: what a tab hears within a minute is news, or the end."""
    monkeypatch.setattr("pipeline.server.app._BREATH_S", 10 * PATIENCE_S)


def tab_at(port):
    """A tab that waits for news, and has not read yet what stands there already."""
    wire = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
    wire.sendall(f"GET /-/news HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    return wire


def heard(wire, ends):
    """What a tab hears, up to these words or to the end of the connection."""
    told = b""
    while not told.endswith(ends) and (more := wire.recv(1000)):
        told += more
    return told


@pytest.mark.usefixtures("breathless")
def test_news_comes_to_a_hundred_tabs_and_pages_are_still_served(ask, board, port):
    wires = [tab_at(port) for _ in range(100)]
    before = {heard(wire, b"data: 0\n\n")[-9:] for wire in wires}

    page = ask("/")
    board.post()
    after = {heard(wire, b"data: 1\n\n") for wire in wires}
    for wire in wires:
        wire.close()

    assert 200 == page[0]
    assert ({b"data: 0\n\n"}, {b"data: 1\n\n"}) == (before, after)


@pytest.mark.usefixtures("breathless")
def test_clearing_the_desk_lets_go_of_tabs_that_wait(public):
    board = Board()
    with opened(public, board, port=0) as address:
        wire = tab_at(int(address.rstrip("/").rpartition(":")[2]))
        before = heard(wire, b"data: 0\n\n")

    with wire:
        after = heard(wire, b"data: 1\n\n")

    assert before.endswith(b"data: 0\n\n")
    assert after in (b"", b": here\n\n")  # there was no news, and then the end; a sign of life if it waited already


def addresses():
    """Those of this machine, besides 127.0.0.1: of its own net, and as far as it knows its name."""
    found = {"127.0.0.2"}
    with contextlib.suppress(OSError), socket.socket() as one:
        other = socket.gethostbyname(socket.gethostname())
        one.bind((other, 0))  # or it is somebody else's
        found.add(other)
    return found - {"127.0.0.1"}


@pytest.mark.parametrize("address", sorted(addresses()))
def test_the_desk_stands_on_this_machine_only(public, port, address):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address, port), timeout=PATIENCE_S)


def test_a_taken_port_is_told_with_what_to_do(public, port):
    with pytest.raises(WeerslagError, match=f"port {port} is taken") as told, opened(public, Board(), port=port):
        pass

    assert "--port" in told.value.hint


def test_a_file_is_given_whole_while_the_folder_is_swapped_again_and_again(ask, public):
    over = threading.Event()

    def swap():
        while not over.is_set():
            public.rename(public.with_name("old"))
            public.with_name("old").rename(public)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        answers = {ask("/audio/een.mp3")[::2] for _ in range(50)}
    finally:
        over.set()
        thread.join()

    assert answers <= {
        (200, SOUND),
        (404, b"There is nothing here.\n"),
        (404, b"<!doctype html><title>Niet gevonden</title>"),
    }
