"""Lists the characters that the bundled fonts can print.

`python tests/typesetting/character_coverage.py` writes the list that `weerslag check` reads.
"""

import re
from itertools import groupby
from pathlib import Path

from fontTools.ttLib import TTFont

FONTS = Path(__file__).parents[2] / "templates" / "fonts"
LIST = Path(__file__).parents[2] / "pipeline" / "typesetting" / "data" / "printable-characters.txt"
HEAD = "# Characters that the fonts of the magazine have, in hexadecimal: tests/typesetting/character_coverage.py"


def list_printable_characters():
    """The code points that all faces of Source have, or that a face of Noto has."""
    names = re.findall(r'url\("([^"]+)"\)', (FONTS / "fonts.css").read_text())
    coverage = {name: set(TTFont(FONTS / name).getBestCmap()) for name in names}
    source = set.intersection(*(points for name, points in coverage.items() if name.startswith("Source")))
    noto = set.union(*(points for name, points in coverage.items() if name.startswith("noto")))
    return sorted(point for point in source | noto if point >= 0x20 and not 0xE000 <= point <= 0xF8FF)


def format_list():
    runs = groupby(enumerate(list_printable_characters()), key=lambda item: item[1] - item[0])
    ranges = [[point for _, point in run] for _, run in runs]
    lines = [f"{one[0]:04X}-{one[-1]:04X}" if len(one) > 1 else f"{one[0]:04X}" for one in ranges]
    return "\n".join([HEAD, *lines]) + "\n"


if __name__ == "__main__":
    LIST.write_text(format_list(), encoding="utf-8")
