"""Convert values to plain JSON values and back, for workers and the cache."""

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar

from pipeline.errors import Message
from pipeline.model.sound import Sentence

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """Convert a value to plain JSON values: dataclasses become objects, tuples lists, dates ISO 8601 text.

    Raises:
        TypeError: It contains something else.
    """
    return _convert_to(value, for_display=False)


def to_display_json(value: Any) -> Any:
    """Convert a value for tools of users: a ``Sentence`` or ``Message`` becomes English text, for good.

    Raises:
        TypeError: As ``to_json``.
    """
    return _convert_to(value, for_display=True)


def _convert_to(value: Any, *, for_display: bool) -> Any:
    match value:
        case Sentence() | Message() if for_display:
            return str(value)
        case Message():
            return {"template": value.template, "fields": value.fields and _convert_to(value.fields, for_display=False)}
        case None | bool() | int() | float() | str():
            return value
        case datetime() | date():
            return value.isoformat()
        case tuple() | list():
            return [_convert_to(item, for_display=for_display) for item in value]
        case Mapping():
            return {str(key): _convert_to(item, for_display=for_display) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _convert_to(getattr(value, one.name), for_display=for_display) for one in fields(value)}
    raise TypeError(f"{type(value).__name__} has no JSON form")


def from_json(kind: type[T], plain: Any) -> T:
    """Convert what ``to_json`` returned back to a value of type ``kind``.

    Raises:
        TypeError, KeyError, ValueError: ``plain`` does not have that structure.
    """
    return typing.cast("T", _convert_from(kind, plain))


@cache
def _get_hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _convert_from(kind: Any, plain: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        inner = [argument for argument in arguments if argument is not types.NoneType]
        return None if plain is None else _convert_from(inner[0], plain)
    if origin is tuple and arguments[-1] is not ...:
        return tuple(map(_convert_from, arguments, plain))
    if origin is tuple:
        return tuple(_convert_from(arguments[0], item) for item in plain)
    if origin in (dict, Mapping):
        return {key: _convert_from(arguments[1], item) for key, item in plain.items()}
    if is_dataclass(kind):
        hints = _get_hints(typing.cast("Any", kind))
        return typing.cast("Any", kind)(**{name: _convert_from(hints[name], item) for name, item in plain.items()})
    if kind in (datetime, date):
        return kind.fromisoformat(plain)
    return _convert_scalar(kind, plain)


def _convert_scalar(kind: Any, plain: Any) -> Any:
    if kind is str and isinstance(plain, dict):
        filled = plain["fields"]
        return Message(plain["template"], filled and {name: _read_field(field) for name, field in filled.items()})
    if kind is float and isinstance(plain, int):
        return float(plain)
    if kind is not Any and not isinstance(plain, kind):
        raise TypeError(f"{plain!r} is not of type {kind.__name__}")
    return plain


def _read_field(plain: Any) -> Any:
    return _convert_scalar(str, plain) if isinstance(plain, dict) else plain
