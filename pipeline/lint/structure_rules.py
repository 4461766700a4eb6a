"""Checks every element against the table of elements: parent, number, text, attributes."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from functools import partial

from pipeline.errors import fill, make_message
from pipeline.lint.elements import ELEMENTS, AttributeSpec, ElementSpec, get_source
from pipeline.lint.feed_reader import FeedElement
from pipeline.lint.findings import FindingCollector
from pipeline.lint.value_types import VALUE_TYPES, find_illegal_characters, has_valid_port, is_address

_KNOWN_PREFIXES = frozenset({"", "itunes", "podcast", "psc"})  # namespaces whose elements are all in the table
_ADDRESS_TYPES = frozenset({"address", "uri"})
_PLAIN_ADDRESS = re.compile(r"https://[a-z0-9.-]+/[A-Za-z0-9._~/-]*", re.ASCII)
_MAX_QUOTED = 60  # characters


def check_structure(element: FeedElement, parent: str, findings: FindingCollector) -> None:
    """Check ``element`` and everything in it; elements of foreign namespaces are skipped with their content."""
    spec = ELEMENTS.get(element.name)
    if spec is None:
        _check_unknown_element(element, findings)
        return
    source = get_source(element.name)
    if parent not in spec.parents and (parent or element.name != "rss"):
        message = fill("`{name}` is in `{parent}`", name=element.name, parent=parent)
        hint = fill("It belongs in {parents}.", parents=", ".join(f"`{name}`" for name in sorted(spec.parents)))
        findings.add("misplaced-tag", element.position, message, hint=hint, source=source)
    if spec.replacement:
        message, hint = (
            fill("`{name}` is deprecated", name=element.name),
            fill("Use `{replacement}`.", replacement=spec.replacement),
        )
        findings.add("deprecated-tag", element.position, message, hint=hint, source=source)
    check_element(element, spec, findings)
    for child in element.children:
        check_structure(child, element.name, findings)


def check_element(element: FeedElement, spec: ElementSpec, findings: FindingCollector) -> None:
    """Check ``element`` itself: its text, its attributes, and how often each child occurs in it."""
    _check_text(element, spec, findings)
    for attribute in spec.attributes:
        _check_attribute(element, attribute, findings)
    if len(element.attributes) > sum(attribute.name in element.attributes for attribute in spec.attributes):
        _check_unknown_attributes(element, spec, findings)
    if element.children or spec.required_children:
        _check_children(element, spec, findings)


def check_address(text: str) -> Iterator[tuple[str, str]]:
    """Yield the code and message of what is unusual about an absolute address; any other text passes."""
    if _PLAIN_ADDRESS.fullmatch(text) or not is_address(text):  # the first is the common case
        return
    if not text.isascii():
        yield "address-ascii", fill("{address} has characters outside ASCII", address=quote_value(text))
    if illegal := find_illegal_characters(text):
        yield (
            "address-characters",
            fill(
                "{address} contains {characters}",
                address=quote_value(text),
                characters=" ".join(f"`{one}`" for one in illegal),
            ),
        )
    if not has_valid_port(text):
        yield "address-port", fill("the port of {address} does not exist", address=quote_value(text))
    if text.lower().startswith("http:"):
        yield "plain-http", fill("{address} is not encrypted", address=quote_value(text))


def quote_value(text: str) -> str:
    """Quote a value for a message: on one line, and truncated if it is long."""
    plain = " ".join(text.split())
    return f"“{plain if len(plain) <= _MAX_QUOTED else plain[: _MAX_QUOTED - 1] + '…'}”"


def _check_text(element: FeedElement, spec: ElementSpec, findings: FindingCollector) -> None:
    name, text, source = element.name, element.text, get_source(element.name)
    if not text:
        if spec.value_type:
            findings.add("empty-value", element.position, fill("`{name}` is empty", name=name), source=source)
        return
    add = partial(findings.add, position=element.value_position)
    _check_value(text, spec, add, name=f"`{name}`", kind="value", source=source)
    if element.has_outer_space and spec.max_count and spec.value_type not in _ADDRESS_TYPES:
        findings.add("space", element.value_position, fill("leading or trailing space in `{name}`", name=name))


def _check_attribute(element: FeedElement, spec: AttributeSpec, findings: FindingCollector) -> None:
    source = get_source(element.name)
    name = fill("`{attribute}` of `{name}`", attribute=spec.name, name=element.name)
    value = element.attributes.get(spec.name)
    if value is None or not value.strip():
        if spec.required:
            value_type = VALUE_TYPES.get(spec.value_type)
            message = (
                fill("`{name}` has no `{part}`", name=element.name, part=spec.name)
                if value is None
                else fill("{name} is empty", name=name)
            )
            hint = fill('Add {attribute}="…".', attribute=spec.name)
            if value_type:
                description = make_message(value_type.description)
                hint = fill('Add {attribute}="…": {description}.', attribute=spec.name, description=description)
            findings.add("no-attribute", element.position, message, hint=hint, source=source)
        return
    add = partial(findings.add_for_attribute, element=element, attribute=spec.name)
    _check_value(value, spec, add, name=name, kind="attribute", source=source)


def _check_value(
    value: str, spec: ElementSpec | AttributeSpec, add: Callable[..., None], *, name: str, kind: str, source: str
) -> None:
    """Check the type and the length of a text or an attribute; ``kind`` is the code for an invalid value."""
    value_type = VALUE_TYPES.get(spec.value_type)
    if value_type and not value_type.is_valid(value):
        code = value_type.code or (kind if value_type.strict else f"odd-{kind}")
        add(
            code,
            message=fill("{name} is {value}", name=name, value=quote_value(value)),
            hint=value_type.hint,
            source=source,
        )
    if spec.max_characters and len(value) > spec.max_characters:
        message = fill(
            "{name} has {count} characters; the maximum is {max_characters}",
            name=name,
            count=len(value),
            max_characters=spec.max_characters,
        )
        add("long-value", message=message, hint="Shorten it.", source=source)
    if spec.value_type in _ADDRESS_TYPES:
        for code, message in check_address(value):
            add(code, message=fill("{name}: {message}", name=name, message=message))


def _check_unknown_attributes(element: FeedElement, spec: ElementSpec, findings: FindingCollector) -> None:
    code, known = "unknown-attribute", {attribute.name for attribute in spec.attributes}
    for name in element.attributes:
        if name not in known and ":" not in name and "{" not in name:
            message = fill("unknown attribute `{attribute}` of `{name}`", attribute=name, name=element.name)
            hint = _suggest_name(name, known) if findings.has_room(code) else ""
            findings.add_for_attribute(code, element, name, message, hint=hint, source=get_source(element.name))


def _check_children(element: FeedElement, spec: ElementSpec, findings: FindingCollector) -> None:
    counts = Counter(child.name for child in element.children)
    for name in spec.required_children:
        if not counts[name]:
            message, source = (
                fill("`{name}` has no `{part}`", name=element.name, part=name),
                get_source(element.name),
            )
            findings.add(
                "no-child", element.position, message, hint=fill("Put a <{name}> in it.", name=name), source=source
            )
    for name, count in counts.items():
        known = ELEMENTS.get(name)
        if count > 1 and known and known.max_count == 1:
            second = element.find_all(name)[1]
            message = fill("a second `{name}` in one `{parent}`", name=name, parent=element.name)
            findings.add("repeated-tag", second.position, message, source=get_source(name))


def _check_unknown_element(element: FeedElement, findings: FindingCollector) -> None:
    code, name = "unknown-tag", element.name
    prefix = name.rpartition(":")[0] if not name.startswith("{") else "foreign"
    if prefix in _KNOWN_PREFIXES:
        known = [other for other in ELEMENTS if other.rpartition(":")[0] == prefix]
        hint = _suggest_name(name, known) if findings.has_room(code) else ""
        findings.add(
            code, element.position, fill("unknown element `{name}`", name=name), hint=hint, source=get_source(name)
        )


def _suggest_name(name: str, known: Iterable[str]) -> str:
    names = {each.lower(): each for each in known}
    near = get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    return fill("Did you mean `{name}`?", name=names[near[0]]) if near else "Delete it."
