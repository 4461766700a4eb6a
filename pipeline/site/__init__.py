"""Everything under ``public/`` that a browser opens: pages, style, script and fonts, made of values."""

from pipeline.site.calendar import entry_digest
from pipeline.site.pages import RECIPE, render_site

__all__ = ["RECIPE", "entry_digest", "render_site"]
