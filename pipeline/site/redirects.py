"""Pages and calendars at former addresses: they forward, for links, bookmarks, printed QR codes and calendar apps."""

from collections.abc import Iterator, Mapping

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
        the script of these pages.
    """
    if programme.redirects:
        yield Output(path="public/assets/redirect.js", content=read_asset("redirect.js", theme=theme))
    for redirect in [*programme.redirects, *_list_player_redirects(programme)]:
        if f"{redirect.new}index.html" not in outputs:
            continue
        html = render_template(
            "redirect.html",
            theme=theme,
            programme=programme,
            to=urls.make_relative(f"{redirect.new}index.html", page=redirect.old),
            address=urls.make_absolute(programme.url, redirect.new),
            script=urls.make_relative("assets/redirect.js", page=redirect.old),
        )
        yield Output(path=f"public/{redirect.old}index.html", content=html.encode())
        calendar = outputs.get(f"{redirect.new.rstrip('/')}.ics")
        if calendar is not None:
            yield Output(path=f"public/{redirect.old.rstrip('/')}.ics", content=calendar.content)


def _list_player_redirects(programme: Programme) -> Iterator[Redirect]:
    """List the players of renamed episodes, which are in pages of other sites."""
    for redirect in programme.redirects:
        kind, _, slug = redirect.old.rstrip("/").partition("/")
        if kind == "episodes":
            new = redirect.new.rstrip("/").partition("/")[2]
            yield Redirect(old=urls.embed(slug), new=urls.embed(new))
