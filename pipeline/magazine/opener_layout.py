"""Where theme, waveform and picture of an event stand on the left page of its opener."""

from dataclasses import dataclass

from pipeline.magazine.page_geometry import OPENER_WAVEFORM_MM, PAGE, THEME_HEIGHT_MM, Size
from pipeline.magazine.picture_sizes import measure_opener_picture
from pipeline.model import Picture

_THEME_TOP_MM, _WAVEFORM_TOP_MM = 34.0, 140.0
_STRIP_MM = 28.0  # height of the waveform above a picture
_STRIP_GAP_MM, _CREDIT_MM = 6.0, 9.0  # above and below that strip
_MARGIN_MM = 15.0  # of a picture that does not run off the page, and below it


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenerLayout:
    """Places in millimetres from the corner of the trimmed page."""

    waveform_top_mm: float = _WAVEFORM_TOP_MM
    waveform_mm: float = OPENER_WAVEFORM_MM
    theme_mm: float = THEME_HEIGHT_MM
    picture_mm: Size = (0.0, 0.0)
    picture_left_mm: float = 0.0
    picture_top_mm: float = 0.0


def lay_out_opener(picture: Picture | None, bleed_mm: float) -> OpenerLayout:
    """Lay out an opener: a wide picture runs off three sides of the page, a high one stands inside the margins."""
    if picture is None:
        return OpenerLayout()
    width_mm, height_mm = size_mm = measure_opener_picture(picture, bleed_mm)
    is_full = width_mm > PAGE.width - _MARGIN_MM
    top_mm = PAGE.height - height_mm + (bleed_mm if is_full else -_MARGIN_MM)
    waveform_top_mm = top_mm - _CREDIT_MM - _STRIP_MM
    return OpenerLayout(
        waveform_top_mm=waveform_top_mm,
        waveform_mm=_STRIP_MM,
        theme_mm=min(THEME_HEIGHT_MM, waveform_top_mm - _STRIP_GAP_MM - _THEME_TOP_MM),
        picture_mm=size_mm,
        picture_left_mm=-bleed_mm if is_full else _MARGIN_MM,
        picture_top_mm=top_mm,
    )
