"""Codes of approval sheets, the answers to them, and what `weerslag approve --reply` writes."""

import contextlib
import io
import json
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from pipeline.cache.file_lock import hold_lock
from pipeline.cli import main
from pipeline.cli.approval_requests import find_reply_address
from pipeline.content.approval_recording import GivenApproval, build_approval_files
from pipeline.content.approval_replies import parse_code, parse_reply, read_reply
from pipeline.content.approval_requests import APPROVAL_LOG, APPROVALS_LOCK, format_request
from pipeline.content.approval_sheets import build_sheets
from pipeline.content.editing.approvals import write_approvals
from pipeline.errors import ContentError

CHECKOUT = Path(__file__).parents[2]
FILE = "magazine/reflections/burger-centraal/tafel-4.md"
DRAFT = """\
---
group: Tafel 4   # bij het raam
roles: [uitvoering, beleid]
question: Wat heb jij nodig?
# approved: 2024-07-01
quotes:
  - {text: "Ik ging kijken, eerst.", by: deelnemer}
  - text: >-
      Twee regels
      zijn één uitspraak.
    by: jurist
  - {by: bewoner, text: Nooit., approved: false}   # nog vragen
---
De tafel begon bij de brug.
"""
MAIL = """\
From: groep@example.org
Date: Tue, 02 Jul 2024 10:00:00 +0200
Subject: Re: Gaan jullie akkoord met deze tekst? Tafel 4
MIME-Version: 1.0
Content-Type: text/{kind}; charset="utf-8"

{body}
"""


@pytest.fixture
def draft(content):
    content.write(FILE, DRAFT)
    return content


@pytest.fixture
def weerslag(monkeypatch, capsys, draft):
    def run(*words, answer=""):
        monkeypatch.setattr(sys, "argv", ["weerslag", "-C", str(draft.root), *words])
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code, *capsys.readouterr()

    return run


def get_sheet(content):
    (sheet,) = build_sheets(content.load_files(), ["burger-centraal/tafel-4"])
    return sheet


def ask(content):
    """Store what the present sheet asks, as `--sheets` does."""
    sheet = get_sheet(content)
    content.write(f".weerslag/asked/{sheet.code}.json", format_request(sheet))
    return sheet


def test_codes_differ_by_item_and_change_with_each_word(draft):
    before = get_sheet(draft)
    draft.change(FILE, "Nooit.", "Nooit!")
    after = get_sheet(draft)

    codes = {before.code, *(item.code for item in before.items)}
    assert 5 == len(codes)
    assert all(code == parse_code(code.lower()) for code in codes)
    assert [True, True, True, False] == [
        one.code == other.code for one, other in zip(before.items, after.items, strict=True)
    ]
    assert before.code != after.code


def test_sheets_are_made_of_what_is_not_approved(draft):
    assert ["tafel-3", "tafel-4"] == [one.slug for one in build_sheets(draft.load_files())]
    draft.write(FILE, DRAFT.partition("quotes:")[0].replace("# approved", "approved") + "---\nDe tafel.\n")
    assert ["tafel-3"] == [one.slug for one in build_sheets(draft.load_files())]


@pytest.mark.parametrize(("text", "codes"), [
    ("[x] Akkoord 2345-ABCD", ("2345-ABCD",)),
    ("> [ ] alles 2222-AAAA\n> [ X ] tekst 2345-ABCD\n>[x] citaat (1) 3333-BBBB", ("2345-ABCD", "3333-BBBB")),
    ("☒ tekst 2345-ABCD\n☐ alles 2222-AAAA", ("2345-ABCD",)),
    ("Prima, 2345-ABCD is goed.\n\n> [ ] alles 2222-AAAA\n> 3333-BBBB", ("2345-ABCD",)),
    ("Akkoord!\n\n[ ] alles 2222-AAAA\n[ ] tekst 2345-ABCD", ()),
    ("Het hand-werk van de kans-rijk", ()),
    ("Nee, 22345-ABCDE niet.", ()),
])  # fmt: skip
def test_only_what_was_ticked_or_typed_counts(text, codes):
    assert codes == parse_reply(text).codes


@pytest.mark.parametrize(("kind", "body"), [
    ("plain", "> Rol of initialen: CvB, jurist\n> [x] tekst 2345-ABCD\n> [ ] alles 2222-AAAA"),
    ("html", "<blockquote><div>Rol of initialen: CvB, jurist</div><p>[x] 2345-ABCD</p><p>[ ] 2222-AAAA</p></blockquote>"),
])  # fmt: skip
def test_mail_is_read_with_who_and_when(kind, body):
    reply = read_reply(MAIL.format(kind=kind, body=body).encode(), is_mail=True)

    assert (("2345-ABCD",), "CvB, jurist", date(2024, 7, 2)) == (reply.codes, reply.by, reply.day)


def test_mail_of_the_qr_code_has_its_code_as_subject():
    mail = MAIL.format(kind="plain", body="").replace(MAIL.splitlines()[2], "Subject: 2345-ABCD")

    assert ("2345-ABCD",) == read_reply(mail.encode(), is_mail=True).codes
    assert () == read_reply(mail.replace("2345-ABCD", "Re: 2345-ABCD").encode(), is_mail=True).codes


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe\x00", b"Content-Type: text/plain; charset=nooit\n\n[x] 2345-ABCD"])
def test_damaged_mail_is_read_as_far_as_possible(raw):
    assert set(read_reply(raw, is_mail=True).codes) <= {"2345-ABCD"}


def test_approvals_are_written_and_nothing_else_changes(draft):
    sheet, files = get_sheet(draft), draft.load_files()
    file = next(one.file for one in files.reflections if one.file.path == FILE)

    lines = write_approvals(file, sheet.items, date(2024, 7, 2)).decode().splitlines()

    text, first, second, third = (item.digest for item in sheet.items)
    expected = DRAFT.replace("# approved: 2024-07-01", f"approved: 2024-07-02 {text}")
    expected = expected.replace('{text: "Ik', f'{{approved: {first}, text: "Ik').replace(
        "approved: false", f"approved: {third}"
    )
    expected = expected.replace("  - text: >-", f"  - approved: {second}\n    text: >-")
    assert expected.splitlines() == lines


def test_text_without_the_key_gets_one(draft):
    draft.change(FILE, "# approved: 2024-07-01\n", "")
    file = next(one.file for one in draft.load_files().reflections if one.file.path == FILE)
    (item, *_) = get_sheet(draft).items

    assert (
        f"approved: 2024-07-02 {item.digest}\n---\nDe tafel" in write_approvals(file, [item], date(2024, 7, 2)).decode()
    )


def test_form_that_cannot_be_edited_is_refused(draft):
    draft.write(FILE, "---\n{group: Tafel 4, question: Wat?}\n---\nTekst.\n")
    file = next(one.file for one in draft.load_files().reflections if one.file.path == FILE)

    with pytest.raises(ContentError, match="cannot be edited"):
        write_approvals(file, get_sheet(draft).items, date(2024, 7, 2))


def test_words_that_changed_after_they_were_shown_are_not_approved(draft):
    sheet, given = get_sheet(draft), GivenApproval(by="jurist", day=date(2024, 7, 2))
    draft.change(FILE, "De tafel begon", "De groep begon")
    files = draft.load_files()

    with pytest.raises(ContentError, match="changed since they were shown"):
        build_approval_files(files, sheet, sheet.items[:1], given, log=b"")
    assert FILE in build_approval_files(files, sheet, sheet.items[1:2], given, log=b"")


def test_reply_is_shown_confirmed_and_recorded(draft, weerslag, tmp_path):
    text, first, *_ = ask(draft).items
    mail = tmp_path / "antwoord.eml"
    body = f"> Rol of initialen: CvB\n> [x] tekst {text.code}\n> [x] citaat {first.code}"
    mail.write_text(MAIL.format(kind="plain", body=body))

    refused = weerslag("approve", "--reply", str(mail), answer="n\n")
    assert "nothing recorded" in refused[1]
    assert DRAFT == (draft.root / FILE).read_text()

    code, output, _ = weerslag("approve", "--reply", str(mail), answer="j\n")

    assert 0 == code
    assert "agrees to: the text: Wat heb jij nodig?" in output
    assert "not to: “Twee regels zijn één uitspraak.”" in output
    (reflection,) = [one for one in draft.load().reflections if one.slug == "tafel-4"]
    assert ["Ik ging kijken, eerst."] == [quote.text for quote in reflection.quotes]
    records = [json.loads(line) for line in (draft.root / "magazine/approvals.jsonl").read_text().splitlines()]
    assert [("text", text.digest), ("quote", first.digest)] == [(one["what"], one["digest"]) for one in records]
    assert {("CvB", "2024-07-02", FILE)} == {(one["by"], one["agreed"], one["file"]) for one in records}


def test_code_of_a_sheet_approves_all_of_it(draft, weerslag):
    sheet = ask(draft)

    assert 0 == weerslag("approve", "--reply", sheet.code.lower(), "--by", "Tafel 4", "--yes")[0]
    (reflection,) = [one for one in draft.load().reflections if one.slug == "tafel-4"]
    assert 3 == len(reflection.quotes)


def test_a_reply_is_recorded_after_what_the_review_desk_writes_at_that_moment(draft):
    sheet, log, record = ask(draft), draft.root / APPROVAL_LOG, '{"file": "elders"}\n'
    command = [sys.executable, "-m", "pipeline", "-C", str(draft.root), "approve", "--reply", sheet.code]
    lock = contextlib.ExitStack()
    lock.enter_context(hold_lock(draft.root / ".weerslag" / APPROVALS_LOCK))
    with subprocess.Popen(
        [*command, "--by", "Tafel 4", "--yes"], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as reply:
        with lock:
            assert any("Tafel 4 agreed on" in line for line in reply.stdout)  # it only has to record it
            log.write_text(record)
        reply.stdout.read()

    assert 0 == reply.returncode
    assert log.read_text().startswith(record)
    assert 4 == len(log.read_text().splitlines()) - 1


def test_code_of_an_older_text_is_refused_with_the_difference(draft, weerslag):
    sheet = ask(draft)
    draft.change(FILE, "bij de brug", "bij de dijk")
    before = (draft.root / FILE).read_bytes()

    for code in (sheet.code, sheet.items[0].code):
        status, _, errors = weerslag("approve", "--reply", code, "--by", "AB", "--yes")
        assert 3 == status
        assert f"the code {code} is of an older text" in errors
        assert "bij de brug" in errors
        assert "bij de dijk" in errors
    assert before == (draft.root / FILE).read_bytes()
    assert 0 == weerslag("approve", "--reply", sheet.items[1].code, "--by", "AB", "--yes")[0]  # that quote is the same


KILLED_AT_RENAME = """\
import os, signal, sys
from pipeline.cache.file_lock import hold_lock
from pipeline.cli import main

left = int(sys.argv.pop(1))

def count_down(event, _):
    global left
    if event == "os.rename":
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count_down)
main()
"""


@pytest.mark.slow
def test_a_kill_between_any_two_files_leaves_no_approval_without_its_words_and_record(draft):
    sheet, log, states = ask(draft), draft.root / "magazine/approvals.jsonl", []
    digests = {one.digest for one in sheet.items}
    mail = draft.root / "antwoord.eml"
    mail.write_text(MAIL.format(kind="plain", body=f"Akkoord. {sheet.code}"))  # it has the date
    words = ["-C", str(draft.root), "approve", "--reply", str(mail), "--by", "CvB", "--yes"]
    for count in range(20):  # goes on where the kill before it left the files
        run = [sys.executable, "-c", KILLED_AT_RENAME, str(count), *words]
        status = subprocess.run(run, cwd=CHECKOUT, capture_output=True, check=False).returncode
        recorded = [json.loads(line)["digest"] for line in log.read_text().splitlines()] if log.exists() else []
        stored = {path.stem for path in (draft.root / ".weerslag/approved").glob("*.txt")}
        is_approved = DRAFT != (draft.root / FILE).read_text()
        states.append((is_approved, bool(recorded)))
        assert len(recorded) == len(set(recorded))
        assert not recorded or (digests == set(recorded) and digests <= stored)
        assert recorded or not is_approved
        if status == 0:
            break
        assert -signal.SIGKILL == status
    assert (False, True) in states  # a kill between record and reflection
    assert (True, True) == states[-1]


@pytest.mark.parametrize(("sender", "address"), [
    ("Een netwerk, Postbus 1, Den Haag", ""),
    ("Een netwerk <post@example.org>, Den Haag", "post@example.org"),
])  # fmt: skip
def test_answers_go_to_an_email_address_of_the_sender(draft, sender, address):
    draft.change("programme.yaml", "profile:", f"newsletter: {{sender: '{sender}', reason: Aangemeld.}}\nprofile:")

    assert address == find_reply_address(draft.load())


@pytest.mark.parametrize(("words", "message"), [
    (["--reply", "2345-ABCD", "--yes", "--by", "AB"], "no text of this programme has the code"),
    (["--reply", "nergens.eml"], "there is no such file"),
    (["--reply", "2345-ABCD", "--sheets", "vellen"], "use either --sheets or --reply"),
    (["--sheets", "{root}/press/vellen"], "cannot be in `press`"),
    (["--sheets", "{root}/public"], "cannot be in `public`"),
    (["--sheets", "vellen", "--reply-to", "Postbus 1"], "`Postbus 1` is not an e-mail address"),
])  # fmt: skip
def test_wrong_use_is_explained(draft, weerslag, words, message):
    code, _, errors = weerslag("approve", *(word.format(root=draft.root) for word in words))

    assert code in (2, 3)
    assert message in errors


def test_an_email_address_is_not_recorded(draft, weerslag):
    sheet = ask(draft)

    code, _, errors = weerslag("approve", "--reply", sheet.code, "--by", "anna@example.org", "--yes")

    assert 2 == code
    assert "not an e-mail address" in errors
    assert DRAFT == (draft.root / FILE).read_text()
