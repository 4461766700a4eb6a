"""The preview: everything as it will be when all episodes are published, marked, in a tree of its own in the cache.

``public/`` and ``press/`` never hold anything of it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from html import escape
from pathlib import PurePosixPath

from pipeline import urls
from pipeline.builder.trees import PREVIEW
from pipeline.cache import TreeFile
from pipeline.model import Programme, Release
from pipeline.typesetting import Theme, format_date_time, load_translator, read_asset

_STYLE = "assets/preview.css"
_BODY = re.compile(rb"<body\b[^>]*>")


def find_last_publication(programme: Programme, now: datetime) -> datetime:
    """Find the time at which every episode is published; ``now`` if none is held back."""
    return max([now, *(episode.published for episode in programme.episodes)])


def mark_title(release: Release, *, now: datetime, language: str) -> Release:
    """Say in the title of a held-back release when it will be published: a feed can show it nowhere else."""
    episode = release.episode
    if episode.published <= now:
        return release
    title = f"[{format_note(episode.published, language=language)}] {episode.title}"
    return replace(release, episode=replace(episode, title=title))


def format_note(published: datetime, *, language: str) -> str:
    """Format the mark of a held-back episode: ``Nog niet gepubliceerd: 20 juni 2024, 06.00 uur``."""
    translate = load_translator(language)
    return translate("Not published yet: {time}").format(time=format_date_time(published, language=language))


def build_preview_tree(
    trees: Mapping[str, Mapping[str, TreeFile]], releases: Sequence[Release], programme: Programme, *, now: datetime
) -> dict[str, dict[str, TreeFile]]:
    """Join ``public/`` and ``press/`` as they will be in one tree, and mark each page if anything is held back.

    Args:
        trees: Files by tree and by path in it.
        releases: All releases.
        programme: The programme.
        now: Releases that are published later are held back.

    Returns:
        The files of the preview, by path; those of ``press/`` below ``press/``.
    """
    files = dict(trees["public"])
    notes = {f"{urls.episode(one.episode.slug)}index.html": one for one in releases if one.episode.published > now}
    if notes:
        files |= {
            path: replace(file, content=_mark_page(file.content, path, notes.get(path), programme.language))
            for path, file in files.items()
            if file.content is not None and path.endswith(".html") and path != urls.NOT_FOUND
        }
        style = read_asset("preview.css", theme=Theme(folder="site", language=programme.language))
        files[_STYLE] = TreeFile(target="site", content=style)
    files |= {f"press/{path}": file for path, file in trees["press"].items()}
    return {PREVIEW: files}


def _mark_page(page: bytes, path: str, release: Release | None, language: str) -> bytes:
    """Put a line at the top of a page, whatever theme it has, and keep search engines away from it."""
    translate, folder = load_translator(language), f"{PurePosixPath(path).parent}/"
    note = escape(translate("Preview: also shows what is not published yet"))
    if release is not None:
        report = urls.make_relative(f"press/{urls.report(release.episode.slug)}", page=folder)
        note = escape(format_note(release.episode.published, language=language))
        note += f' · <a href="{escape(report)}">{escape(translate("Processing report"))}</a>'
    style = escape(urls.make_relative(_STYLE, page=folder))
    head = f'<meta name="robots" content="noindex">\n<link rel="stylesheet" href="{style}">\n</head>'
    line = f'<p class="preview-note" role="note">{note}</p>'
    page = page.replace(b"</head>", head.encode(), 1)
    return _BODY.sub(lambda body: body[0] + b"\n" + line.encode(), page, count=1)
