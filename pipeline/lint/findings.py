"""Collects the findings of the linter, each with its position and source; bounded in number and sorted by position."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from pipeline.errors import SourceLocation, fill, make_message
from pipeline.lint.rules import load_rules
from pipeline.model import Finding

Position = tuple[int, int]  # line and column, from 1; (0, 0) is the feed as a whole
MAX_PER_CODE = 100  # findings of one code that are reported in full
_AT_END = (10**9, 0)


class FindingCollector:
    """The findings on one feed. With ``advice`` it also collects those of severity ``info``."""

    def __init__(self, file: str, *, advice: bool = False) -> None:
        self._file, self._advice = file, advice
        self._findings: list[tuple[Position, Finding]] = []
        self._seen: set[tuple[str, Position, str]] = set()
        self._counts: Counter[str] = Counter()
        self.locate_attribute: Callable[[Any, str], Position] = lambda element, _: element.position

    def add(self, code: str, position: Position, message: str, *, hint: str = "", source: str = "") -> None:
        """Add a finding, unless it is a duplicate.

        Args:
            code: A key of ``rules.toml``.
            position: Line and column in the feed.
            message: What is wrong, without a full stop.
            hint: What to do; empty for the hint of the rule.
            source: Whose rule it is; empty for the source of the rule.
        """
        rule = load_rules()[code]
        if (rule.severity == "info" and not self._advice) or (code, position, message) in self._seen:
            return
        self._counts[code] += 1
        if self._counts[code] > MAX_PER_CODE:
            return
        self._seen.add((code, position, message))
        self._append(code, position, _compose(message, rule.why, source or rule.source), hint or rule.hint)

    def add_for_attribute(
        self, code: str, element: Any, attribute: str, message: str, *, hint: str = "", source: str = ""
    ) -> None:
        """Add a finding at the position of an attribute of ``element``."""
        if self.has_room(code):  # finding the position costs more than all the rest
            self.add(code, self.locate_attribute(element, attribute), message, hint=hint, source=source)
        else:
            self._counts[code] += 1

    def has_room(self, code: str) -> bool:
        """Check whether one more finding of this code would be reported in full; if not, skip computing a costly hint."""
        return self._counts[code] < MAX_PER_CODE

    def list_findings(self) -> tuple[Finding, ...]:
        """List all findings by position; those above the maximum of their code are only counted."""
        for code, count in sorted(self._counts.items()):
            if count > MAX_PER_CODE:
                self._append(
                    code,
                    _AT_END,
                    fill(
                        "{count} more of this kind [{source}]",
                        count=count - MAX_PER_CODE,
                        source=make_message(load_rules()[code].source),
                    ),
                    "",
                )
        self._counts.clear()
        return tuple(finding for _, finding in sorted(self._findings, key=lambda pair: pair[0]))

    def _append(self, code: str, position: Position, message: str, hint: str) -> None:
        where = str(SourceLocation(self._file, *((0, 0) if position == _AT_END else position)))
        severity = load_rules()[code].severity
        self._findings.append(
            (position, Finding(code=code, severity=severity, where=where, message=message, hint=hint))
        )


def _compose(message: str, why: str, source: str) -> str:
    parts = {"message": message, "why": why, "source": source}
    return fill("{message}. {why} [{source}]", **{name: make_message(part) for name, part in parts.items()})
