"""Holds marked data against a form: each fault once, in a reader's words, at its own place."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError

from pipeline.content.field_error import WrongError
from pipeline.content.located_yaml import Loc, Marked
from pipeline.content.schema.base import Form
from pipeline.errors import Fault
from pipeline.text import did_you_mean

F = TypeVar("F", bound=Form)


def check(marked: Marked, form: type[F], thing: str, faults: list[Fault]) -> F | None:
    """What ``marked`` says on ``form``, or ``None`` after telling ``faults`` why not; ``thing`` is what the file is about."""
    try:
        return form.model_validate({} if marked.data is None else marked.data)
    except ValidationError as errors:
        for error in errors.errors(include_url=False):
            loc, wrong = _loc(error, marked), _wrong(error)
            if loc not in marked.told:
                faults.append(_fault(error, marked, loc=loc, wrong=wrong, thing=thing, form=form))
        return None


def _fault(error: Any, marked: Marked, *, loc: Loc, wrong: WrongError | None, thing: str, form: type[Form]) -> Fault:
    if error["type"] == "extra_forbidden":
        near = did_you_mean(str(loc[-1]), _keys_at(form, loc[:-1]))
        message = f"{_name(loc[:-1], thing)} has no key `{loc[-1]}`"
        return marked.source.fault("unknown-key", *marked.key_place(loc), message, near)
    if error["type"] == "missing":
        if loc in marked.keys:  # the key is there, and nothing behind it
            return marked.source.fault("empty", *marked.key_place(loc), f"`{loc[-1]}` is empty")
        return marked.fault("missing-key", loc[:-1], f"{_name(loc[:-1], thing)} lacks `{loc[-1]}`")
    if wrong is not None:
        return marked.fault(wrong.code, (*loc, *wrong.within), f"{_name(loc, thing)} {wrong.message}", wrong.hint)
    code, message, hint = _told(error)
    return marked.fault(code, loc, f"{_name(loc, thing)} {message}", hint)


def _told(error: Any) -> tuple[str, str, str]:
    kind, context = error["type"], error.get("ctx", {})
    if kind in _WORDS:
        return _WORDS[kind](error["input"], context)
    return "wrong-value", f"will not do: {error['msg']}", ""


def _choice(value: Any, context: dict[str, Any]) -> tuple[str, str, str]:
    options = re.findall(r"'([^']*)'", context["expected"])
    told = f"must be {' or '.join([*([', '.join(options[:-1])] if options[1:] else []), options[-1]])}"
    if not isinstance(value, str):
        return "wrong-type", told, ""
    return "wrong-value", f"{told}, not `{value[:40]}`", did_you_mean(value, options)


_WORDS: dict[str, Callable[[Any, dict[str, Any]], tuple[str, str, str]]] = {
    "literal_error": _choice,
    "tuple_type": lambda *_: (
        "wrong-type",
        "must be a list",
        "put it in [ ], or each item on a line of its own after `- `",
    ),
    "model_type": lambda *_: ("wrong-type", "must be keys and values", "write `key: value`, each on a line of its own"),
    "greater_than_equal": lambda _, context: ("out-of-range", f"must be at least {context['ge']:g}", ""),
    "less_than_equal": lambda value, context: (
        "out-of-range",
        f"must be at most {context['le']:g}",
        f"did you mean -{value:g}?" if context["le"] <= 0 < value else "",
    ),
}


def _wrong(error: Any) -> WrongError | None:
    cause = error.get("ctx", {}).get("error")
    return cause if isinstance(cause, WrongError) else None


def _loc(error: Any, marked: Marked) -> Loc:
    """Pydantic's way to the value, without the tags of the members of a union, which stand in no file."""
    data, loc = marked.data, []
    for step, last in ((part, index == len(error["loc"]) - 1) for index, part in enumerate(error["loc"])):
        if isinstance(data, dict) and (step in data or last):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        elif not (last and error["type"] in {"missing", "extra_forbidden"}):
            continue
        loc.append(step)
    return tuple(loc)


def _name(loc: Loc, thing: str) -> str:
    """How a message calls the value at ``loc``."""
    if not loc:
        return f"the {thing}"
    if isinstance(loc[-1], str):
        return f"`{loc[-1]}`"
    around = next((step for step in reversed(loc) if isinstance(step, str)), thing)
    return f"item {loc[-1] + 1} of `{around}`"


def _keys_at(form: type[Form], loc: Loc) -> tuple[str, ...]:
    """The keys that the form has at ``loc``, for a hint; none where that cannot be said."""
    for step in loc:
        if isinstance(step, str):
            field = next((f for name, f in form.model_fields.items() if (f.alias or name) == step), None)
            inner = _form_in(field.annotation) if field else None
            if inner is None:
                return ()
            form = inner
    return form.key_names()


def _form_in(annotation: Any) -> type[Form] | None:
    if isinstance(annotation, type) and issubclass(annotation, Form):
        return annotation
    return next((form for part in getattr(annotation, "__args__", ()) if (form := _form_in(part))), None)
