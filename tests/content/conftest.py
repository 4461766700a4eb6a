"""A small programme without errors, and ways to change one thing in it."""

from pathlib import Path

import pytest

from pipeline.content import load_files, load_programme
from pipeline.errors import ContentError

PICTURE = "GIF89a\x0f\x0f\x17\x17\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"  # 3855 × 5911 px, and valid UTF-8
FILES = {
    "programme.yaml": """\
title: Ambtenaar van Nu
subtitle: Leerprogramma voor bevlogen ambtenaren
language: nl
organiser: Overheid van Nu
url: https://example.org/ambtenaar-van-nu/
timezone: Europe/Amsterdam
podcast:
  guid: 917393e3-1b1e-5cef-ace4-edaa54e1f810
  author: Overheid van Nu
  description: Vier gesprekken.
  category: [Society & Culture, Documentary]
  type: serial
  explicit: false
  cover: magazine/images/cover.jpg
sound:
  loudness_lufs: -16
  true_peak_dbtp: -1.5
  channels: mono
  bitrate_kbps: 96
  formats: [mp3, m4a, opus]
  intro: episodes/jingle.flac
profile: public-sector
events:
  - id: burger-centraal
    title: Burger centraal
    theme: Hoe creëer je vertrouwen?
    starts: 2024-06-13 16:30
    ends: 2024-06-13 19:00
    venue: {name: EMMA, address: Wijnhaven 88, city: Den Haag}
    agenda:
      - {at: 16:30, what: Inloop}
      - {at: "17:00", what: Opname podcast}
    guests:
      - {name: Gast (voorbeeld), role: gebiedsmakelaar, organisation: gemeente Amsterdam}
    deadlines:
      - {what: Reacties, at: 2024-06-14 24:00}
  - id: netwerkdag
    title: Netwerkdag
    starts: 2024-12-12 09:00
    ends: 2024-12-12 17:00
    online: https://example.org/zaal
""",
    "magazine/cases/burger-centraal/stoep.md": """\
---
title: De stoep
organisation: Een gemeente
summary: Eén stoep.
contact: ingenieur
---
""",
    "episodes/01-burger-centraal/episode.md": """\
---
guid: 0b6a7b8e-52f9-4d3b-8d3a-111111111111
number: 1
event: burger-centraal
title: Burger centraal
summary: Wie begint?
published: 2024-06-20 06:00
kind: full
explicit: false
people: [{name: Stem A}]
chapters:
  - {start: 00:00, title: Welkom}
  - {start: "00:41", title: Het omgekeerde beleidsproces}
  - {start: 1:02:03.5, title: Slot}
cuts: [{from: "00:30", to: "00:32"}, {from: 00:10, to: 00:12.25}]
mutes: [{from: "00:25", to: "00:26"}]
bleeps: [{from: "00:20", to: 00:20.6}]
teasers: [{from: "00:41", to: "01:11.5", title: Wie begint}, {from: "00:13", to: "00:29"}]
input_channels: left
---

# Notities

Eerste regel.
""",
    "episodes/01-burger-centraal/transcript.vtt": """\
WEBVTT - voorbeeld
Kind: captions

STYLE
::cue { color: red }

NOTE
Een opmerking
over twee regels.

welkom
00:00.000 --> 00:04.500 align:start position:10%
<v Stem A>Welkom bij <i>Burger</i> &amp; ambtenaar.
Fijn dat je er bent.</v>

00:00:33.000 --> 01:10:00.000
<v.luid Stem B>Ja.</v> <v Stem A>Nee.

01:10:00.000 --> 01:10:01.000
[applaus]
""",
    "episodes/01-burger-centraal/recording/part 10.wav": "sound",
    "episodes/01-burger-centraal/recording/part 2.WAV": "sound",
    "episodes/01-burger-centraal/recording/.DS_Store": "hidden",
    "episodes/00-trailer/episode.md": """\
---
guid: trailer-1
number: 0
title: Trailer
published: 2024-06-01 06:00
kind: trailer
---
""",
    "episodes/jingle.flac": "sound",
    "magazine/magazine.yaml": """\
title: Ambtenaar van Nu
edition: Slotevent, 16 januari 2025
page: a4
name: slotevent
flatplan:
  - cover: {image: images/cover.jpg, alt: Een tafel, credit: Studio, headline: Wat bleef}
  - contents
  - article: stories/vooraf.md
  - event: burger-centraal
  - quotes:
  - photo: {image: {file: magazine/images/zaal.jpg, alt: De zaal}}
  - notes: {headline: Ruimte}
  - colophon
  - back
print: {bleed_mm: 5, profile: coated-fogra39, multiple_of: 8}
colophon: |
  Gemaakt door *iedereen*.
""",
    "magazine/reflections/burger-centraal/tafel-3.md": """\
---
group: 3
roles: [uitvoering, beleid]
question: Wat heb jij nodig?
approved: 2024-07-01
insights: [Begin bij de vraag.]
quotes:
  - {text: Dit mag gedrukt., by: deelnemer, approved: true}
  - {text: GEHEIM CITAAT., by: deelnemer, approved: false}
  - {text: GEHEIM CITAAT TWEE., by: deelnemer}
moment: 01-burger-centraal#00:41
---
De tafel sprak.
""",
    "magazine/reflections/burger-centraal/tafel-4.md": """\
---
group: GEHEIME TAFEL
question: GEHEIME VRAAG
quotes: [{text: GEHEIM, by: iemand, approved: true}]
---
GEHEIME TEKST
""",
    "magazine/stories/vooraf.md": """\
---
title: Vooraf
intro: Hoe het begon.
by: De redactie
event: burger-centraal
picture: {file: images/zaal.jpg, alt: De zaal, credit: Studio, caption: Vol.}
pulls: [Iedereen luisterde.]
---
Het verhaal.
""",
    "magazine/images/cover.jpg": PICTURE,
    "magazine/images/zaal.jpg": PICTURE,
}


class Content:
    """A programme in a folder that a test may edit."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path, content):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def change(self, path, old, new):
        text = (self.root / path).read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {path}"
        self.write(path, text.replace(old, new))

    def load(self):
        return load_programme(self.root)

    def load_files(self):
        return load_files(self.root)

    def load_errors(self):
        with pytest.raises(ContentError) as caught:
            self.load()
        return caught.value.errors

    def list_errors(self):
        """Every error in short: (code, location)."""
        return [(error.code, str(error.location)) for error in self.load_errors()]


@pytest.fixture
def content(tmp_path):
    programme = Content(tmp_path / "programma")
    for path, text in FILES.items():
        programme.write(path, text)
    return programme
