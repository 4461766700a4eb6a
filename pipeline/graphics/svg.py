"""Writes SVG for inline use in a page: short, and without style attributes."""

from markupsafe import Markup, escape


def wrap_svg(
    inner: str, *, width: float, height: float, title: str, css_class: str, colour: str, stretched: bool = False
) -> Markup:
    """Wrap shapes in an ``svg`` element.

    Args:
        inner: The shapes, as SVG.
        width: Of the view box, and the default width in pixels.
        height: Likewise.
        title: What screen readers announce; without one the image is decorative and hidden from
            them.
        css_class: The class of the element.
        colour: The value of ``currentColor``; empty: inherited.
        stretched: Whether the image fills any box and loses its aspect ratio.
    """
    accessibility = f'role="img"><title>{escape(title)}</title>' if title else 'aria-hidden="true">'
    colour_attribute = f'color="{escape(colour)}" ' if colour else ""
    aspect = 'preserveAspectRatio="none" ' if stretched else ""
    wide, high = format_svg_number(width), format_svg_number(height)
    return Markup(  # all text was escaped above
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{escape(css_class)}" width="{wide}" '
        f'height="{high}" viewBox="0 0 {wide} {high}" {aspect}{colour_attribute}{accessibility}{inner}</svg>'
    )


def format_svg_number(number: float) -> str:
    """Format a number with at most two decimals, without trailing zeros."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return {"-0": "0", "": "0"}.get(text, text)
