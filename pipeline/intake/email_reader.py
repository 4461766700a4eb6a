"""Reads e-mails: what the sender wrote, without quoted e-mails, signature and addresses."""

import email
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import policy
from email.errors import MessageError
from email.message import MIMEPart

from pipeline.errors import fill
from pipeline.intake.charsets import decode_named
from pipeline.intake.document import ContentBlock, ExtractedText
from pipeline.intake.html_mail import prepare_html_mail
from pipeline.intake.markdown_escaping import strip_markdown
from pipeline.intake.own_lines import find_own_lines
from pipeline.intake.refused_formats import RefusedFileError
from pipeline.intake.text_reader import check_line_count, read_page, split_blocks, tidy_text
from pipeline.text import normalise_text

_MAX_PARTS = 100
_MAX_DEPTH = 5  # of e-mails in e-mails
_FORWARD_SUBJECT = re.compile(r"\s*(?:fwd?|doorst|doorgestuurd|tr|wg)\s*:", re.IGNORECASE)
_OMITTED_TYPES = {
    "text/vcard": "contact card",
    "text/x-vcard": "contact card",
    "text/directory": "contact card",
    "text/calendar": "calendar invitation",
    "application/ics": "calendar invitation",
    "application/pkcs7-signature": "digital signature",
    "application/x-pkcs7-signature": "digital signature",
    "application/pgp-signature": "digital signature",
    "application/pgp-keys": "digital signature",
    "message/delivery-status": "delivery report",
    "message/disposition-notification": "delivery report",
    "text/rfc822-headers": "delivery report",
}
_OMITTED_SUFFIXES = {
    "vcf": "contact card", "ics": "calendar invitation", "p7s": "digital signature", "asc": "digital signature",
}  # fmt: skip
_LOGO_NAME = re.compile(
    r"(?:image\d{3,}|outlook-[\w-]+|~wrd\d+|logo[\w -]*|banner[\w -]*|facebook|twitter|linkedin|instagram|youtube)"
    r"\.(?:png|jpe?g|gif|bmp)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _MailContent:
    """The parts of an e-mail while it is read."""

    blocks: list[ContentBlock] = field(default_factory=list)
    attachments: list[tuple[str, bytes]] = field(default_factory=list)
    omissions: Counter[str] = field(default_factory=Counter)


def read_email(content: bytes) -> tuple[ExtractedText, tuple[tuple[str, bytes], ...]]:
    """Read an e-mail, and the e-mails that are attached to it.

    Returns:
        Their text, and their attachments as pairs of file name and content.

    Raises:
        RefusedFileError: It is not an e-mail, is damaged, has more than 100 parts, or its
            attachments are in a format of Outlook.
    """
    found = _MailContent()
    try:
        message = email.message_from_bytes(content, policy=policy.default)
        if not message.keys():
            raise RefusedFileError("this is not an e-mail")
        if sum(1 for _ in message.walk()) > _MAX_PARTS:
            raise RefusedFileError(fill("the e-mail has more than {max_parts} parts", max_parts=_MAX_PARTS))
        _read_message(message, found, depth=1)
    except (MessageError, LookupError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise RefusedFileError("the e-mail is damaged", hint="Ask for it again.") from error
    return ExtractedText(blocks=tuple(found.blocks), omissions=+found.omissions), tuple(found.attachments)


def _read_message(message: MIMEPart, found: _MailContent, *, depth: int) -> None:
    found.omissions["e-mail header (sender, recipients, subject, date)"] += 1
    is_forward = _FORWARD_SUBJECT.match(str(message.get("subject", ""))) is not None
    texts: list[MIMEPart] = []
    others: list[MIMEPart] = []
    for part, is_text in _list_parts(message):
        (texts if is_text else others).append(part)
    bodies = [(part.get_content_subtype() == "html", _decode_part(part)) for part in texts]
    for is_html, body in bodies:
        own = _read_html_body(body, is_forward=is_forward) if is_html else _read_plain_body(body, is_forward=is_forward)
        found.blocks += own.blocks
        found.omissions += own.omissions
    shown = {name for is_html, body in bodies if is_html for name in re.findall(r"cid:([^\"'>\s]+)", body)}
    for part in others:
        _read_part(part, found, shown, depth=depth)


def _list_parts(part: MIMEPart) -> Iterator[tuple[MIMEPart, bool]]:
    """Yield the parts in order, and whether each is text of the e-mail itself.

    Of alternatives, the plain text is preferred, unless it is blank.
    """
    kind = part.get_content_type()
    if kind.startswith("multipart/"):
        branches = [list(_list_parts(child)) for child in part.iter_parts()]
        if kind == "multipart/alternative":
            branches = _choose_alternative(branches)
        for branch in branches:
            yield from branch
        return
    is_file = part.get_content_disposition() == "attachment" or part.get_filename()
    yield part, kind in {"text/plain", "text/html"} and not is_file


def _choose_alternative(branches: list[list[tuple[MIMEPart, bool]]]) -> list[list[tuple[MIMEPart, bool]]]:
    """Drop the text of all branches but one; attachments stay."""
    sizes = [sum(len(_decode_part(part).strip()) for part, is_text in branch if is_text) for branch in branches]
    chosen = next((index for index, size in enumerate(sizes) if size), 0)
    return [[one for one in branch if not one[1] or index == chosen] for index, branch in enumerate(branches)]


def _decode_part(part: MIMEPart) -> str:
    payload = part.get_payload(decode=True)
    text = tidy_text(decode_named(payload if isinstance(payload, bytes) else b"", part.get_content_charset() or ""))
    if str(part.get_param("format", "")).casefold() == "flowed":
        text = _unwrap_flowed(text, drops_space=str(part.get_param("delsp", "")).casefold() == "yes")
    return normalise_text(text)


def _unwrap_flowed(text: str, *, drops_space: bool) -> str:
    """Join lines that a program broke; quoted lines stay as they are.

    Source: RFC 3676, 4 (a line that ends with a space goes on in the next one).
    """
    lines: list[str] = []
    pieces: list[str] = []
    for line in text.split("\n"):
        is_apart = line.startswith(">") or re.fullmatch(r"-- {0,2}", line) is not None
        if is_apart and pieces:
            lines.append("".join(pieces))
            pieces = []
        unstuffed = line if is_apart else line.removeprefix(" ")
        pieces.append(unstuffed.lstrip(" ") if pieces else unstuffed)
        if is_apart or not line.endswith(" ") or not line.strip():
            lines.append("".join(pieces))
            pieces = []
        elif drops_space:
            pieces[-1] = pieces[-1][:-1]
    return "\n".join([*lines, *(["".join(pieces)] if pieces else [])])


def _read_part(part: MIMEPart, found: _MailContent, shown: set[str], *, depth: int) -> None:
    """Read an attached e-mail, omit a part that holds no note, or add an attachment."""
    kind, name = part.get_content_type(), part.get_filename() or ""
    if kind == "message/rfc822":
        if depth >= _MAX_DEPTH:
            raise RefusedFileError("the e-mail has too many e-mails in one another", hint="Save the innermost one.")
        for message in part.iter_parts():
            _read_message(message, found, depth=depth + 1)
        return
    if kind in {"application/ms-tnef", "application/vnd.ms-tnef"} or name.casefold() == "winmail.dat":
        problem = "the attachments of the e-mail are in winmail.dat, which only Outlook can read"
        raise RefusedFileError(problem, hint="Ask the sender for the attachments themselves, or for an e-mail in HTML.")
    what = _OMITTED_TYPES.get(kind) or _OMITTED_SUFFIXES.get(name.rpartition(".")[2].casefold(), "")
    if not what and part.get_content_maintype() == "image" and _is_decoration(part, name, shown):
        what = "image in the text of the e-mail, such as a logo"
    if what:
        found.omissions[what] += 1
    elif part.is_multipart():
        found.omissions["unreadable attachment"] += 1
    else:
        payload = part.get_payload(decode=True)
        found.attachments.append((name, payload if isinstance(payload, bytes) else b""))


def _is_decoration(part: MIMEPart, name: str, shown: set[str]) -> bool:
    """Whether an image is a logo: programs name those; a photo that was put in the text is JPEG."""
    is_shown = str(part.get("content-id", "")).strip("<> ") in shown
    return _LOGO_NAME.fullmatch(name) is not None or (is_shown and part.get_content_subtype() != "jpeg")


def _read_plain_body(body: str, *, is_forward: bool) -> ExtractedText:
    check_line_count(body)
    lines = body.split("\n")
    own, omissions = find_own_lines(lines, is_forward=is_forward)
    return ExtractedText(blocks=split_blocks("\n".join(lines[index] for index in own)), omissions=omissions)


def _read_html_body(body: str, *, is_forward: bool) -> ExtractedText:
    page = read_page(body, clean=prepare_html_mail)
    lines: list[str] = []
    origins: list[tuple[int, str]] = []  # the index of the block, and the Markdown of the line
    for index, block in enumerate(page.blocks):
        pieces = [" ".join(" ".join(row) for row in block.rows)] if block.rows else block.text_md.split("\\\n")
        lines += [*(strip_markdown(piece) or "\ufffc" for piece in pieces), ""]
        origins += [*((index, piece) for piece in pieces), (-1, "")]
    own, omissions = find_own_lines(lines, is_forward=is_forward)
    kept: dict[int, list[str]] = {}
    for index, piece in (origins[line] for line in own):
        kept.setdefault(index, []).append(piece)
    blocks = (
        block if block.rows else replace(block, text_md="\\\n".join(kept[index]))
        for index, block in enumerate(page.blocks)
        if index in kept
    )
    return ExtractedText(blocks=tuple(blocks), omissions=page.omissions + omissions)
