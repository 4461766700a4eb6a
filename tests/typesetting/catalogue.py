"""Compiles the catalogue, the same bytes each time: `python tests/typeset/catalogue.py` writes weerslag.mo beside weerslag.po.

`msgfmt` and Babel both write hours and versions into it.
"""

import struct
from pathlib import Path

from babel.messages.pofile import read_po

SOURCE = Path(__file__).parents[2] / "templates" / "locale" / "nl" / "LC_MESSAGES" / "weerslag.po"
COMPILED = SOURCE.with_suffix(".mo")


def messages():
    """Every message of the catalogue, its head left out."""
    with SOURCE.open("rb") as file:
        return [message for message in read_po(file) if message.id]


def compiled():
    """The catalogue as gettext reads it (GNU gettext manual, "The Format of GNU MO Files")."""
    head = "Content-Type: text/plain; charset=utf-8\nLanguage: nl\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
    pairs = {b"": head.encode()}
    for message in messages():
        one, many = ((text,) if isinstance(text, str) else text for text in (message.id, message.string))
        pairs["\0".join(one).encode()] = "\0".join(many).encode()
    keys = sorted(pairs)
    texts = keys + [pairs[key] for key in keys]
    place = 28 + 16 * len(keys)
    table = b""
    for text in texts:
        table += struct.pack("<II", len(text), place)
        place += len(text) + 1
    start = struct.pack("<7I", 0x950412DE, 0, len(keys), 28, 28 + 8 * len(keys), 0, 28 + 16 * len(keys))
    return start + table + b"".join(text + b"\0" for text in texts)


if __name__ == "__main__":
    COMPILED.write_bytes(compiled())
