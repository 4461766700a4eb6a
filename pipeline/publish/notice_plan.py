"""What others must be told of what was published: ``press/`` has it for somebody to send, made of the ledger alone."""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.model import Output, Programme
from pipeline.model.build_outline import Outline
from pipeline.publish.notice_files import render_moves, render_withdrawal
from pipeline.publish.publication_log import Ledger, Line
from pipeline.publish.server_config import render_serving


def letters_of(ledger: Ledger, programme: Programme | Outline) -> tuple[Output, ...]:
    """How to serve it, redirects for each address that the feed ever left, a letter for each withdrawal that still stands."""
    outputs = {output.path: output for line in _withdrawals(ledger) for output in _letter(line, ledger, programme)}
    return (*render_serving(programme.url), *render_moves(_moves(ledger)), *outputs.values())


def _moves(ledger: Ledger) -> list[tuple[str, str]]:
    """Each old address with the one where the feed is now: no app is sent on twice."""
    newest = next((line.feed for line in reversed(ledger.lines) if line.feed), "")
    left = dict.fromkeys(line.moved_from for line in ledger.lines if line.moved_from)
    return [(old, newest) for old in left if old != newest]


def _withdrawals(ledger: Ledger) -> Iterator[Line]:
    """The lines that withdrew something, without what came back later."""
    returned: set[str] = set()
    standing = []
    for line in reversed(ledger.lines):
        if gone := tuple(guid for guid in line.withdrawn if guid not in returned):
            standing.append(replace(line, withdrawn=gone))
        returned |= {listed.guid for listed in line.episodes}
    yield from reversed(standing)


def _letter(line: Line, ledger: Ledger, programme: Programme | Outline) -> tuple[Output, ...]:
    """The same letter again, for as long as the ledger stands."""
    known = {listed.guid: listed.address for one in ledger.lines for listed in one.episodes}
    feeds = [
        one.feed for one in ledger.lines if one.at <= line.at and one.feed
    ]  # with its last episode a feed goes too
    return render_withdrawal(
        language=programme.language,
        programme=programme.title,
        feed=line.feed or next(reversed(feeds), ""),
        withdrawn=[(guid, known.get(guid, "")) for guid in line.withdrawn],
    )
