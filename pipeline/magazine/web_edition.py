"""The web edition: a contents page and a page for each article, without scripts."""

from collections.abc import Mapping, Sequence

from pipeline import urls
from pipeline.magazine.break_opportunities import add_break_opportunities
from pipeline.magazine.sections import require_magazine
from pipeline.magazine.web_articles import FONTS, LinkResolver, WebArticle, render_articles, render_colour_rules
from pipeline.model import Output, Programme, Release
from pipeline.typesetting import Theme, read_asset, render_template


def render_web(
    programme: Programme, releases: Sequence[Release], *, theme: Theme, pictures: Mapping[str, str]
) -> tuple[Output, ...]:
    """Render all text files of ``public/magazine/``.

    ``pictures`` maps each picture to its path in ``public/``.
    """
    articles = render_articles(
        programme, releases, theme=theme, resolver=lambda anchor: _make_resolver(programme, pictures, anchor)
    )
    pages = [_render_page(programme, theme, articles, None)]
    pages += [_render_page(programme, theme, articles, index) for index in range(len(articles))]
    style = render_colour_rules().encode() + b"".join(
        read_asset(name, theme=theme) for name in ("fonts/fallback-fonts.css", "web.css")
    )
    fonts = (
        Output(path=f"public/magazine/fonts/{name}", content=read_asset(f"fonts/{name}", theme=theme)) for name in FONTS
    )
    return (*pages, Output(path="public/magazine/web.css", content=style), *fonts)


def _make_resolver(programme: Programme, pictures: Mapping[str, str], anchor: str) -> LinkResolver:
    page = urls.magazine_page(anchor)

    def link(url: str) -> str:
        path = url.removeprefix(programme.url)
        return urls.make_relative(path, page=page) if path != url else url

    return LinkResolver(
        link=link,
        article=lambda anchor: urls.make_relative(urls.magazine_page(anchor), page=page),
        picture=lambda file: urls.make_relative(pictures[file], page=page),
    )


def _render_page(programme: Programme, theme: Theme, articles: Sequence[WebArticle], index: int | None) -> Output:
    """Render the page of an article, or the contents page if ``index`` is ``None``."""
    magazine = require_magazine(programme)
    article = None if index is None else articles[index]
    path = urls.magazine_page(article.anchor if article else "")
    page = render_template(
        "web.html.j2",
        theme=theme,
        programme=programme,
        magazine=magazine,
        article=article,
        articles=articles,
        previous=articles[index - 1] if index else None,
        next=articles[index + 1] if index is not None and index + 1 < len(articles) else None,
        root="../" if article else "./",
        home=urls.make_relative(urls.HOME, page=path),
        icon=urls.make_relative("assets/icon.svg", page=path),
        canonical=urls.make_absolute(programme.url, path),
        pdf=urls.make_relative(urls.magazine_pdf(magazine.name), page=path),
        epub=urls.make_relative(urls.magazine_epub(magazine.name), page=path),
    )
    page = add_break_opportunities(page, language=magazine.language)
    return Output(path=f"public/{path}index.html", content=page.encode())
