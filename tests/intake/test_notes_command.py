"""`weerslag notes import` in a programme: drafts that check accepts, nothing overwritten, nothing lost without a word."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import weerslag
from tests.intake.made import docx, odt, p, photo

EVENT = "eerste-bijeenkomst"


class Notes:
    """A new programme, and a folder of hand-ins beside it."""

    def __init__(self, folder):
        self.root, self.inbox = folder / "programma", folder / "inbox"
        self.inbox.mkdir()
        assert 0 == CliRunner().invoke(weerslag, ["init", str(self.root)]).exit_code

    def put(self, name, content):
        file = self.inbox / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(file)

    def run(self, *words, event=EVENT):
        return CliRunner().invoke(weerslag, ["-C", str(self.root), "notes", "import", *words, "--event", event])

    def draft(self, name):
        return self.root / "magazine/reflections" / EVENT / f"{name}.md"

    def check(self):
        return CliRunner().invoke(weerslag, ["-C", str(self.root), "check", "--json"])


@pytest.fixture
def notes(tmp_path):
    return Notes(tmp_path)


def test_what_was_handed_in_is_a_draft_that_check_accepts_and_that_is_not_cleared(notes):
    files = [
        notes.put("tafel-3.docx", docx(p("Tafel 3", "Kop1") + p("Vraag: Wat bleef?") + p("Een zin."))),
        notes.put("tafel-4.odt", odt("<text:h>Tafel 4</text:h><text:p>Nog een zin.</text:p>")),
        notes.put("Tafel 5.jpg", photo("JPEG", (900, 600))),
    ]

    done = notes.run(*files)

    assert (0, "") == (done.exit_code, done.stderr)
    assert ["written"] * 3 == [line.split()[0] for line in done.stdout.splitlines()[:3]]
    assert 0 == notes.check().exit_code
    assert "\ncleared:" not in notes.draft("tafel-3").read_text()
    assert (notes.root / f"magazine/images/{EVENT}-tafel-5-1.jpg").is_file()


def test_importing_twice_changes_nothing(notes):
    file = notes.put("tafel-3.txt", "Tafel 3\n\nEen zin.\n")
    notes.run(file)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in notes.root.rglob("*") if path.is_file()}

    done = notes.run(file)

    assert (0, "kept") == (done.exit_code, done.stdout.split()[0])
    assert before == {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in notes.root.rglob("*") if path.is_file()
    }


def test_an_edited_draft_is_never_overwritten(notes):
    notes.run(notes.put("tafel-3.txt", "Tafel 3\n\nEen zin.\n"))
    draft = notes.draft("tafel-3")
    draft.write_text(draft.read_text().replace("Een zin.", "Een betere zin."))

    same = notes.run(str(notes.inbox / "tafel-3.txt"), "--update")
    newer = notes.run(notes.put("tafel-3.txt", "Tafel 3\n\nEen nieuwe zin.\n"), "--update")

    assert (0, 1) == (same.exit_code, newer.exit_code)
    assert "a person wrote or edited" in newer.stdout
    assert "Een betere zin." in draft.read_text()


def test_a_newer_hand_in_replaces_an_untouched_draft_only_when_asked_to(notes):
    notes.run(notes.put("tafel-3.txt", "Tafel 3\n\nEen zin.\n"))
    file = notes.put("tafel-3.txt", "Tafel 3\n\nEen nieuwe zin.\n")

    unasked = notes.run(file)
    kept = notes.draft("tafel-3").read_text()
    asked = notes.run(file, "--update")

    assert (1, 0) == (unasked.exit_code, asked.exit_code)
    assert "Een zin." in kept
    assert "Een nieuwe zin." in notes.draft("tafel-3").read_text()


def test_a_form_is_read_by_the_guess_or_by_the_mapping_that_a_person_mended(notes):
    form = notes.put("form.csv", "Tafel;Wat telt er?;Wat nog?\n1;Rust;Ruimte\n")
    mapping = notes.inbox / "kolommen.toml"

    first = notes.run(form, "--mapping", str(mapping), "--group", "Groep X")
    mapping.write_text(
        mapping.read_text()
        .replace('text = ["Wat telt er?", "Wat nog?"]', 'insights = ["Wat nog?"]')
        .replace("insights = []\n", "")
    )
    second = notes.run(form, "--mapping", str(mapping), "--group", "Groep Y")

    assert (0, 0) == (first.exit_code, second.exit_code), second.stderr
    assert "insights: []" in notes.draft("groep-x").read_text()
    assert "  - Ruimte\n" in notes.draft("groep-y").read_text()


def test_a_mapping_with_an_unknown_column_says_which_there_are(notes):
    form = notes.put("form.csv", "Tafel;Verslag\n1;Rust\n")
    mapping = notes.put("kolommen.toml", 'text = ["Verslagg"]\n')

    done = notes.run(form, "--mapping", mapping)

    assert 1 == done.exit_code
    assert "the form has no column `Verslagg`" in done.stderr
    assert "did you mean `Verslag`?" in done.stderr


def test_a_mapping_that_is_no_text_is_told(notes):
    form = notes.put("form.csv", "Tafel;Verslag\n1;Rust\n")

    done = notes.run(form, "--mapping", notes.put("kolommen.toml", b"\xff\xfe\x00\x81"))

    assert 1 == done.exit_code
    assert "the mapping cannot be read" in done.stderr


def test_one_bad_file_stops_no_other_and_is_named(notes):
    bad = notes.put("tafel-1.docx", b"PK\x03\x04 half a file")

    done = notes.run(bad, notes.put("tafel-9.txt", "Tafel 9\n\nGoed.\n"))

    assert 1 == done.exit_code
    assert done.stderr.startswith("tafel-1.docx: error: is damaged, or was cut off")
    assert notes.draft("tafel-9").is_file()


def test_names_and_numbers_are_pointed_at_with_their_place(notes):
    done = notes.run(notes.put("tafel-9.txt", "Tafel 9\n\nBel Kees Jansen op 06 12345678.\n"))

    number = notes.draft("tafel-9").read_text().split("\n").index("Bel Kees Jansen op 06 12345678.") + 1
    path = f"magazine/reflections/{EVENT}/tafel-9.md"
    assert f"look      {path}:{number}:5: `Kees Jansen`: a name?" in done.stdout
    assert f"look      {path}:{number}:20: `06 12345678`: a telephone number" in done.stdout


def test_a_dry_run_writes_nothing(notes):
    before = sorted(notes.root.rglob("*"))

    done = notes.run(notes.put("tafel-9.txt", "Tafel 9\n\nGoed.\n"), "--dry-run")

    assert (0, "written") == (done.exit_code, done.stdout.split()[0])
    assert before == sorted(notes.root.rglob("*"))


def test_json_is_one_document_with_all_of_it(notes):
    done = notes.run(
        notes.put("tafel-9.txt", "Tafel 9\n\nNotulist: Kees\n\nMail a@b.nl.\n"), notes.put("leeg.docx", b""), "--json"
    )

    told = json.loads(done.stdout)
    assert 1 == done.exit_code
    assert [("written", 1)] == [(draft["state"], told["left_out"][0]["count"]) for draft in told["drafts"]]
    assert ["leeg.docx"] == [one["source"] for one in told["refused"]]
    assert ["`a@b.nl`: an e-mail address"] == [one["message"] for one in told["look"]]


def test_an_event_that_is_not_there_gets_a_suggestion(notes):
    done = notes.run(notes.put("a.txt", "x"), event="eerste-bijenkomst")

    assert 2 == done.exit_code or "did you mean `eerste-bijeenkomst`?" in str(done.exception)


def test_a_note_of_two_groups_of_one_name_loses_neither(notes):
    notes.run(notes.put("a.txt", "Tafel 9\n\nEen.\n"), notes.put("b.txt", "Tafel 9\n\nTwee.\n"))

    assert ["Een.", "Twee."] == [notes.draft(name).read_text().split("\n")[-2] for name in ("tafel-9", "tafel-9-2")]


def test_a_cleared_reflection_that_is_only_a_photo_is_told(notes):
    notes.run(notes.put("Tafel 5.jpg", photo("JPEG", (900, 600))))
    draft = notes.draft("tafel-5")
    draft.write_text(draft.read_text().replace("# cleared: 2024-07-01", "cleared: 2024-07-01"))

    (fault,) = json.loads(notes.check().stdout)

    assert "no-text" == fault["code"]
    assert str(Path(fault["file"])) == f"magazine/reflections/{EVENT}/tafel-5.md"
