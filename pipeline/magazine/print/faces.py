"""Shares what quires each brought along: one stream for the same bytes, one font for the parts of one face.

WeasyPrint embeds of each face the letters that were used, under the numbers that they have in the face (retained glyph
numbers). So the parts of one face can be laid over each other: the font of the book holds the letters of all quires.
"""

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
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


@dataclass(slots=True)
class _Glyphs:
    """Outlines and metrics by glyph number."""

    outlines: list[bytes] = field(default_factory=list)
    metrics: list[bytes] = field(default_factory=list)


def join(files: Sequence[tuple[bytes, frozenset[int]]]) -> bytes:
    """One TrueType font with the glyphs of all, which are parts of one face with the same glyph numbers (OpenType 1.9).

    Beside each file, the glyphs that it was made for: of any other, what it says of its width means nothing.
    """
    all_tables = [_tables(file) for file, _ in files]
    longest = max(all_tables, key=_count)
    whole = _glyphs(longest)
    for tables, (_, used) in zip(all_tables, files, strict=True):
        _lay_over(whole, _glyphs(tables), used)
    tables = {name: longest[name] for name in _TABLES if name in longest}
    tables["loca"], tables["glyf"] = _stacked(whole.outlines)
    tables["hmtx"] = b"".join(whole.metrics)
    count = len(whole.outlines)
    tables["hhea"] = longest["hhea"][:34] + struct.pack(">H", count)
    tables["maxp"] = _most(all_tables, count)
    tables["head"] = longest["head"][:8] + bytes(4) + longest["head"][12:50] + struct.pack(">hh", 1, 0)
    return _written(tables)


def _tables(file: bytes) -> dict[str, bytes]:
    (count,) = struct.unpack_from(">H", file, 4)
    found = {}
    for number in range(count):
        tag, _, offset, length = struct.unpack_from(">4sIII", file, 12 + 16 * number)
        found[tag.decode("latin-1")] = file[offset : offset + length]
    return found


def _count(tables: Mapping[str, bytes]) -> int:
    (count,) = struct.unpack_from(">H", tables["maxp"], 4)
    return int(count)


def _glyphs(tables: Mapping[str, bytes]) -> _Glyphs:
    count = _count(tables)
    long = struct.unpack_from(">h", tables["head"], 50)[0]
    places = struct.unpack_from(f">{count + 1}{'I' if long else 'H'}", tables["loca"])
    scale = 1 if long else 2
    outlines = [tables["glyf"][one * scale : two * scale] for one, two in pairwise(places)]
    (whole,) = struct.unpack_from(">H", tables["hhea"], 34)
    rows = [tables["hmtx"][4 * row : 4 * row + 4] for row in range(whole)]
    side = tables["hmtx"][4 * whole :]  # the rest has the last width, and a bearing of its own
    rows += [rows[-1][:2] + side[2 * row : 2 * row + 2] for row in range(count - whole)]
    return _Glyphs(outlines, rows)


def _lay_over(whole: _Glyphs, part: _Glyphs, used: frozenset[int]) -> None:
    """What was used counts; what came along, such as an accent that a letter is made of, fills a gap."""
    for number, outline in enumerate(part.outlines):
        if number in used or (outline and not whole.outlines[number]):
            whole.outlines[number], whole.metrics[number] = outline, part.metrics[number]


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
