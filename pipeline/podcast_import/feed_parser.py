"""Reads the feed of any podcast host; tolerant where apps are, and never guessing what identifies an episode."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from pipeline.errors import WeerslagError, fill, make_message
from pipeline.intake.charsets import decode_named, is_valid_utf8
from pipeline.lint.feed_reader import FeedElement, read_feed
from pipeline.lint.findings import FindingCollector
from pipeline.model import Finding
from pipeline.model.time_codes import parse_itunes_duration, parse_npt
from pipeline.podcast_import.html_notes import extract_text, join_line
from pipeline.podcast_import.source_feed import SourceChapter, SourceFeed, SourceFile, SourceItem, SourcePerson

_DECLARATION = re.compile(rb"""\A\s*<\?xml[^>]{0,200}?\?>""")
_NAMED_ENCODING = re.compile(rb"""encoding\s*=\s*["']([^"']*)["']""")
_ENTITIES = re.compile(rb"&(?!#?\w{1,31};)")
_TRUE = {"yes", "true", "explicit", "1"}
_KINDS = {"full", "trailer", "bonus"}


def parse_source_feed(document: bytes, *, address: str, name: str = "") -> SourceFeed:
    """Parse one page of a feed.

    Args:
        document: Its bytes; an encoding that is named wrongly is recognised.
        address: Where it is, to resolve relative addresses; may be empty.
        name: What errors call it; empty: its address.

    Raises:
        WeerslagError: It is no RSS feed, or not well-formed XML.
    """
    name = name or address
    elements, root, remarks = _read_elements(document, name)
    channel = root.find("channel")
    if root.name != "rss" or channel is None:
        raise WeerslagError("this is not an RSS feed of a podcast", where=name, hint="Give the address of its feed.")
    items = tuple(_parse_item(element, base=address) for element in elements)
    return replace(_parse_channel(channel, base=address), items=items, remarks=remarks)


def _read_elements(document: bytes, name: str) -> tuple[list[FeedElement], FeedElement, tuple[str, ...]]:
    """Read the XML; a second time with what the first one complains of, if apps would accept it."""
    readings = (lambda content: content, _decode_again, _escape_ampersands)
    content, errors = document, list[Finding]()
    for repair in readings[_is_mislabelled(document) :]:
        content, elements = repair(content), list[FeedElement]()
        findings = FindingCollector(name or "feed")
        root = read_feed(content, findings, on_item=elements.append)
        if root is not None:
            remark = make_message("the feed names a wrong encoding, or has characters that XML does not allow")
            return elements, root, () if content is document else (remark,)
        errors = errors or [one for one in findings.list_findings() if one.severity == "error"]
    where = errors[0].where if errors else name
    reason = errors[0].message if errors else ""
    raise WeerslagError(fill("the feed cannot be read: {error}", error=make_message(reason)), where=where)


def _is_mislabelled(document: bytes) -> bool:
    """Whether UTF-8 is called Latin-1 or so; other encodings hardly ever give valid UTF-8."""
    encoding, _ = _split_declaration(document)
    is_single_byte = encoding.lower().startswith(("iso-8859", "windows-125", "latin", "us-ascii"))
    return is_single_byte and not document.isascii() and is_valid_utf8(document)


def _decode_again(document: bytes) -> bytes:
    """Decode bytes whose named encoding is wrong, and name the right one."""
    encoding, content = _split_declaration(document)
    text = decode_named(content, encoding)
    return b'<?xml version="1.0" encoding="UTF-8"?>' + text.lstrip("\ufeff \r\n\t").encode()


def _split_declaration(document: bytes) -> tuple[str, bytes]:
    """Return the encoding that the XML declaration names, and what follows the declaration."""
    declaration = _DECLARATION.match(document)
    if not declaration:
        return "", document
    named = _NAMED_ENCODING.search(declaration[0])
    return named[1].decode("ascii", "replace") if named else "", document[declaration.end() :]


def _escape_ampersands(document: bytes) -> bytes:
    """Escape bare ampersands, the commonest fault in feeds that are written by hand."""
    return _ENTITIES.sub(b"&amp;", document)


# Channel


def _parse_channel(channel: FeedElement, *, base: str) -> SourceFeed:
    owner = channel.find("itunes:owner")
    author = channel.find_text("itunes:author") or (owner.find_text("itunes:name") if owner else "")
    licence = channel.find("podcast:license")
    return SourceFeed(
        title=join_line(channel.find_text("title")),
        description=extract_text(channel.find_text("description") or channel.find_text("itunes:summary")),
        language=channel.find_text("language").lower(),
        author=join_line(author),
        link=channel.find_text("link"),
        image=_find_image(channel, base=base),
        guid=channel.find_text("podcast:guid").lower(),
        category=_find_category(channel),
        type="serial" if channel.find_text("itunes:type").lower() == "serial" else "episodic",
        explicit=channel.find_text("itunes:explicit").lower() in _TRUE,
        locked=channel.find_text("podcast:locked").lower() in {"", "yes"},
        complete=channel.find_text("itunes:complete").lower() == "yes",
        medium=channel.find_text("podcast:medium").lower(),
        license=(licence.text, licence.attributes.get("url", "")) if licence else ("", ""),
        funding=tuple(
            (join_line(one.text), one.attributes.get("url", "")) for one in channel.find_all("podcast:funding")
        ),
        address=_find_link(channel, "self", base=base),
        next_page=_find_link(channel, "next", base=base),
        new_address=channel.find_text("itunes:new-feed-url"),
    )


def _find_image(element: FeedElement, *, base: str) -> str:
    itunes, image = element.find("itunes:image"), element.find("image")
    address = itunes.attributes.get("href", "") or itunes.text if itunes else ""
    return _resolve(address or (image.find_text("url") if image else ""), base=base)


def _find_category(channel: FeedElement) -> tuple[str, ...]:
    category = channel.find("itunes:category")
    if category is None:
        return ()
    parts = (category, *category.find_all("itunes:category")[:1])
    return tuple(name for part in parts if (name := join_line(part.attributes.get("text", ""))))


def _find_link(channel: FeedElement, rel: str, *, base: str) -> str:
    links = (link.attributes for link in channel.find_all("atom:link") if link.attributes.get("rel") == rel)
    return next((_resolve(link["href"], base=base) for link in links if link.get("href")), "")


# Item


def _parse_item(item: FeedElement, *, base: str) -> SourceItem:
    enclosure, link = _find_enclosure(item, base=base), _resolve(item.find_text("link"), base=base)
    guid, is_permalink, remarks = _identify(item, link=link, enclosure=enclosure)
    date = item.find_text("pubDate") or item.find_text("{http://purl.org/dc/elements/1.1/}date")
    kind = item.find_text("itunes:episodeType").lower()
    chapters_file = item.find("podcast:chapters")
    notes, summary = _find_notes(item)
    return SourceItem(
        guid=guid,
        guid_is_permalink=is_permalink,
        title=join_line(item.find_text("title") or item.find_text("itunes:title")),
        published=_parse_date(date),
        enclosure=enclosure,
        link=link,
        season=_parse_number(item.find_text("itunes:season") or item.find_text("podcast:season")),
        number=_parse_number(item.find_text("itunes:episode") or item.find_text("podcast:episode")),
        kind=kind if kind in _KINDS else "full",
        explicit=item.find_text("itunes:explicit").lower() in _TRUE,
        notes=notes,
        summary=summary,
        image=_find_image(item, base=base),
        duration_s=parse_itunes_duration(item.find_text("itunes:duration")) or 0,
        chapters=tuple(_find_chapters(item, base=base)),
        chapters_file=_resolve(chapters_file.attributes.get("url", ""), base=base) if chapters_file else "",
        transcripts=tuple(_find_transcripts(item, base=base)),
        people=tuple(_find_people(item)),
        remarks=remarks,
    )


def _identify(item: FeedElement, *, link: str, enclosure: SourceFile | None) -> tuple[str, bool, tuple[str, ...]]:
    """Return the guid as apps know it, whether it is a URL to open, and remarks.

    Without a guid, gPodder takes the link, and else the address of the enclosure.
    """
    element = item.find("guid")
    guid = element.text.strip() if element else ""
    if not guid:
        message = "has no guid: its link, or the address of its enclosure, is now its guid"
        return link or (enclosure.url if enclosure else ""), False, (make_message(message),)
    is_permalink = element is not None and element.attributes.get("isPermaLink", "true").lower() == "true"
    if is_permalink and not urlsplit(guid).scheme:
        remark = fill(
            "the guid {guid} is no URL, but isPermaLink says so: the few apps that make a URL of it show the episode twice",
            guid=guid[:80],
        )
        return guid, False, (remark,)
    return guid, is_permalink and guid.lower().startswith(("http://", "https://")), ()


def _find_enclosure(item: FeedElement, *, base: str) -> SourceFile | None:
    element = next((one for one in item.find_all("enclosure") if one.attributes.get("url", "").strip()), None)
    if element is None:
        return None
    attributes, url = element.attributes, _resolve(element.attributes["url"].strip(), base=base)
    length = attributes.get("length", "").strip()
    return SourceFile(
        url=url,
        media_type=attributes.get("type", "").partition(";")[0].strip().lower(),
        size_bytes=int(length) if length.isascii() and length.isdigit() and len(length) < 16 else 0,
        integrity=_find_integrity(item, url),
    )


def _find_integrity(item: FeedElement, url: str) -> str:
    """Find the digests of the enclosure where it is listed as an alternative of itself."""
    for alternative in item.find_all("podcast:alternateEnclosure"):
        integrity = alternative.find("podcast:integrity")
        uris = {source.attributes.get("uri", "") for source in alternative.find_all("podcast:source")}
        if integrity and url in uris and integrity.attributes.get("type") == "sri":
            return integrity.attributes.get("value", "")
    return ""


def _find_notes(item: FeedElement) -> tuple[str, str]:
    """Return the longest show notes, and a summary that says something else."""
    encoded, description = item.find_text("content:encoded"), item.find_text("description")
    summary = item.find_text("itunes:summary")
    notes = encoded or description or summary
    words = _squeeze(extract_text(notes))
    for text in (description if encoded else "", summary, item.find_text("itunes:subtitle")):
        plain = extract_text(text)
        if plain and not words.startswith(_squeeze(plain).rstrip(".…")) and _squeeze(plain) not in words:
            return notes, plain
    return notes, ""


def _squeeze(text: str) -> str:
    return " ".join(text.split())


def _find_chapters(item: FeedElement, *, base: str) -> Iterator[SourceChapter]:
    for element in item.find_all("psc:chapters")[:1]:
        for chapter in element.find_all("psc:chapter"):
            start_s, title = parse_npt(chapter.attributes.get("start", "").strip()), chapter.attributes.get("title", "")
            if start_s is not None and title.strip():
                image = _resolve(chapter.attributes.get("image", ""), base=base)
                yield SourceChapter(start_ms=round(start_s * 1000), title=join_line(title), image=image)


def _find_transcripts(item: FeedElement, *, base: str) -> Iterator[SourceFile]:
    for element in item.find_all("podcast:transcript"):
        attributes = element.attributes
        if url := attributes.get("url", "").strip():
            yield SourceFile(
                url=_resolve(url, base=base),
                media_type=attributes.get("type", "").partition(";")[0].strip().lower(),
                language=attributes.get("language", "").lower(),
            )


def _find_people(item: FeedElement) -> Iterator[SourcePerson]:
    for person in item.find_all("podcast:person"):
        if name := join_line(person.text):
            yield SourcePerson(name=name, role=join_line(person.attributes.get("role", "")).lower())


# Values


def _resolve(address: str, *, base: str) -> str:
    try:
        return urljoin(base, address.strip()) if address.strip() else ""
    except ValueError:
        return ""


def _parse_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _parse_date(text: str) -> datetime | None:
    """Parse the date of RFC 2822, or of ISO 8601; seconds count, fractions of them do not."""
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = parse(text.strip())
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).replace(microsecond=0)
    return None
