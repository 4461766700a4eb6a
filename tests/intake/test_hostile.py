"""Files that are broken or made to do harm: each is refused in a sentence, or comes out clean, in little memory and time."""

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

from pipeline.executors import Limits, task_of
from pipeline.intake.guard import Refused, opened_zip
from pipeline.typesetting import html_of
from tests.intake.conftest import told
from tests.intake.made import RELS, docx, link, odt, p, photo, zipped

ROOT = Path(__file__).parents[2]
BOMB = b"<!DOCTYPE x [<!ENTITY a 'lol'>" + b"".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>".encode() for n in range(12)
)
XXE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'


def packed(names, content=b"x"):
    """An archive with parts of these names."""
    return zipped(dict.fromkeys(names, content))


def flagged(content, bit):
    """The same archive with a flag set in each of its heads (APPNOTE.TXT 4.4.4)."""
    content = bytearray(content)
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = content.find(mark)
        while place >= 0:
            content[place + offset] |= bit
            place = content.find(mark, place + 4)
    return bytes(content)


def stored_twice():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("word/document.xml", "<b/>")
    return held.getvalue()


def xlsx(parts):
    return zipped({"xl/workbook.xml": "<workbook/>", **parts})


SCRIPTS = b"""<html><body><p onclick='x()'>Tekst.</p><script>alert(1)</script><a href='javascript:x()'>klik</a>
<iframe src=http://127.0.0.1:9></iframe><img src=http://127.0.0.1:9/x onerror=x()></body></html>"""
WHOLE = docx(p("Tekst."))
REFUSED = {
    "nothing": (b"", "a.docx", "is empty"),
    "only zeros": (b"\0" * 5000, "a.docx", "is empty"),
    "a program": (b"\x7fELF" + b"\0" * 100, "a.docx", "no file that can be read here"),
    "a pdf called Word": (b"%PDF-1.7\n%", "a.docx", "PDF"),
    "Word of 1997": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.doc", "old Word file"),
    "rtf": (b"{\\rtf1\\ansi hallo}", "a.rtf", "RTF"),
    "a photo of an iPhone": (b"\0\0\0\x18ftypheic" + b"\0" * 40, "a.heic", "HEIC"),
    "an archive of files": (packed(["tafel-1.txt", "tafel-2.txt"]), "a.zip", "Unpack it"),
    "a presentation": (packed(["ppt/presentation.xml"]), "a.pptx", "cannot be read here"),
    "a spreadsheet of LibreOffice": (
        zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<a/>"}),
        "a.ods",
        "cannot be read here",
    ),
    "cut off": (WHOLE[: len(WHOLE) // 2], "a.docx", "cut off"),
    "one byte wrong in its text": (WHOLE.replace(WHOLE[600:610], b"\0" * 10, 1), "a.docx", "damaged|cut off"),
    "no document": (docx("").replace(b"word/document.xml", b"word/documenu.xml"), "a.docx", "cannot be read here"),
    "text that is no xml": (docx("<w:p><w:r>"), "a.docx", "damaged"),
    "a billion laughs": (docx(p("x"), {"word/document.xml": BOMB + b"]><x>&m;</x>"}), "a.docx", "only an attack"),
    "an entity from a file": (docx(p("x"), {"word/document.xml": f"{XXE}<x>&e;</x>"}), "a.docx", "only an attack"),
    "an entity in utf-16": (
        docx(p("x"), {"word/styles.xml": f"{XXE}<x>&e;</x>".encode("utf-16")}),
        "a.docx",
        "only an attack",
    ),
    "an entity in a relation": (
        docx(p("x"), {"word/_rels/document.xml.rels": XXE + "<x/>"}),
        "a.docx",
        "only an attack",
    ),
    "an entity in a part called otherwise": (
        docx(p("x"), {"word/text.bin": f"{XXE}<x>&e;</x>"}),
        "a.docx",
        "only an attack",
    ),
    "an entity in an odt": (odt("<text:p>x</text:p>", parts={"styles.xml": XXE + "<x/>"}), "a.odt", "only an attack"),
    "an entity in a workbook": (xlsx({"xl/sharedStrings.xml": XXE + "<x/>"}), "a.xlsx", "only an attack"),
    "a zip bomb": (docx(p("x"), {"word/media/a.png": b"\0" * 60_000_000}), "a.docx", "packed so tightly"),
    "text without end": (docx(p("x" * 17_000_000)), "a.docx", "packed so tightly|more than any note"),
    "three million paragraphs": (docx("<w:p/>" * 3_000_000), "a.docx", "packed so tightly|more than any note"),
    "a book of small paragraphs": (
        docx("".join(p(f"{n * 7919 % 100_003}") for n in range(25_000))),
        "a.docx",
        "more than 20000 paragraphs",
    ),
    "more parts than any file": (packed([f"a{n}" for n in range(3000)]), "a.docx", "unpacks to more"),
    "a decoy in the place of the text": (
        docx(p("onschuldig"), {"_rels/.rels": RELS.replace("document.xml", "anders.xml"), "word/anders.xml": "<x/>"}),
        "a.docx",
        "where no word processor does",
    ),
    "a part that climbs out": (docx(p("x"), {"../../etc/cron.d/x": "x"}), "a.docx", "written elsewhere"),
    "a part with a drive": (docx(p("x"), {"C:/x": "x"}), "a.docx", "written elsewhere"),
    "an absolute part": (docx(p("x"), {"/etc/x": "x"}), "a.docx", "written elsewhere"),
    "two parts of one name": (stored_twice(), "a.docx", "two parts of one name"),
    "a password": (flagged(WHOLE, 1), "a.docx", "password"),
    "a sheet that is no sheet": (xlsx({"xl/worksheets/sheet1.xml": "<x/>"}), "a.xlsx", "damaged"),
    "ten thousand boxes in each other": (b"<html><body>Tekst." + b"<div>" * 10_000 + b"Meer.", "a.html", "deeper"),
    "a form without answers": (b"Tafel;Vraag\r\n", "a.csv", "no table of answers"),
    "a form with a torn cell": (b'a;b\n"x;y\n', "a.csv", "no table"),
    "a form without end": (b"a;b\n" + b"x;y\n" * 5000, "a.csv", "more than 2000 rows"),
    "text without mercy": (b"woord " * 300_000, "a.txt", "more than any note"),
    "a page that says nothing": (b"<html><script>alert(1)</script></html>", "a.html", "no text"),
    "a letter of parts": (
        b"From: a\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\na\n" * 500 + b"--x--\n",
        "a.eml",
        "more than 100 parts",
    ),
    "a frame that holds itself": (odt("<text:section>" * 240 + "</text:section>" * 240), "a.odt", "deeper|damaged"),
}


@pytest.mark.parametrize(("content", "name", "why"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_in_one_plain_sentence_and_at_once(content, name, why, read):
    started = time.process_time()

    with pytest.raises(Refused, match=why) as refusal:
        read(content, name)

    assert "\n" not in refusal.value.message
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    ("content", "name"),
    {
        "scripts": (SCRIPTS, "a.html"),
        "markdown that is html": (b"Tekst.\n\n<script>alert(1)</script> [klik](javascript:alert(1))", "a.md"),
        "formulas": (b'Tafel;Verslag\n1;Tekst. =HYPERLINK("http://x")\n', "a.csv"),
        "a picture that is none": (
            docx(p("Tekst."), {"word/media/image1.png": b"no picture"}, link("rId5", "image", "media/image1.png")),
            "a.docx",
        ),
        "signs nobody sees": ("Te\u202ekst. \ufeffen\u0007 \u200bmeer".encode(), "a.txt"),
        "a link out of Word": (
            docx(p("Tekst."), links=link("rId7", "attachedTemplate", "http://127.0.0.1:9/x.dotm", outside=True)),
            "a.docx",
        ),
        "another name for Word": (WHOLE, "a.txt"),
    }.values(),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_it_comes_out_clean(content, name, read):
    draft = told(read(content, name))

    page = str(html_of(draft))
    assert "ekst." in page
    assert not re.findall("<script|<iframe|<img|href=.javascript|on(?:click|error)=|[\u202e\a]", page)


@pytest.mark.parametrize("name", ["a.md", "a.html"])
def test_comments_that_never_end_cost_no_more_than_their_length(read, name):
    started = time.process_time()

    with contextlib.suppress(Refused):
        read(b"<html><body>Tekst.</body></html>" + b"<!--" * 60_000, name)

    assert time.process_time() - started < 10  # half a second; by the square of their length it was thirty


def test_a_picture_of_a_hundred_gigabytes_is_left_out_and_told(read):
    big = bytearray(photo())
    big[16:24] = struct.pack(">II", 200_000, 200_000)
    file = docx(p("Tekst."), {"word/media/image1.png": bytes(big)}, link("rId5", "image", "media/image1.png"))

    assert "Tekst." in told(read(file))


def test_the_worst_of_them_takes_no_more_memory_than_its_limit(tmp_path):
    (tmp_path / "a.docx").write_bytes(docx("<w:p><w:r><w:t>ab</w:t></w:r></w:p>" * 8_000))
    job = {"file": str(tmp_path / "a.docx"), "pictures": str(tmp_path), "mapping": "", "group": ""}

    alone = (
        "import sys; from pipeline.workers import perform; perform(sys.argv[1])\n"
        "print(*(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    task = task_of("pipeline.intake:read_hand_in", job, Limits())
    told = subprocess.run([sys.executable, "-c", alone, task], check=True, capture_output=True, text=True, cwd=ROOT)

    assert int(told.stdout) < 300_000  # KiB, of this program alone: ru_maxrss would count its parent's too (proc(5))


@pytest.mark.parametrize("bug", [KeyError("x"), RuntimeError("x"), OSError(5, "x"), zipfile.BadZipFile("x")])
def test_a_fault_in_a_reader_is_not_told_as_a_damaged_file(bug):
    with pytest.raises(type(bug)) as raised, opened_zip(WHOLE):
        raise bug

    assert bug is raised.value


def test_a_part_that_is_not_there_or_not_whole_is_refused():
    with opened_zip(WHOLE) as archive, pytest.raises(Refused, match="is damaged"):
        archive.read("word/nothing.xml")
