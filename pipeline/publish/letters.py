"""What others must be told of a publish: written to ``press/``, for somebody to send."""

from pathlib import Path

from pipeline.model import Programme
from pipeline.press.letters import render_move, render_withdrawal
from pipeline.publish.ledger import Ledger, Line
from pipeline.store.files import write_whole


def write_letters(line: Line, ledger: Ledger, *, programme: Programme, moved_from: str, root: Path) -> tuple[str, ...]:
    """The paths written: redirects for a feed that moved, a letter for episodes that were withdrawn; mostly none.

    Raises:
        StoreError: one could not be written.
    """
    outputs = render_move(moved_from, line.feed) if moved_from else ()
    known = {listed.guid: listed.address for one in ledger.lines for listed in one.episodes}
    if line.withdrawn:
        gone = [(guid, known.get(guid, "")) for guid in line.withdrawn]
        outputs += render_withdrawal(
            language=programme.language, programme=programme.title, feed=line.feed, withdrawn=gone
        )
    for output in outputs:
        write_whole(root / output.path, output.content or b"")
    return tuple(output.path for output in outputs)
