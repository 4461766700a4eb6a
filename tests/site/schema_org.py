"""Validates JSON-LD against schema.org, as typed by schema-dts of Google."""

import re
from dataclasses import dataclass
from functools import cache

from tests.node import MODULES

DATA_TYPES = {  # of schema.org, as JSON strings
    "Text": r"(?s).+",
    "URL": r"https?://\S+",
    "Date": r"\d{4}-\d\d-\d\d",
    "DateTime": r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?([+-]\d\d:\d\d|Z)",
    "Duration": r"P(T?\d+[YMDHS])+(T?\d+[YMDHS])*|P(\d+D)?T(\d+H)?(\d+M)?(\d+S)?",
}


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """Types and their properties; ``kinds`` are the types and literals in the alias of a type."""

    bases: dict  # by type, the interface with its properties
    parents: dict  # interface: those that it extends
    properties: dict  # interface: {property: accepted types}
    kinds: dict  # by type, its subtypes and literals

    def list_properties(self, type_):
        """List all properties of a type, with inherited ones, and the types that each accepts."""
        found, todo = {}, [self.bases[type_]]
        while todo:
            interface = todo.pop()
            found = {**self.properties.get(interface, {}), **found}
            todo += self.parents.get(interface, ())
        return found

    def is_subtype(self, type_, kind):
        """Check whether ``type_`` is ``kind`` or a subtype of it."""
        seen, todo = set(), [kind]
        while todo:
            name = todo.pop()
            if name in (type_, f"{type_}Leaf"):
                return True
            if name not in seen:
                seen.add(name)
                todo += self.kinds.get(name, ())
        return False


@cache
def load_vocabulary():
    text = (MODULES / "schema-dts/dist/schema.d.ts").read_text()
    bases, parents, properties = {}, {}, {}
    for name, extends, body in re.findall(r"interface (\w+) extends ([\w, <>]+) \{\n(.*?)\n\}", text, re.DOTALL):
        if type_ := re.search(r'"@type": "(\w+)"', body):
            bases[type_[1]] = name
        parents[name] = [parent.strip() for parent in extends.split(",")]
        properties[name] = {
            word: kinds.split(" | ") for word, kinds in re.findall(r'"(\w+)"\?: SchemaValue<(.+), "\w+">;', body)
        }
    kinds = {name: alias.split(" | ") for name, alias in re.findall(r"export type (\w+) = (.+);", text)}
    return Vocabulary(bases=bases, parents=parents, properties=properties, kinds=kinds)


def find_errors(thing, where="$"):
    """Find unknown types and properties, and invalid values, one line each."""
    known = load_vocabulary()
    if "@graph" in thing:
        return [fault for nth, one in enumerate(thing["@graph"]) for fault in find_errors(one, f"{where}[{nth}]")]
    if thing.get("@type") not in known.bases:
        return [f"{where}: no such type: {thing.get('@type')}"]
    takes = known.list_properties(thing["@type"])
    found = []
    for name, value in thing.items():
        if name.startswith("@"):
            continue
        if name not in takes:
            found.append(f"{where}: a {thing['@type']} has no {name}")
            continue
        for one in value if isinstance(value, list) else [value]:
            found += _find_value_errors(one, takes[name], f"{where}.{name}")
    return found


def _find_value_errors(value, kinds, where):
    known = load_vocabulary()
    if isinstance(value, dict):
        fits = any(known.is_subtype(value.get("@type"), kind) for kind in kinds)
        return find_errors(value, where) + ([] if fits else [f"{where}: a {value.get('@type')} is not one of {kinds}"])
    if isinstance(value, bool):
        return [] if "Boolean" in kinds else [f"{where}: {value} is not one of {kinds}"]
    if isinstance(value, int | float):
        return [] if {"Integer", "Number"} & {*kinds} else [f"{where}: {value} is not one of {kinds}"]
    literal = any(f'"{value}"' in known.kinds.get(kind, ()) for kind in kinds)
    written = any(re.fullmatch(DATA_TYPES[kind], value) for kind in kinds if kind in DATA_TYPES)
    return [] if literal or written else [f"{where}: {value!r} is not one of {kinds}"]
