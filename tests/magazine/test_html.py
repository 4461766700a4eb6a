"""From the flatplan to one HTML document: what stands in it, in which order, and what never does."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.content import load_programme
from pipeline.errors import MagazineError
from pipeline.magazine import edition_of, theme_folders
from pipeline.magazine.sections import magazine_html
from pipeline.magazine.text_blocks import blocks_of, with_pulls
from pipeline.model import Article, Interlude, Magazine, Picture
from pipeline.typesetting import Theme


@pytest.fixture(scope="module")
def html(programme, releases, theme) -> str:
    return magazine_html(programme, releases, theme=theme)


def test_the_parts_stand_in_the_order_of_the_flatplan(html):
    places = [
        html.index(f'id="{anchor}"') for anchor in ("cover-1", "contents-2", "story-vooraf", "event-burger-centraal")
    ]
    places += [
        html.index(f'id="{anchor}"') for anchor in ("event-welvaart-dichtbij", "quotes-6", "colophon-9", "back-10")
    ]

    assert sorted(places) == places


def test_the_same_values_give_the_same_text(html, programme, releases, theme):
    assert html == magazine_html(programme, releases, theme=theme)


def test_no_folder_of_any_machine_stands_in_it(html):
    assert "file:" not in html
    assert str(Path(__file__).parents[2]) not in html
    assert 'src="pictures/magazine/images/tafel.jpg"' in html
    assert 'url("theme/magazine.css")' in html


def test_a_draft_is_nowhere(html):
    assert "tafel-9" not in html
    assert "Tafel 9" not in html


def test_the_drafts_of_the_sample_are_nowhere(theme):
    sample = load_programme(Path(__file__).parents[2])

    said = magazine_html(sample, [], theme=theme)

    assert sample.drafts
    assert all(f"{draft.event}-{draft.slug}" not in said for draft in sample.drafts)
    assert "kanarieveld" not in said  # planted in every draft of the sample


def test_dates_come_from_the_content_and_no_clock(html):
    assert '<meta name="dcterms.created" content="2024-07-13T17:00:00Z">' in html
    assert '<meta name="dcterms.modified" content="2024-07-13T17:00:00Z">' in html


def test_a_moment_counts_on_the_clock_that_listeners_see(html):
    """The recording said 0:41; a jingle of four seconds stands before it."""
    assert "https://example.org/ambtenaar-van-nu/episodes/01-burger-centraal/#t=45" in html
    assert ">0:45, Het omgekeerde beleidsproces<" in html


def test_a_moment_where_a_jingle_stands_leads_behind_it(programme, releases, theme):
    music = (Interlude(at_ms=41_000, length_ms=2500), Interlude(at_ms=50_000, length_ms=9000))

    said = magazine_html(programme, [replace(one, interludes=music) for one in releases], theme=theme)

    assert "https://example.org/ambtenaar-van-nu/episodes/01-burger-centraal/#t=47" in said
    assert ">0:47, Het omgekeerde beleidsproces<" in said


def test_without_sound_there_is_no_code_to_scan(programme, theme):
    silent = magazine_html(programme, [], theme=theme)

    assert 'class="qr"' not in silent
    assert "Hoe groeit vertrouwen" in silent


def test_a_cleared_quote_stands_once_unless_there_are_too_few(html):
    """The first quote of a reflection is pulled out of it; with three others a page of quotes shows all."""
    assert " ".join(html.split()).count("Vertrouwen begint bij tafel 2") == 2


def test_text_from_people_is_no_markup(programme, theme):
    story = replace(
        programme.stories[0], title="<script>alert(1)</script>", text_md="<b onclick=x>vet</b>", picture=None
    )

    html = magazine_html(replace(programme, stories=(story,)), [], theme=theme)

    assert "<script>" not in html
    assert "<b onclick" not in html


def test_the_language_is_that_of_the_programme(programme, releases):
    english = replace(programme, language="en", magazine=replace(programme.magazine, language="en"))

    html = magazine_html(english, releases, theme=Theme(room="magazine", language="en"))

    assert '<html lang="en">' in html
    assert ">Contents</h2>" in html


def test_a_programme_without_a_magazine_is_told(programme, theme):
    with pytest.raises(MagazineError, match="no magazine"):
        magazine_html(replace(programme, magazine=None), [], theme=theme)


def test_the_plainest_flatplan_will_do(programme, theme):
    plain = replace(programme, magazine=Magazine(title="Eén", flatplan=(Article(kind="colophon"),)))

    assert "Colofon" in magazine_html(plain, [], theme=theme)


def test_a_file_of_the_programmes_own_theme_stands_before_ours(tmp_path):
    (tmp_path / "magazine").mkdir()

    folders = theme_folders(Theme(room="magazine", own=tmp_path))

    assert str(tmp_path / "magazine") == folders[0]
    assert Path(folders[-1], "fonts", "fonts.css").is_file()


def test_headings_begin_where_the_page_left_off_and_skip_none():
    blocks = blocks_of("# Een\n\ntekst\n\n### Twee", language="nl", top=4, folder="magazine")

    assert ("<h4>Een</h4>", "<p>tekst</p>", "<h5>Twee</h5>") == blocks


def test_what_is_pulled_out_never_stands_between_a_heading_and_its_text():
    blocks = ["<p>a</p>", "<h3>kop</h3>", "<p>b</p>", "<p>c</p>"]

    assert [("<p>a</p>", "uit"), ("<h3>kop</h3>", ""), ("<p>b</p>", ""), ("<p>c</p>", "")] == list(
        with_pulls(blocks, ["uit"])
    )


def test_what_is_pulled_out_never_stands_between_a_list_and_what_announces_it():
    blocks = ["<p>een</p>", "<p>Vier manieren:</p>", "<ul><li>a</li></ul>", "<p>twee</p>"]

    placed = with_pulls(blocks, ["Uitgelicht."])

    assert "" == placed[1][1]
    assert ["Uitgelicht."] == [pull for _, pull in placed if pull]


def test_a_text_that_is_not_written_yet_has_no_blocks():
    assert () == blocks_of("", language="nl", top=3, folder="magazine/stories")


def test_a_picture_that_says_nothing_is_refused():
    with pytest.raises(MagazineError, match="says nothing"):
        blocks_of("![](streep.jpg)", language="nl", top=3, folder="magazine/stories")


def test_a_picture_is_named_from_the_programme():
    (block,) = blocks_of('![Een streep](streep.jpg "Blauw")', language="nl", top=3, folder="magazine/stories")

    expected = '<img src="pictures/magazine/stories/streep.jpg" alt="Een streep">'
    assert f"<figure>{expected}<figcaption>Blauw</figcaption></figure>" == block


@pytest.mark.parametrize(
    ("told", "below"),
    [
        ("Blauw. Beeld: Anna de Wit", 'Blauw. <span class="credit">Beeld: Anna de Wit</span>'),
        ("Foto: Studio & Co.", '<span class="credit">Beeld: Studio &amp; Co</span>'),
        ("'s Avonds, om 12 uur", "’s Avonds, om 12\u00a0uur"),
        ("Het beeld: een streep", "Het beeld: een streep"),
    ],
)
def test_who_made_a_picture_in_the_text_stands_behind_its_caption(told, below):
    (block,) = blocks_of(f'![Een streep](streep.jpg "{told}")', language="nl", top=3, folder="magazine/stories")

    assert f"<figcaption>{below}</figcaption></figure>" in block


def test_the_colophon_names_who_made_pictures_in_a_text(programme, theme):
    text = '![Een streep](streep.jpg "Blauw. Beeld: Anna de Wit")'
    there = replace(programme, stories=(replace(programme.stories[0], text_md=text),))

    assert "<dd>Weerslag, Anna de Wit</dd>" in magazine_html(there, [], theme=theme)


def test_a_short_last_word_does_not_stand_alone_and_no_line_is_torn_apart_for_a_long_one(programme):
    paper, screen = (edition_of(programme.magazine, medium) for medium in ("print", "screen"))

    assert "<p>Dat is\u00a0zo.</p>" == paper.block("<p>Dat is zo.</p>")
    assert "<p>Dat is overleg.</p>" == paper.block("<p>Dat is overleg.</p>")
    assert "<p>Dat is\u00a0overleg.</p>" == screen.block("<p>Dat is overleg.</p>")
    assert "<p>Dat is <em>zo.</em></p>" == screen.block("<p>Dat is <em>zo.</em></p>")


def test_a_photograph_takes_the_whole_cover(programme, theme):
    cover = Article(kind="cover", picture=Picture(file="magazine/images/a b.jpg", alt="De zaal"))
    photographed = replace(programme, magazine=replace(programme.magazine, flatplan=(cover,)))

    assert 'src="pictures/magazine/images/a%20b.jpg" alt="De zaal"' in magazine_html(photographed, [], theme=theme)


def test_what_is_pulled_out_does_not_stand_beside_its_own_lines():
    blocks = [f"<p>{name}</p>" for name in ("een", "twee", "drie, <em>drie</em>", "vier", "vijf")]

    placed = with_pulls(blocks, ["Drie, drie"])

    assert ("", "") == (placed[1][1], placed[2][1])
    assert ["Drie, drie"] == [pull for _, pull in placed if pull]
