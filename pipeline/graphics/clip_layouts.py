"""The layouts of clips, by shape. Naming one loads no imaging library."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipLayout:
    """Where everything is, in pixels from the top; apps cover the edges of a high picture."""

    height: int
    label_top: int
    title_height: int
    waveform_top: int
    caption_top: int
    caption_px: int


LAYOUTS = {
    "1x1": ClipLayout(height=1080, label_top=80, title_height=260, waveform_top=440, caption_top=720, caption_px=70),
    "9x16": ClipLayout(height=1920, label_top=280, title_height=360, waveform_top=760, caption_top=1060, caption_px=80),
}
