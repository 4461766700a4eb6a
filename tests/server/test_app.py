"""The preview server over real HTTP: what it serves, to whom, and which bytes."""

import contextlib
import http.client
import os
import socket
import threading
import urllib.error
import urllib.request

import pytest

from pipeline.errors import WeerslagError
from pipeline.server import ReloadChannel, run_server

pytestmark = pytest.mark.slow

SOUND = bytes(range(256)) * 40
TIMEOUT_S = 60  # for what happens at once, or never


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
def channel():
    return ReloadChannel()


@pytest.fixture
def port(public, channel):
    with run_server(public, channel, port=0) as address:
        yield int(address.rstrip("/").rpartition(":")[2])


@pytest.fixture
def fetch(port):
    def run(path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, response.headers, body

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
def test_each_file_has_its_media_type_and_is_not_cached(fetch, path, kind):
    status, headers, body = fetch(path)

    assert (200, kind, str(len(body))) == (status, headers["Content-Type"], headers["Content-Length"])
    assert ("no-store", "nosniff") == (headers["Cache-Control"], headers["X-Content-Type-Options"])


@pytest.mark.parametrize("path", ["/audio/een.mp3", "/", "/nergens/", "/-/reload.js"])
def test_head_returns_the_headers_of_get_without_a_body(fetch, path):
    get, head = fetch(path), fetch(path, "HEAD")
    del get[1]["Date"], head[1]["Date"]

    assert (get[0], get[1].items(), b"") == (head[0], head[1].items(), head[2])


@pytest.mark.parametrize(
    ("byte_range", "first", "last"),
    [("0-99", 0, 99), ("100-", 100, 10239), ("-10", 10230, 10239), ("10239-99999", 10239, 10239), ("-99999", 0, 10239)],
)
def test_a_byte_range_returns_just_these_bytes(fetch, byte_range, first, last):
    status, headers, body = fetch("/audio/een.mp3", Range=f"bytes={byte_range}")

    assert (206, f"bytes {first}-{last}/10240") == (status, headers["Content-Range"])
    assert SOUND[first : last + 1] == body


@pytest.mark.parametrize("byte_range", ["bytes=10240-", "bytes=-0"])
def test_a_range_beyond_the_end_is_416_with_the_size(fetch, byte_range):
    status, headers, _ = fetch("/audio/een.mp3", Range=byte_range)

    assert (416, "bytes */10240") == (status, headers["Content-Range"])


@pytest.mark.parametrize(
    "byte_range", ["bytes=9-3", "bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b", "bytes=" + "9" * 5000]
)
def test_an_unusable_range_returns_the_whole_file(fetch, byte_range):
    assert (200, SOUND) == fetch("/audio/een.mp3", Range=byte_range)[::2]


def test_a_known_etag_is_304_and_a_range_of_another_version_is_the_whole_file(fetch, public):
    tag = fetch("/audio/een.mp3")[1]["ETag"]

    known = fetch("/audio/een.mp3", If_None_Match=f'"other", {tag}')
    part = fetch("/audio/een.mp3", Range="bytes=0-1", If_Range=tag)
    os.utime(public / "audio/een.mp3", ns=(1, 1))
    newer = fetch("/audio/een.mp3", If_None_Match=tag, Range="bytes=0-1", If_Range=tag)

    assert (304, b"", tag) == (known[0], known[2], known[1]["ETag"])
    assert (206, b"\x00\x01") == part[::2]
    assert (200, SOUND) == newer[::2]


def test_an_empty_file_has_no_range(fetch):
    assert (200, b"") == fetch("/leeg.txt")[::2]
    assert 416 == fetch("/leeg.txt", Range="bytes=0-")[0]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1.evil.example", "", "0.0.0.0"]
)
def test_a_foreign_host_header_is_refused(fetch, host):
    assert 400 == fetch("/", Host=host)[0]
    assert 400 == fetch("/-/events", Host=host)[0]


def test_a_request_without_host_or_with_two_is_refused(port):
    for hosts in ("", f"Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"):
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as wire:
            wire.sendall(f"GET / HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n".encode())
            assert wire.recv(100).startswith(b"HTTP/1.1 400 ")


def test_localhost_is_accepted(fetch, port):
    assert 200 == fetch("/", Host=f"localhost:{port}")[0]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
def test_other_methods_are_refused(fetch, method):
    for path in ("/", "/-/events", "/-/reload.js"):
        status, headers, _ = fetch(path, method)

        assert (405, {"GET", "HEAD"}) == (status, set(headers["Allow"].split(", ")))


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
def test_nothing_outside_public_is_served(fetch, path):
    status, headers, body = fetch(path)

    assert 404 == status
    assert b"geheim" not in body
    assert "Set-Cookie" not in headers


def test_a_folder_without_slash_is_redirected(fetch):
    status, headers, _ = fetch("/episodes/een")

    assert (301, "/episodes/een/") == (status, headers["Location"])


def test_an_unknown_path_returns_the_sites_own_404_page(fetch):
    status, _, body = fetch("/nergens/")

    assert (404, b"<!doctype html><title>Niet gevonden</title>") == (status, body)


def test_the_reload_script_is_added_to_served_pages_and_never_to_published_files(fetch, public):
    served = fetch("/")[2].decode()

    assert '<script src="/-/reload.js?0" defer></script></head>' in served
    assert "reload.js" not in (public / "index.html").read_text()
    assert "reload.js" not in fetch("/episodes/een/")[2].decode()  # its policy does not allow it
    assert 200 == fetch("/-/reload.js?0")[0] == fetch("/-/worker.js")[0]


def test_a_page_contains_its_version_so_that_no_reload_is_missed_while_it_loads(fetch, channel):
    channel.post()
    channel.post()

    assert '/-/reload.js?2"' in fetch("/")[2].decode()
    channel.post(title="Error in the last edit", text="x")
    assert '/-/reload.js?3"' in fetch("/")[2].decode()


def test_an_error_replaces_pages_until_it_is_corrected(fetch, channel):
    channel.post(title="Error in the last edit", text="programme.yaml:1:1: error: <b>`titel`</b>")
    shown, sound, anyway = fetch("/episodes/een/"), fetch("/audio/een.mp3"), fetch("/episodes/een/?anyway")
    channel.post()

    assert 503 == shown[0]
    assert b"programme.yaml:1:1: error: &lt;b&gt;`titel`" in shown[2]
    assert b'href="/episodes/een/?anyway"' in shown[2]
    assert (200, 200, 200) == (sound[0], anyway[0], fetch("/episodes/een/")[0])


@pytest.fixture
def no_keep_alive(monkeypatch):
    """Disable keep-alives, so that only versions and the end of the stream arrive."""
    monkeypatch.setattr("pipeline.server.reload_channel.KEEP_ALIVE_S", 10 * TIMEOUT_S)


def open_stream(port):
    """Open the stream of versions, and read nothing yet. HTTP/1.0: the events are not split into chunks."""
    wire = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
    wire.sendall(f"GET /-/events HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    return wire


def read_until(wire, ends):
    """Read a stream up to these bytes, or to its end."""
    received = b""
    while not received.endswith(ends) and (more := wire.recv(1000)):
        received += more
    return received


@pytest.mark.usefixtures("no_keep_alive")
def test_a_hundred_tabs_receive_a_new_version_and_pages_are_still_served(fetch, channel, port):
    wires = [open_stream(port) for _ in range(100)]
    before = {read_until(wire, b"data: 0\n\n")[-9:] for wire in wires}

    page = fetch("/")
    channel.post()
    after = {read_until(wire, b"data: 1\n\n") for wire in wires}
    for wire in wires:
        wire.close()

    assert 200 == page[0]
    assert ({b"data: 0\n\n"}, {b"data: 1\n\n"}) == (before, after)


def test_the_notice_is_in_the_language_of_the_command_line(public):
    channel = ReloadChannel()
    channel.post(title="Fout in de laatste bewerking", text="programme.yaml:3")
    with run_server(public, channel, port=0, language="nl") as address:
        with pytest.raises(urllib.error.HTTPError) as notice:
            urllib.request.urlopen(address)
        page = notice.value.read().decode()

    assert 503 == notice.value.code
    assert '<html lang="nl">' in page
    assert "Deze pagina wordt vanzelf vernieuwd." in page
    assert "Toon de laatste versie van de pagina" in page


@pytest.mark.usefixtures("no_keep_alive")
def test_stopping_the_server_ends_waiting_streams(public):
    channel = ReloadChannel()
    with run_server(public, channel, port=0) as address:
        wire = open_stream(int(address.rstrip("/").rpartition(":")[2]))
        before = read_until(wire, b"data: 0\n\n")

    with wire:
        after = read_until(wire, b"data: 1\n\n")

    assert before.endswith(b"data: 0\n\n")
    assert after in (b"", b": keep-alive\n\n")  # no new version, then the end; a keep-alive if it waited already


def addresses():
    """Addresses of this machine other than 127.0.0.1: of its network, and of its host name."""
    found = {"127.0.0.2"}
    with contextlib.suppress(OSError), socket.socket() as one:
        other = socket.gethostbyname(socket.gethostname())
        one.bind((other, 0))  # fails if it belongs to another machine
        found.add(other)
    return found - {"127.0.0.1"}


@pytest.mark.parametrize("address", sorted(addresses()))
def test_the_server_listens_on_loopback_only(public, port, address):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address, port), timeout=TIMEOUT_S)


def test_a_port_in_use_is_reported_with_a_hint(public, port):
    with (
        pytest.raises(WeerslagError, match=f"port {port} is in use") as error,
        run_server(public, ReloadChannel(), port=port),
    ):
        pass

    assert "--port" in error.value.hint


def test_a_file_is_complete_while_the_folder_is_swapped_repeatedly(fetch, public):
    over = threading.Event()

    def swap():
        while not over.is_set():
            public.rename(public.with_name("old"))
            public.with_name("old").rename(public)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        responses = {fetch("/audio/een.mp3")[::2] for _ in range(50)}
    finally:
        over.set()
        thread.join()

    assert responses <= {
        (200, SOUND),
        (404, b"Not found.\n"),
        (404, b"<!doctype html><title>Niet gevonden</title>"),
    }
