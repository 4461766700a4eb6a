"""The feed linter: finds what podcast apps and directories reject or misread in any feed, with line and column.

It knows podcast feeds, not our programmes.
"""

from pipeline.lint.linter import LintResult, lint_feed
from pipeline.lint.media_references import MediaReference
from pipeline.lint.media_rules import MediaFile, MediaProbes, lint_media

__all__ = ["LintResult", "MediaFile", "MediaProbes", "MediaReference", "lint_feed", "lint_media"]
