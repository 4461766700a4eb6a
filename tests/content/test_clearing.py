"""What was cleared stands, what was edited after that appears nowhere, and one command ties the two together."""

import json
import os
import re
import sys
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli import main
from pipeline.content import find_editorial_warnings, load_programme, waiting
from pipeline.content.approval_lock import tied_file
from pipeline.content.approvals import that_counts
from pipeline.content.scaffold import starter_files
from pipeline.errors import ContentError
from pipeline.model import Draft, Waiting

FILE = "magazine/reflections/burger-centraal/tafel-3.md"
REFLECTION = """\
---
group: Tafel 3
roles: [uitvoering, beleid]
question: Wat heb jij nodig?
cleared: 2024-07-01   # zij belden zelf
insights:
  - Begin bij de vraag.
  - "Ga eerst kijken: 's ochtends."
quotes:
  - {text: "Ik ben eerst maar eens gaan kijken.", by: deelnemer, cleared: true}
  - text: >-
      Twee regels
      zijn één uitspraak.
    by: jurist
    cleared: True
  - {text: GEHEIM CITAAT., by: deelnemer, cleared: false}
---
De tafel begon bij de "brug" - en bleef daar. <!-- was: dijk -->

- Eerst gaan kijken.
- Dan pas praten...
"""


@pytest.fixture
def cleared(content):
    """A programme in which one reflection is cleared by hand, and tied."""
    content.write(FILE, REFLECTION)
    content.write(FILE, tied_file(FILE, REFLECTION.encode()).content)
    return content


@pytest.fixture
def weerslag(monkeypatch, capsys, content):
    def run(*words):
        monkeypatch.setattr(sys, "argv", ["weerslag", "-C", str(content.root), *words])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code, *capsys.readouterr()

    return run


def shown(content):
    """The texts and the quotes that come through."""
    reflections = [one for one in content.load().reflections if one.slug == "tafel-3"]
    return [(one.slug, [that_counts(quote.text) for quote in one.quotes]) for one in reflections]


def told(content, code="voided"):
    return [(str(one.place), one.severity) for one in find_editorial_warnings(content.root) if one.code == code]


BOTH = [("tafel-3", ["Ik ben eerst maar eens gaan kijken.", "Twee regels zijn één uitspraak."])]


def test_what_a_person_cleared_by_hand_is_shown(content):
    content.write(FILE, REFLECTION)

    assert BOTH == shown(content)
    assert [] == told(content)


def test_tying_changes_nothing_but_the_clearances():
    tied = tied_file(FILE, REFLECTION.encode())

    pairs = list(zip(REFLECTION.split("\n"), tied.content.decode().split("\n"), strict=True))
    changed = [(old, new) for old, new in pairs if old != new]
    assert (1, 2) == (tied.texts, tied.quotes)
    assert ["cleared: 2024-07-01 sha256-", "cleared: sha256-", "cleared: sha256-"] == [
        new[new.index("cleared:") : new.index("sha256-") + 7] for _, new in changed
    ]
    assert changed[0][1].endswith("   # zij belden zelf")
    assert changed[1][1].startswith('  - {text: "Ik ben eerst maar eens gaan kijken.", by: deelnemer, cleared: sha256-')


def test_what_is_tied_is_shown_as_before_and_tied_once(cleared):
    assert BOTH == shown(cleared)
    assert [] == told(cleared)
    again = tied_file(FILE, (cleared.root / FILE).read_bytes())
    assert (0, 0, (cleared.root / FILE).read_bytes()) == (again.texts, again.quotes, again.content)


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_breaks_byte_order_mark_and_accents_stay_as_they_came(ending):
    raw = b"\xef\xbb\xbf" + REFLECTION.replace("é", "e\u0301").replace("\n", ending).encode()
    raw = raw.replace(b"group: Tafel 3", "group: Tafel 3 \u200b".encode())

    tied = tied_file(FILE, raw).content

    assert raw == tied.replace(tied[tied.index(b" sha256-") : tied.index(b"   # zij")], b"").replace(
        tied[tied.index(b"d: sha256-") + 3 :][:19], b"true"
    ).replace(tied[tied.rindex(b"d: sha256-") + 3 :][:19], b"True")


@pytest.mark.parametrize("text", [
    "E\u0301e\u0301n", "a\u200bb\ufeffc", "\x07bel", "\u0627" * 40 + "\u064b" * 40, "x" * 200_000, "e\u0301" * 50_000, "t: true,"
], ids=lambda text: ascii(text[:8]))  # fmt: skip
def test_a_clearance_is_found_behind_whatever_stands_on_its_line(text):
    raw = f'---\ngroup: T\nquotes:\n  - {{text: "{text}", \ufeffcleared: \x08true, by: iemand}}\n---\n'.encode()

    tied = tied_file(FILE, raw)

    digest = re.search(rb"sha256-[0-9a-f]{12}", tied.content)[0]
    assert raw == tied.content.replace(digest, b"true")
    assert (0, 0) == (tied_file(FILE, tied.content).texts, tied_file(FILE, tied.content).quotes)


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
def test_white_space_and_typography_void_nothing(cleared, old, new):
    cleared.change(FILE, old, new)

    assert BOTH == shown(cleared)
    assert [] == told(cleared)


VOIDED_TEXTS = [
    ("Eerst gaan kijken", "Eerst gaan kijkem", "20:14"),
    ("De tafel begon", "Een tafel begon", "18:1"),
    ("Dan pas praten...", "Dan pas praten?", "21:11"),
    ("Wat heb jij nodig?", "Wat heb jij nodig", "4:11"),
    ("Begin bij de vraag.", "Begin bij de Vraag.", "7:5"),
    ("roles: [uitvoering, beleid]", "roles: [uitvoering, bestuur]", "3:8"),
    ("  - Begin bij de vraag.\n", "", "7:5"),
    ("  - Begin bij de vraag.\n", "  - Begin bij de vraag.\n  - En nog een.\n", "8:5"),
]


@pytest.mark.parametrize(
    ("old", "new", "place"), VOIDED_TEXTS, ids=[new.strip() or "gone" for _, new, _ in VOIDED_TEXTS]
)
def test_one_other_letter_makes_a_reflection_a_draft_again(cleared, weerslag, old, new, place):
    weerslag("clear")
    cleared.change(FILE, old, new)

    assert [] == shown(cleared)
    assert Draft(slug="tafel-3", event="burger-centraal") in cleared.load().drafts
    assert [(f"{FILE}:{place}", "warning")] == told(cleared)


@pytest.mark.parametrize(
    ("old", "new"), [("maar eens", "maar weer"), ("by: deelnemer, cleared: sha", "by: wethouder, cleared: sha")]
)
def test_one_other_word_or_another_mouth_takes_a_quote_out_and_leaves_the_rest(cleared, old, new):
    cleared.change(FILE, old, new)

    assert [("tafel-3", ["Twee regels zijn één uitspraak."])] == shown(cleared)
    assert [(f"{FILE}:10:12", "warning")] == told(cleared)


def test_what_changed_is_shown_beside_what_was_cleared(cleared, weerslag):
    weerslag("clear")
    cleared.change(FILE, "maar eens gaan", "maar weer gaan")

    code, out, err = weerslag("check")

    assert 0 == code
    assert "in order, with" in out
    assert "was “… ben eerst maar eens gaan kijken.”, and now it says “… ben eerst maar weer gaan kijken.”" in err
    assert "write `cleared: true`, and run weerslag clear" in err


def test_a_machine_that_forgot_the_words_voids_just_as_well(cleared):
    assert not (cleared.root / ".weerslag").exists()
    cleared.change(FILE, "De tafel begon", "Een tafel begon")

    (fault,) = [one for one in find_editorial_warnings(cleared.root) if one.code == "voided"]

    assert [] == shown(cleared)
    assert f"{FILE}:5:10" == str(fault.place)
    assert "git keeps them" in fault.hint


def test_clearing_never_clears_again_what_was_voided_and_a_person_does_it_by_hand(cleared, weerslag):
    cleared.change(FILE, "De tafel begon", "Een tafel begon")
    voided = (cleared.root / FILE).read_bytes()

    code, _, err = weerslag("clear")

    assert (0, voided) == (code, (cleared.root / FILE).read_bytes())
    assert "changed after it was cleared" in err
    line = next(line for line in voided.decode().split("\n") if line.startswith("cleared:"))
    cleared.change(FILE, line, "cleared: 2024-07-09")
    assert f"tied      {FILE}: its text\n" == weerslag("clear")[1]
    assert BOTH == shown(cleared)


def test_one_command_ties_all_or_what_it_is_told_of(content, weerslag):
    content.write(FILE, REFLECTION)
    content.write("magazine/reflections/burger-centraal/tafel-5.md", REFLECTION)

    _, out, _ = weerslag("clear", "tafel-5")
    assert "tied      magazine/reflections/burger-centraal/tafel-5.md: its text and 2 quotes\n" == out
    _, _, err = weerslag("check")
    assert "4 clearances in 2 files are not tied to their words yet" in err  # tafel-4 is a draft with a cleared quote
    weerslag("clear")
    assert "not tied" not in weerslag("check")[2]
    assert (3, "", "error: there is no reflection `tafel-33`\n  hint: did you mean `tafel-3`?\n") == (
        weerslag("clear", "tafel-33")
    )


def test_where_nothing_was_cleared_it_says_how_to(content, weerslag):
    for file in (FILE, "magazine/reflections/burger-centraal/tafel-4.md"):
        content.write(file, "---\ngroup: T\nquotes: [{text: Ja., by: deelnemer}]\n---\n")
    assert weerslag("clear")[1].startswith("kept      nothing was cleared yet: write `cleared:`")
    content.write(FILE, "---\ngroup: T\ncleared: 2024-07-01\n---\n")
    weerslag("clear")

    assert "kept      every clearance is tied to its words already, or voided\n" == weerslag("clear")[1]


def test_a_cleared_text_that_is_taken_back_is_forgotten_by_this_machine_too(cleared, weerslag):
    weerslag("clear")
    memory = cleared.root / ".weerslag/cleared"
    words = {file.name: file.read_text("utf-8") for file in memory.iterdir()}
    assert any("gaan kijken" in text for text in words.values())
    (cleared.root / FILE).unlink()

    weerslag("clear")

    assert not any("tafel begon" in file.read_text("utf-8") for file in memory.iterdir())
    assert len(list(memory.iterdir())) < len(words)


def test_a_clearance_in_a_form_that_cannot_be_changed_is_told_and_nothing_is_written():
    raw = REFLECTION.replace("cleared: 2024-07-01   #", "cleared: >-\n  2024-07-01\nmoment: #").encode()

    with pytest.raises(ContentError, match="cannot be tied") as caught:
        tied_file(FILE, raw.replace(b"moment: #", b"#"))

    assert f"{FILE}:5:10" == str(caught.value.where)


@pytest.mark.parametrize(("written", "code"), [
    ("cleared: 2024-07-01 sha256-12", "wrong-value"),
    ("cleared: sha256-18106ec1657c", "wrong-value"),
    ("cleared: true", "wrong-value"),
])  # fmt: skip
def test_a_broken_digest_is_a_fault_that_says_what_to_do(content, written, code):
    content.write(FILE, REFLECTION.replace("cleared: 2024-07-01", written))

    assert [(code, f"{FILE}:5:10")] == content.told()


def test_check_json_tells_a_voided_quote_and_leaves_with_0(cleared, weerslag):
    cleared.change(FILE, "maar eens gaan", "maar weer gaan")

    code, out, _ = weerslag("check", "--json")

    assert 0 == code
    (one,) = [one for one in json.loads(out) if one["code"] == "voided"]
    assert (f"{FILE}:10:12", "warning") == (one["where"], one["severity"])


def test_status_knows_what_waits_for_whom_and_not_one_word_of_it(cleared):
    cleared.change(FILE, "De tafel begon", "Een tafel begon")
    cleared.change(FILE, "zijn één", "was één")

    own = [one for one in waiting(cleared.root) if one.file == FILE]

    where = {"file": FILE, "event": "burger-centraal", "group": "Tafel 3"}
    assert [
        Waiting(**where, whom="Tafel 3", what="text", changed=True),
        Waiting(**where, whom="jurist", what="quote", changed=True),
        Waiting(**where, whom="deelnemer", what="quote", changed=False),
    ] == own


def test_tying_takes_place_whole_or_not_at_all(content, weerslag, monkeypatch):
    content.write(FILE, REFLECTION)
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))

    code, _, err = weerslag("clear")

    assert 1 == code
    assert "cannot be written" in err
    assert REFLECTION == (content.root / FILE).read_text("utf-8")
    assert load_programme(content.root)


@given(st.text(max_size=40), st.sampled_from([" ", "\n", "\t", "\u00a0", "\u00ad", "\u200b"]))
def test_what_counts_is_the_same_whatever_a_typesetter_does(text, white):
    once = that_counts(text)

    assert once == that_counts(once)
    assert once == that_counts(text.replace("'", "’").replace('"', "”").replace(" ", f" {white}"))


@pytest.fixture
def started(weerslag, content):
    """A new programme, cleared, tied, and then edited in one letter."""
    main_file = "magazine/reflections/eerste-bijeenkomst/tafel-1.md"
    for path, text in starter_files(
        title="Proef", url="https://example.org/p/", guid="g", day=date(2024, 6, 20)
    ).items():
        content.write(f"nieuw/{path}", text)
    content.root = content.root / "nieuw"
    weerslag("clear")
    content.change(main_file, "wat een groep achterliet", "wat een troep achterliet")
    return main_file


def test_a_build_says_which_words_it_leaves_out_and_goes_on(started, weerslag):
    code, _, err = weerslag("build", "--dry-run", "site")

    assert 0 == code
    assert f"{started}:12:34: warning: this reflection changed after it was cleared, so it appears nowhere" in err
    assert "cleared was “… van wat een groep achterliet. Vervang het …”" in err


def test_status_lists_what_waits_for_whom(started, weerslag):
    _, out, _ = weerslag("status")
    as_json = json.loads(weerslag("status", "--json")[1])

    assert ["waiting for", f"Tafel 1  its text  changed after it was cleared  {started}", ""] == out.split("\n")[-4:-1]
    assert [{"file": started, "event": "eerste-bijeenkomst", "group": "Tafel 1", "whom": "Tafel 1", "what": "text", "changed": True, "count": 1}] == (
        as_json["waiting"]
    )  # fmt: skip
