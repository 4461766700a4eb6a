"""What the magazine costs: 64 pages, two columns, 40 pictures; both PDFs beside one plain WeasyPrint run, Typst and Chromium."""

import random
import sys
from pathlib import Path

from PIL import Image, ImageDraw

WORDS = [
    "wie",
    "bij",
    "de",
    "ander",
    "aan",
    "tafel",
    "gaat",
    "zitten",
    "hoort",
    "iets",
    "anders",
    "dan",
    "wie",
    "een",
    "brief",
    "schrijft",
    "en",
    "dat",
    "kost",
    "een",
    "avond",
    "maar",
    "scheelt",
    "een",
    "jaar",
    "aan",
    "onze",
    "tafel",
    "ging",
    "het",
    "daarom",
    "al",
    "snel",
    "niet",
    "meer",
    "over",
    "regels",
    "maar",
    "over",
    "wie",
    "er",
    "belt",
    "als",
    "het",
    "misgaat",
    "bij",
    "een",
    "aanvraag",
    "die",
    "drie",
    "keer",
    "hetzelfde",
    "vraagt",
    "zonder",
    "dat",
    "iemand",
    "weet",
    "waarom",
    "de",
    "besluitvorming",
    "zo",
    "lang",
    "duurt",
    "terwijl",
    "de",
    "samenwerking",
    "tussen",
    "gemeente",
    "provincie",
    "waterschap",
    "en",
    "bewoners",
    "juist",
    "vertrouwen",
    "nodig",
    "heeft",
]
EVENTS, TABLES, PICTURES = 5, 5, 40


def write_programme(root: Path, pages: int = 64) -> None:
    """A programme without sound whose magazine has ``pages`` pages on paper."""
    chance = random.Random(20250116)
    images = root / "magazine/images"
    images.mkdir(parents=True)
    for number in range(PICTURES):
        draw_picture(images / f"beeld-{number:02}.jpg", chance)
    (root / "programme.yaml").write_text(programme_yaml())
    pictures = iter(range(PICTURES))
    plan = ["cover: {headline: Wat er op tafel bleef liggen}", "contents"]
    for event in range(1, EVENTS + 1):
        plan.append(f"event: avond-{event}")
        folder = root / f"magazine/reflections/avond-{event}"
        folder.mkdir(parents=True)
        for table in range(1, TABLES + 1):
            picture = next(pictures) if table < 3 else None
            (folder / f"tafel-{table}.md").write_text(reflection_md(chance, table, picture))
        slug = f"verhaal-{event}"
        plan.append(f"article: stories/{slug}.md")
        stories = root / "magazine/stories"
        stories.mkdir(exist_ok=True)
        count = 6
        own = [one for one in (next(pictures, None) for _ in range(count)) if one is not None]
        (stories / f"{slug}.md").write_text(story_md(chance, event, own))
    plan += ["quotes", "colophon", "back"]
    listed = "\n".join(f"  - {one}" for one in plan)
    (root / "magazine/magazine.yaml").write_text(
        f"title: Ambtenaar van Nu\nedition: Meting\nlanguage: nl\npage: a4\nflatplan:\n{listed}\n"
        "print: {bleed_mm: 3, profile: coated-fogra39, multiple_of: 4}\ncolophon: Gemaakt voor een meting.\n"
    )


def programme_yaml() -> str:
    events = "".join(
        f"  - id: avond-{n}\n    title: Avond {n}\n    theme: Hoe groeit vertrouwen tussen burger en ambtenaar?\n"
        f"    starts: 2024-0{n}-13 16:30\n    ends: 2024-0{n}-13 19:00\n"
        "    venue: {name: EMMA, address: Wijnhaven 88, city: Den Haag}\n"
        for n in range(1, EVENTS + 1)
    )
    return (
        "title: Ambtenaar van Nu\nsubtitle: Leerprogramma\nlanguage: nl\norganiser: Weerslag\nurl: https://example.org/meting/\n"
        "timezone: Europe/Amsterdam\npodcast:\n  guid: abdf5780-b12b-52a5-9dc7-0247e83d6c69\n  author: Weerslag\n"
        "  description: Een meting.\n  category: [Government]\n  type: serial\n  explicit: false\n"
        f"sound: {{loudness_lufs: -16}}\nprofile: open\nevents:\n{events}"
    )


def sentence(chance: random.Random) -> str:
    words = [chance.choice(WORDS) for _ in range(chance.randint(8, 18))]
    return " ".join(words).capitalize() + "."


def paragraph(chance: random.Random) -> str:
    return " ".join(sentence(chance) for _ in range(chance.randint(4, 7)))


def picture_md(number: int) -> str:
    return f"![Een vlak met lijnen, nummer {number}](../images/beeld-{number:02}.jpg)"


def reflection_md(chance: random.Random, table: int, picture: int | None) -> str:
    blocks = [paragraph(chance) for _ in range(4)]
    if picture is not None:
        blocks.insert(2, picture_md(picture).replace("../images", "../../images"))
    text = "\n\n".join(blocks)
    return (
        f"---\ngroup: Tafel {table}\nroles: [uitvoering, beleid]\nquestion: Wat heb jij nodig om te vertrouwen?\n"
        f"cleared: 2024-07-01\ninsights:\n  - {sentence(chance)}\n  - {sentence(chance)}\nquotes:\n"
        f'  - {{text: "{sentence(chance)}", by: deelnemer, cleared: true}}\n'
        f'  - {{text: "{sentence(chance)}", by: deelnemer, cleared: true}}\n---\n{text}\n'
    )


def story_md(chance: random.Random, number: int, pictures: list[int]) -> str:
    blocks = [paragraph(chance) for _ in range(11)]
    for place, picture in enumerate(pictures):
        blocks.insert(2 + 3 * place, picture_md(picture))
    text = "\n\n".join(blocks)
    return f"---\ntitle: Verhaal {number}, over wie er begint\nintro: {sentence(chance)}\n---\n{text}\n"


def draw_picture(file: Path, chance: random.Random) -> None:
    """Lines on a ground, with the grain of a photograph so that it weighs what one weighs."""
    noise = Image.effect_noise((1600, 1200), 40).convert("RGB")
    ground = Image.new("RGB", (1600, 1200), tuple(chance.randint(60, 220) for _ in range(3)))
    picture = Image.blend(ground, noise, 0.15)
    pen = ImageDraw.Draw(picture)
    for _ in range(30):
        pen.line([chance.randint(0, 1600) for _ in range(4)], fill="#16202C", width=chance.randint(2, 20))
    picture.save(file, quality=88)


if __name__ == "__main__":
    write_programme(Path(sys.argv[1]))
