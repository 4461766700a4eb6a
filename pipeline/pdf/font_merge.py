"""Shares what quires each brought along: one stream for the same bytes, one font for the parts of one face.

WeasyPrint embeds of each face the letters that were used, under the numbers that they have in the face (retained glyph
numbers). So the parts of one face can be laid over each other: the font of the book holds the letters of all quires.
"""

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

_CMAP_HEAD = (
    "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
    "/CIDSystemInfo\n<< /Registry (Adobe)\n/Ordering (UCS)\n/Supplement 0\n>> def\n"
    "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
)
_CMAP_TAIL = "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
_LETTER = re.compile(rb"<([0-9a-fA-F]{4})> <([0-9a-fA-F]*)>")
_DEEPEST = 8  # parts of parts
_TABLES = (
    "cvt ",
    "fpgm",
    "glyf",
    "head",
    "hhea",
    "hmtx",
    "loca",
    "maxp",
    "prep",
)  # ISO 32000-1, 9.9: what a CIDFontType2 needs


def share_streams(book: pikepdf.Pdf) -> None:
    """One picture, however many quires show it."""
    first: dict[tuple[bytes, str], Any] = {}
    for holder in _resources(book):
        things = holder.get("/XObject", Dictionary())
        for name in list(things.keys()):
            thing = things[name]
            if isinstance(thing, Stream) and thing.get("/Subtype") == Name.Image and "/SMask" not in thing:
                things[name] = first.setdefault((thing.read_raw_bytes(), str(sorted(thing.keys()))), thing)


def share_faces(book: pikepdf.Pdf) -> None:
    """One font a face; a face that cannot be joined stays in parts, which costs room and nothing else."""
    places: dict[str, list[tuple[Any, str]]] = {}
    for holder in _resources(book):
        fonts = holder.get("/Font", Dictionary())
        for name in fonts.keys():  # noqa: SIM118  # a pikepdf dictionary
            if _joinable(fonts[name]):
                places.setdefault(str(fonts[name].BaseFont), []).append((fonts, name))
    for found in places.values():
        parts = list({fonts[name].objgen: fonts[name] for fonts, name in found}.values())
        if len(parts) > 1 and _same_face(parts):
            whole = _joined(book, parts)
            for fonts, name in found:
                fonts[name] = whole


def _resources(book: pikepdf.Pdf) -> Iterator[Any]:
    """All dictionaries of resources: of pages, forms and patterns, each once."""
    seen: set[tuple[int, int]] = set()
    stack = [page.obj.get("/Resources") for page in book.pages]
    while stack:
        holder = stack.pop()
        if not isinstance(holder, Dictionary) or (holder.is_indirect and holder.objgen in seen):
            continue
        seen.add(holder.objgen)
        yield holder
        for kind in ("/XObject", "/Pattern"):
            things = holder.get(kind, Dictionary())
            stack += [things[name].get("/Resources") for name in things.keys() if isinstance(things[name], Stream)]  # noqa: SIM118


def _joinable(font: Any) -> bool:
    return font.get("/Subtype") == Name.Type0 and "/FontFile2" in font.DescendantFonts[0].FontDescriptor


def _same_face(parts: Sequence[Any]) -> bool:
    """Of the same file once: as many units to the em, made in the same second (head, OpenType 1.9)."""
    heads = {_tables(_file_of(part))["head"][4:8] + _tables(_file_of(part))["head"][18:36] for part in parts}
    return len(heads) == 1


def _file_of(font: Any) -> bytes:
    content: bytes = font.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes()
    return content


def _joined(book: pikepdf.Pdf, parts: Sequence[Any]) -> Any:
    """The first part, with the letters, widths and readings of all."""
    whole, descendant = parts[0], parts[0].DescendantFonts[0]
    content = join([(_file_of(part), frozenset(dict(_widths(part.DescendantFonts[0].W)))) for part in parts])
    stream = book.make_stream(content)
    stream.Length1 = len(content)
    descendant.FontDescriptor.FontFile2 = stream
    widths: dict[int, Any] = {}
    readings: dict[bytes, bytes] = {}
    for part in reversed(parts):
        widths.update(_widths(part.DescendantFonts[0].W))
        readings.update(_LETTER.findall(part.ToUnicode.read_bytes().partition(b"endcodespacerange")[2]))
    descendant.W = Array([item for glyph in sorted(widths) for item in (glyph, Array([widths[glyph]]))])
    whole.ToUnicode = book.make_stream(_cmap(readings).encode())
    return whole


def _widths(listed: Any) -> Iterator[tuple[int, Any]]:
    """Pairs from ``c [w1 w2 …]`` (ISO 32000-1, 9.7.4.3); WeasyPrint writes no other form."""
    items = list(listed)
    for first, row in zip(items[::2], items[1::2], strict=True):
        for place, width in enumerate(row):
            yield int(first) + place, width


def _cmap(readings: Mapping[bytes, bytes]) -> str:
    pairs = [f"<{glyph.decode()}> <{readings[glyph].decode()}>" for glyph in sorted(readings)]
    blocks = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]  # 100 at most, Adobe 5014
    told = "".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar\n" for block in blocks)
    return _CMAP_HEAD + told + _CMAP_TAIL


# ---------------------------------------------------------------------------------------------------------- inside a TrueType


@dataclass(frozen=True, slots=True)
class _Glyph:
    """An outline, and its row of hmtx."""

    outline: bytes
    metrics: bytes


class _Face:
    """A face that is put together: glyphs under their own numbers, and behind all these the parts that some are made of.

    An ``i`` is a stem and a dot. What only a letter is made of has another number in each file (it was cut off behind the
    last letter that was used), so it gets a new one here.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._letters: dict[int, _Glyph] = {}
        self._parts: dict[_Glyph, int] = {}

    def add(self, glyphs: "_Glyphs", used: frozenset[int]) -> None:
        """Take over the letters that were ``used`` in one file; of any other, what it says means nothing."""
        for number in sorted(used | {0}):
            if number < len(glyphs) and number not in self._letters:
                self._letters[number] = self._with_parts(glyphs[number], glyphs, used, 0)

    def all(self) -> list[_Glyph]:
        """Every glyph by its number; a gap draws nothing."""
        gap = _Glyph(b"", bytes(4))
        return [self._letters.get(number, gap) for number in range(self._count)] + list(self._parts)

    def _with_parts(self, glyph: _Glyph, glyphs: "_Glyphs", used: frozenset[int], depth: int) -> _Glyph:
        outline = bytearray(glyph.outline)
        for place in _parts_of(glyph.outline) if depth < _DEEPEST else ():
            (number,) = struct.unpack_from(">H", outline, place)
            if number not in used:
                part = self._with_parts(glyphs[number], glyphs, used, depth + 1)
                struct.pack_into(">H", outline, place, self._count + self._parts.setdefault(part, len(self._parts)))
        return _Glyph(bytes(outline), glyph.metrics)


def _parts_of(outline: bytes) -> Iterator[int]:
    """Where a composite glyph names its parts (OpenType 1.9, glyf)."""
    if len(outline) < 10 or struct.unpack_from(">h", outline)[0] >= 0:
        return
    place, more = 10, True
    while more:
        (flags,) = struct.unpack_from(">H", outline, place)
        yield place + 2
        place += 4 + (4 if flags & 0x0001 else 2)  # ARG_1_AND_2_ARE_WORDS
        place += 2 if flags & 0x0008 else 4 if flags & 0x0040 else 8 if flags & 0x0080 else 0  # a scale, two, or four
        more = bool(flags & 0x0020)  # MORE_COMPONENTS


def join(files: Sequence[tuple[bytes, frozenset[int]]]) -> bytes:
    """One TrueType font with the letters of all, which are parts of one face with the same glyph numbers (OpenType 1.9).

    Beside each file, the glyphs that it was made for.
    """
    all_tables = [_tables(file) for file, _ in files]
    face = _Face(1 + max(number for _, used in files for number in used))
    for tables, (_, used) in zip(all_tables, files, strict=True):
        face.add(_Glyphs(tables), used)
    glyphs, first = face.all(), all_tables[0]
    tables = {name: first[name] for name in _TABLES if name in first}
    tables["loca"], tables["glyf"] = _stacked([glyph.outline for glyph in glyphs])
    tables["hmtx"] = b"".join(glyph.metrics for glyph in glyphs)
    tables["hhea"] = first["hhea"][:34] + struct.pack(">H", len(glyphs))
    tables["maxp"] = _most(all_tables, len(glyphs))
    tables["head"] = first["head"][:8] + bytes(4) + first["head"][12:50] + struct.pack(">hh", 1, 0)
    return _written(tables)


def _tables(file: bytes) -> dict[str, bytes]:
    (count,) = struct.unpack_from(">H", file, 4)
    found = {}
    for number in range(count):
        tag, _, offset, length = struct.unpack_from(">4sIII", file, 12 + 16 * number)
        found[tag.decode("latin-1")] = file[offset : offset + length]
    return found


class _Glyphs:
    """The glyphs of a file by their numbers; of a thousand, a few pages use a hundred, so each is read when it is asked for."""

    def __init__(self, tables: Mapping[str, bytes]) -> None:
        self._count: int = struct.unpack_from(">H", tables["maxp"], 4)[0]
        long = struct.unpack_from(">h", tables["head"], 50)[0]
        self._places = struct.unpack_from(f">{self._count + 1}{'I' if long else 'H'}", tables["loca"])
        self._scale = 1 if long else 2
        self._whole: int = struct.unpack_from(">H", tables["hhea"], 34)[0]
        self._tables = tables

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> _Glyph:
        one, two = self._places[number : number + 2]
        outline = self._tables["glyf"][one * self._scale : two * self._scale]
        return _Glyph(outline, self._metrics(number))

    def _metrics(self, number: int) -> bytes:
        rows = self._tables["hmtx"]
        if number < self._whole:
            return rows[4 * number : 4 * number + 4]
        last = 4 * (self._whole - 1)  # the rest has the last width, and a bearing of its own
        own = 4 * self._whole + 2 * (number - self._whole)
        return rows[last : last + 2] + rows[own : own + 2]


def _stacked(outlines: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The tables loca, with long offsets, and glyf."""
    padded = [outline + bytes(-len(outline) % 4) for outline in outlines]
    places = [0]
    for outline in padded:
        places.append(places[-1] + len(outline))
    return struct.pack(f">{len(places)}I", *places), b"".join(padded)


def _most(all_tables: Sequence[Mapping[str, bytes]], count: int) -> bytes:
    """maxp: of each limit the highest."""
    rows = [struct.unpack(">IH13H", tables["maxp"][:32]) for tables in all_tables]
    return struct.pack(">IH13H", rows[0][0], count, *(max(column) for column in list(zip(*rows, strict=True))[2:]))


def _written(tables: Mapping[str, bytes]) -> bytes:
    names = sorted(tables)
    power = 1 << (len(names).bit_length() - 1)
    head = struct.pack(">IHHHH", 0x00010000, len(names), power * 16, power.bit_length() - 1, (len(names) - power) * 16)
    offset, rows, body = 12 + 16 * len(names), b"", b""
    for name in names:
        content = tables[name]
        padded = content + bytes(-len(content) % 4)
        rows += struct.pack(">4sIII", name.encode("latin-1"), _checksum(padded), offset + len(body), len(content))
        body += padded
    written = head + rows + body
    place = written.index(b"head", 12)
    (start,) = struct.unpack_from(">I", written, place + 8)
    adjustment = (0xB1B0AFBA - _checksum(written)) & 0xFFFFFFFF
    return written[: start + 8] + struct.pack(">I", adjustment) + written[start + 12 :]


def _checksum(content: bytes) -> int:
    return int(sum(struct.unpack(f">{len(content) // 4}I", content)) & 0xFFFFFFFF)
