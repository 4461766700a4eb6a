"""An edition as one HTML document, for tests and benchmarks: the product renders it in sections."""

import re

from pipeline.magazine.sections import render_edition

PAGE_PLACEHOLDER = re.compile("\ufdd0([^\ufdd0\ufdd1]*)\ufdd1")
UNLESS_PLACED = re.compile("\ufdd2[^\ufdd3]*\ufdd3|\ufdd4")  # around what a filler would show instead
STYLE = """
.opener, .back { break-before: left }
.page-number-of::after { content: target-counter(attr(data-to), page) }
"""


def render_magazine_html(programme, releases, *, theme, medium="screen") -> str:
    """Render an edition as one HTML document, whose page numbers the renderer counts."""
    edition = render_edition(programme, releases, theme=theme, medium=medium)
    documents = [UNLESS_PLACED.sub("", section.html) for section in edition.sections if not section.is_filler]
    head = documents[0].partition("<style>")[0]
    styles = "".join(_find_element("style", html) for html in (*documents, edition.notes_page.html))
    body = "".join(_find_element("body", html) for html in documents)
    body = PAGE_PLACEHOLDER.sub(r'<span class="page-number-of" data-to="#\1"></span>', body)
    return f"{head}<style>{edition.stylesheet}{STYLE}{styles}</style>\n</head>\n<body>{body}</body>\n</html>\n"


def _find_element(tag: str, html: str) -> str:
    return re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)[1]
