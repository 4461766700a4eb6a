"""Draws the images that social networks show with a link: a title above a waveform, 1200 × 630."""

from PIL import Image

from pipeline.graphics.font_metrics import DISPLAY_FONT, LABEL_FONT
from pipeline.graphics.image_cleaning import save_without_metadata
from pipeline.graphics.palette import INK, PAPER, get_event_colour
from pipeline.graphics.tasks import SOCIAL_IMAGE_HEIGHT_PX, SOCIAL_IMAGE_WIDTH_PX, ImageResult, SocialImageTask
from pipeline.graphics.text_layout import TextBlock, TextBox
from pipeline.graphics.waveform_image import draw_waveforms
from pipeline.model import Waveform

_SUPERSAMPLING = 2
_MAX_BARS = 120
_SILENCE = Waveform(bar_s=1, heights=(0.0,) * 48)  # drawn as dots, for an event without audio

# These measures are relative to the height of the image.
_MARGIN, _FOOT = 0.1, 0.93
_FULL_WIDTH = SOCIAL_IMAGE_WIDTH_PX / SOCIAL_IMAGE_HEIGHT_PX - 2 * _MARGIN
_TITLE_BOX = TextBox(
    sizes=tuple(size / 1000 for size in range(200, 89, -5)),
    width=_FULL_WIDTH,
    height=0.4,
    max_width=_FULL_WIDTH,
    max_lines=4,
)
_LEADING, _LABEL_SIZE, _GAP = 1.06, 0.052, 0.07


def draw_social_image(task: SocialImageTask) -> ImageResult:
    """Draw the image of a programme, an episode or an event.

    A title over more than four lines is truncated.

    Raises:
        WeerslagError: A font cannot be read, or the file cannot be written.
    """
    size = (SOCIAL_IMAGE_WIDTH_PX * _SUPERSAMPLING, SOCIAL_IMAGE_HEIGHT_PX * _SUPERSAMPLING)
    image = Image.new("RGB", size, get_event_colour(task.colours[0]) if task.on_colour else PAPER)
    bottom = _draw_text(image, task, colour=PAPER if task.on_colour else INK)
    waveforms = task.waveforms or (_SILENCE,)
    colours = [PAPER] * len(waveforms) if task.on_colour else [get_event_colour(number) for number in task.colours]
    top, foot = (bottom + _GAP) * image.height, _FOOT * image.height
    draw_waveforms(image, waveforms, colours or [INK], top=top, bottom=foot, max_bars=_MAX_BARS)
    return save_without_metadata(image.reduce(_SUPERSAMPLING), task.out)


def _draw_text(image: Image.Image, task: SocialImageTask, *, colour: str) -> float:
    """Draw the label and the title below it; return the bottom of the text."""
    top = _MARGIN
    if task.label:
        label = TextBlock(task.label, folder=task.fonts, font=LABEL_FONT)
        (line, *_) = label.wrap_lines(_LABEL_SIZE, _FULL_WIDTH)
        baseline = top + _LABEL_SIZE * 0.75  # ascenders take three quarters
        label.draw_line(image, line, left=_MARGIN, baseline=baseline, size=_LABEL_SIZE, colour=colour)
        top += _LABEL_SIZE + _GAP / 2
    title = TextBlock(task.title, folder=task.fonts, font=DISPLAY_FONT)
    size, lines = title.fit_box(_TITLE_BOX)
    baseline = top + size * 0.75
    for line in lines:
        title.draw_line(image, line, left=_MARGIN, baseline=baseline, size=size, colour=colour)
        baseline += size * _LEADING
    return baseline - size * (_LEADING - 0.25)
