"""Merging of sections into one PDF: pages, structure tree, bookmarks, links between sections."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

from pipeline.errors import MagazineError
from pipeline.pdf.font_merge import merge_fonts, share_images
from pipeline.pdf.structure_tree import StructureTree
from pipeline.pdf.tasks import CROSS_SECTION_URL, Bookmark, MergeSectionsTask, SectionPdf

_COPIED_KEYS = ("/ViewerPreferences", "/MarkInfo", "/Lang", "/Metadata", "/OutputIntents", "/PageMode")
_COPIED_INFO = (
    "/Title",
    "/Author",
    "/Subject",
    "/Keywords",
    "/Creator",
    "/Producer",
    "/CreationDate",
    "/ModDate",
    "/Trapped",
)


def merge_sections(task: MergeSectionsTask) -> int:
    """Merge sections into one PDF; returns its number of pages. The same sections produce the same bytes.

    Raises:
        MagazineError: There are no sections.
    """
    if not task.sections:
        raise MagazineError("the magazine has no pages", hint="Add an item to the flatplan.")
    with ExitStack() as opened, pikepdf.new() as merged:
        sources = [opened.enter_context(pikepdf.open(section.pdf)) for section in task.sections]
        tree, destinations = StructureTree(merged), dict[str, Any]()
        for section, source in zip(task.sections, sources, strict=True):
            first = len(merged.pages)
            for page in source.pages:
                merged.pages.append(page)  # extend() warns about links and outlines, which are added below
            tree.add(source, first=first, continues=section.continues)
            _add_destinations(merged, source, destinations)
        _copy_document_properties(merged, sources[0])
        tree.write()
        _resolve_links(merged, destinations, task.titles)
        _write_destinations(merged, destinations)
        _add_bookmarks(merged, task.sections)
        share_images(merged)
        merge_fonts(merged)
        if task.profile:
            _set_output_intent(merged, Path(task.profile), task.condition)
        merged.remove_unreferenced_resources()
        objects = pikepdf.ObjectStreamMode.disable if task.profile else pikepdf.ObjectStreamMode.generate
        version = "1.6" if task.profile else "1.7"
        merged.save(task.out, min_version=version, deterministic_id=True, object_stream_mode=objects)
        return len(merged.pages)


def _copy_document_properties(merged: pikepdf.Pdf, source: pikepdf.Pdf) -> None:
    """Copy metadata and viewer settings from the first section; they are the same in all."""
    for key in _COPIED_KEYS:
        if key in source.Root:
            value = source.Root[key]
            merged.Root[key] = merged.copy_foreign(value if value.is_indirect else source.make_indirect(value))
    for key in _COPIED_INFO:
        if key in source.docinfo:
            merged.docinfo[key] = String(str(source.docinfo[key]))


def _set_output_intent(merged: pikepdf.Pdf, profile: Path, condition: tuple[str, str]) -> None:
    intent = merged.Root.OutputIntents[0]
    stream = merged.make_stream(profile.read_bytes())
    stream.N = 4
    intent.DestOutputProfile = stream
    intent.OutputConditionIdentifier, intent.OutputCondition = String(condition[0]), String(condition[1])
    intent.Info, intent.RegistryName = String(condition[1]), String("http://www.color.org")
    for thing in merged.objects:
        _insert_profile(thing, stream)


def _insert_profile(thing: Any, profile: Any) -> None:
    """Replace the empty profile of each section by the real one, wherever it is referenced."""
    if isinstance(thing, Array):
        if len(thing) == 2 and thing[0] == Name.ICCBased and thing[1].get("/N") == 4:
            thing[1] = profile
            return
        inner = list(thing)
    elif isinstance(thing, Dictionary | Stream):
        inner = [thing[key] for key in thing.keys()]  # noqa: SIM118  # a pikepdf dictionary
    else:
        return
    for one in inner:
        if isinstance(one, Array | Dictionary) and not one.is_indirect:
            _insert_profile(one, profile)


def _add_destinations(merged: pikepdf.Pdf, source: pikepdf.Pdf, destinations: dict[str, Any]) -> None:
    """Collect named destinations; of two with one name, the first counts."""
    named = source.Root.get("/Names", Dictionary()).get("/Dests", Dictionary()).get("/Names", Array())
    for name, destination in zip(list(named)[::2], list(named)[1::2], strict=True):
        destinations.setdefault(str(name), merged.copy_foreign(source.make_indirect(destination)))


def _write_destinations(merged: pikepdf.Pdf, destinations: Mapping[str, Any]) -> None:
    if destinations:
        names = Array([item for name in sorted(destinations) for item in (String(name), destinations[name])])
        merged.Root.Names = Dictionary(Dests=Dictionary(Names=names))


def _resolve_links(merged: pikepdf.Pdf, destinations: Mapping[str, Any], titles: Mapping[str, str]) -> None:
    """Replace the placeholder URLs of links into other sections by destinations."""
    for page in merged.pages:
        for annotation in page.obj.get("/Annots", Array()):
            address = str(annotation.get("/A", Dictionary()).get("/URI", ""))
            name = (
                address.removeprefix(CROSS_SECTION_URL)
                if address.startswith(CROSS_SECTION_URL)
                else str(annotation.get("/Dest", ""))
            )
            if name in destinations:
                annotation.Dest = String(name)
                annotation.Contents = String(titles.get(name, name))
                if "/A" in annotation:
                    del annotation["/A"]


def _add_bookmarks(merged: pikepdf.Pdf, sections: Sequence[SectionPdf]) -> None:
    """Write headings as an outline, each below the last heading of a higher level."""
    bookmarks = list(_number_bookmarks(sections))
    if not bookmarks:
        return
    root = merged.make_indirect(Dictionary(Type=Name.Outlines))
    open_items: list[tuple[int, Any]] = [(0, root)]
    for number, bookmark in bookmarks:
        while open_items[-1][0] >= bookmark.level:
            open_items.pop()
        destination = Array([merged.pages[number].obj, Name.XYZ, bookmark.left_pt, bookmark.top_pt, 0])
        item = merged.make_indirect(Dictionary(Title=String(bookmark.title), Dest=destination))
        _append_item(open_items[-1][1], item)
        open_items.append((bookmark.level, item))
    _count_items(root)
    merged.Root.Outlines = root


def _number_bookmarks(sections: Sequence[SectionPdf]) -> Iterator[tuple[int, Bookmark]]:
    first = 0
    for section in sections:
        for bookmark in section.bookmarks:
            yield first + bookmark.page, bookmark
        first += section.pages


def _append_item(parent: Any, item: Any) -> None:
    item.Parent = parent
    if "/Last" in parent:
        item.Prev = parent.Last
        parent.Last.Next = item
    else:
        parent.First = item
    parent.Last = item


def _count_items(item: Any) -> int:
    """Set the number of open items below each item, and return it: all are open."""
    total, child = 0, item.get("/First")
    while child is not None:
        total += 1 + _count_items(child)
        child = child.get("/Next")
    if total:
        item.Count = total
    return total
