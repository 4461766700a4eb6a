"""What a forgetting would change in the sources: spellings of a name, items that go as a whole, sound, documents."""

import json
import shutil
import tracemalloc
import unicodedata

import pytest

from pipeline.content.forgetting.file_search import has_name_inside
from pipeline.content.forgetting.item import find_item, plan_item
from pipeline.content.forgetting.names import build_name_pattern
from pipeline.content.forgetting.person import plan_person
from pipeline.content.forgetting.transcript_removal import remove_speech, subtract_spans
from pipeline.content.forgetting.yaml_removal import remove_from_yaml
from pipeline.content.loader import read_valid_files
from pipeline.errors import UsageError
from pipeline.graphics.metadata_removal import remove_metadata
from pipeline.model import Cue, Cut
from tests.publish.forget_sample import NAME, SLUG, create_programme

PATTERN = build_name_pattern("Zoë de Vries-Ångström")


@pytest.mark.parametrize("text", [
    "Zoë de Vries-Ångström", "ZOË DE VRIES-ÅNGSTRÖM", "zoe de vries angstrom", "Zoë\nde\u00a0Vries-Ångström's boek",
    unicodedata.normalize("NFD", "met Zoë de Vries-Ångström!"), "De Vries-Ångström, Zoë", "Vries-Ångström, Zoë de",
    "episodes/03-zoe-de-vries-angstrom/", "foto_Zoe_de_Vries_Angstrom.jpg", "ZoëDeVriesÅngström",
    "Zo&euml; de Vries-&Aring;ngstr&ouml;m", "Zo%C3%AB%20de%20Vries-%C3%85ngstr%C3%B6m", r"Zo\u00eb de Vries-\u00c5ngstr\u00f6m",
    "Zoë de Vries-\u00adÅng\u00adström",
])  # fmt: skip
def test_a_name_is_found_in_every_spelling(text):
    assert PATTERN.has_name(text)


@pytest.mark.parametrize(
    "text", ["Zoë de Vries", "Zoë de Vriesman", "Xzoë de Vries-Ångström", "Zoë en Bas de Vries-Ångström"]
)
def test_another_name_is_not_found(text):
    assert not PATTERN.has_name(text)


def test_a_part_of_a_name_is_only_possible():
    pattern = build_name_pattern("Anna de Vries")
    text = "Anna kwam; A. de Vries zei, meneer De Vries ook; anna, Annabel en Hanna niet. Anna de Vries wel."

    assert ["Anna", "A. de Vries", "De Vries"] == [found[0] for found in pattern.find_possible(text)]
    assert text.count("Anna de Vries") == len(pattern.certain.findall(text))


def test_a_single_word_counts_only_if_the_programme_names_somebody_so():
    assert not build_name_pattern("Anna", is_known=False).has_name("Anna zei het")
    assert ["Anna"] == [found[0] for found in build_name_pattern("Anna", is_known=False).find_possible("Anna zei")]
    assert build_name_pattern("Anna").has_name("Anna zei het")
    assert build_name_pattern("Anna de Vries", ["AdV"]).has_name("volgens AdV")
    with pytest.raises(UsageError, match="is not a name"):
        build_name_pattern("-")


def test_the_replacement_fits_its_place():
    pattern = build_name_pattern("Anna de Vries")

    assert "x/03-iemand-anders/y.jpg" == pattern.replace("x/03-anna-de-vries/y.jpg", "iemand anders")
    assert "Zo zei iemand. Iemand lachte." == pattern.replace("Zo zei Anna de Vries. Anna de Vries lachte.", "iemand")
    assert "title: Iemand spreekt" == pattern.replace("title: Anna de Vries spreekt", "iemand")
    assert "03-…/" == pattern.hide("03-anna-de-vries/")


def test_items_go_from_yaml_with_comments_order_and_layout_kept():
    text = """\
# boven
people:   # wie
  # de gast
  - name: Anna   # zij
    role: guest

  - {name: Bas, role: host}   # hij
flow: [{name: Anna}, {name: Bas}, {name: Anna}]
alone:
  - {name: Anna}
cover: {image: x.jpg}
last: >-
  een zin
  van twee regels
"""

    new, removed = remove_from_yaml(text, lambda loc, value, _: loc[:-1] if value == "Anna" else None)

    assert "# boven\npeople:   # wie\n  # de gast\n\n  - {name: Bas, role: host}   # hij\nflow: [{name: Bas}]\n" in new
    assert "alone" not in new
    assert new.endswith("cover: {image: x.jpg}\nlast: >-\n  een zin\n  van twee regels\n")
    assert [4, 8, 8, 9] == [one.line for one in removed]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- name: Anna\n  by: Anna\n  role: gast\n", "- role: gast\n"),  # the next key takes their place
        ("- - Anna\n  - Bas\n- x\n", "- - Bas\n- x\n"),
        ("- - Anna\n- x\n", "- x\n"),
        ("-\n  - Anna\n  - b: Anna\n-\n  # x\n  c: d\n", "-\n  # x\n  c: d\n"),  # dashes on lines of their own
        ("- - -\n      a: Anna\n    - x\n", "- - - x\n"),
        ("a: [Anna, Anna, Bas, Anna, Anna]\n", "a: [Bas]\n"),
        ("a: {b: Anna, c: {d: [Anna], e: x}}\n", "a: {c: {e: x}}\n"),
        ("- cover:\n    image: Anna\n    alt: Anna\n- x\n", "- cover:\n- x\n"),
        ("a:\n  b: Anna\n  c: [Anna]\nd: x", "d: x"),
        ("Anna", "Anna"),  # a document that is one scalar
    ],
)
def test_several_values_go_at_once_and_what_becomes_empty_goes_too(text, expected):
    new, _ = remove_from_yaml(text, lambda loc, value, _: loc or None if value == "Anna" else None)

    assert expected == new


def test_text_that_is_not_yaml_stays():
    assert ("a: [b\n", ()) == remove_from_yaml("a: [b\n", lambda loc, *_: loc)


CUES = (
    Cue(start_ms=0, end_ms=4000, speaker="Bas", text="Welkom, Anna de Vries, bij ons."),
    Cue(start_ms=4000, end_ms=8000, speaker="SPEAKER_01", text="Dank je wel."),
    Cue(start_ms=7000, end_ms=9000, speaker="Bas", text="Een twee drie vier"),
)
WORDS = [
    ("Welkom,", 0.2, 0.8),
    ("Anna", 1.0, 1.4),
    ("de", 1.4, 1.6),
    ("Vries,", 1.6, 2.0),
    ("bij", 2.4, 2.6),
    ("ons.", 2.7, 3.2),
]
WORDS_JSON = json.dumps({"words": [{"word": word, "start_s": start, "end_s": end} for word, start, end in WORDS]})


@pytest.mark.parametrize("treatment", ["bleep", "mute", "cut"])
def test_what_she_says_goes_and_the_name_is_bleeped_to_the_word(treatment):
    removal = remove_speech(
        CUES,
        pattern=build_name_pattern("Anna de Vries"),
        labels=frozenset({"speaker_01"}),
        words_json=WORDS_JSON,
        treatment=treatment,
    )

    assert (CUES[1],) == removal.own
    assert (Cut(from_ms=4000, to_ms=8000),) == removal.spans
    assert (Cut(from_ms=850, to_ms=2150),) == removal.name_spans
    assert removal.is_exact
    changes = dict(removal.changes)
    assert ["Welkom,", "…", ", bij ons."] == [one.text for one in changes[CUES[0]]]
    assert [(0, 850), (850, 2150), (2150, 4000)] == [(one.start_ms, one.end_ms) for one in changes[CUES[0]]]
    hidden = [] if treatment != "bleep" else ["…"]
    assert hidden == [one.text for one in changes[CUES[1]]]
    assert [*hidden, "drie vier"] == [one.text for one in changes[CUES[2]]]


def test_without_times_of_words_the_whole_cue_is_bleeped():
    removal = remove_speech(
        CUES[:1], pattern=build_name_pattern("Anna de Vries"), labels=frozenset(), words_json="", treatment="bleep"
    )

    assert (Cut(from_ms=0, to_ms=4000),) == removal.name_spans
    assert not removal.is_exact


def test_spans_that_are_hidden_already_are_not_added_again():
    spans = [Cut(from_ms=0, to_ms=10), Cut(from_ms=20, to_ms=40)]
    existing = [Cut(from_ms=5, to_ms=25), Cut(from_ms=30, to_ms=32)]

    assert [(0, 5), (25, 30), (32, 40)] == [(one.from_ms, one.to_ms) for one in subtract_spans(spans, existing)]


@pytest.fixture(scope="module")
def programme(tmp_path_factory):
    root = tmp_path_factory.mktemp("forget") / "programma"
    create_programme(root)
    return root


def plan(root, name=NAME, **options):
    return plan_person(
        root, read_valid_files(root), name, treatment="bleep", cache_folder=root / ".weerslag", **options
    )


def test_the_plan_has_every_place_and_no_problem(programme):
    found = plan(programme)

    assert () == found.problems
    assert (SLUG,) == found.episodes
    changed = {one.path: one for one in found.changes}
    deleted = {path for path, one in changed.items() if one.content is None}
    assert {"magazine/images/zee.png", "inzendingen/tafel-2.docx"} == deleted
    assert "inzendingen/iemand.txt" == changed["inzendingen/Zoë van Drachten.txt"].moved_to
    pattern = build_name_pattern(NAME)
    for path, one in changed.items():
        assert one.content is None or not has_name_inside(one.content, pattern), path
    episode = changed[f"episodes/{SLUG}/episode.md"].content.decode()
    assert "  # wie er spreken\n  - {name: Bas Kok, role: host, speaker: SPEAKER_00}   # de gastheer\n" in episode
    assert [f"episodes/{SLUG}/recording/opname.flac"] == [one.where for one in found.left]
    assert [("magazine/reflections/avond/tafel-2.md:6", "Zoë")] == [(one.where, one.text) for one in found.possible]
    assert "Laat het zand liggen" in changed["magazine/reflections/avond/tafel-1.md"].content.decode()


@pytest.mark.parametrize(("approved", "ends"), [("2024-07-01", False), ("2024-07-01 sha256-0123456789ab", True)])
def test_a_locked_approval_ends_where_words_change(programme, tmp_path, approved, ends):
    root = tmp_path / "kopie"
    shutil.copytree(programme, root)
    reflection = root / "magazine/reflections/avond/tafel-1.md"
    reflection.write_text(reflection.read_text().replace("approved: 2024-07-01", f"approved: {approved}"))

    assert ends == any("its approval ends" in one.what.text for one in plan(root).steps)


def test_an_address_with_the_name_must_be_renamed_first(programme, tmp_path):
    root = tmp_path / "kopie"
    shutil.copytree(programme, root)
    (root / "episodes" / SLUG).rename(root / "episodes/01-zoe-van-drachten")

    found = plan(root)

    assert ["episodes/01-zoe-van-drachten/"] == [one.where for one in found.problems]
    assert "weerslag rename" in found.problems[0].hint


def test_what_would_break_the_content_is_a_problem(programme, tmp_path):
    root = tmp_path / "kopie"
    shutil.copytree(programme, root)
    episode = root / "episodes" / SLUG / "episode.md"
    teaser = 'teasers: [{from: "00:00", to: "00:15"}]\njingles: [{at: "00:06", sound: x.flac}]\ntranscript_reviewed:'
    episode.write_text(episode.read_text().replace("transcript_reviewed:", teaser))

    assert any("jingle" in one.message for one in plan(root).problems)


def test_an_unknown_name_changes_nothing(programme):
    found = plan(programme, "Piet Niemand")

    assert ((), (), ()) == (found.changes, found.steps, found.possible)


def test_without_a_transcript_the_tracks_of_the_last_build_say_when_she_speaks(programme, tmp_path):
    root = tmp_path / "kopie"
    shutil.copytree(programme, root)
    (root / "episodes" / SLUG / "transcript.vtt").unlink()
    assert any("no transcript says when" in one.what.text for one in plan(root).left)
    spans = [{"start_s": 4.0, "end_s": 7.5, "speaker": NAME}, {"start_s": 8.0, "end_s": 9.0, "speaker": "Bas Kok"}]
    (root / "press/reports").mkdir(parents=True)
    (root / f"press/reports/{SLUG}.speakers.json").write_text(json.dumps(spans))

    changed = {one.path: one for one in plan(root).changes}

    assert b'bleeps:\n  - {from: "00:04", to: "00:07.500"}\n---' in changed[f"episodes/{SLUG}/episode.md"].content


@pytest.mark.parametrize("treatment", ["cut", "mute"])
def test_the_voice_can_be_cut_or_muted(programme, treatment):
    files = read_valid_files(programme)
    found = plan_person(programme, files, NAME, treatment=treatment, cache_folder=programme / ".weerslag")

    assert () == found.problems
    changed = {one.path: one.content for one in found.changes}
    spans = f'{treatment}s:\n  - {{from: "00:04", to: "00:08"}}\n  - {{from: "00:12", to: "00:16"}}\n'
    assert spans in changed[f"episodes/{SLUG}/episode.md"].decode()
    assert "SPEAKER_01" not in changed[f"episodes/{SLUG}/transcript.vtt"].decode()


def test_files_without_the_name_do_not_stay_in_memory(programme, tmp_path):
    root = tmp_path / "kopie"
    shutil.copytree(programme, root)
    for number in range(16):
        (root / f"inzendingen/{number}.bin").write_bytes(b"~" * 500_000)
    files = read_valid_files(root)
    tracemalloc.start()
    try:
        plan_person(root, files, NAME, treatment="bleep", cache_folder=root / ".weerslag")
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak_bytes < 18_000_000


def test_windows_line_breaks_stay(programme, tmp_path):
    root = tmp_path / "kopie"
    shutil.copytree(programme, root)
    for path in (f"episodes/{SLUG}/episode.md", f"episodes/{SLUG}/transcript.vtt", "programme.yaml"):
        (root / path).write_bytes((root / path).read_bytes().replace(b"\n", b"\r\n"))

    changed = {one.path: one.content for one in plan(root).changes}

    for path in (f"episodes/{SLUG}/episode.md", f"episodes/{SLUG}/transcript.vtt", "programme.yaml"):
        assert changed[path].count(b"\n") == changed[path].count(b"\r\n")


def test_an_episode_goes_and_its_recording_is_kept(programme):
    (programme / ".gitignore").write_text("/public/\nepisodes/*/recording/\n")
    files = read_valid_files(programme)

    found = plan_item(programme, files, find_item(files, SLUG), cache_folder=programme / ".weerslag")

    assert () == found.problems
    assert ("0b7c5e52-6b6c-4a39-8f6e-1f1d5a3b7c01",) == found.withdrawn
    moved = {one.path: one.moved_to for one in found.changes if one.moved_to}
    assert {f"episodes/{SLUG}/recording/opname.flac": f"forgotten/{SLUG}/recording/opname.flac"} == moved
    (ignored,) = [one.content for one in found.changes if one.path == ".gitignore"]
    assert b"/public/\nepisodes/*/recording/\nforgotten/*/recording/\n" == ignored


def test_a_reflection_goes_with_the_pictures_that_only_it_shows(programme):
    files = read_valid_files(programme)

    found = plan_item(programme, files, find_item(files, "avond/tafel-1"), cache_folder=programme / ".weerslag")

    assert () == found.problems
    assert {"magazine/reflections/avond/tafel-1.md", "magazine/images/zee.png"} == {one.path for one in found.changes}


def test_metadata_goes_from_pictures_and_the_pixels_stay(programme):
    from PIL import Image

    picture = programme / "magazine/images/dijk.jpg"
    new = remove_metadata(picture.read_bytes())

    assert b"Drachten" in picture.read_bytes()
    assert b"Drachten" not in new
    copy = programme.parent / "kopie.jpg"
    copy.write_bytes(new)
    with Image.open(picture) as before, Image.open(copy) as after:
        assert before.tobytes() == after.tobytes()


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_jpeg_without_metadata_keeps_its_orientation(tmp_path, orientation):
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = orientation, "Anna"
    Image.new("RGB", (8, 4)).save(tmp_path / "a.jpg", exif=exif)

    (tmp_path / "b.jpg").write_bytes(remove_metadata((tmp_path / "a.jpg").read_bytes()))

    with Image.open(tmp_path / "b.jpg") as image:
        assert (orientation, None) == (image.getexif().get(0x0112, 1), image.getexif().get(0x013B))
