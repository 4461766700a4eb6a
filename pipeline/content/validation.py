"""Validate located YAML against a schema: each error once, in plain words, at its own position."""

import re
from typing import Any, TypeVar

import pydantic

from pipeline.content.field_error import FieldError
from pipeline.content.located_yaml import Loc, LocatedYaml
from pipeline.content.schema.base import ContentSchema
from pipeline.errors import ValidationError, fill, make_message
from pipeline.text import suggest_similar

S = TypeVar("S", bound=ContentSchema)


def validate_yaml(located: LocatedYaml, schema: type[S], errors: list[ValidationError]) -> S | None:
    """Validate ``located`` against ``schema``.

    Args:
        located: The data of one file.
        schema: What the file may contain.
        errors: Errors are added to this list.

    Returns:
        The validated values, or ``None`` if there are errors.
    """
    try:
        return schema.model_validate({} if located.data is None else located.data)
    except pydantic.ValidationError as invalid:
        for error in invalid.errors(include_url=False):
            loc = _find_loc(error, located)
            if loc not in located.reported:
                errors.append(_convert_error(error, located, loc=loc, schema=schema))
        return None


def _convert_error(error: Any, located: LocatedYaml, *, loc: Loc, schema: type[ContentSchema]) -> ValidationError:
    if error["type"] == "extra_forbidden":
        keys = _list_keys(schema, loc[:-1])
        similar = _suggest_key(str(loc[-1]), keys)
        listed = fill("its keys are {names}", names=", ".join(keys)) if keys else ""
        hint = fill("{first} {second}", first=similar, second=listed) if similar and listed else similar or listed
        message = fill("unknown key `{key}` in {what}", key=loc[-1], what=_describe(loc[:-1], schema.noun))
        return located.source.create_error("unknown-key", *located.locate_key(loc), message, hint)
    if error["type"] == "missing":
        if loc in located.key_positions:  # the key has no value
            return located.source.create_error("empty", *located.locate_key(loc), fill("`{key}` is empty", key=loc[-1]))
        message = fill("required key `{key}` is missing in {what}", key=loc[-1], what=_describe(loc[:-1], schema.noun))
        return located.create_error("missing-key", loc[:-1], message)
    value = located.get(loc)
    if isinstance(value, str) and value[:1] in _TYPOGRAPHIC_QUOTES and len(value) > 1:
        message = fill("{what} begins with a typographic quotation mark", what=_describe(loc, schema.noun))
        return located.create_error(
            "wrong-value", loc, message, fill('write "{value}"', value=value.strip(_TYPOGRAPHIC_QUOTES)[:40])
        )
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, FieldError):
        message = fill("{what} {message}", what=_describe(loc, schema.noun), message=cause.message)
        return located.create_error(cause.code, (*loc, *cause.within), message, cause.hint)
    code, message, hint = _explain(error)
    return located.create_error(
        code, loc, fill("{what} {message}", what=_describe(loc, schema.noun), message=message), hint
    )


_TYPOGRAPHIC_QUOTES = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u00ab\u00bb"  # which Word writes for "
_DUTCH_KEYS = {  # what people write who do not know the English key
    "titel": "title", "ondertitel": "subtitle", "samenvatting": "summary", "omschrijving": "description", "beschrijving": "description",
    "taal": "language", "organisator": "organiser", "organisatie": "organisation", "naam": "name", "rol": "role", "rollen": "roles",
    "gasten": "guests", "gast": "guests", "personen": "people", "mensen": "people", "sprekers": "people", "spreker": "people",
    "locatie": "venue", "plaats": "city", "stad": "city", "adres": "address", "land": "country", "datum": "published",
    "gepubliceerd": "published", "publicatie": "published", "begin": "starts", "start": "starts", "begint": "starts", "van": "from",
    "einde": "ends", "eind": "ends", "eindigt": "ends", "tot": "to", "tijd": "at", "om": "at", "wat": "what", "agendapunten": "agenda",
    "programma": "agenda", "nummer": "number", "soort": "kind", "hoofdstukken": "chapters", "fragmenten": "teasers", "knippen": "cuts",
    "dempen": "mutes", "piepen": "bleeps", "groep": "group", "tafel": "group", "vraag": "question", "inzichten": "insights",
    "citaten": "quotes", "citaat": "quotes", "goedgekeurd": "approved", "akkoord": "approved", "tekst": "text", "door": "by",
    "auteur": "author", "afbeelding": "picture", "foto": "picture", "beeld": "image", "bestand": "file", "bijschrift": "caption",
    "maker": "credit", "bron": "credit", "thema": "theme", "evenement": "event", "bijeenkomst": "event", "evenementen": "events",
    "bijeenkomsten": "events", "geluid": "sound", "omslag": "cover", "kop": "headline", "inleiding": "intro", "editie": "edition",
}  # fmt: skip
_EXPLANATIONS = {  # by pydantic's type of error: code, message and hint, with the limits of pydantic
    "tuple_type": ("wrong-type", "must be a list", "put it in [ ], or write each item on its own line after `- `"),
    "model_type": ("wrong-type", "must be a mapping of keys to values", "write `key: value`, each on its own line"),
    "too_short": ("empty", "is empty", ""),
    "too_long": ("too-long", "is longer than {max_length} characters, the maximum in podcast apps", ""),
    "greater_than_equal": ("out-of-range", "must be at least {ge:g}", ""),
    "less_than_equal": ("out-of-range", "must be at most {le:g}", ""),
}


def _explain(error: Any) -> tuple[str, str, str]:
    """Return code, message and hint of an error that pydantic found by itself."""
    value, context = error["input"], error.get("ctx", {})
    if error["type"] == "literal_error":
        return _explain_choice(value, context["expected"])
    if error["type"] not in _EXPLANATIONS:
        return "wrong-value", fill("is not valid: {error}", error=error["msg"]), ""
    code, message, hint = _EXPLANATIONS[error["type"]]
    if error["type"] == "less_than_equal" and context["le"] <= 0 < value:
        hint = fill("did you mean -{value:g}?", value=value)
    return code, fill(message, **context), hint


def _explain_choice(value: Any, expected: str) -> tuple[str, str, str]:
    *others, last = re.findall(r"'([^']*)'", expected)
    message = (
        fill("must be {others} or {last}", others=", ".join(others), last=last)
        if others
        else fill("must be {last}", last=last)
    )
    if not isinstance(value, str):
        return "wrong-type", message, ""
    return (
        "wrong-value",
        fill("{message}, not `{value}`", message=message, value=value[:40]),
        suggest_similar(value, [*others, last]),
    )


def _find_loc(error: Any, located: LocatedYaml) -> Loc:
    """Return pydantic's path to the value, without the tags of union members."""
    data, loc = located.data, []
    for index, step in enumerate(error["loc"]):
        is_last = index == len(error["loc"]) - 1
        if isinstance(data, dict) and (step in data or is_last):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        elif not (is_last and error["type"] in {"missing", "extra_forbidden"}):
            continue
        loc.append(step)
    return tuple(loc)


def _suggest_key(key: str, keys: tuple[str, ...]) -> str:
    """Return the hint "did you mean …?" for a key that does not exist, also for its Dutch word."""
    translated = _DUTCH_KEYS.get(key.casefold().strip())
    return fill("did you mean `{name}`?", name=translated) if translated in keys else suggest_similar(key, keys)


def _describe(loc: Loc, noun: str) -> str:
    """Return how a message names the value at ``loc``."""
    if not loc:
        return make_message("the " + noun)  # msgids: the programme, the episode, the reflection …
    if isinstance(loc[-1], str):
        return f"`{loc[-1]}`"
    parent = next((step for step in reversed(loc) if isinstance(step, str)), noun)
    return fill("item {number} of `{parent}`", number=loc[-1] + 1, parent=parent)


def _list_keys(schema: type[ContentSchema], loc: Loc) -> tuple[str, ...]:
    """Return the keys allowed at ``loc``, for a hint; empty if they cannot be determined."""
    for step in loc:
        if isinstance(step, str):
            field = next((f for name, f in schema.model_fields.items() if (f.alias or name) == step), None)
            nested = _find_schema(field.annotation) if field else None
            if nested is None:
                return ()
            schema = nested
    return schema.list_keys()


def _find_schema(annotation: Any) -> type[ContentSchema] | None:
    if isinstance(annotation, type) and issubclass(annotation, ContentSchema):
        return annotation
    return next((found for part in getattr(annotation, "__args__", ()) if (found := _find_schema(part))), None)
