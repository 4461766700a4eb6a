"""A desk to look at work in progress: ``public/`` on this machine only, built again when something is edited.

Knows how to watch, to serve and to tell browsers; what a build is, it is told.
"""

from pipeline.preview.board import Board
from pipeline.preview.keeping import Outcome, keep_up
from pipeline.preview.serving import opened
from pipeline.preview.watching import Watch

__all__ = ["Board", "Outcome", "Watch", "keep_up", "opened"]
