"""A jingle is played between two parts of the speech; where that is not possible, the error says why."""

import pytest

from pipeline.model import Jingle

PROGRAMME, EPISODE = "programme.yaml", "episodes/01-burger-centraal/episode.md"
SOUND = "sound: episodes/jingle.flac"


def add_jingles(content, *items):
    """Add jingles on line 18 of episode.md, the first value at column 16."""
    content.change(EPISODE, "teasers: [", f"jingles: [{', '.join(items)}]\nteasers: [")


@pytest.fixture
def content_without_teaser(content):
    """The content without its teaser from 0:13 to 0:29."""
    content.change(EPISODE, ', {from: "00:13", to: "00:29"}', "")
    return content


@pytest.mark.parametrize(("jingle", "expected", "message"), [
    ('at: "00:00"', "at-the-start@18:16", "there is no audio before this jingle"),
    ('at: "00:10.001"', "in-a-cut@18:16", "this jingle is inside a cut, 00:10–00:12.250"),
    ('at: "00:20.3"', "in-a-bleep@18:16 across-a-jingle@19:69", "this jingle is inside a bleep, 00:20–00:20.600"),
    ('at: "00:02"', "jingle-through-cue@18:16", "this jingle is in the middle of a cue of the transcript, 00:00–00:04.500"),
    ('at: "00:33.3"', "jingle-through-cue@18:16", "this jingle is in the middle of a cue of the transcript, 00:33–1:10:00"),
    ('at: "00:15"', "across-a-jingle@19:69", "this teaser has a jingle inside, at 00:15"),
    ("at: 12", "wrong-value@18:16", "`at` must be a time code"),
    ("tijd: 12", "missing-key@18:11 unknown-key@18:12", "required key `at` is missing"),
])  # fmt: skip
def test_impossible_jingle_is_reported_with_location(content, jingle, expected, message):
    add_jingles(content, f"{{{jingle}, {SOUND}}}")

    errors = content.load_errors()

    assert expected == " ".join(f"{error.code}@{error.location.line}:{error.location.column}" for error in errors)
    assert message in errors[0].message
    assert errors[0].hint or "required" in message


@pytest.mark.parametrize(
    "at", ["00:04.5", "00:04.251", "00:10", "00:12.25", "00:25.5", "00:13", "00:29", "00:33.2", "1:10:00"]
)
def test_jingle_may_be_at_the_edge_of_a_cut_a_cue_or_a_teaser(content_without_teaser, at):
    add_jingles(content_without_teaser, f'{{at: "{at}", {SOUND}}}')

    assert content_without_teaser.load().episodes[1].jingles


def test_jingle_may_be_inside_a_muted_cue(content_without_teaser):
    content_without_teaser.change(
        EPISODE, 'mutes: [{from: "00:25", to: "00:26"}]', 'mutes: [{from: "00:00", to: "00:04.5"}]'
    )
    add_jingles(content_without_teaser, f'{{at: "00:02", {SOUND}}}')

    assert content_without_teaser.load().episodes[1].jingles


@pytest.mark.parametrize(("first", "second"), [("00:25.5", "00:25.5"), ("00:30", "00:32"), ("00:32", "00:30")])
def test_two_jingles_without_audio_between_them_are_reported_at_the_second(content_without_teaser, first, second):
    add_jingles(content_without_teaser, f'{{at: "{first}", {SOUND}}}', f'{{at: "{second}", {SOUND}}}')

    (error,) = content_without_teaser.load_errors()

    column = len('jingles: [{at: "00:30", sound: episodes/jingle.flac}, {at: ') + len(first) - len("00:30") + 1
    assert ("overlap", 18, column) == (error.code, error.location.line, error.location.column)


def test_audio_before_a_jingle_must_not_be_cut(content_without_teaser):
    content_without_teaser.change(EPISODE, "from: 00:10, to: 00:12.25", "from: 00:00, to: 00:12.25")
    add_jingles(content_without_teaser, f'{{at: "00:12.25", {SOUND}}}')

    assert [("at-the-start", f"{EPISODE}:18:16")] == content_without_teaser.list_errors()


@pytest.mark.parametrize(("sound", "code"), [
    ("episodes/weg.flac", "missing-file"), ("../x.flac", "outside"), ("/etc/passwd", "outside"), ("episodes", "no-file"),
])  # fmt: skip
def test_jingle_file_must_exist_inside_the_programme(content_without_teaser, sound, code):
    content_without_teaser.change(PROGRAMME, "  intro:", f"  jingle: {sound}\n  intro:")
    add_jingles(content_without_teaser, f'{{at: "00:25.5", sound: {sound}}}', '{at: "00:15", sound: null}')

    assert [(code, f"{EPISODE}:18:34"), (code, "programme.yaml:21:11")] == content_without_teaser.list_errors()


@pytest.mark.parametrize("sound", ["", ", sound: null"])
def test_jingle_without_sound_needs_the_jingle_of_the_programme(content_without_teaser, sound):
    add_jingles(content_without_teaser, f'{{at: "00:25.5"{sound}}}')

    (error,) = content_without_teaser.load_errors()

    assert ("no-jingle", 18, 11) == (error.code, error.location.line, error.location.column)
    assert "programme.yaml" in error.hint


def test_jingles_are_sorted_and_have_their_own_sound_or_that_of_the_programme(content_without_teaser):
    content_without_teaser.write("episodes/ander.flac", "sound")
    content_without_teaser.change(PROGRAMME, "  intro:", "  jingle: episodes/jingle.flac\n  intro:")
    add_jingles(content_without_teaser, '{at: "00:29.5"}', '{at: "00:12.25", sound: episodes/ander.flac}')

    (episode,) = (one for one in content_without_teaser.load().episodes if one.number)

    assert (
        Jingle(at_ms=12_250, sound="episodes/ander.flac"),
        Jingle(at_ms=29_500, sound="episodes/jingle.flac"),
    ) == episode.jingles
