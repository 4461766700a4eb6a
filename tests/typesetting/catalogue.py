"""Compiles the message catalogue reproducibly.

`python tests/typesetting/catalogue.py` writes weerslag.mo.

`msgfmt` and Babel both write dates and versions into it.
"""

import struct
from pathlib import Path

from babel.messages.pofile import read_po

SOURCE = Path(__file__).parents[2] / "templates" / "locale" / "nl" / "LC_MESSAGES" / "weerslag.po"
COMPILED = SOURCE.with_suffix(".mo")


def read_messages():
    """All messages of the catalogue, without the header."""
    with SOURCE.open("rb") as file:
        return [message for message in read_po(file) if message.id]


def compile_catalogue():
    """The catalogue as gettext reads it (GNU gettext manual, "The Format of GNU MO Files")."""
    header = "Content-Type: text/plain; charset=utf-8\nLanguage: nl\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
    pairs = {b"": header.encode()}
    for message in read_messages():
        source, translation = ((text,) if isinstance(text, str) else text for text in (message.id, message.string))
        pairs["\0".join(source).encode()] = "\0".join(translation).encode()
    keys = sorted(pairs)
    texts = keys + [pairs[key] for key in keys]
    offset = 28 + 16 * len(keys)
    table = b""
    for text in texts:
        table += struct.pack("<II", len(text), offset)
        offset += len(text) + 1
    header_bytes = struct.pack("<7I", 0x950412DE, 0, len(keys), 28, 28 + 8 * len(keys), 0, 28 + 16 * len(keys))
    return header_bytes + table + b"".join(text + b"\0" for text in texts)


if __name__ == "__main__":
    COMPILED.write_bytes(compile_catalogue())
