"""A desk to look at work in progress: ``public/`` on this machine only, built again when something is edited.

Knows how to watch, to serve and to tell browsers; what a build is, it is told.
"""

from pipeline.server.app import opened
from pipeline.server.rebuilder import Outcome, keep_up
from pipeline.server.reload_channel import Board
from pipeline.server.watcher import Watch

__all__ = ["Board", "Outcome", "Watch", "keep_up", "opened"]
