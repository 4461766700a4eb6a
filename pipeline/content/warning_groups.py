"""Groups of warnings: the most serious first, and those of one kind together."""

from collections.abc import Iterable
from itertools import groupby

from pipeline.errors import ValidationError

_PAGE_ADVICE = frozenset(
    ("over", "under", "long-head", "few-pixels", "cropped", "poor-alt", "no-credit", "pull-not-in-text")
)
_TEXT_ADVICE = frozenset(
    ("repeated", "doubled-word", "double-mark", "space-before", "space-inside", "no-space", "old-quotes",
     "lone-hyphen", "euro", "foot-mark", "unclosed-quote")
)  # fmt: skip


def group_warnings(warnings: Iterable[ValidationError]) -> tuple[tuple[ValidationError, ...], ...]:
    """Group warnings by their code.

    First what changes what people hear or may read, then advice on pages, then advice on the text,
    then notes. Groups of one rank, and the warnings of a group, are in order of file and line.
    """
    ordered = sorted(warnings, key=lambda one: (_rank(one), one.code, one.location))
    groups = [tuple(group) for _, group in groupby(ordered, key=lambda one: (_rank(one), one.code))]
    return tuple(sorted(groups, key=lambda group: (_rank(group[0]), group[0].location, group[0].code)))


def _rank(warning: ValidationError) -> int:
    if warning.severity == "note":
        return 3
    return 1 if warning.code in _PAGE_ADVICE else 2 if warning.code in _TEXT_ADVICE else 0
