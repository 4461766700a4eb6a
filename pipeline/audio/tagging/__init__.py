"""Tags, chapters and cover of encoded files. The only package that imports mutagen."""

from pipeline.audio.tagging.tags import Tags, clean_text
from pipeline.audio.tagging.writer import read_tags, tag

__all__ = ["Tags", "clean_text", "read_tags", "tag"]
