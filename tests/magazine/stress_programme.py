"""A programme of eighty reflections, to look at, to test with and to measure: ``stress_programme.py FOLDER``.

Each event has groups of 40 to 900 words, with long compounds, lists, tables, quotes, insights and pictures of all
shapes. The text is assembled from sentences, and the same arguments give the same files.
"""

import random
import sys
from pathlib import Path

from PIL import Image, ImageDraw

LENGTHS = (40, 55, 70, 90, 110, 130, 150, 170, 190, 220, 250, 290, 330, 370, 420, 480, 550, 640, 760, 900)  # words
EVENTS = (
    ("burger-aan-tafel", "Burger aan tafel", "Hoe groeit vertrouwen tussen burger en ambtenaar?"),
    ("regels-en-ruimte", "Regels en ruimte", "Wie durft af te wijken als de regel niet helpt?"),
    ("samen-een-overheid", "Samen één overheid", "Wat merkt een inwoner van onze samenwerking?"),
    ("cijfers-en-mensen", "Cijfers en mensen", "Wat zien wij niet als wij alleen naar cijfers kijken?"),
)
SHAPES = {  # name: width and height in pixels, alternative text, caption
    "portret": ((1200, 1800), "Een staande tekening van een deur", "De deur staat open."),
    "panorama": ((3000, 900), "Een lange rij lege stoelen", "Een zaal vlak voor het begin."),
    "flipover": ((1500, 2000), "Een flip-over met zes regels handschrift", "Het vel van deze groep."),
    "vierkant": ((1400, 1400), "Een vierkant vlak met lijnen", "Zo tekende de groep de keten."),
    "klein": ((480, 360), "Een kleine schets van een kopje koffie", "Een schets op een servet."),
    "liggend": ((1800, 1200), "Een tafel met stoelen", "De tafel na afloop."),
}
COMPOUNDS = """
    vergunningverleningsprocedure arbeidsongeschiktheidsverzekering ontwikkelingssamenwerkingsbeleid
    schuldhulpverleningstraject belastingdienstmedewerker informatievoorzieningsplan
    gezondheidszorginstellingen samenwerkingsovereenkomst verantwoordelijkheidsverdeling
    bijstandsuitkeringsaanvraag gegevensbeschermingsautoriteit omgevingsvergunningaanvraag
    bestemmingsplanwijziging leerlingenvervoersregeling bezwaarschriftencommissie wijkverpleegkundigenoverleg
    participatiebeleidsmedewerker jeugdbeschermingsmaatregel inkomensafhankelijkheidsgrens
    dienstverleningsovereenkomst energiebesparingsmaatregelen woningtoewijzingssysteem
""".split()  # noqa: SIM905  # it reads as text
PEOPLE = ("een wijkteam", "een balie", "een inspecteur", "een raadslid", "een buurthuis", "een klantmanager", "een beleidsmaker",
          "een waterschap", "een corporatie", "een uitvoerder", "een jurist", "een mantelzorger")  # fmt: skip
THINGS = ("de brief", "het formulier", "de wachttijd", "het gesprek", "de regel", "de uitzondering", "het loket", "de planning",
          "het dossier", "de overdracht", "de evaluatie", "het proefjaar")  # fmt: skip
TIMES = ("op maandag", "na een jaar", "in de eerste week", "vlak voor de zomer", "aan het eind van de maand", "die avond",
         "sinds de verhuizing", "tijdens de proef")  # fmt: skip
SENTENCES = (
    "Aan onze tafel begon {person} over {thing}, en daar bleven wij lang bij stilstaan.",
    "Wie {time} belt, krijgt een ander antwoord dan wie een brief schrijft.",
    "De {compound} kost iedereen tijd, ook als er niets mis is.",
    "Daarom vroegen wij ons af wat er gebeurt als {thing} gewoon verdwijnt.",
    "Niemand wist wie er over {thing} gaat, en dat zei eigenlijk alles.",
    "{Person} vertelde hoe het {time} wél lukte: eerst luisteren, dan pas rekenen.",
    "Vertrouwen kost een avond, wantrouwen kost een jaar.",
    "Wij misten {person} in dit gesprek, want daar ligt de sleutel.",
    "Bij de {compound} zitten drie afdelingen die elkaar nooit zien.",
    "Dat klinkt klein, maar {thing} bepaalt of mensen terugkomen.",
    "Een van ons had {time} meegelopen met {person} en kwam anders terug.",
    "Het gaat niet om meer regels, het gaat om {thing} en om wie er opneemt.",
    "Toch is er ook een grens: niet elke uitzondering is eerlijk voor de buren.",
    "Wij spraken af dat {person} voortaan vanaf het begin meedenkt.",
    "Zonder {thing} blijft het een plan van papier.",
    "Als de {compound} vastloopt, is er geen nummer dat je kunt bellen.",
    "Iedereen knikte, en daarna werd het stil.",
    "Hoe vaak hebben wij {thing} zelf meegemaakt, vroeg iemand.",
    "Misschien moet {person} vaker aan deze kant van de tafel zitten.",
    "Wat helpt is een naam onder de brief en tijd om terug te bellen.",
    "Het dossier was compleet, de mens achter het dossier niet.",
    "Soms is {thing} niet het probleem, maar de volgorde waarin wij werken.",
)  # fmt: skip
QUESTIONS = (
    "Wat heb jij nodig om te vertrouwen?",
    "Wie belt er als het misgaat?",
    "Welke regel zou jij morgen schrappen, en wie zou die missen?",
    "Hoe vertel je dat {thing} langer duurt dan beloofd, zonder dat iemand zich afgewezen voelt?",
    "Moet de {compound} anders?",
    "",
)
HEADINGS = ("Wat wij hoorden", "Waar het schuurt", "Wat al werkt", "Wat er morgen anders kan", "De {compound}")
ROLES = ("uitvoering", "beleid", "bewoner", "toezicht", "onderzoek", "wijkteam", "raad")


def write_stress_programme(root: Path, *, events: int = 4, groups: int = 20) -> None:
    """Write the programme into a folder; a smaller one has the same first events, and groups of all lengths."""
    images = root / "magazine/images"
    images.mkdir(parents=True)
    for name, (size, _, _) in SHAPES.items():
        draw_picture(images / f"{name}.jpg", size, random.Random(name))
    write_event_files(root, events, groups)
    (root / "programme.yaml").write_text(format_programme(events))
    plan = ["cover: {headline: Wat er op tafel bleef liggen}", "contents", "article: stories/vooraf.md"]
    plan += [f"event: {ident}" for ident, _, _ in EVENTS[:events]]
    photo = (
        "photo: {image: images/liggend.jpg, alt: Een tafel met stoelen, caption: De tafel na afloop., credit: Weerslag}"
    )
    plan += ["quotes", photo, "index", "colophon", "back"]
    listed = "\n".join(f"  - {one}" for one in plan)
    (root / "magazine/magazine.yaml").write_text(
        f"title: Ambtenaar van Nu\nedition: Proefmagazine\nlanguage: nl\npage: a4\nflatplan:\n{listed}\n"
        "print: {bleed_mm: 3, profile: coated-fogra39, multiple_of: 4}\n"
        "colophon: Een magazine om mee te meten. Alle tekst is verzonnen.\n"
    )


def write_event_files(root: Path, events: int, groups: int) -> None:
    """Write the reflections of each event, and one story."""
    step = len(LENGTHS) / groups
    lengths = [LENGTHS[int(number * step + step / 2)] for number in range(groups)]
    for ident, _, _ in EVENTS[:events]:
        chance = random.Random(ident)
        folder = root / f"magazine/reflections/{ident}"
        folder.mkdir(parents=True)
        shuffled, said = chance.sample(lengths, groups), set[str]()
        for number, words in enumerate(shuffled, 1):
            (folder / f"tafel-{number}.md").write_text(format_reflection(chance, number, words, said))
    chance = random.Random("vooraf")
    stories = root / "magazine/stories"
    stories.mkdir()
    body = "\n\n".join(format_text(chance, 900, ["![Een tafel met stoelen](../images/liggend.jpg)"]))
    head = "title: Wat een gesprek achterlaat\nintro: Vier avonden, tachtig tafels, en wat er bleef liggen."
    pulls = "pulls: [Vertrouwen kost een avond.]"
    (stories / "vooraf.md").write_text(f"---\n{head}\n{pulls}\n---\n{body}\n")


def format_programme(events: int) -> str:
    """Format programme.yaml, without sound."""
    listed = "".join(
        f"  - id: {ident}\n    title: {title}\n    theme: {theme}\n"
        f"    starts: 2024-0{number}-13 16:30\n    ends: 2024-0{number}-13 19:00\n"
        "    venue: {name: Het Buurthuis, address: Voorbeeldstraat 1, city: Utrecht}\n"
        "    agenda: [{at: '16:30', what: Inloop}, {at: '17:00', what: Gesprek aan twintig tafels}]\n"
        for number, (ident, title, theme) in enumerate(EVENTS[:events], 1)
    )
    return (
        "title: Ambtenaar van Nu\nsubtitle: Leerprogramma\nlanguage: nl\norganiser: Weerslag\nurl: https://example.org/meting/\n"
        "timezone: Europe/Amsterdam\npodcast:\n  guid: abdf5780-b12b-52a5-9dc7-0247e83d6c69\n  author: Weerslag\n"
        "  description: Een meting.\n  category: [Government]\n  type: serial\n  explicit: false\n"
        f"sound: {{loudness_lufs: -16}}\nprofile: open\nevents:\n{listed}"
    )


def format_reflection(chance: random.Random, number: int, words: int, said: set[str]) -> str:
    """Format the note of a group of about so many words; ``said`` are the quotes of its event."""
    extras = []
    if number % 3 == 0 and words > 60:
        name = list(SHAPES)[number // 3 % len(SHAPES)]
        _, alt, caption = SHAPES[name]
        extras.append(f'![{alt}](../../images/{name}.jpg "{caption} Beeld: Weerslag")')
    if number % 5 == 2 and words > 100:
        extras.append(format_table(chance, columns=(3, 5, 8)[number // 5 % 3]))
    if number % 4 == 1 and words > 100:
        extras.append("\n".join(f"- {write_sentence(chance)}" for _ in range(3)))
    if number % 7 == 4 and words > 100:
        extras.append(f"> {write_sentence(chance)}")
    text = "\n\n".join(format_text(chance, words, extras))
    question = fill(chance, QUESTIONS[number % len(QUESTIONS)])
    insights = [write_sentence(chance) for _ in range(number % 6)]
    quotes = [write_quote(chance, said) for _ in range((2, 1, 0, 3)[number % 4])]
    lines = [f"group: Tafel {number}", f"roles: [{', '.join(chance.sample(ROLES, 3))}]", "approved: 2024-07-01"]
    lines += [f'question: "{question}"'] if question else []
    lines += ["insights:", *(f'  - "{one}"' for one in insights)] if insights else []
    lines += ["quotes:", *(f'  - {{text: "{one}", by: deelnemer, approved: true}}' for one in quotes)] if quotes else []
    return "\n".join(("---", *lines, "---", text, ""))


def format_text(chance: random.Random, words: int, extras: list[str]) -> list[str]:
    """Assemble paragraphs of about so many words, with headings in a long text, and the extras between them."""
    blocks: list[str] = []
    count = 0
    while count < words:
        if words > 300 and len(blocks) % 4 == 2:
            blocks.append(f"## {fill(chance, chance.choice(HEADINGS))}")
        sentences = [write_sentence(chance) for _ in range(chance.randint(2, 6))]
        while len(sentences) > 1 and count + len(" ".join(sentences).split()) > words + 8:
            sentences.pop()
        blocks.append(" ".join(sentences))
        count += len(blocks[-1].split())
    for place, extra in enumerate(extras, 1):
        at = max(1, len(blocks) * place // (len(extras) + 1))
        at += blocks[at - 1].startswith("##")  # not between a heading and its text
        blocks.insert(at, extra)
    return blocks


def format_table(chance: random.Random, columns: int) -> str:
    """Format a table of four rows."""
    heads = ["Stap", "Wie", "Duur", "Kosten", "Regel", "Knelpunt", "Idee", "Eigenaar"][:columns]
    cells = (COMPOUNDS, [one.partition(" ")[2] for one in PEOPLE], ["2 weken", "8 weken", "1 dag"], ["€ 120", "€ 40", "niets"],
             ["ja", "nee"], ["wachttijd", "overdracht"], ["bel eerst", "schrijf kort"], ["team A", "team B"])  # fmt: skip
    rows = [[chance.choice(cells[column]) for column in range(columns)] for _ in range(4)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [heads, ["---"] * columns, *rows])


def write_sentence(chance: random.Random) -> str:
    """Write one sentence."""
    return fill(chance, chance.choice(SENTENCES))


def write_quote(chance: random.Random, said: set[str]) -> str:
    """Write a sentence that nobody said before."""
    quote = next(one for one in iter(lambda: write_sentence(chance), "") if one not in said)
    said.add(quote)
    return quote


def fill(chance: random.Random, pattern: str) -> str:
    """Fill in the words of a pattern."""
    person = chance.choice(PEOPLE)
    values = {"person": person, "Person": person[0].upper() + person[1:], "thing": chance.choice(THINGS)}
    return pattern.format(**values, time=chance.choice(TIMES), compound=chance.choice(COMPOUNDS))


def draw_picture(file: Path, size: tuple[int, int], chance: random.Random) -> None:
    """Draw lines in a frame, with a mark in each corner: a cut is seen at once."""
    noise = Image.effect_noise((size[0] // 2, size[1] // 2), 40).resize(size).convert("RGB")
    ground = Image.new("RGB", size, tuple(chance.randint(120, 230) for _ in range(3)))
    picture = Image.blend(ground, noise, 0.12)
    pen = ImageDraw.Draw(picture)
    width, height = size
    unit = min(size) // 12
    for _ in range(14):
        pen.line([chance.randint(unit, side - unit) for side in (*size, *size)], fill="#16202C", width=unit // 6)
    for x, y in ((0, 0), (width - unit, 0), (0, height - unit), (width - unit, height - unit)):
        pen.rectangle([x, y, x + unit, y + unit], fill="#9A3412")
    pen.rectangle([unit // 2, unit // 2, width - unit // 2, height - unit // 2], outline="#0B5563", width=unit // 5)
    picture.save(file, quality=85)


if __name__ == "__main__":
    write_stress_programme(Path(sys.argv[1]))
