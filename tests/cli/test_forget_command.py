"""The command `forget` without --yes: plans, what is only possible, and wrong calls; nothing changes."""

import json

import pytest
from click.testing import CliRunner

from pipeline.cli import weerslag
from pipeline.errors import WeerslagError
from tests.publish.conftest import read_tree
from tests.publish.forget_sample import NAME, SLUG, create_programme


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("forget") / "programma"
    create_programme(root)
    return root


def forget(root, *words):
    return CliRunner().invoke(weerslag, ["-C", str(root), "forget", *words])


def test_the_plan_is_shown_and_nothing_changes(root):
    before = read_tree(root)

    result = forget(root, NAME)

    assert 0 == result.exit_code
    assert f"episodes/{SLUG}/episode.md: the sound is bleeped: 00:04–00:08" in result.stdout
    assert "programme.yaml:19: the person is removed from the list" in result.stdout
    assert "only a plan: nothing was changed; --yes carries it out" in result.stderr
    assert before == read_tree(root)


def test_the_plan_as_json_has_every_place(root):
    plan = json.loads(forget(root, NAME, "--json").stdout)

    assert (False, [], []) == (plan["done"], plan["problems"], plan["targets"])
    assert {"where": "magazine/stories/dijk.md:7", "what": "the credit is removed"} in plan["steps"]
    assert [f"episodes/{SLUG}/recording/opname.flac"] == [one["where"] for one in plan["left"]]


@pytest.mark.parametrize("name", ["Piet Niemand", "avond/tafel-9"])
def test_an_unknown_name_does_nothing_even_with_yes(root, name):
    before = read_tree(root)

    result = forget(root, name, "--yes")

    assert (0, "") == (result.exit_code, result.stdout)
    assert "is not found; check the spelling" in result.stderr
    assert before == read_tree(root)


def test_a_first_name_alone_is_only_possible_even_with_yes(root):
    before = read_tree(root)

    result = forget(root, "Zoë", "--yes")

    assert "possible, nothing is done: “Zoë”" in result.stdout
    assert "give the whole name" in result.stderr
    assert before == read_tree(root)


def test_another_spelling_is_acted_upon_if_it_is_named(root):
    result = forget(root, NAME, "--also", "Zoë")

    assert "possible" not in result.stdout
    assert "magazine/reflections/avond/tafel-2.md:6: the name is replaced by “iemand”" in result.stdout


@pytest.mark.parametrize("words", [["-"], [""], ["../x"], [NAME, "--also", "x"]])
def test_what_is_no_name_is_refused(root, words):
    with pytest.raises(WeerslagError, match="is not a name") as error:
        raise forget(root, *words).exception

    assert 2 == error.value.exit_code


def test_an_address_with_the_name_stops_it_with_the_exit_code_of_a_gate(root, tmp_path):
    create_programme(tmp_path / "p", slug="01-zoe-van-drachten", is_small=True)

    result = forget(tmp_path / "p", NAME, "--yes")

    assert 4 == result.exit_code
    assert "weerslag rename episodes/01-zoe-van-drachten NEW" in result.stderr
    assert "nothing was changed: solve this first" in result.stderr
