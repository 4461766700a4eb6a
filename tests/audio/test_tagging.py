"""Tags and chapters, read back by mutagen and ffprobe; the audio stays untouched."""

import base64
import json
import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import mutagen
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen import id3
from PIL import Image

from pipeline.audio.encoding.encoder import encode_master
from pipeline.audio.tagging import clean_text, read_tags, tag, writer
from pipeline.audio.tasks import EncodeTask, TagResult, TagTask
from pipeline.errors import AudioError, WeerslagError
from pipeline.model import Chapter, SoundTarget
from tests.audio.sounds import decoded, speech, wav

pytestmark = pytest.mark.slow

KINDS = ("mp3", "m4a", "opus")
CHAPTERS = (
    Chapter(start_ms=0, title="Welkom"),
    Chapter(start_ms=5_500, title="Het omgekeerde; beleid = #1 \\ één 😀"),
    Chapter(start_ms=10_001, title="Vragen uit de zaal, en een lange titel die zijn plaats niet verliest"),
    Chapter(start_ms=17_250, title="Slot"),
)


@pytest.fixture(scope="session")
def cover(studio):
    file = studio / "cover.jpg"
    Image.new("RGB", (300, 300), (180, 30, 60)).save(file)
    return str(file)


@pytest.fixture
def build_task(encoded, cover, tmp_path):
    def make(kind, **changes):
        plain = TagTask(
            source=encoded["stereo", kind][0],
            out=str(tmp_path / f"uit.{kind}"),
            format=kind,
            title="Burger/centraal: één “gesprek” 😀",
            album="Ambtenaar van Nu",
            artist="Overheid; van Nu",
            number=3,
            date="2024-06-20",
            language="nl",
            guid="0f4c0b8e-55aa-4d4e-9c39-8d3a9c9a1f10",
            comment="Hoe creëer je vertrouwen?",
            url="https://example.org/episodes/01/",
            genre="Government",
            copyright="© 2024 Overheid van Nu",
            chapters=CHAPTERS,
            duration_ms=24_000,
            cover=cover,
        )
        return replace(plain, **changes)

    return make


def ffprobe(path):
    argv = ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-show_chapters", "-of", "json", f"file:{path}"]
    return json.loads(subprocess.run(argv, capture_output=True, check=True).stdout)


@pytest.mark.parametrize("kind", KINDS)
def test_ffprobe_reads_the_tags(build_task, kind):
    task = build_task(kind)

    assert tag(task) == TagResult(chapters=4)

    seen = ffprobe(task.out)
    sound = next(stream for stream in seen["streams"] if stream["codec_type"] == "audio")
    tags = {key.lower(): text for key, text in (sound.get("tags", {}) | seen["format"].get("tags", {})).items()}
    assert tags | {"title": task.title, "artist": task.artist, "album": task.album, "language": "nld"} == tags
    assert (tags["track"], tags["date"], tags["genre"], tags["guid"]) == ("3", "2024-06-20", "Government", task.guid)
    pictures = [stream["codec_name"] for stream in seen["streams"] if stream["disposition"]["attached_pic"]]
    assert pictures == ["mjpeg"]


@pytest.mark.parametrize("kind", KINDS)
def test_ffprobe_reads_the_chapters_in_order(build_task, kind):
    task = build_task(kind)

    tag(task)

    found = ffprobe(task.out)["chapters"]
    assert [(round(float(one["start_time"]) * 1000), one["tags"]["title"]) for one in found] == [
        (one.start_ms, one.title) for one in CHAPTERS
    ]
    ends = [5.5, 10.001, 17.25, pytest.approx(24.0, abs=0.02)]
    assert [float(one["end_time"]) for one in found] == ends


def test_mp3_has_id3v23_frames_in_player_order(build_task, cover):
    task = build_task("mp3")

    tag(task)

    tags = id3.ID3(task.out, translate=False)
    assert (tags.version, str(tags["TYER"]), str(tags["TDAT"])) == ((2, 3, 0), "2024", "2006")
    assert (str(tags["TLAN"]), tags["COMM::nld"].text) == ("nld", [task.comment])
    assert (tags["APIC:"].data, tags["APIC:"].type) == (Path(cover).read_bytes(), 3)
    (toc,) = tags.getall("CTOC")
    assert (toc.flags, toc.child_element_ids) == (3, ["ch0", "ch1", "ch2", "ch3"])
    chapter = tags["CHAP:ch1"]
    assert (chapter.start_time, chapter.end_time, chapter.start_offset) == (5_500, 10_001, 0xFFFFFFFF)
    assert str(chapter.sub_frames["TIT2"]) == CHAPTERS[1].title
    raw = Path(task.out).read_bytes()
    assert sorted(range(4), key=lambda index: raw.index(b"ch%d\0\0" % index, raw.index(b"CHAP"))) == [0, 1, 2, 3]
    assert raw.index(b"CHAP") < raw.index(b"APIC")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", [0.3, 0.6, 0.99])
def test_a_single_changed_byte_of_the_audio_is_found(kind, place, build_task, monkeypatch):
    task = build_task(kind)
    write = writer._WRITERS[kind]

    def write_and_damage(task, tags, partial):
        write(task, tags, partial)
        audio = Path(task.source).read_bytes()
        at = int(place * len(audio))
        tagged = bytearray(Path(partial).read_bytes())
        tagged[tagged.index(audio[at : at + 16])] ^= 1
        Path(partial).write_bytes(tagged)

    monkeypatch.setitem(writer._WRITERS, kind, write_and_damage)

    with pytest.raises(AudioError, match="audio changed"):
        tag(task)
    assert not Path(task.out).exists()


def test_m4a_has_both_kinds_of_chapters_and_begins_with_its_index(build_task, cover):
    task = build_task("m4a")

    tag(task)

    raw = Path(task.out).read_bytes()
    file = mutagen.File(task.out)
    assert raw.index(b"moov") < raw.index(b"mdat")
    assert [(one.start, one.title) for one in file.chapters] == [(one.start_ms / 1000, one.title) for one in CHAPTERS]
    assert b"chap" in raw  # the QuickTime track
    assert (file["\xa9nam"], file["trkn"], bytes(file["covr"][0])) == (
        [task.title],
        [(3, 0)],
        Path(cover).read_bytes(),
    )


def test_opus_has_vorbis_comments(build_task, cover):
    task = build_task("opus")

    tag(task)

    tags = mutagen.File(task.out)
    assert (tags["chapter001"], tags["chapter001name"]) == (["00:00:05.500"], [CHAPTERS[1].title])
    assert Path(cover).read_bytes() in base64.b64decode(tags["metadata_block_picture"][0])


@pytest.mark.parametrize("kind", KINDS)
def test_audio_and_source_are_unchanged(build_task, kind):
    task = build_task(kind)
    before = Path(task.source).read_bytes()

    tag(task)

    assert Path(task.source).read_bytes() == before
    assert (decoded(task.out) == decoded(task.source)).all()


DECODE = """async (raw) => {
    const bytes = Uint8Array.from(atob(raw), (letter) => letter.charCodeAt(0)).buffer;
    return (await new OfflineAudioContext(2, 48000, 48000).decodeAudioData(bytes)).length;
}"""


def test_browser_decodes_the_exact_number_of_samples_in_each_format(build_task, tmp_path, chromium):
    """Ffmpeg 5.1 decodes the whole last packet of an M4A; players obey its edit list."""
    samples = 100_013  # neither whole milliseconds nor whole packets of any format
    master = str(tmp_path / "kort.wav")
    Path(master).write_bytes(wav(np.repeat(speech(3.0)[:samples] * np.float32(0.2), 2, axis=1)))
    page, decoded_samples = chromium.browser.new_page(), {}

    for kind in KINDS:
        sound = str(tmp_path / f"los.{kind}")
        encode_master(EncodeTask(master=master, format=kind, target=SoundTarget(), out=sound))
        task = build_task(kind, source=sound, duration_ms=round(samples / 48), chapters=CHAPTERS[:1])
        tag(task)
        decoded_samples[kind] = page.evaluate(DECODE, base64.b64encode(Path(task.out).read_bytes()).decode())

    page.close()
    assert decoded_samples == dict.fromkeys(KINDS, samples)


@pytest.mark.parametrize("kind", KINDS)
def test_same_tags_produce_the_same_bytes(build_task, kind, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv("TZ", "Pacific/Auckland")

    tag(build_task(kind))
    tag(build_task(kind, out=str(tmp_path / "elsewhere" / "a")))

    assert (tmp_path / f"uit.{kind}").read_bytes() == (tmp_path / "elsewhere" / "a").read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_chapters_and_cover_are_optional(build_task, kind):
    task = build_task(kind, chapters=(), cover="")

    tag(task)

    tags = read_tags(task.out)
    assert (tags.title, tags.chapters, tags.cover) == (task.title, (), b"")


@pytest.mark.parametrize("kind", KINDS)
def test_more_than_255_chapters_need_two_levels_of_toc(build_task, kind):
    many = tuple(Chapter(start_ms=index * 50, title=f"Deel {index}") for index in range(400))
    task = build_task(kind, chapters=many)

    assert tag(task) == TagResult(chapters=399 + 1)

    assert [one["tags"]["title"] for one in ffprobe(task.out)["chapters"]][-1] == "Deel 399"
    if kind == "mp3":
        tables = {toc.element_id: toc.child_element_ids for toc in id3.ID3(task.out).getall("CTOC")}
        assert tables["toc"] == ["toc0", "toc1"]
        assert [len(tables["toc0"]), len(tables["toc1"])] == [255, 145]


@pytest.mark.parametrize("kind", KINDS)
def test_thousand_chapters_are_rejected_and_nothing_remains(build_task, kind, tmp_path):
    task = build_task(kind, chapters=tuple(Chapter(start_ms=index, title="x") for index in range(1000)))

    with pytest.raises(AudioError, match="1000 chapters"):
        tag(task)

    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_chapters_are_sorted_and_none_begins_after_the_end(build_task, kind):
    task = build_task(kind, chapters=(Chapter(start_ms=99_000, title="weg"), CHAPTERS[2], CHAPTERS[0]))

    tag(task)

    assert read_tags(task.out).chapters == (CHAPTERS[0], CHAPTERS[2])


TITLES = ["a\0b", "regel\neen", "tab\there", "\x1b[31mrood", "een\ud800twee", "𝔸" * 200, "", "  x ", "a=b;c#d\\e"]


@pytest.mark.parametrize("kind", KINDS)
def test_any_title_is_cleaned_and_reads_back(build_task, kind):
    hostile = tuple(Chapter(start_ms=1000 * index, title=title) for index, title in enumerate(TITLES))
    task = build_task(kind, title="".join(TITLES), chapters=hostile)

    tag(task)

    tags = read_tags(task.out)
    assert tags.title == clean_text("".join(TITLES))
    assert [one.title for one in tags.chapters if not one.title.endswith("…")] == [
        clean_text(title) for title in TITLES if len(title) < 200
    ]
    assert not {"\0", "\n", "\x1b"} & set(tags.title + "".join(one.title for one in tags.chapters))


@pytest.mark.parametrize(
    ("raw", "sentence"), [(b"<svg/>", "not a JPEG"), (b"\xff\xd8\xff" + bytes(3_000_000), "3000 kB")]
)
def test_unusable_cover_is_rejected(build_task, tmp_path, raw, sentence):
    (tmp_path / "c.jpg").write_bytes(raw)

    with pytest.raises(AudioError, match=sentence):
        tag(build_task("mp3", cover=str(tmp_path / "c.jpg")))


@pytest.mark.parametrize("kind", KINDS)
def test_url_in_any_script_is_percent_encoded(build_task, kind):
    task = build_task(kind, url="https://example.org/שלום/é?a=1#t=41")

    tag(task)

    assert read_tags(task.out).url == "https://example.org/%D7%A9%D7%9C%D7%95%D7%9D/%C3%A9?a=1#t=41"


@pytest.mark.parametrize("kind", KINDS)
def test_existing_tags_are_removed(build_task, kind, tmp_path):
    first = build_task(kind, out=str(tmp_path / "eerst"))
    tag(first)

    tag(build_task(kind, source=first.out, cover="", chapters=()))

    tags = read_tags(build_task(kind).out)
    assert (tags.cover, tags.chapters) == (b"", ())


@settings(max_examples=60)
@given(data=st.data())
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_raise_only_audio_errors(encoded, tmp_path_factory, kind, data):
    raw = bytearray(Path(encoded["stereo", kind][0]).read_bytes()[:20_000])
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, 700))] = data.draw(st.integers(0, 255))
    file = tmp_path_factory.mktemp("junk") / "a"
    file.write_bytes(raw[: data.draw(st.integers(0, len(raw)))])

    with suppress(WeerslagError):
        read_tags(str(file))


def test_missing_file_is_reported(tmp_path):
    with pytest.raises(AudioError, match="No such file"):
        read_tags(str(tmp_path / "x.mp3"))
