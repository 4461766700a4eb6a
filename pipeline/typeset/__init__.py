"""Sets text: templates, Markdown, typography, the words of the interface. Here stands all that others use."""

from pipeline.typeset.language import (
    clock,
    clock_range,
    counted_words,
    duration_words,
    file_size,
    long_date,
    templates_folder,
    words,
)
from pipeline.typeset.prose import html_of, pictures_in
from pipeline.typeset.slips import Slip, slips_in
from pipeline.typeset.templates import Theme, asset, render
from pipeline.typeset.typography import typographic

__all__ = [
    "Slip",
    "Theme",
    "asset",
    "clock",
    "clock_range",
    "counted_words",
    "duration_words",
    "file_size",
    "html_of",
    "long_date",
    "pictures_in",
    "render",
    "slips_in",
    "templates_folder",
    "typographic",
    "words",
]
