"""The HTML of an edition: its content, its order, and what it must not contain."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.content import load_programme
from pipeline.errors import MagazineError
from pipeline.magazine.edition import create_edition, list_theme_folders
from pipeline.magazine.text_blocks import place_pull_quotes, split_blocks
from pipeline.model import Article, Magazine, Picture, TimedJingle
from pipeline.typesetting import Theme
from tests.magazine.whole_document import render_magazine_html


@pytest.fixture(scope="module")
def html(programme, releases, theme) -> str:
    return render_magazine_html(programme, releases, theme=theme)


def test_parts_are_in_flatplan_order(html):
    places = [
        html.index(f'id="{anchor}"') for anchor in ("cover-1", "contents-2", "story-vooraf", "event-burger-centraal")
    ]
    places += [
        html.index(f'id="{anchor}"') for anchor in ("event-welvaart-dichtbij", "quotes-6", "colophon-9", "back-10")
    ]

    assert sorted(places) == places


def test_same_values_produce_same_html(html, programme, releases, theme):
    assert html == render_magazine_html(programme, releases, theme=theme)


def test_html_contains_no_local_paths(html):
    assert "file:" not in html
    assert str(Path(__file__).parents[2]) not in html
    assert 'src="pictures/magazine/images/tafel.jpg"' in html
    assert 'url("theme/magazine.css")' in html


def test_draft_is_not_included(html):
    assert "tafel-9" not in html
    assert "Tafel 9" not in html


def test_drafts_of_the_sample_are_not_included(theme):
    sample = load_programme(Path(__file__).parents[2])

    rendered = render_magazine_html(sample, [], theme=theme)

    assert sample.drafts
    assert all(f"{draft.event}-{draft.slug}" not in rendered for draft in sample.drafts)
    assert "kanarieveld" not in rendered  # occurs in every draft of the sample


def test_dates_come_from_the_content(html):
    assert '<meta name="dcterms.created" content="2024-07-13T17:00:00Z">' in html
    assert '<meta name="dcterms.modified" content="2024-07-13T17:00:00Z">' in html


def test_moment_is_shifted_by_the_intro(html):
    """It is at 0:41 in the recording, and a jingle of four seconds precedes it."""
    assert "https://example.org/ambtenaar-van-nu/episodes/01-burger-centraal/#t=45" in html
    assert ">0:45, Het omgekeerde beleidsproces<" in html


def test_moment_at_a_jingle_links_to_its_end(programme, releases, theme):
    music = (TimedJingle(at_ms=41_000, length_ms=2500), TimedJingle(at_ms=50_000, length_ms=9000))

    rendered = render_magazine_html(programme, [replace(one, timed_jingles=music) for one in releases], theme=theme)

    assert "https://example.org/ambtenaar-van-nu/episodes/01-burger-centraal/#t=47" in rendered
    assert ">0:47, Het omgekeerde beleidsproces<" in rendered


def test_no_qr_code_without_a_release(programme, theme):
    silent = render_magazine_html(programme, [], theme=theme)

    assert 'class="qr"' not in silent
    assert "Hoe groeit vertrouwen" in silent


def count_prints(html, programme):
    """Count how often each approved quote is printed."""
    text = " ".join(html.split())
    quotes = [quote.text for one in programme.reflections for quote in one.quotes]
    return {quote: text.count(quote) for quote in quotes}


def test_each_quote_stands_once_with_its_group_or_on_the_pages_of_quotes(html, programme):
    assert {1} == set(count_prints(html, programme).values())


def test_each_quote_stands_with_its_group_if_there_are_no_pages_of_quotes(programme, releases, theme):
    flatplan = tuple(one for one in programme.magazine.flatplan if one.kind != "quotes")
    changed = replace(programme, magazine=replace(programme.magazine, flatplan=flatplan))

    html = render_magazine_html(changed, releases, theme=theme)

    assert {1} == set(count_prints(html, programme).values())
    assert 'class="quotes"' not in html


def test_quotes_stand_with_their_groups_if_they_are_too_few_for_a_page(programme, releases, theme):
    last = programme.reflections[-1]
    few = replace(
        programme, reflections=(*programme.reflections[:-1], replace(last, quotes=last.quotes[:1], text_md="Kort."))
    )

    html = render_magazine_html(few, releases, theme=theme)

    assert {1} == set(count_prints(html, few).values())
    assert 'class="quotes"' not in html


def test_markup_in_text_is_escaped(programme, theme):
    story = replace(
        programme.stories[0], title="<script>alert(1)</script>", text_md="<b onclick=x>vet</b>", picture=None
    )

    html = render_magazine_html(replace(programme, stories=(story,)), [], theme=theme)

    assert "<script>" not in html
    assert "<b onclick" not in html


def test_html_has_language_of_the_programme(programme, releases):
    english = replace(programme, language="en", magazine=replace(programme.magazine, language="en"))

    html = render_magazine_html(english, releases, theme=Theme(folder="magazine", language="en"))

    assert '<html lang="en">' in html
    assert ">Contents</h2>" in html


def test_programme_without_magazine_is_an_error(programme, theme):
    with pytest.raises(MagazineError, match="no magazine"):
        render_magazine_html(replace(programme, magazine=None), [], theme=theme)


def test_minimal_flatplan_is_rendered(programme, theme):
    plain = replace(programme, magazine=Magazine(title="Eén", flatplan=(Article(kind="colophon"),)))

    assert "Colofon" in render_magazine_html(plain, [], theme=theme)


def test_theme_folder_of_the_programme_comes_first(tmp_path):
    (tmp_path / "magazine").mkdir()

    folders = list_theme_folders(Theme(folder="magazine", overrides=tmp_path))

    assert str(tmp_path / "magazine") == folders[0]
    assert Path(folders[-1], "fonts", "fonts.css").is_file()


def test_heading_levels_start_at_top_level_and_skip_none():
    blocks = split_blocks("# Een\n\ntekst\n\n### Twee", language="nl", top_level=4, folder="magazine")

    assert ("<h4>Een</h4>", "<p>tekst</p>", "<h5>Twee</h5>") == blocks


def place_quote_in_the_middle(blocks, quotes):
    """Place one quote as near to the middle as possible."""
    return place_pull_quotes(blocks, quotes, compute_cost=lambda _, block: abs(block - round(len(blocks) / 2) + 1))


def test_pull_quote_is_not_between_heading_and_text():
    blocks = ["<p>a</p>", "<h3>kop</h3>", "<p>b</p>", "<p>c</p>"]

    assert [("<p>a</p>", "uit"), ("<h3>kop</h3>", ""), ("<p>b</p>", ""), ("<p>c</p>", "")] == list(
        place_quote_in_the_middle(blocks, ["uit"])
    )


def test_pull_quote_is_not_between_list_and_its_introduction():
    blocks = ["<p>een</p>", "<p>Vier manieren:</p>", "<ul><li>a</li></ul>", "<p>twee</p>"]

    placed = place_quote_in_the_middle(blocks, ["Uitgelicht."])

    assert "" == placed[1][1]
    assert ["Uitgelicht."] == [pull for _, pull in placed if pull]


def test_empty_text_has_no_blocks():
    assert () == split_blocks("", language="nl", top_level=3, folder="magazine/stories")


def test_picture_without_alternative_text_is_an_error():
    with pytest.raises(MagazineError, match="without alternative text"):
        split_blocks("![](streep.jpg)", language="nl", top_level=3, folder="magazine/stories")


def test_picture_path_is_relative_to_the_programme():
    (block,) = split_blocks('![Een streep](streep.jpg "Blauw")', language="nl", top_level=3, folder="magazine/stories")

    expected = '<img src="pictures/magazine/stories/streep.jpg" alt="Een streep">'
    assert f"<figure>{expected}<figcaption>Blauw</figcaption></figure>" == block


@pytest.mark.parametrize(
    ("title", "caption"),
    [
        ("Blauw. Beeld: Anna de Wit", 'Blauw. <span class="credit">Beeld: Anna de Wit</span>'),
        ("Foto: Studio & Co.", '<span class="credit">Beeld: Studio &amp; Co</span>'),
        ("'s Avonds, om 12 uur", "’s Avonds, om 12\u00a0uur"),
        ("Het beeld: een streep", "Het beeld: een streep"),
    ],
)
def test_credit_follows_caption(title, caption):
    (block,) = split_blocks(
        f'![Een streep](streep.jpg "{title}")', language="nl", top_level=3, folder="magazine/stories"
    )

    assert f"<figcaption>{caption}</figcaption></figure>" in block


def test_colophon_lists_credits_of_pictures_in_texts(programme, theme):
    text = '![Een streep](streep.jpg "Blauw. Beeld: Anna de Wit")'
    picture = Picture(file="magazine/stories/streep.jpg", alt="Een streep", credit="Anna de Wit")
    there = replace(programme, stories=(replace(programme.stories[0], text_md=text, pictures=(picture,)),))

    assert "<dd>Weerslag, Anna de Wit</dd>" in render_magazine_html(there, [], theme=theme)


def test_runts_are_prevented_for_short_last_words_only(programme):
    print_edition, screen = (create_edition(programme.magazine, medium) for medium in ("print", "screen"))

    assert "<p>Dat is\u00a0zo.</p>" == print_edition.prepare_block("<p>Dat is zo.</p>")
    assert "<p>Dat is overleg.</p>" == print_edition.prepare_block("<p>Dat is overleg.</p>")
    assert "<p>Dat is\u00a0overleg.</p>" == screen.prepare_block("<p>Dat is overleg.</p>")
    assert "<p>Dat is <em>zo.</em></p>" == screen.prepare_block("<p>Dat is <em>zo.</em></p>")


def test_cover_shows_full_page_photograph(programme, theme):
    cover = Article(kind="cover", picture=Picture(file="magazine/images/a b.jpg", alt="De zaal"))
    photographed = replace(programme, magazine=replace(programme.magazine, flatplan=(cover,)))

    assert 'src="pictures/magazine/images/a%20b.jpg" alt="De zaal"' in render_magazine_html(
        photographed, [], theme=theme
    )


def test_pull_quote_is_not_next_to_the_quoted_lines():
    blocks = [f"<p>{name}</p>" for name in ("een", "twee", "drie, <em>drie</em>", "vier", "vijf")]

    placed = place_quote_in_the_middle(blocks, ["Drie, drie"])

    assert ("", "") == (placed[1][1], placed[2][1])
    assert ["Drie, drie"] == [pull for _, pull in placed if pull]
