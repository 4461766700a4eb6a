"""Takes out of a page what its writers took out or said aside: struck-out words, comments in the margin, who wrote it."""

import re
from collections.abc import Iterator
from typing import Any

from pipeline.intake.blocks import LeftOut

_STRUCK = {"s", "strike", "del"}
_LINE_THROUGH = re.compile(r"text-decoration(?:-line)?\s*:[^;]*line-through", re.IGNORECASE)
_COMMENT_ID = re.compile(r"(?:cmnt|_com_)\d+\Z")  # Google Docs, Word
_COMMENT_LINK = re.compile(r"#(?:cmnt|_msocom_)\d+\Z")
_COMMENT_CLASS = re.compile(r"\b(?:mso)?comment(?:text|reference|subject)\b|\bmsocom\w*", re.IGNORECASE)
_AUTHORS = {"author", "byline"}  # pandoc's, and of blogs
_BLOCKS = {"p", "div", "li", "aside", "section"}


def left_behind(root: Any) -> tuple[LeftOut, ...]:
    """Take it out of the tree; what, and how often, is told without its words."""
    counts = {
        "comment": _drop(_comments(root)),
        "struck-out passage": _drop(_struck(root)),
        "author's name": _drop(one for one in root.iter("p", "span", "div") if _AUTHORS & set(_classes(one))),
    }
    _drop(one for one in root.iter("a") if _COMMENT_LINK.match(one.get("href") or ""))
    return tuple(LeftOut(what=what, count=count) for what, count in counts.items() if count)


def _drop(found: Iterator[Any]) -> int:
    count = 0
    for one in list(found):
        count += bool(one.text_content().strip())
        if one.getparent() is not None:
            one.drop_tree()
    return count


def _classes(element: Any) -> list[str]:
    return (element.get("class") or "").casefold().split()


def _comments(root: Any) -> Iterator[Any]:
    """The block that a comment stands in: its mark in the text is no more than a letter."""
    for one in root.iter():
        if not isinstance(one.tag, str):
            continue
        if one.tag == "a" and _COMMENT_ID.match(one.get("id") or one.get("name") or ""):
            block = next((up for up in one.iterancestors() if up.tag in _BLOCKS), one)
            outer = block.getparent()
            alone = outer is not None and outer.tag == "div" and len(outer.text_content()) == len(block.text_content())
            yield outer if alone else block
        elif _is_comment(one) and not any(_is_comment(up) for up in one.iterancestors()):
            yield one


def _is_comment(element: Any) -> bool:
    return element.tag in _BLOCKS and _COMMENT_CLASS.search(element.get("class") or "") is not None


def _struck(root: Any) -> Iterator[Any]:
    """What somebody struck out is no longer said; the outermost of what is nested."""
    for one in root.iter():
        if isinstance(one.tag, str) and _is_struck(one) and not any(_is_struck(up) for up in one.iterancestors()):
            yield one


def _is_struck(element: Any) -> bool:
    return element.tag in _STRUCK or bool(_LINE_THROUGH.search(element.get("style") or ""))
