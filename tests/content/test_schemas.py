"""The JSON Schemas say to an editor what the forms say to `check`."""

import copy

import jsonschema
import pytest
import yaml

from pipeline.content import schemas
from tests.content.conftest import FILES

FILE = {
    "programme": "programme.yaml",
    "episode": "episodes/01-burger-centraal/episode.md",
    "magazine": "magazine/magazine.yaml",
    "reflection": "magazine/reflections/burger-centraal/tafel-3.md",
    "story": "magazine/stories/vooraf.md",
}


class Core(yaml.SafeLoader):
    """YAML as editors read it: the core schema of 1.2, where 12:30 and 2024-06-13 are text."""


Core.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rsplit(":", 1)[-1] in {"bool", "null"}]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Core.add_implicit_resolver("tag:yaml.org,2002:int", __import__("re").compile(r"[-+]?[0-9]+$"), list("-+0123456789"))
Core.add_implicit_resolver(
    "tag:yaml.org,2002:float", __import__("re").compile(r"[-+]?[0-9]+\.[0-9]+$"), list("-+0123456789")
)


def sample(name):
    text = FILES[FILE[name]].replace("group: 3", 'group: "3"')
    head = text.split("---\n")[1] if text.startswith("---") else text
    return yaml.load(head, Core)


def errors(name, document):
    validator = jsonschema.Draft202012Validator(schemas()[name])
    return [error.message for error in validator.iter_errors(document)]


@pytest.mark.parametrize("name", FILE)
def test_each_schema_is_one_and_takes_what_is_right(name):
    jsonschema.Draft202012Validator.check_schema(schemas()[name])

    assert [] == errors(name, sample(name))


@pytest.mark.parametrize("name", FILE)
def test_a_key_that_nobody_knows_is_refused(name):
    assert errors(name, sample(name) | {"onbekend": 1})


@pytest.mark.parametrize("name", FILE)
def test_a_key_that_is_needed_is_needed(name):
    for key in schemas()[name]["required"]:
        assert errors(name, {other: value for other, value in sample(name).items() if other != key})


@pytest.mark.parametrize(("name", "path", "value"), [
    ("programme", ("sound", "loudness_lufs"), 16),
    ("programme", ("sound", "bitrate_kbps"), 100),
    ("programme", ("podcast", "type"), "seriel"),
    ("programme", ("events", 0, "starts"), "13-06-2024"),
    ("programme", ("events", 0, "id"), "Burger Centraal"),
    ("programme", ("language",), "fr"),
    ("episode", ("chapters", 0, "start"), "41"),
    ("episode", ("cuts", 0), {"from": "00:01"}),
    ("magazine", ("flatplan", 1), "contnts"),
    ("magazine", ("flatplan", 1), {"contents": None, "event": "x"}),
    ("magazine", ("flatplan", 0, "cover", "image"), {"file": "x"}),
    ("reflection", ("cleared",), "ja"),
    ("reflection", ("moment",), "01-burger-centraal"),
])  # fmt: skip
def test_what_check_refuses_the_schema_refuses(name, path, value):
    document = copy.deepcopy(sample(name))
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value

    assert errors(name, document)


def test_every_file_and_every_list_of_things_says_what_it_is():
    for schema in schemas().values():
        assert schema["description"]
        assert (
            all(part["description"] for part in schema["$defs"].values() if "properties" in part)
            if "$defs" in schema
            else True
        )
