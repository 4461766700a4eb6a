"""The podcast feed: RSS with the iTunes, Podlove and podcast namespaces, chapter files and transcripts."""

from pipeline.feed.renderer import render_feed

__all__ = ["render_feed"]
