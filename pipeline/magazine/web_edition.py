"""The magazine on the web: a page of contents and a page an article, readable without script, at any width."""

from collections.abc import Mapping, Sequence

from pipeline import urls
from pipeline.magazine.web_articles import FONTS, Leaf, Ways, ink_rules, leaves_of, magazine_of
from pipeline.model import Output, Programme, Release
from pipeline.typesetting import Theme, asset, render


def render_web(
    programme: Programme, releases: Sequence[Release], *, theme: Theme, pictures: Mapping[str, str]
) -> tuple[Output, ...]:
    """All files under ``public/magazine/`` that are text; ``pictures`` names each picture's path in ``public/``."""
    leaves = leaves_of(programme, releases, theme=theme, ways=lambda anchor: _ways(programme, pictures, anchor))
    pages = [_page(programme, theme, leaves, None)]
    pages += [_page(programme, theme, leaves, number) for number in range(len(leaves))]
    style = ink_rules().encode() + asset("fonts/stand-ins.css", theme=theme) + asset("web.css", theme=theme)
    files = [Output(path="public/magazine/web.css", content=style)]
    files += [
        Output(path=f"public/magazine/fonts/{name}", content=asset(f"fonts/{name}", theme=theme)) for name in FONTS
    ]
    return (*pages, *files)


def _ways(programme: Programme, pictures: Mapping[str, str], anchor: str) -> Ways:
    page = urls.magazine_page(anchor)

    def link(address: str) -> str:
        inside = address.removeprefix(programme.url)
        return urls.relative(inside, page=page) if inside != address else address

    return Ways(
        link=link,
        leaf=lambda anchor: urls.relative(urls.magazine_page(anchor), page=page),
        picture=lambda file: urls.relative(pictures[file], page=page),
    )


def _page(programme: Programme, theme: Theme, leaves: Sequence[Leaf], number: int | None) -> Output:
    magazine = magazine_of(programme)
    leaf = None if number is None else leaves[number]
    path = urls.magazine_page(leaf.anchor if leaf else "")
    page_html = render(
        "web.html.j2",
        theme=theme,
        programme=programme,
        magazine=magazine,
        leaf=leaf,
        leaves=leaves,
        before=leaves[number - 1] if number else None,
        after=leaves[number + 1] if number is not None and number + 1 < len(leaves) else None,
        top="../" if leaf else "./",
        home=urls.relative(urls.HOME, page=path),
        icon=urls.relative("assets/icon.svg", page=path),
        address=urls.absolute(programme.url, path),
        pdf=urls.relative(urls.magazine_pdf(magazine.name), page=path),
        epub=urls.relative(urls.magazine_epub(magazine.name), page=path),
    )
    return Output(path=f"public/{path}index.html", content=page_html.encode())
