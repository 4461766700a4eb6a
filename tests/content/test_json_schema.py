"""The JSON Schemas accept and reject what `check` accepts and rejects."""

import copy

import jsonschema
import pytest
import yaml

from pipeline.content import build_json_schemas
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
    front_matter = text.split("---\n")[1] if text.startswith("---") else text
    return yaml.load(front_matter, Core)


def errors(name, document):
    validator = jsonschema.Draft202012Validator(build_json_schemas()[name])
    return [error.message for error in validator.iter_errors(document)]


@pytest.mark.parametrize("name", FILE)
def test_schema_is_valid_and_accepts_the_sample(name):
    jsonschema.Draft202012Validator.check_schema(build_json_schemas()[name])

    assert [] == errors(name, sample(name))


@pytest.mark.parametrize("name", FILE)
def test_unknown_key_is_rejected(name):
    assert errors(name, sample(name) | {"onbekend": 1})


@pytest.mark.parametrize("name", FILE)
def test_required_key_is_required(name):
    for key in build_json_schemas()[name]["required"]:
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
    ("reflection", ("approved",), "ja"),
    ("reflection", ("moment",), "01-burger-centraal"),
])  # fmt: skip
def test_schema_rejects_what_check_rejects(name, path, value):
    document = copy.deepcopy(sample(name))
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value

    assert errors(name, document)


def test_every_mapping_has_a_description():
    for schema in build_json_schemas().values():
        assert schema["description"]
        assert (
            all(part["description"] for part in schema["$defs"].values() if "properties" in part)
            if "$defs" in schema
            else True
        )
