"""Findings in a PDF: one for each kind of fault, with the pages that have it."""

from collections.abc import Iterable

from pipeline.errors import fill, make_message
from pipeline.model import Finding


def make_finding(code: str, severity: str, message: str, *, pages: Iterable[int] = (), hint: str = "") -> Finding:
    """Make a finding; without ``pages`` it is about the whole document."""
    return Finding(code=code, severity=severity, where=format_pages(pages), message=message, hint=hint)


def format_pages(pages: Iterable[int]) -> str:
    """Format page numbers as ``page 3`` or ``pages 3–5, 8``; ``document`` if there are none."""
    numbers = sorted(set(pages))
    if not numbers:
        return make_message("document")
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    ranges = [str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs]
    return fill("page {pages}" if len(numbers) == 1 else "pages {pages}", pages=", ".join(ranges))
