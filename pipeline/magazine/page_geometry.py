"""Page geometry and type: the only place for these measures.

`geometry.css.j2` passes them to the stylesheets.
"""

from dataclasses import dataclass

MM_PER_PT = 25.4 / 72

Size = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageGeometry:
    """Trim size, margins and columns of a page, in millimetres."""

    width: float = 210.0
    height: float = 297.0
    top_margin: float = 18.0
    bottom_margin: float = 24.0
    inner_margin: float = 20.0
    outer_margin: float = 15.0
    column_gap: float = 5.0

    @property
    def text_width(self) -> float:
        """Width between the margins."""
        return self.width - self.inner_margin - self.outer_margin

    @property
    def text_height(self) -> float:
        """Height between the margins."""
        return self.height - self.top_margin - self.bottom_margin

    @property
    def column_width(self) -> float:
        """Width of one of two columns."""
        return (self.text_width - self.column_gap) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeStyle:
    """Font size and leading in points.

    ``width_factor`` is the text width relative to Source Serif 4 Regular.
    """

    size: float
    leading: float
    width_factor: float = 1.0

    @property
    def leading_mm(self) -> float:
        """Leading in millimetres."""
        return self.leading * MM_PER_PT


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeScale:
    """The type styles that differ between the editions. Display type is the same in both."""

    text: TypeStyle
    list: TypeStyle
    intro: TypeStyle
    pull: TypeStyle
    caption: TypeStyle  # Source Sans 3
    label: TypeStyle  # Source Sans 3
    intro_gap_mm: float  # below an intro
    picture_lines: int  # usual height of a picture in a column, in lines of text


PAGE = PageGeometry()

SCREEN_SCALE = TypeScale(
    text=TypeStyle(size=11, leading=16),
    list=TypeStyle(size=10.5, leading=15),
    intro=TypeStyle(size=15, leading=22),
    pull=TypeStyle(size=18, leading=24),
    caption=TypeStyle(size=8.5, leading=12, width_factor=0.93),
    label=TypeStyle(size=8.5, leading=16),
    intro_gap_mm=8.0,
    picture_lines=11,
)
PRINT_SCALE = TypeScale(  # the width factor of the text allows for justification, hyphens and the drop cap
    text=TypeStyle(size=9.6, leading=12.756, width_factor=1.01),
    list=TypeStyle(size=9.6, leading=12.756),
    intro=TypeStyle(size=13, leading=17),
    pull=TypeStyle(size=18, leading=25.512),
    caption=TypeStyle(size=7.6, leading=10, width_factor=0.93),
    label=TypeStyle(size=8, leading=12.756),
    intro_gap_mm=8.5,
    picture_lines=14,
)

HEADING_1 = TypeStyle(size=44, leading=46, width_factor=0.99)
HEADING_2 = TypeStyle(size=26, leading=30)
THEME = TypeStyle(size=44, leading=48, width_factor=0.97)
THEMES = (
    THEME,
    *(TypeStyle(size=size, leading=leading, width_factor=0.97) for size, leading in ((34, 40), (26, 32), (20, 25))),
)
QUOTES = (  # size 0 is the largest
    TypeStyle(size=44, leading=48, width_factor=0.98),
    TypeStyle(size=34, leading=40, width_factor=0.98),
    TypeStyle(size=25, leading=31, width_factor=0.98),
    TypeStyle(size=18, leading=24, width_factor=0.98),
)
COVER_TITLES = tuple(TypeStyle(size=size, leading=size * 70 / 76, width_factor=0.98) for size in (76, 64, 54, 44, 34))

THEME_WIDTH_MM = 172.0
EVENT_TITLE_HEIGHT_MM = 52.0  # three lines in the largest type
THEME_HEIGHT_MM = 102.0  # above the waveform of an opener
COVER_TITLE_WIDTH_MM = 165.0  # of 172 in the stylesheet: the estimate may be off
QUOTE_WIDTHS_MM = (155.0, 150.0, 135.0, 112.0)  # on the pages of quotes, by size
FULL_PAGE_QUOTE_WIDTH_MM = 168.0

OPENER_WAVEFORM_MM = 132.0  # heights; as wide as the page with its bleed
QUOTE_WAVEFORM_MM = 96.0
BACK_WAVEFORMS_MM = 150.0
