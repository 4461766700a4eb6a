"""Writes SVG that may stand inside a page: short, without style attributes, and said aloud or kept silent on purpose."""

from markupsafe import Markup, escape


def svg(
    inner: str, *, width: float, height: float, title: str, css_class: str, colour: str, stretched: bool = False
) -> Markup:
    """``inner`` in its frame: an image with a ``title`` that is read aloud, or without one decoration that is not.

    ``stretched``: it fills whatever box it gets, in either direction.
    """
    said = f'role="img"><title>{escape(title)}</title>' if title else 'aria-hidden="true">'
    tint = f'color="{escape(colour)}" ' if colour else ""
    fill = 'preserveAspectRatio="none" ' if stretched else ""
    return Markup(  # all text in it was escaped above
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{escape(css_class)}" width="{short(width)}" '
        f'height="{short(height)}" viewBox="0 0 {short(width)} {short(height)}" {fill}{tint}{said}{inner}</svg>'
    )


def short(number: float) -> str:
    """Two decimals at most, and none that say nothing."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return {"-0": "0", "": "0"}.get(text, text)
