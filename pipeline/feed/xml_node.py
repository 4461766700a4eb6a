"""XML elements of a feed as plain values, before lxml serialises them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class XmlNode:
    """An element: its tag with a prefix of ``NAMESPACES`` or none, and its content."""

    tag: str
    text: str
    attributes: tuple[tuple[str, str], ...]
    children: tuple["XmlNode", ...]
    cdata: bool


def make_node(tag: str, text: str = "", /, *children: XmlNode, cdata: bool = False, **attributes: str) -> XmlNode:
    """Make an element; ``aspect_ratio="1/1"`` becomes ``aspect-ratio``, and empty attributes are left out."""
    present = tuple((name.replace("_", "-"), value) for name, value in attributes.items() if value)
    return XmlNode(tag, text, present, children, cdata)
