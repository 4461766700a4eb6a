"""Removes hidden and struck-through text, comments and authors' names from HTML."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

_STRIKE_TAGS = {"s", "strike", "del"}
_LINE_THROUGH = re.compile(r"text-decoration(?:-line)?\s*:[^;]*line-through", re.IGNORECASE)
_HIDDEN = re.compile(
    r"(?:\A|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all|color\s*:\s*transparent"
    r"|(?:font-size|max-height|opacity)\s*:\s*0?(?:\.0+|0)(?:px|pt|em|rem|%)?\s*(?:;|!|\Z)"
    r"|(?:left|right|top|text-indent|margin-left|margin-top)\s*:\s*-\d{4,}px)",  # far outside the page
    re.IGNORECASE,
)
_COMMENT_ID = re.compile(r"(?:cmnt|_com_)\d+\Z")  # Google Docs, Word
_COMMENT_LINK = re.compile(r"#(?:cmnt|_msocom_)\d+\Z")
_COMMENT_CLASS = re.compile(r"\b(?:mso)?comment(?:text|reference|subject)\b|\bmsocom\w*", re.IGNORECASE)
_AUTHOR_CLASSES = {"author", "byline"}  # of pandoc, and of blogs
_BLOCK_TAGS = {"p", "div", "li", "aside", "section"}


def remove_asides(root: Any) -> Counter[str]:
    """Remove comments, hidden and struck-through text, and authors' names from an lxml tree, and count them."""
    counts = Counter({"comment": _drop_elements(_find_comments(root))})
    counts["hidden passage"] = _drop_elements(_find_outermost(root, _is_hidden))
    counts["struck-through passage"] = _drop_elements(_find_outermost(root, _is_struck))
    counts["author's name"] = _drop_elements(one for one in root.iter("p", "span", "div") if _names_author(one))
    _drop_elements(link for link in root.iter("a") if _COMMENT_LINK.match(link.get("href") or ""))
    return +counts


def _drop_elements(elements: Iterator[Any]) -> int:
    """Drop elements, and count those that had text."""
    count = 0
    for element in list(elements):
        count += bool(element.text_content().strip())
        if element.getparent() is not None:
            element.drop_tree()
    return count


def _names_author(element: Any) -> bool:
    return not _AUTHOR_CLASSES.isdisjoint((element.get("class") or "").casefold().split())


def _find_comments(root: Any) -> Iterator[Any]:
    """Find the block around each comment: its anchor in the text is no more than a letter."""
    for element in root.iter("*"):
        if element.tag == "a" and _COMMENT_ID.match(element.get("id") or element.get("name") or ""):
            block = next((up for up in element.iterancestors() if up.tag in _BLOCK_TAGS), element)
            outer = block.getparent()
            is_only_child = (
                outer is not None and outer.tag == "div" and len(outer.text_content()) == len(block.text_content())
            )
            yield outer if is_only_child else block
        elif _is_comment(element) and not any(map(_is_comment, element.iterancestors())):
            yield element


def _is_comment(element: Any) -> bool:
    return element.tag in _BLOCK_TAGS and _COMMENT_CLASS.search(element.get("class") or "") is not None


def _find_outermost(root: Any, predicate: Callable[[Any], bool]) -> Iterator[Any]:
    """Find elements to which a predicate applies; of nested ones the outermost."""
    found = set[Any]()
    for element in root.iter("*"):  # parents come first
        parent = element.getparent()
        if parent in found:
            found.add(element)
        elif predicate(element):
            found.add(element)
            yield element


def _is_hidden(element: Any) -> bool:
    return element.get("hidden") is not None or bool(_HIDDEN.search(element.get("style") or ""))


def _is_struck(element: Any) -> bool:
    return element.tag in _STRIKE_TAGS or bool(_LINE_THROUGH.search(element.get("style") or ""))
