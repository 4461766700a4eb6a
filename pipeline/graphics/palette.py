"""The colours of everything that is drawn: paper, ink, an accent, and one colour per event."""

PAPER = "#FBF8F1"
INK = "#16202C"
GREY = "#5B6470"
ACCENT = "#FFC917"  # at most one element a page, with INK on it
EVENT_COLOURS: tuple[str, ...] = ("#0B5563", "#9A3412", "#3F6212", "#6B2158", "#854D0E", "#2F4A8A")


def get_event_colour(number: int) -> str:
    """Return the colour of the event or episode with this number, from 1.

    They repeat after the last.
    """
    return EVENT_COLOURS[(number - 1) % len(EVENT_COLOURS)]
