"""A document to be rendered as PDF, and the values that the templates of all documents share."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pipeline import urls
from pipeline.graphics.palettes import SCREEN_PALETTE, Colour, Palette, format_css, mix
from pipeline.graphics.qr import draw_qr_svg
from pipeline.graphics.waveform_background import build_event_waveform, draw_bars, encode_svg
from pipeline.model import Event, Output, Programme, Release
from pipeline.typesetting import Theme, load_translator, render_template

_LAST_WORDS = re.compile(r"( \S{1,14}) (\S{1,9})\Z")  # of a heading: its last line is not one short word


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document as HTML; ``path`` is that of its PDF, under ``press/``."""

    path: str
    html: str
    bleed_mm: float = 0.0  # more than 0: for the printer, as PDF/X-4
    is_balanced: bool = False  # its last page is not left near empty


def render_document(
    path: str,
    template: str,
    *,
    programme: Programme,
    theme: Theme,
    palette: Palette = SCREEN_PALETTE,
    bleed_mm: float = 0.0,
    is_balanced: bool = False,
    **values: Any,
) -> Document:
    """Render the HTML of a document.

    Args:
        path: Of its PDF, under ``press/``.
        template: In ``templates/mailings/``.
        programme: The programme.
        theme: The source of the template; its folder and language are set here.
        palette: For screen or print.
        bleed_mm: Of a document for the printer.
        is_balanced: Whether its text is set smaller, or its pages shortened, if the last page is near empty.
        **values: For the template.

    Raises:
        WeerslagError: The template is invalid.
    """
    page = _render(template, programme, theme, palette, {"bleed_mm": bleed_mm, **values})
    return Document(path=path, html=page, bleed_mm=bleed_mm, is_balanced=is_balanced)


def render_page(path: str, template: str, *, programme: Programme, theme: Theme, **values: Any) -> Output:
    """Render a page, or a text if its name ends in ``.txt``, under ``press/``; see `render_document`.

    Raises:
        WeerslagError: The template is invalid.
    """
    page = _render(template, programme, theme, SCREEN_PALETTE, values)
    text = html.unescape(page) if path.endswith(".txt") else page  # templates escape every value
    return Output(path=f"press/{path}", content=text.encode())


def draw_event_waveform(
    event: Event,
    releases: Sequence[Release] = (),
    *,
    width_mm: float,
    height_mm: float,
    palette: Palette = SCREEN_PALETTE,
    shares: tuple[float, float] = (0.92, 0.5),
    background: Colour | None = None,
    margin_mm: float = 0.0,
) -> str:
    """Draw the waveform of the first release of an event, or a row of dots, as a data URL.

    Args:
        event: The event.
        releases: Published.
        width_mm: Of the drawing.
        height_mm: Of the drawing.
        palette: For screen or print.
        shares: Of ink in the two tints of its chapters.
        background: Bars have the colour of the event on it; without one, they are light on that colour.
        margin_mm: It runs off both sides by this much.
    """
    colour = palette.get_event_colour(event.number)
    bars, ground = (colour, background) if background else (palette.paper, colour)
    tints = mix(bars, shares[0], ground), mix(bars, shares[1], ground)
    release = next((one for one in releases if one.episode.event == event.id), None)
    waveform = build_event_waveform(event.number, release)
    inner = draw_bars(waveform, -margin_mm, 0, width_mm + 2 * margin_mm, height_mm, tints)
    return encode_svg(inner, width_mm, height_mm)


def _render(template: str, programme: Programme, theme: Theme, palette: Palette, values: Mapping[str, Any]) -> str:
    theme = replace(theme, folder="mailings", language=programme.language)
    shared = {
        "programme": programme,
        "urls": urls,
        "absolute": partial(urls.make_absolute, programme.url),
        "draw_qr_code": partial(_draw_qr_code, language=programme.language),
        "get_ink": lambda event: format_css(palette.get_event_colour(event.number)),
        "bind_last_words": partial(_LAST_WORDS.sub, "\\1\u00a0\\2"),
        "colours": {name: format_css(getattr(palette, name)) for name in ("paper", "text", "grey", "accent", "white")},
    }
    return render_template(template, theme=theme, **shared, **values)


def _draw_qr_code(address: str, *, language: str) -> str:
    return draw_qr_svg(address, title=load_translator(language)("QR code of {address}").format(address=address))
