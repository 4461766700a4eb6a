"""schema.org as schema-dts (Google's typings of it) writes it down: which type may have which property, of which kind."""

import re
from dataclasses import dataclass
from functools import cache

from tests.node import MODULES

WRITTEN = {  # schema.org's data types, as JSON may write them
    "Text": r"(?s).+",
    "URL": r"https?://\S+",
    "Date": r"\d{4}-\d\d-\d\d",
    "DateTime": r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?([+-]\d\d:\d\d|Z)",
    "Duration": r"P(T?\d+[YMDHS])+(T?\d+[YMDHS])*|P(\d+D)?T(\d+H)?(\d+M)?(\d+S)?",
}


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """Types and their properties; ``kinds`` are the names and literals that a type's alias lists."""

    bases: dict  # a type: the interface that holds its properties
    parents: dict  # an interface: those that it extends
    properties: dict  # an interface: {property: the kinds that it takes}
    kinds: dict  # a type: what is one of it

    def properties_of(self, type_):
        """All properties of a type, its ancestors' too, with the kinds that each takes."""
        found, todo = {}, [self.bases[type_]]
        while todo:
            interface = todo.pop()
            found = {**self.properties.get(interface, {}), **found}
            todo += self.parents.get(interface, ())
        return found

    def is_one(self, type_, kind):
        """Whether a thing of ``type_`` may stand where ``kind`` is asked for."""
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
def vocabulary():
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


def faults(thing, where="$"):
    """What schema.org does not know, or takes in another form, in a line each."""
    known = vocabulary()
    if "@graph" in thing:
        return [fault for nth, one in enumerate(thing["@graph"]) for fault in faults(one, f"{where}[{nth}]")]
    if thing.get("@type") not in known.bases:
        return [f"{where}: no such type: {thing.get('@type')}"]
    takes = known.properties_of(thing["@type"])
    found = []
    for name, value in thing.items():
        if name.startswith("@"):
            continue
        if name not in takes:
            found.append(f"{where}: a {thing['@type']} has no {name}")
            continue
        for one in value if isinstance(value, list) else [value]:
            found += _faults_of(one, takes[name], f"{where}.{name}")
    return found


def _faults_of(value, kinds, where):
    known = vocabulary()
    if isinstance(value, dict):
        fits = any(known.is_one(value.get("@type"), kind) for kind in kinds)
        return faults(value, where) + ([] if fits else [f"{where}: a {value.get('@type')} is none of {kinds}"])
    if isinstance(value, bool):
        return [] if "Boolean" in kinds else [f"{where}: {value} is none of {kinds}"]
    if isinstance(value, int | float):
        return [] if {"Integer", "Number"} & {*kinds} else [f"{where}: {value} is none of {kinds}"]
    literal = any(f'"{value}"' in known.kinds.get(kind, ()) for kind in kinds)
    written = any(re.fullmatch(WRITTEN[kind], value) for kind in kinds if kind in WRITTEN)
    return [] if literal or written else [f"{where}: {value!r} is none of {kinds}"]
