"""HTML to PDF with WeasyPrint, and reading and writing PDFs with pikepdf.

The only package that imports them.
"""

from pipeline.pdf.native_libraries import find_missing_libraries, get_renderer_version
from pipeline.pdf.system_fonts import compute_system_fonts_digest

__all__ = ["compute_system_fonts_digest", "find_missing_libraries", "get_renderer_version"]
