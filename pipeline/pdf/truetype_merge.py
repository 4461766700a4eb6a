"""Merging of TrueType subsets that keep the glyph numbers of the full font."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_MAX_COMPONENT_DEPTH = 8  # of composite glyphs that refer to composite glyphs
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
)  # of a CIDFontType2: ISO 32000-1, 9.9


@dataclass(frozen=True, slots=True)
class _TrueTypeGlyph:
    """A glyph: its outline, and its row of hmtx."""

    outline: bytes
    metrics: bytes


class _FontBuilder:
    """A font under construction: glyphs under their own numbers, followed by components.

    A composite glyph such as ``i`` consists of a stem and a dot. Components that are not used by
    themselves have another number in each subset, so they get a new one here.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._glyphs: dict[int, _TrueTypeGlyph] = {}
        self._components: dict[_TrueTypeGlyph, int] = {}

    def add(self, glyphs: "_GlyphTable", used: frozenset[int]) -> None:
        """Add the ``used`` glyphs of one subset; its other glyphs are not valid."""
        for number in sorted(used | {0}):
            if number < len(glyphs) and number not in self._glyphs:
                self._glyphs[number] = self._copy_components(glyphs[number], glyphs, used, 0)

    def list_glyphs(self) -> list[_TrueTypeGlyph]:
        """List all glyphs by number; unused numbers are empty glyphs."""
        gap = _TrueTypeGlyph(b"", bytes(4))
        return [self._glyphs.get(number, gap) for number in range(self._count)] + list(self._components)

    def _copy_components(
        self, glyph: _TrueTypeGlyph, glyphs: "_GlyphTable", used: frozenset[int], depth: int
    ) -> _TrueTypeGlyph:
        outline = bytearray(glyph.outline)
        for offset in _iterate_component_offsets(glyph.outline) if depth < _MAX_COMPONENT_DEPTH else ():
            (number,) = struct.unpack_from(">H", outline, offset)
            if number not in used:
                component = self._copy_components(glyphs[number], glyphs, used, depth + 1)
                index = self._components.setdefault(component, len(self._components))
                struct.pack_into(">H", outline, offset, self._count + index)
        return _TrueTypeGlyph(bytes(outline), glyph.metrics)


def _iterate_component_offsets(outline: bytes) -> Iterator[int]:
    """Yield where a composite glyph refers to its components.

    Source: OpenType 1.9, glyf.
    """
    if len(outline) < 10 or struct.unpack_from(">h", outline)[0] >= 0:
        return
    offset, more = 10, True
    while more:
        (flags,) = struct.unpack_from(">H", outline, offset)
        yield offset + 2
        offset += 4 + (4 if flags & 0x0001 else 2)  # ARG_1_AND_2_ARE_WORDS
        offset += 2 if flags & 0x0008 else 4 if flags & 0x0040 else 8 if flags & 0x0080 else 0  # a scale, two, or four
        more = bool(flags & 0x0020)  # MORE_COMPONENTS


def merge_truetype_subsets(files: Sequence[tuple[bytes, frozenset[int]]]) -> bytes:
    """Merge subsets of one font into a font with the glyphs of all.

    Args:
        files: Each subset as a TrueType file, with the numbers of the glyphs that it contains.

    Returns:
        A TrueType file.
    """
    all_tables = [parse_tables(file) for file, _ in files]
    builder = _FontBuilder(1 + max(number for _, used in files for number in used))
    for tables, (_, used) in zip(all_tables, files, strict=True):
        builder.add(_GlyphTable(tables), used)
    glyphs, first = builder.list_glyphs(), all_tables[0]
    tables = {name: first[name] for name in _TABLES if name in first}
    tables["loca"], tables["glyf"] = _build_glyph_tables([glyph.outline for glyph in glyphs])
    tables["hmtx"] = b"".join(glyph.metrics for glyph in glyphs)
    tables["hhea"] = first["hhea"][:34] + struct.pack(">H", len(glyphs))
    tables["maxp"] = _merge_maxp(all_tables, len(glyphs))
    tables["head"] = first["head"][:8] + bytes(4) + first["head"][12:50] + struct.pack(">hh", 1, 0)
    return _write_font(tables)


def parse_tables(file: bytes) -> dict[str, bytes]:
    """Return the tables of a TrueType file by tag."""
    (count,) = struct.unpack_from(">H", file, 4)
    found = {}
    for number in range(count):
        tag, _, offset, length = struct.unpack_from(">4sIII", file, 12 + 16 * number)
        found[tag.decode("latin-1")] = file[offset : offset + length]
    return found


class _GlyphTable:
    """The glyphs of a file by number; each is parsed on request, as few are used."""

    def __init__(self, tables: Mapping[str, bytes]) -> None:
        self._count: int = struct.unpack_from(">H", tables["maxp"], 4)[0]
        long = struct.unpack_from(">h", tables["head"], 50)[0]
        self._offsets = struct.unpack_from(f">{self._count + 1}{'I' if long else 'H'}", tables["loca"])
        self._scale = 1 if long else 2
        self._metric_count: int = struct.unpack_from(">H", tables["hhea"], 34)[0]
        self._tables = tables

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> _TrueTypeGlyph:
        one, two = self._offsets[number : number + 2]
        outline = self._tables["glyf"][one * self._scale : two * self._scale]
        return _TrueTypeGlyph(outline, self._read_metrics(number))

    def _read_metrics(self, number: int) -> bytes:
        rows = self._tables["hmtx"]
        if number < self._metric_count:
            return rows[4 * number : 4 * number + 4]
        last = 4 * (self._metric_count - 1)  # the rest share the last width, each with its own bearing
        own = 4 * self._metric_count + 2 * (number - self._metric_count)
        return rows[last : last + 2] + rows[own : own + 2]


def _build_glyph_tables(outlines: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Build the tables loca, with long offsets, and glyf."""
    padded = [outline + bytes(-len(outline) % 4) for outline in outlines]
    offsets = [0]
    for outline in padded:
        offsets.append(offsets[-1] + len(outline))
    return struct.pack(f">{len(offsets)}I", *offsets), b"".join(padded)


def _merge_maxp(all_tables: Sequence[Mapping[str, bytes]], count: int) -> bytes:
    """Build maxp with the highest value of each limit."""
    rows = [struct.unpack(">IH13H", tables["maxp"][:32]) for tables in all_tables]
    return struct.pack(">IH13H", rows[0][0], count, *(max(column) for column in list(zip(*rows, strict=True))[2:]))


def _write_font(tables: Mapping[str, bytes]) -> bytes:
    names = sorted(tables)
    power = 1 << (len(names).bit_length() - 1)
    head = struct.pack(">IHHHH", 0x00010000, len(names), power * 16, power.bit_length() - 1, (len(names) - power) * 16)
    offset, rows, body = 12 + 16 * len(names), b"", b""
    for name in names:
        content = tables[name]
        padded = content + bytes(-len(content) % 4)
        row = (name.encode("latin-1"), _compute_checksum(padded), offset + len(body), len(content))
        rows += struct.pack(">4sIII", *row)
        body += padded
    font = head + rows + body
    offset = font.index(b"head", 12)
    (start,) = struct.unpack_from(">I", font, offset + 8)
    adjustment = (0xB1B0AFBA - _compute_checksum(font)) & 0xFFFFFFFF
    return font[: start + 8] + struct.pack(">I", adjustment) + font[start + 12 :]


def _compute_checksum(content: bytes) -> int:
    return int(sum(struct.unpack(f">{len(content) // 4}I", content)) & 0xFFFFFFFF)
