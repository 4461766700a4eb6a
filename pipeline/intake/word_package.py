"""Finds the parts of a Word file by its relationships, and packs it again with rewritten parts."""

import posixpath
import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pipeline.intake.file_limits import CheckedArchive
from pipeline.intake.html_reader import parse_xml, write_xml
from pipeline.intake.refused_formats import RefusedFileError

_ROOT_RELATIONS = "_rels/.rels"
_FALLBACK = "word/document.xml"
_STYLE_MAP_FOLDER = "mammoth/"  # a file could bring its own style map
_STRICT = b"http://purl.oclc.org/ooxml/"
_TRANSITIONAL = {  # Source: ECMA-376-4, annex A
    b"wordprocessingml/main": b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    b"officeDocument/relationships": b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    b"drawingml/wordprocessingDrawing": b"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    b"drawingml/main": b"http://schemas.openxmlformats.org/drawingml/2006/main",
    b"drawingml/picture": b"http://schemas.openxmlformats.org/drawingml/2006/picture",
    b"drawingml/chart": b"http://schemas.openxmlformats.org/drawingml/2006/chart",
}


@dataclass(frozen=True, slots=True)
class WordPackage:
    """The parts of a Word file that have text, by their names in the archive; empty: there is none."""

    archive: CheckedArchive
    main: str
    styles: str
    numbering: str
    footnotes: str
    endnotes: str
    comments: str

    @property
    def default_styles(self) -> str:
        """Where the styles would be if there were any."""
        return posixpath.join(posixpath.dirname(self.main), "styles.xml")

    def parse(self, part: str) -> Any:
        """Parse a part in the transitional namespaces; ``None``: there is no such part.

        Raises:
            RefusedFileError: It is damaged.
        """
        if not part:
            return None
        content = self.archive.read(part)
        if _STRICT in content:
            for strict, transitional in _TRANSITIONAL.items():
                content = content.replace(_STRICT + strict, transitional)
        return parse_xml(content)

    def pack(self, rewritten: dict[str, Any]) -> bytes:
        """Pack the file again, with some parts replaced by XML trees.

        Images that are damaged become empty; comments are left out.
        """
        content = BytesIO()
        added = [name for name in rewritten if name not in self.archive.names]
        with zipfile.ZipFile(content, "w") as archive:
            for name in (*self.archive.names, *added):
                if name != self.comments and not name.startswith(_STYLE_MAP_FOLDER) and not name.endswith("/"):
                    archive.writestr(
                        name, write_xml(rewritten[name]) if name in rewritten else self._read_or_empty(name)
                    )
        return content.getvalue()

    def _read_or_empty(self, name: str) -> bytes:
        try:
            content = self.archive.read(name)
        except RefusedFileError:
            return b""
        if name.endswith(".rels") and _STRICT in content:
            for strict, transitional in _TRANSITIONAL.items():
                content = content.replace(_STRICT + strict, transitional)
        return content


def open_word_package(archive: CheckedArchive) -> WordPackage:
    """Find the parts of a Word file by their relationships, as Word does.

    Word Online calls the main text ``document2.xml``.

    Raises:
        RefusedFileError: It has no main text, or several.
    """
    targets = _find_targets(archive, _ROOT_RELATIONS, base="")
    main = targets.get("officeDocument", [_FALLBACK])
    if len(main) != 1 or main[0] not in archive.names:
        raise RefusedFileError("the main text is missing", hint="Open it in Word, and save it again.")
    folder, name = posixpath.split(main[0])
    related = _find_targets(archive, posixpath.join(folder, "_rels", f"{name}.rels"), base=folder)

    def find_part(kind: str) -> str:
        names = (*related.get(kind, ()), posixpath.join(folder, f"{kind}.xml"))
        return next((name for name in names if name in archive.names), "")

    kinds = ("styles", "numbering", "footnotes", "endnotes", "comments")
    return WordPackage(archive, main[0], *map(find_part, kinds))


def _find_targets(archive: CheckedArchive, relations: str, *, base: str) -> dict[str, list[str]]:
    """Find the parts that a relationship part names, by the last word of their type."""
    found: dict[str, list[str]] = {}
    if relations in archive.names:
        for one in parse_xml(archive.read(relations)):
            if one.get("TargetMode") != "External":
                kind = (one.get("Type") or "").rpartition("/")[2]
                target = posixpath.normpath(posixpath.join("/", base, one.get("Target") or "")).lstrip("/")
                found.setdefault(kind, []).append(target)
    return found
