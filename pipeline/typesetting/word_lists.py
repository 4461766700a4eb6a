"""Reads word lists: text files with one word per line."""

from functools import cache
from pathlib import Path


@cache
def read_word_list(file: Path) -> tuple[str, ...]:
    """Read the words of a file in order; lines that begin with ``#`` are comments."""
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))
