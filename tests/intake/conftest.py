"""Imports a file as the command does, without a programme."""

import pytest

from pipeline.intake.draft_writer import plan_drafts
from pipeline.intake.importer import import_file
from pipeline.intake.tasks import ImportTask


def render_result(result):
    """All drafts of a file, and its omissions.

    Without stamps, to compare them with an expected text.
    """
    drafts = plan_drafts([result], event="avond", language="nl", read_existing=lambda _: None, update=False)
    pieces = [f"=== {draft.path}\n{remove_stamp(draft.content)}" for draft in drafts]
    pieces += [f"=== omitted: {count} × {what}\n" for what, count in result.omissions.items()]
    return "".join(pieces)


def remove_stamp(draft):
    """A draft without the line that shows whether it was edited."""
    return "\n".join(line for line in draft.split("\n") if not line.startswith("# weerslag-import "))


@pytest.fixture
def read(tmp_path):
    """Reads a file by its path, or bytes under a name."""

    def read_file(content, name="tafel-1.docx", **fields):
        if isinstance(content, bytes):
            (tmp_path / name).write_bytes(content)
            content = tmp_path / name
        image_folder = tmp_path / "images"
        image_folder.mkdir(exist_ok=True)
        return import_file(ImportTask(file=str(content), image_folder=str(image_folder), **fields))

    return read_file
