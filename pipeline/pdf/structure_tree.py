"""Merging of the structure trees of sections: one document element, one parent tree."""

from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, NumberTree, String


class StructureTree:
    """The structure tree of a merged PDF while it grows (ISO 32000-1, 14.7).

    Untagged sections add nothing.
    """

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._owners: list[Any] = []  # of the ParentTree, in pairs: a key and its element
        self._next_key = 0
        self._section_number = 0
        self._root: Any = None
        self._document: Any = None
        self._section: Any = None  # last element under the document, which the next section may continue

    def add(self, source: pikepdf.Pdf, *, first: int, continues: bool) -> None:
        """Add the structure of ``source``, whose pages begin at index ``first``."""
        self._section_number += 1
        if "/StructTreeRoot" not in source.Root:
            return
        root = self._pdf.copy_foreign(source.Root.StructTreeRoot)
        highest = self._add_parent_tree(root)
        for page in list(self._pdf.pages)[first:]:
            self._renumber(page)
        self._next_key += highest + 1
        if self._root is None:
            self._start_tree(root)
        self._qualify_ids(root)
        self._attach(root, continues=continues)

    def write(self) -> None:
        """Write the tree into the merged PDF."""
        if self._root is not None:
            self._root.ParentTree = self._pdf.make_indirect(Dictionary(Nums=Array(self._owners)))
            self._root.ParentTreeNextKey = self._next_key
            self._pdf.Root.StructTreeRoot = self._root

    def _add_parent_tree(self, root: Any) -> int:
        pairs = list(NumberTree(root.ParentTree).items())
        for number, owner in pairs:
            self._owners += [self._next_key + number, owner]
        return pairs[-1][0] if pairs else -1

    def _renumber(self, page: pikepdf.Page) -> None:
        if "/StructParents" in page.obj:
            page.obj.StructParents = int(page.obj.StructParents) + self._next_key
        for annotation in page.obj.get("/Annots", Array()):
            if "/StructParent" in annotation:
                annotation.StructParent = int(annotation.StructParent) + self._next_key

    def _start_tree(self, root: Any) -> None:
        """Take the root and the document element from the first section."""
        self._root = root
        self._document = self._pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document, K=Array(), P=root))
        first_document = root.K[0]
        root.K = Array([self._document])
        self._move_children(first_document, self._document)

    def _attach(self, root: Any, *, continues: bool) -> None:
        if root.objgen == self._root.objgen:
            self._section = self._get_last_element()
            return
        if continues and self._section is not None:
            for element in list(root.K[0].get("/K", Array())):
                self._move_children(element, self._section)
        else:
            self._move_children(root.K[0], self._document)
            self._section = self._get_last_element()

    def _get_last_element(self) -> Any:
        kids = list(self._document.K)
        return kids[-1] if kids else None

    def _move_children(self, old: Any, new: Any) -> None:
        """Move the children of ``old`` to ``new``."""
        for kid in old.get("/K", Array()):
            kid.P = new
            new.K.append(kid)
        old.K = Array()

    def _qualify_ids(self, root: Any) -> None:
        """Make the IDs of table headers unique over all sections (ISO 32000-1, 14.7.2)."""
        stack = list(root.get("/K", Array())) if root.objgen != self._root.objgen else list(self._document.K)
        while stack:
            element = stack.pop()
            if not isinstance(element, Dictionary) or "/S" not in element:
                continue
            if "/ID" in element:
                element.ID = String(f"{self._section_number}-{element.ID}")
            attributes = element.get("/A")
            if isinstance(attributes, Dictionary) and "/Headers" in attributes:
                attributes.Headers = Array([String(f"{self._section_number}-{name}") for name in attributes.Headers])
            kids = element.get("/K")
            stack += list(kids) if isinstance(kids, Array) else []
