"""The transcript editor over real HTTP: who may use it, and what each request does to the files."""

import http.client
import json
import threading
from contextlib import closing

import pytest

from tests.server.review_desk import CUES, TOKEN, format_file, serve_desk, write_programme

TIMEOUT_S = 60


class Client:
    """Sends requests to one desk, with the cookie of a session."""

    def __init__(self, address):
        self.address, self.port, self.cookie = address, int(address.rstrip("/").rpartition(":")[2]), ""

    def send(self, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookie:
            headers.setdefault("Cookie", self.cookie)
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            headers.setdefault("Origin", self.address.rstrip("/"))
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)) as connection:
            connection.request(method, path, body, headers)
            with closing(connection.getresponse()) as response:
                return response.status, response.headers, response.read()

    def open(self):
        status, headers, _ = self.send("GET", f"/?token={TOKEN}")
        self.cookie = headers.get("Set-Cookie", "").partition(";")[0]
        return status, headers

    def load(self):
        return json.loads(self.send("GET", "/api/transcript")[2])

    def save(self, old, new):
        status, _, content = self.send(
            "POST", "/api/cues", {"old": list(map(as_plain, old)), "new": list(map(as_plain, new))}
        )
        return status, json.loads(content)

    def review(self, digests, kind="heard"):
        status, _, content = self.send("POST", "/api/reviews", {"digests": digests, "kind": kind})
        return status, json.loads(content)


def as_plain(cue):
    return {"start": cue[0], "end": cue[1], "speaker": cue[2], "text": cue[3]}


def edited(cue, text):
    return (*cue[:3], text)


@pytest.fixture
def folder(tmp_path):
    return write_programme(tmp_path)


@pytest.fixture
def client(tmp_path, folder):
    with serve_desk(tmp_path) as address:
        yield Client(address)


@pytest.fixture
def session(client):
    client.open()
    return client


@pytest.fixture(scope="module", name="closed")
def _closed(tmp_path_factory):
    """A desk that nobody opened, for requests that change nothing."""
    root = tmp_path_factory.mktemp("closed")
    write_programme(root)
    with serve_desk(root) as address:
        yield Client(address)


@pytest.fixture(scope="module", name="untouched")
def _untouched(tmp_path_factory):
    """An open desk, for requests that are refused; and its folder."""
    root = tmp_path_factory.mktemp("untouched")
    folder = write_programme(root)
    with serve_desk(root) as address:
        client = Client(address)
        client.open()
        yield client, folder


def test_the_token_opens_the_editor_once_and_leaves_the_address(client):
    status, headers = client.open()

    assert (303, "/") == (status, headers["Location"])
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {one.strip() for one in headers["Set-Cookie"].split(";")}
    assert client.send("GET", "/")[0] == 200
    assert Client(client.address).open()[0] == 403
    assert client.send("GET", "/?token=", Cookie="x=y")[0] == 403  # the token that is used up is not an empty one


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/?token=",
        "/?token=anders",
        "/api/transcript",
        "/sound.wav",
        "/peaks",
        "/desk.js",
        "/api/version?token=een-geheim",
    ],
)
def test_without_the_token_nothing_is_served(closed, path):
    assert closed.send("GET", path)[0] == 403
    assert closed.send("GET", path, Cookie="weerslag-review-1=x; weerslag-review-2=y")[0] == 403


@pytest.mark.parametrize("host", ["kwaad.example", "kwaad.example:{port}", "127.0.0.1:1", "[::1]:{port}", ""])
def test_another_host_name_is_refused_even_with_the_cookie(untouched, host):
    client, _ = untouched

    assert client.send("GET", "/api/transcript", Host=host.format(port=client.port))[0] == 400


@pytest.mark.parametrize(
    "origin",
    ["https://kwaad.example", "null", "http://127.0.0.1:1", "http://localhost", "https://127.0.0.1:{port}", ""],
)
@pytest.mark.parametrize("path", ["/api/cues", "/api/reviews", "/api/ranges"])
def test_a_page_of_another_origin_changes_nothing(untouched, path, origin):
    client, folder = untouched
    before = (folder / "transcript.vtt").read_bytes()
    body = {"old": [as_plain(CUES[0])], "new": [], "digests": [], "kind": "heard", "key": "cuts", "from": 0, "to": 10}

    assert client.send("POST", path, body, Origin=origin.format(port=client.port))[0] == 403
    assert before == (folder / "transcript.vtt").read_bytes()
    assert not (folder / "review.jsonl").exists()


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_request_that_the_browser_marks_as_foreign_is_refused(untouched, site):
    client, _ = untouched

    assert client.send("GET", "/api/transcript", Sec_Fetch_Site=site)[0] == 403
    assert client.send("GET", "/api/transcript", Sec_Fetch_Site="same-origin")[0] == 200


def test_a_form_of_another_page_has_the_wrong_type(untouched):
    client, _ = untouched

    assert client.send("POST", "/api/cues", b'{"old": [], "new": []}', Content_Type="text/plain")[0] == 415


@pytest.mark.parametrize(
    "body",
    [
        b"geen JSON",
        b"[]",
        b"{}",
        b'{"old": [], "new": [{"start": 0, "end": 10, "speaker": "", "text": " "}]}',
        b'{"old": [], "new": [{"start": -1, "end": 10, "speaker": "", "text": "x"}]}',
        b'{"old": [], "new": [{"start": true, "end": 10, "speaker": "", "text": "x"}]}',
        b'{"old": [], "new": [{"start": 0, "end": 10, "speaker": 1, "text": "x"}]}',
        b"[" * 100_000,
    ],
)
def test_a_malformed_request_is_refused(untouched, body):
    client, folder = untouched
    before = (folder / "transcript.vtt").read_bytes()

    assert client.send("POST", "/api/cues", body)[0] == 400
    assert before == (folder / "transcript.vtt").read_bytes()


def test_a_huge_request_is_refused(untouched):
    client, _ = untouched

    assert client.send("POST", "/api/cues", b" " * (5 << 20))[0] == 413


def test_pages_allow_only_themselves_and_are_not_stored(session):
    _, headers, content = session.send("GET", "/")

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert ("no-store", "nosniff") == (headers["Cache-Control"], headers["X-Content-Type-Options"])
    assert b"http://" not in content
    assert b"https://" not in content


def test_an_edit_is_in_the_file_and_comments_stay(session, folder):
    status, answer = session.save([CUES[1]], [edited(CUES[1], "Fijn dat je er bent & blijft.")])

    assert status == 200
    text = (folder / "transcript.vtt").read_text()
    assert format_file([CUES[0], edited(CUES[1], "Fijn dat je er bent &amp; blijft."), *CUES[2:]]) == text
    assert [["Fijn", 1500, 0]] == answer["cues"][0]["words"][:1]


def test_an_edit_of_what_somebody_else_changed_is_a_conflict_with_both_texts_kept(session, folder):
    file = folder / "transcript.vtt"
    theirs = file.read_text().replace("We beginnen met koffie.", "We beginnen met thee.")
    file.write_text(theirs)

    status, answer = session.save([CUES[2]], [edited(CUES[2], "We beginnen met water.")])

    assert status == 409
    assert ["We beginnen met thee."] == [cue["text"] for cue in answer["cues"]]
    assert theirs == file.read_text()


def test_edits_of_other_cues_by_somebody_else_stay(session, folder):
    file = folder / "transcript.vtt"
    before = session.load()["digest"]
    file.write_text(file.read_text().replace("Goede middag", "Goedemiddag"))

    status, answer = session.save([CUES[2]], [edited(CUES[2], "Eerst koffie.")])

    assert status == 200
    assert before != answer["before"]
    assert "Goedemiddag" in file.read_text()
    assert "Eerst koffie." in file.read_text()


def test_a_cue_that_would_break_the_order_is_refused(session, folder):
    before = (folder / "transcript.vtt").read_bytes()

    status, answer = session.save([CUES[2]], [(200, 4500, *CUES[2][2:])])

    assert status == 422
    assert "before the previous cue" in answer["message"]
    assert before == (folder / "transcript.vtt").read_bytes()


def test_many_tabs_at_once_lose_nothing(session, folder):
    def edit(number):
        for step in range(10):
            old = edited(CUES[number], f"Stap {step - 1}.") if step else CUES[number]
            assert session.save([old], [edited(CUES[number], f"Stap {step}.")])[0] == 200

    threads = [threading.Thread(target=edit, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert format_file([edited(cue, "Stap 9.") for cue in CUES]) == (folder / "transcript.vtt").read_text()


def test_heard_and_signed_cues_are_reviewed_until_they_change(session, folder):
    digests = [cue["digest"] for cue in session.load()["cues"]]
    session.review(digests[:2])
    session.review(digests[2:3], "signed")
    session.save([CUES[1]], [edited(CUES[1], "Fijn.")])

    assert ["reviewed", "edited", "reviewed", "missing"] == [cue["state"] for cue in session.load()["cues"]]
    lines = [json.loads(line) for line in (folder / "review.jsonl").read_text().splitlines()]
    assert [("heard", "mb"), ("heard", "mb"), ("signed", "mb")] == [(line["kind"], line["by"]) for line in lines]


def test_nothing_is_recorded_for_a_cue_that_was_changed_meanwhile(session, folder):
    digest = session.load()["cues"][0]["digest"]
    session.save([CUES[0]], [edited(CUES[0], "Anders.")])

    assert (200, []) == (session.review([digest])[0], session.review([digest])[1]["digests"])
    assert (folder / "review.jsonl").read_text() == ""


def test_an_incomplete_line_of_a_crash_is_removed_before_the_next_record(session, folder):
    digests = [cue["digest"] for cue in session.load()["cues"]]
    session.review(digests[:1])
    with (folder / "review.jsonl").open("a") as file:
        file.write('{"cue": "abc", "sta')

    session.review(digests[1:2])

    assert [json.loads(line)["cue"] for line in (folder / "review.jsonl").read_text().splitlines()] == digests[:2]


@pytest.mark.parametrize("key", ["cuts", "mutes", "bleeps"])
def test_a_range_is_marked_in_episode_md_and_unmarked_again(session, folder, key):
    before = (folder / "episode.md").read_text()
    mark = {"key": key, "from": 1500, "to": 3000}

    marked = json.loads(session.send("POST", "/api/ranges", mark)[2])
    text = (folder / "episode.md").read_text()
    unmarked = json.loads(session.send("POST", "/api/ranges", mark | {"remove": True})[2])

    assert [[key.removesuffix("s"), 1500, 3000]] == marked["ranges"]
    assert ["missing", "hidden", "missing", "missing"] == [cue["state"] for cue in marked["cues"]]
    assert f'{key}:\n  - {{from: "00:01.500", to: "00:03"}}\n---\nTekst.' in text
    assert [] == unmarked["ranges"]
    assert before.replace("---\nTekst", f"{key}: []\n---\nTekst") == (folder / "episode.md").read_text()


def test_the_sound_is_served_in_ranges(session, tmp_path):
    sound = (tmp_path / "sound").read_bytes()

    status, headers, content = session.send("GET", "/sound.wav", Range="bytes=1000-1999")

    assert (206, "audio/wav", f"bytes 1000-1999/{len(sound)}") == (
        status,
        headers["Content-Type"],
        headers["Content-Range"],
    )
    assert sound[1000:2000] == content


def test_the_waveform_shows_where_it_is_loud(session):
    heights = session.send("GET", "/peaks")[2]

    assert len(heights) == 350
    assert max(heights[2:10]) < 5 < min(heights[15:48])


def test_a_missing_transcript_is_explained(session, folder):
    (folder / "transcript.vtt").unlink()

    status, _, content = session.send("GET", "/api/transcript")

    assert status == 422
    assert "transcript.vtt" in json.loads(content)["message"]
