"""The programme site: every file under ``public/`` that a browser opens, rendered from values."""

from pipeline.site.calendar_entry import hash_entry
from pipeline.site.page_context import SiteContext
from pipeline.site.pages import render_site

__all__ = ["SiteContext", "hash_entry", "render_site"]
