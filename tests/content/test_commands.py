"""The commands check, init, new and schema."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.content import build_json_schemas, load_programme

pytestmark = pytest.mark.slow

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


NOTE = "note: {} not locked: run weerslag approve, so that later edits revoke them\n"


@pytest.fixture
def content_without_warnings(content):
    """The programme without warnings."""
    content.change("magazine/stories/vooraf.md", "Het verhaal.", "Het verhaal. Iedereen luisterde.")
    content.change("magazine/magazine.yaml", "alt: De zaal}}", "alt: De zaal, credit: Studio}}")
    return content


ORDER = "episodes/01-burger-centraal/recording: note: 2 files in this order: part 2.WAV, part 10.wav\n"


def test_check_summarises_valid_content(weerslag, content_without_warnings):
    summary = "2 events, 2 episodes, 1 reflection, 1 draft, 1 story: no errors\n"

    assert (0, summary, ORDER + NOTE.format("3 approvals in 2 files are")) == weerslag(
        "-C", content_without_warnings.root, "check"
    )


def test_check_and_status_show_the_order_of_the_parts_and_what_is_ignored(weerslag, content):
    folder = "episodes/00-trailer/recording"
    for name in ("Nieuwe opname 2.m4a", "Nieuwe opname.m4a", "Nieuwe opname 10.m4a", "Thumbs.db", "ZOOM0001.hprj"):
        content.write(f"{folder}/{name}", "x")

    _, _, err = weerslag("-C", content.root, "check")
    _, out, _ = weerslag("-C", content.root, "status")

    names = "Nieuwe opname.m4a, Nieuwe opname 2.m4a, Nieuwe opname 10.m4a"
    assert f"{folder}: note: 3 files in this order: {names}\n" in err
    assert f"{folder}: note: ignored: Thumbs.db, ZOOM0001.hprj\n" in err
    assert f"00-trailer          {names}\n" in out
    assert "  3 parts  " in out


def test_check_warns_if_headers_contradict_the_order(weerslag, content):
    for name, year in (("1.wav", b"2025"), ("2.wav", b"2024")):
        body = bytes(320) + year + b"-06-1310:00:00" + bytes(264)
        head = b"RIFF" + (len(body) + 12).to_bytes(4, "little") + b"WAVEbext" + len(body).to_bytes(4, "little")
        content.write(f"episodes/00-trailer/recording/{name}", head + body)

    _, _, err = weerslag("-C", content.root, "check")

    message = "2.wav comes after 1.wav by its name, but its header says that it was recorded before"
    assert f"episodes/00-trailer/recording: warning: {message}\n" in err


def test_check_writes_nothing(weerslag, content):
    before = files(content.root)

    weerslag("-C", content.root, "check")

    assert before == files(content.root)


def test_check_prints_all_errors_and_exits_with_3(weerslag, content):
    content.change("programme.yaml", "loudness_lufs", "loudnes_lufs")
    content.change("magazine/stories/vooraf.md", "title: Vooraf\n", "")

    code, out, err = weerslag("-C", content.root, "check")

    assert (3, "") == (code, out)
    assert (
        err
        == """\
magazine/stories/vooraf.md:2:1: error: required key `title` is missing in the story
    2 | intro: Hoe het begon.
      | ^
programme.yaml:16:3: error: unknown key `loudnes_lufs` in `sound`
   16 |   loudnes_lufs: -16
      |   ^
  hint: did you mean `loudness_lufs`? its keys are loudness_lufs, true_peak_dbtp, channels, bitrate_kbps, formats, high_pass_hz, hum, noise_reduction, levelling, intro_overlap_s, outro_overlap_s, intro, outro, jingle
2 errors in the content
"""
    )


def test_check_json_prints_one_document(weerslag, content):
    content.change("programme.yaml", "loudness_lufs", "loudnes_lufs")
    (content.root / "episodes/00-trailer/episode.md").unlink()

    code, out, err = weerslag("-C", content.root, "check", "--json")

    assert (3, "") == (code, err)
    assert [
        {
            "where": "episodes/00-trailer/episode.md", "file": "episodes/00-trailer/episode.md", "line": None, "column": None,
            "message": "file not found", "hint": "write it, or create one: weerslag new episode SLUG", "code": "missing-file",
            "severity": "error",
        },
        {
            "where": "programme.yaml:16:3", "file": "programme.yaml", "line": 16, "column": 3,
            "message": "unknown key `loudnes_lufs` in `sound`", "hint": "did you mean `loudness_lufs`? its keys are loudness_lufs, true_peak_dbtp, channels, bitrate_kbps, formats, high_pass_hz, hum, noise_reduction, levelling, intro_overlap_s, outro_overlap_s, intro, outro, jingle", "code": "unknown-key",
            "severity": "error",
        },
    ] == json.loads(out)  # fmt: skip


def test_check_json_of_valid_content_is_an_empty_list(weerslag, content_without_warnings):
    assert (0, "[]\n", "") == weerslag("-C", content_without_warnings.root, "check", "--json")


def test_check_prints_warnings_and_exits_with_0(weerslag, content_without_warnings):
    content_without_warnings.change("magazine/stories/vooraf.md", "Het verhaal.", "Het verhaal .")

    code, out, err = weerslag("-C", content_without_warnings.root, "check")

    assert (0, "2 events, 2 episodes, 1 reflection, 1 draft, 1 story: no errors, 1 warning\n") == (code, out)
    assert (
        err
        == """\
magazine/stories/vooraf.md:9:12: warning: space before `.`: “Het verhaal . Iedereen luisterde.”
    9 | Het verhaal . Iedereen luisterde.
      |            ^
  hint: delete it
"""
        + ORDER
        + NOTE.format("3 approvals in 2 files are")
    )


def test_check_as_a_process_exits_with_3_without_traceback(content):
    content.change("programme.yaml", "type: serial", "type: seriel")

    completed = subprocess.run(
        [sys.executable, "-m", "pipeline", "-C", content.root, "check"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (3, "") == (completed.returncode, completed.stdout)
    assert completed.stderr.startswith("programme.yaml:12:9: error: `type` must be serial or episodic, not `seriel`\n")
    assert "Traceback" not in completed.stderr


def test_check_outside_a_programme_suggests_init(weerslag, tmp_path):
    code, _, err = weerslag("check", cwd=tmp_path)

    assert 3 == code
    assert "weerslag init DIR" in err


def test_init_creates_a_valid_programme(weerslag, tmp_path):
    code, out, _ = weerslag("init", tmp_path / "mijn-programma")

    assert 0 == code
    summary = "1 event, 1 episode, 1 reflection, 0 drafts, 1 story: no errors\n"
    assert (0, summary, NOTE.format("2 approvals in 1 file are")) == weerslag("check", cwd=tmp_path / "mijn-programma")
    assert {str(path) for path in (tmp_path / "mijn-programma").rglob("*") if path.is_file()} == set(out.split())
    assert "Mijn programma" == load_programme(tmp_path / "mijn-programma").title


def test_init_accepts_title_and_url(weerslag, tmp_path):
    weerslag("init", "leeg", "--title", "Ambtenaar van Nu: 2", "--url", "https://podnews.net/", cwd=tmp_path)

    programme = load_programme(tmp_path / "leeg")

    assert ("Ambtenaar van Nu: 2", "https://podnews.net/") == (programme.title, programme.url)


def test_init_creates_unique_episode_guids(weerslag, tmp_path):
    weerslag("init", tmp_path / "a")
    weerslag("init", tmp_path / "b")

    assert load_programme(tmp_path / "a").episodes[0].guid != load_programme(tmp_path / "b").episodes[0].guid


@pytest.mark.parametrize("words", [["--url", "http://example.org/"], ["--title", ""], ["--url", "x"]])
def test_init_rejects_invalid_arguments_and_writes_nothing(weerslag, tmp_path, words):
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


def test_new_creates_one_file_and_prints_its_path(weerslag, content):
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


def test_new_episode_may_have_a_recording_already(weerslag, content):
    (content.root / "episodes/09-eerst-het-geluid/recording").mkdir(parents=True)

    code, out, _ = weerslag("-C", content.root, "new", "episode", "09-eerst-het-geluid")

    assert (code, out.strip()) == (0, str(content.root / "episodes/09-eerst-het-geluid/episode.md"))


def test_new_works_while_something_else_is_wrong(weerslag, content):
    content.change("programme.yaml", "loudness_lufs: -16", "loudnes_lufs: -16")
    (content.root / "magazine/stories/vooraf.md").write_text("---\ntitel Vooraf\n---\n")

    code, out, _ = weerslag("-C", content.root, "new", "episode", "09-verder", "--event", "burger-centraal")

    assert 0 == code
    assert "number: 2\n" in Path(out.strip()).read_text()


def test_new_overwrites_nothing(weerslag, content):
    before = files(content.root)

    code, _, err = weerslag("-C", content.root, "new", "story", "vooraf")

    assert 1 == code
    assert "magazine/stories/vooraf.md: error: the file exists, and is not overwritten" in err
    assert before == files(content.root)


@pytest.mark.parametrize(("words", "code", "message"), [
    (["episode", "Verder!"], 2, "write `verder`"),
    (["reflection", "a"], 2, "burger-centraal, netwerkdag"),
    (["reflection", "a", "--event", "netwerkda"], 2, "did you mean `netwerkdag`?"),
    (["poem", "a"], 2, "poem"),
    (["story"], 2, "SLUG"),
])  # fmt: skip
def test_new_rejects_invalid_arguments(weerslag, content, words, code, message):
    before = files(content.root)

    exit_code, _, err = weerslag("-C", content.root, "new", *words)

    assert code == exit_code
    assert message in err
    assert before == files(content.root)


def test_schema_prints_one_or_all(weerslag, tmp_path):
    assert build_json_schemas() == json.loads(weerslag("schema")[1])
    assert build_json_schemas()["episode"] == json.loads(weerslag("schema", "episode")[1])
    assert 2 == weerslag("schema", "poem")[0]


@pytest.mark.parametrize("command", ["approve", "check", "init", "new", "schema"])
def test_help_has_an_example(weerslag, command):
    code, out, _ = weerslag(command, "--help")

    assert 0 == code
    assert f"Example: weerslag {command}" in out


def test_new_episode_with_a_recording_is_public_after_the_next_build(weerslag, tmp_path):
    root = tmp_path / "mijn-programma"
    weerslag("init", root)
    weerslag("-C", root, "new", "episode", "02-eigen", "--title", "Mijn eigen aflevering")
    recording = root / "episodes/02-eigen/recording"
    recording.mkdir()
    shutil.copy(root / "episodes/01-eerste-aflevering/recording/testgeluid.wav", recording)

    code, _, err = weerslag("-C", root, "build", "episodes", "feed", "site", "--workers", "local")

    assert 0 == code, err
    assert "Mijn eigen aflevering" in (root / "public/episodes/02-eigen/index.html").read_text("utf-8")
    assert "Mijn eigen aflevering" in (root / "public/feed.xml").read_text("utf-8")
