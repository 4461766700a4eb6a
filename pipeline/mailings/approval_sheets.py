"""Approval sheets: the exact words of a group as PDF, page and e-mail. They go to that group, never into a build."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from pipeline.mailings.document import Document, render_document, render_page
from pipeline.mailings.draft_mail import create_draft_mail
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
            mail=_draft_request(sheet, programme, (text.content or b"").decode(), reply_to),
        )


def attach_pdf(sheet: RenderedSheet, pdf: bytes) -> bytes:
    """Attach the PDF of a sheet to its e-mail, and return the bytes of that."""
    name = sheet.path.replace("/", "-")
    sheet.mail.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"{name}.pdf")
    sheet.mail.set_boundary(f"weerslag-{name}")
    return sheet.mail.as_bytes()


def _draft_request(sheet: ApprovalSheet, programme: Programme, text: str, reply_to: str) -> EmailMessage:
    translate = load_translator(programme.language)
    subject = translate("Do you agree with this text? {group}").format(
        group=" ".join(sheet.group.split())
    )  # without the code: mail programs copy the subject into answers
    headers = {"Subject": subject} | ({"Reply-To": reply_to} if reply_to else {})
    return create_draft_mail(headers, text, language=programme.language)
