"""Joins the tags of quires to one tree: their elements under one document, each mark on a page with its element."""

from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String


class Tree:
    """The tree of tags of ``book`` while it grows (ISO 32000-1, 14.7). Quires without tags add nothing."""

    def __init__(self, book: pikepdf.Pdf) -> None:
        self._book = book
        self._owners: list[Any] = []  # of the ParentTree, in pairs: a number and who owns it
        self._next = 0
        self._quire = 0
        self._root: Any = None
        self._document: Any = None
        self._section: Any = None  # the last element under the document: another quire may go on in it

    def add(self, source: pikepdf.Pdf, *, first: int, continues: bool) -> None:
        """Take over the tags of ``source``, whose pages stand in the book from ``first`` on."""
        self._quire += 1
        if "/StructTreeRoot" not in source.Root:
            return
        root = self._book.copy_foreign(source.Root.StructTreeRoot)
        highest = self._own(root)
        for page in list(self._book.pages)[first:]:
            self._renumber(page)
        self._next += highest + 1
        if self._root is None:
            self._begin(root)
        self._name_apart(root)
        self._hang(root, continues=continues)

    def close(self) -> None:
        """Put the tree in the book."""
        if self._root is not None:
            self._root.ParentTree = self._book.make_indirect(Dictionary(Nums=Array(self._owners)))
            self._root.ParentTreeNextKey = self._next
            self._book.Root.StructTreeRoot = self._root

    def _own(self, root: Any) -> int:
        flat = list(root.ParentTree.Nums)
        pairs = sorted(zip((int(number) for number in flat[::2]), flat[1::2], strict=True), key=lambda pair: pair[0])
        for number, owner in pairs:
            self._owners += [self._next + number, owner]
        return pairs[-1][0] if pairs else -1

    def _renumber(self, page: pikepdf.Page) -> None:
        if "/StructParents" in page.obj:
            page.obj.StructParents = int(page.obj.StructParents) + self._next
        for note in page.obj.get("/Annots", Array()):
            if "/StructParent" in note:
                note.StructParent = int(note.StructParent) + self._next

    def _begin(self, root: Any) -> None:
        """The first quire's root and document become those of the book."""
        self._root = root
        self._document = self._book.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document, K=Array(), P=root))
        kept = root.K[0]
        root.K = Array([self._document])
        self._adopt(kept, self._document)

    def _hang(self, root: Any, *, continues: bool) -> None:
        if root.objgen == self._root.objgen:
            self._section = self._last()
            return
        if continues and self._section is not None:
            for element in list(root.K[0].get("/K", Array())):
                self._adopt(element, self._section)
        else:
            self._adopt(root.K[0], self._document)
            self._section = self._last()

    def _last(self) -> Any:
        kids = list(self._document.K)
        return kids[-1] if kids else None

    def _adopt(self, old: Any, new: Any) -> None:
        """The children of ``old`` become those of ``new``."""
        for kid in old.get("/K", Array()):
            kid.P = new
            new.K.append(kid)
        old.K = Array()

    def _name_apart(self, root: Any) -> None:
        """Cells of tables name their heads; two quires may use one name (IDs are unique in a document, 14.7.2)."""
        stack = list(root.get("/K", Array())) if root.objgen != self._root.objgen else list(self._document.K)
        while stack:
            element = stack.pop()
            if not isinstance(element, Dictionary) or "/S" not in element:
                continue
            if "/ID" in element:
                element.ID = String(f"{self._quire}-{element.ID}")
            attributes = element.get("/A")
            if isinstance(attributes, Dictionary) and "/Headers" in attributes:
                attributes.Headers = Array([String(f"{self._quire}-{name}") for name in attributes.Headers])
            kids = element.get("/K")
            stack += list(kids) if isinstance(kids, Array) else []
