"""Everything under ``public/`` that a browser opens: pages, style, script and fonts, made of values."""

from pipeline.site.pages import RECIPE, render_site

__all__ = ["RECIPE", "render_site"]
