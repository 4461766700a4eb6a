"""Approval sheets show a group its exact words, and leave them nowhere else."""

import subprocess
from email import message_from_bytes, policy

import pytest

from pipeline.content.approval_replies import read_reply
from pipeline.content.approval_sheets import build_sheets
from pipeline.preflight.verapdf import check_with_verapdf

pytestmark = [pytest.mark.external, pytest.mark.slow]


def test_sheet_has_the_words_the_codes_and_the_address(asked):
    content, sheets = asked.content, asked.folder
    (sheet,) = build_sheets(content.load_files(), ["tafel-4"])
    mail = message_from_bytes((sheets / "tafel-4.eml").read_bytes(), policy=policy.default)
    (attachment,) = mail.iter_attachments()
    pdf = subprocess.run(
        ["pdftotext", str(sheets / "tafel-4.pdf"), "-"], check=True, capture_output=True, text=True
    ).stdout

    for text in (pdf, (sheets / "tafel-4.html").read_text(), mail.get_body(("plain",)).get_content()):
        for part in (
            "GEHEIME VRAAG",
            "GEHEIME TEKST",
            "GEHEIM",
            "iemand",
            sheet.code,
            *(one.code for one in sheet.items),
        ):
            assert part in text
    assert "a@example.org" == mail["Reply-To"]
    assert (sheets / "tafel-4.pdf").read_bytes() == attachment.get_content()
    assert [] == list(check_with_verapdf(sheets / "tafel-4.pdf", ()))


def test_mail_sent_back_says_what_was_ticked(asked):
    content, sheets = asked.content, asked.folder
    (sheet,) = build_sheets(content.load_files(), ["tafel-4"])
    mail = message_from_bytes((sheets / "tafel-4.eml").read_bytes(), policy=policy.default)
    text = mail.get_body(("plain",)).get_content()
    answer = text.replace("[ ] Ik ga akkoord", "[x] Ik ga akkoord").replace("initialen:", "initialen: AB")

    for sent in (text, answer):
        reply = read_reply("\n".join(f"> {line}" for line in sent.splitlines()).encode(), is_mail=False)
        assert ((sheet.items[1].code,), "AB") == (reply.codes, reply.by) if sent == answer else () == reply.codes


def test_words_of_a_draft_are_in_no_output_and_not_in_the_cache(asked):
    content = asked.content
    assert asked.folder.is_dir()
    found = [
        path.relative_to(content.root).as_posix()
        for path in content.root.rglob("*")
        if path.is_file() and b"GEHEIME TEKST" in path.read_bytes()
    ]

    (sheet,) = build_sheets(content.load_files(), ["tafel-4"])
    assert {sheet.file, f".weerslag/asked/{sheet.code}.json"} == set(found)
    assert [] == [path for path in (content.root / ".weerslag").rglob("*") if path.suffix == ".pdf"]
