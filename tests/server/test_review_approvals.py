"""Approvals at the review desk: the wording before, what is written, and what is refused; then by keyboard in Chromium."""

import json
import shutil

import pytest

from pipeline.content import load_programme
from pipeline.content.approval_lock import lock_reflections
from pipeline.content.approval_requests import format_request
from pipeline.content.approval_sheets import build_sheets
from pipeline.content.loader import load_files, read_valid_files
from tests.node import MODULES
from tests.server.review_desk import TOKEN, serve_desks
from tests.server.test_review_app import Client
from tests.server.test_review_browser import AXE, TIMEOUT_S, press

FILE = "magazine/reflections/avond/tafel-1.md"
PROGRAMME = """\
title: Proef
language: nl
organiser: Proef
url: https://example.org/
events:
  - {id: avond, title: Avond, starts: 2024-06-13 16:30, ends: 2024-06-13 19:00}
"""
REFLECTION = """\
---
group: Tafel 1   # bij het raam
roles: [beleid, uitvoering]
question: Wat heb je nodig?
quotes:
  - {text: "Wij belden eerst.", by: bewoner}
  - {text: "Dat duurde lang.", by: jurist}
---
Wij spraken over de brug.

Daarna over het bestuur.
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "programme.yaml").write_text(PROGRAMME)
    file = tmp_path / FILE
    file.parent.mkdir(parents=True)
    file.write_text(REFLECTION)
    return tmp_path


@pytest.fixture
def client(root):
    with serve_desks(None, root) as address:
        client = Client(address)
        client.open()
        yield client


def load(client):
    return json.loads(client.send("GET", "/api/approvals")[2])


def record(client, digests, **changes):
    body = {"file": FILE, "digests": digests, "by": "griffier", "day": "2026-11-30", "means": "phone", **changes}
    status, _, content = client.send("POST", "/api/approvals", body)
    return status, json.loads(content) if content.startswith(b"{") else content


def list_items(client):
    return load(client)["sheets"][0]["items"]


def edit(root, old, new):
    file = root / FILE
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_an_approval_is_locked_to_the_words_and_recorded_as_the_command_does(client, root):
    text, quote, _ = list_items(client)

    status, sheet = record(client, [text["digest"], quote["digest"]])

    assert (200, ["locked", "locked", "pending"]) == (status, [item["state"] for item in sheet["items"]])
    written = (root / FILE).read_text()
    assert f"approved: 2026-11-30 {text['digest']}\n---" in written
    assert f'- {{approved: {quote["digest"]}, text: "Wij belden eerst.", by: bewoner}}' in written
    assert "group: Tafel 1   # bij het raam" in written
    records = [json.loads(line) for line in (root / "magazine/approvals.jsonl").read_text().splitlines()]
    assert [("text", "griffier", "2026-11-30", "phone", "mb"), ("quote", "griffier", "2026-11-30", "phone", "mb")] == [
        (one["what"], one["by"], one["agreed"], one["means"], one["recorded_by"]) for one in records
    ]
    (reflection,) = load_programme(root).reflections
    assert ["Wij belden eerst."] == [one.text for one in reflection.quotes]
    assert [0, 0] == [
        lock_reflections(read_valid_files(root))[0].texts,
        lock_reflections(read_valid_files(root))[0].quotes,
    ]


def test_after_an_edit_the_approved_wording_stands_beside_the_one_now(client, root):
    record(client, [list_items(client)[0]["digest"]])
    edit(root, "over de brug", "over de sluis en de brug")

    text = list_items(client)[0]

    assert ("revoked", "approved") == (text["state"], text["formerSource"])
    (row,) = [row for row in text["parts"] if row["name"] == "text"]
    assert [[False, "Wij spraken over de brug. Daarna over het bestuur."]] == row["was"]
    assert [
        [False, "Wij spraken over"],
        [True, "de sluis en"],
        [False, "de brug.\n\nDaarna over het bestuur."],
    ] == row["now"]
    assert () == load_programme(root).reflections


def test_what_a_sheet_asked_is_the_wording_before(client, root):
    (sheet,) = build_sheets(load_files(root))
    folder = root / ".weerslag/asked"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{sheet.code}.json").write_bytes(format_request(sheet))
    edit(root, "Wij belden eerst.", "Wij belden twee keer.")

    text, quote, other = list_items(client)

    assert ["", "asked", ""] == [text["formerSource"], quote["formerSource"], other["formerSource"]]
    assert [[False, "Wij belden"], [True, "eerst."]] == quote["parts"][0]["was"]
    assert [[False, "Wij belden"], [True, "twee keer."]] == quote["parts"][0]["now"]


def test_words_that_changed_since_they_were_shown_are_not_approved(client, root):
    text, quote, _ = list_items(client)
    edit(root, "over de brug", "over de sluis")
    before = (root / FILE).read_bytes()

    status, answer = record(client, [text["digest"], quote["digest"]])

    assert (409, True) == (status, "changed since they were shown" in answer["message"])
    assert before == (root / FILE).read_bytes()
    assert not (root / "magazine/approvals.jsonl").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"by": ""},
        {"by": "jan@example.org"},
        {"by": "x" * 61},
        {"day": "30-11-2026"},
        {"day": 3},
        {"means": "telepathy"},
        {"digests": "alles"},
        {"file": None},
    ],
)
def test_an_incomplete_approval_is_refused(client, root, changes):
    assert record(client, changes.pop("digests", ["x"]), **changes)[0] == 400
    assert (root / FILE).read_text() == REFLECTION


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"digests": []}, 422),
        ({"day": "2026-12-02"}, 422),
        ({"file": "magazine/reflections/avond/tafel-9.md"}, 409),
        ({"file": "../programme.yaml"}, 409),
    ],
)
def test_an_approval_of_nothing_of_the_future_or_of_no_reflection_is_refused(client, root, changes, status):
    digest = list_items(client)[0]["digest"]

    assert record(client, changes.pop("digests", [digest]), **changes)[0] == status
    assert (root / FILE).read_text() == REFLECTION


@pytest.mark.parametrize("origin", ["https://kwaad.example", "null", ""])
def test_a_page_of_another_origin_approves_nothing(client, root, origin):
    body = {"file": FILE, "digests": [list_items(client)[0]["digest"]], "by": "x", "day": "2026-11-30", "means": "mail"}

    assert client.send("POST", "/api/approvals", body, Origin=origin)[0] == 403
    assert client.send("GET", "/api/approvals", Cookie="x=y")[0] == 403
    assert (root / FILE).read_text() == REFLECTION


def test_without_a_transcript_the_address_leads_to_the_approvals(client, root):
    status, headers, _ = client.send("GET", "/")

    assert (303, "/approvals") == (status, headers["Location"])
    assert client.send("GET", "/api/transcript")[0] == 404
    shutil.rmtree(root / "magazine")
    assert [] == load(client)["sheets"]


def open_approvals(chromium, address, **options):
    context = chromium.browser.new_context(**options)
    tab = context.new_page()
    tab.goto(f"{address}?token={TOKEN}")
    tab.wait_for_selector("#sheets[aria-busy=false]")
    return context, tab


def test_a_quote_is_approved_by_keyboard_alone(chromium, root):
    with serve_desks(None, root) as address:
        context, tab = open_approvals(chromium, address)
        press(tab, "Tab", "Tab", "Space")  # the second tick: the first quote
        press(tab, "Control+Enter")  # without who: it is explained, and the field has the focus
        told = tab.inner_text("#status")
        tab.keyboard.type("bewoner")
        press(tab, "Control+Enter")
        tab.locator("#status", has_text="Recorded: Tafel 1").wait_for(timeout=TIMEOUT_S * 1000)
        states = tab.locator(".item .state").all_inner_texts()
        focused = tab.evaluate("document.activeElement.tagName")
        left = tab.inner_text("#left")
        context.close()

    assert told.startswith("Say who agreed")
    assert ["not approved", "approved, in exactly these words", "not approved"] == states
    assert ("H2", "2 of 3 texts and quotes are not approved") == (focused, left)
    assert ["bewoner"] == [
        json.loads(line)["by"] for line in (root / "magazine/approvals.jsonl").read_text().splitlines()
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_no_violations_on_the_approvals(chromium, root, width, scheme):
    with serve_desks(None, root) as address:
        context, tab = open_approvals(chromium, address, viewport={"width": width, "height": 800}, color_scheme=scheme)
        tab.locator("input[type=checkbox]").first.check()
        tab.locator("[name=by]").fill("groep")
        press(tab, "Control+Enter")
        tab.locator(".state.done").wait_for(timeout=TIMEOUT_S * 1000)
        edit(root, "over de brug", "over de sluis")
        tab.reload()
        tab.locator("del").wait_for(timeout=TIMEOUT_S * 1000)
        tab.evaluate((MODULES / "axe-core/axe.min.js").read_text())
        violations = [(one["id"], node["html"]) for one in tab.evaluate(AXE) for node in one["nodes"]]
        page_width = tab.evaluate("document.documentElement.scrollWidth")
        context.close()

    assert ([], True) == (violations, page_width <= width)
