"""What a build can be asked for, and the folders that it replaces."""

from pathlib import Path

from pipeline.cache import Cache, OutputTree

TARGETS = ("episodes", "feed", "site", "magazine", "press")
WEB_MAGAZINE = "web"  # a target of `serve`: the web edition without the PDFs, which take seconds
TREES = ("public", "press")
PREVIEW = "preview"  # the tree of a preview, in the cache


def open_tree(root: Path, cache: Cache, name: str) -> OutputTree:
    """Open ``public`` or ``press`` of the programme, or the preview, which is in the cache: nothing there is published."""
    return cache.get_output_tree((cache.folder if name == PREVIEW else root) / name)
