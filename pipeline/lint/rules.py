"""The rules of the linter, read from ``rules.toml``."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class LintRule:
    """One rule: how severe it is, why it exists, whose rule it is, and what to do unless a finding has a better hint."""

    severity: str  # error | warning | info
    why: str  # a sentence that follows the message of a finding
    source: str
    hint: str = ""


@cache
def load_rules() -> dict[str, LintRule]:
    """Load every rule by its code, in the order of the table."""
    table = tomllib.loads(Path(__file__).with_name("rules.toml").read_text(encoding="utf-8"))
    return {code: LintRule(**rule) for code, rule in table.items()}
