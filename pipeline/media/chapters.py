"""Reads the chapters inside a media file: ID3 CHAP frames, chapters of MP4 and of Ogg."""

import json
import subprocess
from typing import Any

from pipeline.media.executable import find_ffprobe
from pipeline.media.process import build_input_arguments

_TIMEOUT_S = 60.0


def read_chapters(path: str) -> tuple[tuple[int, str], ...]:
    """Read the chapters of a file; none if it has none, or cannot be read.

    Returns:
        Start in milliseconds and title of each, in order of the file; titles may be empty.
    """
    argv = [str(find_ffprobe()), "-v", "quiet", "-show_chapters", "-of", "json", *build_input_arguments(path)]
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=_TIMEOUT_S)
        found: list[dict[str, Any]] = json.loads(done.stdout or b"{}").get("chapters", [])
        return tuple((round(float(one["start_time"]) * 1000), one.get("tags", {}).get("title", "")) for one in found)
    except (ValueError, KeyError, AttributeError, subprocess.TimeoutExpired):
        return ()
