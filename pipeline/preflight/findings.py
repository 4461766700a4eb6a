"""Puts findings into words: one finding a kind of fault, with the pages on which it stands."""

from collections.abc import Iterable

from pipeline.model import Finding


def told(code: str, severity: str, message: str, *, pages: Iterable[int] = (), hint: str = "") -> Finding:
    """A finding; without ``pages`` it is about the whole document."""
    return Finding(code=code, severity=severity, where=place(pages), message=message, hint=hint)


def place(pages: Iterable[int]) -> str:
    """``page 3``, ``pages 3–5, 8``; ``document`` where there are none."""
    numbers = sorted(set(pages))
    if not numbers:
        return "document"
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words = [str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs]
    return f"{'page' if len(numbers) == 1 else 'pages'} {', '.join(words)}"
