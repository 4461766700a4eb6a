"""Draws QR codes. The only module that imports segno."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby

import segno
from markupsafe import Markup

from pipeline.errors import WeerslagError, fill
from pipeline.graphics.svg import wrap_svg


@lru_cache(maxsize=1024)  # several editions of one magazine have the same codes
def draw_qr_svg(address: str, *, title: str) -> Markup:
    """Draw a QR code as inline SVG: error correction level M, a quiet zone of four modules.

    Scanners need a dark colour on a light background, in a dark theme too.

    Args:
        address: What the code says.
        title: What screen readers announce.

    Raises:
        WeerslagError: The address is too long for a QR code.
    """
    try:
        code = segno.make(address, error="m", micro=False, boost_error=False)
    except segno.DataOverflowError as error:
        raise WeerslagError(
            fill("an address of {count} characters does not fit in a QR code", count=len(address)),
            hint="Use a shorter one.",
        ) from error
    rows = [list(row) for row in code.matrix_iter(border=4)]
    runs = "".join(
        f"M{x} {y}h{length}v1h-{length}z" for y, row in enumerate(rows) for x, length in _find_dark_runs(row)
    )
    path = f'<path d="{runs}" fill="currentColor" shape-rendering="crispEdges"/>'
    return wrap_svg(path, width=len(rows), height=len(rows), title=title, css_class="qr", colour="")


def _find_dark_runs(row: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield start and length of each run of dark modules."""
    start = 0
    for is_dark, modules in groupby(row):
        length = len(list(modules))
        if is_dark:
            yield start, length
        start += length
