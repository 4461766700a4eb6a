"""Every command reads, and so validates, each content file once."""

import sys
import threading
from collections import Counter

import pytest

from pipeline.cli import main
from pipeline.cli.progress import open_reporter
from pipeline.cli.serve import _PreviewBuilder
from pipeline.content.programme_folder import ProgrammeFolder

COMMANDS = [
    ["check"],
    ["check", "--json"],
    ["approve"],
    ["approve", "tafel-3"],
    ["build", "--dry-run"],
    ["build", "--dry-run", "site"],
    ["status"],
    ["new", "story", "achteraf"],
]


@pytest.fixture
def reads(monkeypatch):
    """Count the reads of each content file."""
    counts = Counter()
    read = ProgrammeFolder.read

    def count_read(folder, path):
        counts[path] += 1
        return read(folder, path)

    monkeypatch.setattr(ProgrammeFolder, "read", count_read)
    return counts


def assert_each_file_was_read_once(reads):
    assert {"programme.yaml", "magazine/magazine.yaml", "episodes/01-burger-centraal/transcript.vtt"} <= set(reads)
    assert {} == {path: count for path, count in reads.items() if count > 1}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_command_reads_each_file_once(content, reads, monkeypatch, words):
    monkeypatch.setattr(sys, "argv", ["weerslag", "-C", str(content.root), *words])

    with pytest.raises(SystemExit):
        main()

    assert_each_file_was_read_once(reads)


def test_preview_reads_each_file_once_per_edit(content, reads):
    with open_reporter(why=False, quiet=True) as reporter:
        builder = _PreviewBuilder(root=content.root, workers="local", reporter=reporter)
        builder.build_pages()
        builder.build_rest(threading.Event())

    assert_each_file_was_read_once(reads)
