"""Approved texts are published; an edit after `weerslag approve` revokes the approval."""

import json
import os
import re
import sys
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli import main
from pipeline.content import find_editorial_warnings, list_pending_approvals, load_programme
from pipeline.content.approval_lock import lock_approvals
from pipeline.content.approvals import normalise_wording
from pipeline.content.content_files import parse_markdown_file
from pipeline.content.programme_folder import decode_source
from pipeline.content.scaffold import build_starter_files
from pipeline.content.schema.reflection import ReflectionSchema
from pipeline.errors import ContentError
from pipeline.model import Draft, PendingApproval

FILE = "magazine/reflections/burger-centraal/tafel-3.md"
REFLECTION = """\
---
group: Tafel 3
roles: [uitvoering, beleid]
question: Wat heb jij nodig?
approved: 2024-07-01   # zij belden zelf
insights:
  - Begin bij de vraag.
  - "Ga eerst kijken: 's ochtends."
quotes:
  - {text: "Ik ben eerst maar eens gaan kijken.", by: deelnemer, approved: true}
  - text: >-
      Twee regels
      zijn één uitspraak.
    by: jurist
    approved: True
  - {text: GEHEIM CITAAT., by: deelnemer, approved: false}
---
De tafel begon bij de "brug" - en bleef daar. <!-- was: dijk -->

- Eerst gaan kijken.
- Dan pas praten...
"""


def lock(raw):
    """Lock the approvals in the bytes of one file."""
    errors = []
    file = parse_markdown_file(decode_source(FILE, raw), FILE, ReflectionSchema, errors)
    assert [] == errors
    return lock_approvals(file)


@pytest.fixture
def approved(content):
    """A programme in which one reflection is approved and locked."""
    content.write(FILE, REFLECTION)
    content.write(FILE, lock(REFLECTION.encode()).content)
    return content


@pytest.fixture
def weerslag(monkeypatch, capsys, content):
    def run(*words):
        monkeypatch.setattr(sys, "argv", ["weerslag", "-C", str(content.root), *words])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code, *capsys.readouterr()

    return run


def list_published(content):
    """Return the reflection and its quotes, as far as they are published."""
    reflections = [one for one in content.load().reflections if one.slug == "tafel-3"]
    return [(one.slug, [normalise_wording(quote.text) for quote in one.quotes]) for one in reflections]


def find_revoked(content):
    return [one for one in find_editorial_warnings(content.load_files()) if one.code == "revoked"]


def list_revoked(content):
    return [(str(one.location), one.severity) for one in find_revoked(content)]


BOTH = [("tafel-3", ["Ik ben eerst maar eens gaan kijken.", "Twee regels zijn één uitspraak."])]


def test_unlocked_approvals_are_published(content):
    content.write(FILE, REFLECTION)

    assert BOTH == list_published(content)
    assert [] == list_revoked(content)


def test_locking_changes_only_the_approvals():
    locked = lock(REFLECTION.encode())

    pairs = list(zip(REFLECTION.split("\n"), locked.content.decode().split("\n"), strict=True))
    changed = [(old, new) for old, new in pairs if old != new]
    assert (1, 2) == (locked.texts, locked.quotes)
    assert ["approved: 2024-07-01 sha256-", "approved: sha256-", "approved: sha256-"] == [
        new[new.index("approved:") : new.index("sha256-") + 7] for _, new in changed
    ]
    assert changed[0][1].endswith("   # zij belden zelf")
    assert changed[1][1].startswith(
        '  - {text: "Ik ben eerst maar eens gaan kijken.", by: deelnemer, approved: sha256-'
    )


def test_locked_approvals_are_published_and_not_locked_again(approved):
    assert BOTH == list_published(approved)
    assert [] == list_revoked(approved)
    again = lock((approved.root / FILE).read_bytes())
    assert (0, 0, (approved.root / FILE).read_bytes()) == (again.texts, again.quotes, again.content)


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_locking_keeps_line_breaks_byte_order_mark_and_accents(ending):
    raw = b"\xef\xbb\xbf" + REFLECTION.replace("é", "e\u0301").replace("\n", ending).encode()
    raw = raw.replace(b"group: Tafel 3", "group: Tafel 3 \u200b".encode())

    locked = lock(raw).content

    assert raw == locked.replace(locked[locked.index(b" sha256-") : locked.index(b"   # zij")], b"").replace(
        locked[locked.index(b"d: sha256-") + 3 :][:19], b"true"
    ).replace(locked[locked.rindex(b"d: sha256-") + 3 :][:19], b"True")


@pytest.mark.parametrize("text", [
    "E\u0301e\u0301n", "a\u200bb\ufeffc", "\x07bel", "\u0627" * 40 + "\u064b" * 40, "x" * 200_000, "e\u0301" * 50_000, "t: true,"
], ids=lambda text: ascii(text[:8]))  # fmt: skip
def test_approval_is_found_after_any_text_on_its_line(text):
    raw = f'---\ngroup: T\nquotes:\n  - {{text: "{text}", \ufeffapproved: \x08true, by: iemand}}\n---\n'.encode()

    locked = lock(raw)

    digest = re.search(rb"sha256-[0-9a-f]{12}", locked.content)[0]
    assert raw == locked.content.replace(digest, b"true")
    assert (0, 0) == (lock(locked.content).texts, lock(locked.content).quotes)


HARMLESS = [
    ("De tafel begon bij", "De tafel\nbegon  bij"),
    ('"brug" - en', "“brug” – en"),
    ("'s ochtends", "’s ochtends"),
    ("praten...", "praten…"),
    ("Ik ben eerst", "Ik ben\u00a0eerst"),
    ('eens gaan kijken."', 'eens gaan kij\u00adken."'),
    (" <!-- was: dijk -->", " <!-- was: ooit -->"),
    ("group: Tafel 3", "group: Tafel drie"),
    ("één uitspraak", "e\u0301e\u0301n uitspraak"),
    ("question: Wat heb jij nodig?", "question: 'Wat heb jij nodig?'"),
    ("text: >-\n      Twee regels\n      zijn", "text: >-\n      Twee regels zijn"),
]


@pytest.mark.parametrize(("old", "new"), HARMLESS, ids=[new for _, new in HARMLESS])
def test_white_space_and_typography_do_not_revoke_an_approval(approved, old, new):
    approved.change(FILE, old, new)

    assert BOTH == list_published(approved)
    assert [] == list_revoked(approved)


EDITS = [
    ("Eerst gaan kijken", "Eerst gaan kijkem", "20:14"),
    ("De tafel begon", "Een tafel begon", "18:1"),
    ("Dan pas praten...", "Dan pas praten?", "21:11"),
    ("Wat heb jij nodig?", "Wat heb jij nodig", "4:11"),
    ("Begin bij de vraag.", "Begin bij de Vraag.", "7:5"),
    ("roles: [uitvoering, beleid]", "roles: [uitvoering, bestuur]", "3:8"),
    ("  - Begin bij de vraag.\n", "", "7:5"),
    ("  - Begin bij de vraag.\n", "  - Begin bij de vraag.\n  - En nog een.\n", "8:5"),
]


@pytest.mark.parametrize(("old", "new", "position"), EDITS, ids=[new.strip() or "gone" for _, new, _ in EDITS])
def test_any_edit_makes_a_reflection_a_draft_again(approved, weerslag, old, new, position):
    weerslag("approve")
    approved.change(FILE, old, new)

    assert [] == list_published(approved)
    assert Draft(slug="tafel-3", event="burger-centraal") in approved.load().drafts
    assert [(f"{FILE}:{position}", "warning")] == list_revoked(approved)


@pytest.mark.parametrize(
    ("old", "new"), [("maar eens", "maar weer"), ("by: deelnemer, approved: sha", "by: wethouder, approved: sha")]
)
def test_edited_quote_is_removed_and_the_rest_stays(approved, old, new):
    approved.change(FILE, old, new)

    assert [("tafel-3", ["Twee regels zijn één uitspraak."])] == list_published(approved)
    assert [(f"{FILE}:10:12", "warning")] == list_revoked(approved)


def test_warning_shows_the_approved_and_the_edited_text(approved, weerslag):
    weerslag("approve")
    approved.change(FILE, "maar eens gaan", "maar weer gaan")

    code, out, err = weerslag("check")

    assert 0 == code
    assert "no errors, " in out
    assert "was “… ben eerst maar eens gaan kijken.”, now it is “… ben eerst maar weer gaan kijken.”" in err
    assert "write `approved: true`, and run weerslag approve" in err


def test_edit_is_detected_without_the_stored_text(approved):
    assert not (approved.root / ".weerslag").exists()
    approved.change(FILE, "De tafel begon", "Een tafel begon")

    (error,) = find_revoked(approved)

    assert [] == list_published(approved)
    assert f"{FILE}:5:11" == str(error.location)
    assert "see the git history" in error.hint


def test_approve_never_renews_a_revoked_approval(approved, weerslag):
    approved.change(FILE, "De tafel begon", "Een tafel begon")
    revoked = (approved.root / FILE).read_bytes()

    code, _, err = weerslag("approve")

    assert (0, revoked) == (code, (approved.root / FILE).read_bytes())
    assert "edited after it was approved" in err
    line = next(line for line in revoked.decode().split("\n") if line.startswith("approved:"))
    approved.change(FILE, line, "approved: 2024-07-09")
    assert f"locked    {FILE}: text\n" == weerslag("approve")[1]
    assert BOTH == list_published(approved)


def test_approve_locks_all_or_the_given_reflections(content, weerslag):
    content.write(FILE, REFLECTION)
    content.write("magazine/reflections/burger-centraal/tafel-5.md", REFLECTION)

    _, out, _ = weerslag("approve", "tafel-5")
    assert "locked    magazine/reflections/burger-centraal/tafel-5.md: text and 2 quotes\n" == out
    _, _, err = weerslag("check")
    assert "4 approvals in 2 files are not locked" in err  # tafel-4 is a draft with an approved quote
    weerslag("approve")
    assert "not locked" not in weerslag("check")[2]
    assert (3, "", "error: there is no reflection `tafel-33`\n  hint: did you mean `tafel-3`?\n") == (
        weerslag("approve", "tafel-33")
    )


def test_approve_explains_why_nothing_was_locked(content, weerslag):
    for file in (FILE, "magazine/reflections/burger-centraal/tafel-4.md"):
        content.write(file, "---\ngroup: T\nquotes: [{text: Ja., by: deelnemer}]\n---\n")
    assert weerslag("approve")[1].startswith("unchanged nothing is approved: add `approved:`")
    content.write(FILE, "---\ngroup: T\napproved: 2024-07-01\n---\n")
    weerslag("approve")

    assert "unchanged every approval is already locked, or revoked\n" == weerslag("approve")[1]


def test_stored_text_of_a_removed_approval_is_deleted(approved, weerslag):
    weerslag("approve")
    folder = approved.root / ".weerslag/approved"
    texts = {file.name: file.read_text("utf-8") for file in folder.iterdir()}
    assert any("gaan kijken" in text for text in texts.values())
    (approved.root / FILE).unlink()

    weerslag("approve")

    assert not any("tafel begon" in file.read_text("utf-8") for file in folder.iterdir())
    assert len(list(folder.iterdir())) < len(texts)


def test_approval_that_cannot_be_edited_is_reported():
    raw = REFLECTION.replace("approved: 2024-07-01   #", "approved: >-\n  2024-07-01\nmoment: #").encode()

    with pytest.raises(ContentError, match="cannot be locked") as caught:
        lock(raw.replace(b"moment: #", b"#"))

    assert f"{FILE}:5:11" == str(caught.value.where)


@pytest.mark.parametrize(("written", "code"), [
    ("approved: 2024-07-01 sha256-12", "wrong-value"),
    ("approved: sha256-18106ec1657c", "wrong-value"),
    ("approved: true", "wrong-value"),
])  # fmt: skip
def test_invalid_digest_is_an_error(content, written, code):
    content.write(FILE, REFLECTION.replace("approved: 2024-07-01", written))

    assert [(code, f"{FILE}:5:11")] == content.list_errors()


def test_check_json_has_revoked_quotes_and_exits_with_0(approved, weerslag):
    approved.change(FILE, "maar eens gaan", "maar weer gaan")

    code, out, _ = weerslag("check", "--json")

    assert 0 == code
    (one,) = [one for one in json.loads(out) if one["code"] == "revoked"]
    assert (f"{FILE}:10:12", "warning") == (one["where"], one["severity"])


def test_pending_approvals_name_the_approver_and_no_text(approved):
    approved.change(FILE, "De tafel begon", "Een tafel begon")
    approved.change(FILE, "zijn één", "was één")

    pending = [one for one in list_pending_approvals(approved.load_files()) if one.file == FILE]

    where = {"file": FILE, "event": "burger-centraal", "group": "Tafel 3"}
    assert [
        PendingApproval(**where, approver="Tafel 3", what="text", revoked=True),
        PendingApproval(**where, approver="jurist", what="quote", revoked=True),
        PendingApproval(**where, approver="deelnemer", what="quote", revoked=False),
    ] == pending


def test_locking_is_atomic(content, weerslag, monkeypatch):
    content.write(FILE, REFLECTION)
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))

    code, _, err = weerslag("approve")

    assert 1 == code
    assert "cannot be written" in err
    assert REFLECTION == (content.root / FILE).read_text("utf-8")
    assert load_programme(content.root)


@given(st.text(max_size=40), st.sampled_from([" ", "\n", "\t", "\u00a0", "\u00ad", "\u200b"]))
def test_normalised_wording_ignores_typography(text, white):
    once = normalise_wording(text)

    assert once == normalise_wording(once)
    assert once == normalise_wording(text.replace("'", "’").replace('"', "”").replace(" ", f" {white}"))


@pytest.fixture
def edited_starter(weerslag, content):
    """A new programme, approved, locked, and then edited in one letter."""
    main_file = "magazine/reflections/eerste-bijeenkomst/tafel-1.md"
    for path, text in build_starter_files(
        title="Proef", url="https://example.org/p/", guid="g", day=date(2024, 6, 20)
    ).items():
        content.write(f"nieuw/{path}", text)
    content.root = content.root / "nieuw"
    weerslag("approve")
    content.change(main_file, "wat een groep achterliet", "wat een troep achterliet")
    return main_file


def test_build_warns_of_revoked_approvals_and_continues(edited_starter, weerslag):
    code, _, err = weerslag("build", "--dry-run", "site")

    assert 0 == code
    assert (
        f"{edited_starter}:12:34: warning: this reflection was edited after it was approved; it is not published" in err
    )
    assert "approved was “… van wat een groep achterliet. Vervang het …”" in err


def test_status_lists_pending_approvals(edited_starter, weerslag):
    _, out, _ = weerslag("status")
    as_json = json.loads(weerslag("status", "--json")[1])

    lines = out.split("\n")
    first = lines.index("needs approval by")
    assert [f"Tafel 1  text  edited after approval  {edited_starter}", ""] == lines[first + 1 : first + 3]
    assert [{"file": edited_starter, "event": "eerste-bijeenkomst", "group": "Tafel 1", "approver": "Tafel 1", "what": "text", "revoked": True, "count": 1}] == (
        as_json["pending_approvals"]
    )  # fmt: skip
