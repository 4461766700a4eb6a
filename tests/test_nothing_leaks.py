"""What was not cleared, not asked for or not yet due appears nowhere: every byte of ``public/`` and ``press/`` is read.

Words are planted wherever people leave some behind: in drafts, in what was edited after it was cleared, in cuts, in comments, in the tags of a
recording, in what a camera writes into a picture. Beside each stands a word that must come through, so that a reader who sees nothing cannot pass for one who found nothing.
"""

import base64
import io
import re
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import mutagen
import pikepdf
import pytest
from PIL import Image, PngImagePlugin

from pipeline.builder import Talk, bring_up_to_date
from pipeline.cache import Store
from pipeline.content import load_programme
from pipeline.content.scaffold import starter_files
from pipeline.executors import open_workers
from pipeline.intake import IntakeJob, drafts_of, read_hand_in
from tests.intake.made import W, docx, link, p

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = re.compile(r"zwijg[a-z]+", re.IGNORECASE)  # every planted word begins so, and no Dutch page has it otherwise
SHOWN = {
    "toongroep",
    "toonwoord",
    "toonciteer",
    "toonrol",
    "toonnotitie",
    "toontitel",
    "tooncue",
    "toonalt",
    "toonimport",
}

EPISODE = """\
---
guid: {guid}
number: {number}
event: eerste-bijeenkomst   # zwijgopmerking
title: {word}titel
summary: {word}samenvatting
published: {day} 06:00
people: [{{name: {word}mens, role: guest}}]
chapters:
  - {{start: "00:00", title: {word}hoofdstuk}}
  - {{start: "00:05", title: zwijghoofdstuk}}
  - {{start: "00:08", title: {word}later}}
cuts: [{{from: "00:05", to: "00:08"}}]
---
{word}notitie <!-- zwijgcommentaar -->
"""
TRANSCRIPT = """\
WEBVTT

NOTE zwijgnoot

zwijgnaam
00:00:00.000 --> 00:00:05.000
<v {word}spreker>{word}cue</v>

00:00:05.000 --> 00:00:08.000
<v zwijgspreker>zwijgcue</v>
"""
REFLECTION = """\
---
group: {word}groep
roles: [{word}rol]
question: {word}vraag
{cleared}
insights: [{word}inzicht]
quotes:
  - {{text: {word}citeer, by: {word}door, cleared: true}}
  - {{text: zwijgciteer, by: zwijgdoor, cleared: false}}
  - {{text: zwijgnooit, by: zwijgiemand}}
  - {{text: zwijgveranderd, by: zwijgander, cleared: sha256-0123456789ab}}
moment: {moment}#00:01
---
{word}woord ![{word}beeld]({picture})

<!-- zwijgcommentaar -->
"""
STORY = """\
---
title: Toontitel   # zwijgopmerking
event: eerste-bijeenkomst
picture: {file: images/foto.jpg, alt: Toonalt, credit: Toonmaker}
---
Toonwoord <!-- zwijgcommentaar --> ![Toonalt](../images/plaat.png)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A programme full of words that must not come out, built in a folder that has such a name itself."""
    root = tmp_path_factory.mktemp("zwijgmap") / "programma"
    write_programme(root)
    store = Store(root / ".weerslag")
    with store.locked(holder="zwijghouder", wait=True, waiting=print), open_workers("processes:2") as pool:
        built = bring_up_to_date(
            load_programme(root), root=root, store=store, pool=pool, now=NOW, talk=Talk(step=lambda _: None)
        )
    assert () == built.failures
    return root


def test_nothing_that_was_not_cleared_is_in_any_byte_of_public(built):
    assert {} == found_in(built / "public")


def test_nothing_that_was_not_cleared_is_in_any_byte_of_press_but_the_report_of_an_episode_to_come(built):
    told = found_in(built / "press")
    reports = {f"reports/02-zwijgstraks.{form}" for form in ("html", "json")}
    assert reports == set(told)  # the producer's own: docs/decisions/0013
    assert {"zwijgtitel", "zwijghoofdstuk", "zwijglater", "zwijgstraks"} >= set().union(*told.values())


def test_the_reader_of_bytes_would_have_found_it(built):
    for name, words in {
        "feed.xml": {"toontitel", "toonnotitie"},
        "magazine/magazine.pdf": {"toongroep", "toonwoord", "toonciteer", "toonrol", "toonalt"},
        "magazine/magazine.epub": {"toongroep", "toonwoord", "toonciteer", "toonrol", "toonalt"},
        "magazine/event-eerste-bijeenkomst/index.html": {"toongroep", "toonwoord", "toonciteer", "toonrol"},
        "episodes/01-toon/transcript.json": {"tooncue"},
        "stories/vooraf/index.html": {"toontitel", "toonalt"},
    }.items():
        assert words <= words_of(built / "public" / name), name
    for name in ("magazine-print.pdf", "magazine-booklet.pdf"):
        assert {"toongroep", "toonwoord", "toonciteer"} <= words_of(built / "press/magazine" / name), name
    sounds = sorted((built / "public/audio").iterdir())
    assert [".m4a", ".mp3", ".opus"] == sorted(sound.suffix for sound in sounds)
    assert all("toontitel" in words_of(sound) for sound in sounds)
    everything = set().union(*(words_of(path) for path in (built / "public").rglob("*") if path.is_file()))
    assert everything >= SHOWN
    planted = set().union(*(words_of(path) for path in built.rglob("*") if path.is_file() and path.suffix != ".json"))
    assert {"zwijgexif", "zwijgxmp", "zwijgplaat", "zwijgpers", "zwijgopname", "zwijgcue"} <= planted
    word = {"zwijgauteur", "zwijgweg", "zwijgopmerking", "zwijgvoet", "zwijgstreep", "zwijgtitel"}
    assert word <= words_of(built.parent / "Toontafel.docx")


@pytest.mark.parametrize("place", ["title", "xmp", "note", "attachment", "outline", "page", "picture"])
def test_the_reader_of_bytes_opens_a_pdf_wherever_something_can_hide(tmp_path, place):
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        text = pikepdf.String("Zwijgwoord é")  # no ASCII: kept as UTF-16
        if place == "title":
            pdf.docinfo["/Title"] = text
        elif place == "xmp":
            pdf.Root.Metadata = pdf.make_stream(b"<x>Zwijgwoord</x>")
        elif place == "note":
            page.obj.Annots = pikepdf.Array([pikepdf.Dictionary(Type=pikepdf.Name.Annot, Contents=text)])
        elif place == "attachment":
            pdf.attachments["zwijgwoord.txt"] = b"x"
        elif place == "outline":
            with pdf.open_outline() as outline:
                outline.root.append(pikepdf.OutlineItem("Zwijgwoord é", 0))
        elif place == "page":
            page.contents_add(b"/Span <</ActualText (Zwijgwoord)>> BDC EMC")
        else:
            jpeg = io.BytesIO()
            Image.new("RGB", (8, 8)).save(jpeg, "JPEG", comment=b"Zwijgwoord")
            page.add_resource(pdf.make_stream(jpeg.getvalue(), Filter=pikepdf.Name.DCTDecode), pikepdf.Name.XObject)
        pdf.save(tmp_path / "a.pdf", object_stream_mode=pikepdf.ObjectStreamMode.generate, fix_metadata_version=False)

    assert {"zwijgwoord"} == words_of(tmp_path / "a.pdf")


@pytest.mark.parametrize("hidden", [
    b"zwijgwoord", "Zwijgwoord".encode("utf-16-le"), b"x" + "Zwijgwoord".encode("utf-16-be"), "zwijg\u00adwoord".encode("latin-1"),
    b"z&#119;ijgwoord", b"&#x7a;wijgwoord", rb'"\u007awijgwoord"', b"%7Awijgwoord", b"<FEFF007A00770069006A00670077006F006F00720064>",
])  # fmt: skip
def test_the_reader_of_bytes_knows_how_a_letter_can_be_spelt(hidden):
    assert "zwijgwoord" in words_in(hidden)


def test_the_reader_of_bytes_opens_an_archive_with_all_that_it_says_of_itself(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.epub", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"zwijgeen"
        member = zipfile.ZipInfo("zwijgtwee.txt")
        member.comment, member.compress_type = b"zwijgdrie", zipfile.ZIP_DEFLATED
        archive.writestr(member, b"zwijgvier")

    assert {"zwijgeen", "zwijgtwee", "zwijgdrie", "zwijgvier"} <= words_of(tmp_path / "a.epub")


@pytest.mark.parametrize("form", ["file", "archive", "page", "pdf"])
def test_the_reader_of_bytes_opens_a_picture_wherever_it_stands(tmp_path, form):
    held, told = io.BytesIO(), PngImagePlugin.PngInfo()
    told.add_text("Comment", "Zwijgwoord " * 99, zip=True)
    Image.new("RGB", (8, 8)).save(held, "PNG", pnginfo=told)
    path = tmp_path / {"file": "a.png", "archive": "a.epub", "page": "a.html", "pdf": "a.pdf"}[form]
    if form == "file":
        path.write_bytes(held.getvalue())
    elif form == "archive":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.png", held.getvalue())
    elif form == "page":
        path.write_bytes(b'<img src="data:image/png;base64,' + base64.b64encode(held.getvalue()) + b'">')
    else:
        with pikepdf.new() as pdf:
            pdf.add_blank_page()
            pdf.attachments["a.png"] = held.getvalue()
            pdf.save(path)

    assert b"wijgwoord" not in path.read_bytes()
    assert {"zwijgwoord"} == words_of(path)


# ------------------------------------------------------------------------------------------------------------- reading


def found_in(folder: Path) -> dict[str, set[str]]:
    """By file, the planted words in its name, its bytes, and whatever is packed into it."""
    found = {
        path.relative_to(folder).as_posix(): {
            word
            for word in words_of(path) | words_in(path.relative_to(folder).as_posix().encode())
            if SECRET.match(word)
        }
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert found
    return {name: words for name, words in found.items() if words}


def words_of(path: Path) -> set[str]:
    """The planted words, hidden or shown, in a file and in what it packs."""
    return set().union(*(words_in(content) for content in unpacked(path)))


def words_in(content: bytes) -> set[str]:
    """In UTF-8, in UTF-16 as ID3 has it, and as HTML, XML, JSON, addresses and PDF strings may spell a letter."""
    wide = [content[start:].decode(code, "replace") for code in ("utf-16-le", "utf-16-be") for start in (0, 1)]
    texts = [content.decode("latin-1"), *wide]
    texts += [spelt_out(texts[0])]
    return {
        word.lower() for text in texts for word in re.findall(r"(?i)(?:zwijg|toon)[a-z]+", text.replace("\xad", ""))
    }


def spelt_out(text: str) -> str:
    """Letters that are written as numbers, as in HTML, XML, JSON, an address, and the strings of a PDF."""
    text = re.sub(r"&#(\d{1,7});", lambda found: chr(min(int(found[1]), 0xFFFF)), text)
    text = re.sub(r"(?:&#x|\\u00|\\x|%)([0-9A-Fa-f]{2});?", lambda found: chr(int(found[1], 16)), text)
    return re.sub(r"<([0-9A-Fa-f\s]{8,})>", lambda found: re.sub(r"(?:00)?([2-7][0-9A-Fa-f])", _letter, found[1]), text)


def _letter(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))


def unpacked(path: Path) -> list[bytes]:
    """A file, and every stream, text, picture or member that it has inside."""
    content = path.read_bytes()
    inside = [content]
    if path.suffix == ".pdf":
        inside += [*streams(path), subprocess.run(["pdftotext", path, "-"], check=True, capture_output=True).stdout]
    if path.suffix in (".mp3", ".m4a", ".opus"):
        inside += tags(path)
    if zipfile.is_zipfile(path):
        inside += members(path)
    return [piece for one in inside for piece in (one, *packed_in(one))]


def packed_in(content: bytes) -> Iterator[bytes]:
    """What stands in the bytes of a page, a picture or a font in a packed form, to any depth."""
    for data in re.findall(rb"base64,([A-Za-z0-9+/=]+)", content):
        held = base64.b64decode(data)
        yield held
        yield from packed_in(held)
    if content.startswith(b"\x89PNG") or (content.startswith(b"\xff\xd8") and b"JFIF" in content[:32]):
        yield from told_by(content)


def told_by(picture: bytes) -> Iterator[bytes]:
    """All that a picture says beside its dots: compressed texts, EXIF, XMP, names of profiles, comments."""
    with Image.open(io.BytesIO(picture)) as opened:
        opened.load()
        yield repr({**opened.info, **getattr(opened, "text", {})}).encode()
        yield from (one for one in opened.info.values() if isinstance(one, bytes))
        exif = opened.getexif()
        yield repr({**exif, **exif.get_ifd(0x8825), **exif.get_ifd(0x8769)}).encode()


def members(path: Path) -> list[bytes]:
    """All that an archive packs, with names, comments and extra fields."""
    with zipfile.ZipFile(path) as archive:
        told = [part for one in archive.infolist() for part in (one.filename.encode(), one.comment, one.extra)]
        return [archive.comment, *told, *(archive.read(name) for name in archive.namelist())]


def streams(path: Path) -> list[bytes]:
    """A PDF with every stream open and every string as it is; pictures as they were put in."""
    whole = io.BytesIO()
    with pikepdf.open(path) as pdf:
        pdf.save(
            whole,
            compress_streams=False,  # or what was opened is packed again
            fix_metadata_version=False,  # or XMP is written anew
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )
        held = [one.get_file().read_bytes() for one in pdf.attachments.values()]
        dictionaries = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary)]
        strings = [str(value) for one in dictionaries for value in one.values() if isinstance(value, pikepdf.String)]
    return [whole.getvalue(), " ".join(strings).encode(), *held]


def tags(path: Path) -> list[bytes]:
    """All tags of a sound file, with the pictures in them."""
    values = dict(mutagen.File(path).tags)
    pictures = [base64.b64decode(one) for one in values.get("metadata_block_picture", [])]
    return [repr(values).encode(), *pictures]


# ------------------------------------------------------------------------------------------------------------- writing


def write_programme(root: Path) -> None:
    files = starter_files(
        title="Proef",
        url="https://example.org/proef/",
        guid="0b7c5e52-6b6c-4a39-8f6e-1f1d5a3b7c01",
        day=date(2024, 6, 20),
    )
    sound = files.pop("episodes/01-eerste-aflevering/recording/testgeluid.wav")
    for path in ("programme.yaml", "magazine/magazine.yaml"):
        write(root / path, b"# zwijgopmerking\n" + files[path])
    for number, slug, word, day in ((1, "01-toon", "Toon", "2024-06-20"), (2, "02-zwijgstraks", "Zwijg", "2031-01-01")):
        folder, guid = root / "episodes" / slug, f"0b7c5e52-6b6c-4a39-8f6e-1f1d5a3b7c0{number}"
        write(folder / "episode.md", EPISODE.format(word=word, number=number, day=day, guid=guid).encode())
        write(folder / "transcript.vtt", TRANSCRIPT.format(word=word).encode())
        write_recording(folder / "recording/zwijgopname.flac", sound)
    for name, word, cleared, moment, picture in (
        ("tafel-1", "Toon", "cleared: 2024-07-01   # zwijgopmerking", "01-toon", "../../images/plaat.png"),
        ("zwijgtafel", "Zwijg", "# cleared: 2024-07-01", "01-toon", "../../images/zwijgbeeld.png"),
        ("tafel-3", "Toon", "cleared: 2024-07-01", "02-zwijgstraks", "../../images/plaat.png"),
        ("zwijgvoorheen", "Zwijg", "cleared: 2024-07-01 sha256-0123456789ab", "01-toon", "../../images/zwijgbeeld.png"),
    ):
        text = REFLECTION.format(word=word, cleared=cleared, moment=moment, picture=picture)
        write(root / f"magazine/reflections/eerste-bijeenkomst/{name}.md", text.encode())
    write(root / "magazine/reflections/eerste-bijeenkomst/tafel-5.md", handed_in(root.parent))
    write(root / "magazine/stories/vooraf.md", STORY.encode())
    write_pictures(root / "magazine/images")


def handed_in(folder: Path) -> bytes:
    """A Word file with an author, a comment, a deletion and words in its margins: brought in, and cleared as it then stands."""
    who = 'w:id="1" w:author="Zwijgauteur" w:date="2024-06-13T10:00:00Z"'
    mark = '<w:r><w:commentReference w:id="0"/></w:r>'
    gone = f"<w:del {who}><w:r><w:delText>zwijgweg</w:delText></w:r></w:del>"
    body = (
        p("Toonvraag")
        + p("Toonimport ", inside=mark + gone)
        + p("zwijgstreep", inside="").replace("<w:r>", "<w:r><w:rPr><w:strike/></w:rPr>")
    )
    comments = (
        f"<w:comments {W}><w:comment w:id='0' w:author='Zwijgauteur'>{p('zwijgopmerking')}</w:comment></w:comments>"
    )
    parts = {
        "word/comments.xml": comments,
        "docProps/core.xml": "<a xmlns:dc='y'><dc:creator>Zwijgauteur</dc:creator><dc:title>Zwijgtitel</dc:title></a>",
        "word/footer1.xml": f"<w:ftr {W}>{p('zwijgvoet')}</w:ftr>",
    }
    source = folder / "Toontafel.docx"
    source.write_bytes(docx(body, parts, link("rId9", "comments", "comments.xml")))
    hand_in = read_hand_in(IntakeJob(file=str(source), pictures=str(folder)))
    (draft,) = drafts_of([hand_in], event="eerste-bijeenkomst", language="nl", there=lambda _: None, update=False)
    return re.sub(r"(?m)^# cleared: .*$", "cleared: 2024-07-01", draft.content).encode()


def write_recording(path: Path, sound: bytes) -> None:
    """Ten seconds, with what a recorder or an editor writes into a file."""
    path.parent.mkdir(parents=True)
    tags = [
        word for key in ("title", "artist", "comment", "description") for word in ("-metadata", f"{key}=Zwijgopname")
    ]
    subprocess.run(["ffmpeg", "-v", "error", "-i", "pipe:", "-t", "10", *tags, str(path)], input=sound, check=True)


def write_pictures(folder: Path) -> None:
    """A photograph with what a camera and a person wrote into it, and a drawing with words of its own."""
    folder.mkdir(parents=True)
    exif = Image.Exif()
    exif[0x010E], exif[0x013B] = "Zwijgexif", "Zwijgexif"
    exif.get_ifd(0x8825)[29] = "Zwijgexif"
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>Zwijgxmp</x:xmpmeta>"
    photo = Image.linear_gradient("L").convert("RGB")
    photo.save(folder / "foto.jpg", exif=exif, xmp=xmp, comment=b"Zwijgplaat")
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", "Zwijgplaat")
    told.add_text("Description", "Zwijgpers " * 50, zip=True)  # in no byte to be seen
    told.add_itxt("XML:com.adobe.xmp", "Zwijgxmp")
    for name in ("plaat.png", "zwijgbeeld.png"):
        photo.save(folder / name, exif=exif, pnginfo=told)


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
