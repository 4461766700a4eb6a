"""A digest of the appearance of a page, which does not depend on object numbers."""

import hashlib
import re
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

_NAMED = re.compile(rb"/([^\s/<>\[\]()]+)\s+(?:Do|scn|SCN|sh)\b")
_MAX_OBJECTS = 500  # of a hostile page


def compute_page_digest(page: pikepdf.Page) -> str:
    """Digest the page boxes, the content and its XObjects, patterns and shadings.

    Fonts count by the glyphs shown.
    """
    digest = hashlib.sha256()
    for box in ("/MediaBox", "/TrimBox", "/BleedBox"):
        digest.update(repr([round(float(side), 2) for side in page.obj.get(box, Array())]).encode())
    contents = page.obj.get("/Contents", Array())
    content = b"\n".join(part.read_bytes() for part in (contents if isinstance(contents, Array) else [contents]))
    _add_content(digest, content, page.obj.get("/Resources", Dictionary()), set())
    return digest.hexdigest()


def _add_content(digest: Any, content: bytes, resources: Any, seen: set[tuple[int, int]]) -> None:
    digest.update(content)
    for name in sorted(set(_NAMED.findall(content))):
        for kind in ("/XObject", "/Pattern", "/Shading"):
            thing = resources.get(kind, Dictionary()).get(f"/{name.decode('latin-1')}")
            if not isinstance(thing, Stream) or thing.objgen in seen:
                continue
            seen.add(thing.objgen)
            if thing.get("/Subtype") == Name.Image:
                digest.update(thing.read_raw_bytes())
            elif len(seen) < _MAX_OBJECTS:
                _add_content(digest, thing.read_bytes(), thing.get("/Resources", resources), seen)
