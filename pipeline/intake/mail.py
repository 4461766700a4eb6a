"""Reads an e-mail: what its sender wrote, without the letter that it answers, the signature, and everybody's address."""

import email
import re
from email import policy
from email.errors import MessageError

from pipeline.intake.blocks import LeftOut
from pipeline.intake.guard import Refused

_MOST_PARTS = 100
_ANSWERED = re.compile(
    r"^(-{2,}\s*(oorspronkelijk bericht|original message|doorgestuurd bericht|forwarded message)\b.*"
    r"|(op|on|am|le)\b.{5,200}\b(schreef|wrote|schrieb|a écrit)\b.*:?|_{10,}|(van|from):\s.*@.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)
_GREETING = re.compile(
    r"\n[ \t]*(met (vriendelijke|hartelijke) groet(en)?|hartelijke groet(en)?|vriendelijke groet(en)?|groet(en|jes)?"
    r"|mvg|kind regards|best regards|regards)\b[^\n]{0,40}\n[\s\S]{0,600}\Z",
    re.IGNORECASE,
)


def opened_mail(content: bytes) -> tuple[str, str, list[tuple[str, bytes]], list[LeftOut]]:
    """What is in an e-mail: ``html`` or ``txt``, its words, its attachments by name, and what was left out of it.

    Raises:
        Refused: it is none, or has more parts than any letter.
    """
    try:
        message = email.message_from_bytes(content, policy=policy.default)
        if not message.keys():
            raise Refused("is no e-mail")
        if sum(1 for _ in message.walk()) > _MOST_PARTS:
            raise Refused(f"has more than {_MOST_PARTS} parts")
        body = message.get_body(preferencelist=("plain", "html"))
        words = str(body.get_content()) if body is not None else ""
        attachments = [
            (part.get_filename() or "", bytes(part.get_payload(decode=True) or b""))
            for part in message.iter_attachments()
            if not part.is_multipart()
        ]
    except (MessageError, LookupError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise Refused("is a damaged e-mail", hint="Ask for it again.") from error
    form = "html" if body is not None and body.get_content_type() == "text/html" else "txt"
    left_out = [LeftOut(what="head of the e-mail (sender, receivers, subject, hours)")]
    if form == "txt":
        words, more = _own_words(words.replace("\r\n", "\n"))
        left_out += more
    return form, words, attachments, left_out


def _own_words(text: str) -> tuple[str, list[LeftOut]]:
    left_out = []
    if answered := _ANSWERED.search(text):
        text = text[: answered.start()]
        left_out.append(LeftOut(what="quoted e-mail"))
    lines = text.split("\n")
    own = [line for line in lines if not line.startswith(">")]
    if len(own) < len(lines):
        left_out.append(LeftOut(what="quoted line", count=len(lines) - len(own)))
    text = "\n".join(own)
    signed = _SIGNATURE.search(text) or _GREETING.search(text)
    if signed:
        text = text[: signed.start()]
        left_out.append(LeftOut(what="signature"))
    return text.strip("\n"), left_out
