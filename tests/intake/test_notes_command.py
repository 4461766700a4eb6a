"""`weerslag notes import` in a programme."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import weerslag
from tests.intake.office_files import docx, odt, p, photo

pytestmark = pytest.mark.slow

EVENT = "eerste-bijeenkomst"


class ImportSetup:
    """A new programme, and a folder with files to import."""

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
    return ImportSetup(tmp_path)


def test_imported_files_are_drafts_that_check_accepts(notes):
    files = [
        notes.put("tafel-3.docx", docx(p("Tafel 3", "Kop1") + p("Vraag: Wat bleef?") + p("Een zin."))),
        notes.put("tafel-4.odt", odt("<text:h>Tafel 4</text:h><text:p>Nog een zin.</text:p>")),
        notes.put("Tafel 5.jpg", photo("JPEG", (900, 600))),
    ]

    result = notes.run(*files)

    assert (0, "") == (result.exit_code, result.stderr)
    assert ["written"] * 3 == [line.split()[0] for line in result.stdout.splitlines()[:3]]
    assert 0 == notes.check().exit_code
    assert "\napproved:" not in notes.draft("tafel-3").read_text()
    assert (notes.root / f"magazine/images/{EVENT}-tafel-5-1.jpg").is_file()


def test_a_second_import_changes_no_file(notes):
    file = notes.put("tafel-3.txt", "Tafel 3\n\nEen zin.\n")
    notes.run(file)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in notes.root.rglob("*") if path.is_file()}

    result = notes.run(file)

    assert (0, "up to date") == (result.exit_code, result.stdout[:10])
    assert before == {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in notes.root.rglob("*") if path.is_file()
    }


def test_edited_draft_is_never_overwritten(notes):
    notes.run(notes.put("tafel-3.txt", "Tafel 3\n\nEen zin.\n"))
    draft = notes.draft("tafel-3")
    draft.write_text(draft.read_text().replace("Een zin.", "Een betere zin."))

    same = notes.run(str(notes.inbox / "tafel-3.txt"), "--update")
    newer = notes.run(notes.put("tafel-3.txt", "Tafel 3\n\nEen nieuwe zin.\n"), "--update")

    assert (0, 1) == (same.exit_code, newer.exit_code)
    assert "a person wrote or edited" in newer.stdout
    assert "Een betere zin." in draft.read_text()


def test_newer_file_replaces_an_unedited_draft_only_with_update(notes):
    notes.run(notes.put("tafel-3.txt", "Tafel 3\n\nEen zin.\n"))
    file = notes.put("tafel-3.txt", "Tafel 3\n\nEen nieuwe zin.\n")

    without_update = notes.run(file)
    unchanged = notes.draft("tafel-3").read_text()
    with_update = notes.run(file, "--update")

    assert (1, 0) == (without_update.exit_code, with_update.exit_code)
    assert "Een zin." in unchanged
    assert "Een nieuwe zin." in notes.draft("tafel-3").read_text()


def test_form_is_read_by_a_guessed_or_corrected_mapping(notes):
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


def test_mapping_with_an_unknown_column_suggests_a_known_one(notes):
    form = notes.put("form.csv", "Tafel;Verslag\n1;Rust\n")
    mapping = notes.put("kolommen.toml", 'text = ["Verslagg"]\n')

    result = notes.run(form, "--mapping", mapping)

    assert 1 == result.exit_code
    assert "the form has no column `Verslagg`" in result.stderr
    assert "did you mean `Verslag`?" in result.stderr


def test_binary_mapping_is_an_error(notes):
    form = notes.put("form.csv", "Tafel;Verslag\n1;Rust\n")

    result = notes.run(form, "--mapping", notes.put("kolommen.toml", b"\xff\xfe\x00\x81"))

    assert 1 == result.exit_code
    assert "the mapping is not valid TOML" in result.stderr


def test_damaged_file_does_not_stop_the_others(notes):
    bad = notes.put("tafel-1.docx", b"PK\x03\x04 half a file")

    result = notes.run(bad, notes.put("tafel-9.txt", "Tafel 9\n\nGoed.\n"))

    assert 1 == result.exit_code
    assert result.stderr.startswith("tafel-1.docx: error: the file is damaged or truncated")
    assert notes.draft("tafel-9").is_file()


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("verslag.md", "# Tafel 1\n\nGoed.\n\nZie " + "a" * 400, "verslag.md:5:5: error: a word of 400 characters"),
        ("vorm.csv", 'Tafel;Wat?\n1;Bellen\n2;"Gewoon doen" zei iemand\n', "vorm.csv:3:1: error: not a CSV table"),
    ],
)
def test_refused_file_is_told_with_line_and_column(notes, name, content, place):
    result = notes.run(notes.put(name, content))

    assert 1 == result.exit_code
    assert result.stderr.startswith(place)


def test_markdown_of_all_groups_may_be_longer_than_one_text(notes):
    groups = [f"# Tafel {n}\n\n" + "- Wie opneemt, lost het op.\n" * 30 + "\nEn verder. " * 500 for n in range(21, 37)]

    result = notes.run(notes.put("alles.md", "\n\n".join(groups)))

    assert not result.exit_code
    assert all(notes.draft(f"tafel-{n}").read_text().count("En verder.") == 500 for n in range(21, 37))


def test_text_of_one_group_that_is_too_long_is_refused_with_its_name(notes):
    result = notes.run(notes.put("alles.md", "# Tafel 1\n\nGoed.\n\n# Tafel 2\n\n" + "En verder.\n\n" * 5_000))

    assert 1 == result.exit_code
    assert result.stderr.startswith("alles.md: error: Tafel 2: a text of ")


def test_text_of_one_group_with_too_much_emphasis_is_refused_with_its_words(notes):
    turns = "\n\n".join(f"**Spreker {number}**: wij *dachten* aan iets anders." for number in range(1, 321))
    result = notes.run(notes.put("alles.txt.md", f"# Tafel 1\n\nGoed.\n\n# Tafel 2\n\n{turns}\n"))

    assert 1 == result.exit_code
    place = "from `**Spreker 301**: wij *dachten* aan iets ` on"
    assert f"Tafel 2: more than 600 marks of emphasis, {place}" in result.stderr
    assert "a heading such as `Tafel 1` begins the text of a group" in result.stderr


def test_personal_data_is_reported_with_its_location(notes):
    result = notes.run(notes.put("tafel-9.txt", "Tafel 9\n\nBel Kees Jansen op 06 12345678.\n"))

    number = notes.draft("tafel-9").read_text().split("\n").index("Bel Kees Jansen op 06 12345678.") + 1
    path = f"magazine/reflections/{EVENT}/tafel-9.md"
    assert f"check      {path}:{number}:5: `Kees Jansen`: a name?" in result.stdout
    assert f"check      {path}:{number}:20: `06 12345678`: phone number" in result.stdout


def test_kept_lines_that_look_like_a_letter_are_listed_with_their_place(notes):
    result = notes.run(notes.put("tafel-9.txt", "Goed.\n\nGroeten aan de bewoners van de wijk.\n"))

    number = notes.draft("tafel-9").read_text().split("\n").index("Groeten aan de bewoners van de wijk.") + 1
    path = f"magazine/reflections/{EVENT}/tafel-9.md"
    assert f"check      {path}:{number}:1: `Groeten aan de bewoners van de wijk.`: kept; looks like" in result.stdout


def test_files_of_the_system_are_skipped(notes):
    result = notes.run(
        notes.put("Thumbs.db", b"\xd0\xcf"), notes.put("~$tafel.docx", b"x"), notes.put("a.txt", "Goed.\n")
    )

    assert 0 == result.exit_code, result.stderr
    assert ["Thumbs.db", "~$tafel.docx"] == [line.split()[1] for line in result.stdout.splitlines()[:2]]
    assert notes.draft("a").is_file()


def test_dry_run_writes_nothing(notes):
    before = sorted(notes.root.rglob("*"))

    result = notes.run(notes.put("tafel-9.txt", "Tafel 9\n\nGoed.\n"), "--dry-run")

    assert (0, "written") == (result.exit_code, result.stdout.split()[0])
    assert before == sorted(notes.root.rglob("*"))


def test_json_has_drafts_omissions_refusals_and_personal_data(notes):
    result = notes.run(
        notes.put("tafel-9.txt", "Tafel 9\n\nNotulist: Kees\n\nMail a@b.nl.\n"), notes.put("leeg.docx", b""), "--json"
    )

    report = json.loads(result.stdout)
    assert 1 == result.exit_code
    assert [("written", 1)] == [(draft["state"], report["omitted"][0]["count"]) for draft in report["drafts"]]
    assert ["leeg.docx"] == [one["source"] for one in report["refused"]]
    assert ["`a@b.nl`: e-mail address"] == [one["message"] for one in report["personal_data"]]


def test_unknown_event_gets_a_suggestion(notes):
    result = notes.run(notes.put("a.txt", "x"), event="eerste-bijenkomst")

    assert "did you mean `eerste-bijeenkomst`?" == result.exception.hint


def test_two_groups_with_one_name_get_two_drafts(notes):
    notes.run(notes.put("a.txt", "Tafel 9\n\nEen.\n"), notes.put("b.txt", "Tafel 9\n\nTwee.\n"))

    assert ["Een.", "Twee."] == [notes.draft(name).read_text().split("\n")[-2] for name in ("tafel-9", "tafel-9-2")]


def test_approved_reflection_with_only_a_photo_is_an_error(notes):
    notes.run(notes.put("Tafel 5.jpg", photo("JPEG", (900, 600))))
    draft = notes.draft("tafel-5")
    draft.write_text(draft.read_text().replace("# approved: 2024-07-01", "approved: 2024-07-01"))

    (error,) = json.loads(notes.check().stdout)

    assert "no-text" == error["code"]
    assert str(Path(error["file"])) == f"magazine/reflections/{EVENT}/tafel-5.md"
