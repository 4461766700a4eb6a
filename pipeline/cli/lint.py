"""``weerslag lint``: the feed linter, on any feed."""

import tempfile
from collections import Counter
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

import click

from pipeline.cli import print_json
from pipeline.cli.environment import now
from pipeline.cli.http_fetch import fetch
from pipeline.cli.media_lookup import Beside, There
from pipeline.errors import WeerslagError
from pipeline.graphics.image_cleaning import looked_at
from pipeline.lint import Eyes, Linted, lint_feed, lint_media
from pipeline.media import ffmpeg
from pipeline.model import Finding, to_plain

_MOST_BYTES, _MOST_S = 64_000_000, 120.0  # of a feed fetched from an address
_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}


@click.command(
    epilog="""\b
Examples: weerslag lint public/feed.xml --media
          weerslag lint https://example.org/feed.xml
          weerslag lint feed.xml --address https://example.org/feed.xml --json | jq -r '.[].code'

Leaves with 1 if there is an error, with 0 if there are warnings at most. What each code means, and whose
rule it is: docs/linter.md."""
)
@click.argument("feed", metavar="FEED")
@click.option("--media", is_flag=True, help="Open the files that it names too (for a file: those beside it).")
@click.option("--address", metavar="URL", help="Where the feed is served, or will be.")
@click.option("--advice", is_flag=True, help="Say also what is merely recommended.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def lint(feed: str, *, media: bool, address: str | None, advice: bool, as_json: bool) -> None:
    """Say what apps and directories will stumble over in FEED, a file or an address."""
    served = feed.lower().startswith(("http://", "https://"))
    try:
        document, addresses = _fetched(feed) if served else (_read(feed), ())
    except WeerslagError as error:
        if not served:
            raise
        findings: tuple[Finding, ...] = (_unreachable(feed, error),)
    else:
        addresses = (address, *addresses) if address else addresses
        linted = lint_feed(document, file=feed, addresses=addresses, now=now(), advice=advice)
        findings = linted.findings
        if media:
            findings += _opened(linted, feed, base=address or linted.address, served=served, advice=advice)
    if as_json:
        print_json([to_plain(finding) for finding in findings])
    else:
        _tell(findings)
    if any(finding.severity == "error" for finding in findings):
        click.get_current_context().exit(1)


def _read(feed: str) -> bytes:
    try:
        with Path(feed).open("rb") as file:
            return file.read(_MOST_BYTES + 1)  # one more than the linter takes
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "a file cannot be called so"
        raise click.BadParameter(f"{feed}: {reason}", param_hint="FEED") from error


def _fetched(address: str) -> tuple[bytes, tuple[str, ...]]:
    """The feed, and every address that leads to it."""
    held = BytesIO()
    answer = fetch(address, held, most_bytes=_MOST_BYTES, most_s=_MOST_S)
    for hop in answer.hops:
        click.echo(f"sent on to {hop}", err=True)
    return held.getvalue(), (address, *answer.hops)


def _opened(linted: Linted, feed: str, *, base: str, served: bool, advice: bool) -> tuple[Finding, ...]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="weerslag-"))) if served else None
        seen: Beside | There = There(folder) if folder else Beside(Path(feed), base=base)
        eyes = Eyes(seen=seen, duration_s=_duration_s, pictured=looked_at)
        found = lint_media(linted.named, eyes, file=feed, advice=advice)
    click.echo(f"{seen.opened} files opened, {seen.outside} are elsewhere", err=True)
    return found


def _duration_s(path: str) -> float:
    with ffmpeg.Decoding(path) as blocks:
        samples = sum(len(block) for block in blocks)
    if not samples:
        raise WeerslagError("no sound comes out of it", where=path)
    return samples / ffmpeg.RATE


def _unreachable(feed: str, error: WeerslagError) -> Finding:
    return Finding(code="unreachable", severity="error", where=feed, message=error.message, hint=error.hint)


def _tell(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        label = click.style(finding.severity, fg=_COLOURS[finding.severity])
        click.echo(f"{finding.where}: {label}: {finding.message} ({finding.code})")
        if finding.hint:
            click.echo(f"  hint: {finding.hint}")
    counts = Counter(finding.severity for finding in findings)
    told = ", ".join(
        f"{counts[kind]} {kind}{'s' if counts[kind] != 1 else ''}" for kind in ("error", "warning") if counts[kind]
    )
    click.echo(told or "nothing to mend", err=True)
