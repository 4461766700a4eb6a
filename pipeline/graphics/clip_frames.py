"""The pictures of a clip: a ground with title and label, and its waveform before and after it was heard."""

from pathlib import Path

from PIL import Image

from pipeline.graphics.clip_layouts import LAYOUTS, ClipLayout
from pipeline.graphics.font_metrics import DISPLAY_FONT, LABEL_FONT
from pipeline.graphics.image_cleaning import save_without_metadata
from pipeline.graphics.palette import PAPER, get_event_colour
from pipeline.graphics.palettes import format_css, mix, parse_srgb
from pipeline.graphics.text_layout import TextBlock, TextBox
from pipeline.graphics.waveform_image import draw_waveforms
from pipeline.model import Waveform

WIDTH_PX = 1080
WAVEFORM_HEIGHT_PX = 220
_MARGIN_PX = 80
_LABEL_PX, _LEADING, _MAX_BARS = 38, 1.06, 54
_SUPERSAMPLING = 2
_UNHEARD = 0.45  # share of the paper in the colour of what is still to come


def draw_clip_frames(
    folder: str, *, shape: str, title: str, label: str, colour: int, waveform: Waveform, fonts: str
) -> None:
    """Draw ``ground.png``, and the strips ``unheard.png`` and ``heard.png``.

    Args:
        folder: Where the files are written.
        shape: A key of ``LAYOUTS``.
        title: Up to four lines; what is longer is truncated.
        label: One line above the title.
        colour: The number of the event colour.
        waveform: Of the sound of the clip.
        fonts: templates/fonts.

    Raises:
        WeerslagError: A font cannot be read, or a file cannot be written.
    """
    layout, ground = LAYOUTS[shape], get_event_colour(colour)
    image = Image.new("RGB", (WIDTH_PX * _SUPERSAMPLING, layout.height * _SUPERSAMPLING), ground)
    _draw_text(image, layout, title=title, label=label, fonts=fonts)
    save_without_metadata(image.reduce(_SUPERSAMPLING), str(Path(folder) / "ground.png"))
    dim = format_css(mix(parse_srgb(PAPER), _UNHEARD, parse_srgb(ground)))
    for name, ink in (("unheard", dim), ("heard", PAPER)):
        strip = Image.new("RGB", (WIDTH_PX * _SUPERSAMPLING, WAVEFORM_HEIGHT_PX * _SUPERSAMPLING), ground)
        draw_waveforms(strip, (waveform,), (ink,), top=0, bottom=strip.height, max_bars=_MAX_BARS)
        save_without_metadata(strip.reduce(_SUPERSAMPLING), str(Path(folder) / f"{name}.png"))


def _draw_text(image: Image.Image, layout: ClipLayout, *, title: str, label: str, fonts: str) -> None:
    """Draw the label, and the title below it; measures are relative to the height of the image."""
    unit, left = 1 / layout.height, _MARGIN_PX / layout.height
    width = (WIDTH_PX - 2 * _MARGIN_PX) * unit
    line = TextBlock(label, folder=fonts, font=LABEL_FONT)
    size = _LABEL_PX * unit
    baseline = layout.label_top * unit + size
    line.draw_line(image, line.wrap_lines(size, width)[0], left=left, baseline=baseline, size=size, colour=PAPER)
    sizes = tuple(px * unit for px in range(104, 50, -4))
    block = TextBlock(title, folder=fonts, font=DISPLAY_FONT)
    box = TextBox(sizes=sizes, width=width, height=layout.title_height * unit, max_width=width, max_lines=4)
    size, lines = block.fit_box(box)
    baseline += 24 * unit
    for text in lines:
        baseline += size * _LEADING
        block.draw_line(image, text, left=left, baseline=baseline, size=size, colour=PAPER)
