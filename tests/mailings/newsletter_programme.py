"""A programme with a newsletter that has every kind of block, written to a folder."""

from PIL import Image

PROGRAMME = """\
title: Doen wat kan
organiser: Een netwerk
url: https://example.org/doen/
partners: [{name: Gemeente Overal, role: opdrachtgever, logo: magazine/images/logo.png}]
links: [{title: Het netwerk op LinkedIn, url: "https://www.linkedin.com/"}]
newsletter: {service: listmonk, sender: "Een netwerk, Postbus 1, Den Haag", reason: Je meldde je hiervoor aan.}
events:
  - id: eerste
    title: De eerste dag
    theme: Wie begint?
    starts: 2024-06-13 16:30
    ends: 2024-06-13 19:00
    venue: {name: EMMA, city: Den Haag}
  - id: tweede
    title: De tweede dag
    summary: Over wat er daarna kwam.
    starts: 2024-09-19 16:30
    ends: 2024-09-19 19:00
    venue: {name: EMMA, city: Den Haag}
    online: https://example.org/zaal
    registration: {url: "https://pretix.example/tweede/", closes: 2024-09-10 12:00}
  - id: besloten
    title: Besloten dag
    starts: 2024-10-19 16:30
    ends: 2024-10-19 19:00
    visibility: participants
"""
EPISODE = """\
---
guid: 0b7c5e52-6b6c-4a39-8f6e-1f1d5a3b7c01
number: 1
event: eerste
title: Wie "begint"
summary: Een gesprek & een verordening.
published: 2024-06-20 06:00
---
"""
STORY = """\
---
title: Na de opname
intro: Dan begint het pas.
event: eerste
picture: {file: images/tafel.png, alt: Een tafel., credit: Een netwerk}
---
De tafel.
"""
NEWSLETTER = """\
---
number: 16
date: 2024-06-21
subject: "De opname staat online: luister & lees"
preview: Met twee tips.
blocks:
  - intro
  - episode: 01-begint
  - story: opname
  - tips:
      - {text: Lees eens een verordening., source: {title: Wetten op een rij, url: "https://wetten.overheid.nl/?a=1&b=2"}}
  - event: tweede
  - button: {text: Bekijk de tweede dag, to: event:tweede}
  - agenda
---
Beste lezer,

## Wat er was

- Een *gesprek*
- Een [verslag](../stories/opname.md), en [de wet](https://wetten.overheid.nl/)
"""


def write_programme(root, newsletter=NEWSLETTER, programme=PROGRAMME):
    """Write the programme to ``root``, and return that."""
    files = {
        "programme.yaml": programme,
        "episodes/01-begint/episode.md": EPISODE,
        "magazine/stories/opname.md": STORY,
        "magazine/newsletters/2024-06.md": newsletter,
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / "magazine/images").mkdir(exist_ok=True)
    Image.new("RGB", (600, 300), "#0b5563").save(root / "magazine/images/tafel.png")
    Image.new("RGB", (300, 120), "#9a3412").save(root / "magazine/images/logo.png")
    return root
