"""Notices for the operators of servers and directories: redirects after a move, removal requests after a withdrawal.

They are derived from the publication log alone, so that every build writes them again.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from pipeline import urls
from pipeline.cache.atomic_files import write_atomic
from pipeline.content.publication_log import LogEntry, PublicationLog
from pipeline.model import Output, Programme
from pipeline.model.build_outline import BuildOutline
from pipeline.publish.server_config import render_server_config

DIRECTORIES = (
    ("Apple Podcasts", "https://podcastsconnect.apple.com/"),
    ("Spotify", "https://creators.spotify.com/"),
    ("Podcast Index", "https://podcastindex.org/"),
)


def render_notices(log: PublicationLog, programme: Programme | BuildOutline) -> tuple[Output, ...]:
    """Render server settings, redirects for each URL that the feed ever had, and a notice per withdrawal."""
    notices = [_render_notice(entry, log, programme) for entry in _find_withdrawals(log)]
    newest = {notice.path: notice for notice in notices}
    return (*render_server_config(programme.url), *render_redirects(_find_moves(log)), *newest.values())


def write_new_notices(notices: Sequence[Output], root: Path) -> tuple[str, ...]:
    """Write the notices that changed, and return their paths.

    Raises:
        StorageError: One cannot be written.
    """
    new = [
        notice
        for notice in notices
        if not (file := root / notice.path).is_file() or file.read_bytes() != notice.content
    ]
    for notice in new:
        write_atomic(root / notice.path, notice.content or b"")
    return tuple(notice.path for notice in new)


def render_redirects(moves: Sequence[tuple[str, str]]) -> tuple[Output, ...]:
    """Render permanent redirects (301) for nginx, Apache and static hosts.

    Args:
        moves: Old and new URL of a feed. Of a site of ours, whose feed keeps its name, the whole folder moves along; of a
            podcast that came from another host only the feed. None: no files.
    """
    if not moves:
        return ()
    files = {"nginx.conf": "", "apache.htaccess": "", "_redirects": ""}
    for old, new in moves:
        comment = f"# {old} moved. Keep this permanently: apps may request the old URL for years.\n"
        path = urlsplit(old).path
        if path.rpartition("/")[2] != urls.FEED:
            files["nginx.conf"] += f"{comment}location = {path} {{\n    return 301 {new};\n}}\n"
            files["apache.htaccess"] += f"{comment}RedirectMatch permanent ^{re.escape(path)}$ {new}\n"
            files["_redirects"] += f"{comment}{path} {new} 301\n"
            continue
        source, target = path.rpartition("/")[0] + "/", new.rpartition("/")[0] + "/"
        pattern = re.escape(source)
        files["nginx.conf"] += (
            f"{comment}location ^~ {source} {{\n    rewrite ^{pattern}(.*)$ {target}$1 permanent;\n}}\n"
        )
        files["apache.htaccess"] += f"{comment}RedirectMatch permanent ^{pattern}(.*)$ {target}$1\n"
        files["_redirects"] += f"{comment}{source}* {target}:splat 301\n"
    return tuple(Output(path=f"press/moved/{name}", content=text.encode()) for name, text in files.items())


def _find_moves(log: PublicationLog) -> list[tuple[str, str]]:
    """Pair each old URL with the current one: no app is redirected twice."""
    current = next((entry.feed for entry in reversed(log.entries) if entry.feed), "")
    old_urls = dict.fromkeys(entry.moved_from for entry in log.entries if entry.moved_from)
    return [(old, current) for old in old_urls if old != current]


def _find_withdrawals(log: PublicationLog) -> list[LogEntry]:
    """Find the entries that withdrew episodes, without episodes that returned later."""
    returned: set[str] = set()
    found = []
    for entry in reversed(log.entries):
        if withdrawn := tuple(guid for guid in entry.withdrawn if guid not in returned):
            found.append(replace(entry, withdrawn=withdrawn))
        returned |= {listed.guid for listed in entry.episodes}
    return found[::-1]


def _render_notice(entry: LogEntry, log: PublicationLog, programme: Programme | BuildOutline) -> Output:
    """Render a removal request for directories: guids and URLs of the episodes, without personal names."""
    from pipeline.typesetting import load_translator  # noqa: PLC0415  # 80 ms, and only after a withdrawal

    translate = load_translator(programme.language)
    addresses = {listed.guid: listed.address for one in log.entries for listed in one.episodes}
    # the last episode takes its feed along
    feeds = [one.feed for one in log.entries if one.at <= entry.at and one.feed]
    paragraphs = [
        translate("Withdrawn from {programme}").format(programme=programme.title),
        translate(
            "The episode below was withdrawn. Please remove it from your index, with its audio, image and transcript."
        ),
        f"{translate('Feed')}: {entry.feed or next(reversed(feeds), '')}",
        *(f"guid: {guid}\n{translate('Sound')}: {addresses.get(guid, '')}" for guid in entry.withdrawn),
        f"{translate('Where to send this')}:\n" + "\n".join(f"- {name}: {address}" for name, address in DIRECTORIES),
        translate("Copies that people downloaded, and printed magazines, cannot be recalled."),
    ]
    name = re.sub(r"[^A-Za-z0-9]+", "-", "-".join(entry.withdrawn))[:80]
    return Output(path=f"press/withdrawn/{name}.txt", content=("\n\n".join(paragraphs) + "\n").encode())
