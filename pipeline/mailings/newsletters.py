"""Newsletters to send: HTML by MJML, plain text, and both as an e-mail. The only module that imports mjml.

Nothing depends on the clock: the same newsletter gives the same bytes.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time
from email.utils import format_datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from mjml import mjml2html

from pipeline import urls
from pipeline.errors import WeerslagError, fill
from pipeline.graphics.palette import ACCENT, EVENT_COLOURS, GREY, INK, PAPER
from pipeline.mailings.draft_mail import create_draft_mail
from pipeline.mailings.plain_text import convert_html, wrap_text
from pipeline.model import Letter, LetterItem, LetterSection, NewsletterSettings, Output, Placeholders, Programme
from pipeline.typesetting import (
    Theme,
    apply_typography,
    format_date,
    load_translator,
    render_markdown,
    render_template,
    resolve_references,
)

_HEADING = re.compile(r"(</?h)([3-6])(?=>)")
MAX_HTML_BYTES = 100_000  # Gmail clips a message above 102 kB
_COLOURS = {"paper": PAPER, "text": INK, "grey": GREY, "accent": ACCENT}
_DARK = {  # as in site.css
    "paper": INK,
    "text": PAPER,
    "grey": "#AAB2BC",
    "events": ("#6FBFCE", "#F19A72", "#A3C468", "#DDA3CE", "#E3AB60", "#A3B9F2"),
}
_SERIF = "Georgia, Times New Roman, serif"  # fonts of the reader: few mail programs load others
_SANS = "Segoe UI, Helvetica, Arial, sans-serif"
_PLACEHOLDERS = {  # of Spotler Mail+, each account has its own: the editor copies them
    "listmonk": Placeholders(
        unsubscribe="{{ UnsubscribeURL }}", preferences="{{ ManageURL }}", web_version="{{ MessageURL }}"
    ),
    "mailchimp": Placeholders(unsubscribe="*|UNSUB|*", preferences="*|UPDATE_PROFILE|*", web_version="*|ARCHIVE|*"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFooter:
    """What stands below the last block of a mail: sender, reason, links of the programme and of the mail service."""

    lines: tuple[str, ...]
    links: tuple[LetterItem, ...]
    service_links: tuple[LetterItem, ...]


def render_letter(letter: Letter, programme: Programme, *, theme: Theme) -> tuple[Output, ...]:
    """Render a letter as HTML, as plain text, and as an e-mail with both.

    Raises:
        WeerslagError: The template is invalid.
    """
    placeholders = find_placeholders(programme, letter)
    footer = _build_footer(letter, programme, placeholders)
    html = _render_html(letter, programme, footer, placeholders, theme=theme)
    text = _render_text(letter, programme, footer, placeholders)
    mail = _build_mail(letter, programme, html, text)
    contents = {"html": html.encode(), "txt": text.encode(), "eml": mail}
    return tuple(
        Output(path=f"press/{urls.newsletter_file(letter.slug, format_)}", content=content)
        for format_, content in contents.items()
    )


def find_placeholders(programme: Programme, letter: Letter) -> Placeholders:
    """Return what the mail service replaces; the web version is on the site if the service has none."""
    settings = programme.newsletter or NewsletterSettings()
    own, known = settings.placeholders, _PLACEHOLDERS.get(settings.service, Placeholders())
    return Placeholders(
        unsubscribe=own.unsubscribe or known.unsubscribe,
        preferences=own.preferences or known.preferences,
        web_version=own.web_version or known.web_version or urls.make_absolute(programme.url, letter.path),
    )


def _build_footer(letter: Letter, programme: Programme, placeholders: Placeholders) -> LetterFooter:
    translate = load_translator(programme.language)
    settings = programme.newsletter or NewsletterSettings()
    partners = (f"{one.role}: {one.name}" if one.role else one.name for one in programme.partners)
    lines = (settings.reason, settings.sender, *partners, f"© {letter.day.year} {programme.organiser}")
    service = (
        LetterItem(text="", link=translate("Change your preferences"), target=placeholders.preferences),
        LetterItem(text="", link=translate("Unsubscribe"), target=placeholders.unsubscribe),
    )
    return LetterFooter(
        lines=tuple(str(apply_typography(line, language=programme.language)) for line in lines if line),
        links=tuple(LetterItem(text="", link=one.title, target=one.url) for one in programme.links),
        service_links=tuple(one for one in service if one.target),
    )


# HTML


def _render_html(
    letter: Letter, programme: Programme, footer: LetterFooter, placeholders: Placeholders, *, theme: Theme
) -> str:
    theme = replace(theme, folder="mailings", language=programme.language)
    mjml = render_template(
        "newsletter.mjml.j2",
        theme=theme,
        letter=letter,
        programme=programme,
        footer=footer,
        placeholders=placeholders,
        heading=_format_heading(letter, programme),
        colours=_COLOURS,
        dark=_DARK,
        inks=(INK, *EVENT_COLOURS),
        serif=_SERIF,
        sans=_SANS,
        absolute=lambda target: _make_address(target, programme),
        render_text=lambda section: _render_section_text(section, programme),
    )
    try:
        return str(mjml2html(mjml, disable_comments=True))
    except ValueError as error:
        raise WeerslagError(
            fill("the newsletter cannot be rendered: {error}", error=error), where=letter.slug
        ) from error


def _render_section_text(section: LetterSection, programme: Programme) -> str:
    texts = urls.map_texts(programme)

    def find_address(file: str) -> str:
        return urls.make_absolute(programme.url, texts[file]) if file in texts else ""

    text = render_markdown(section.text_md, language=programme.language)
    html = _HEADING.sub(lambda found: f"{found[1]}{int(found[2]) - 1}", text)  # its highest heading is h3
    return resolve_references(html, folder="magazine/newsletters", to=find_address)


def _make_address(target: str, programme: Programme) -> str:
    """Make the address of a path under ``public/``; addresses and placeholders stay as they are."""
    is_path = not target.startswith(("https://", "{", "*|", "$", "@", "#", "["))
    return urls.make_absolute(programme.url, target) if is_path else target


def _format_heading(letter: Letter, programme: Programme) -> str:
    number = load_translator(programme.language)("Newsletter {number}").format(number=letter.number)
    return " · ".join((programme.title, number, format_date(letter.day, language=programme.language)))


# Plain text


def _render_text(letter: Letter, programme: Programme, footer: LetterFooter, placeholders: Placeholders) -> str:
    """Render the same words as the HTML, with addresses below or behind what is a link there."""
    translate = load_translator(programme.language)
    blocks = [f"{translate('Read this newsletter in the browser')}\n{placeholders.web_version}"]
    blocks += [_format_heading(letter, programme), f"{letter.subject}\n{'=' * min(72, len(letter.subject))}"]
    for section in letter.sections:
        blocks += _list_text_blocks(section, programme)
    blocks += ["-" * 72, "\n".join(footer.lines)]
    blocks += [
        f"{item.link}\n{_make_address(item.target, programme)}" for item in (*footer.links, *footer.service_links)
    ]
    return "\n\n".join(wrap_text(block) for block in blocks if block.strip()) + "\n"


def _list_text_blocks(section: LetterSection, programme: Programme) -> Iterator[str]:
    if section.kind not in {"intro", "button"}:
        yield "-" * 72
    heading = [section.label, section.title, section.target and _make_address(section.target, programme), section.facts]
    yield "\n".join(filter(None, heading))
    yield section.text
    if section.text_md:
        yield convert_html(_render_section_text(section, programme))
    if section.items:
        yield "\n".join(_format_item(item, section.kind, programme) for item in section.items)
    if section.link:
        yield f"{section.link}\n{_make_address(section.link_target, programme)}"


def _format_item(item: LetterItem, kind: str, programme: Programme) -> str:
    address = _make_address(item.target, programme)
    if kind == "agenda":
        place = f", {item.text}" if item.text else ""
        return f"- {item.lead}: {item.link}{place}\n  {address}"
    source = load_translator(programme.language)("Source:")
    return f"- {item.text} {source} {item.link}\n  {address}"


# E-mail


def _build_mail(letter: Letter, programme: Programme, html: str, text: str) -> bytes:
    """Build a draft without sender; the date is that of the newsletter, and its ids follow from the content."""
    digest = hashlib.sha256(f"{letter.subject}\n{text}\n{html}".encode()).hexdigest()
    host = urlsplit(programme.url).hostname or "localhost"
    at = datetime.combine(letter.day, time(9), tzinfo=ZoneInfo(programme.timezone))
    headers = {"Date": format_datetime(at), "Subject": letter.subject, "Message-ID": f"<{digest[:32]}@{host}>"}
    mail = create_draft_mail(headers, text, language=programme.language)
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    mail.set_boundary(f"weerslag-{digest[:40]}")
    return mail.as_bytes()
