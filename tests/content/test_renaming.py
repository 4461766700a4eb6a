"""Rename an item: references follow in every file, the former address is recorded, and repeating finishes it."""

import shutil

import pytest

from pipeline.content import load_programme
from pipeline.content.loader import read_valid_files
from pipeline.content.renaming import plan_renaming
from pipeline.errors import ContentError
from pipeline.model.programme import Redirect

PROGRAMME = """\
# Ons programma
title: Proef
organiser: Wij
url: https://example.org/proef/
podcast: {guid: 3a6f1c1e-6a55-5c9e-9b0e-2f7a4a0f3c11, author: Wij, description: Proef, category: [Government]}
events:
  - {id: een, title: Een, starts: 2024-06-13 16:30, ends: 2024-06-13 19:00}   # de eerste
  - id: twee
    title: Een tweede
    starts: 2024-07-13 16:30
    ends: 2024-07-13 19:00
    briefing_from: een
"""
FILES = {
    "programme.yaml": PROGRAMME,
    "episodes/01-een/episode.md": "---\nguid: g1\nnumber: 1\nevent: een   # opname\ntitle: Een\nsummary: Kort.\n"
    "published: 2024-06-20 06:00\n---\nTekst.\n",
    "magazine/reflections/een/tafel-1.md": "---\ngroup: Tafel 1\nroles: [beleid]\nquestion: Wat?\ncase: stoep\n"
    "approved: 2024-07-01\ninsights: [Iets.]\nmoment: 01-een#00:41\n---\nWoorden.\n",
    "magazine/cases/een/stoep.md": "---\ntitle: Stoep\nsummary: Een stoep.\n---\nZie [vooraf](../../stories/vooraf.md).\n",
    "magazine/stories/vooraf.md": "---\ntitle: Vooraf\nintro: Kort.\nevent: een\n---\nZie [later](later.md).\n",
    "magazine/stories/later.md": "---\ntitle: Later\nintro: Kort.\n---\nZie [vooraf](vooraf.md).\n",
    "magazine/magazine.yaml": "title: Proef\nedition: Een\nflatplan:\n  - cover: {headline: Een}\n  - contents\n"
    "  - article: stories/vooraf.md\n  - event: een\n  - colophon\ncolophon: Wij.\n",
}


@pytest.fixture
def root(tmp_path):
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def rename(root, old, new, *, steps=None):
    """Rename as the command does; ``steps``: stop after so many."""
    plan = plan_renaming(read_valid_files(root), old, new)
    actions = [lambda one=one: (root / one[0]).write_bytes(one[1]) for one in plan.edits]
    actions += [lambda one=one: (root / one[0]).rename(root / one[1]) for one in plan.moves]
    for action in actions[:steps]:
        action()
    return len(actions)


def read(root):
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}


def test_an_event_keeps_its_episode_cases_reflections_and_texts(root):
    before = load_programme(root)

    rename(root, "een", "eerste")

    after = load_programme(root)
    assert ["eerste", "twee"] == [one.id for one in after.events]
    assert ("eerste", "eerste", "eerste") == (
        after.episodes[0].event,
        after.stories[1].event,
        after.events[1].briefing_from,
    )
    assert [one.slug for one in before.events[0].cases] == [one.slug for one in after.events[0].cases]
    assert ["eerste"] == [one.event for one in after.reflections]
    assert {Redirect(old="events/een/", new="events/eerste/")} < set(after.redirects)
    assert Redirect(old="cases/een/stoep/", new="cases/eerste/stoep/") in after.redirects
    text = (root / "programme.yaml").read_text()
    assert "title: Een, starts" in text  # only the id
    assert "# Ons programma" in text
    assert "# de eerste" in text


@pytest.mark.parametrize(
    ("old", "new", "redirect"),
    [
        ("01-een", "01-eerste", ("episodes/01-een/", "episodes/01-eerste/")),
        ("stories/vooraf", "vooraf-gaand", ("stories/vooraf/", "stories/vooraf-gaand/")),
        ("stoep", "trottoir", ("cases/een/stoep/", "cases/een/trottoir/")),
    ],
)
def test_an_item_is_renamed_with_all_its_references(root, old, new, redirect):
    before = load_programme(root)

    rename(root, old, new)

    after = load_programme(root)  # raises if a reference leads nowhere
    assert (Redirect(old=redirect[0], new=redirect[1]),) == after.redirects
    plain = old.rpartition("/")[2]
    assert not [path for path, text in read(root).items() if f"/{plain}." in f"/{path}" or f"{plain}#" in text]
    assert before.reflections[0].approved == after.reflections[0].approved  # nobody approves again
    assert [one.guid for one in before.episodes] == [one.guid for one in after.episodes]


def test_links_in_texts_follow_a_story(root):
    rename(root, "vooraf", "vooraf-gaand")

    assert "(../../stories/vooraf-gaand.md)" in read(root)["magazine/cases/een/stoep.md"]
    assert "(vooraf-gaand.md)" in read(root)["magazine/stories/later.md"]


def test_every_former_address_leads_to_the_newest_in_one_step(root):
    rename(root, "01-een", "01-b")
    rename(root, "01-b", "01-c")

    programme = load_programme(root)
    assert {"episodes/01-c/"} == {one.new for one in programme.redirects}
    assert ["episodes/01-een/", "episodes/01-b/"] == [one.old for one in programme.redirects]
    assert "episodes/01-een/" == programme.find_first_path("episodes/01-c/")


@pytest.mark.parametrize(
    ("old", "new"), [("een", "eerste"), ("01-een", "01-eerste"), ("vooraf", "voor"), ("stoep", "tegel")]
)
def test_a_rename_that_was_stopped_at_any_step_is_finished_by_repeating_it(root, tmp_path_factory, old, new):
    whole = tmp_path_factory.mktemp("whole") / "programme"
    shutil.copytree(root, whole)
    count = rename(whole, old, new)
    for steps in range(1, count):
        copy = tmp_path_factory.mktemp("copy") / "programme"
        shutil.copytree(root, copy)
        rename(copy, old, new, steps=steps)
        rename(copy, old, new)
        assert read(whole) == read(copy), steps
    assert 0 == rename(whole, old, new)


def test_a_folder_that_was_renamed_by_hand_gets_its_redirect(root):
    (root / "episodes/01-een").rename(root / "episodes/01-eerste")

    rename(root, "episodes/01-een", "01-eerste")

    programme = load_programme(root)
    assert (Redirect(old="episodes/01-een/", new="episodes/01-eerste/"),) == programme.redirects
    assert "01-eerste" == programme.reflections[0].moment.episode


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("vooraf", "later", "already"),
        ("niets", "iets", "there is no episode, event, case or story"),
        ("vooraf", "Vooraf!", "is not a slug"),
    ],
)
def test_a_rename_that_cannot_be_is_refused_with_the_reason(root, old, new, message):
    before = read(root)

    with pytest.raises(ContentError, match=message):
        rename(root, old, new)

    assert before == read(root)


def test_a_former_address_is_not_taken_again(root):
    rename(root, "vooraf", "b")
    with pytest.raises(ContentError, match="is a former address"):
        rename(root, "later", "vooraf")

    (root / "magazine/stories/later.md").rename(root / "magazine/stories/vooraf.md")
    with pytest.raises(ContentError) as error:
        load_programme(root)
    assert "redirect-taken" in {one.code for one in error.value.errors}


def test_a_redirect_to_nowhere_is_an_error(root):
    (root / "programme.yaml").write_text(f"{PROGRAMME}redirects:\n  - {{from: stories/a/, to: stories/voraf/}}\n")

    with pytest.raises(ContentError) as error:
        load_programme(root)

    (one,) = error.value.errors
    assert ("redirect-broken", True) == (one.code, "stories/vooraf/" in one.hint)


def test_a_programme_without_a_magazine_can_rename(root):
    shutil.rmtree(root / "magazine")
    programme = root / "programme.yaml"
    episode = next((root / "episodes").iterdir())

    rename(root, episode.name, "nieuwe-naam")

    assert f"from: episodes/{episode.name}/" in programme.read_text()
