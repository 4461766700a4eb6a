"""`weerslag transcribe EPISODE --import FILE`: what people have becomes `transcript.vtt`."""

import json
from typing import NamedTuple

import pytest
import yaml
from click.testing import CliRunner

from pipeline.cli import weerslag
from pipeline.errors import WeerslagError
from tests.intake.office_files import W, docx

pytestmark = pytest.mark.slow

SLUG = "01-eerste-aflevering"  # its recording lasts 20 s
SRT = "1\n00:00:00,500 --> 00:00:02,000\nJan de Vries: Eén.\n\n2\n00:00:03,000 --> 00:00:04,500\nJan de Vries: Twee.\n"
LATE = "WEBVTT\n\n01:00:03.199 --> 01:00:04.019\nEen.\n\n01:00:05.359 --> 01:00:09.585\nTwee.\n"


class Outcome(NamedTuple):
    exit_code: int
    stdout: str
    stderr: str


class TranscriptSetup:
    """A new programme without a transcript."""

    def __init__(self, root):
        self.root, self.folder = root, root / "episodes" / SLUG
        assert 0 == CliRunner().invoke(weerslag, ["init", str(root)]).exit_code
        self.target = self.folder / "transcript.vtt"
        self.target.unlink()

    def put(self, name, content):
        file = self.folder / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file.name

    def run(self, *words):
        """Run a command; errors are as ``main`` prints them."""
        result = CliRunner().invoke(weerslag, ["-C", str(self.root), *words])
        if not isinstance(result.exception, WeerslagError):
            assert result.exception is None or isinstance(result.exception, SystemExit)
            return Outcome(result.exit_code, result.stdout, result.stderr)
        errors = getattr(result.exception, "errors", None) or [result.exception]
        return Outcome(result.exception.exit_code, result.stdout, result.stderr + "\n".join(map(str, errors)))

    def convert(self, name, *options, slug=SLUG):
        return self.run("transcribe", slug, "--import", name, *options)


@pytest.fixture
def transcript(tmp_path):
    return TranscriptSetup(tmp_path / "p")


def test_converted_transcript_is_accepted(transcript):
    name = transcript.put("opname.srt", SRT.encode("cp1252"))

    result = transcript.convert(name)

    assert (0, "") == (result.exit_code, result.stderr)
    assert transcript.target.read_text(encoding="utf-8") == (
        "WEBVTT\n\n00:00:00.500 --> 00:00:02.000\n<v Jan de Vries>Eén.\n\n"
        "00:00:03.000 --> 00:00:04.500\n<v Jan de Vries>Twee.\n"
    )
    checked = json.loads(transcript.run("check", "--json").stdout)
    assert [] == [one for one in checked if "transcript.vtt" in one["file"]]


def test_word_export_is_read_as_word_shows_it(transcript):
    def turn(name, time, text, hidden=""):
        return (
            f'<w:p><w:r><w:t>{name}</w:t></w:r><w:r><w:t xml:space="preserve">   {time}</w:t><w:br/><w:t>{text}</w:t></w:r>'
            f"<w:r><w:rPr><w:vanish/></w:rPr><w:t>{hidden}</w:t></w:r></w:p>"
        )

    body = turn("Jan de Vries", "0:01", "Goedemiddag.", "GEHEIM") + turn("Els Bakker", "0:04", "Dank.")
    body += f"<w:del {W}><w:r><w:delText>GEHEIM</w:delText></w:r></w:del>"

    result = transcript.convert(transcript.put("overleg.docx", docx(body)))

    assert 0 == result.exit_code, result.stderr
    text = transcript.target.read_text(encoding="utf-8")
    assert "<v Jan de Vries>Goedemiddag.\n" in text
    assert "00:00:04.000 --> " in text
    assert "GEHEIM" not in text


def test_each_cue_that_cannot_be_used_is_reported(transcript):
    lost = "3\n00:00:0x,000 --> 00:00:06,000\nDrie.\n\n4\n00:09:03,000 --> 00:09:05,500\nTe laat.\n"

    result = transcript.convert(transcript.put("a.srt", f"{SRT}\n{lost}"))

    assert 1 == result.exit_code
    places = [
        line.partition(f"{SLUG}/")[2].partition(": error")[0] for line in result.stderr.splitlines() if "error" in line
    ]
    assert places == ["a.srt:10:1", "a.srt:14:1"]
    assert "Te laat" not in transcript.target.read_text(encoding="utf-8")


def test_of_many_faults_the_first_are_shown(transcript):
    lost = "\n".join(f"{n}\n00:00:0x,000 --> 00:00:06,000\nDrie.\n" for n in range(30))

    result = transcript.convert(transcript.put("a.srt", f"{SRT}\n{lost}"))
    everything = transcript.convert("a.srt", "--json")

    assert 20 == result.stderr.count("is not a timestamp")
    assert "and 10 more of these: --json lists all" in result.stderr
    assert 30 == everything.stdout.count("is not a timestamp")


def test_file_of_an_hour_late_is_shifted_as_suggested(transcript):
    transcript.put("transcript.vtt", LATE)

    checked = transcript.run("check")
    refused = transcript.convert("transcript.vtt")
    unchanged = transcript.target.read_text(encoding="utf-8")
    result = transcript.convert("transcript.vtt", "--shift", "-1:00:00")

    assert 3 == checked.exit_code
    assert f"episodes/{SLUG}/transcript.vtt:3:1: error: 2 of 2 cues begin after the end" in checked.stderr
    assert f"weerslag transcribe {SLUG} --import transcript.vtt --shift -1:00:00" in checked.stderr
    assert (3, LATE) == (refused.exit_code, unchanged)
    assert 0 == result.exit_code, result.stderr
    assert "00:00:03.199 --> 00:00:04.019\nEen." in transcript.target.read_text(encoding="utf-8")
    assert LATE == (transcript.folder / "transcript.original.vtt").read_text(encoding="utf-8")
    assert 0 == transcript.run("check").exit_code


def test_cue_after_the_end_stops_the_build_with_its_line(transcript):
    transcript.put(
        "transcript.vtt", "WEBVTT\n\n00:01.000 --> 00:09.000\nEen.\n\n01:30.000 --> 01:35.000\nNa het einde.\n"
    )

    result = transcript.run("build", "episodes", "--workers", "local")

    assert 1 == result.exit_code
    assert f"episodes/{SLUG}/transcript.vtt:6:1: error: this cue begins after the end of the sound" in result.stderr


def test_transcript_of_a_person_is_never_overwritten(transcript):
    mine = "WEBVTT\n\n00:01.000 --> 00:02.000\nVan een mens.\n"
    transcript.put("transcript.vtt", mine)

    result = transcript.convert(transcript.put("a.srt", SRT))

    assert 1 == result.exit_code
    assert "a transcript is never overwritten" in result.stderr
    assert mine == transcript.target.read_text(encoding="utf-8")


def test_text_without_times_is_sent_to_alignment(transcript):
    result = transcript.convert(transcript.put("script.txt", "Jan: Goedemiddag.\n"))

    assert 1 == result.exit_code
    assert f"weerslag transcribe {SLUG} --align FILE" in result.stderr


@pytest.mark.parametrize(("name", "content", "message"), [
    ("a.pdf", b"%PDF-1.7", "PDF cannot be read"),
    ("a.docx", docx("x")[:200], "damaged"),
    ("a.png", b"\x89PNG\r\n\x1a\n", "cannot be read from this format"),
    ("a.srt", b"\x01\0\x02\x03", "Export it as WebVTT, SubRip"),
])  # fmt: skip
def test_file_that_is_no_transcript_is_refused(transcript, name, content, message):
    result = transcript.convert(transcript.put(name, content))

    assert 1 == result.exit_code
    assert message in result.stderr
    assert not transcript.target.exists()


def test_wrong_names_are_usage_errors(transcript):
    name = transcript.put("a.srt", SRT)

    assert 2 == transcript.convert(name, slug="01-eerste").exit_code
    assert 2 == transcript.convert("b.srt").exit_code
    assert 2 == transcript.convert(name, "--shift", "straks").exit_code


def test_proposals_are_printed_ready_to_paste_and_written_nowhere(transcript):
    cues = "00:00.500 --> 00:02.000\nWe gaan nu verder met\n\n00:02.500 --> 00:05.000\nWe gaan nu beginnen.\n\n00:15.000 --> 00:16.000\nKlaar.\n"
    transcript.put("transcript.vtt", f"WEBVTT\n\n{cues}")
    before = (transcript.folder / "episode.md").read_bytes()

    result = transcript.run("transcribe", SLUG, "--suggest")

    assert 0 == result.exit_code, result.stderr
    assert yaml.safe_load(result.stdout) == {
        "cuts": [{"from": "00:00.500", "to": "00:02.500"}, {"from": "00:06", "to": "00:14"}]
    }
    assert before == (transcript.folder / "episode.md").read_bytes()
