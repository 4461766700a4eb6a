"""The list of sources below an essay: what it links to, each once, and nothing that is not public."""

import pytest

from pipeline.content import load_programme

PROGRAMME = """\
title: Doen wat kan
organiser: Een netwerk
url: https://example.org/doen/
events:
  - {id: open, title: Open *dag*, starts: 2020-05-27 09:30, ends: 2020-05-27 18:00}
  - {id: besloten, title: Besloten, starts: 2020-05-28 09:30, ends: 2020-05-28 18:00, visibility: participants}
"""
REFLECTION = "---\ngroup: {group}\nquestion: Waarom?\n{approved}---\nTekst van de groep.\n"


@pytest.fixture
def write(tmp_path):
    def run(path, text):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    run("programme.yaml", PROGRAMME)
    run("magazine/reflections/open/een.md", REFLECTION.format(group="Tafel 1", approved="approved: 2020-06-01\n"))
    run("magazine/reflections/open/twee.md", REFLECTION.format(group="Tafel 2", approved=""))
    run("magazine/reflections/besloten/drie.md", REFLECTION.format(group="Tafel 3", approved="approved: 2020-06-01\n"))
    run("magazine/cases/open/brug.md", "---\ntitle: De brug\n---\n")
    return run


def read_sources(write, tmp_path, text, *, kind="kind: essay\n"):
    write("magazine/stories/essay.md", f"---\ntitle: Essay\n{kind}---\n{text}\n")
    return load_programme(tmp_path).stories[0].text_md.partition("## Gebaseerd op\n\n")[2].splitlines()


def test_sources_are_named_once_in_the_order_of_their_links(write, tmp_path):
    text = "[b](../cases/open/brug.md) [a](../reflections/open/een.md) [b](../cases/open/brug.md) [c](https://example.org/)"

    assert [
        r"- [Open \*dag\*: De brug](../cases/open/brug.md)",
        r"- [Open \*dag\*, Tafel 1: Waarom?](../reflections/open/een.md)",
    ] == read_sources(write, tmp_path, text)


def test_seconds_in_a_talk_are_a_source(write, tmp_path):
    write(
        "episodes/01-begin/episode.md",
        "---\nguid: 3f0c8c38-5d0f-5f4f-a6f3-2b0d1f6f8a11\nnumber: 1\nevent: open\ntitle: Het begin\nsummary: Kort.\n"
        "published: 2020-06-20 06:00\n---\nNotities.\n",
    )
    podcast = "podcast: {guid: 2f0c8c38-5d0f-5f4f-a6f3-2b0d1f6f8a12, author: Wij, description: Tekst., category: [Government]}\n"
    write("programme.yaml", PROGRAMME + podcast)
    address = "https://example.org/doen/episodes/01-begin/#t=83"

    assert [f"- [Het begin, 1:23]({address})"] == read_sources(write, tmp_path, f"Zie [het gesprek]({address}).")


def test_neither_drafts_nor_texts_for_participants_are_named(write, tmp_path):
    text = "[a](../reflections/open/twee.md) en [b](../reflections/besloten/drie.md)"

    assert [] == read_sources(write, tmp_path, text)


def test_only_an_essay_lists_its_sources(write, tmp_path):
    text = "[a](../reflections/open/een.md)"

    assert [] == read_sources(write, tmp_path, text, kind="kind: interview\n")
