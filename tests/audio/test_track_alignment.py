"""Several recorders of one talk: recognition, offset, drift, losses, copies, and reading on one clock."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.audio.io.probe import open_part
from pipeline.audio.tracks.alignment import align_files
from pipeline.audio.tracks.corrected_tracks import open_take
from pipeline.audio.tracks.features import SourceChannel, extract_features
from pipeline.errors import AudioError
from pipeline.media.samples import RATE
from pipeline.model import TakeAlignment, Track, from_json, to_json
from tests.audio.sounds import convert, decoded, wav
from tests.audio.takes import SCENE_HZ, Recorder, Talk, build_talk, load_voice, record, record_take, write_recording

pytestmark = pytest.mark.slow

MAX_OFFSET_S = 0.005
MAX_GAP_S = 0.003
MAX_PLACE_S = 0.5
ROOM = Recorder(name="zaal.wav", at_m=(3.4, 2.3), start_s=2.0, noise_db=-68)
ANNA = Recorder(name="anna.wav", at_m=(2.1, 1.8), start_s=7.3, ppm=105, gaps=((55.0, 3.0),))
BAS = Recorder(name="bas.wav", at_m=(4.1, 1.7), start_s=0.5, ppm=-130, agc=True, rate=44_100, gaps=((60.0, 0.02),))
COR = Recorder(name="Nieuwe opname.m4a", at_m=(3.0, 3.1), start_s=24.0, ppm=40, agc=True, polarity=-1, stop_s=100)
RECORDERS = (ROOM, ANNA, BAS, COR)
SECONDS = 120


@pytest.fixture(scope="module")
def talk():
    return build_talk(SECONDS, seed=21)


@pytest.fixture(scope="module")
def files(tmp_path_factory, talk):
    return record_take(tmp_path_factory.mktemp("take"), talk, RECORDERS)


@pytest.fixture(scope="module")
def take(tmp_path_factory, files):
    return align(files, tmp_path_factory.mktemp("scratch"))


def align(files, folder, *, is_take=False, **options):
    return align_files(files, is_take=is_take, scratch=str(folder), **options)


def find_drift_limit_ppm(recorder):
    """Return half a millisecond over the time that a recorder ran."""
    return 0.0005 / (min(recorder.stop_s, SECONDS) - recorder.start_s) * 1e6


def measure_delay_s(one, other, reach_s=0.05):
    """Correlate two signals with phase transform; return by how much the second is late."""
    size = 2 ** int(np.ceil(np.log2(2 * len(one))))
    product = np.fft.rfft(other * np.hanning(len(one)), size) * np.conj(np.fft.rfft(one * np.hanning(len(one)), size))
    hz = np.fft.rfftfreq(size, 1 / RATE)
    product[(hz < 200) | (hz > 3500)] = 0
    correlation = np.fft.irfft(product / (np.abs(product) + 1e-12))
    reach = round(reach_s * RATE)
    near = np.concatenate([correlation[-reach:], correlation[: reach + 1]])
    return (int(np.argmax(near)) - reach) / RATE, float(near.max())


def test_recorders_of_one_talk_are_tracks_of_one_take(take):
    assert [one.name for one in RECORDERS] == [track.name for track in take.tracks]
    assert ["room", "microphone", "microphone", "microphone"] == [track.role for track in take.tracks]
    assert (SECONDS - BAS.start_s) * RATE == pytest.approx(take.samples, abs=0.02 * RATE)
    assert all(track.confidence > 0.8 for track in take.tracks)


def test_offset_and_drift_are_those_of_the_recorders(take):
    for recorder, track in zip(RECORDERS, take.tracks, strict=True):
        reference = RECORDERS[take.reference]
        assert recorder.start_s - BAS.start_s == pytest.approx(track.offset_s, abs=MAX_OFFSET_S)
        assert recorder.ppm - reference.ppm == pytest.approx(track.drift_ppm, abs=find_drift_limit_ppm(recorder))


def test_losses_are_found_and_placed(take):
    for recorder, track in zip(RECORDERS, take.tracks, strict=True):
        assert len(recorder.gaps) == len(track.gaps)
        for (at_s, length_s), gap in zip(recorder.gaps, track.gaps, strict=True):
            assert length_s == pytest.approx(gap.length_s, abs=MAX_GAP_S)
            assert at_s - BAS.start_s == pytest.approx(gap.at_s, abs=MAX_PLACE_S)


def test_inverted_polarity_is_found(take):
    assert [1, 1, 1, -1] == [track.polarity for track in take.tracks]


def test_alignment_survives_json(take):
    assert take == from_json(TakeAlignment, to_json(take))


def test_alignment_does_not_depend_on_workers(tmp_path, files, take):
    assert take == align(files, tmp_path, workers=1)


def test_tracks_are_read_on_one_clock(tmp_path, files, take):
    with open_take(take, files, str(tmp_path)) as source:
        for at_s in (30, 52, 66, 90):
            room, *others = (source.read(number, at_s * RATE, (at_s + 3) * RATE) for number in range(4))
            for other in others:
                delay_s, height = measure_delay_s(room, other)
                assert abs(delay_s) < 0.012  # the way of sound in this room
                assert height > 0
        whole = source.read(1, 40 * RATE, 50 * RATE)
        pieces = [source.read(1, first * RATE, (first + 1) * RATE) for first in range(40, 50)]
        assert np.array_equal(whole, np.concatenate(pieces))
        gap = take.tracks[1].gaps[0]
        silent = source.read(1, round((gap.at_s + 0.05) * RATE), round((gap.at_s + gap.length_s - 0.05) * RATE))
        assert not silent.any()
        assert not source.read(3, 0, RATE).any()
        assert RATE == len(source.read(0, take.samples - RATE // 2, take.samples + RATE // 2))
    assert [] == list(tmp_path.iterdir())


def test_corrected_tracks_do_not_depend_on_workers(tmp_path, files, take):
    two = replace(take, tracks=(take.tracks[1], take.tracks[3]))  # one with a gap, and one that is decoded
    sounds = []
    for workers in (1, 2):
        with open_take(two, files, str(tmp_path), workers=workers) as source:
            sounds.append([source.read(number, 0, take.samples) for number in range(2)])

    assert all(np.array_equal(one, other) for one, other in zip(*sounds, strict=True))


def test_restarted_recorder_is_one_track(tmp_path, talk):
    first = replace(COR, name="opname 1.m4a", stop_s=60)
    second = replace(COR, name="opname 2.m4a", start_s=75, polarity=1)
    files = record_take(tmp_path, talk, (ROOM, first, second))

    room, track = align(files, tmp_path).tracks

    assert (0,) == room.files
    assert (1, 2) == track.files
    assert [75 - 60] == [pytest.approx(gap.length_s, abs=0.05) for gap in track.gaps]
    assert 75 - ROOM.start_s == pytest.approx(track.segments[-1].first / RATE, abs=MAX_OFFSET_S)


def test_short_and_late_track_finds_its_place(tmp_path, talk):
    late = replace(ANNA, name="laat.wav", start_s=70.0, stop_s=95.0, gaps=())

    take = align(record_take(tmp_path, talk, (ROOM, late)), tmp_path)

    assert 70 - ROOM.start_s == pytest.approx(take.tracks[1].offset_s, abs=MAX_OFFSET_S)
    assert 25 * RATE == pytest.approx(take.tracks[1].segments[0].last - take.tracks[1].segments[0].first, rel=0.001)


def test_loss_of_the_reference_itself_is_inserted(tmp_path, talk):
    room = replace(ROOM, gaps=((48.0, 5.0),), stop_s=90)
    others = (replace(ANNA, gaps=(), stop_s=90), replace(BAS, gaps=(), agc=False, stop_s=90))
    files = record_take(tmp_path, talk, (room, *others))

    take = align(files, tmp_path)

    assert [(), ()] == [track.gaps for track in take.tracks[1:]]
    (gap,) = take.tracks[0].gaps
    assert 5 == pytest.approx(gap.length_s, abs=MAX_GAP_S)
    assert 48 - BAS.start_s == pytest.approx(gap.at_s, abs=MAX_PLACE_S)
    assert (90 - BAS.start_s) * RATE == pytest.approx(take.samples, abs=0.02 * RATE)


def test_other_talks_are_parts_even_with_the_same_jingle(tmp_path, talk):
    jingle = load_voice(2, 300)[: 12 * SCENE_HZ]
    other = build_talk(90, seed=22)
    for one, at_s in ((talk, 3), (other, 40)):
        one.voices[0][at_s * SCENE_HZ : at_s * SCENE_HZ + len(jingle)] += jingle
    files = [
        write_recording(tmp_path, replace(ROOM, name=name), record(one, ROOM))
        for name, one in (("opname.wav", talk), ("opname 2.wav", other))
    ]

    assert TakeAlignment() == align(files, tmp_path)
    with pytest.raises(AudioError, match="no sound in common") as error:
        align(files, tmp_path, is_take=True)
    assert "offset:" in error.value.hint


def test_noise_and_silence_are_no_tracks(tmp_path, files):
    noise = np.random.default_rng(5).standard_normal(60 * RATE).astype(np.float32) * np.float32(0.01)
    others = [
        write_recording(tmp_path, replace(ROOM, name=name), sound)
        for name, sound in (("ruis.wav", noise), ("stil.wav", noise * 0))
    ]

    assert TakeAlignment() == align([files[0], *others], tmp_path)


def test_a_little_overlap_is_asked_about(tmp_path, talk):
    parts = (replace(ROOM, name="een.wav", stop_s=50), replace(ROOM, name="twee.wav", start_s=35))
    files = record_take(tmp_path, talk, parts)

    with pytest.raises(AudioError, match=r"only 15 s in common with twee\.wav") as error:
        align(files, tmp_path)
    assert "tracks: []" in error.value.hint


def test_offset_by_hand_places_a_track_without_common_sound(tmp_path, files):
    remote = write_recording(tmp_path, replace(ROOM, name="bellen.wav"), record(build_talk(60, seed=23), ROOM))
    tracks = (Track(file="zaal.wav"), Track(file="bellen.wav", speaker="Dirk", offset_s=4.25))

    take = align([files[0], remote], tmp_path, tracks=tracks, is_take=True)

    assert [0.0, 4.25] == [track.offset_s for track in take.tracks]
    assert ["", "Dirk"] == [track.speaker for track in take.tracks]


@pytest.fixture(scope="module")
def recorder_files(tmp_path_factory):
    """Record with a multitrack recorder: three tracks, of which one clips, its backup, the mix, and an unused input."""
    folder = tmp_path_factory.mktemp("zoom")
    talk = build_talk(60, seed=31)
    inputs = [Recorder(name="", at_m=place, ppm=20) for place in ((2.0, 1.8), (4.1, 1.7), (3.1, 3.1))]
    sounds = [record(talk, one, seed=number) for number, one in enumerate(inputs)]
    written = {
        "ZOOM0001_Tr1.WAV": sounds[0],
        "ZOOM0001_Tr2.WAV": sounds[1] * 8,
        "ZOOM0001_Tr2_D.WAV": sounds[1] * 0.2,
        "ZOOM0001_Tr3.WAV": sounds[2],
        "ZOOM0001_Tr4.WAV": sounds[0] * 0,
        "ZOOM0001_LR.WAV": 0.5 * sounds[0] + 0.4 * sounds[1] + 0.6 * sounds[2],
    }
    return [write_recording(folder, replace(ROOM, name=name), sound) for name, sound in written.items()]


def test_roles_of_a_multitrack_recorder(tmp_path, recorder_files):
    take = align(recorder_files, tmp_path)

    roles = {track.name.removeprefix("ZOOM0001_"): track.role for track in take.tracks}
    assert roles == {
        "Tr1.WAV": "microphone",
        "Tr2.WAV": "backup",
        "Tr2_D.WAV": "microphone",
        "Tr3.WAV": "microphone",
        "Tr4.WAV": "left-out",
        "LR.WAV": "mix",
    }
    assert {(0.0, 0.0)} == {(track.offset_s, track.drift_ppm) for track in take.tracks}
    assert "a copy of ZOOM0001_Tr2_D.WAV" == str(take.tracks[1].reason)


def test_stereo_microphones_of_a_recorder_are_no_mix(tmp_path, recorder_files):
    tr1, tr2, _, tr3, *_ = recorder_files

    assert {"microphone"} == {track.role for track in align([tr1, tr2, tr3], tmp_path).tracks}


def test_two_takes_follow_each_other(tmp_path, files, recorder_files):
    take = align([files[0], files[1], recorder_files[0], recorder_files[3]], tmp_path)

    starts_s = [track.offset_s for track in take.tracks]
    first_s = SECONDS - ROOM.start_s
    assert [first_s, first_s] == [pytest.approx(start_s, abs=0.02) for start_s in starts_s[2:]]
    assert (first_s + 60) * RATE == pytest.approx(take.samples, abs=0.02 * RATE)


def test_single_file_is_not_read(tmp_path):
    assert TakeAlignment() == align([str(tmp_path / "missing.wav")], tmp_path)


def test_talk_has_the_duration_asked_for(talk):
    assert isinstance(talk, Talk)
    assert SECONDS == pytest.approx(talk.seconds)


def test_features_do_not_depend_on_how_a_file_is_read(tmp_path, talk):
    wav = write_recording(tmp_path, ROOM, record(talk, ROOM)[: 61 * RATE + 601])
    sources = [SourceChannel(part=open_part(file)) for file in (wav, convert(wav, tmp_path / "zaal.flac"))]

    chunked, streamed = extract_features(sources, tmp_path)

    assert (61 * RATE + 601, chunked.frames) == (chunked.samples, streamed.frames)
    sounds = [one.read(-100, one.comparison_samples + 100) for one in (chunked, streamed)]
    assert np.abs(sounds[0]).max() > 0.01
    assert np.allclose(*sounds, atol=1e-6)
    features = [one.read_features(-5, one.frames + 5) for one in (chunked, streamed)]
    assert 1 == pytest.approx(float(np.mean(features[0] ** 2)), abs=0.05)
    assert np.allclose(*features, atol=0.05)


def test_channels_of_one_file_are_tracks(tmp_path, recorder_files):
    """The recorder's mix is on the first two channels, panned; the last input is unused."""
    tr1, _, tr2, tr3, *_ = (decoded(file)[: 30 * RATE, 0] for file in recorder_files)
    left, right = 0.7 * tr1 + 0.2 * tr2 + 0.4 * tr3, 0.2 * tr1 + 0.7 * tr2 + 0.4 * tr3
    poly = tmp_path / "poly.wav"
    poly.write_bytes(wav(np.stack([left, right, tr1, tr2, tr3, tr1 * 0], axis=1), kind="s24"))

    take = align([str(poly)], tmp_path, is_take=True)

    assert ["mix", "mix", "microphone", "microphone", "microphone", "left-out"] == [one.role for one in take.tracks]
    assert [f"poly.wav:{number}" for number in range(1, 7)] == [one.name for one in take.tracks]
    with open_take(take, [str(poly)], str(tmp_path)) as source:
        heard = source.read(3, 10 * RATE, 11 * RATE)
    assert np.allclose(tr2[10 * RATE : 11 * RATE], heard, atol=1e-3)


@pytest.mark.parametrize(
    ("names", "tracks"),
    [
        (("ZOOM0001_Tr1.WAV", "ZOOM0001_Tr2.WAV", "ZOOM0001_LR.WAV"), 3),
        (("ZOOM0001_Tr1.WAV", "ZOOM0002_Tr1.WAV", "ZOOM0003_Tr1.WAV"), 0),  # three takes
        (("opname 1.WAV", "opname 2.WAV", "opname 3.WAV"), 0),
    ],
)
def test_names_decide_where_nothing_is_in_common(tmp_path, names, tracks):
    """Each file has another talk and the same duration, as of microphones without bleed."""
    files = [
        write_recording(tmp_path, replace(ROOM, name=name), record(build_talk(15, seed=40 + number), ROOM))
        for number, name in enumerate(names)
    ]

    assert tracks == len(align(files, tmp_path).tracks)
