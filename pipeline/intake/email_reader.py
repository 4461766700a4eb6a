"""Reads e-mails: what the sender wrote, without quoted e-mails, signature and addresses."""

import email
import re
from collections import Counter
from email import policy
from email.errors import MessageError
from pathlib import Path

from pipeline.intake.document import ExtractedText
from pipeline.intake.file_limits import RefusedFileError
from pipeline.intake.text_reader import read_html, split_blocks
from pipeline.text import normalise_text
from pipeline.typesetting.word_lists import read_word_list

_DATA = Path(__file__).with_name("data")
_MAX_PARTS = 100
_QUOTE_START = re.compile(
    r"^(-{2,}\s*(oorspronkelijk bericht|original message|doorgestuurd bericht|forwarded message)\b.*"
    r"|(op|on|am|le)\b.{5,200}\b(schreef|wrote|schrieb|a écrit)\b.*:?|_{10,}|(van|from):\s.*@.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)  # RFC 3676, 4.3
_CLOSINGS = "|".join(map(re.escape, read_word_list(_DATA / "email-closings.txt")))
_CLOSING = re.compile(rf"\n[ \t]*({_CLOSINGS})\b[^\n]{{0,40}}\n[\s\S]{{0,600}}\Z", re.IGNORECASE)


def read_email(content: bytes) -> tuple[ExtractedText, tuple[tuple[str, bytes], ...]]:
    """Read an e-mail.

    Returns:
        Its text, and its attachments as pairs of file name and content.

    Raises:
        RefusedFileError: It is not an e-mail, is damaged, or has more than 100 parts.
    """
    try:
        message = email.message_from_bytes(content, policy=policy.default)
        if not message.keys():
            raise RefusedFileError("this is not an e-mail")
        if sum(1 for _ in message.walk()) > _MAX_PARTS:
            raise RefusedFileError(f"the e-mail has more than {_MAX_PARTS} parts")
        part = message.get_body(preferencelist=("plain", "html"))
        body = str(part.get_content()) if part is not None else ""
        attachments = tuple(
            (attachment.get_filename() or "", bytes(attachment.get_payload(decode=True) or b""))
            for attachment in message.iter_attachments()
            if not attachment.is_multipart()
        )
    except (MessageError, LookupError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise RefusedFileError("the e-mail is damaged", hint="Ask for it again.") from error
    omissions = Counter({"e-mail header (sender, recipients, subject, date)": 1})
    if part is not None and part.get_content_type() == "text/html":
        page = read_html(body.encode())
        blocks, omissions = page.blocks, omissions + page.omissions
    else:
        blocks = split_blocks(normalise_text(_strip_quotes(body.replace("\r\n", "\n"), omissions)))
    return ExtractedText(blocks=blocks, omissions=omissions), attachments


def _strip_quotes(text: str, omissions: Counter[str]) -> str:
    """Remove quoted e-mails and the signature, and count them in ``omissions``."""
    if quote := _QUOTE_START.search(text):
        text = text[: quote.start()]
        omissions["quoted e-mail"] += 1
    lines = text.split("\n")
    own = [line for line in lines if not line.startswith(">")]
    if len(own) < len(lines):
        omissions["quoted line"] += len(lines) - len(own)
    text = "\n".join(own)
    if signature := _SIGNATURE.search(text) or _CLOSING.search(text):
        text = text[: signature.start()]
        omissions["signature"] += 1
    return text.strip("\n")
