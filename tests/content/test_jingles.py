"""A jingle stands between two parts of a talk: where it cannot, that is told with its place, and what to do."""

import pytest

from pipeline.model import Jingle

PROGRAMME, EPISODE = "programme.yaml", "episodes/01-burger-centraal/episode.md"
SOUND = "sound: episodes/jingle.flac"


def jingled(content, *items):
    """Jingles on line 18 of the head, the first value at column 16."""
    content.change(EPISODE, "teasers: [", f"jingles: [{', '.join(items)}]\nteasers: [")


@pytest.fixture
def calm(content):
    """The sample without its teaser from 0:13 to 0:29."""
    content.change(EPISODE, ', {from: "00:13", to: "00:29"}', "")
    return content


@pytest.mark.parametrize(("jingle", "told", "message"), [
    ('at: "00:00"', "at-the-start@18:16", "no words are heard before this jingle"),
    ('at: "00:10.001"', "in-a-cut@18:16", "this jingle stands inside a cut, 00:10–00:12.250"),
    ('at: "00:20.3"', "in-a-bleep@18:16 across-a-jingle@19:69", "this jingle stands inside a bleep, 00:20–00:20.600"),
    ('at: "00:02"', "jingle-through-cue@18:16", "this jingle stands in the middle of a cue of the transcript, 00:00–00:04.500"),
    ('at: "00:33.3"', "jingle-through-cue@18:16", "this jingle stands in the middle of a cue of the transcript, 00:33–1:10:00"),
    ('at: "00:15"', "across-a-jingle@19:69", "this teaser goes across the jingle at 00:15"),
    ("at: 12", "wrong-value@18:16", "`at` must be a place in the sound"),
    ("tijd: 12", "missing-key@18:11 unknown-key@18:12", "lacks `at`"),
])  # fmt: skip
def test_a_jingle_that_cannot_stand_there_is_told_at_its_place(content, jingle, told, message):
    jingled(content, f"{{{jingle}, {SOUND}}}")

    faults = content.faults()

    assert told == " ".join(f"{fault.code}@{fault.place.line}:{fault.place.column}" for fault in faults)
    assert message in faults[0].message
    assert faults[0].hint or "lacks" in message


@pytest.mark.parametrize(
    "at", ["00:04.5", "00:04.251", "00:10", "00:12.25", "00:25.5", "00:13", "00:29", "00:33.2", "1:10:00"]
)
def test_a_jingle_may_stand_where_a_cut_a_cue_or_a_teaser_begins_or_ends_give_or_take_a_breath(calm, at):
    jingled(calm, f'{{at: "{at}", {SOUND}}}')

    assert calm.load().episodes[1].jingles


def test_words_that_were_muted_are_none_and_a_jingle_may_stand_in_their_midst(calm):
    calm.change(EPISODE, 'mutes: [{from: "00:25", to: "00:26"}]', 'mutes: [{from: "00:00", to: "00:04.5"}]')
    jingled(calm, f'{{at: "00:02", {SOUND}}}')

    assert calm.load().episodes[1].jingles


@pytest.mark.parametrize(("first", "second"), [("00:25.5", "00:25.5"), ("00:30", "00:32"), ("00:32", "00:30")])
def test_two_jingles_with_no_words_between_them_are_told_at_the_second(calm, first, second):
    jingled(calm, f'{{at: "{first}", {SOUND}}}', f'{{at: "{second}", {SOUND}}}')

    (fault,) = calm.faults()

    column = len('jingles: [{at: "00:30", sound: episodes/jingle.flac}, {at: ') + len(first) - len("00:30") + 1
    assert ("overlap", 18, column) == (fault.code, fault.place.line, fault.place.column)


def test_what_a_cut_leaves_before_a_jingle_must_be_heard(calm):
    calm.change(EPISODE, "from: 00:10, to: 00:12.25", "from: 00:00, to: 00:12.25")
    jingled(calm, f'{{at: "00:12.25", {SOUND}}}')

    assert [("at-the-start", f"{EPISODE}:18:16")] == calm.told()


@pytest.mark.parametrize(("sound", "told"), [
    ("episodes/weg.flac", "missing-file"), ("../x.flac", "outside"), ("/etc/passwd", "outside"), ("episodes", "no-file"),
])  # fmt: skip
def test_the_file_of_a_jingle_is_there_and_inside_the_programme(calm, sound, told):
    calm.change(PROGRAMME, "  intro:", f"  jingle: {sound}\n  intro:")
    jingled(calm, f'{{at: "00:25.5", sound: {sound}}}', '{at: "00:15", sound: null}')

    assert [(told, f"{EPISODE}:18:34"), (told, "programme.yaml:21:11")] == calm.told()


@pytest.mark.parametrize("sound", ["", ", sound: null"])
def test_a_jingle_without_a_sound_is_told_where_the_programme_has_none_either(calm, sound):
    jingled(calm, f'{{at: "00:25.5"{sound}}}')

    (fault,) = calm.faults()

    assert ("no-jingle", 18, 11) == (fault.code, fault.place.line, fault.place.column)
    assert "programme.yaml" in fault.hint


def test_jingles_stand_in_order_each_with_its_own_sound_or_that_of_the_programme(calm):
    calm.write("episodes/ander.flac", "sound")
    calm.change(PROGRAMME, "  intro:", "  jingle: episodes/jingle.flac\n  intro:")
    jingled(calm, '{at: "00:29.5"}', '{at: "00:12.25", sound: episodes/ander.flac}')

    (episode,) = (one for one in calm.load().episodes if one.number)

    assert (
        Jingle(at_ms=12_250, sound="episodes/ander.flac"),
        Jingle(at_ms=29_500, sound="episodes/jingle.flac"),
    ) == episode.jingles
