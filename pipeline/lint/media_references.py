"""The files that a feed refers to, and what it states about each."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.lint.feed_reader import FeedElement
from pipeline.lint.findings import Position
from pipeline.lint.value_types import is_address
from pipeline.model.time_codes import parse_itunes_duration

MEDIA_ELEMENTS = (  # role, element, attribute with the address
    ("sound", "enclosure", "url"),
    ("sound", "podcast:trailer", "url"),
    ("sound", "podcast:alternateEnclosure", "uri"),
    ("transcript", "podcast:transcript", "url"),
    ("chapters", "podcast:chapters", "url"),
    ("artwork", "itunes:image", "href"),
    ("picture", "podcast:image", "href"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaReference:
    """A file that the feed refers to, and what it states about the file."""

    role: str  # sound | transcript | chapters | artwork | picture
    element_name: str
    address: str
    position: Position
    item: int = 0  # its number from 1; 0: the channel
    media_type: str = ""
    size_bytes: int = 0  # 0: not stated
    duration_s: int = 0  # of its episode; 0: not stated
    integrity: str = ""  # digests, as in Subresource Integrity


def find_media_references(element: FeedElement, *, item: int = 0) -> Iterator[MediaReference]:
    """Find every file that a channel or an item refers to, audio first."""
    duration_s = parse_itunes_duration(element.find_text("itunes:duration")) or 0
    for role, name, attribute in MEDIA_ELEMENTS:
        for child in element.find_all(name):
            source = child.find("podcast:source") if name == "podcast:alternateEnclosure" else child
            address = source.attributes.get(attribute, "").strip() if source else ""
            if is_address(address):
                length = child.attributes.get("length", "").strip()
                yield MediaReference(
                    role=role,
                    element_name=name,
                    address=address,
                    position=source.position if source else child.position,
                    item=item,
                    media_type=child.attributes.get("type", "").strip().lower(),
                    size_bytes=int(length[:18]) if length.isascii() and length.isdigit() else 0,
                    duration_s=duration_s,
                    integrity=_get_integrity(child),
                )


def _get_integrity(enclosure: FeedElement) -> str:
    integrity = enclosure.find("podcast:integrity")
    if integrity is None or integrity.attributes.get("type", "").strip().lower() != "sri":
        return ""
    return integrity.attributes.get("value", "").strip()
