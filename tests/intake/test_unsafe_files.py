"""Damaged and malicious files.

Each is refused with a message, or read safely, in little memory and time.
"""

import contextlib
import io
import re
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from pipeline.executors import serialise_task
from pipeline.intake.file_limits import open_zip
from pipeline.intake.importer import import_file
from pipeline.intake.refused_formats import RefusedFileError
from pipeline.intake.tasks import ImportTask
from pipeline.typesetting import render_markdown
from tests.intake.conftest import render_result
from tests.intake.office_files import RELS, docx, link, make_zip, odt, p, photo

ROOT = Path(__file__).parents[2]
BOMB = b"<!DOCTYPE x [<!ENTITY a 'lol'>" + b"".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>".encode() for n in range(12)
)
PARAGRAPH_OF_RUNS = f"<w:p>{'<w:r><w:t>ab</w:t></w:r>' * 18}</w:p>"
XXE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'


def make_archive(names, content=b"x"):
    """An archive with members of these names."""
    return make_zip(dict.fromkeys(names, content))


def set_flag(content, bit):
    """Set a flag in each header of an archive (APPNOTE.TXT 4.4.4)."""
    content = bytearray(content)
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = content.find(mark)
        while place >= 0:
            content[place + offset] |= bit
            place = content.find(mark, place + 4)
    return bytes(content)


def make_archive_with_duplicates():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("word/document.xml", "<b/>")
    return content.getvalue()


def xlsx(parts):
    return make_zip({"xl/workbook.xml": "<workbook/>", **parts})


SCRIPTS = b"""<html><body><p onclick='x()'>Tekst.</p><script>alert(1)</script><a href='javascript:x()'>klik</a>
<iframe src=http://127.0.0.1:9></iframe><img src=http://127.0.0.1:9/x onerror=x()></body></html>"""
WHOLE = docx(p("Tekst."))
REFUSED = {
    "an empty file": (b"", "a.docx", "is empty"),
    "only zeros": (b"\0" * 5000, "a.docx", "is empty"),
    "an executable": (b"\x7fELF" + b"\0" * 100, "a.docx", "unknown file format"),
    "a PDF named .docx": (b"%PDF-1.7\n%", "a.docx", "PDF"),
    "Word 97": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.doc", "old Word file"),
    "rtf": (b"{\\rtf1\\ansi hallo}", "a.rtf", "RTF"),
    "a damaged HEIC photo": (b"\0\0\0\x18ftypheic" + b"\0" * 40, "a.heic", "image cannot be read"),
    "an archive of unreadable files": (make_archive(["a.exe", "b.bin"], b"\x7fELF\0\1"), "a.zip", "Unpack it"),
    "an archive of archives": (make_archive(["a.zip"], make_archive(["b.txt"])), "a.zip", "Unpack it"),
    "200 files in an archive": (make_archive([f"{n}.txt" for n in range(200)]), "a.zip", "more than 100 files"),
    "a presentation without slides": (make_archive(["ppt/presentation.xml"], "<p/>"), "a.pptx", "no slides"),
    "an empty spreadsheet of LibreOffice": (
        make_zip({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<a/>"}),
        "a.ods",
        "worksheet is damaged",
    ),
    "cut off": (WHOLE[: len(WHOLE) // 2], "a.docx", "truncated"),
    "one changed byte": (WHOLE.replace(WHOLE[600:610], b"\0" * 10, 1), "a.docx", "damaged or truncated"),
    "no document": (
        docx("").replace(b"word/document.xml", b"word/documenu.xml"),
        "a.docx",
        "archive of this kind cannot be read",
    ),
    "malformed XML": (docx("<w:p><w:r>"), "a.docx", "damaged"),
    "a billion laughs": (
        docx(p("x"), {"word/document.xml": BOMB + b"]><x>&m;</x>"}),
        "a.docx",
        "document type declaration",
    ),
    "an entity from a file": (
        docx(p("x"), {"word/document.xml": f"{XXE}<x>&e;</x>"}),
        "a.docx",
        "document type declaration",
    ),
    "an entity in utf-16": (
        docx(p("x"), {"word/styles.xml": f"{XXE}<x>&e;</x>".encode("utf-16")}),
        "a.docx",
        "document type declaration",
    ),
    "an entity in a relation": (
        docx(p("x"), {"word/_rels/document.xml.rels": XXE + "<x/>"}),
        "a.docx",
        "document type declaration",
    ),
    "an entity in a member with another suffix": (
        docx(p("x"), {"word/text.bin": f"{XXE}<x>&e;</x>"}),
        "a.docx",
        "document type declaration",
    ),
    "an entity in an odt": (
        odt("<text:p>x</text:p>", parts={"styles.xml": XXE + "<x/>"}),
        "a.odt",
        "document type declaration",
    ),
    "an entity in a workbook": (xlsx({"xl/sharedStrings.xml": XXE + "<x/>"}), "a.xlsx", "document type declaration"),
    "a zip bomb": (docx(p("x"), {"word/media/a.png": b"\0" * 60_000_000}), "a.docx", "zip bomb"),
    "17 million characters": (docx(p("x" * 17_000_000)), "a.docx", "zip bomb|the limit is"),
    "three million paragraphs": (docx("<w:p/>" * 3_000_000), "a.docx", "zip bomb|the limit is"),
    "25,000 paragraphs": (
        docx("".join(p(f"{n * 7919 % 100_003}") for n in range(25_000))),
        "a.docx",
        "more than 20000 paragraphs",
    ),
    "3000 members": (make_archive([f"a{n}" for n in range(3000)]), "a.docx", "too large when unpacked"),
    "a decoy at the path of the main text": (
        docx(p("onschuldig"), {"_rels/.rels": RELS.replace("document.xml", "anders.xml"), "word/anders.xml": "<x/>"}),
        "a.docx",
        "the text is damaged",
    ),
    "a member with a parent path": (docx(p("x"), {"../../etc/cron.d/x": "x"}), "a.docx", "unsafe path"),
    "a member with a drive": (docx(p("x"), {"C:/x": "x"}), "a.docx", "unsafe path"),
    "a member with an absolute path": (docx(p("x"), {"/etc/x": "x"}), "a.docx", "unsafe path"),
    "duplicate members": (make_archive_with_duplicates(), "a.docx", "two members with the same name"),
    "a password": (set_flag(WHOLE, 1), "a.docx", "password"),
    "a damaged worksheet": (xlsx({"xl/worksheets/sheet1.xml": "<x/>"}), "a.xlsx", "damaged"),
    "ten thousand nested elements": (
        b"<html><body>Tekst." + b"<div>" * 10_000 + b"Meer.",
        "a.html",
        "nested too deeply",
    ),
    "a form without answers": (b"Tafel;Vraag\r\n", "a.csv", "not a table with answers"),
    "a form with an unclosed quote": (b'a;b\n"x;y\n', "a.csv", "not a CSV table"),
    "3000 columns": (
        b";".join(b"k%d" % n for n in range(3000)) + b"\n" + b"x;" * 3000,
        "a.csv",
        "more than 200 columns",
    ),
    "a table of 5000 columns": (
        b"<html><body><table><tr>" + b"<td>x</td>" * 5000 + b"</tr></table>",
        "a.html",
        "more than 200 columns",
    ),
    "400,000 line breaks": (
        docx(f"<w:p><w:r>{'<w:br/>' * 400_000}</w:r></w:p>"),
        "a.docx",
        "zip bomb|too many elements",
    ),
    "an Outlook message": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "__substg1.0_1000001F".encode("utf-16-le"),
        "a.doc",
        "Outlook message",
    ),
    "a workbook with a password": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "a.xlsx",
        "has a password",
    ),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.xls", "old Excel file"),
    "an old presentation": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.ppt", "old PowerPoint file"),
    "a Pages document": (make_archive(["Index/Document.iwa", "preview.jpg"]), "a.pages", "Export To > Word"),
    "a Numbers document": (make_archive(["Index/Document.iwa"]), "a.numbers", "Export To > Excel"),
    "a link to a Google document": (b'{"": "WARNING!", "doc_id": "1"}', "a.gdoc", "Microsoft Word"),
    "a link to a Google sheet": (b'{"url": "https://docs.google.com/x"}', "a.gsheet", "Microsoft Excel"),
    "a link to a page": (b"[InternetShortcut]\r\nURL=https://example.org\r\n", "a.url", "this is a link"),
    "a sign-in page": (
        b"<html><head><title>Aanmelden bij uw account</title></head><body><p>x",
        "a.docx",
        "sign-in page",
    ),
    "a page that asks for a password": (b"<html><body><form><input type='password'>", "a.html", "sign-in page"),
    "5000 rows": (b"a;b\n" + b"x;y\n" * 5000, "a.csv", "more than 2000 rows"),
    "1.8 million characters": (b"woord " * 300_000, "a.txt", "the limit is 1000000"),
    "a page without text": (b"<html><script>alert(1)</script></html>", "a.html", "no text"),
    "500 parts": (
        b"From: a\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\na\n" * 500 + b"--x--\n",
        "a.eml",
        "more than 100 parts",
    ),
    "deeply nested sections": (
        odt("<text:section>" * 240 + "</text:section>" * 240),
        "a.odt",
        "nested too deeply|damaged",
    ),
}


@pytest.mark.parametrize(("content", "name", "why"), REFUSED.values(), ids=REFUSED)
def test_file_is_refused_with_one_line_within_three_seconds(content, name, why, read):
    started = time.process_time()

    with pytest.raises(RefusedFileError) as error:
        read(content, name)

    assert re.search(why, f"{error.value.message} {error.value.hint}")

    assert "\n" not in error.value.message
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    ("content", "name"),
    {
        "scripts": (SCRIPTS, "a.html"),
        "markdown that is html": (b"Tekst.\n\n<script>alert(1)</script> [klik](javascript:alert(1))", "a.md"),
        "formulas": (b'Tafel;Verslag\n1;Tekst. =HYPERLINK("http://x")\n', "a.csv"),
        "an image that is not one": (
            docx(p("Tekst."), {"word/media/image1.png": b"no picture"}, link("rId5", "image", "media/image1.png")),
            "a.docx",
        ),
        "invisible characters": ("Te\u202ekst. \ufeffen\u0007 \u200bmeer".encode(), "a.txt"),
        "an external template": (
            docx(p("Tekst."), links=link("rId7", "attachedTemplate", "http://127.0.0.1:9/x.dotm", outside=True)),
            "a.docx",
        ),
        "Word named .txt": (WHOLE, "a.txt"),
    }.values(),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_unsafe_content_is_removed(content, name, read):
    draft = render_result(read(content, name))

    page = str(render_markdown(draft))
    assert "ekst." in page
    assert not re.findall("<script|<iframe|<img|href=.javascript|on(?:click|error)=|[\u202e\a]", page)


@pytest.mark.parametrize("name", ["a.md", "a.html"])
def test_unclosed_comments_take_linear_time(read, name):
    started = time.process_time()

    with contextlib.suppress(RefusedFileError):
        read(b"<html><body>Tekst.</body></html>" + b"<!--" * 60_000, name)

    assert time.process_time() - started < 10  # in quadratic time it would be thirty


def test_image_of_a_hundred_gigabytes_is_omitted(read):
    big = bytearray(photo())
    big[16:24] = struct.pack(">II", 200_000, 200_000)
    file = docx(p("Tekst."), {"word/media/image1.png": bytes(big)}, link("rId5", "image", "media/image1.png"))

    assert "Tekst." in render_result(read(file))


def test_large_document_takes_less_than_300_mb(tmp_path):
    groups = (f"{p(f'Tafel {number}')}{PARAGRAPH_OF_RUNS * 800}" for number in range(1, 4))
    (tmp_path / "a.docx").write_bytes(docx("".join(groups)))
    task = ImportTask(file=str(tmp_path / "a.docx"), image_folder=str(tmp_path))

    program = (
        "import sys; from pipeline.executors import run_task; run_task(sys.argv[1])\n"
        "print(*(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    command = [sys.executable, "-c", program, serialise_task(import_file, task)]
    completed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)

    assert int(completed.stdout) < 300_000  # KiB, of this process: ru_maxrss would include that of its parent (proc(5))


@pytest.mark.parametrize("bug", [KeyError("x"), RuntimeError("x"), OSError(5, "x"), zipfile.BadZipFile("x")])
def test_bug_in_a_reader_is_not_reported_as_a_damaged_file(bug):
    with pytest.raises(type(bug)) as raised, open_zip(WHOLE):
        raise bug

    assert bug is raised.value


def test_missing_or_damaged_member_is_refused():
    with open_zip(WHOLE) as archive, pytest.raises(RefusedFileError, match="damaged or truncated"):
        archive.read("word/nothing.xml")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (("naam_van_het_stuk " * 3500).encode(), "tafel.txt"),
        (f"<table><tr>{'<td>cel</td>' * 40}</tr></table><p>Tekst.</p>".encode(), "tafel.html"),
    ],
)
def test_text_that_check_would_refuse_as_a_draft_is_refused(content, name, read):
    with pytest.raises(RefusedFileError) as refused:
        read(content, name)

    assert re.search(r"too wide: the limit is 30|punctuation marks that have a meaning", refused.value.message)
