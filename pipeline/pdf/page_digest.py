"""Tells whether a page looks as it did: a digest of what is drawn on it, whatever number its objects have."""

import hashlib
import re
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

_NAMED = re.compile(rb"/([^\s/<>\[\]()]+)\s+(?:Do|scn|SCN|sh)\b")
_MOST_THINGS = 500  # of a hostile page


def digest_of(page: pikepdf.Page) -> str:
    """Of the boxes, the drawing and all that it draws with; fonts count by the glyphs that are shown."""
    told = hashlib.sha256()
    for box in ("/MediaBox", "/TrimBox", "/BleedBox"):
        told.update(repr([round(float(side), 2) for side in page.obj.get(box, Array())]).encode())
    contents = page.obj.get("/Contents", Array())
    drawn = b"\n".join(part.read_bytes() for part in (contents if isinstance(contents, Array) else [contents]))
    _add(told, drawn, page.obj.get("/Resources", Dictionary()), set())
    return told.hexdigest()


def _add(told: Any, drawn: bytes, resources: Any, seen: set[tuple[int, int]]) -> None:
    told.update(drawn)
    for name in sorted(set(_NAMED.findall(drawn))):
        for kind in ("/XObject", "/Pattern", "/Shading"):
            thing = resources.get(kind, Dictionary()).get(f"/{name.decode('latin-1')}")
            if not isinstance(thing, Stream) or thing.objgen in seen:
                continue
            seen.add(thing.objgen)
            if thing.get("/Subtype") == Name.Image:
                told.update(thing.read_raw_bytes())
            elif len(seen) < _MOST_THINGS:
                _add(told, thing.read_bytes(), thing.get("/Resources", resources), seen)
