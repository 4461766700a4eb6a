"""Tasks: frozen values that name their inputs, settings, outputs, limits and recipe version, so that a cache key follows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import Enum, auto
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, TypeVar, cast, get_args, get_type_hints

from pipeline.model.json_values import to_json

R = TypeVar("R")
V = TypeVar("V")


class FieldRole(Enum):
    """How a field contributes to the cache key; a field without a role is a setting, and its value enters the key."""

    INPUT = auto()  # paths: the digest of each file enters the key, and its suffix
    NAMED_INPUT = auto()  # likewise, with the whole file name: messages in the result name the file
    FOLDER = auto()  # a path: one digest over all files of the folder
    OUTPUT = auto()  # a file name, which enters the key; the runner replaces it by a path
    UNKEYED = auto()  # cannot change the outputs
    UNKEYED_INPUT = auto()  # a path; other fields hold digests of what the task reads of it
    UNKEYED_FOLDER = auto()  # likewise, one path or several


InputFile = Annotated[str, FieldRole.INPUT]
InputFiles = Annotated[tuple[str, ...], FieldRole.INPUT]
NamedInputFiles = Annotated[tuple[str, ...], FieldRole.NAMED_INPUT]
InputFolder = Annotated[str, FieldRole.FOLDER]
OutputFile = Annotated[str, FieldRole.OUTPUT]
Unkeyed = Annotated[V, FieldRole.UNKEYED]
UnkeyedInput = Annotated[str, FieldRole.UNKEYED_INPUT]
UnkeyedFolder = Annotated[str, FieldRole.UNKEYED_FOLDER]
UnkeyedFolders = Annotated[tuple[str, ...], FieldRole.UNKEYED_FOLDER]

_FILES = {FieldRole.INPUT, FieldRole.NAMED_INPUT, FieldRole.UNKEYED_INPUT}
_FOLDERS = {FieldRole.FOLDER, FieldRole.UNKEYED_FOLDER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one task may use; 0 means no limit. ``isolated``: always in its own process.

    A cluster reserves ``threads``, and of the memory only what the task is expected to hold.
    """

    memory_bytes: int = 0  # of address space
    timeout_s: float = 0.0
    isolated: bool = False
    threads: int = 1  # that it starts, whatever the machine
    resident_bytes: int = 2**29  # expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Generic[R]):
    """One unit of work, whose function returns an ``R``; everything in it has a JSON form."""

    VERB: ClassVar[str] = ""  # in the past tense, for progress output: mastered
    RECIPE_VERSION: ClassVar[int] = 1  # increment when the same inputs should give another output
    TOOLS: ClassVar[tuple[str, ...]] = ()  # whose versions enter the key
    LIMITS: ClassVar[Limits] = Limits()

    subject: Unkeyed[str] = ""  # display name: a slug, a file

    @property
    def step_name(self) -> str:
        """Verb and subject: lookup name of the previous key of this task."""
        return f"{self.VERB} {self.subject}"

    @property
    def limits(self) -> Limits:
        """Limits on memory and time; a task whose limits depend on its fields overrides this."""
        return self.LIMITS

    @property
    def weight(self) -> float:
        """Expected duration, in whatever unit tasks of this class use: for the progress bar."""
        return 1.0


T = TypeVar("T", bound=Task[Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFields:
    """The fields of a task by role; nested ones have a dotted name."""

    settings: Mapping[str, Any]  # plain JSON values
    inputs: dict[str, str] = field(default_factory=dict)  # name with suffix or file name: path
    folders: dict[str, str] = field(default_factory=dict)  # name: path
    outputs: dict[str, str] = field(default_factory=dict)  # name: file name


def describe_fields(task: Task[Any]) -> TaskFields:
    """Sort the fields of a task by role. Empty paths and file names are skipped."""
    found = TaskFields(settings={})
    return replace(found, settings=_collect_fields(task, "", found))


def assign_outputs(task: T, folder: Path) -> tuple[T, dict[str, Path]]:
    """Give each output a path in ``folder``.

    Returns:
        The task with paths in place of file names, and these paths by field name.
    """
    names = [name for name, role in _find_roles(task).items() if role is FieldRole.OUTPUT]
    paths = {name: folder / getattr(task, name) for name in names if getattr(task, name)}
    return replace(task, **{name: str(path) for name, path in paths.items()}), paths


def map_paths(value: V, convert: Callable[[str, bool], str]) -> V:
    """Replace the path of each file and folder that a task reads, in nested values too.

    Args:
        value: The task.
        convert: Takes a path, and whether it is a folder.
    """
    changes: dict[str, Any] = {}
    for name, role in _find_roles(value).items():
        part = getattr(value, name)
        if role in _FILES:
            changes[name] = _map_values(part, lambda path: convert(path, False))  # noqa: FBT003
        elif role in _FOLDERS:
            changes[name] = _map_values(part, lambda path: convert(path, True))  # noqa: FBT003
        elif role is None:
            changes[name] = _map_values(part, lambda inner: inner, convert)
    return cast("V", replace(cast("Any", value), **changes))


def _map_values(value: Any, function: Callable[[Any], Any], convert: Callable[[str, bool], str] | None = None) -> Any:
    """Apply a function to a value, or to each in a tuple or mapping; with ``convert`` go into nested dataclasses."""
    if isinstance(value, tuple | list):
        return tuple(_map_values(item, function, convert) for item in value)
    if isinstance(value, Mapping) and convert is None:
        return {name: _map_values(item, function) for name, item in value.items()}
    if convert is not None and is_dataclass(value) and not isinstance(value, type):
        return map_paths(value, convert)
    return function(value) if value else value


def find_result_type(kind: type[Task[R]]) -> type[R]:
    """Return the ``R`` of a class that is declared as ``class X(Task[R])``."""
    (base,) = kind.__orig_bases__  # type: ignore[attr-defined]  # set by Python on a class with generic bases
    result: type[R] = get_args(base)[0]
    return result


def _find_roles(value: Any) -> dict[str, FieldRole | None]:
    kind: Any = type(value)
    return _read_roles(kind)


@cache
def _read_roles(kind: Any) -> dict[str, FieldRole | None]:
    hints = get_type_hints(kind, include_extras=True)
    roles = {name: getattr(hints[name], "__metadata__", ()) for name in (one.name for one in fields(kind))}
    return {name: next((one for one in marks if isinstance(one, FieldRole)), None) for name, marks in roles.items()}


def _collect_fields(value: Any, prefix: str, found: TaskFields) -> dict[str, Any]:
    """Put the paths in a dataclass into ``found``, and return its settings."""
    settings = {}
    for name, role in _find_roles(value).items():
        part = getattr(value, name)
        match role:
            case FieldRole.INPUT | FieldRole.NAMED_INPUT:
                found.inputs.update(_name_inputs(f"{prefix}{name}", part, named=role is FieldRole.NAMED_INPUT))
            case FieldRole.FOLDER:
                found.folders.update({f"{prefix}{name}": part} if part else {})
            case FieldRole.OUTPUT:
                found.outputs.update({f"{prefix}{name}": part} if part else {})
            case None:
                settings[name] = _collect_settings(part, f"{prefix}{name}", found)
    return settings


def _collect_settings(value: Any, name: str, found: TaskFields) -> Any:
    if isinstance(value, tuple | list):
        return [_collect_settings(item, f"{name}[{number}]", found) for number, item in enumerate(value)]
    if is_dataclass(value) and not isinstance(value, type):
        return _collect_fields(value, f"{name}.", found)
    return to_json(value)


def _name_inputs(name: str, value: Any, *, named: bool) -> dict[str, str]:
    if isinstance(value, Mapping):
        paths = {f"{name}.{key}": path for key, path in value.items()}
    elif isinstance(value, str):
        paths = {name: value} if value else {}
    else:
        paths = {f"{name}[{number}]": path for number, path in enumerate(value)}
    marks = {label: Path(path).name if named else Path(path).suffix for label, path in paths.items()}
    return {f"{label} {marks[label]}".strip(): path for label, path in paths.items()}
