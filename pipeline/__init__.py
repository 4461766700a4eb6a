"""Weerslag: recordings and notes of live events in; a podcast, a site and a magazine out."""

__version__ = "0.1.0"
