"""Binds quires to one PDF: pages in order, one tree of tags, bookmarks, links from any page to any other."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

from pipeline.pdf import ELSEWHERE, Bookmark
from pipeline.pdf.font_merge import share_faces, share_streams
from pipeline.pdf.print_files import BindJob, Quire
from pipeline.pdf.structure_tree import Tree

_OF_THE_FIRST = ("/ViewerPreferences", "/MarkInfo", "/Lang", "/Metadata", "/OutputIntents", "/PageMode")
_INFO = ("/Title", "/Author", "/Subject", "/Keywords", "/Creator", "/Producer", "/CreationDate", "/ModDate", "/Trapped")


def bind(job: BindJob) -> int:
    """Write ``job.out`` and tell how many pages it has; the same quires give the same bytes."""
    with ExitStack() as opened, pikepdf.new() as book:
        sources = [opened.enter_context(pikepdf.open(quire.pdf)) for quire in job.quires]
        tree, places = Tree(book), dict[str, Any]()
        for quire, source in zip(job.quires, sources, strict=True):
            first = len(book.pages)
            book.pages.extend(source.pages)
            tree.add(source, first=first, continues=quire.continues)
            _add_places(book, source, places)
        _take_over(book, sources[0])
        tree.close()
        _join_links(book, places, job.titles)
        _name_places(book, places)
        _add_bookmarks(book, job.quires)
        share_streams(book)
        share_faces(book)
        if job.profile:
            _set_intent(book, Path(job.profile), job.condition)
        book.remove_unreferenced_resources()
        objects = pikepdf.ObjectStreamMode.disable if job.profile else pikepdf.ObjectStreamMode.generate
        version = "1.6" if job.profile else "1.7"
        book.save(job.out, min_version=version, deterministic_id=True, object_stream_mode=objects)
        return len(book.pages)


def _take_over(book: pikepdf.Pdf, source: pikepdf.Pdf) -> None:
    """What a document says of itself; all quires say the same."""
    for key in _OF_THE_FIRST:
        if key in source.Root:
            value = source.Root[key]
            book.Root[key] = book.copy_foreign(value if value.is_indirect else source.make_indirect(value))
    for key in _INFO:
        if key in source.docinfo:
            book.docinfo[key] = String(str(source.docinfo[key]))


def _set_intent(book: pikepdf.Pdf, profile: Path, condition: tuple[str, str]) -> None:
    intent = book.Root.OutputIntents[0]
    stream = book.make_stream(profile.read_bytes())
    stream.N = 4
    intent.DestOutputProfile = stream
    intent.OutputConditionIdentifier, intent.OutputCondition = String(condition[0]), String(condition[1])
    intent.Info, intent.RegistryName = String(condition[1]), String("http://www.color.org")
    for thing in book.objects:
        _fill_in(thing, stream)


def _fill_in(thing: Any, profile: Any) -> None:
    """Quires came with the name of a profile and nothing in it: wherever one is named, the true one takes its place."""
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
            _fill_in(one, profile)


# --------------------------------------------------------------------------------------------------------- places and links


def _add_places(book: pikepdf.Pdf, source: pikepdf.Pdf, places: dict[str, Any]) -> None:
    """What can be referred to; the first of a name counts."""
    named = source.Root.get("/Names", Dictionary()).get("/Dests", Dictionary()).get("/Names", Array())
    for name, place in zip(list(named)[::2], list(named)[1::2], strict=True):
        places.setdefault(str(name), book.copy_foreign(source.make_indirect(place)))


def _name_places(book: pikepdf.Pdf, places: Mapping[str, Any]) -> None:
    if places:
        names = Array([item for name in sorted(places) for item in (String(name), places[name])])
        book.Root.Names = Dictionary(Dests=Dictionary(Names=names))


def _join_links(book: pikepdf.Pdf, places: Mapping[str, Any], titles: Mapping[str, str]) -> None:
    """Links into another quire were laid out as if they led to the web; now that all is here, they lead there."""
    for page in book.pages:
        for note in page.obj.get("/Annots", Array()):
            address = str(note.get("/A", Dictionary()).get("/URI", ""))
            name = address.removeprefix(ELSEWHERE) if address.startswith(ELSEWHERE) else str(note.get("/Dest", ""))
            if name in places:
                note.Dest = String(name)
                note.Contents = String(titles.get(name, name))
                if "/A" in note:
                    del note["/A"]


# ---------------------------------------------------------------------------------------------------------------- bookmarks


def _add_bookmarks(book: pikepdf.Pdf, quires: Sequence[Quire]) -> None:
    """Headings as an outline: each below the last that ranks higher."""
    marks = list(_numbered(quires))
    if not marks:
        return
    root = book.make_indirect(Dictionary(Type=Name.Outlines))
    open_items: list[tuple[int, Any]] = [(0, root)]
    for number, mark in marks:
        while open_items[-1][0] >= mark.rank:
            open_items.pop()
        place = Array([book.pages[number].obj, Name.XYZ, mark.left_pt, mark.top_pt, 0])
        item = book.make_indirect(Dictionary(Title=String(mark.title), Dest=place))
        _hang(open_items[-1][1], item)
        open_items.append((mark.rank, item))
    _count(root)
    book.Root.Outlines = root


def _numbered(quires: Sequence[Quire]) -> Iterator[tuple[int, Bookmark]]:
    first = 0
    for quire in quires:
        for mark in quire.bookmarks:
            yield first + mark.page, mark
        first += quire.pages


def _hang(parent: Any, item: Any) -> None:
    item.Parent = parent
    if "/Last" in parent:
        item.Prev = parent.Last
        parent.Last.Next = item
    else:
        parent.First = item
    parent.Last = item


def _count(item: Any) -> int:
    """How many items are open below one: all of them."""
    total, child = 0, item.get("/First")
    while child is not None:
        total += 1 + _count(child)
        child = child.get("/Next")
    if total:
        item.Count = total
    return total
