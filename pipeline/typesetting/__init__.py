"""Sets text: templates, Markdown, typography, the words of the interface. Here stands all that others use."""

from pipeline.typesetting.cross_references import file_meant, with_references
from pipeline.typesetting.interface_text import (
    clock,
    clock_range,
    counted_words,
    duration_words,
    file_size,
    long_date,
    said,
    templates_folder,
    words,
)
from pipeline.typesetting.markdown import TextPicture, bare_html_of, caption_and_credit, html_of, links_in, pictures_in
from pipeline.typesetting.templates import Theme, asset, render
from pipeline.typesetting.typing_errors import Slip, slips_in
from pipeline.typesetting.typography import typographic

__all__ = [
    "Slip",
    "TextPicture",
    "Theme",
    "asset",
    "bare_html_of",
    "caption_and_credit",
    "clock",
    "clock_range",
    "counted_words",
    "duration_words",
    "file_meant",
    "file_size",
    "html_of",
    "links_in",
    "long_date",
    "pictures_in",
    "render",
    "said",
    "slips_in",
    "templates_folder",
    "typographic",
    "with_references",
    "words",
]
