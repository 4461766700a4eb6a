"""Advice before anything is laid out: what runs over, what stays white, long heads, and pictures with too few pixels."""

import re
from dataclasses import replace

import pytest
from PIL import Image

from pipeline.magazine.copyfit import PRINT
from pipeline.magazine.copyfit_checks import remarks_on
from pipeline.magazine.story_pages import story_pages
from pipeline.model import Article, BlindDraft, Picture, Quote

SENTENCE = "Wij spraken over vertrouwen en over wie er belt als het misgaat. "  # 12 words


@pytest.fixture
def written(programme):
    """One story without pictures and one reflection without a quote, as long as they are told to be."""

    def write(*, story=40, reflection=15, **changes):
        one, other = programme.stories[0], programme.reflections[0]
        return replace(
            programme,
            stories=(replace(one, picture=None, pulls=(), text_md=SENTENCE * story, **changes.pop("own", {})),),
            reflections=(
                replace(other, quotes=(), moment=None, text_md=SENTENCE * reflection, **changes.pop("other", {})),
            ),
            magazine=replace(programme.magazine, flatplan=(Article(kind="article", ref="vooraf"), *_events(programme))),
        )

    return write


def _events(programme):
    return [article for article in programme.magazine.flatplan if article.kind == "event"]


def told(programme, root):
    return [(one.code, one.file.rpartition("/")[2], one.at) for one in remarks_on(programme, root=root)]


def test_texts_that_fill_their_pages_and_texts_that_are_hardly_begun_are_left_alone(written, tmp_path):
    assert [] == told(written(story=40, reflection=22), tmp_path)
    assert [] == told(written(story=2, reflection=1), tmp_path)


def test_a_story_that_spills_a_few_lines_says_how_many_words_to_cut_and_after_that_it_fits(written, tmp_path):
    length = next(n for n in range(40, 100) if story_pages(written(story=n).stories[0], PRINT) == 2)
    spilt = written(story=length, reflection=22)

    (one,) = remarks_on(spilt, root=tmp_path)

    assert ("over", "magazine/stories/vooraf.md", ()) == (one.code, one.file, one.at)
    words = int(re.search(r"about (\d+) words over", one.message)[1])
    assert f"cut about {words} words and it takes 1" in one.hint
    assert 1 == story_pages(written(story=length - -(-words // 12)).stories[0], PRINT)


def test_a_page_that_stays_half_white_says_how_many_words_would_fill_it(written, tmp_path):
    (one,) = remarks_on(written(story=12, reflection=22), root=tmp_path)

    assert ("under", "magazine/stories/vooraf.md") == (one.code, one.file)
    words = int(re.search(r"about (\d+) words under", one.message)[1])
    assert [] == told(written(story=12 + words // 12, reflection=22), tmp_path)


def test_a_reflection_that_is_a_little_longer_than_its_page_says_so_and_one_of_two_full_pages_does_not(
    written, tmp_path
):
    lengths = {n: told(written(reflection=n), tmp_path) for n in range(30, 150, 4)}

    over = [n for n, remarks in lengths.items() if remarks]
    assert [("over", "tafel-1.md", ())] == lengths[over[0]]
    assert over == list(range(over[0], over[-1] + 1, 4))
    assert 60 < over[0] < over[-1] < 130


@pytest.mark.parametrize(("changes", "remark"), [
    ({"own": {"title": "Een titel die doorgaat en doorgaat " * 4}}, ("long-head", "vooraf.md", ("title",))),
    ({"other": {"question": "Wat heb jij nodig om te vertrouwen, en van wie? " * 5}}, ("long-head", "tafel-1.md", ("question",))),
    ({"other": {"question": "", "group": "Een groep met een naam " * 9}}, ("long-head", "tafel-1.md", ("group",))),
])  # fmt: skip
def test_a_head_that_takes_too_many_lines_is_told_where_it_is_written(written, tmp_path, changes, remark):
    assert remark in told(written(reflection=22, **changes), tmp_path)


def test_a_long_theme_and_a_long_heading_are_told(written, tmp_path):
    programme = written(reflection=22)
    long = "Hoe groeit vertrouwen tussen burger en ambtenaar als niemand belt? " * 3
    story = replace(programme.stories[0], text_md=f"{SENTENCE * 38}\n\n## {long}\n\n{SENTENCE * 4}")
    programme = replace(
        programme, events=(replace(programme.events[0], theme=long), programme.events[1]), stories=(story,)
    )

    heads = [one for one in remarks_on(programme, root=tmp_path) if one.code == "long-head"]

    assert [("programme.yaml", ("events", 0, "theme"), ""), ("magazine/stories/vooraf.md", (), long.strip())] == [
        (one.file, one.at, one.words) for one in heads
    ]
    assert re.fullmatch(r"about \d+ characters fit", heads[0].hint)


def save(path, size, **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size).save(path, **more)


@pytest.mark.parametrize(("size", "told"), [
    ((2067, 1134), ""),
    ((1560, 860), ""),  # 226 ppi
    ((1500, 3000), "1500 × 3000 px, 218 ppi at 175 × 96 mm: on paper it looks soft"),
    ((3000, 500), "3000 × 500 px, 132 ppi at 175 × 96 mm: on paper it looks coarse"),
])  # fmt: skip
def test_a_picture_over_a_story_needs_pixels_for_its_place(written, tmp_path, size, told):
    save(tmp_path / "magazine/images/a.png", size)
    programme = written(own={}, reflection=22)
    story = replace(programme.stories[0], picture=Picture(file="magazine/images/a.png", alt="x"))

    remarks = [
        one for one in remarks_on(replace(programme, stories=(story,)), root=tmp_path) if one.code == "few-pixels"
    ]

    assert ([told] if told else []) == [one.message.removeprefix("this picture is ") for one in remarks]
    assert all(("picture", "file") == one.at and "2067 × 1134 px" in one.hint for one in remarks)


def test_pictures_on_the_cover_on_a_page_and_in_a_text_are_held_against_their_own_places(written, tmp_path):
    turned = Image.Exif()
    turned[0x0112] = 6
    save(tmp_path / "magazine/images/a.jpg", (2000, 1500), exif=turned)  # upright it is 1500 × 2000
    save(tmp_path / "magazine/images/b.png", (600, 900))
    programme = written(reflection=22)
    picture = Picture(file="magazine/images/a.jpg", alt="x")
    plan = (
        Article(kind="cover", picture=picture),
        *programme.magazine.flatplan,
        Article(kind="photo", picture=picture),
    )
    text = f"{SENTENCE * 40}\n\n![x](../images/b.png)"
    programme = replace(
        programme,
        magazine=replace(programme.magazine, flatplan=plan),
        stories=(replace(programme.stories[0], text_md=text),),
    )

    small = [one for one in remarks_on(programme, root=tmp_path) if one.code == "few-pixels"]

    assert [("flatplan", 0, "cover", "image"), ("flatplan", 4, "photo", "image"), ()] == [one.at for one in small]
    assert "1500 × 2000 px, 168 ppi at 216 × 303 mm" in small[0].message
    assert ("../images/b.png", "magazine/stories/vooraf.md") == (small[2].words, small[2].file)
    assert "179 ppi at 85 × 63 mm" in small[2].message


def test_a_picture_that_is_none_is_left_to_the_build_and_no_magazine_means_no_remark(written, tmp_path):
    programme = written(reflection=22)
    story = replace(programme.stories[0], picture=Picture(file="magazine/images/a.jpg", alt="x"))
    (tmp_path / "magazine/images").mkdir(parents=True)
    (tmp_path / "magazine/images/a.jpg").write_text("no picture")

    assert "few-pixels" not in {code for code, _, _ in told(replace(programme, stories=(story,)), tmp_path)}
    assert () == remarks_on(replace(programme, magazine=None), root=tmp_path)


def test_of_a_draft_is_told_what_room_it_will_want_among_the_others(written, tmp_path):
    programme = written(reflection=22)
    draft = BlindDraft(slug="tafel-9", event="burger-centraal", after="tafel-1", group="Tafel 9", text_md=SENTENCE * 80)

    (one,) = remarks_on(programme, root=tmp_path, drafts=(draft,))

    assert ("over", "magazine/reflections/burger-centraal/tafel-9.md", ()) == (one.code, one.file, one.at)
    assert re.match(r"once it is cleared: about \d+ words over what fits on 1 page", one.message)
    assert () == remarks_on(programme, root=tmp_path, drafts=(replace(draft, text_md=SENTENCE * 22),))
    assert () == remarks_on(programme, root=tmp_path, drafts=(replace(draft, event="elders"),))


def test_a_quote_set_wide_takes_its_room(written, tmp_path):
    short = written(reflection=14)
    quoted = replace(short.reflections[0], quotes=(Quote(text=SENTENCE * 3, by="deelnemer"),))

    assert [("under", "tafel-1.md", ())] == told(short, tmp_path)
    assert [] == told(replace(short, reflections=(quoted,)), tmp_path)
