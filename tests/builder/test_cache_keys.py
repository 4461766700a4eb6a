"""Cache keys: every field of a task is part of its key, unless it is marked as unkeyed."""

import importlib
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, make_dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest

import pipeline
from pipeline.builder.cache_keys import KeyBuilder, find_difference
from pipeline.cache import Cache, compute_key
from pipeline.model import to_json
from pipeline.model.task import FieldRole, InputFile, InputFolder, OutputFile, Task, Unkeyed, map_paths

PACKAGE = Path(pipeline.__file__).parent
MODULES = [
    importlib.import_module(".".join(("pipeline", *path.relative_to(PACKAGE).with_suffix("").parts)))
    for path in sorted(PACKAGE.rglob("*tasks.py"))
]
TASKS = list(
    {
        value: None
        for module in MODULES
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Task) and value is not Task
    }
)


@pytest.fixture
def key(tmp_path):
    """Compute the key of a task by a cache without memoized digests."""
    return lambda task: compute_key(KeyBuilder(Cache(tmp_path / "cache")).build_parts(task))


def sample(kind, tmp_path, role=None):
    """A value of a type, for a field with some role."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return sample(arguments[0], tmp_path, next((one for one in arguments if isinstance(one, FieldRole)), None))
    if origin in (typing.Union, types.UnionType):
        return sample(arguments[0], tmp_path, role)
    if origin is tuple:
        inner = arguments if arguments[-1] is not Ellipsis else arguments[:1]
        return tuple(sample(one, tmp_path, role) for one in inner)
    if origin in (dict, Mapping):
        return {"a": sample(arguments[1], tmp_path, role)}
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind, include_extras=True)
        names = [one.name for one in fields(kind) if one.init and (one.default is MISSING or role is None)]
        return kind(**{name: sample(hints[name], tmp_path) for name in names})
    if kind is str and role in (FieldRole.INPUT, FieldRole.NAMED_INPUT, FieldRole.UNKEYED_INPUT):
        (tmp_path / "input.wav").write_bytes(b"input")
        return str(tmp_path / "input.wav")
    if kind is str and role in (FieldRole.FOLDER, FieldRole.UNKEYED_FOLDER):
        (tmp_path / "folder").mkdir(exist_ok=True)
        (tmp_path / "folder/file").write_bytes(b"file")
        return str(tmp_path / "folder")
    return {str: "text", int: 1, float: 1.5, bool: True}[kind]


def change(value, tmp_path):
    """Another value of the same type."""
    if isinstance(value, str) and value.startswith(str(tmp_path)):
        path = Path(value)
        other = path.with_name(f"other-{path.name}")
        if path.is_dir():
            other.mkdir(exist_ok=True)
            (other / "file").write_bytes(b"other")
        else:
            other.write_bytes(b"other")
        return str(other)
    if isinstance(value, tuple):
        return (*value, value[-1])
    if isinstance(value, Mapping):
        return {**value, "b": next(iter(value.values()))}
    if is_dataclass(value):
        name = fields(value)[-1].name
        return replace(value, **{name: change(getattr(value, name), tmp_path)})
    return not value if isinstance(value, bool) else value + type(value)(1)


def list_fields():
    for kind in TASKS:
        for one in fields(kind):
            yield pytest.param(kind, one.name, id=f"{kind.__name__}.{one.name}")


@pytest.mark.parametrize(("kind", "name"), list(list_fields()))
def test_every_field_of_every_task_changes_its_key_unless_unkeyed(kind, name, tmp_path, key):
    task = sample(kind, tmp_path)
    hint = typing.get_type_hints(kind, include_extras=True)[name]
    roles = {FieldRole.UNKEYED, FieldRole.UNKEYED_INPUT, FieldRole.UNKEYED_FOLDER}
    unkeyed = not roles.isdisjoint(getattr(hint, "__metadata__", ()))

    changed = replace(task, **{name: change(getattr(task, name), tmp_path)})

    assert unkeyed == (key(task) == key(changed))


@pytest.mark.parametrize("kind", TASKS)
def test_no_path_of_this_machine_is_in_what_a_cluster_is_sent(kind, tmp_path):
    task = sample(kind, tmp_path)

    sent = map_paths(task, lambda _path, _is_folder: "reference")

    assert str(tmp_path) not in json.dumps(to_json(sent))


@pytest.mark.parametrize("kind", TASKS)
def test_no_field_hides_a_property_of_every_task(kind):
    assert set() == {"step_name", "limits", "weight"} & {one.name for one in fields(kind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyResult:
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyTask(Task[ToyResult]):
    RECIPE_VERSION: ClassVar = 1

    source: InputFile
    fonts: InputFolder = ""
    work: Unkeyed[str] = ""
    out: OutputFile = "out.txt"


@pytest.fixture
def toy_task(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"a")
    return ToyTask(source=str(tmp_path / "a.wav"))


def test_a_field_that_is_added_to_a_task_changes_its_key(toy_task, key):
    wider = make_dataclass(
        "ToyTask", [("speed", float, field(default=1.0))], bases=(ToyTask,), frozen=True, kw_only=True
    )

    assert key(toy_task) != key(wider(source=toy_task.source))


def test_another_recipe_or_tool_changes_the_key(toy_task, key):
    newer = type("ToyTask", (ToyTask,), {"RECIPE_VERSION": 2})
    with_tool = type("ToyTask", (ToyTask,), {"TOOLS": ("pillow",)})

    assert 3 == len({key(toy_task), key(newer(source=toy_task.source)), key(with_tool(source=toy_task.source))})


def test_key_depends_on_the_suffix_of_an_input_but_not_its_folder(toy_task, key, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    for name in ("elsewhere/b.wav", "elsewhere/a.mp3"):
        (tmp_path / name).write_bytes(b"a")

    same, other = (replace(toy_task, source=str(tmp_path / f"elsewhere/{name}")) for name in ("b.wav", "a.mp3"))

    assert key(toy_task) == key(same)
    assert key(toy_task) != key(other)


def test_templates_in_a_folder_do_not_change_the_key(toy_task, key, tmp_path):
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts/a.woff2").write_bytes(b"a")
    task = replace(toy_task, fonts=str(tmp_path / "fonts"))
    before = key(task)
    (tmp_path / "fonts/page.j2").write_bytes(b"template")
    same = key(task)
    (tmp_path / "fonts/b.woff2").write_bytes(b"b")

    assert before == same
    assert before != key(task)


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ({"a": 1}, {"a": 1}, ""),
        ({"a": {"b": -16}}, {"a": {"b": -14}}, "a.b: -16 → -14"),
        ({"a": [1, 2]}, {"a": [1, 3]}, "a[1]: 2 → 3"),
        ({"a": [1]}, {"a": [1, 3]}, "a: [1] → [1, 3]"),
        ({"a": "f" * 64}, {"a": "e" * 64}, f"a: {'f' * 8} → {'e' * 8}"),
        ({"a": 1, "b": 2}, {"a": 1}, "b: 2 → none"),
    ],
)
def test_the_first_difference_is_described_in_a_line(old, new, difference):
    assert difference == find_difference(old, new)
