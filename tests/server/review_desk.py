"""A programme with one short episode, and the transcript editor on it."""

import wave
from contextlib import contextmanager
from datetime import UTC, datetime

import numpy as np

from pipeline.content.review_log import compute_sound_digest
from pipeline.model.time_codes import format_timestamp
from pipeline.server import run_app
from pipeline.server.review import ApprovalDesk, ReviewDesk, create_review_app
from pipeline.server.review.timed_words import WordTimer

TOKEN = "een-geheim"  # of a test
SLUG = "01-een"
EPISODE = """\
---
guid: 8a1d5a1e-3a7a-4d3f-9d6e-0c1f5a2b7e11
number: 1
title: Een gesprek   # een opmerking
published: 2024-06-20 06:00
people: [{name: Anna de Wit, role: host}]
---
Tekst.
"""
CUES = [
    (0, 1500, "Stem 1", "Goede middag allemaal."),
    (1500, 3000, "Stem 2", "Fijn dat u er bent."),
    (3000, 4500, "Stem 1", "We beginnen met koffie."),
    (4500, 6000, "Stem 2", "En daarna praten we verder."),
]


def format_file(cues=CUES):
    blocks = [
        f"{format_timestamp(start)} --> {format_timestamp(end)}\n<v {who}>{text}" for start, end, who, text in cues
    ]
    return "WEBVTT\n\nNOTE Van ons.\n\n" + "\n\n".join(blocks) + "\n"


def write_programme(root, cues=CUES, seconds=7.0):
    """Write an episode with its transcript and a sound of noise bursts; return its folder."""
    folder = root / "episodes" / SLUG
    folder.mkdir(parents=True)
    (folder / "episode.md").write_text(EPISODE)
    (folder / "transcript.vtt").write_text(format_file(cues))
    rng = np.random.default_rng(1)
    samples = rng.normal(0, 3000, int(16_000 * seconds)) * (np.arange(int(16_000 * seconds)) % 16_000 > 4000)
    with wave.open(str(root / "sound"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(np.clip(samples, -32768, 32767).astype("<i2").tobytes())
    return folder


def get_test_time():
    return datetime(2026, 12, 1, 10, tzinfo=UTC)


def open_desk(root, **changes):
    values = {
        "title": "Een gesprek",
        "by": "mb",
        "sound": root / "sound",
        "sound_digest": compute_sound_digest(["aa"]),
        "lock_file": root / ".weerslag/review.lock",
        "get_time": get_test_time,
        "timer": WordTimer(),
    }
    return ReviewDesk(root=root, slug=SLUG, **{**values, **changes})


@contextmanager
def serve_desk(root, *, port=0, token=TOKEN, language="en", **changes):
    """Serve the transcript editor; yield its address, without the token."""
    with serve_desks(open_desk(root, **changes), root, port=port, token=token, language=language) as address:
        yield address


@contextmanager
def serve_desks(desk, root, *, port=0, token=TOKEN, language="en"):
    """Serve a transcript editor, or none, with the approvals; yield the address, without the token."""
    approvals = ApprovalDesk(root=root, by="mb", lock_file=root / ".weerslag/approvals.lock", get_time=get_test_time)
    with run_app(
        lambda hosts: create_review_app(desk, approvals, token=token, hosts=hosts, language=language, translate=str),
        port=port,
    ) as address:
        yield address
