"""A feed as elements that know their line and column; hostile bytes end in a finding, never in an error.

The doorway to expat: it alone tells where each element begins, in characters. No entity is ever expanded and no file or
address is ever opened: a declaration of an entity ends the reading.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from xml.parsers import expat  # what makes expat dangerous (entities) is refused below

from pipeline.feed.namespaces import NAMESPACES
from pipeline.lint.findings import MOST_ALIKE, Place, Report

MOST_BYTES = 64_000_000
_MOST_ELEMENTS = 100_000  # in the channel, or in one item
_DEEPEST = 64
_MOST_ATTRIBUTES = 1000  # of one element
_SEPARATOR = "\x01"  # no address of a namespace can hold it
_UNWRITABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2 (Char)
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
_ATTRIBUTE = re.compile(r"""([^\s=<>"'/]+)\s*=\s*("[^"]*"|'[^']*')""")
_NEW_LINE = re.compile("\r\n?|\n")
_LONGEST_TAG = 65_536

OLD_PODCAST = "https://github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md"
_PREFIXES = {address: prefix for prefix, address in NAMESPACES.items()}


@dataclass(slots=True)
class Element:
    """One element: its name with *our* prefix (``podcast:person``; ``{address}name`` where the namespace is foreign)."""

    name: str
    attributes: dict[str, str]
    place: Place
    at: int  # where its tag begins, in bytes of the document as it was read
    text: str = ""  # the words directly in it, stripped
    text_place: Place = (0, 0)
    spaced: bool = False  # white space stood around the words, on one line with them
    children: "list[Element]" = field(default_factory=list)

    def all(self, name: str) -> "list[Element]":
        """The children of that name."""
        return [child for child in self.children if child.name == name]

    def first(self, name: str) -> "Element | None":
        """The first child of that name."""
        return next((child for child in self.children if child.name == name), None)

    def words(self, name: str) -> str:
        """What the first child of that name says, or nothing."""
        child = self.first(name)
        return child.text if child else ""

    @property
    def told_at(self) -> Place:
        """Where its words stand, or if it has none, where it begins."""
        return self.text_place if self.text else self.place


class Stop(Exception):  # noqa: N818 # no error: the rest of the feed cannot be judged, and why has been told
    """Reading ends here."""


def read(document: bytes, report: Report, *, item: Callable[[Element], None]) -> Element | None:
    """The root of the feed; each ``item`` of its channel is handed over when it ends and then forgotten.

    ``None``, with the reason in ``report``, if it cannot be read to its end. Memory is bounded: by ``MOST_BYTES``, by the
    number of elements that are alive, and by their depth.
    """
    try:
        text = _control_free(_decoded(document, report), report)
        reader = _Reader(text.encode(), report, item)
        report.finds_attributes(reader.place_of)
        return reader.read()
    except Stop:
        return None


# ------------------------------------------------------------------------------------------------------ bytes → text


def _decoded(document: bytes, report: Report) -> str:
    if len(document) > MOST_BYTES:
        report.tell("too-big", (0, 0), f"the feed has more than {MOST_BYTES // 1_000_000} million bytes")
        raise Stop
    if not document.strip():
        report.tell("empty", (0, 0), "there is nothing in it")
        raise Stop
    name = _encoding_of(document)
    codec = _codec_of(name)
    if codec is None:
        report.tell("encoding", (1, 1), f"`{name}` is no encoding that readers of feeds know")
        raise Stop
    if codec not in {"utf-8", "ascii"}:
        report.tell("not-utf-8", (1, 1), f"the feed is written in {name}")
    try:
        return document.decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = document[: error.start].decode(codec, errors="replace")
        report.tell("encoding", place_at(before), f"the byte 0x{document[error.start]:02x} is no {name.upper()}")
    except UnicodeError:  # a truncated byte order mark
        report.tell("encoding", (1, 1), f"these bytes are no {name.upper()}")
    raise Stop


def _encoding_of(document: bytes) -> str:
    for mark, name in _BOMS:
        if document.startswith(mark):
            return name
    if b"\0" in document[:4]:
        return "utf-16-le" if document[1:2] == b"\0" else "utf-16-be"
    declared = _ENCODING.match(document[:400].lstrip())
    return declared[1].decode("ascii", errors="replace") if declared else "utf-8"


def _codec_of(name: str) -> str | None:
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):  # ValueError: a NUL in the name
        return None
    return codec if _TEXT_CODEC.fullmatch(codec) else None


def _control_free(text: str, report: Report) -> str:
    """``text`` without what XML cannot hold; each such character is told, and the rest can still be judged."""
    if not _UNWRITABLE.search(text):
        return text
    text = _NEW_LINE.sub("\n", text) if "\r" in text else text
    line, last = 1, 0
    for found in islice(_UNWRITABLE.finditer(text), MOST_ALIKE):
        at = found.start()
        line, last = line + text.count("\n", last, at), at
        place = line, at - text.rfind("\n", 0, at)
        report.tell("control-character", place, f"the character U+{ord(found[0]):04X} cannot stand in XML")
    return _UNWRITABLE.sub(" ", text)


def place_at(before: str) -> Place:
    """The line and column of what follows ``before``."""
    before = _NEW_LINE.sub("\n", before) if "\r" in before else before
    return before.count("\n") + 1, len(before) - before.rfind("\n")


# --------------------------------------------------------------------------------------------------- text → elements


class _Reader:
    """Keeps what is open, and how much is alive."""

    def __init__(self, document: bytes, report: Report, item: Callable[[Element], None]) -> None:
        self._document, self._report, self._item = document, report, item
        self._open: list[Element] = []
        self._said: list[list[str]] = []  # the words of each open element
        self._root: Element | None = None
        self._doctype_at: Place = (0, 0)
        self._alive = 0
        self._alive_before_item = 0
        self._names: dict[str, str] = {}
        self._near: dict[str, str] = {}  # a wrong address of a namespace, and the prefix that was meant
        self._declared: list[tuple[str, str]] = []
        self._parser = self._made()

    def _made(self) -> expat.XMLParserType:
        parser = expat.ParserCreate("UTF-8", _SEPARATOR)
        parser.namespace_prefixes = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartNamespaceDeclHandler = lambda prefix, address: self._declared.append((prefix or "", address or ""))
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._words
        parser.StartDoctypeDeclHandler = self._begin_doctype
        parser.EndDoctypeDeclHandler = self._end_doctype
        parser.EntityDeclHandler = self._entity
        return parser

    def read(self) -> Element | None:
        """The whole document.

        Raises:
            Stop: the rest cannot be judged.
        """
        try:
            self._parser.Parse(self._document, True)  # noqa: FBT003 # expat's own way to say: this is all
        except expat.ExpatError as error:
            code, message = _in_words(error)
            self._report.tell(code, (error.lineno, error.offset + 1), message)
            raise Stop from error
        return self._root

    def place_of(self, element: Element, attribute: str) -> Place:
        """Where ``attribute`` stands in the tag of ``element``; the tag itself, if it does not."""
        tag = self._document[element.at : element.at + _LONGEST_TAG].decode(errors="replace")
        for found in _attributes_in(tag):
            if found[1] == attribute:
                below = place_at(tag[: found.start()])
                line = element.place[0] + below[0] - 1
                return line, below[1] if below[0] > 1 else element.place[1] + below[1] - 1
        return element.place

    def _place(self) -> Place:
        return self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        element = Element("", {}, self._place(), self._parser.CurrentByteIndex)
        if len(attributes) + len(self._declared) > _MOST_ATTRIBUTES:
            self._report.tell("too-big", element.place, f"an element with more than {_MOST_ATTRIBUTES} attributes")
            raise Stop
        for prefix, address in self._declared:
            self._judge_namespace(element, prefix, address)
        self._declared.clear()
        element.name = self._name(name)
        element.attributes = {self._name(key): value for key, value in attributes.items()}
        self._count(element)
        if self._is_item(element):
            self._alive_before_item = self._alive
        elif self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)
        self._said.append([])

    def _count(self, element: Element) -> None:
        self._alive += 1
        if self._alive > _MOST_ELEMENTS or len(self._open) >= _DEEPEST:
            what = (
                f"{_DEEPEST} elements deep"
                if len(self._open) >= _DEEPEST
                else f"{_MOST_ELEMENTS} elements in one place"
            )
            self._report.tell("too-big", element.place, f"more than {what}: this is no podcast feed")
            raise Stop

    def _is_item(self, element: Element) -> bool:
        return element.name == "item" and len(self._open) == 2 and self._open[-1].name == "channel"

    def _words(self, words: str) -> None:
        element = self._open[-1]
        if element.text_place == (0, 0) and (stripped := words.lstrip()):
            line, column = self._place()
            element.text_place = line, column + len(words) - len(stripped)
        self._said[-1].append(words)

    def _end(self, _name: str) -> None:
        element, said = self._open.pop(), "".join(self._said.pop())
        element.text = said.strip()
        element.spaced = bool(element.text) and _on_one_line(said) and said != element.text
        if self._is_item(element):
            self._item(element)
            self._alive = self._alive_before_item

    def _name(self, name: str) -> str:
        known = self._names.get(name)
        if known is None:
            known = self._names[name] = self._named(name)
        return known

    def _named(self, name: str) -> str:
        address, separator, rest = name.partition(_SEPARATOR)
        if not separator:
            return address
        local = rest.partition(_SEPARATOR)[0]
        prefix = self._near.get(address) or _PREFIXES.get(address)
        return f"{prefix}:{local}" if prefix else f"{{{address}}}{local}"

    def _judge_namespace(self, element: Element, prefix: str, address: str) -> None:
        ours = _PREFIXES.get(address)
        if ours is None and (meant := _meant(address)):
            ours = self._near[address] = meant
            if meant != "podcast" or address.lower() != OLD_PODCAST:
                told = f"the namespace of `{prefix}` is {address!r}, one letter or so beside the true one"
                where = f"xmlns:{prefix}" if prefix else "xmlns"
                self._report.tell_attribute("namespace", element, where, told, hint=f"Write {NAMESPACES[meant]!r}.")
            else:
                self._report.tell(
                    "old-namespace", element.place, "the podcast namespace stands under its first address"
                )
        if ours in {"podcast", "itunes"} and prefix not in {ours, ""}:
            told = f"the namespace of `{ours}` has the prefix `{prefix}`"
            self._report.tell_attribute("namespace-prefix", element, f"xmlns:{prefix}", told)

    def _begin_doctype(self, *_declaration: object) -> None:
        self._doctype_at = self._place()

    def _end_doctype(self) -> None:
        self._report.tell("doctype", self._doctype_at, "the feed has a document type")

    def _entity(self, *_declaration: object) -> None:
        self._report.tell("entity", self._place(), "the feed declares an entity; nothing after it was read")
        raise Stop


def _attributes_in(tag: str) -> Iterator[re.Match[str]]:
    """Each attribute of the first tag in ``tag``; a ``>`` ends it only outside quotes."""
    at = re.match(r"<[^\s/>]*", tag)
    position = at.end() if at else 0
    while found := re.compile(r"\s*").match(tag, position):
        attribute = _ATTRIBUTE.match(tag, found.end())
        if attribute is None:
            return
        yield attribute
        position = attribute.end()


def _on_one_line(said: str) -> bool:
    return "\n" not in said


def _meant(address: str) -> str:
    """The prefix whose namespace ``address`` is, but for its scheme, its case, a slash or its ending."""
    plain = _plain(address)
    if plain == _plain(OLD_PODCAST):
        return "podcast"
    return next((prefix for prefix, true in NAMESPACES.items() if plain == _plain(true)), "")


def _plain(address: str) -> str:
    return re.sub(r"^https?://(www\.)?", "", address.strip().lower()).rstrip("/").removesuffix(".md")


def _in_words(error: expat.ExpatError) -> tuple[str, str]:
    """The code and the sentence for what expat says."""
    said = expat.ErrorString(error.code) or "not well-formed"
    match error.code:
        case 27:
            return "undeclared-prefix", "a prefix is used that no `xmlns:` declares"
        case 14:
            return "control-character", "a character is written by a number that XML cannot hold"
        case 11:
            return (
                "xml",
                "an entity is used that XML does not know; only &amp; &lt; &gt; &quot; &apos; need no declaration",
            )
        case 7:
            return "xml", "this end does not fit the element that is open: `<a><b></a>`"
    return "xml", f"this is no well-formed XML: {said}"
