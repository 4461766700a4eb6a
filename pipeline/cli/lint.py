"""``weerslag lint``: the feed linter, on any feed."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import click

from pipeline.cli.environment import get_current_time
from pipeline.cli.http_fetch import download
from pipeline.cli.language import ngettext, translate
from pipeline.cli.media_lookup import LocalMedia, RemoteMedia
from pipeline.cli.output import print_json
from pipeline.errors import WeerslagError, fill
from pipeline.graphics.image_cleaning import inspect_image
from pipeline.lint import LintResult, MediaProbes, lint_feed, lint_media
from pipeline.media.decoder import Decoder
from pipeline.media.samples import RATE
from pipeline.model import Finding, to_display_json

_MAX_BYTES, _TIMEOUT_S = 64_000_000, 120.0  # of a feed that is downloaded
_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}


@click.command(
    epilog="""\b
Examples: weerslag lint public/feed.xml --media
          weerslag lint https://example.org/feed.xml
          weerslag lint feed.xml --address https://example.org/feed.xml --json | jq -r '.[].code'

The exit code is 1 if there is an error, else 0. docs/linter.md explains each code and its source."""
)
@click.argument("feed", metavar="FEED")
@click.option(
    "--media", is_flag=True, help="Also check the files that the feed refers to (of a local feed: local files)."
)
@click.option("--address", metavar="URL", help="The address at which the feed is, or will be, served.")
@click.option("--advice", is_flag=True, help="Also report recommendations.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def lint(feed: str, *, media: bool, address: str | None, advice: bool, as_json: bool) -> None:
    """Find what podcast apps and directories reject or misread in FEED, a file or an address."""
    is_remote = feed.lower().startswith(("http://", "https://"))
    try:
        document, addresses = _download_feed(feed) if is_remote else (_read_feed(feed), ())
    except WeerslagError as error:
        if not is_remote:
            raise
        finding = Finding(code="unreachable", severity="error", where=feed, message=error.message, hint=error.hint)
        findings: tuple[Finding, ...] = (finding,)
    else:
        addresses = (address, *addresses) if address else addresses
        result = lint_feed(document, file=feed, addresses=addresses, now=get_current_time(), advice=advice)
        findings = result.findings
        if media:
            with _open_media(feed, base=address or result.self_address, is_remote=is_remote) as files:
                findings += _lint_media(result, files, feed, advice=advice)
    if as_json:
        print_json([to_display_json(finding) for finding in findings])
    else:
        _print_findings(findings)
    if any(finding.severity == "error" for finding in findings):
        click.get_current_context().exit(1)


def _read_feed(feed: str) -> bytes:
    try:
        with Path(feed).open("rb") as file:
            return file.read(_MAX_BYTES + 1)  # one more than the linter accepts
    except (OSError, ValueError) as error:
        reason = (error.strerror or "") if isinstance(error, OSError) else "invalid file name"
        message = fill("{feed}: {strerror}", feed=feed, strerror=reason)
        raise click.BadParameter(translate(message), param_hint="FEED") from error


def _download_feed(address: str) -> tuple[bytes, tuple[str, ...]]:
    """Download the feed; return it with every address that leads to it."""
    content = BytesIO()
    response = download(address, content, max_bytes=_MAX_BYTES, timeout_s=_TIMEOUT_S)
    for redirect in response.redirects:
        click.echo(translate(fill("redirected to {address}", address=redirect)), err=True)
    return content.getvalue(), (address, *response.redirects)


@contextmanager
def _open_media(feed: str, *, base: str, is_remote: bool) -> Iterator[LocalMedia | RemoteMedia]:
    if not is_remote:
        yield LocalMedia(Path(feed), base=base)
        return
    with tempfile.TemporaryDirectory(prefix="weerslag-") as folder:
        yield RemoteMedia(Path(folder))


def _lint_media(result: LintResult, files: LocalMedia | RemoteMedia, feed: str, *, advice: bool) -> tuple[Finding, ...]:
    probes = MediaProbes(open_file=files.open_file, measure_duration=_measure_duration, read_image=inspect_image)
    findings = lint_media(result.references, probes, file=feed, advice=advice)
    text = "{count} files checked, {skipped} outside the folder of the feed skipped"
    click.echo(translate(fill(text, count=files.opened, skipped=files.skipped)), err=True)
    return findings


def _measure_duration(path: str) -> float:
    with Decoder(path) as blocks:
        samples = sum(len(block) for block in blocks)
    if not samples:
        raise WeerslagError("no audio could be decoded", where=path)
    return samples / RATE


def _print_findings(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        label = click.style(finding.severity, fg=_COLOURS[finding.severity])
        click.echo(f"{finding.where}: {label}: {translate(finding.message)} ({finding.code})")
        if finding.hint:
            click.echo(f"  hint: {translate(finding.hint)}")
    counts = Counter(finding.severity for finding in findings)
    parts = [
        ngettext(one, many, counts[kind])
        for kind, one, many in (
            ("error", "{count} error", "{count} errors"),
            ("warning", "{count} warning", "{count} warnings"),
        )
        if counts[kind]
    ]
    click.echo(", ".join(parts) or translate("no errors, no warnings"), err=True)
