"""Reading of answers to an approval sheet: an e-mail, a text, a code that somebody typed, or the codes of a scan."""

import email
import re
from collections.abc import Sequence
from dataclasses import replace
from email import policy
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser

from pipeline.errors import WeerslagError
from pipeline.model.approvals import ApprovalReply

MAX_BYTES = 20_000_000
MAX_BY = 60  # characters of a role
_CODE = re.compile(r"(?<![0-9A-Za-z-])[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}(?![0-9A-Za-z-])")
_TICKED = re.compile(r"\[\s*[xX✓✔vV]\s*\]|[☒☑✓✔]")
_EMPTY = re.compile(r"\[\s*\]|☐")
_BY = re.compile(r"^(?:Rol of initialen|Role or initials)\s*:\s*(\S.*)$", re.IGNORECASE)
_QUOTED = re.compile(r"^[\s>|]*>")
_SCAN = re.compile(
    rb"\xff\xd8\xff|\x89PNG|II\*\0|MM\0\*|GIF8|RIFF....WEBP|....ftyp(?:hei[cxms]|mif1|msf1)|[\0-\xff]{0,1000}%PDF-",
    re.DOTALL,
)
_BLOCKS = {"p", "div", "br", "li", "tr", "blockquote", "h1", "h2", "h3"}


def parse_code(text: str) -> str:
    """Return the code that a text is, in capitals; empty if it is none."""
    code = text.strip().upper()
    return code if _CODE.fullmatch(code) else ""


def is_scan(content: bytes) -> bool:
    """Whether a file is a picture or a PDF, by its first bytes."""
    return bool(_SCAN.match(content))


def parse_scan(pages: Sequence[Sequence[str]]) -> list[str]:
    """Find the code of the sheet on each page of a scan.

    Args:
        pages: The texts of the QR codes on each page. That of a sheet is its code, or the address of
            an e-mail with that subject; others are ignored.

    Returns:
        A code for each page; empty if it has none.
    """
    codes = [[parse_code(text.rpartition("?subject=")[2]) for text in texts] for texts in pages]
    return [next(filter(None, found), "") for found in codes]


def read_reply(content: bytes, *, is_mail: bool) -> ApprovalReply:
    """Read an answer.

    Ticked lines count. If nothing is ticked, codes count that the sender typed: not those of the
    question below it, or of an empty box.

    Args:
        content: The bytes of the file.
        is_mail: Whether it is an e-mail (``.eml``), or plain text.

    Raises:
        WeerslagError: It is too large.
    """
    if len(content) > MAX_BYTES:
        raise WeerslagError("this answer is too large to be an e-mail", hint="save the e-mail without attachments")
    if not is_mail:
        return parse_reply(content.decode("utf-8-sig", "replace"))
    mail = email.message_from_bytes(content, policy=policy.default)
    reply = parse_reply(_extract_text(mail))
    if not reply.codes and (code := parse_code(str(mail["Subject"]))):  # the QR code of a sheet writes such a mail
        reply = replace(reply, codes=(code,))
    try:
        return replace(reply, day=parsedate_to_datetime(str(mail["Date"])).date())
    except (TypeError, ValueError):
        return reply


def parse_reply(text: str) -> ApprovalReply:
    """Read the text of an answer; see `read_reply`."""
    ticked: list[str] = []
    typed: list[str] = []
    by = ""
    for line in text.splitlines():
        codes = _CODE.findall(line)
        if _TICKED.search(line):
            ticked += codes
        elif not _EMPTY.search(line) and not _QUOTED.match(line):
            typed += codes
        found = _BY.match(line.lstrip("> \t|"))
        by = by or (found[1].strip()[:MAX_BY] if found else "")
    return ApprovalReply(codes=tuple(dict.fromkeys(ticked or typed)), by=by)


def _extract_text(mail: email.message.EmailMessage) -> str:
    part = mail.get_body(("plain", "html"))
    if part is None:
        return ""
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    try:
        text = content.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:  # an unknown character set
        text = content.decode("utf-8", "replace")
    if part.get_content_type() != "text/html":
        return text
    parser = _TextParser()
    parser.feed(text)
    return "".join(parser.text)


class _TextParser(HTMLParser):
    """Collects the text of a mail in HTML, a line for each block; quoted mail gets ``>``."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self._quotes = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._quotes += tag == "blockquote"
        if tag in _BLOCKS:
            self.text.append("\n" + "> " * self._quotes)

    def handle_endtag(self, tag: str) -> None:
        self._quotes -= tag == "blockquote" and self._quotes > 0
        if tag in _BLOCKS:
            self.text.append("\n" + "> " * self._quotes)

    def handle_data(self, data: str) -> None:
        self.text.append(data)
