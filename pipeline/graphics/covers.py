"""Draws the covers of a programme and its episodes from their waveforms."""

from PIL import Image

from pipeline.graphics.font_metrics import DISPLAY_FONT, LABEL_FONT
from pipeline.graphics.image_cleaning import encode_jpeg, write_image
from pipeline.graphics.palette import ACCENT, INK, PAPER, get_event_colour
from pipeline.graphics.tasks import MAX_COVER_PX, CoverTask, ImageResult
from pipeline.graphics.text_layout import TextBlock, TextBox
from pipeline.graphics.waveform_image import draw_waveforms

_MAX_BYTES = 500_000
_MAX_BARS = 72  # more would blur at 60 px

# These measures are relative to the side of the cover.
_MARGIN, _TOP = 0.055, 0.05
_FOOT = 0.795  # podcast apps draw icons over the part below
_FULL_WIDTH = 1 - 2 * _MARGIN
TITLE_BOX = TextBox(
    sizes=tuple(size / 1000 for size in range(160, 89, -5)),  # at least 9 %: legible at 60 px
    width=2 / 3 - _MARGIN,
    height=0.3,
    max_width=_FULL_WIDTH,
    max_lines=5,
)
_LEADING = 1.03
_LABEL_SIZE, _NUMBER_SIZE = 0.038, 0.09
_GAP = 0.045  # between title, label and waveforms


def draw_cover(task: CoverTask) -> ImageResult:
    """Draw a cover.

    That of a programme has coloured waveforms on paper, that of an episode one on its colour.

    The title is at least 9 % of the height and stays above the lowest fifth; a title that is too
    long is truncated.

    Raises:
        WeerslagError: A font cannot be read, or the file cannot be written.
    """
    supersampling = MAX_COVER_PX // task.size_px  # never larger than the largest, whose memory is needed anyway
    side = task.size_px * supersampling
    is_episode = task.kind == "episode"
    image = Image.new("RGB", (side, side), get_event_colour(task.colours[0]) if is_episode else PAPER)
    top = _draw_text(image, task, colour=PAPER if is_episode else INK)
    colours = [PAPER if is_episode else get_event_colour(number) for number in task.colours]
    draw_waveforms(image, task.waveforms, colours, top=_TOP * side, bottom=top - _GAP * side, max_bars=_MAX_BARS)
    image = image.reduce(supersampling) if supersampling > 1 else image
    # No screen shows more than half of the largest cover's pixels, and libjpeg holds its colours in a quarter of the
    # memory: 27 MB less in all, while the encoders are at work.
    subsampling = "4:2:0" if task.size_px == MAX_COVER_PX else "4:4:4"
    return write_image(image, encode_jpeg(image, max_bytes=_MAX_BYTES, subsampling=subsampling), task.out)


def _draw_text(image: Image.Image, task: CoverTask, *, colour: str) -> float:
    """Draw the title from the foot up, and the label above it.

    Returns:
        The top of the text in pixels.
    """
    title = TextBlock(task.title, folder=task.fonts, font=DISPLAY_FONT)
    size, lines = title.fit_box(TITLE_BOX)
    baseline = _FOOT - size * 0.25  # descenders stay above the foot
    for line in reversed(lines):
        title.draw_line(image, line, left=_MARGIN, baseline=baseline, size=size, colour=colour)
        baseline -= size * _LEADING
    top = baseline + size * (_LEADING - 0.75)  # ascenders take three quarters
    if not task.label:
        return top * image.height
    is_number = len(task.label) <= 3
    label = TextBlock(task.label, folder=task.fonts, font=LABEL_FONT)
    size, colour = (_NUMBER_SIZE, ACCENT) if is_number else (_LABEL_SIZE, colour)
    baseline = top - _GAP
    for line in reversed(label.wrap_lines(size, _FULL_WIDTH)[:2]):
        label.draw_line(image, line, left=_MARGIN, baseline=baseline, size=size, colour=colour)
        baseline -= size * 1.25
    return (baseline + size * 0.5) * image.height
