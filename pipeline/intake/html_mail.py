"""Marks quoted passages of HTML e-mails, and removes the signatures that programs mark."""

import re
from collections import Counter
from typing import Any

from pipeline.intake.html_cleanup import remove_asides
from pipeline.intake.own_lines import QUOTED_PASSAGE

_QUOTE_CLASSES = {"gmail_quote", "yahoo_quoted", "protonmail_quote", "zmail_extra", "tutanota_quote"}
_SIGNATURE_CLASSES = {"gmail_signature", "moz-signature", "protonmail_signature_block"}
_SIGNATURE_IDS = {"signature", "ms-outlook-mobile-signature", "x_signature", "applemailsignature"}
_FORWARD = re.compile(r"\W{0,40}(?:begin )?(?:doorgestuurde? (?:bericht|e-?mail)|forwarded message)", re.IGNORECASE)


def prepare_html_mail(root: Any) -> Counter[str]:
    """Remove asides and marked signatures from an lxml tree, and put a mark in place of quoted passages.

    Forwarded passages stay.

    Returns:
        The number of omissions by what they are; the marks are counted by ``find_own_lines``.
    """
    omissions = remove_asides(root)
    for element in list(root.iter("div", "span", "pre", "table")):
        if _is_signature(element) and element.getparent() is not None:
            omissions["signature"] += bool(element.text_content().strip())
            element.drop_tree()
    for element in list(root.iter("blockquote", "div")):
        if not _is_quote(element):
            continue
        if _FORWARD.match(element.text_content().strip()[:200]):
            element.drop_tag()
        elif element.tag == "blockquote" or not element.findall(".//blockquote"):
            _mark_quote(element)
    return omissions


def _split_class(element: Any) -> set[str]:
    return set((element.get("class") or "").casefold().split())


def _is_signature(element: Any) -> bool:
    is_named = (element.get("id") or "").casefold() in _SIGNATURE_IDS
    return is_named or not _SIGNATURE_CLASSES.isdisjoint(_split_class(element))


def _is_quote(element: Any) -> bool:
    is_cited = element.tag == "blockquote" and (element.get("type") or "").casefold() == "cite"
    return is_cited or not _QUOTE_CLASSES.isdisjoint(_split_class(element))


def _mark_quote(element: Any) -> None:
    tail = element.tail
    element.clear()
    element.tag, element.text, element.tail = "p", QUOTED_PASSAGE, tail
