"""The colours of everything that is drawn: paper, ink, an accent, and one colour per event."""

PAPER = "#FBF8F1"
INK = "#16202C"
GREY = "#5B6470"
ACCENT = "#FFC917"  # at most one element a page, with INK on it
EVENT_COLOURS: tuple[str, ...] = ("#0B5563", "#9A3412", "#3F6212", "#6B2158", "#854D0E", "#2F4A8A")


def wrap_colour_number(number: int) -> int:
    """Return the number of the colour of the event or episode with this number, both from 1; 0 stays 0.

    They repeat after the last.
    """
    return (number - 1) % len(EVENT_COLOURS) + 1 if number else 0


def get_event_colour(number: int) -> str:
    """Return the colour of the event or episode with this number, from 1."""
    return EVENT_COLOURS[wrap_colour_number(number) - 1]
