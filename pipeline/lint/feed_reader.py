"""Parses a feed into elements that know their line and column; invalid and hostile bytes become findings, not exceptions.

The only module that imports expat: it alone reports where each element begins, in characters. Entities are never expanded and
no file or address is opened; a declaration of an entity ends the parsing.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from xml.parsers import expat  # what makes expat dangerous (entities) is refused below

from pipeline.errors import fill
from pipeline.lint.findings import MAX_PER_CODE, FindingCollector, Position
from pipeline.model.feed_vocabulary import NAMESPACES

MAX_FEED_BYTES = 64_000_000
_MAX_ELEMENTS = 100_000  # in the channel, or in one item
_MAX_DEPTH = 64
_MAX_ATTRIBUTES = 1000  # of one element
_SEPARATOR = "\x01"  # cannot occur in a namespace address
_INVALID_CHARACTER = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2 (Char)
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']*)["']""")
_TEXT_CODEC = re.compile(
    r"utf-(8|16|16-le|16-be|32|32-le|32-be)|ascii|iso8859-\d+|cp\d+|koi8-[rut]|mac-\w+|gb\w+|big5|euc_\w+|shift_jis"
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ATTRIBUTE = re.compile(r"""\s*([^\s=<>"'/]+)\s*=\s*("[^"]*"|'[^']*')""")
_LINE_END = re.compile("\r\n?|\n")
_MAX_TAG_BYTES = 65_536

XML_ERRORS = {  # by their numbers in expat.h: code and message of a finding
    7: ("xml", "mismatched end tag, as in `<a><b></a>`"),
    11: ("xml", "undeclared entity; XML itself has only &amp; &lt; &gt; &quot; &apos;"),
    14: ("control-character", "reference to a character that is invalid in XML"),
    27: ("undeclared-prefix", "namespace prefix without `xmlns:` declaration"),
}

OLD_PODCAST = "https://github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md"
_PREFIXES = {address: prefix for prefix, address in NAMESPACES.items()}


@dataclass(slots=True)
class FeedElement:
    """One element: its name with *our* prefix (``podcast:person``), or ``{address}name`` in a foreign namespace."""

    name: str
    attributes: dict[str, str]
    position: Position
    byte_offset: int  # of its start tag, in the decoded document as UTF-8
    text: str = ""  # its own text, stripped
    text_position: Position = (0, 0)
    has_outer_space: bool = False  # its text had leading or trailing white space on the same line
    children: "list[FeedElement]" = field(default_factory=list)

    def find_all(self, name: str) -> "list[FeedElement]":
        """Find the children with that name."""
        return [child for child in self.children if child.name == name]

    def find(self, name: str) -> "FeedElement | None":
        """Find the first child with that name."""
        return next((child for child in self.children if child.name == name), None)

    def find_text(self, name: str) -> str:
        """Find the text of the first child with that name, or an empty string."""
        child = self.find(name)
        return child.text if child else ""

    @property
    def value_position(self) -> Position:
        """The position of its text, or of its start tag if it has none."""
        return self.text_position if self.text else self.position


class UnreadableFeed(Exception):  # noqa: N818 # control flow, not an error
    """Parsing cannot continue; the arguments are the code, position and message of a finding."""


def read_feed(
    document: bytes, findings: FindingCollector, *, on_item: Callable[[FeedElement], None]
) -> FeedElement | None:
    """Parse a feed, and pass each item of its channel to ``on_item`` as soon as it ends.

    Memory is bounded by ``MAX_FEED_BYTES``, by the number of elements held at a time, and by their depth.

    Args:
        document: Any bytes.
        findings: Receives what is wrong with the bytes, the XML and the namespaces.
        on_item: Called with each ``item``, which is then dropped from the tree.

    Returns:
        The root element without its items, or ``None`` if the feed could not be parsed to its end.
    """
    try:
        text = _replace_invalid_characters(_decode_document(document, findings), findings)
        reader = FeedReader(text.encode(), findings, on_item)
        findings.locate_attribute = reader.find_attribute
        return reader.parse()
    except UnreadableFeed as reason:
        findings.add(*reason.args)
        return None


def _decode_document(document: bytes, findings: FindingCollector) -> str:
    if len(document) > MAX_FEED_BYTES:
        raise UnreadableFeed(
            "too-big",
            (0, 0),
            fill("the feed has more than {count} million bytes", count=MAX_FEED_BYTES // 1_000_000),
        )
    if not document.strip():
        raise UnreadableFeed("empty", (0, 0), "the feed is empty")
    name = _detect_encoding(document)
    codec = _find_codec(name)
    if codec is None:
        raise UnreadableFeed("encoding", (1, 1), fill("unknown encoding `{name}`", name=name))
    if codec not in {"utf-8", "ascii"}:
        findings.add("not-utf-8", (1, 1), fill("the encoding is {name}, not UTF-8", name=name))
    try:
        return document.decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        position = find_position(document[: error.start].decode(codec, errors="replace"))
        message = fill("byte 0x{byte:02x} is invalid in {encoding}", byte=document[error.start], encoding=name.upper())
        raise UnreadableFeed("encoding", position, message) from error
    except UnicodeError as error:  # a truncated byte order mark
        raise UnreadableFeed(
            "encoding", (1, 1), fill("the bytes are invalid in {encoding}", encoding=name.upper())
        ) from error


def _detect_encoding(document: bytes) -> str:
    for mark, name in _BOMS:
        if document.startswith(mark):
            return name
    if b"\0" in document[:4]:
        return "utf-16-le" if document[1:2] == b"\0" else "utf-16-be"
    declared = _ENCODING.match(document[:400].lstrip())
    return declared[1].decode("ascii", errors="replace") if declared else "utf-8"


def _find_codec(name: str) -> str | None:
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):  # ValueError: a NUL in the name
        return None
    return codec if _TEXT_CODEC.fullmatch(codec) else None


def _replace_invalid_characters(text: str, findings: FindingCollector) -> str:
    """Replace characters that XML does not allow by spaces, and report each, so that the rest can still be checked."""
    if not _INVALID_CHARACTER.search(text):
        return text
    text = _LINE_END.sub("\n", text) if "\r" in text else text
    line, last = 1, 0
    for found in islice(_INVALID_CHARACTER.finditer(text), MAX_PER_CODE):
        at = found.start()
        line, last = line + text.count("\n", last, at), at
        position = line, at - text.rfind("\n", 0, at)
        findings.add(
            "control-character",
            position,
            fill("character U+{code_point:04X} is invalid in XML", code_point=ord(found[0])),
        )
    return _INVALID_CHARACTER.sub(" ", text)


def find_position(before: str) -> Position:
    """Find the line and column of the character after ``before``."""
    before = _LINE_END.sub("\n", before) if "\r" in before else before
    return before.count("\n") + 1, len(before) - before.rfind("\n")


class FeedReader:
    """Builds the elements from the events of expat, within limits."""

    def __init__(self, document: bytes, findings: FindingCollector, on_item: Callable[[FeedElement], None]) -> None:
        self._document, self._findings, self._on_item = document, findings, on_item
        self._open: list[FeedElement] = []
        self._texts: list[list[str]] = []  # of each open element, in pieces
        self._root: FeedElement | None = None
        self._doctype_position: Position = (0, 0)
        self._element_count = 0
        self._count_before_item = 0
        self._names: dict[str, str] = {}
        self._misspelt: dict[str, str] = {}  # a misspelt namespace address: the prefix that it is for
        self._declarations: list[tuple[str, str]] = []
        self._parser = self._create_parser()

    def _create_parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate("UTF-8", _SEPARATOR)
        parser.namespace_prefixes = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartNamespaceDeclHandler = lambda prefix, address: self._declarations.append(
            (prefix or "", address or "")
        )
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._append_text
        parser.StartDoctypeDeclHandler = self._begin_doctype
        parser.EndDoctypeDeclHandler = self._end_doctype
        parser.EntityDeclHandler = self._refuse_entity
        return parser

    def parse(self) -> FeedElement | None:
        """Parse the whole document.

        Raises:
            UnreadableFeed: The document is not well-formed, or exceeds a limit.
        """
        try:
            self._parser.Parse(self._document, True)  # noqa: FBT003 # expat's flag for the last chunk
        except expat.ExpatError as error:
            default = "xml", fill("XML is not well-formed: {reason}", reason=expat.ErrorString(error.code) or "syntax")
            code, message = XML_ERRORS.get(error.code, default)
            raise UnreadableFeed(code, (error.lineno, error.offset + 1), message) from error
        return self._root

    def find_attribute(self, element: FeedElement, attribute: str) -> Position:
        """Find the position of ``attribute`` in the start tag of ``element``, or that of the tag if it is not there."""
        tag = self._document[element.byte_offset : element.byte_offset + _MAX_TAG_BYTES].decode(errors="replace")
        for found in _iter_attributes(tag):
            if found[1] == attribute:
                below = find_position(tag[: found.start(1)])
                line = element.position[0] + below[0] - 1
                return line, below[1] if below[0] > 1 else element.position[1] + below[1] - 1
        return element.position

    def _get_position(self) -> Position:
        return self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        element = FeedElement("", {}, self._get_position(), self._parser.CurrentByteIndex)
        if len(attributes) + len(self._declarations) > _MAX_ATTRIBUTES:
            message = fill("an element has more than {count} attributes", count=_MAX_ATTRIBUTES)
            raise UnreadableFeed("too-big", element.position, message)
        for prefix, address in self._declarations:
            self._check_namespace(element, prefix, address)
        self._declarations.clear()
        element.name = self._resolve_name(name)
        element.attributes = {self._resolve_name(key): value for key, value in attributes.items()}
        self._check_limits(element)
        if self._is_item(element):
            self._count_before_item = self._element_count
        elif self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)
        self._texts.append([])

    def _check_limits(self, element: FeedElement) -> None:
        self._element_count += 1
        if self._element_count > _MAX_ELEMENTS or len(self._open) >= _MAX_DEPTH:
            too_deep = len(self._open) >= _MAX_DEPTH
            deep, many = "{count} levels of elements", "{count} elements in one place"
            what = fill(deep, count=_MAX_DEPTH) if too_deep else fill(many, count=_MAX_ELEMENTS)
            raise UnreadableFeed(
                "too-big", element.position, fill("more than {what}: this is not a podcast feed", what=what)
            )

    def _is_item(self, element: FeedElement) -> bool:
        return element.name == "item" and len(self._open) == 2 and self._open[-1].name == "channel"

    def _append_text(self, text: str) -> None:
        element = self._open[-1]
        if element.text_position == (0, 0) and (stripped := text.lstrip()):
            line, column = self._get_position()
            element.text_position = line, column + len(text) - len(stripped)
        self._texts[-1].append(text)

    def _end(self, _name: str) -> None:
        element, text = self._open.pop(), "".join(self._texts.pop())
        element.text = text.strip()
        element.has_outer_space = bool(element.text) and "\n" not in text and text != element.text
        if self._is_item(element):
            self._on_item(element)
            self._element_count = self._count_before_item

    def _resolve_name(self, name: str) -> str:
        known = self._names.get(name)
        if known is None:
            known = self._names[name] = self._expand_name(name)
        return known

    def _expand_name(self, name: str) -> str:
        address, separator, rest = name.partition(_SEPARATOR)
        if not separator:
            return address
        local = rest.partition(_SEPARATOR)[0]
        prefix = self._misspelt.get(address) or _PREFIXES.get(address)
        return f"{prefix}:{local}" if prefix else f"{{{address}}}{local}"

    def _check_namespace(self, element: FeedElement, prefix: str, address: str) -> None:
        known = _PREFIXES.get(address)
        if known is None and (intended := _find_intended_prefix(address)):
            known = self._misspelt[address] = intended
            if intended != "podcast" or address.lower() != OLD_PODCAST:
                message = fill("misspelt namespace of `{prefix}`: {address}", prefix=prefix, address=repr(address))
                attribute = f"xmlns:{prefix}" if prefix else "xmlns"
                self._findings.add_for_attribute(
                    "namespace",
                    element,
                    attribute,
                    message,
                    hint=fill("Write {address}.", address=repr(NAMESPACES[intended])),
                )
            else:
                self._findings.add("old-namespace", element.position, "original address of the podcast namespace")
        if known in {"podcast", "itunes"} and prefix not in {known, ""}:
            message = fill("the namespace of `{known}` has the prefix `{prefix}`", known=known, prefix=prefix)
            self._findings.add_for_attribute("namespace-prefix", element, f"xmlns:{prefix}", message)

    def _begin_doctype(self, *_declaration: object) -> None:
        self._doctype_position = self._get_position()

    def _end_doctype(self) -> None:
        self._findings.add("doctype", self._doctype_position, "the feed has a DOCTYPE declaration")

    def _refuse_entity(self, *_declaration: object) -> None:
        message = "entity declaration; the rest of the feed was not read"
        raise UnreadableFeed("entity", self._get_position(), message)


def _iter_attributes(tag: str) -> Iterator[re.Match[str]]:
    """Iterate over the attributes of the first tag in ``tag``; a ``>`` inside quotes does not end it."""
    at = re.match(r"<[^\s/>]*", tag)
    position = at.end() if at else 0
    while attribute := _ATTRIBUTE.match(tag, position):
        yield attribute
        position = attribute.end()


def _find_intended_prefix(address: str) -> str:
    """Find the prefix of the namespace that ``address`` misspells in its scheme, case, slash or extension."""
    normalised = _normalise_address(address)
    if normalised == _normalise_address(OLD_PODCAST):
        return "podcast"
    return next((prefix for prefix, correct in NAMESPACES.items() if normalised == _normalise_address(correct)), "")


def _normalise_address(address: str) -> str:
    return re.sub(r"^https?://(www\.)?", "", address.strip().lower()).rstrip("/").removesuffix(".md")
