"""The colours of everything that is drawn: paper, ink, and one ink an event."""

PAPER = "#FBF8F1"
INK = "#16202C"
GREY = "#5B6470"
ACCENT = "#FFC917"  # for one thing a page at most, with INK on it
INKS: tuple[str, ...] = ("#0B5563", "#9A3412", "#3F6212", "#6B2158", "#854D0E", "#2F4A8A")


def ink(number: int) -> str:
    """The ink of the event or episode with that number, from 1; after the last ink comes the first again."""
    return INKS[(number - 1) % len(INKS)]
