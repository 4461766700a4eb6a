"""Every error is reported once, with its location and a hint; and all errors together."""

import os
import stat
import time
import unicodedata

import pytest

from pipeline.content import load_programme
from pipeline.errors import ContentError
from tests.content.conftest import PICTURE

PROGRAMME = "programme.yaml"
EPISODE = "episodes/01-burger-centraal/episode.md"
TRANSCRIPT = "episodes/01-burger-centraal/transcript.vtt"
MAGAZINE = "magazine/magazine.yaml"
REFLECTION = "magazine/reflections/burger-centraal/tafel-3.md"
STORY = "magazine/stories/vooraf.md"

MISTAKES = [  # (file, original text, replacement, code@line:column of each error)
    (PROGRAMME, "loudness_lufs: -16", "loudnes_lufs: -16", "unknown-key@16:3"),
    (PROGRAMME, "loudness_lufs: -16", "loudness_lufs: 16", "out-of-range@16:18"),
    (PROGRAMME, "loudness_lufs: -16", 'loudness_lufs: "-16"', "wrong-type@16:18"),
    (PROGRAMME, "loudness_lufs: -16", "loudness_lufs: -16,5", "wrong-type@16:18"),
    (PROGRAMME, "loudness_lufs: -16", "loudness_lufs: .nan", "wrong-type@16:18"),
    (PROGRAMME, "title: Ambtenaar van Nu\n", "", "missing-key@1:1"),
    (PROGRAMME, "title: Ambtenaar van Nu", "title:", "empty@1:1"),
    (PROGRAMME, "title: Ambtenaar van Nu", 'title: ""', "empty@1:8"),
    (PROGRAMME, "title: Ambtenaar van Nu", "title: [a, b]", "wrong-type@1:8"),
    (PROGRAMME, "title: Ambtenaar van Nu", "title: a: b", "syntax@1:9"),
    (PROGRAMME, "title: Ambtenaar van Nu", "title: &x a", "syntax@1:8"),
    (PROGRAMME, "title: Ambtenaar van Nu", "title: *x", "syntax@1:8"),
    (PROGRAMME, "title: Ambtenaar van Nu", "title: !!str x", "syntax@1:8"),
    (PROGRAMME, "title: Ambtenaar van Nu", "title: a\ntitle: b", "duplicate-key@2:1"),
    (PROGRAMME, "title: Ambtenaar van Nu", "title: " + 300 * "x", "too-long@1:8"),
    (PROGRAMME, "subtitle: Leer", "\tsubtitle: Leer", "syntax@2:1"),
    (PROGRAMME, "language: nl", "language: Dutch", "wrong-value@3:11"),
    (PROGRAMME, "language: nl", "language: fr", "wrong-value@3:11"),
    (PROGRAMME, "Europe/Amsterdam", "Europe/Amsterdm", "wrong-value@6:11"),
    (PROGRAMME, "Europe/Amsterdam", "Amsterdam", "wrong-value@6:11"),
    (PROGRAMME, "Europe/Amsterdam", "Europe", "wrong-value@6:11"),
    (PROGRAMME, "https://example.org/ambtenaar-van-nu/", "https://example.org/ambtenaar-van-nu", "wrong-value@5:6"),
    (PROGRAMME, "https://example.org/ambtenaar-van-nu/", "http://example.org/x/", "wrong-value@5:6"),
    (PROGRAMME, "https://example.org/ambtenaar-van-nu/", "https://[x/", "wrong-value@5:6"),
    (PROGRAMME, "https://example.org/ambtenaar-van-nu/", "https://exämple.org/", "wrong-value@5:6"),
    (PROGRAMME, "https://example.org/ambtenaar-van-nu/", "https://example.org/?x=/", "wrong-value@5:6"),
    (PROGRAMME, "917393e3-1b1e-5cef-ace4-edaa54e1f810", "3f0c…", "wrong-value@8:9"),
    (PROGRAMME, "[Society & Culture, Documentary]", "[government]", "wrong-value@11:14"),
    (PROGRAMME, "[Society & Culture, Documentary]", "[Government, Politics]", "wrong-value@11:26"),
    (PROGRAMME, "[Society & Culture, Documentary]", "[Documentary]", "wrong-value@11:14"),
    (PROGRAMME, "[Society & Culture, Documentary]", "Government", "wrong-type@11:13"),
    (PROGRAMME, "[Society & Culture, Documentary]", "[]", "wrong-value@11:13"),
    (PROGRAMME, "type: serial", "type: seriel", "wrong-value@12:9"),
    (PROGRAMME, "explicit: false", "explicit: no", "wrong-type@13:13"),
    (PROGRAMME, "channels: mono", "channels: [mono]", "wrong-type@18:13"),
    (EPISODE, "input_channels: left", "input_channels: both", "wrong-value@19:17"),
    (PROGRAMME, "bitrate_kbps: 96", "bitrate_kbps: 100", "wrong-value@19:17"),
    (PROGRAMME, "[mp3, m4a, opus]", "[mp3, mp3]", "duplicate@20:18"),
    (PROGRAMME, "[mp3, m4a, opus]", "[mp3, ogg]", "wrong-value@20:18"),
    (PROGRAMME, "cover.jpg", "cver.jpg", "missing-file@14:10"),
    (PROGRAMME, "episodes/jingle.flac", "../jingle.flac", "outside@21:10"),
    (PROGRAMME, "episodes/jingle.flac", "/etc/passwd", "outside@21:10"),
    (PROGRAMME, "episodes/jingle.flac", "episodes", "no-file@21:10"),
    (PROGRAMME, "profile: public-sector", "profile: public", "wrong-value@22:10"),
    (PROGRAMME, "starts: 2024-06-13 16:30", "starts: 2024-13-13 16:30", "wrong-value@27:13"),
    (PROGRAMME, "starts: 2024-06-13 16:30", "starts: 13-06-2024 16:30", "wrong-value@27:13"),
    (PROGRAMME, "starts: 2024-06-13 16:30", "starts: 2024-06-13 25:30", "wrong-value@27:13"),
    (PROGRAMME, "starts: 2024-06-13 16:30", "starts: 2024-03-31 02:30", "wrong-value@27:13"),
    (PROGRAMME, "starts: 2024-06-13 16:30", "starts: 2024-06-13 20:30", "ends-first@28:11"),
    (PROGRAMME, "id: netwerkdag", "id: burger-centraal", "duplicate@37:9"),
    (PROGRAMME, "id: netwerkdag", "id: Netwerk Dag", "bad-slug@37:9"),
    (PROGRAMME, "online: https", "briefing_from: burger\n    online: https", "unknown-event@41:20"),
    (PROGRAMME, "what: Inloop", "until: 16:00, what: Inloop", "wrong-value@31:28"),
    (PROGRAMME, "what: Inloop", "what: Inloop, people: [Gust]", "unknown-guest@31:44"),
    (PROGRAMME, "2024-06-14 24:00", "2024-06-14 24:30", "wrong-value@36:30"),
    (PROGRAMME, "online: https", "status: afgelast\n    online: https", "wrong-value@41:13"),
    (PROGRAMME, "online: https", "picture: {file: weg.jpg, alt: Zaal}\n    online: https", "missing-file@41:21"),
    (PROGRAMME, "online: https", "registration: {places: 0}\n    online: https", "out-of-range@41:28"),
    ("magazine/cases/burger-centraal/stoep.md", "contact:", "contakt:", "unknown-key@5:1"),
    (REFLECTION, "group:", "case: stoepje\ngroup:", "unknown-case@2:7"),
    (REFLECTION, "group:", "participants: {beleid: veel}\ngroup:", "wrong-type@2:24"),
    (PROGRAMME, "{at: 16:30, what: Inloop}", "{at: 26:30, what: Inloop}", "wrong-value@31:14"),
    (PROGRAMME, "{at: 16:30, what: Inloop}", "Inloop", "wrong-type@31:9"),
    (PROGRAMME, "{at: 16:30, what: Inloop}", "{what: Inloop, waar: x}", "missing-key@31:9 unknown-key@31:24"),
    (PROGRAMME, "events:\n", "events: 3\nx:\n", "wrong-type@23:9 unknown-key@24:1"),
    (PROGRAMME, "profile: public-sector", "---\nprofile: public-sector", "syntax@22:1"),
    (PROGRAMME, "profile: public-sector", "[a]: b", "syntax@22:1"),
    (PROGRAMME, "profile: public-sector", 'x: "abc', "syntax@22:4"),
    (EPISODE, "---\nguid", "guid", "no-front-matter@1:1"),
    (EPISODE, "---\n\n# Not", "\n# Not", "no-front-matter@1:1"),
    (EPISODE, "guid: 0b6a7b8e-52f9-4d3b-8d3a-111111111111", "guid: trailer-1", "duplicate@2:7"),
    (EPISODE, "number: 1", "number: 0", "duplicate@3:9"),
    (EPISODE, "number: 1", 'number: "1"', "wrong-type@3:9"),
    (EPISODE, "number: 1", "number: één", "wrong-type@3:9"),
    (EPISODE, "number: 1", "number: -1", "out-of-range@3:9"),
    (EPISODE, "event: burger-centraal", "event: burger-centaal", "unknown-event@4:8"),
    (EPISODE, "event: burger-centraal", "event: Burger Centraal", "bad-slug@4:8"),
    (EPISODE, 'start: "00:41"', 'start: "00:00"', "out-of-order@13:13"),
    (EPISODE, 'start: "00:41"', "start: 41", "wrong-value@13:13"),
    (EPISODE, 'start: "00:41"', 'start: "00:41,5"', "wrong-value@13:13"),
    (EPISODE, 'start: "00:41"', 'start: "00:99"', "wrong-value@13:13"),
    (EPISODE, "from: 00:10, to: 00:12.25", "from: 00:12, to: 00:10", "ends-first@15:56"),
    (EPISODE, "from: 00:10, to: 00:12.25", "from: 00:10, to: 00:31", "overlap@15:45"),
    (EPISODE, "from: 00:10, to: 00:12.25", "from: 00:02, to: 00:12.25", "cut-through-cue@15:45"),
    (EPISODE, 'mutes: [{from: "00:25", to: "00:26"}]', 'mutes: [{from: "00:03", to: "00:05"}]', "cut-through-cue@16:16"),
    (EPISODE, 'from: "00:20", to: 00:20.6', 'from: "00:02", to: 00:02.4', "cut-through-cue@17:17"),
    (EPISODE, 'from: "00:20", to: 00:20.6', 'from: "00:20", to: "00:20"', "ends-first@17:30"),
    (EPISODE, 'from: "00:13", to: "00:29"', 'from: "00:15", to: "00:29"', "too-short@18:82"),
    (EPISODE, 'from: "00:13", to: "00:29"', 'from: "00:05", to: "00:20"', "too-short@18:82"),  # 12.75 s once cut
    (EPISODE, 'from: "00:41", to: "01:11.5"', 'from: "00:41", to: "01:41.1"', "too-long@18:31"),
    (EPISODE, 'from: "00:41", to: "01:11.5"', 'from: "00:41", to: "00:41"', "ends-first@18:31"),
    (EPISODE, 'from: "00:41", to: "01:11.5"', 'from: "01:10:01", to: "01:10:20"', "beyond@18:18"),
    (EPISODE, 'from: "00:13", to: "00:29"', 'from: "00:11", to: "00:31"', "in-a-cut@18:69 in-a-cut@18:82"),
    (EPISODE, "title: Wie begint", "titel: Wie begint", "unknown-key@18:42"),
    (EPISODE, "title: Wie begint", "title: " + 129 * "x", "too-long@18:49"),
    (EPISODE, 'from: "00:41", to: "01:11.5"', 'from: 41, to: "01:11.5"', "wrong-value@18:18"),
    (EPISODE, 'teasers: [{from: "00:41", ', "teasers: [{", "missing-key@18:11"),
    (PROGRAMME, "loudness_lufs: -16", "levelling: ja", "wrong-value@16:14"),
    (PROGRAMME, "loudness_lufs: -16", "high_pass_hz: 300", "out-of-range@16:17"),
    (EPISODE, "published: 2024-06-20 06:00", "published: 2024-06-20", "wrong-value@7:12"),
    (TRANSCRIPT, "WEBVTT - voorbeeld", "WEBVT", "bad-cue@1:1"),
    (TRANSCRIPT, "00:00.000 -->", "00:00,000 -->", "bad-cue@12:1"),
    (TRANSCRIPT, "--> 01:10:00.000", "--> 00:00:01.000", "bad-cue@16:17"),
    (TRANSCRIPT, "01:10:00.000 --> 01:10:01.000", "00:00:32.000 --> 01:10:01.000", "bad-cue@19:1"),
    (TRANSCRIPT, "01:10:00.000 --> 01:10:01.000\n", "", "bad-cue@19:1"),
    (TRANSCRIPT, "[applaus]", "<Jan> a < b <v>x", "bad-cue@20:1 bad-cue@20:9 bad-cue@20:13"),
    (TRANSCRIPT, "welkom\n", "welkom\nnog een\n", "bad-cue@11:1"),
    (MAGAZINE, "contents", "contnts", "unknown-key@7:5"),
    (MAGAZINE, "profile: coated-fogra39", "profile: print/drukker.icc", "missing-file@15:31"),
    (MAGAZINE, "profile: coated-fogra39", "profile: ../drukker.icc", "outside@15:31"),
    (MAGAZINE, "profile: coated-fogra39", "profile: episodes/jingle.flac", "no-profile@15:31"),
    (MAGAZINE, "multiple_of: 8", "ink_percent: 100", "out-of-range@15:60"),
    (MAGAZINE, "  - contents", "  - {}", "empty@7:5"),
    (MAGAZINE, "  - contents", "  - event:", "empty@7:11"),
    (MAGAZINE, "  - contents", "  - photo:", "empty@7:11"),
    (MAGAZINE, "  - contents", "  - ", "wrong-type@7:4"),
    (MAGAZINE, "  - contents", "  - [contents]", "wrong-type@7:5"),
    (MAGAZINE, "  - contents", "  - contnts: x", "unknown-key@7:5"),
    (MAGAZINE, "stories/vooraf.md", "stories/vorraf.md", "unknown-story@8:14"),
    (MAGAZINE, "stories/vooraf.md", "vooraf", "unknown-story@8:14"),
    (MAGAZINE, "  - contents\n", "  - article: stories/vooraf.md\n", "duplicate@8:14"),
    (MAGAZINE, "event: burger-centraal", "event: netwerkdag", "left-out@5:1"),
    (MAGAZINE, "  - contents\n", "  - event: burger-centraal\n", "duplicate@9:12"),
    (MAGAZINE, "  - contents\n", "  - contents\n  - contents\n", "duplicate@8:5"),
    (MAGAZINE, "  - contents\n", "  - {contents: , event: netwerkdag}\n", "two-in-one@7:5"),
    (MAGAZINE, "alt: Een tafel, ", "", "missing-alt@6:12"),
    (MAGAZINE, ", alt: De zaal", "", "missing-key@11:20"),
    (MAGAZINE, "images/cover.jpg", "images/covr.jpg", "missing-file@6:20"),
    (MAGAZINE, "alt: De zaal}", "alt: De zaal}, alt: Nog eens", "wrong-value@11:73"),
    (MAGAZINE, "multiple_of: 8", "multiple_of: 0", "out-of-range@15:60"),
    (MAGAZINE, "page: a4", "page: a3", "wrong-value@3:7"),
    (MAGAZINE, "page: a4", "hyphenation: [be-leid, be leid]", "wrong-value@3:24"),
    (MAGAZINE, "page: a4", "hyphenation: be-leid", "wrong-type@3:14"),
    (MAGAZINE, "page: a4", "hyphenation: [-beleid]", "wrong-value@3:15"),
    (MAGAZINE, "flatplan:\n", "flatplan: []\nx:\n", "empty@5:11 unknown-key@6:1"),
    (REFLECTION, "approved: 2024-07-01", "approved: ja", "wrong-value@5:11"),
    (REFLECTION, "approved: 2024-07-01", "approved: 2024-02-30", "wrong-value@5:11"),
    (REFLECTION, "moment: 01-burger-centraal#00:41", "moment: 01-burger#00:41", "unknown-episode@11:9"),
    (REFLECTION, "moment: 01-burger-centraal#00:41", "moment: 01-burger-centraal", "wrong-value@11:9"),
    (REFLECTION, "moment: 01-burger-centraal#00:41", "moment: 01-burger-centraal#2:00:41", "beyond@11:9"),
    (REFLECTION, "moment: 01-burger-centraal#00:41", "moment: 01-burger-centraal#00:31", "beyond@11:9"),
    (REFLECTION, "approved: true", "approved: 2024-01-01", "wrong-type@8:55"),
    (STORY, "picture: {file: images/zaal.jpg", "picture: {file: images/../../zaal.jpg", "outside@6:17"),
    (STORY, "alt: De zaal", 'alt: ""', "empty@6:39"),
    (STORY, "alt: De zaal", "focus: 60, alt: De zaal", "wrong-value@6:41"),
    (STORY, "alt: De zaal", "fit: heel, alt: De zaal", "wrong-value@6:39"),
    (STORY, "event: burger-centraal", "event: burger-centraal\npictures: [{file: zaal.jpg, width: full}]", "unknown-picture@6:19"),
    (STORY, "Het verhaal.", "Zie [dit](weg.md).", "unknown-text@9:11"),
    (REFLECTION, "De tafel sprak.", "Zie [dit](../../stories/vorraf.md) of [dat](../../stories/vooraf.md).", "unknown-text@13:11"),
    (STORY, "Het verhaal.", "Zie [dit](stories/vooraf.md), [dat](#noot) en [ver](https://x.nl/a.md).", "unknown-text@9:11"),
    (STORY, "event: burger-centraal", "event: x", "unknown-event@5:8"),
    (STORY, "Het verhaal.", 100_001 * "[", "too-large@9:1"),
    (STORY, "Het verhaal.", f"Vooraf.\n\nEen {400 * 'x'} woord", "too-large@11:5"),
    (REFLECTION, "De tafel sprak.", f"De tafel sprak.\n\n{50 * '|a'}|\n{50 * '|-'}|\n", "too-large@15:1"),
    (PROGRAMME, "{at: 16:30, what: Inloop}", "*x", "syntax@31:9"),
    (PROGRAMME, "EMMA, address", "EMMA, &x address", "syntax@29:25"),
    (PROGRAMME, "venue: {name", "venue: {<<: {}, name", "unknown-key@29:13"),
    (PROGRAMME, "venue: {name", "venue: {? [a]: b, name", "syntax@29:15"),
    (PROGRAMME, "venue: {name", "venue: !!map {name", "syntax@29:12"),
    (PROGRAMME, "description: Vier gesprekken.", "description: " + 2001 * "é", "too-long@10:16"),
    (PROGRAMME, "true_peak_dbtp: -1.5", "true_peak_dbtp: 1", "out-of-range@17:19"),
    (PROGRAMME, "Europe/Amsterdam", "../../etc/passwd", "wrong-value@6:11"),
    (PROGRAMME, "https://example.org/ambtenaar-van-nu/", "https://u@example.org/", "wrong-value@5:6"),
    (PROGRAMME, "https://example.org/ambtenaar-van-nu/", "https://example.org:99999/", "wrong-value@5:6"),
    (PROGRAMME, "https://example.org/zaal", "http://example.org/zaal", "wrong-value@41:13"),
    (PROGRAMME, "starts: 2024-06-13 16:30", "starts: 2024-06-13T16:30+02:00", "wrong-value@27:13"),
    (PROGRAMME, "starts: 2024-06-13 16:30", "starts: 0001-01-01 00:00", "wrong-value@27:13"),
    (PROGRAMME, "id: netwerkdag", "id: con", "bad-slug@37:9"),
    (PROGRAMME, "id: netwerkdag", "id: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "bad-slug@37:9"),
    (EPISODE, "guid: 0b6a7b8e-52f9-4d3b-8d3a-111111111111", "guid: two words", "wrong-value@2:7"),
    (EPISODE, "kind: full", "kind: ful", "wrong-value@8:7"),
    (EPISODE, "Eerste regel.", "Eerste <!-- en --> regel.\n <!-- Mag dit?", "unclosed-comment@25:2"),
    (PROGRAMME, "explicit: false", "explicit: false\n  license: cc-by", "wrong-value@14:12"),
    (PROGRAMME, "explicit: false", "explicit: false\n  license: {name: eigen}", "missing-key@14:12"),
    (PROGRAMME, "explicit: false", "explicit: false\n  license: {name: eigen, url: x}", "wrong-value@14:31"),
    (PROGRAMME, "explicit: false", 'explicit: false\n  funding: [{url: https://example.org/, text: ""}]', "empty@14:47"),
    (PROGRAMME, "explicit: false", "explicit: false\n  email: bel ons", "wrong-value@14:10"),
    (PROGRAMME, "explicit: false", "explicit: false\n  apps: {spotify: ja}", "wrong-value@14:19"),
    (PROGRAMME, "explicit: false", "explicit: false\n  apps: {spotfy: https://example.org/}", "unknown-key@14:10"),
    (PROGRAMME, "explicit: false", "explicit: false\n  txt: [{purpose: ai-content, text: ja}]", "wrong-value@14:37"),
    (PROGRAMME, "explicit: false", "explicit: false\n  frequency: {text: wekelijks, rrule: weekly}", "wrong-value@14:39"),
    (PROGRAMME, "explicit: false", "explicit: false\n  frequency: {text: x, rrule: FREQ=WEEKLY;COUNT=3}", "wrong-value@14:14"),
    (PROGRAMME, "explicit: false", "explicit: false\n  frequency: FREQ=WEEKLY", "wrong-type@14:14"),
    (PROGRAMME, "explicit: false", "explicit: false\n  medium: cursus", "wrong-value@14:11"),
    (PROGRAMME, "explicit: false", "explicit: false\n  seasons: [{number: 1, name: a}, {number: 1, name: b}]", "duplicate@14:44"),
    (PROGRAMME, "explicit: false", "explicit: false\n  seasons: [{number: 0, name: a}]", "out-of-range@14:22"),
    (PROGRAMME, "explicit: false", "explicit: false\n  retention_days: 0", "out-of-range@14:19"),
    (PROGRAMME, "explicit: false", "explicit: false\n  retention_days: lang", "wrong-type@14:19"),
    (PROGRAMME, "explicit: false", "explicit: false\n  page_items: 5", "out-of-range@14:15"),
    (PROGRAMME, "explicit: false", "explicit: false\n  page_items: 50", "wrong-value@14:15"),
    (PROGRAMME, "explicit: false", "explicit: false\n  cover_alt: [a]", "wrong-type@14:14"),
    (PROGRAMME, "city: Den Haag", "city: Den Haag, country: nl", "wrong-value@29:73"),
    (PROGRAMME, "city: Den Haag", "city: Den Haag, latitude: 52.07", "wrong-value@29:12"),
    (PROGRAMME, "city: Den Haag", "city: Den Haag, latitude: 152.07, longitude: 4.3", "out-of-range@29:74"),
    (PROGRAMME, "city: Den Haag", "city: Den Haag, osm: x1", "wrong-value@29:69"),
    (PROGRAMME, "online: https", "live: {page: http://x.nl/}\n    online: https", "wrong-value@41:18"),
    (PROGRAMME, "online: https", "live: {page: https://x.nl/, type: mp3}\n    online: https", "wrong-value@41:39"),
    (EPISODE, "kind: full", "kind: full\nseason: 0", "out-of-range@9:9"),
    (EPISODE, "{name: Stem A}", "{name: Stem A, speaker: Stem C}", "unknown-speaker@10:34"),
    (EPISODE, "{name: Stem A}", "{name: Anna, speaker: Stem A}, {name: Bram, speaker: stem a}", "duplicate@10:63"),
    (TRANSCRIPT, "<v.luid Stem B>Ja.", "&#x202e;<v Stem B>Ja. <b", "bad-cue@17:23"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "expected"), MISTAKES)
def test_one_mistake_causes_one_error_with_its_location(content, file, old, new, expected):
    text = (content.root / file).read_text("utf-8")
    content.write(file, text.replace(old, new, 1))

    found = content.load_errors()

    assert {file} == {error.location.file for error in found}
    assert expected == " ".join(f"{error.code}@{error.location.line}:{error.location.column}" for error in found)


PRINTED = [
    (
        PROGRAMME, "loudness_lufs: -16", "loudnes_lufs: -16", """\
programme.yaml:16:3: error: unknown key `loudnes_lufs` in `sound`
   16 |   loudnes_lufs: -16
      |   ^
  hint: did you mean `loudness_lufs`? its keys are loudness_lufs, true_peak_dbtp, channels, bitrate_kbps, formats, high_pass_hz, hum, noise_reduction, levelling, intro_overlap_s, outro_overlap_s, intro, outro, jingle""",
    ),
    (
        PROGRAMME, "loudness_lufs: -16", "loudness_lufs: 16", """\
programme.yaml:16:18: error: `loudness_lufs` must be at most -9
   16 |   loudness_lufs: 16
      |                  ^
  hint: did you mean -16?""",
    ),
    (
        PROGRAMME, "starts: 2024-06-13 16:30", "starts: 2024-13-13 16:30", """\
programme.yaml:27:13: error: `starts` is not an existing date: month must be in 1..12
   27 |     starts: 2024-13-13 16:30
      |             ^""",
    ),
    (
        PROGRAMME, "starts: 2024-06-13 16:30", "starts: 2024-03-31 02:30", """\
programme.yaml:27:13: error: this time does not exist in Europe/Amsterdam: summer time begins in that hour
   27 |     starts: 2024-03-31 02:30
      |             ^""",
    ),
    (
        PROGRAMME, "title: Ambtenaar van Nu", "title: Ambtenaar: van Nu", """\
programme.yaml:1:17: error: the text contains a colon followed by a space
    1 | title: Ambtenaar: van Nu
      |                 ^
  hint: put it in quotation marks: title: "Ambtenaar: van Nu\"""",
    ),
    (
        PROGRAMME, "[Society & Culture, Documentary]", "[Documentary]", """\
programme.yaml:11:14: error: `category` has an unknown Apple category: `Documentary`
   11 |   category: [Documentary]
      |              ^
  hint: it is a subcategory: write [Society & Culture, Documentary]""",
    ),
    (
        EPISODE, "number: 1", "number: 0", """\
episodes/01-burger-centraal/episode.md:3:9: error: two episodes have the number `0`: see episodes/00-trailer/episode.md:3
    3 | number: 0
      |         ^
  hint: the next free number is 1""",
    ),
    (
        TRANSCRIPT, "00:00.000 -->", "00:00,000 -->", """\
episodes/01-burger-centraal/transcript.vtt:12:1: error: `00:00,000` is not a WebVTT timestamp
   12 | 00:00,000 --> 00:04.500 align:start position:10%
      | ^
  hint: write a point: 00:00.000""",
    ),
    (
        MAGAZINE, "contents", "contnts", """\
magazine/magazine.yaml:7:5: error: unknown key `contnts` in item 2 of `flatplan`
    7 |   - contnts
      |     ^
  hint: did you mean `contents`? its keys are cover, contents, article, event, quotes, photo, notes, index, colophon, back""",
    ),
    (
        EPISODE, "published: 2024-06-20 06:00", "published: 20 juni 2024 om 6.00 uur", """\
episodes/01-burger-centraal/episode.md:7:12: error: `published` must be a date and a time
    7 | published: 20 juni 2024 om 6.00 uur
      |            ^
  hint: write 2024-06-20 06:00""",
    ),
    (
        EPISODE, 'mutes: [{from: "00:25", to: "00:26"}]', "mutes: [{from: \u201d00:25\u201d, to: 00:26}]", """\
episodes/01-burger-centraal/episode.md:16:16: error: `from` begins with a typographic quotation mark
   16 | mutes: [{from: \u201d00:25\u201d, to: 00:26}]
      |                ^
  hint: write "00:25\"""",
    ),
    (
        EPISODE, 'mutes: [{from: "00:25", to: "00:26"}]', 'mutes: [{from: "00:03", to: "00:05"}]', """\
episodes/01-burger-centraal/episode.md:16:16: error: this mute covers only part of a cue of the transcript, 00:00\u201300:04.500
   16 | mutes: [{from: "00:03", to: "00:05"}]
      |                ^
  hint: write instead of that cue in transcript.vtt, with the right words in each:

00:00:00.000 --> 00:00:03.000
<v Stem A>Welkom bij Burger &amp; ambtenaar. Fijn dat

00:00:03.000 --> 00:00:04.500
<v Stem A>je er bent.""",
    ),
    (
        MAGAZINE, "event: burger-centraal", "event: netwerkdag", """\
magazine/magazine.yaml:5:1: error: the flatplan has no event `burger-centraal`; approved reflections of it: 1
    5 | flatplan:
      | ^
  hint: add `- event: burger-centraal`""",
    ),
    (
        REFLECTION, "01-burger-centraal#00:41", "01-burger#00:41", """\
magazine/reflections/burger-centraal/tafel-3.md:11:9: error: there is no episode `01-burger`
   11 | moment: 01-burger#00:41
      |         ^
  hint: did you mean `01-burger-centraal`?""",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "printed"), PRINTED)
def test_error_prints_the_line_a_caret_and_a_hint(content, file, old, new, printed):
    content.change(file, old, new)

    assert [printed] == [str(error) for error in content.load_errors()]


def test_unknown_key_without_a_similar_one_gets_the_list_of_keys(content):
    content.change(REFLECTION, "approved: 2024-07-01", "cleared: 2024-07-01")

    (error,) = (one for one in content.load_errors() if one.code == "unknown-key")

    assert (
        "its keys are group, roles, participants, case, question, approved, insights, quotes, moment, order, pictures"
        == error.hint
    )


def test_all_errors_are_reported_sorted_by_file_and_line(content):
    content.change(PROGRAMME, "loudness_lufs", "loudnes_lufs")
    content.change(PROGRAMME, "type: serial", "type: seriel")
    content.change(PROGRAMME, "ends: 2024-12-12 17:00", "ends: 2024-12-12 08:00")
    content.change(PROGRAMME, "id: netwerkdag\n", "id: netwerkdag\n    titel: x\n")
    content.change(EPISODE, "kind: full", "kind: ful")
    content.change(EPISODE, "start: 1:02:03.5", "start: 00:02")
    content.change(EPISODE, "event: burger-centraal", "event: burger")
    content.change(TRANSCRIPT, "--> 01:10:01.000", "-> 01:10:01.000")
    content.change(MAGAZINE, "stories/vooraf.md", "stories/achteraf.md")
    content.change(REFLECTION, "approved: 2024-07-01", "approved: ja")
    content.change(STORY, "title: Vooraf\n", "")
    content.write("magazine/stories/Twee.md", "zonder hoofd")

    assert [
        ("unknown-event", f"{EPISODE}:4:8"),
        ("wrong-value", f"{EPISODE}:8:7"),
        ("out-of-order", f"{EPISODE}:14:13"),
        ("bad-cue", f"{TRANSCRIPT}:19:1"),
        ("unknown-story", f"{MAGAZINE}:8:14"),
        ("wrong-value", f"{REFLECTION}:5:11"),
        ("bad-slug", "magazine/stories/Twee.md"),
        ("no-front-matter", "magazine/stories/Twee.md:1:1"),
        ("missing-key", f"{STORY}:2:1"),
        ("wrong-value", f"{PROGRAMME}:12:9"),
        ("unknown-key", f"{PROGRAMME}:16:3"),
        ("unknown-key", f"{PROGRAMME}:38:5"),
        ("ends-first", f"{PROGRAMME}:41:11"),
    ] == content.list_errors()


def test_show_notes_may_be_longer_than_a_text_that_is_printed(content):
    long = "\n\n" + "woord " * 2_000 + "\n\nregel" * 9_000 + "\n"
    for file in (EPISODE, STORY):
        content.write(file, (content.root / file).read_text() + long)

    assert [("too-large", f"{STORY}:9:1")] == content.list_errors()


def test_text_that_is_too_large_is_not_said_to_be_missing(content):
    text = (content.root / REFLECTION).read_text().partition("insights:")
    content.write(REFLECTION, text[0] + "---\n\n" + "regel\n\n" * 9_000)

    assert ["too-large"] == [code for code, place in content.list_errors() if place.startswith(REFLECTION)]


def test_folder_without_programme_suggests_init(content):
    (content.root / PROGRAMME).unlink()

    (error,) = content.load_errors()

    assert (
        "programme.yaml: error: file not found\n  hint: change to the folder of a programme, or create one: weerslag init DIR"
        == str(error)
    )


def test_empty_programme_has_missing_keys(tmp_path, content):
    content.write(PROGRAMME, "\n# nothing yet\n")

    assert {f"required key `{key}` is missing in the programme" for key in ("title", "organiser", "url")} == {
        error.message for error in content.load_errors() if error.location.file == PROGRAMME
    }


# Files and folders


def test_episode_without_episode_md_is_reported(content):
    content.write("episodes/03-leeg/recording/a.wav", "sound")

    assert [("missing-file", "episodes/03-leeg/episode.md")] == content.list_errors()


def test_file_names_must_be_slugs_and_the_hint_suggests_one(content):
    (content.root / "episodes/00-trailer").rename(content.root / "episodes/Trailer één")
    (content.root / "magazine/stories/vooraf.md").rename(content.root / "magazine/stories/Vóóraf!.md")

    hints = {error.location.file: error.hint for error in content.load_errors() if error.code == "bad-slug"}

    assert {
        "episodes/Trailer één": "rename it to trailer-een",
        "magazine/stories/Vóóraf!.md": "rename it to vooraf.md",
    } == hints


def test_colliding_file_names_are_reported_once(content):
    story = (content.root / STORY).read_text()
    content.write("magazine/stories/Vooraf.md", story)
    content.write("episodes/00-trailer/recording/a\u0308.wav", "sound")
    content.write("episodes/00-trailer/recording/ä.WAV", "sound")

    assert [
        ("name-collision", "episodes/00-trailer/recording/ä.WAV"),
        ("name-collision", "magazine/stories/vooraf.md"),
    ] == content.list_errors()


def test_reflections_must_be_in_the_folder_of_an_event(content):
    content.write("magazine/reflections/burger-centaal/a.md", "---\ngroup: A\n---\n")
    content.write("magazine/reflections/los.md", "---\ngroup: A\n---\n")

    assert [
        ("unknown-event", "magazine/reflections/burger-centaal"),
        ("misplaced", "magazine/reflections/los.md"),
    ] == content.list_errors()


@pytest.mark.parametrize(("file", "location"), [
    (PROGRAMME, "programme.yaml"),
    (EPISODE, EPISODE),
    (TRANSCRIPT, TRANSCRIPT),
    (STORY, STORY),
    ("episodes/jingle.flac", "programme.yaml:21:10"),
    ("episodes/01-burger-centraal/recording/part 2.WAV", "episodes/01-burger-centraal/recording/part 2.WAV"),
])  # fmt: skip
@pytest.mark.parametrize("how", ["link", "pipe", "folder"])
def test_links_pipes_and_folders_are_never_opened(content, tmp_path, file, location, how):
    target = content.root / file
    outside = tmp_path / "outside"
    target.rename(outside)
    if how == "link":
        target.symlink_to(outside)
    elif how == "pipe":
        os.mkfifo(target)
    else:
        target.mkdir()

    assert ("outside" if how == "link" else "no-file", location) in content.list_errors()


@pytest.mark.parametrize(("folder", "location"), [
    ("episodes", "episodes"),
    ("episodes/00-trailer", "episodes/00-trailer/episode.md"),
    ("episodes/01-burger-centraal/recording", "episodes/01-burger-centraal/recording"),
    ("magazine/stories", "magazine/stories"),
])  # fmt: skip
def test_link_to_an_outside_folder_is_reported_and_not_read(content, tmp_path, folder, location):
    (content.root / folder).rename(tmp_path / "elsewhere")
    (content.root / folder).symlink_to(tmp_path / "elsewhere")

    assert [location] == [where for code, where in content.list_errors() if code == "outside" and "yaml" not in where]


def test_broken_link_is_reported_as_a_link(content):
    (content.root / TRANSCRIPT).unlink()
    (content.root / TRANSCRIPT).symlink_to("weg.vtt")

    (error,) = content.load_errors()

    assert (TRANSCRIPT, "missing-file") == (error.location.file, error.code)
    assert "is a broken link" in error.message


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../../etc/passwd",
        "episodes/../../x",
        '"a\\0b"',
        "x" * 300,
        "a/" * 3000,
        "''",
        "C:\\x",
        "~/x",
        "loop",
    ],
)
@pytest.mark.parametrize(("file", "field"), [(PROGRAMME, "intro: episodes/jingle.flac"), (PROGRAMME, "cover: magazine/images/cover.jpg"), (STORY, "file: images/zaal.jpg"), (MAGAZINE, "file: magazine/images/zaal.jpg"), (MAGAZINE, "image: images/cover.jpg")])  # fmt: skip
def test_path_outside_the_programme_is_rejected(content, path, file, field):
    (content.root / "loop").symlink_to("loop")
    content.change(file, field, f"{field.partition(':')[0]}: {path}")

    (error,) = content.load_errors()

    assert file == error.location.file


def test_unreadable_file_is_reported(content, monkeypatch):
    if os.geteuid() == 0:  # root may read all: a file of /proc refuses even so
        (content.root / "magazine/stories/geheim.md").symlink_to("/proc/self/mem")
    else:
        content.write("magazine/stories/geheim.md", "x")
        (content.root / "magazine/stories/geheim.md").chmod(stat.S_IWUSR)

    assert "magazine/stories/geheim.md" in [where for _, where in content.list_errors()]


# Hostile text


def test_invalid_utf8_is_reported_with_its_location(content):
    content.write(
        PROGRAMME, (content.root / PROGRAMME).read_bytes().replace("creëer".encode(), "creëer".encode("cp1252"))
    )

    (error,) = content.load_errors()

    assert """\
programme.yaml:26:19: error: the file is not UTF-8
   26 |     theme: Hoe cre�er je vertrouwen?
      |                   ^
  hint: save it as UTF-8; as Windows-1252 this would be `ë`""" == str(error)


def test_utf_16_is_reported(content):
    content.write(STORY, (content.root / STORY).read_text().encode("utf-16"))

    assert [("encoding", STORY)] == [one for one in content.list_errors() if one[0] != "unknown-story"]


@pytest.mark.parametrize("text", [
    "title: " + "[" * 100_000,
    "- " * 100_000,
    "a: " * 50_000,
    "{" * 100_000,
    "a: &a [x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n" * 5_000,
    "\n".join(f"k{n}: x" for n in range(100_000)),
    "title: " + "x" * 5_000_000,
    "title: " + "\u0300\u0323" * 500_000,
    "title: '" + "\n\n" * 100_000,
    "? " * 50_000,
    "!" * 100_000,
    "%TAG ! x\n" * 10_000,
    "x: |" + " " * 100_000,
])  # fmt: skip
def test_yaml_bomb_is_rejected_quickly(tmp_path, text):
    (tmp_path / PROGRAMME).write_text(text, "utf-8")
    begin = time.process_time()

    with pytest.raises(ContentError):
        load_programme(tmp_path)

    assert time.process_time() - begin < 3


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("![Een stoel](../images/weg.jpg)", [("missing-file", f"{STORY}:{{}}:14")]),
        ("![](../images/stoel.jpg)", [("no-alt", f"{STORY}:{{}}:5")]),
        ("![Een stoel](../../../stoel.jpg)", [("outside", f"{STORY}:{{}}:14")]),
    ],
)
def test_picture_in_a_text_must_exist_and_have_a_text_alternative(content, line, expected):
    content.write("magazine/images/stoel.jpg", PICTURE)
    number = len((content.root / STORY).read_text("utf-8").splitlines()) + 2
    with (content.root / STORY).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")

    assert [(code, where.format(number)) for code, where in expected] == [
        (error.code, str(error.location)) for error in content.load_errors()
    ]


@pytest.mark.parametrize("source", ["../images/stoel.jpg", "https://example.org/stoel.jpg"])
def test_existing_picture_and_web_picture_are_valid(content, source):
    content.write("magazine/images/stoel.jpg", PICTURE)
    with (content.root / STORY).open("a", encoding="utf-8") as file:
        file.write(f"\n![Een stoel]({source})\n")

    assert content.load().stories


@pytest.mark.parametrize("name", ["De zaal.jpg", "één.jpg", "cafe\u0301.jpg"])
def test_picture_may_have_any_name(content, name):
    content.write(f"magazine/images/{name}", PICTURE)  # the last name is decomposed, as macOS writes it
    with (content.root / STORY).open("a", encoding="utf-8") as file:
        file.write(f"\n![Een zaal](<../images/{unicodedata.normalize('NFC', name)}>)\n")

    assert content.load().stories


@pytest.mark.parametrize("text", ["<svg xmlns='http://www.w3.org/2000/svg'/>", "geen beeld"])
def test_file_that_is_no_picture_is_an_error_where_it_is_used(content, text):
    content.write("magazine/images/zaal.jpg", text)
    content.write("magazine/images/stoel.jpg", text)
    with (content.root / STORY).open("a", encoding="utf-8") as file:
        file.write("\n![Een stoel](../images/stoel.jpg)\n")

    places = {(error.code, str(error.location)) for error in content.load_errors()}

    assert {
        ("bad-picture", f"{MAGAZINE}:11:27"),
        ("bad-picture", f"{STORY}:6:17"),
        ("bad-picture", f"{STORY}:11:14"),
    } == places


def test_messages_have_no_terminal_escapes(content):
    content.change(PROGRAMME, "type: serial", 'type: "\\e[31mrood\\e]0;x\\a"')
    content.write("magazine/stories/\x1b[31m\n.md", "geen hoofd")
    content.write(os.fsdecode(b"episodes/\xff/episode.md"), "geen hoofd")

    printed = "\n".join(str(error) for error in content.load_errors())

    assert all(char.isprintable() or char == "\n" for char in printed)
    assert printed.encode("utf-8")


@pytest.mark.parametrize(
    ("kind", "space", "expected"),
    [
        (b"mntr", b"RGB ", ["the ICC profile is for RGB"]),
        (b"link", b"CMYK", ["the ICC profile is not an output profile"]),
    ],
)
def test_custom_icc_profile_must_be_a_cmyk_output_profile(content, kind, space, expected):
    (content.root / "drukker.icc").write_bytes(bytes(12) + kind + space + bytes(16) + b"acsp" + bytes(88))
    content.change(MAGAZINE, "profile: coated-fogra39", "profile: drukker.icc, condition: FOGRA52, ink_percent: 280")

    assert expected == [error.message for error in content.load_errors()]


def test_custom_cmyk_output_profile_is_accepted(content):
    (content.root / "drukker.icc").write_bytes(bytes(12) + b"prtrCMYK" + bytes(16) + b"acsp" + bytes(88))
    content.change(MAGAZINE, "profile: coated-fogra39", "profile: drukker.icc, condition: FOGRA52, ink_percent: 280")

    settings = load_programme(content.root).magazine.print

    assert ("drukker.icc", "FOGRA52", 280) == (settings.profile, settings.condition, settings.ink_percent)


def test_unknown_key_in_dutch_names_the_key_that_is_meant(content):
    content.change(EPISODE, "summary: Wie begint?", "samenvatting: Wie begint?")

    with pytest.raises(ContentError) as caught:
        load_programme(content.root)

    (error,) = caught.value.errors
    assert error.hint.startswith("did you mean `summary`? its keys are guid, number, ")


def test_timestamps_with_commas_are_one_error(content):
    content.change(TRANSCRIPT, "00:00.000 --> 00:04.500", "00:00:00,000 --> 00:00:04,500")
    content.change(TRANSCRIPT, "00:00:33.000 --> 01:10:00.000", "00:00:33,000 --> 01:10:00,000")

    with pytest.raises(ContentError) as caught:
        load_programme(content.root)

    (error,) = caught.value.errors
    assert ("bad-cue", 12, 1) == (error.code, error.location.line, error.location.column)
    assert error.message.startswith("2 lines have timestamps with a comma")
