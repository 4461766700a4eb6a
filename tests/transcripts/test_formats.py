"""Ten and more formats of other programs: each gives the same two turns."""

import json

import pytest

from pipeline.transcripts.reader import read_transcript

CUES = [(1000, 3500, "Jan de Vries", "Goedemiddag allemaal."), (4000, 6000, "Els Bakker", "Dank je, Jan.")]
JSON_SEGMENTS = [
    {"start": start / 1000, "end": end / 1000, "text": f" {text}", "speaker": speaker}
    for start, end, speaker, text in CUES
]
FILES = {
    "WebVTT": "WEBVTT\n\n00:01.000 --> 00:03.500\n<v Jan de Vries>Goedemiddag allemaal.\n\n00:04.000 --> 00:06.000\n<v Els Bakker>Dank je, Jan.",
    "Teams VTT": "\ufeffWEBVTT\r\n\r\n3f0c/12-0\r\n00:00:01.000 --> 00:00:03.500\r\n<v Jan de Vries>Goedemiddag\r\nallemaal.</v>\r\n\r\n3f0c/12-1\r\n00:00:04.000 --> 00:00:06.000\r\n<v Els Bakker>Dank je, Jan.</v>\r\n",
    "Zoom VTT": "WEBVTT\r\n\r\n1\r\n00:00:01.000 --> 00:00:03.500\r\nJan de Vries: Goedemiddag allemaal.\r\n\r\n2\r\n00:00:04.000 --> 00:00:06.000\r\nEls Bakker: Dank je, Jan.\r\n",
    "SubRip of Amberscript": "1\n00:00:01,000 --> 00:00:03,500\nJan de Vries: Goedemiddag\nallemaal.\n\n2\n00:00:04,000 --> 00:00:06,000\nEls Bakker: Dank je, Jan.\n",
    "SubRip of WhisperX": "1\n00:00:01,000 --> 00:00:03,500\n[Jan de Vries]: Goedemiddag allemaal.\n\n2\n00:00:04,000 --> 00:00:06,000\n[Els Bakker]: Dank je, Jan.\n",
    "SubRip with points and styles": "1\n0:00:01.000 --> 0:00:03.500 X1:40\n<v Jan de Vries>{\\an8}<font color=red>Goedemiddag</font> allemaal.\n2\n0:00:04.000 --> 0:00:06.000\n<v Els Bakker>Dank je, <i>Jan</i>.",
    "SBV": "0:00:01.000,0:00:03.500\nJan de Vries: Goedemiddag allemaal.\n\n0:00:04.000,0:00:06.000\nEls Bakker: Dank je, Jan.\n",
    "Podcasting 2.0 JSON": json.dumps({"version": "1.0.0", "segments": [
        {"speaker": who, "startTime": start / 1000, "endTime": end / 1000, "body": text} for start, end, who, text in CUES
    ]}),
    "WhisperX JSON": json.dumps({"segments": JSON_SEGMENTS, "word_segments": [{"word": "x", "start": 0, "end": 1}], "language": "nl"}),
    "list of segments": json.dumps(JSON_SEGMENTS),
    "whisper.cpp JSON": json.dumps({"transcription": [
        {"timestamps": {"from": "x", "to": "y"}, "offsets": {"from": start, "to": end}, "text": f"{who}: {text}"}
        for start, end, who, text in CUES
    ]}),
    "TTML": '<?xml version="1.0" encoding="UTF-8"?>\n<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata"><head><metadata>'
    '<ttm:agent xml:id="a"><ttm:name>Jan de Vries</ttm:name></ttm:agent><ttm:agent xml:id="b"><ttm:name type="full">Els Bakker</ttm:name></ttm:agent></metadata></head>'
    '<body><div begin="1s"><p begin="0s" dur="2500ms" ttm:agent="a">Goedemiddag<br/>allemaal.</p><p begin="00:00:03.000" end="00:00:05.000" ttm:agent="b"><span>Dank je,</span> Jan.</p></div></body></tt>',
    "Audacity labels": "1,000000\t3,500000\tJan de Vries: Goedemiddag allemaal.\n4.0\t6.0\tEls Bakker: Dank je, Jan.\n\\\t100\t200\n",
    "Whisper TSV": "start\tend\ttext\n1000\t3500\tJan de Vries: Goedemiddag allemaal.\n4000\t6000\tEls Bakker: Dank je, Jan.\n",
    "SubStation Alpha": "[Script Info]\nTitle: x\n\n[V4+ Styles]\nFormat: Name\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,weg\nDialogue: 0,0:00:01.00,0:00:03.50,Default,Jan de Vries,0,0,0,,{\\i1}Goedemiddag{\\i0}\\Nallemaal.\n"
    "Dialogue: 0,0:00:04.00,0:00:06.00,Default,Els Bakker,0,0,0,,Dank je, Jan.\n",
    "whisper on a terminal": "[00:00:01.000 --> 00:00:03.500]   Jan de Vries: Goedemiddag allemaal.\n[00:00:04.000 --> 00:00:06.000]   Els Bakker: Dank je, Jan.\n",
    "old Word export of Teams": "0:0:1.0 --> 0:0:3.500\nJan de Vries\nGoedemiddag allemaal.\n\n0:0:4.0 --> 0:0:6.0\nEls Bakker\nDank je, Jan.\n",
}  # fmt: skip
STARTS_ONLY = {
    "Teams": "Overleg-20240613\n13 juni 2024\n58m 12s\n\nJan de Vries heeft de transcriptie gestart\n\nJan de Vries   0:01\nGoedemiddag allemaal.\n\nEls Bakker   0:04\nDank je, Jan.",
    "Otter": "Jan de Vries  0:01  \nGoedemiddag allemaal.\n\nEls Bakker  0:04  \nDank je, Jan.\n\nTranscribed by https://otter.ai",
    "Zoom captions": "[Jan de Vries] 00:00:01\nGoedemiddag allemaal.\n\n[Els Bakker] 00:00:04\nDank je, Jan.",
    "Rev": "Jan de Vries (00:01):\nGoedemiddag allemaal.\n\nEls Bakker (00:04):\nDank je, Jan.",
    "Happy Scribe": "[00:00:01.00] - Jan de Vries\nGoedemiddag allemaal.\n\n[00:00:04.00] - Els Bakker\nDank je, Jan.",
    "Trint": "[00:00:01] Jan de Vries: Goedemiddag allemaal.\n[00:00:04] Els Bakker: Dank je, Jan.",
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_format_gives_times_speakers_and_words(name):
    transcript = read_transcript(FILES[name])

    assert CUES == [(cue.start_ms, cue.end_ms, cue.speaker, cue.text) for cue in transcript.cues]
    assert () == transcript.findings


@pytest.mark.parametrize("name", STARTS_ONLY)
def test_format_with_starts_only_gets_ends(name):
    transcript = read_transcript(STARTS_ONLY[name])

    assert [(start, who, text) for start, _, who, text in CUES] == [
        (cue.start_ms, cue.speaker, cue.text) for cue in transcript.cues
    ]
    assert 1000 < transcript.cues[0].end_ms <= 4000 < transcript.cues[1].end_ms < 8000


def test_rolling_captions_of_youtube_are_read_once():
    transcript = read_transcript(
        "WEBVTT\nKind: captions\nLanguage: nl\n\n00:00:01.000 --> 00:00:03.000 align:start position:0%\n \n"
        "welkom<00:00:01.500><c> bij</c><00:00:02.000><c> deze</c>\n\n00:00:03.000 --> 00:00:03.010\nwelkom bij deze\n \n\n"
        "00:00:03.010 --> 00:00:05.000\nwelkom bij deze\navond<00:00:03.500><c> over</c>\n"
    )

    assert ["welkom bij deze", "avond over"] == [cue.text for cue in transcript.cues]


def test_words_with_times_become_cues():
    words = [{"word": word, "start": n * 0.5, "end": n * 0.5 + 0.4} for n, word in enumerate(["Een", "twee", "drie."])]
    words.append({"word": "Vier.", "start": 9.0, "end": 9.5})

    transcript = read_transcript(json.dumps({"words": words}))

    assert [(0, 1400, "Een twee drie."), (9000, 9500, "Vier.")] == [
        (cue.start_ms, cue.end_ms, cue.text) for cue in transcript.cues
    ]


def test_text_without_times_becomes_lines():
    transcript = read_transcript("Jan: Hallo. Let op: dit.\n\nEls:\nDag.\nWe beginnen om 16:30\n")

    assert () == transcript.cues
    assert [(1, "Jan", "Hallo. Let op: dit."), (4, "Els", "Dag."), (5, "Els", "We beginnen om 16:30")] == [
        (line.line, line.speaker, line.text) for line in transcript.lines
    ]


def test_words_before_a_colon_that_occur_once_are_text():
    transcript = read_transcript(
        "1\n00:00:01,000 --> 00:00:02,000\nJa.\n\n2\n00:00:02,000 --> 00:00:03,000\nLet op: nu.\n"
    )

    assert [("", "Ja."), ("", "Let op: nu.")] == [(cue.speaker, cue.text) for cue in transcript.cues]
