"""Reads what people filled in in the form controls of an OpenDocument text."""

from html import escape
from typing import Any

_FORM = "{urn:oasis:names:tc:opendocument:xmlns:form:1.0}"
_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
_CHECKED = "<input type='checkbox' checked>"
_UNCHECKED = "<input type='checkbox'>"


def read_controls(root: Any) -> dict[str, str]:
    """Return the controls as HTML, by their ids: check boxes, fields and lists with what was filled in.

    Source: OpenDocument 1.3, part 3, 13.5.
    """
    controls = {}
    for element in root.iter("{*}checkbox", "{*}radio", "{*}text", "{*}textarea", "{*}listbox", "{*}combobox"):
        if element.tag.startswith(_FORM):
            found = _convert_control(element)
            for key in (_XML_ID, f"{_FORM}id"):
                if ident := element.get(key):
                    controls[ident] = found
    return controls


def _convert_control(element: Any) -> str:
    name = element.tag.removeprefix(_FORM)
    label = escape(element.get(f"{_FORM}label") or "")
    if name == "checkbox":
        state = element.get(f"{_FORM}current-state") or element.get(f"{_FORM}state")
        return f"{_CHECKED if state == 'checked' else _UNCHECKED}{label}"
    if name == "radio":
        is_chosen = (element.get(f"{_FORM}current-selected") or element.get(f"{_FORM}selected")) == "true"
        return f"{_CHECKED if is_chosen else _UNCHECKED}{label}"
    if name == "listbox":
        chosen = (one for one in element.iter(f"{_FORM}option") if one.get(f"{_FORM}current-selected") == "true")
        return escape(", ".join(one.get(f"{_FORM}label") or "" for one in chosen))
    paragraphs = " ".join("".join(element.itertext()).split())
    return escape(element.get(f"{_FORM}current-value") or paragraphs)
