"""HTML to PDF with WeasyPrint, and reading and writing PDFs with pikepdf.

The only package that imports them.
"""

from pipeline.pdf.native_libraries import find_missing_libraries, get_renderer_version

__all__ = ["find_missing_libraries", "get_renderer_version"]
