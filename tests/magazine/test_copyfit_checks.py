"""Editorial warnings on length, long titles and image resolution, before anything is rendered."""

import re
from dataclasses import replace

import pytest
from PIL import Image

from pipeline.magazine.copyfit_checks import check_copyfit
from pipeline.magazine.page_geometry import PRINT_SCALE
from pipeline.magazine.story_pages import count_story_pages
from pipeline.model import Article, MaskedDraft, Picture, Quote

SENTENCE = "Wij spraken over vertrouwen en over wie er belt als het misgaat. "  # 12 words


@pytest.fixture
def written(programme):
    """Make a programme of one story and one reflection, of the given lengths."""

    def write(*, story=40, reflection=15, **changes):
        one, other = programme.stories[0], programme.reflections[0]
        return replace(
            programme,
            stories=(replace(one, picture=None, pulls=(), text_md=SENTENCE * story, **changes.pop("of_story", {})),),
            reflections=(
                replace(
                    other, quotes=(), moment=None, text_md=SENTENCE * reflection, **changes.pop("of_reflection", {})
                ),
            ),
            magazine=replace(programme.magazine, flatplan=(Article(kind="article", ref="vooraf"), *_events(programme))),
        )

    return write


def _events(programme):
    return [article for article in programme.magazine.flatplan if article.kind == "event"]


def list_warnings(programme):
    return [(one.code, one.file.rpartition("/")[2], one.at) for one in check_copyfit(programme)]


def test_full_pages_and_unfinished_texts_cause_no_warnings(written):
    assert [] == list_warnings(written(story=40, reflection=22))
    assert [] == list_warnings(written(story=2, reflection=1))


def test_story_of_a_few_lines_too_many_fits_after_the_suggested_cut(written):
    length = next(n for n in range(40, 100) if count_story_pages(written(story=n).stories[0], PRINT_SCALE) == 2)
    spilling = written(story=length, reflection=22)

    (one,) = check_copyfit(spilling)

    assert ("over", "magazine/stories/vooraf.md", ()) == (one.code, one.file, one.at)
    words = int(re.search(r"about (\d+) words too long", one.message)[1])
    assert f"cut about {words} words and it takes 1" in one.hint
    assert 1 == count_story_pages(written(story=length - -(-words // 12)).stories[0], PRINT_SCALE)


def test_half_empty_page_is_filled_by_the_suggested_words(written):
    (one,) = check_copyfit(written(story=12, reflection=22))

    assert ("under", "magazine/stories/vooraf.md") == (one.code, one.file)
    words = int(re.search(r"about (\d+) words too short", one.message)[1])
    assert [] == list_warnings(written(story=12 + words // 12, reflection=22))


def test_reflection_slightly_longer_than_a_page_is_warned_and_two_full_pages_are_not(written):
    lengths = {n: list_warnings(written(reflection=n)) for n in range(30, 150, 4)}

    over = [n for n, warnings in lengths.items() if warnings]
    assert [("over", "tafel-1.md", ())] == lengths[over[0]]
    assert over == list(range(over[0], over[-1] + 1, 4))
    assert 60 < over[0] < over[-1] < 130


@pytest.mark.parametrize(("changes", "warning"), [
    ({"of_story": {"title": "Een titel die doorgaat en doorgaat " * 4}}, ("long-head", "vooraf.md", ("title",))),
    ({"of_reflection": {"question": "Wat heb jij nodig om te vertrouwen, en van wie? " * 5}}, ("long-head", "tafel-1.md", ("question",))),
    ({"of_reflection": {"question": "", "group": "Een groep met een naam " * 9}}, ("long-head", "tafel-1.md", ("group",))),
])  # fmt: skip
def test_title_of_too_many_lines_is_warned_at_its_field(written, tmp_path, changes, warning):
    assert warning in list_warnings(written(reflection=22, **changes))


def test_long_theme_and_long_heading_are_warned(written):
    programme = written(reflection=22)
    long = "Hoe groeit vertrouwen tussen burger en ambtenaar als niemand belt? " * 3
    story = replace(programme.stories[0], text_md=f"{SENTENCE * 38}\n\n## {long}\n\n{SENTENCE * 4}")
    programme = replace(
        programme, events=(replace(programme.events[0], theme=long), programme.events[1]), stories=(story,)
    )

    heads = [one for one in check_copyfit(programme) if one.code == "long-head"]

    assert [("programme.yaml", ("events", 0, "theme"), ""), ("magazine/stories/vooraf.md", (), long.strip())] == [
        (one.file, one.at, one.words) for one in heads
    ]
    assert re.fullmatch(r"about \d+ characters fit", heads[0].hint)


def save(path, size, **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size).save(path, **more)


@pytest.mark.parametrize(("size", "expected"), [
    ((2067, 1378), ""),
    ((1560, 1040), ""),  # 226 ppi
    ((1500, 1000), "image resolution 218 ppi (1500 × 1000 px at 175 × 117 mm) looks soft in print"),
    ((600, 900), "image resolution 179 ppi (600 × 900 px at 85 × 128 mm) looks soft in print"),  # half a page high
    ((900, 300), "image resolution 131 ppi (900 × 300 px at 175 × 58 mm) looks coarse in print"),
])  # fmt: skip
def test_lead_picture_of_low_resolution_is_warned(written, size, expected):
    programme = written(of_story={}, reflection=22)
    lead = Picture(file="magazine/images/a.png", alt="x", width_px=size[0], height_px=size[1])
    story = replace(programme.stories[0], picture=lead)

    warnings = [one for one in check_copyfit(replace(programme, stories=(story,))) if one.code == "few-pixels"]

    assert ([expected] if expected else []) == [one.message for one in warnings]
    assert all(("picture", "file") == one.at and "use an image of" in one.hint for one in warnings)


def test_resolution_is_checked_at_the_size_of_each_placement(written):
    programme = written(reflection=22)
    picture = Picture(file="magazine/images/a.jpg", alt="x", fit="crop", width="page", width_px=1500, height_px=2000)
    plan = (
        Article(kind="cover", picture=picture),
        *programme.magazine.flatplan,
        Article(kind="photo", picture=picture),
    )
    text = f"{SENTENCE * 40}\n\n![x](../images/b.png)"
    programme = replace(
        programme,
        magazine=replace(programme.magazine, flatplan=plan),
        stories=(
            replace(
                programme.stories[0],
                text_md=text,
                pictures=(Picture(file="magazine/images/b.png", alt="x", width="column", width_px=600, height_px=400),),
            ),
        ),
    )

    small = [one for one in check_copyfit(programme) if one.code == "few-pixels"]

    assert [("flatplan", 0, "cover", "image"), ("flatplan", 4, "photo", "image"), ()] == [one.at for one in small]
    assert "166 ppi (1414 × 2000 px at 216 × 303 mm)" in small[0].message
    assert ("b.png", "magazine/stories/vooraf.md") == (small[2].words, small[2].file)
    assert "179 ppi (600 × 400 px at 85 × 57 mm)" in small[2].message


def test_picture_of_unknown_size_and_missing_magazine_cause_no_warnings(written):
    programme = written(reflection=22)
    story = replace(programme.stories[0], picture=Picture(file="magazine/images/a.jpg", alt="x"))

    assert "few-pixels" not in {code for code, _, _ in list_warnings(replace(programme, stories=(story,)))}
    assert () == check_copyfit(replace(programme, magazine=None))


def test_draft_is_checked_as_if_approved(written):
    programme = written(reflection=22)
    draft = MaskedDraft(
        slug="tafel-9", event="burger-centraal", after="tafel-1", group="Tafel 9", text_md=SENTENCE * 80
    )

    (one,) = check_copyfit(programme, drafts=(draft,))

    assert ("over", "magazine/reflections/burger-centraal/tafel-9.md", ()) == (one.code, one.file, one.at)
    assert re.match(r"once it is approved: about \d+ words too long for 1 page", one.message)
    assert () == check_copyfit(programme, drafts=(replace(draft, text_md=SENTENCE * 22),))
    assert () == check_copyfit(programme, drafts=(replace(draft, event="elders"),))


def test_pull_quote_counts_for_the_length(written):
    short = written(reflection=14)
    quoted = replace(short.reflections[0], quotes=(Quote(text=SENTENCE * 3, by="deelnemer"),))

    assert [("under", "tafel-1.md", ())] == list_warnings(short)
    assert [] == list_warnings(replace(short, reflections=(quoted,)))
