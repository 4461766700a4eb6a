"""Collects what the linter has to say: each with its place, its source and what to do; bounded, and in reading order."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from pipeline.errors import Place as FilePlace
from pipeline.lint.rules import RULES
from pipeline.model import Finding

Place = tuple[int, int]  # line and column, from 1; (0, 0) is the feed as a whole
MOST_ALIKE = 100  # of one code are told in full


class Report:
    """The findings on one feed. With ``advice`` it also keeps what is merely advised: the severity ``info``."""

    def __init__(self, file: str, *, advice: bool = False) -> None:
        self._file, self._advice = file, advice
        self._told: list[tuple[Place, Finding]] = []
        self._seen: set[tuple[str, Place, str]] = set()
        self._count: Counter[str] = Counter()
        self._place_of: Callable[[Any, str], Place] = lambda element, _: element.place

    def finds_attributes(self, place_of: Callable[[Any, str], Place]) -> None:
        """How to find the place of an attribute, from now on."""
        self._place_of = place_of

    def tell(self, code: str, place: Place, message: str, *, hint: str = "", source: str = "") -> None:
        """One finding; ``source`` and ``hint`` are those of the rule if there are no nearer ones. None is told twice."""
        rule = RULES[code]
        if (rule.severity == "info" and not self._advice) or (code, place, message) in self._seen:
            return
        self._count[code] += 1
        if self._count[code] > MOST_ALIKE:
            return
        self._seen.add((code, place, message))
        self._keep(code, place, f"{message}. {rule.why} [{source or rule.source}]", hint or rule.hint)

    def tell_attribute(
        self, code: str, element: Any, attribute: str, message: str, *, hint: str = "", source: str = ""
    ) -> None:
        """One finding on an attribute of ``element``: its own line and column."""
        if self.has_room(code):  # to look for a place costs more than the rest
            self.tell(code, self._place_of(element, attribute), message, hint=hint, source=source)
        else:
            self._count[code] += 1

    def has_room(self, code: str) -> bool:
        """Whether one more of this code would be told in full; a costly hint need not be made for it otherwise."""
        return self._count[code] < MOST_ALIKE

    def findings(self) -> tuple[Finding, ...]:
        """All of them, as a reader meets them; what was too many of one kind is counted."""
        for code, count in sorted(self._count.items()):
            if count > MOST_ALIKE:
                self._keep(code, (10**9, 0), f"{count - MOST_ALIKE} more of this kind [{RULES[code].source}]", "")
        self._count.clear()
        return tuple(finding for _, finding in sorted(self._told, key=lambda pair: pair[0]))

    def _keep(self, code: str, place: Place, message: str, hint: str) -> None:
        where = str(FilePlace(self._file, *(place if place[0] < 10**9 else (0, 0))))
        finding = Finding(code=code, severity=RULES[code].severity, where=where, message=message, hint=hint)
        self._told.append((place, finding))
