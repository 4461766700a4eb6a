"""How a test reads what somebody handed in, as the command does, without a programme around it."""

import pytest

from pipeline.intake import IntakeJob, drafts_of, read_hand_in


def told(hand_in):
    """All drafts of a hand-in, and below them what was left out: without stamps, so that it can stand beside its source."""
    drafts = drafts_of([hand_in], event="avond", language="nl", there=lambda _: None, update=False)
    pieces = [f"=== {draft.path}\n{unstamped(draft.content)}" for draft in drafts]
    pieces += [f"=== left out: {one.count} × {one.what}\n" for one in hand_in.left_out]
    return "".join(pieces)


def unstamped(draft):
    """A draft without the line that tells when it was edited."""
    return "\n".join(line for line in draft.split("\n") if not line.startswith("# weerslag-import "))


@pytest.fixture
def read(tmp_path):
    """Reads a file by its path, or bytes under a name."""

    def reading(content, name="tafel-1.docx", **facts):
        if isinstance(content, bytes):
            (tmp_path / name).write_bytes(content)
            content = tmp_path / name
        pictures = tmp_path / "pictures"
        pictures.mkdir(exist_ok=True)
        return read_hand_in(IntakeJob(file=str(content), pictures=str(pictures), **facts))

    return reading
