"""Draws QR codes. The doorway to segno."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby

import segno
from markupsafe import Markup

from pipeline.errors import WeerslagError
from pipeline.graphics.svg import svg


@lru_cache(maxsize=1024)  # several editions of one magazine ask for the same
def qr_svg(address: str, *, title: str, colour: str = "") -> Markup:
    """``address`` as a QR code (level M, four modules of quiet around it) in the ``color`` of the place where it stands.

    For ``colour`` see ``trace_svg``. Readers need dark on light: in a dark theme give it a light ground and a dark ``color``.

    Raises:
        WeerslagError: the address is too long for any QR code.
    """
    try:
        code = segno.make(address, error="m", micro=False, boost_error=False)
    except segno.DataOverflowError as error:
        raise WeerslagError(
            f"an address of {len(address)} characters fits in no QR code", hint="Use a shorter one."
        ) from error
    rows = [list(row) for row in code.matrix_iter(border=4)]
    runs = "".join(f"M{x} {y}h{length}v1h-{length}z" for y, row in enumerate(rows) for x, length in _dark_runs(row))
    path = f'<path d="{runs}" fill="currentColor" shape-rendering="crispEdges"/>'
    return svg(path, width=len(rows), height=len(rows), title=title, css_class="qr", colour=colour)


def _dark_runs(row: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Where a run of dark modules begins, and how many there are."""
    place = 0
    for dark, modules in groupby(row):
        length = len(list(modules))
        if dark:
            yield place, length
        place += length
