"""A programme whose texts are hard to set: long compounds, addresses, wide tables, code, rare signs, in every place."""

from dataclasses import replace
from datetime import date

from pipeline.model import (
    AgendaItem,
    Article,
    Case,
    Chapter,
    Event,
    Guest,
    Magazine,
    Picture,
    Programme,
    Quote,
    Reflection,
    Story,
    Venue,
)
from tests.magazine.conftest import SENTENCE, make_episode, make_event, make_release

COMPOUNDS = (
    "vergunningverleningsprocedure",
    "ontwikkelingssamenwerkingsbeleid",
    "Arbeidsongeschiktheidsverzekering",
    "meervoudigepersoonlijkheidsstoornissen",
    "hottentottensoldatententententoonstellingsbouwterrein",
)
CAPITALS = "ARBEIDSONGESCHIKTHEIDSVERZEKERINGSMAATSCHAPPIJ"
ADDRESS = (
    "https://www.gemeente-voorbeeldstad.example/participatie/gesprekken/2024-06-13_vergunningverlening.html"
    "?thema=vertrouwen&tafel=vergunningverleningsprocedure&versie=definitief"
)
EMAIL = "participatieverordening.ontwikkelingssamenwerking@gemeente-voorbeeldstad.example"
CODE = "gemeente.vergunning(aanvraag=Arbeidsongeschiktheidsverzekering, drempel=0.35)"
DIGEST = "7f3a9c1e5b8d2046" * 5  # has no syllables
SLASHES = "burgemeester/wethouders/gemeenteraadsleden/inwonersvertegenwoordigers/uitvoeringsorganisaties"
RARE = "Ωμέγα Привет שלום مرحبا हिन्दी 😀 🎉 ✓ ☐ ☒ → ☎"


def make_table(columns: int, rows: int, word: str) -> str:
    """Make a Markdown table whose cells in the second column hold a long word."""
    head = "| " + " | ".join(f"Kolom {number}" for number in range(1, columns + 1)) + " |"
    lines = [head, "|" + "---|" * columns]
    for row in range(1, rows + 1):
        cells = [f"rij {row} cel {number}" for number in range(1, columns + 1)]
        cells[min(1, columns - 1)] = f"{word} {row}"
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def make_hostile_programme(programme: Programme) -> Programme:
    """Replace the texts of the small programme by hard ones."""
    one, two = (make_hostile_event(number, event) for number, event in enumerate(programme.events, 1))
    reflections = tuple(_list_reflections(one.id, two.id))
    story = Story(
        slug="vooraf",
        title=f"Waarom {COMPOUNDS[3]} ons bezighoudt",
        intro=f"Over {COMPOUNDS[4]} en {SLASHES}, en wat daarvan blijft.",
        by=f"{COMPOUNDS[2]} en {COMPOUNDS[1]}",
        picture=Picture(
            file="magazine/images/tafel.jpg",
            alt="Een lege tafel",
            credit=COMPOUNDS[2],
            caption=f"Bij de {COMPOUNDS[4]}.",
        ),
        pulls=(f"Elke {COMPOUNDS[1]} begint met een {COMPOUNDS[4]}.",),
        text_md=make_story_text(),
        pictures=(Picture(file="magazine/stories/streep.jpg", alt="Een streep"),),
    )
    episodes = tuple(
        replace(
            make_episode(number, event.id, f"{COMPOUNDS[0]} en {COMPOUNDS[4]}"),
            chapters=(Chapter(start_ms=0, title=COMPOUNDS[4]), Chapter(start_ms=41_000, title=ADDRESS)),
        )
        for number, event in enumerate((one, two), 1)
    )
    return replace(
        programme,
        title=f"Leren over {COMPOUNDS[1]}",
        subtitle=f"Over {COMPOUNDS[4]} en {COMPOUNDS[0]}",
        organiser=f"Ministerie van {COMPOUNDS[2]}",
        events=(one, two),
        episodes=episodes,
        reflections=reflections,
        drafts=(),
        stories=(story,),
        magazine=make_hostile_magazine(one.id, two.id),
    )


def make_hostile_magazine(one: str, two: str) -> Magazine:
    kinds = ("cover", "contents", "story", one, two, "quotes", "photo", "index", "colophon", "back")
    articles = {
        "cover": Article(kind="cover", headline=f"Over {COMPOUNDS[4]} en {CAPITALS}"),
        "story": Article(kind="article", ref="stories/vooraf.md"),
        "photo": Article(
            kind="photo",
            picture=Picture(
                file="magazine/images/tafel.jpg", alt="De tafel", caption=f"{COMPOUNDS[4]} {COMPOUNDS[4]}."
            ),
        ),
        "back": Article(kind="back", headline=f"Luister naar {COMPOUNDS[4]}"),
        one: Article(kind="event", ref=one),
        two: Article(kind="event", ref=two),
    }
    return Magazine(
        title=f"{COMPOUNDS[2]} nu",
        edition=f"Slotbijeenkomst {COMPOUNDS[4]} {COMPOUNDS[4]}",
        flatplan=tuple(articles.get(kind, Article(kind=kind)) for kind in kinds),
        colophon=f"Gemaakt met *{COMPOUNDS[4]}*. Zie <{ADDRESS}>.",
        name="hostile",
    )


def make_hostile_event(number: int, event: Event) -> Event:
    return replace(
        make_event(
            number,
            event.id,
            f"{COMPOUNDS[number]} dichtbij, {SLASHES} en {COMPOUNDS[4]}",
            f"Wat doet {COMPOUNDS[4]} met {CAPITALS}?",
        ),
        venue=Venue(name=COMPOUNDS[4], address=SLASHES, city="Voorbeeldstad"),
        agenda=(AgendaItem(at="16:30", what=f"{COMPOUNDS[4]} {COMPOUNDS[4]}"), AgendaItem(at="17:00", what=SLASHES)),
        guests=(Guest(name=COMPOUNDS[3], role=COMPOUNDS[1], organisation=COMPOUNDS[4]),),
        cases=(
            Case(
                slug="zaak",
                event=event.id,
                title=f"{CAPITALS} {COMPOUNDS[4]}",
                organisation=COMPOUNDS[4],
                summary=f"{SLASHES} {DIGEST}",
            ),
        ),
    )


def make_story_text() -> str:
    code = "\n".join(f"    {CODE * 2}" for _ in range(2))
    return "\n\n".join([
        f"## {COMPOUNDS[4]} {CAPITALS}",
        f"{SENTENCE} {COMPOUNDS[4]} {SLASHES}. Zie {ADDRESS} of <{ADDRESS}>, of schrijf naar <{EMAIL}>.",
        f"- {COMPOUNDS[4]}\n- `{CODE}` in de tekst\n- {CAPITALS}\n    1. {COMPOUNDS[4]}\n    2. {ADDRESS}",
        f"> {COMPOUNDS[4]} **{CAPITALS}** *{DIGEST}*",
        f"- los {COMPOUNDS[0]}\n\n- los {CAPITALS}\n\n  {ADDRESS}",
        "---",
        code,
        make_table(3, 4, COMPOUNDS[1]),
        *[SENTENCE * 2] * 3,
        make_table(5, 3, COMPOUNDS[4]),
        f"{SENTENCE}{RARE}.",
        make_table(9, 3, COMPOUNDS[1]),
        f'![Een streep](streep.jpg "Bij {COMPOUNDS[4]} {CAPITALS}. Beeld: {COMPOUNDS[2]}")',
        *[SENTENCE * 2] * 2,
        f"{COMPOUNDS[0]}\n:   {COMPOUNDS[4]} {SLASHES}",
        f"Met een noot.[^1]\n\n[^1]: Zie {ADDRESS} over {COMPOUNDS[4]}.",
    ])  # fmt: skip


def _list_reflections(one: str, two: str) -> list[Reflection]:
    plain = Reflection(slug="tafel-1", event=one, group="Tafel 1", approved=date(2024, 7, 1), text_md=SENTENCE * 3)
    quotes = tuple(
        Quote(text=f"Elke {word} begint met een {COMPOUNDS[4]}.", by=COMPOUNDS[2]) for word in (*COMPOUNDS, CAPITALS)
    )
    return [
        replace(
            plain,
            group=f"{COMPOUNDS[4]} {COMPOUNDS[0]}",
            roles=(COMPOUNDS[1], COMPOUNDS[4], COMPOUNDS[2]),
            question=f"Wat betekent {COMPOUNDS[4]} voor {CAPITALS}?",
            insights=(f"Begin met {COMPOUNDS[4]}.", ADDRESS, DIGEST),
            quotes=quotes,
            text_md="\n\n".join([SENTENCE * 2, make_table(4, 3, COMPOUNDS[4]), f"### {COMPOUNDS[4]}", ADDRESS]),
        ),
        replace(plain, slug="tafel-2", question=COMPOUNDS[2], quotes=quotes[:3], text_md=make_table(12, 3, CAPITALS)),
        replace(plain, slug="tafel-3", event=two, question=f"{DIGEST}?", quotes=quotes, roles=(COMPOUNDS[4],)),
    ]


def make_hostile_releases(programme: Programme):
    return tuple(make_release(episode) for episode in programme.episodes)


def list_texts(programme: Programme) -> list[str]:
    """List the texts that the pages of the magazine show."""
    magazine, (story,) = programme.magazine, programme.stories
    texts = [magazine.title, magazine.edition, magazine.colophon, programme.organiser]
    texts += [article.headline for article in magazine.flatplan if article.kind in {"cover", "back"}]
    for event in programme.events:
        texts += [event.title, event.theme, event.venue.name, event.venue.address]
        texts += [item.what for item in event.agenda]
        texts += [text for one in event.guests for text in (one.name, one.role, one.organisation)]
        texts += [text for one in event.cases for text in (one.title, one.organisation, one.summary)]
    for episode in programme.episodes:
        texts += [episode.title, *(chapter.title for chapter in episode.chapters)]
    for one in programme.reflections:
        texts += [one.group, *one.roles, one.question, *one.insights, one.text_md]
        texts += [text for quote in one.quotes for text in (quote.text, quote.by)]
    return [*texts, story.title, story.intro, story.by, story.picture.caption, *story.pulls, story.text_md]
