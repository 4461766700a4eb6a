"""What an editor should look at, and what stops nothing: each remark with its place and a hint."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.content.approval_status import voided
from pipeline.content.discovery import Pages, body_line, every_page, gather
from pipeline.content.files import Folder
from pipeline.content.loader import sound_pages
from pipeline.content.located_yaml import Marked
from pipeline.content.model_builder import programme_of
from pipeline.content.style_checks import read_as_an_editor
from pipeline.errors import Fault
from pipeline.model import Programme, Remark


def find_editorial_warnings(root: Path, remarks: Sequence[Remark] = ()) -> tuple[Fault, ...]:
    """Every warning about the programme in ``root``, in the order of files and lines; ``remarks`` of others among them.

    Writes nothing and refuses nothing: what is wrong is told by ``load_programme``.
    """
    pages = gather(Folder(root=root.resolve()), [])
    return tuple(sorted({*voided(pages), *read_as_an_editor(pages), *_placed(pages, remarks)}))


def read_programme(root: Path) -> tuple[Programme, tuple[Fault, ...]]:
    """The programme, and a warning for each clearance that an edit made void: the files are read once.

    Raises:
        ContentError: as ``load_programme``.
    """
    pages = sound_pages(root)
    return programme_of(pages), tuple(voided(pages))


def voided_clearances(root: Path) -> tuple[Fault, ...]:
    """A warning for each clearance that an edit made void."""
    return tuple(voided(gather(Folder(root=root.resolve()), [])))


# -------------------------------------------------------------------------------------------------- remarks of others


def _placed(pages: Pages, remarks: Sequence[Remark]) -> Iterator[Fault]:
    heads = {page.file: page.marked for page in every_page(pages)}
    for remark in remarks:
        if marked := heads.get(remark.file):
            line, column = _place(marked, remark)
            yield marked.source.warning(remark.code, line, column, remark.message, remark.hint)


def _place(marked: Marked, remark: Remark) -> tuple[int, int]:
    """Where the remark leads: to a value of the head, or to words in the text below it."""
    if remark.at:
        return marked.place(remark.at)
    first = body_line(marked.source)
    for number, line in enumerate(marked.source.lines[first - 1 :], start=first):
        if remark.words and remark.words in line:
            return number, line.index(remark.words) + 1
    return min(first, len(marked.source.lines)), 1
