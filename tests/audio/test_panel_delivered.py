"""The panel as listeners get it: between music, edited, encoded in each format and decoded again; judged once more."""

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from pipeline.audio.analysis.recording import MeasureJob, measure
from pipeline.audio.encoding.encoder import EncodeJob, encode
from pipeline.audio.encoding.mp3_chunks import SHORTEST
from pipeline.audio.encoding.mp3_frames import SAMPLES
from pipeline.audio.processing.mastering import MasterJob, master
from pipeline.model import Cut, SoundTarget, moved_ms
from tests.audio.panel import HUM_LINES, panel
from tests.audio.sounds import RATE, decoded, libebur128, wav
from tests.audio.test_editing import sharpness
from tests.audio.test_panel import line_db

TARGET = SoundTarget(intro_overlap_s=1.5)
INTRO_S, OUTRO_S = 4.0, 3.0
WHERE = {"mp3": 0, "opus": 0, "m4a": 1024}  # by how many samples a decoder may give more: ffmpeg 5.1 on M4A


def music(seconds):
    """Chords that end in the middle of a swing, as a jingle does that was cut out of something longer."""
    times = np.arange(round(seconds * RATE)) / RATE
    chord = sum(np.sin(2 * np.pi * hz * times + hz) for hz in (220, 277.2, 329.6, 440, 1108.7))
    return (0.15 * chord * (0.6 + 0.4 * np.sin(2 * np.pi * 2 * times)))[:, np.newaxis].astype(np.float32)


@pytest.fixture(scope="module")
def produced(tmp_path_factory):
    """Format → the decoded file, the edits, and what was said of the master."""
    folder, event = tmp_path_factory.mktemp("produced"), panel()
    source, out = folder / "opname.wav", folder / "master.flac"
    source.write_bytes(wav(event.sound, kind="s24"))
    for name, seconds in (("intro", INTRO_S), ("outro", OUTRO_S)):
        (folder / f"{name}.wav").write_bytes(wav(music(seconds)))
    edits = edits_of(event)
    facts = measure(MeasureJob(parts=(str(source),), cuts=edits["cuts"]))
    clips = {name: str(folder / f"{name}.wav") for name in ("intro", "outro")}
    made = master(MasterJob(parts=(str(source),), target=TARGET, facts=facts, out=str(out), **edits, **clips))
    files = {}
    for kind in WHERE:
        encode(EncodeJob(master=str(out), format=kind, target=TARGET, out=str(folder / f"a.{kind}")))
        files[kind] = decoded(folder / f"a.{kind}")
    return files, edits, made


def edits_of(event):
    """A cut through two turns, a word muted and a word bleeped: none of them at a pause."""
    (one, _, three), (soft, *_) = event.loud[:3], event.soft
    inside = [round(1000 * (start + end) / 2) for start, end in (one, three, soft)]
    return {
        "cuts": (Cut(from_ms=inside[1] - 400, to_ms=inside[1] + 300),),
        "mutes": (Cut(from_ms=inside[0], to_ms=inside[0] + 450),),
        "bleeps": (Cut(from_ms=inside[2], to_ms=inside[2] + 500),),
    }


def moved(spans, edits, made):
    """Spans of the recording, where listeners hear them; those that the edits touch left out."""
    touched = [cut for cuts in edits.values() for cut in cuts]
    for start, end in spans:
        if not any(cut.from_ms < 1000 * end + 100 and cut.to_ms > 1000 * start - 100 for cut in touched):
            yield tuple(
                moved_ms(round(1000 * at), cuts=edits["cuts"], offset_ms=made.offset_ms) / 1000 for at in (start, end)
            )


@pytest.mark.parametrize("kind", WHERE)
def test_the_length_is_right_to_the_sample_however_it_is_encoded(produced, kind):
    files, _, made = produced

    wanted = len(panel().sound) + round((INTRO_S - TARGET.intro_overlap_s + OUTRO_S - 0.7) * RATE)
    assert round(made.duration_s * RATE) == wanted
    assert 0 <= len(files[kind]) - wanted <= WHERE[kind]


@pytest.mark.parametrize("kind", WHERE)
def test_loudness_and_peaks_are_those_asked_for_by_someone_elses_meter(produced, kind):
    integrated, _, peak = libebur128(produced[0][kind])

    assert integrated == pytest.approx(-16, abs=0.15)
    assert peak < -0.95


@pytest.mark.parametrize("kind", WHERE)
def test_speakers_stay_within_four_lu_and_applause_below_them(produced, kind):
    files, edits, made = produced

    levels = {}
    for who in ("loud", "soft", "applause"):
        spans = list(moved(getattr(panel(), who), edits, made))
        levels[who] = libebur128(panel().heard(files[kind], spans)[:, np.newaxis])[0]
    assert abs(levels["loud"] - levels["soft"]) < 4
    assert levels["applause"] < max(levels["loud"], levels["soft"])


@pytest.mark.parametrize("kind", WHERE)
def test_hum_is_gone_from_what_is_delivered(produced, kind):
    files, edits, made = produced
    pauses = list(moved(panel().pauses, edits, made))[1:]  # under the first lies music
    loud = list(moved(panel().loud, edits, made))

    gain = (
        libebur128(panel().heard(files[kind], loud)[:, np.newaxis])[0]
        - libebur128(panel().heard(panel().sound, panel().loud)[:, np.newaxis])[0]
    )
    for number in HUM_LINES:
        before, after = (
            line_db(panel().sound, panel().pauses, number * 50.03),
            line_db(files[kind], pauses, number * 50.03),
        )
        assert before + gain - after > 15


@pytest.mark.parametrize("kind", WHERE)
def test_nothing_clicks_where_sounds_meet(produced, kind):
    """Joins, both edges of what is hidden, the ends of the music, and the border of two chunks of the MP3."""
    files, edits, made = produced
    heard = files[kind][:, :1]
    at = {
        f"{name} {edge}": moved_ms(getattr(cut, edge), cuts=edits["cuts"], offset_ms=made.offset_ms)
        for name, cuts in edits.items()
        for cut in cuts
        for edge in ("from_ms", "to_ms")
    }
    outro_ms = round(1000 * (made.duration_s - OUTRO_S))
    at |= {"words begin": made.offset_ms, "intro ends": round(1000 * INTRO_S), "outro begins": outro_ms}
    at |= {"chunk": SHORTEST * SAMPLES * 1000 // RATE}

    assert {} == {name: sharp for name, at_ms in at.items() if (sharp := sharpness(heard, at_ms)) >= 1}


@pytest.mark.parametrize("place_ms", [20_000, SHORTEST * SAMPLES * 1000 // RATE])
def test_a_click_would_have_been_found(produced, place_ms):
    broken = produced[0]["mp3"][:, :1].copy()
    broken[place_ms * RATE // 1000 :] += 0.05

    assert sharpness(broken, place_ms) > 1


def test_music_is_as_loud_as_the_talk_and_lies_under_the_first_words(produced):
    """Its chord at 1108.7 Hz alone: before the words it is 16 dB above what it is under them."""
    files, _, made = produced
    tone = sosfiltfilt(butter(2, [1090, 1128], "bandpass", fs=RATE, output="sos"), files["mp3"][:, 0])
    before, under = (np.sqrt(np.mean(tone[round(start * RATE) :][: RATE // 2] ** 2)) for start in (1.0, INTRO_S - 1.2))

    assert 20 * np.log10(before / under) == pytest.approx(16, abs=2)
    alone = files["mp3"][RATE // 4 : round((made.offset_ms / 1000 - 0.5) * RATE)]
    talk = panel().heard(files["mp3"], list(moved(panel().loud, *produced[1:])))
    assert libebur128(alone[:, :1])[0] == pytest.approx(libebur128(talk[:, np.newaxis])[0], abs=2.5)
