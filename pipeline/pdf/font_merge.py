"""Merging of fonts and images that several sections embed.

WeasyPrint embeds a subset of each font, with the glyph numbers of the full font (retained glyph
IDs). So the subsets of one font can be merged: the font of the merged PDF has the glyphs of all
sections.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from pipeline.pdf.truetype_merge import merge_truetype_subsets, parse_tables

_CMAP_HEAD = (
    "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
    "/CIDSystemInfo\n<< /Registry (Adobe)\n/Ordering (UCS)\n/Supplement 0\n>> def\n"
    "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
)
_CMAP_TAIL = "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
_BFCHAR = re.compile(rb"<([0-9a-fA-F]{4})> <([0-9a-fA-F]*)>")


def share_images(pdf: pikepdf.Pdf) -> None:
    """Keep one copy of an image that several sections show."""
    first: dict[tuple[bytes, str], Any] = {}
    for resources in _iterate_resources(pdf):
        xobjects = resources.get("/XObject", Dictionary())
        for name in list(xobjects.keys()):
            xobject = xobjects[name]
            if isinstance(xobject, Stream) and xobject.get("/Subtype") == Name.Image and "/SMask" not in xobject:
                xobjects[name] = first.setdefault((xobject.read_raw_bytes(), str(sorted(xobject.keys()))), xobject)


def merge_fonts(pdf: pikepdf.Pdf) -> None:
    """Merge the subsets of each font.

    A font that cannot be merged stays in parts, which costs only bytes.
    """
    uses: dict[str, list[tuple[Any, str]]] = {}
    for resources in _iterate_resources(pdf):
        fonts = resources.get("/Font", Dictionary())
        for name in fonts.keys():  # noqa: SIM118  # a pikepdf dictionary
            if _is_mergeable(fonts[name]):
                uses.setdefault(str(fonts[name].BaseFont), []).append((fonts, name))
    for font_uses in uses.values():
        subsets = list({fonts[name].objgen: fonts[name] for fonts, name in font_uses}.values())
        if len(subsets) > 1 and _have_same_source(subsets):
            merged = _merge_subsets(pdf, subsets)
            for fonts, name in font_uses:
                fonts[name] = merged


def _iterate_resources(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Yield the resource dictionaries of pages, forms and patterns, each once."""
    seen: set[tuple[int, int]] = set()
    stack = [page.obj.get("/Resources") for page in pdf.pages]
    while stack:
        resources = stack.pop()
        if not isinstance(resources, Dictionary) or (resources.is_indirect and resources.objgen in seen):
            continue
        seen.add(resources.objgen)
        yield resources
        for kind in ("/XObject", "/Pattern"):
            xobjects = resources.get(kind, Dictionary())
            stack += [thing.get("/Resources") for thing in xobjects.values() if isinstance(thing, Stream)]


def _is_mergeable(font: Any) -> bool:
    return font.get("/Subtype") == Name.Type0 and "/FontFile2" in font.DescendantFonts[0].FontDescriptor


def _have_same_source(subsets: Sequence[Any]) -> bool:
    """Compare revision, units per em, dates and bounds of the head tables.

    Source: OpenType 1.9, head.
    """
    heads = [parse_tables(_read_font_file(subset))["head"] for subset in subsets]
    return len({head[4:8] + head[18:36] for head in heads}) == 1


def _read_font_file(font: Any) -> bytes:
    content: bytes = font.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes()
    return content


def _merge_subsets(pdf: pikepdf.Pdf, subsets: Sequence[Any]) -> Any:
    """Return the first subset, extended by the glyphs, widths and Unicode mapping of all."""
    merged, descendant = subsets[0], subsets[0].DescendantFonts[0]
    files = [(_read_font_file(one), frozenset(dict(_iterate_widths(one.DescendantFonts[0].W)))) for one in subsets]
    content = merge_truetype_subsets(files)
    stream = pdf.make_stream(content)
    stream.Length1 = len(content)
    descendant.FontDescriptor.FontFile2 = stream
    widths: dict[int, Any] = {}
    unicode_map: dict[bytes, bytes] = {}
    for subset in reversed(subsets):
        widths.update(_iterate_widths(subset.DescendantFonts[0].W))
        unicode_map.update(_BFCHAR.findall(subset.ToUnicode.read_bytes().partition(b"endcodespacerange")[2]))
    descendant.W = Array([item for glyph in sorted(widths) for item in (glyph, Array([widths[glyph]]))])
    merged.ToUnicode = pdf.make_stream(_format_cmap(unicode_map).encode())
    return merged


def _iterate_widths(entries: Any) -> Iterator[tuple[int, Any]]:
    """Yield glyph and width from ``c [w1 w2 …]``; WeasyPrint writes no other form.

    Source: ISO 32000-1, 9.7.4.3.
    """
    items = list(entries)
    for first, row in zip(items[::2], items[1::2], strict=True):
        for position, width in enumerate(row):
            yield int(first) + position, width


def _format_cmap(unicode_map: Mapping[bytes, bytes]) -> str:
    pairs = [f"<{glyph.decode()}> <{unicode_map[glyph].decode()}>" for glyph in sorted(unicode_map)]
    blocks = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]  # 100 at most, Adobe 5014
    blocks_text = "".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar\n" for block in blocks)
    return _CMAP_HEAD + blocks_text + _CMAP_TAIL
