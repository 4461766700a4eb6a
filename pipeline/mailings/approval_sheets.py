"""Approval sheets: the exact words of a group as PDF, page and e-mail. They go to that group, never into a build."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from pipeline.mailings.document import Document, render_document, render_page
from pipeline.model import Programme
from pipeline.model.approvals import ApprovalSheet
from pipeline.typesetting import Theme, load_translator


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedSheet:
    """A sheet for PDF, its page, and the text of its e-mail."""

    path: str  # without extension: <event>/<group>
    document: Document
    page: bytes
    mail: EmailMessage


def render_approval_sheets(
    programme: Programme, sheets: Sequence[ApprovalSheet], *, theme: Theme, reply_to: str
) -> Iterator[RenderedSheet]:
    """Render sheets; ``reply_to`` is the address for the answer, or empty."""
    for sheet in sheets:
        event = programme.find_event(sheet.event)
        values: dict[str, Any] = {
            "sheet": sheet,
            "event": event,
            "reply_to": reply_to,
            "answer": f"mailto:{reply_to}?subject={sheet.code}" if reply_to else sheet.code,
        }
        path = f"{sheet.event}/{sheet.slug}"
        page = render_page(f"{path}.html", "approval_page.html.j2", programme=programme, theme=theme, **values)
        text = render_page(f"{path}.txt", "approval.txt.j2", programme=programme, theme=theme, **values)
        yield RenderedSheet(
            path=path,
            document=render_document(
                f"{path}.pdf",
                "approval.html.j2",
                programme=programme,
                theme=theme,
                is_balanced=True,
                **values,
            ),
            page=page.content or b"",
            mail=_build_mail(sheet, programme, (text.content or b"").decode(), reply_to),
        )


def attach_pdf(sheet: RenderedSheet, pdf: bytes) -> bytes:
    """Attach the PDF of a sheet to its e-mail, and return the bytes of that."""
    name = sheet.path.replace("/", "-")
    sheet.mail.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"{name}.pdf")
    sheet.mail.set_boundary(f"weerslag-{name}")
    return sheet.mail.as_bytes()


def _build_mail(sheet: ApprovalSheet, programme: Programme, text: str, reply_to: str) -> EmailMessage:
    translate = load_translator(programme.language)
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = translate("Do you agree with this text? {group}").format(
        group=" ".join(sheet.group.split())
    )  # without the code: mail programs copy the subject into answers
    if reply_to:
        mail["Reply-To"] = reply_to
    mail["Content-Language"] = programme.language
    mail["X-Unsent"] = "1"  # mail programs open it as a draft
    mail.set_content(text, cte="quoted-printable")
    return mail
