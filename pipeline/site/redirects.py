"""Pages and calendars at former addresses: they forward, for links, bookmarks, printed QR codes and calendar apps."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from pipeline import urls
from pipeline.model import Output, Programme, Redirect
from pipeline.typesetting import Theme, read_asset, render_template


def render_redirect_pages(programme: Programme, outputs: Mapping[str, Output], *, theme: Theme) -> Iterator[Output]:
    """Render what forwards from former addresses; a page that is not published yet has nothing at its former address.

    Args:
        programme: The programme, with its redirects.
        outputs: The files of the site, by path under ``public/``.
        theme: Has the template ``redirect.html``.

    Yields:
        A page for each redirect, which keeps the position in an episode (``#t=``), the calendar of a renamed event, and
        the script of these pages. Players and articles of the magazine on the web have pages of their own.
    """
    articles = set(_list_articles(programme))
    if programme.redirects:
        yield Output(path="public/assets/redirect.js", content=read_asset("redirect.js", theme=theme))
    for redirect in [*programme.redirects, *_list_player_redirects(programme), *_list_article_redirects(programme)]:
        if f"{redirect.new}index.html" not in outputs and redirect.new not in articles:
            continue
        html = render_template(
            "redirect.html",
            theme=theme,
            programme=programme,
            to=urls.make_relative(f"{redirect.new}index.html", page=redirect.old),
            address=urls.make_absolute(programme.url, redirect.new),
            script=urls.make_relative("assets/redirect.js", page=redirect.old),
            old_prefix=_find_reflection_prefix(redirect.old),
            new_prefix=_find_reflection_prefix(redirect.new),
        )
        yield Output(path=f"public/{redirect.old}index.html", content=html.encode())
        calendar = outputs.get(f"{redirect.new.rstrip('/')}.ics")
        if calendar is not None:
            yield Output(path=f"public/{redirect.old.rstrip('/')}.ics", content=calendar.content)


def _list_articles(programme: Programme) -> Iterator[str]:
    """List the pages of the magazine on the web about events and stories."""
    for article in programme.magazine.flatplan if programme.magazine else ():
        if article.kind == "event":
            yield urls.magazine_article(urls.event(article.ref))
        elif article.kind == "article":
            yield urls.magazine_article(urls.story(PurePosixPath(article.ref).stem))


def _list_article_redirects(programme: Programme) -> Iterator[Redirect]:
    """List the pages of the magazine on the web about renamed events and stories."""
    for redirect in programme.redirects:
        old = urls.magazine_article(redirect.old)
        if old:
            yield Redirect(old=old, new=urls.magazine_article(redirect.new))


def _find_reflection_prefix(page: str) -> str:
    """Find how the anchors of reflections begin in a page of the magazine; empty for other pages."""
    found = re.fullmatch("magazine/event-(.+)/", page)
    return f"#reflection-{found[1]}-" if found else ""


def _list_player_redirects(programme: Programme) -> Iterator[Redirect]:
    """List the players of renamed episodes, which are in pages of other sites."""
    for redirect in programme.redirects:
        kind, _, slug = redirect.old.rstrip("/").partition("/")
        if kind == "episodes":
            new = redirect.new.rstrip("/").partition("/")[2]
            yield Redirect(old=urls.embed(slug), new=urls.embed(new))
