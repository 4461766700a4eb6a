"""The panel with intro, outro and edits, encoded in each format and decoded again."""

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from pipeline.audio.analysis.recording import MeasureTask, measure_recording
from pipeline.audio.encoding.encoder import EncodeTask, encode_master
from pipeline.audio.encoding.mp3_chunks import MIN_CHUNK_FRAMES
from pipeline.audio.encoding.mp3_frames import SAMPLES_PER_FRAME
from pipeline.audio.mastering import master
from pipeline.audio.tasks import MasterTask
from pipeline.model import Cut, SoundTarget, shift_ms
from tests.audio.panel import HUM_LINES, panel
from tests.audio.sounds import RATE, decoded, libebur128, wav
from tests.audio.test_panel_mastering import line_db
from tests.audio.test_redaction import click_ratio

pytestmark = pytest.mark.slow

TARGET = SoundTarget(intro_overlap_s=1.5)
INTRO_S, OUTRO_S = 4.0, 3.0
WHERE = {"mp3": 0, "opus": 0, "m4a": 1024}  # by how many samples a decoder may give more: ffmpeg 5.1 on M4A


def music(seconds):
    """Chords that end mid-cycle, as in a jingle that was cut out of something longer."""
    times = np.arange(round(seconds * RATE)) / RATE
    chord = sum(np.sin(2 * np.pi * hz * times + hz) for hz in (220, 277.2, 329.6, 440, 1108.7))
    return (0.15 * chord * (0.6 + 0.4 * np.sin(2 * np.pi * 2 * times)))[:, np.newaxis].astype(np.float32)


@pytest.fixture(scope="module")
def produced(tmp_path_factory):
    """Format → the decoded file, the edits, and what was measured of the master."""
    folder, event = tmp_path_factory.mktemp("produced"), panel()
    source, out = folder / "opname.wav", folder / "master.wav"
    source.write_bytes(wav(event.sound, kind="s24"))
    for name, seconds in (("intro", INTRO_S), ("outro", OUTRO_S)):
        (folder / f"{name}.wav").write_bytes(wav(music(seconds)))
    edits = choose_edits(event)
    facts = measure_recording(MeasureTask(parts=(str(source),), cuts=edits["cuts"]))
    clips = {name: str(folder / f"{name}.wav") for name in ("intro", "outro")}
    result = master(MasterTask(parts=(str(source),), target=TARGET, facts=facts, out=str(out), **edits, **clips))
    files = {}
    for kind in WHERE:
        encode_master(EncodeTask(master=str(out), format=kind, target=TARGET, out=str(folder / f"a.{kind}")))
        files[kind] = decoded(folder / f"a.{kind}")
    return files, edits, result


def choose_edits(event):
    """A cut through two turns, a word muted and a word bleeped: none of them at a pause."""
    (one, _, three), (soft, *_) = event.loud[:3], event.soft
    inside = [round(1000 * (start + end) / 2) for start, end in (one, three, soft)]
    return {
        "cuts": (Cut(from_ms=inside[1] - 400, to_ms=inside[1] + 300),),
        "mutes": (Cut(from_ms=inside[0], to_ms=inside[0] + 450),),
        "bleeps": (Cut(from_ms=inside[2], to_ms=inside[2] + 500),),
    }


def map_spans(spans, edits, result):
    """Spans of the recording, at their time in the master, without those that edits touch."""
    touched = [cut for cuts in edits.values() for cut in cuts]
    for start, end in spans:
        if not any(cut.from_ms < 1000 * end + 100 and cut.to_ms > 1000 * start - 100 for cut in touched):
            yield tuple(
                (shift_ms(round(1000 * at), cuts=edits["cuts"]) + result.offset_ms) / 1000 for at in (start, end)
            )


@pytest.mark.parametrize("kind", WHERE)
def test_duration_is_exact_to_the_sample_in_each_format(produced, kind):
    files, _, result = produced

    expected = len(panel().sound) + round((INTRO_S - TARGET.intro_overlap_s + OUTRO_S - 0.7) * RATE)
    assert round(result.duration_s * RATE) == expected
    assert 0 <= len(files[kind]) - expected <= WHERE[kind]


@pytest.mark.parametrize("kind", WHERE)
def test_loudness_and_true_peak_meet_the_target_by_another_meter(produced, kind):
    integrated, _, peak = libebur128(produced[0][kind])

    assert integrated == pytest.approx(-16, abs=0.15)
    assert peak < -0.95


@pytest.mark.parametrize("kind", WHERE)
def test_speakers_are_within_four_lu_and_applause_is_below_them(produced, kind):
    files, edits, result = produced

    levels = {}
    for who in ("loud", "soft", "applause"):
        spans = list(map_spans(getattr(panel(), who), edits, result))
        levels[who] = libebur128(panel().extract(files[kind], spans)[:, np.newaxis])[0]
    assert abs(levels["loud"] - levels["soft"]) < 4
    assert levels["applause"] < max(levels["loud"], levels["soft"])


@pytest.mark.parametrize("kind", WHERE)
def test_hum_is_removed_from_encoded_files(produced, kind):
    files, edits, result = produced
    pauses = list(map_spans(panel().pauses, edits, result))[1:]  # the intro is under the first
    loud = list(map_spans(panel().loud, edits, result))

    gain = (
        libebur128(panel().extract(files[kind], loud)[:, np.newaxis])[0]
        - libebur128(panel().extract(panel().sound, panel().loud)[:, np.newaxis])[0]
    )
    for number in HUM_LINES:
        before, after = (
            line_db(panel().sound, panel().pauses, number * 50.03),
            line_db(files[kind], pauses, number * 50.03),
        )
        assert before + gain - after > 15


@pytest.mark.parametrize("kind", WHERE)
def test_joins_do_not_click(produced, kind):
    """Joins, edges of redactions, ends of clips, and the border of two MP3 chunks."""
    files, edits, result = produced
    output = files[kind][:, :1]
    at = {
        f"{name} {edge}": shift_ms(getattr(cut, edge), cuts=edits["cuts"]) + result.offset_ms
        for name, cuts in edits.items()
        for cut in cuts
        for edge in ("from_ms", "to_ms")
    }
    outro_ms = round(1000 * (result.duration_s - OUTRO_S))
    at |= {"words begin": result.offset_ms, "intro ends": round(1000 * INTRO_S), "outro begins": outro_ms}
    at |= {"chunk": MIN_CHUNK_FRAMES * SAMPLES_PER_FRAME * 1000 // RATE}

    assert {} == {name: ratio for name, at_ms in at.items() if (ratio := click_ratio(output, at_ms)) >= 1}


@pytest.mark.parametrize("place_ms", [20_000, MIN_CHUNK_FRAMES * SAMPLES_PER_FRAME * 1000 // RATE])
def test_inserted_click_is_detected(produced, place_ms):
    broken = produced[0]["mp3"][:, :1].copy()
    broken[place_ms * RATE // 1000 :] += 0.05

    assert click_ratio(broken, place_ms) > 1


def test_intro_has_the_loudness_of_the_talk_and_is_ducked_under_the_first_words(produced):
    """The level of its chord at 1108.7 Hz: before the words it is 16 dB above what it is under them."""
    files, _, result = produced
    tone = sosfiltfilt(butter(2, [1090, 1128], "bandpass", fs=RATE, output="sos"), files["mp3"][:, 0])
    before, under = (np.sqrt(np.mean(tone[round(start * RATE) :][: RATE // 2] ** 2)) for start in (1.0, INTRO_S - 1.2))

    assert 20 * np.log10(before / under) == pytest.approx(16, abs=2)
    intro = files["mp3"][RATE // 4 : round((result.offset_ms / 1000 - 0.5) * RATE)]
    talk = panel().extract(files["mp3"], list(map_spans(panel().loud, *produced[1:])))
    assert libebur128(intro[:, :1])[0] == pytest.approx(libebur128(talk[:, np.newaxis])[0], abs=2.5)
