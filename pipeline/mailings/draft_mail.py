"""E-mails that people send themselves: drafts without a sender."""

from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP


def create_draft_mail(headers: Mapping[str, str], text: str, *, language: str) -> EmailMessage:
    """Create a draft with a plain text; ``headers`` come first, in their order."""
    mail = EmailMessage(policy=SMTP)
    for name, value in headers.items():
        mail[name] = value
    mail["Content-Language"] = language
    mail["X-Unsent"] = "1"  # mail programs open it as a draft
    mail.set_content(text, cte="quoted-printable")
    return mail
