"""Serve a browser on this machine: a preview that is rebuilt after each edit, and (``review``) the transcript editor.

The only package that imports Starlette, uvicorn and watchfiles. The build is passed in as callbacks.
"""

from pipeline.server.app import create_app
from pipeline.server.http_server import run_app, run_server
from pipeline.server.rebuilder import RebuildResult, rebuild_on_change
from pipeline.server.reload_channel import ReloadChannel
from pipeline.server.watcher import Watcher, open_watcher

__all__ = [
    "RebuildResult",
    "ReloadChannel",
    "Watcher",
    "create_app",
    "open_watcher",
    "rebuild_on_change",
    "run_app",
    "run_server",
]
