"""Search: the keys of words, what is in the index, and the search page in Chromium."""

import json
import random
from dataclasses import replace
from datetime import date

import lxml.html
import pytest

from pipeline import urls
from pipeline.model import Cue, Letter, LetterItem, LetterSection
from pipeline.site import SiteContext, render_site
from pipeline.site.search_index import build_documents, fold, list_words, make_key
from tests.site.sample import COVER, NOW, THEME
from tests.site.tabs import wait_until


def render(programme, releases):
    site = SiteContext(programme=programme, releases=releases, theme=THEME, now=NOW, cover=COVER)
    return {output.path: output.content for output in render_site(site)}


def read_index(outputs):
    """Return the passages with each word, and all passages, read back from the files."""
    index = json.loads(outputs["public/search-index/index.json"])
    words = {}
    for number in range(len(index["words"])):
        for word, steps in json.loads(outputs[f"public/search-index/words-{number}.json"]).items():
            words[word] = [sum(steps[: at + 1]) for at in range(len(steps))]
    passages = [
        one
        for number in range(len(index["texts"]))
        for one in json.loads(outputs[f"public/search-index/texts-{number}.json"])
    ]
    return words, passages, index


@pytest.mark.parametrize("words", [
    "boom bomen", "brief brieven", "huis huizen", "bal ballen", "gemeente gemeenten gemeentes", "burger burgers",
    "mogelijkheid mogelijkheden", "overheid overheden overheids", "analyse analyses", "collega collegas", "mens mensen",
])  # fmt: skip
def test_singular_and_plural_share_a_key(words):
    assert 1 == len({make_key(word) for word in words.split()})


def test_the_key_of_the_beginning_of_a_word_is_the_beginning_of_its_key(programme, releases):
    words = set(read_index(render(programme, releases))[0]) | {
        "gezondheidszorg", "mogelijkheden", "overheidsdienst", "vergaderingen", "cursussen", "analyses", "levendig", "huizenblok", "series",
    }  # fmt: skip

    wrong = [
        (word[:end], word)
        for word in words
        for end in range(1, len(word) + 1)
        if not make_key(word).startswith(make_key(word[:end]))
    ]

    assert len(words) > 100
    assert [] == wrong


def test_accents_ligatures_and_apostrophes_are_folded():
    assert ["ijsjes", "een", "cafes", "fotos"] == list_words("Ĳsjes, één CAFÉS; foto’s!")
    assert "beleid" == fold("Be\u00adleid")


def test_the_index_has_exactly_the_words_of_its_passages(programme, releases):
    words, passages, index = read_index(render(programme, releases))

    expected = {}
    for number, (speaker, *parts) in enumerate(passages):
        for word in set(list_words(" ".join([speaker, *parts[1::2]]))):
            expected.setdefault(word, []).append(number)
    common = {word: expected.pop(word) for word in index["common"]}
    assert words == expected
    assert all(len(numbers) > max(len(passages), 400) // 8 for numbers in common.values())
    assert "koffie" in words


def test_a_sentence_of_several_cues_is_one_passage_with_the_second_of_each(programme, releases):
    cues = (
        Cue(start_ms=1500, end_ms=3000, speaker="A", text="Wij begonnen met"),
        Cue(start_ms=3100, end_ms=5000, speaker="A", text="koffie. En toen"),
        Cue(start_ms=5100, end_ms=7000, speaker="A", text="was het af."),
        Cue(start_ms=7100, end_ms=9000, speaker="B", text="Mooi"),
    )
    site = SiteContext(
        programme=programme,
        releases=[replace(releases[0], transcript=cues, chapters=())],
        theme=THEME,
        now=NOW,
        cover=COVER,
    )

    passages = [(one.speaker, one.parts) for one in build_documents(site)[0].passages]

    assert passages == [
        ("A", ((1, "Wij begonnen met"), (3, "koffie. En toen"), (5, "was het af."))),
        ("B", ((7, "Mooi"),)),
    ]


def test_newsletters_are_found_by_their_own_words(programme, releases):
    letter = Letter(
        slug="2024-06",
        path="newsletters/2024-06/",
        number=16,
        day=date(2024, 6, 20),
        subject="Na de eerste avond",
        preview="Luister terug.",
        sections=(
            LetterSection(kind="intro", text_md="Wij dronken **karnemelk** met elkaar."),
            LetterSection(kind="tips", items=(LetterItem(text="Lees over stadslandbouw."),)),
            LetterSection(kind="story", title="Een verhaal", text="Dat zijn eigen pagina heeft."),
        ),
    )
    site = SiteContext(programme=programme, releases=releases, theme=THEME, now=NOW, cover=COVER, letters=(letter,))

    (found,) = [one for one in build_documents(site) if one.path == letter.path]

    texts = [text for passage in found.passages for _, text in passage.parts]
    assert texts == [
        "Na de eerste avond",
        "Luister terug.",
        "Lees over stadslandbouw.",
        "Wij dronken karnemelk met elkaar.",
    ]
    assert ("Na de eerste avond", "Nieuwsbrief", False) == (found.title, found.label, found.is_talk)
    assert not [one for one in build_documents(replace(site, letters=())) if "karnemelk" in str(one)]


def test_a_programme_with_nothing_to_find_has_no_search(programme):
    empty = replace(programme, events=(), stories=(), reflections=(), about_md="")

    outputs = render(empty, ())

    assert [] == [path for path in outputs if "search-index" in path or "zoeken" in path]
    assert b"zoeken" not in outputs["public/index.html"]


def test_without_script_the_search_page_lists_every_talk_and_text(programme, releases):
    outputs = render(programme, releases)

    page = lxml.html.fromstring(outputs["public/zoeken/index.html"].decode())

    links = page.xpath("//*[@class='search-list']//@href")
    assert {f"../episodes/{one.episode.slug}/index.html#transcript" for one in releases[:3]} <= set(links)
    assert {f"../stories/{story.slug}/index.html" for story in programme.stories} <= set(links)
    assert page.xpath("//*[@id='site-search']/@hidden")


@pytest.fixture
def search(open_tab, published_site):
    tab = open_tab(viewport={"width": 1280, "height": 800})
    tab.goto(published_site.address + urls.search_page("nl") + "index.html")
    return tab


def find(tab, query):
    tab.fill("#site-search-input", "")
    tab.fill("#site-search-input", query)
    wait_until(tab, "document.querySelector('#site-search-status').textContent !== ''")
    shown = "document.querySelectorAll('#site-search-results li').length"
    wait_until(
        tab, f"{shown} === Math.min(8, parseInt(document.querySelector('#site-search-status').textContent) || 0)"
    )
    return tab.locator("#site-search-results li").all_inner_texts()


def test_every_word_is_found_by_its_own_spelling_and_by_its_beginning(search, published_site):
    files = sorted((published_site.folder / "search-index").glob("words-*.json"))
    words = sorted({word for file in files for word in json.loads(file.read_text()) if len(word) > 4})
    sample = random.Random(1).sample(words, 25)

    missed = [word for word in sample for query in (word, word[:4]) if not hits(search, query, word[:4])]

    assert len(files) > 2
    assert [] == missed


def hits(tab, query, beginning):
    return any(word.startswith(beginning) for text in find(tab, query) for word in list_words(text))


def test_a_result_opens_the_episode_at_its_second(search):
    (first, *_) = find(search, "KÓFFIE papier")
    link = search.locator("#site-search-results a").first.get_attribute("href")
    search.locator("#site-search-results a").first.click()
    search.wait_for_url("**/episodes/**")
    second = int(link.rpartition("=")[2])
    wait_until(search, f"Math.abs(document.querySelector('audio').currentTime - {second}) < 1.5")

    assert "koffie" in first
    assert second > 10
    assert "koffie" in search.locator(f"[id='t={second}']").inner_text()


def test_plurals_more_results_and_a_word_that_nobody_said(search):
    one, many = find(search, "gemeente"), find(search, "gemeenten")
    search.click("#site-search-more")
    wait_until(search, "document.querySelectorAll('#site-search-results li').length > 8")
    address = search.url
    nothing = find(search, "zzyzx")

    assert one
    assert many
    assert address.endswith("?q=gemeenten")
    assert [] == nothing
    assert "Niets gevonden" == search.inner_text("#site-search-status")


def test_an_index_that_cannot_be_loaded_is_reported(open_tab, published_site):
    tab = open_tab()
    tab.route("**/search-index/**", lambda route: route.abort())
    tab.goto(published_site.address + "zoeken/index.html?q=koffie")
    wait_until(tab, "document.querySelector('#site-search-status').textContent !== ''")

    assert tab.inner_text("#site-search-status").startswith("Zoeken lukt nu niet.")
