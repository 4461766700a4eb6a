"""Holds every element of a feed against the table of elements: place, number, words, attributes."""

from collections import Counter
from collections.abc import Callable, Iterable
from difflib import get_close_matches

from pipeline.lint.feed_reader import Element
from pipeline.lint.findings import Report
from pipeline.lint.tags import TAGS, Attribute, Tag, source_of
from pipeline.lint.value_types import KINDS, is_address

_OURS = frozenset({"", "itunes", "podcast", "psc"})  # in these namespaces an element that we do not know does not exist
_ADDRESSES = frozenset({"address", "uri"})
_SHOWN = 60  # of a wrong value, in characters


def judge_shape(element: Element, parent: str, report: Report) -> None:
    """``element`` and all within it; what is foreign is left alone, with all that it holds."""
    tag = TAGS.get(element.name)
    if tag is None:
        _judge_unknown(element, report)
        return
    if parent not in tag.parents and (parent or element.name != "rss"):
        said = f"`{element.name}` stands in `{parent}`"
        hint = "It belongs in " + " or ".join(f"`{name}`" for name in sorted(tag.parents)) + "."
        report.tell("misplaced-tag", element.place, said, hint=hint, source=source_of(element.name))
    if tag.instead:
        said = f"`{element.name}` has been given up"
        report.tell("deprecated-tag", element.place, said, hint=f"Use `{tag.instead}`.", source=source_of(element.name))
    judge_one(element, tag, report)
    for child in element.children:
        judge_shape(child, element.name, report)


def judge_one(element: Element, tag: Tag, report: Report) -> None:
    """``element`` without its children: its words, its attributes, how often each child stands in it."""
    _judge_words(element, tag, report)
    for attribute in tag.attributes:
        _judge_attribute(element, attribute, report)
    if len(element.attributes) > sum(attribute.name in element.attributes for attribute in tag.attributes):
        _judge_unknown_attributes(element, tag, report)
    if element.children or tag.needs:
        _judge_numbers(element, tag, report)


def _judge_words(element: Element, tag: Tag, report: Report) -> None:
    name, text = element.name, element.text
    if not text:
        if tag.value:
            report.tell("empty-value", element.place, f"`{name}` says nothing", source=source_of(name))
        return
    kind = KINDS.get(tag.value)
    if kind and not kind.test(text):
        code = kind.code or ("value" if kind.firm else "odd-value")
        hint = f"It must be {kind.says}." if kind.firm else f"Apps know {kind.says}."
        report.tell(code, element.told_at, f"`{name}` is {shown(text)}", hint=hint, source=source_of(name))
    if tag.room and len(text) > tag.room:
        said = f"`{name}` has {len(text)} characters, of {tag.room} at most"
        report.tell("long-value", element.told_at, said, hint="Shorten it.", source=source_of(name))
    if tag.value in _ADDRESSES:
        judge_address(text, lambda code, said: report.tell(code, element.told_at, f"`{name}`: {said}"))
    elif element.spaced and tag.most:
        report.tell("space", element.told_at, f"`{name}` has space in front or behind")


def _judge_attribute(element: Element, attribute: Attribute, report: Report) -> None:
    name = f"`{attribute.name}` of `{element.name}`"
    value = element.attributes.get(attribute.name)
    source = source_of(element.name)
    if value is None or not value.strip():
        if attribute.needed:
            said = f"`{element.name}` has no `{attribute.name}`" if value is None else f"{name} is empty"
            hint = f'Add {attribute.name}="…"' + (f": {KINDS[attribute.kind].says}." if attribute.kind else ".")
            report.tell("no-attribute", element.place, said, hint=hint, source=source)
        return
    kind = KINDS.get(attribute.kind)
    if kind and not kind.test(value):
        code = kind.code or ("attribute" if kind.firm else "odd-attribute")
        hint = f"It must be {kind.says}." if kind.firm else f"Apps know {kind.says}."
        report.tell_attribute(code, element, attribute.name, f"{name} is {shown(value)}", hint=hint, source=source)
    if attribute.room and len(value) > attribute.room:
        said = f"{name} has {len(value)} characters, of {attribute.room} at most"
        report.tell_attribute("long-value", element, attribute.name, said, hint="Shorten it.", source=source)
    if attribute.kind in _ADDRESSES:
        judge_address(value, lambda code, said: report.tell_attribute(code, element, attribute.name, f"{name}: {said}"))


def judge_address(text: str, tell: Callable[[str, str], None]) -> None:
    """What is odd about a whole address; that it *is* one, others have seen to."""
    if text.isascii() and text.startswith("https://"):  # nearly all
        return
    if not is_address(text):
        return
    if not text.isascii():
        tell("address-ascii", f"{shown(text)} has letters outside ASCII")
    if text.lower().startswith("http:"):
        tell("plain-http", f"{shown(text)} is not encrypted")


def _judge_unknown_attributes(element: Element, tag: Tag, report: Report) -> None:
    known = {attribute.name for attribute in tag.attributes}
    for name in element.attributes:
        if name not in known and ":" not in name and "{" not in name:
            said = f"`{element.name}` knows no attribute `{name}`"
            report.tell_attribute(
                "unknown-attribute",
                element,
                name,
                said,
                hint=_near(name, known) if report.has_room("unknown-attribute") else "",
                source=source_of(element.name),
            )


def _judge_numbers(element: Element, tag: Tag, report: Report) -> None:
    counts = Counter(child.name for child in element.children)
    for name in tag.needs:
        if not counts[name]:
            said = f"`{element.name}` holds no `{name}`"
            report.tell("no-child", element.place, said, hint=f"Put a <{name}> in it.", source=source_of(element.name))
    for name, count in counts.items():
        known = TAGS.get(name)
        if count > 1 and known and known.most == 1:
            second = element.all(name)[1]
            said = f"a second `{name}` in one `{element.name}`"
            report.tell("repeated-tag", second.place, said, source=source_of(name))


def _judge_unknown(element: Element, report: Report) -> None:
    prefix = element.name.rpartition(":")[0] if not element.name.startswith("{") else "foreign"
    if prefix in _OURS:
        same = [name for name in TAGS if name.rpartition(":")[0] == prefix]
        said = f"there is no element `{element.name}`"
        report.tell(
            "unknown-tag",
            element.place,
            said,
            hint=_near(element.name, same) if report.has_room("unknown-tag") else "",
            source=source_of(element.name),
        )


def _near(name: str, known: Iterable[str]) -> str:
    names = {each.lower(): each for each in known}
    near = get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    return f"Did you mean `{names[near[0]]}`?" if near else "Delete it."


def shown(text: str) -> str:
    """A value as a message quotes it: on one line, and not all of it if it is long."""
    plain = " ".join(text.split())
    return f"“{plain if len(plain) <= _SHOWN else plain[: _SHOWN - 1] + '…'}”"
