"""Values to plain JSON and back: how they travel to workers, and are remembered."""

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar

from pipeline.model.sound import Sentence

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """``value`` as JSON can hold it: dataclasses become objects, tuples lists, dates ISO 8601 text.

    Raises:
        TypeError: something in it is none of these.
    """
    return _plain(value, spoken=False)


def to_told(value: Any) -> Any:
    """The same for people's own tools: a sentence is its English words. There is no way back.

    Raises:
        TypeError: as ``to_plain``.
    """
    return _plain(value, spoken=True)


def _plain(value: Any, *, spoken: bool) -> Any:
    match value:
        case Sentence() if spoken:
            return str(value)
        case None | bool() | int() | float() | str():
            return value
        case datetime() | date():
            return value.isoformat()
        case tuple() | list():
            return [_plain(item, spoken=spoken) for item in value]
        case Mapping():
            return {str(key): _plain(item, spoken=spoken) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name), spoken=spoken) for one in fields(value)}
    raise TypeError(f"{type(value).__name__} has no plain form")


def from_plain(kind: type[T], plain: Any) -> T:
    """The value of type ``kind`` that ``to_plain`` made ``plain`` of.

    Raises:
        TypeError, KeyError, ValueError: ``plain`` does not have that shape.
    """
    return typing.cast("T", _from_plain(kind, plain))


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _from_plain(kind: Any, plain: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        inner = [argument for argument in arguments if argument is not types.NoneType]
        return None if plain is None else _from_plain(inner[0], plain)
    if origin is tuple:
        return tuple(_from_plain(arguments[0], item) for item in plain)
    if origin in (dict, Mapping):
        return {key: _from_plain(arguments[1], item) for key, item in plain.items()}
    if is_dataclass(kind):
        hints = _hints(typing.cast("Any", kind))
        return typing.cast("Any", kind)(**{name: _from_plain(hints[name], item) for name, item in plain.items()})
    if kind in (datetime, date):
        return kind.fromisoformat(plain)
    if kind is float and isinstance(plain, int):
        return float(plain)
    if kind is not Any and not isinstance(plain, kind):
        raise TypeError(f"{plain!r} is no {kind.__name__}")
    return plain
