"""What a feed is made of beyond RSS 2.0: its namespaces, and elements in them as plain values."""

from dataclasses import dataclass

NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "podcast": "https://podcastindex.org/namespace/1.0",  # AntennaPod wants this very prefix
    "psc": "http://podlove.org/simple-chapters",
}


@dataclass(frozen=True, slots=True)
class Node:
    """An element: its tag with a prefix of ``NAMESPACES`` or none, and what it holds."""

    tag: str
    text: str
    attributes: tuple[tuple[str, str], ...]
    children: tuple["Node", ...]
    cdata: bool


def node(tag: str, text: str = "", /, *children: Node, cdata: bool = False, **attributes: str) -> Node:
    """An element; ``aspect_ratio="1/1"`` becomes ``aspect-ratio``, and an attribute without a value is left out."""
    told = tuple((name.replace("_", "-"), value) for name, value in attributes.items() if value)
    return Node(tag, text, told, children, cdata)
