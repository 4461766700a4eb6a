"""From the flatplan to PDFs: the HTML of the magazine is always made, and laid out only when something in it differs."""

from collections.abc import Sequence

from pipeline import urls
from pipeline.build.making import Making, Request
from pipeline.build.pictures import Pictures, laid_ready
from pipeline.magazine import magazine_html, pdf, theme_folders
from pipeline.model import Programme, Release
from pipeline.typeset import Theme
from pipeline.workers import Limits

_GIB = 2**30
_SCREEN = "pdf/ua-1"


def screen_pdf(
    programme: Programme,
    releases: Sequence[Release],
    *,
    making: Making,
    pictures: Pictures,
    theme: Theme,
    theme_digest: str,
) -> dict[str, str]:
    """Path in public/ and object of the magazine for the screen; empty when it failed, or there is no magazine."""
    if programme.magazine is None:
        return {}
    page_html = magazine_html(programme, releases, theme=theme)
    html_file = making.folder / "magazine.html"
    html_file.write_text(page_html, encoding="utf-8")
    shown = laid_ready(pictures, making.folder / "pictures", making=making)
    request = Request(
        verb="laid out",
        subject=f"{programme.magazine.name}.pdf",
        maker="pipeline.magazine.pdf:render_pdf",
        recipe=pdf.RECIPE,
        settings={"variant": _SCREEN},
        inputs={"html": making.store.digest(html_file), "theme": theme_digest, **pictures.objects},
        tools={"weasyprint": pdf.version()},
        job=lambda files: pdf.PdfJob(
            html=str(html_file),
            pictures=str(shown),
            theme=theme_folders(theme),
            variant=_SCREEN,
            out=str(files["magazine.pdf"]),
        ),
        answer=pdf.PdfFacts,
        outputs=("magazine.pdf",),
        limits=Limits(memory_bytes=3 * _GIB, deadline_s=600, isolated=True),
    )
    (made,) = making.make([request])
    if made is None:
        return {}
    return {urls.magazine_pdf(programme.magazine.name): made.outputs["magazine.pdf"].sha256}
