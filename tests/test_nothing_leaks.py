"""Nothing that is not approved, not selected or not yet public is in any byte of ``public/`` and ``press/``.

Secret words are planted where people leave text: in drafts, in texts edited after approval, in cuts, in comments, in
the tags of a recording, in the metadata of a picture. Next to each is a word that must be published, so that a search
that finds nothing at all fails.
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

from pipeline.builder.build import run_build
from pipeline.builder.task_runner import Reporter
from pipeline.cache import Cache
from pipeline.cache.atomic_files import hash_file
from pipeline.content import load_programme
from pipeline.content.scaffold import build_starter_files
from pipeline.executors import open_executor
from pipeline.intake.draft_writer import plan_drafts
from pipeline.intake.importer import import_file
from pipeline.intake.tasks import ImportTask
from tests.intake.office_files import W, docx, link, p
from tests.shared_folders import share_folder

pytestmark = pytest.mark.slow

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = re.compile(
    r"zwijg[a-z]+", re.IGNORECASE
)  # every secret word begins with this, and no Dutch page has it otherwise
SEARCHED: dict[tuple[str, str], set[str]] = {}
PUBLISHED = {
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
NEWSLETTER = """\
---
number: 1   # zwijgopmerking
date: 2024-06-21
subject: Toonbrief
blocks:
  - intro
  - episode: 01-toon
  - story: vooraf
  - agenda
  # - story: zwijgblok
---
Toonintro <!-- zwijgcommentaar -->
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
{approved}
insights: [{word}inzicht]
quotes:
  - {{text: {word}citeer, by: {word}door, approved: true}}
  - {{text: zwijgciteer, by: zwijgdoor, approved: false}}
  - {{text: zwijgnooit, by: zwijgiemand}}
  - {{text: zwijgveranderd, by: zwijgander, approved: sha256-0123456789ab}}
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


def build_programme(folder: Path) -> None:
    """Build a programme full of secret words, and its preview."""
    root = folder / "programma"
    write_programme(root)
    cache = Cache(root / ".weerslag")
    for preview in (True, False, True):  # in any order
        with cache.lock(holder="zwijghouder", wait=True, waiting=print), open_executor("processes:2") as executor:
            result = run_build(
                load_programme(root),
                root=root,
                cache=cache,
                executor=executor,
                now=NOW,
                reporter=Reporter(step=lambda _: None),
                preview=preview,
            )
        assert () == result.failures


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The programme full of secret words; the name of its folder is one too."""
    return share_folder(tmp_path_factory, "zwijgmap", build_programme) / "programma"


def test_public_has_no_secret_word(built):
    assert {} == find_secrets(built / "public")


def test_press_has_secret_words_only_in_the_report_of_a_future_episode(built):
    found = find_secrets(built / "press")
    reports = {f"reports/02-zwijgstraks.{extension}" for extension in ("html", "json")}
    assert reports == set(found)  # for the producer only
    assert {"zwijgtitel", "zwijghoofdstuk", "zwijglater", "zwijgstraks"} >= set().union(*found.values())


def test_the_preview_has_the_future_episode_and_no_other_secret_word(built):
    found = find_secrets(built / ".weerslag/preview")

    straks = {"zwijgtitel", "zwijgsamenvatting", "zwijgmens", "zwijghoofdstuk", "zwijglater", "zwijgnotitie"}
    straks |= {"zwijgstraks", "zwijgspreker", "zwijgcue"}
    assert straks == set().union(*found.values())
    assert {"zwijgtitel", "zwijgnotitie", "zwijgcue"} <= found["episodes/02-zwijgstraks/index.html"]
    sounds = {path: (built / ".weerslag/preview" / path).read_bytes() for path in found if path.endswith(".mp3")}
    assert sounds
    for tree in ("public", "press"):
        files = [path.read_bytes() for path in (built / tree).rglob("*") if path.is_file()]
        assert files
        assert not [path for path, sound in sounds.items() if sound in files]


def test_search_finds_published_words_everywhere(built):
    for name, words in {
        "feed.xml": {"toontitel", "toonnotitie"},
        "magazine/magazine.pdf": {"toongroep", "toonwoord", "toonciteer", "toonrol", "toonalt"},
        "magazine/magazine.epub": {"toongroep", "toonwoord", "toonciteer", "toonrol", "toonalt"},
        "magazine/event-eerste-bijeenkomst/index.html": {"toongroep", "toonwoord", "toonciteer", "toonrol"},
        "episodes/01-toon/transcript.json": {"tooncue"},
        "search-index/texts-0.json": {"tooncue", "toonwoord", "toonciteer", "toonnotitie"},
        "search-index/words-0.json": {"tooncue", "toonwoord", "toonciteer", "toonnotitie"},
        "stories/vooraf/index.html": {"toontitel", "toonalt"},
    }.items():
        assert words <= find_words(built / "public" / name), name
    letter = {"toonbrief", "toonintro", "toontitel", "toonsamenvatting"}
    assert letter <= find_words(built / "public/newsletters/2024-06/index.html")
    for format_ in ("html", "txt", "eml"):
        assert letter <= find_words(built / f"press/newsletters/2024-06.{format_}"), format_
    for extension in ("pdf", "html", "txt"):
        summary = built / f"press/summaries/eerste-bijeenkomst.{extension}"
        assert {"tooninzicht", "toonciteer"} <= find_words(summary), extension
    for name in ("magazine-print.pdf", "magazine-booklet.pdf"):
        assert {"toongroep", "toonwoord", "toonciteer"} <= find_words(built / "press/magazine" / name), name
    sounds = sorted((built / "public/audio").iterdir())
    assert [".m4a", ".mp3", ".opus"] == sorted(sound.suffix for sound in sounds)
    assert all("toontitel" in find_words(sound) for sound in sounds)
    everything = set().union(*(find_words(path) for path in (built / "public").rglob("*") if path.is_file()))
    assert everything >= PUBLISHED
    planted = set().union(*(find_words(path) for path in built.rglob("*") if path.is_file() and path.suffix != ".json"))
    assert {"zwijgexif", "zwijgxmp", "zwijgplaat", "zwijgpers", "zwijgopname", "zwijgcue"} <= planted
    word = {"zwijgauteur", "zwijgweg", "zwijgopmerking", "zwijgvoet", "zwijgstreep", "zwijgtitel"}
    assert word <= find_words(built.parent / "Toontafel.docx")


@pytest.mark.parametrize("part", ["title", "xmp", "note", "attachment", "outline", "page", "picture"])
def test_search_finds_words_in_every_part_of_a_pdf(tmp_path, part):
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        text = pikepdf.String("Zwijgwoord é")  # not ASCII: stored as UTF-16
        if part == "title":
            pdf.docinfo["/Title"] = text
        elif part == "xmp":
            pdf.Root.Metadata = pdf.make_stream(b"<x>Zwijgwoord</x>")
        elif part == "note":
            page.obj.Annots = pikepdf.Array([pikepdf.Dictionary(Type=pikepdf.Name.Annot, Contents=text)])
        elif part == "attachment":
            pdf.attachments["zwijgwoord.txt"] = b"x"
        elif part == "outline":
            with pdf.open_outline() as outline:
                outline.root.append(pikepdf.OutlineItem("Zwijgwoord é", 0))
        elif part == "page":
            page.contents_add(b"/Span <</ActualText (Zwijgwoord)>> BDC EMC")
        else:
            jpeg = io.BytesIO()
            Image.new("RGB", (8, 8)).save(jpeg, "JPEG", comment=b"Zwijgwoord")
            page.add_resource(pdf.make_stream(jpeg.getvalue(), Filter=pikepdf.Name.DCTDecode), pikepdf.Name.XObject)
        pdf.save(tmp_path / "a.pdf", object_stream_mode=pikepdf.ObjectStreamMode.generate, fix_metadata_version=False)

    assert {"zwijgwoord"} == find_words(tmp_path / "a.pdf")


@pytest.mark.parametrize("hidden", [
    b"zwijgwoord", "Zwijgwoord".encode("utf-16-le"), b"x" + "Zwijgwoord".encode("utf-16-be"), "zwijg\u00adwoord".encode("latin-1"),
    b"z&#119;ijgwoord", b"&#x7a;wijgwoord", rb'"\u007awijgwoord"', b"%7Awijgwoord", b"<FEFF007A00770069006A00670077006F006F00720064>",
])  # fmt: skip
def test_search_decodes_every_escape_notation(hidden):
    assert "zwijgwoord" in find_words_in_bytes(hidden)


def test_search_finds_words_in_every_part_of_an_archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.epub", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"zwijgeen"
        member = zipfile.ZipInfo("zwijgtwee.txt")
        member.comment, member.compress_type = b"zwijgdrie", zipfile.ZIP_DEFLATED
        archive.writestr(member, b"zwijgvier")

    assert {"zwijgeen", "zwijgtwee", "zwijgdrie", "zwijgvier"} <= find_words(tmp_path / "a.epub")


@pytest.mark.parametrize("container", ["file", "archive", "page", "pdf"])
def test_search_finds_words_in_pictures_in_every_container(tmp_path, container):
    png, info = io.BytesIO(), PngImagePlugin.PngInfo()
    info.add_text("Comment", "Zwijgwoord " * 99, zip=True)
    Image.new("RGB", (8, 8)).save(png, "PNG", pnginfo=info)
    path = tmp_path / {"file": "a.png", "archive": "a.epub", "page": "a.html", "pdf": "a.pdf"}[container]
    if container == "file":
        path.write_bytes(png.getvalue())
    elif container == "archive":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.png", png.getvalue())
    elif container == "page":
        path.write_bytes(b'<img src="data:image/png;base64,' + base64.b64encode(png.getvalue()) + b'">')
    else:
        with pikepdf.new() as pdf:
            pdf.add_blank_page()
            pdf.attachments["a.png"] = png.getvalue()
            pdf.save(path)

    assert b"wijgwoord" not in path.read_bytes()
    assert {"zwijgwoord"} == find_words(path)


# Reading


def find_secrets(folder: Path) -> dict[str, set[str]]:
    """Return by file the secret words in its name, its bytes, and everything inside it."""
    found = {
        path.relative_to(folder).as_posix(): {
            word
            for word in find_words(path) | find_words_in_bytes(path.relative_to(folder).as_posix().encode())
            if SECRET.match(word)
        }
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert found
    return {name: words for name, words in found.items() if words}


def find_words(path: Path) -> set[str]:
    """Return the secret and published words in a file and in everything inside it; equal files are searched once."""
    key = path.suffix, hash_file(path)
    if key not in SEARCHED:
        SEARCHED[key] = set().union(*(find_words_in_bytes(content) for content in unpack(path)))
    return SEARCHED[key]


def find_words_in_bytes(content: bytes) -> set[str]:
    """Search UTF-8, UTF-16 (as in ID3), and the escapes of HTML, XML, JSON, URLs and PDF strings."""
    wide = [content[start:].decode(code, "replace") for code in ("utf-16-le", "utf-16-be") for start in (0, 1)]
    texts = [content.decode("latin-1"), *wide]
    texts += [decode_escapes(texts[0])]
    return {
        word.lower() for text in texts for word in re.findall(r"(?i)(?:zwijg|toon)[a-z]+", text.replace("\xad", ""))
    }


def decode_escapes(text: str) -> str:
    """Decode letters written as numbers in HTML, XML, JSON, URLs and PDF strings."""
    text = re.sub(r"&#(\d{1,7});", lambda found: chr(min(int(found[1]), 0xFFFF)), text)
    text = re.sub(r"(?:&#x|\\u00|\\x|%)([0-9A-Fa-f]{2});?", lambda found: chr(int(found[1], 16)), text)
    return re.sub(
        r"<([0-9A-Fa-f\s]{8,})>", lambda found: re.sub(r"(?:00)?([2-7][0-9A-Fa-f])", _decode_letter, found[1]), text
    )


def _decode_letter(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))


def unpack(path: Path) -> list[bytes]:
    """Return a file, and every stream, text, picture or member inside it."""
    content = path.read_bytes()
    inside = [content]
    if path.suffix == ".pdf":
        inside += [
            *read_streams(path),
            subprocess.run(["pdftotext", path, "-"], check=True, capture_output=True).stdout,
        ]
    if path.suffix in (".mp3", ".m4a", ".opus"):
        inside += read_audio_tags(path)
    if zipfile.is_zipfile(path):
        inside += read_members(path)
    return [piece for one in inside for piece in (one, *unpack_bytes(one))]


def unpack_bytes(content: bytes) -> Iterator[bytes]:
    """Yield what the bytes of a page, a picture or a font have in encoded form, to any depth."""
    for data in re.findall(rb"base64,([A-Za-z0-9+/=]+)", content):
        decoded = base64.b64decode(data)
        yield decoded
        yield from unpack_bytes(decoded)
    if content.startswith(b"\x89PNG") or (content.startswith(b"\xff\xd8") and b"JFIF" in content[:32]):
        yield from read_picture_metadata(content)


def read_picture_metadata(picture: bytes) -> Iterator[bytes]:
    """Yield all metadata of a picture: compressed texts, EXIF, XMP, names of profiles, comments."""
    with Image.open(io.BytesIO(picture)) as opened:
        opened.load()
        yield repr({**opened.info, **getattr(opened, "text", {})}).encode()
        yield from (one for one in opened.info.values() if isinstance(one, bytes))
        exif = opened.getexif()
        yield repr({**exif, **exif.get_ifd(0x8825), **exif.get_ifd(0x8769)}).encode()


def read_members(path: Path) -> list[bytes]:
    """Return the contents of an archive with names, comments and extra fields."""
    with zipfile.ZipFile(path) as archive:
        headers = [part for one in archive.infolist() for part in (one.filename.encode(), one.comment, one.extra)]
        return [archive.comment, *headers, *(archive.read(name) for name in archive.namelist())]


def read_streams(path: Path) -> list[bytes]:
    """Return a PDF with all streams decompressed, its strings, and its attachments."""
    whole = io.BytesIO()
    with pikepdf.open(path) as pdf:
        pdf.save(
            whole,
            compress_streams=False,  # or decompressed streams are compressed again
            fix_metadata_version=False,  # or the XMP is rewritten
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )
        attachments = [one.get_file().read_bytes() for one in pdf.attachments.values()]
        dictionaries = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary)]
        strings = [str(value) for one in dictionaries for value in one.values() if isinstance(value, pikepdf.String)]
    return [whole.getvalue(), " ".join(strings).encode(), *attachments]


def read_audio_tags(path: Path) -> list[bytes]:
    """Return all tags of an audio file, with the pictures in them."""
    values = dict(mutagen.File(path).tags)
    pictures = [base64.b64decode(one) for one in values.get("metadata_block_picture", [])]
    return [repr(values).encode(), *pictures]


# Writing


def write_programme(root: Path) -> None:
    files = build_starter_files(
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
    for name, word, approved, moment, picture in (
        ("tafel-1", "Toon", "approved: 2024-07-01   # zwijgopmerking", "01-toon", "../../images/plaat.png"),
        ("zwijgtafel", "Zwijg", "# approved: 2024-07-01", "01-toon", "../../images/zwijgbeeld.png"),
        ("tafel-3", "Toon", "approved: 2024-07-01", "02-zwijgstraks", "../../images/plaat.png"),
        (
            "zwijgvoorheen",
            "Zwijg",
            "approved: 2024-07-01 sha256-0123456789ab",
            "01-toon",
            "../../images/zwijgbeeld.png",
        ),
    ):
        text = REFLECTION.format(word=word, approved=approved, moment=moment, picture=picture)
        write(root / f"magazine/reflections/eerste-bijeenkomst/{name}.md", text.encode())
    write(root / "magazine/reflections/eerste-bijeenkomst/tafel-5.md", import_note(root.parent))
    write(root / "magazine/stories/vooraf.md", STORY.encode())
    write(root / "magazine/newsletters/2024-06.md", NEWSLETTER.encode())
    write_pictures(root / "magazine/images")


def import_note(folder: Path) -> bytes:
    """Import a Word file with an author, a comment, a deletion and a footer, and approve the result."""
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
    result = import_file(ImportTask(file=str(source), image_folder=str(folder)))
    (draft,) = plan_drafts(
        [result], event="eerste-bijeenkomst", language="nl", read_existing=lambda _: None, update=False
    )
    return re.sub(r"(?m)^# approved: .*$", "approved: 2024-07-01", draft.content).encode()


def write_recording(path: Path, sound: bytes) -> None:
    """Write ten seconds with the tags of a recorder or an editor."""
    path.parent.mkdir(parents=True)
    tags = [
        word for key in ("title", "artist", "comment", "description") for word in ("-metadata", f"{key}=Zwijgopname")
    ]
    subprocess.run(["ffmpeg", "-v", "error", "-i", "pipe:", "-t", "10", *tags, str(path)], input=sound, check=True)


def write_pictures(folder: Path) -> None:
    """Write a photo with EXIF, XMP and a comment, and drawings with text chunks."""
    folder.mkdir(parents=True)
    exif = Image.Exif()
    exif[0x010E], exif[0x013B] = "Zwijgexif", "Zwijgexif"
    exif.get_ifd(0x8825)[29] = "Zwijgexif"
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>Zwijgxmp</x:xmpmeta>"
    photo = Image.linear_gradient("L").convert("RGB")
    photo.save(folder / "foto.jpg", exif=exif, xmp=xmp, comment=b"Zwijgplaat")
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "Zwijgplaat")
    info.add_text("Description", "Zwijgpers " * 50, zip=True)  # not visible in the bytes
    info.add_itxt("XML:com.adobe.xmp", "Zwijgxmp")
    for name in ("plaat.png", "zwijgbeeld.png"):
        photo.save(folder / name, exif=exif, pnginfo=info)


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
