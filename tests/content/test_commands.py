"""check, init, new and schema, as people and scripts call them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.content import load_programme, schemas

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def weerslag(monkeypatch, capsys):
    """The whole command line, in this process: (exit code, stdout, stderr)."""

    def run(*words, cwd=CHECKOUT):
        monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", ["weerslag", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code, *capsys.readouterr()

    return run


def files(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


NOTE = "note: {} not tied to their words yet; weerslag clear does it, and an edit after that is told\n"


@pytest.fixture
def tidy(content):
    """The programme of the fixture, in which an editor has nothing left to say."""
    content.change("magazine/stories/vooraf.md", "Het verhaal.", "Het verhaal. Iedereen luisterde.")
    content.change("magazine/magazine.yaml", "alt: De zaal}}", "alt: De zaal, credit: Studio}}")
    return content


def test_check_says_that_all_is_in_order(weerslag, tidy):
    summary = "2 events, 2 episodes, 1 reflection, 1 draft, 1 story: in order\n"

    assert (0, summary, NOTE.format("3 clearances in 2 files are")) == weerslag("-C", tidy.root, "check")


def test_check_writes_nothing(weerslag, content):
    before = files(content.root)

    weerslag("-C", content.root, "check")

    assert before == files(content.root)


def test_check_tells_all_faults_and_leaves_with_3(weerslag, content):
    content.change("programme.yaml", "loudness_lufs", "loudnes_lufs")
    content.change("magazine/stories/vooraf.md", "title: Vooraf\n", "")

    code, out, err = weerslag("-C", content.root, "check")

    assert (3, "") == (code, out)
    assert (
        err
        == """\
magazine/stories/vooraf.md:2:1: error: the story lacks `title`
    2 | intro: Hoe het begon.
      | ^
programme.yaml:16:3: error: `sound` has no key `loudnes_lufs`
   16 |   loudnes_lufs: -16
      |   ^
  hint: did you mean `loudness_lufs`?
2 faults in the content
"""
    )


def test_check_json_is_one_document_and_nothing_else(weerslag, content):
    content.change("programme.yaml", "loudness_lufs", "loudnes_lufs")
    (content.root / "episodes/00-trailer/episode.md").unlink()

    code, out, err = weerslag("-C", content.root, "check", "--json")

    assert (3, "") == (code, err)
    assert [
        {
            "where": "episodes/00-trailer/episode.md", "file": "episodes/00-trailer/episode.md", "line": None, "column": None,
            "message": "there is no such file", "hint": "write it, or make one: weerslag new episode SLUG", "code": "missing-file",
            "severity": "error",
        },
        {
            "where": "programme.yaml:16:3", "file": "programme.yaml", "line": 16, "column": 3,
            "message": "`sound` has no key `loudnes_lufs`", "hint": "did you mean `loudness_lufs`?", "code": "unknown-key",
            "severity": "error",
        },
    ] == json.loads(out)  # fmt: skip


def test_check_json_of_what_is_in_order_is_an_empty_list(weerslag, tidy):
    assert (0, "[]\n", "") == weerslag("-C", tidy.root, "check", "--json")


def test_a_warning_is_told_with_its_line_and_stops_nothing(weerslag, tidy):
    tidy.change("magazine/stories/vooraf.md", "Het verhaal.", "Het verhaal .")

    code, out, err = weerslag("-C", tidy.root, "check")

    assert (0, "2 events, 2 episodes, 1 reflection, 1 draft, 1 story: in order, with 1 warning\n") == (code, out)
    assert (
        err
        == """\
magazine/stories/vooraf.md:9:12: warning: a space before `.`: “Het verhaal . Iedereen luisterde.”
    9 | Het verhaal . Iedereen luisterde.
      |            ^
  hint: take it out
"""
        + NOTE.format("3 clearances in 2 files are")
    )


def test_check_leaves_a_real_process_with_3_and_no_traceback(content):
    content.change("programme.yaml", "type: serial", "type: seriel")

    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "-C", content.root, "check"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (3, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("programme.yaml:12:9: error: `type` must be serial or episodic, not `seriel`\n")
    assert "Traceback" not in done.stderr


def test_check_outside_a_programme_says_how_to_make_one(weerslag, tmp_path):
    code, _, err = weerslag("check", cwd=tmp_path)

    assert 3 == code
    assert "weerslag init DIR" in err


def test_init_makes_a_programme_that_checks(weerslag, tmp_path):
    code, out, _ = weerslag("init", tmp_path / "mijn-programma")

    assert 0 == code
    summary = "1 event, 1 episode, 1 reflection, 0 drafts, 1 story: in order\n"
    assert (0, summary, NOTE.format("2 clearances in 1 file are")) == weerslag("check", cwd=tmp_path / "mijn-programma")
    assert {str(path) for path in (tmp_path / "mijn-programma").rglob("*") if path.is_file()} == set(out.split())
    assert "Mijn programma" == load_programme(tmp_path / "mijn-programma").title


def test_init_takes_a_title_and_an_address(weerslag, tmp_path):
    weerslag("init", "leeg", "--title", "Ambtenaar van Nu: 2", "--url", "https://podnews.net/", cwd=tmp_path)

    programme = load_programme(tmp_path / "leeg")

    assert ("Ambtenaar van Nu: 2", "https://podnews.net/") == (programme.title, programme.url)


def test_two_programmes_never_share_the_guid_of_an_episode(weerslag, tmp_path):
    weerslag("init", tmp_path / "a")
    weerslag("init", tmp_path / "b")

    assert load_programme(tmp_path / "a").episodes[0].guid != load_programme(tmp_path / "b").episodes[0].guid


@pytest.mark.parametrize("words", [["--url", "http://example.org/"], ["--title", ""], ["--url", "x"]])
def test_init_refuses_what_would_not_check_and_writes_nothing(weerslag, tmp_path, words):
    code, out, err = weerslag("init", tmp_path / "x", *words)

    assert (2, "") == (code, out)
    assert "Error:" in err
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("what", ["a file in it", "a file"])
def test_init_overwrites_nothing(weerslag, tmp_path, what):
    target = tmp_path / "x"
    if what == "a file":
        target.write_text("mine")
    else:
        target.mkdir()
        (target / "programme.yaml").write_text("mine")
    before = files(tmp_path)

    code, _, _ = weerslag("init", target)

    assert 2 == code
    assert before == files(tmp_path)


def test_new_writes_one_file_and_says_which(weerslag, content):
    before = set(files(content.root))

    for words in (
        ["episode", "02-verder", "--event", "netwerkdag"],
        ["reflection", "tafel-9", "--event", "netwerkdag"],
        ["story", "achteraf"],
    ):
        assert 0 == weerslag("-C", content.root, "new", *words)[0]

    assert {
        "episodes/02-verder/episode.md",
        "magazine/reflections/netwerkdag/tafel-9.md",
        "magazine/stories/achteraf.md",
    } == set(files(content.root)) - before
    assert 0 == weerslag("-C", content.root, "check")[0]


def test_an_episode_whose_recording_is_there_already_can_still_be_made(weerslag, content):
    (content.root / "episodes/09-eerst-het-geluid/recording").mkdir(parents=True)

    code, out, _ = weerslag("-C", content.root, "new", "episode", "09-eerst-het-geluid")

    assert (code, out.strip()) == (0, str(content.root / "episodes/09-eerst-het-geluid/episode.md"))


def test_new_overwrites_nothing(weerslag, content):
    before = files(content.root)

    code, _, err = weerslag("-C", content.root, "new", "story", "vooraf")

    assert 1 == code
    assert "magazine/stories/vooraf.md: error: is already there, and nothing is ever overwritten" in err
    assert before == files(content.root)


@pytest.mark.parametrize(("words", "code", "told"), [
    (["episode", "Verder!"], 2, "write `verder`"),
    (["reflection", "a"], 2, "burger-centraal, netwerkdag"),
    (["reflection", "a", "--event", "netwerkda"], 2, "did you mean `netwerkdag`?"),
    (["poem", "a"], 2, "poem"),
    (["story"], 2, "SLUG"),
])  # fmt: skip
def test_new_says_what_it_did_not_understand(weerslag, content, words, code, told):
    before = files(content.root)

    left, _, err = weerslag("-C", content.root, "new", *words)

    assert code == left
    assert told in err
    assert before == files(content.root)


def test_schema_prints_one_or_all(weerslag, tmp_path):
    assert schemas() == json.loads(weerslag("schema")[1])
    assert schemas()["episode"] == json.loads(weerslag("schema", "episode")[1])
    assert 2 == weerslag("schema", "poem")[0]


@pytest.mark.parametrize("command", ["check", "clear", "init", "new", "schema"])
def test_each_help_gives_an_example(weerslag, command):
    code, out, _ = weerslag(command, "--help")

    assert 0 == code
    assert f"Example: weerslag {command}" in out
