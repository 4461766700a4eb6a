"""A programme in which one person is everywhere, published to several places; and a search for what is left of her."""

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from tests.intake.office_files import docx, p
from tests.test_nothing_leaks import decode_escapes, unpack

CHECKOUT = Path(__file__).parents[2]
NAME = "Zoë van Drachten"
WORDS = "kwikstaartbeleid"  # that only she says
CANARIES = re.compile(
    b"|".join(
        rb"\x00?(?:\xad|\xc2\xad)?".join(bytes([char]) for char in word) for word in (b"drachten", b"kwikstaart")
    ),
    re.IGNORECASE,
)  # in UTF-8, Latin-1 and UTF-16, with soft hyphens too
SOUNDS = Path("/usr/share/games/fillets-ng/sound")
CLIPS = (
    "airplane/nl/let-m-divna.ogg",
    "airplane/nl/let-v-budrada.ogg",
    "airplane/nl/let-m-oko.ogg",
    "airplane/nl/let-v-vrak0.ogg",
)
CLIP_S = 4
SLUG, OLD_SLUG = "01-gesprek-aan-zee", "01-zoe-van-drachten"

PROGRAMME = """\
title: Proef aan zee
language: nl
organiser: Waterschap Noord
url: https://example.org/{folder}/
profile: public-sector
podcast:
  guid: 3a6f1c1e-6a55-5c9e-9b0e-2f7a4a0f3c11
  author: Waterschap Noord
  description: Gesprekken over water, zand en wind.
  category: [Government]
sound: {{formats: [mp3]}}
events:
  - id: avond   # Zoë van Drachten belt nog
    title: Een avond aan zee
    theme: Wie begint?
    starts: 2024-06-13 16:30
    ends: 2024-06-13 19:00
    agenda:
      - {{at: "17:00", what: Gesprek, people: [Zoë van Drachten, Bas Kok]}}
    guests:
      - {{name: Zoë van Drachten, role: dijkgraaf}}
      - {{name: Bas Kok, role: gastheer}}
"""
EPISODE = """\
---
guid: 0b7c5e52-6b6c-4a39-8f6e-1f1d5a3b7c01
number: 1
event: avond
title: Een gesprek met ZOË VAN DRACHTEN
summary: Over zand en wind.
published: 2024-06-20 06:00
people:
  # wie er spreken
  - name: Zoë van Drachten
    role: guest
    speaker: SPEAKER_01
  - {name: Bas Kok, role: host, speaker: SPEAKER_00}   # de gastheer
chapters:
  - {start: "00:00", title: Begin}
  - {start: "00:08", title: Zoe van Drachten antwoordt}
transcript_reviewed: 2024-06-18
---
Een gesprek over zand. <!-- tekst van Zoë van Drachten, nog nalezen -->
"""
TRANSCRIPT = """\
WEBVTT

NOTE uitgewerkt voor Zoë van Drachten

00:00:00.000 --> 00:00:04.000
<v SPEAKER_00>Welkom bij dit gesprek aan zee.

00:00:04.000 --> 00:00:08.000
<v SPEAKER_01>Ik pleit voor het kwikstaartbeleid.

00:00:08.000 --> 00:00:12.000
<v SPEAKER_00>Dank je wel, Zoë van Drachten, dat is helder.

00:00:12.000 --> 00:00:16.000
<v SPEAKER_01>Dat kwikstaartbeleid komt er ook.
"""
SECOND = """\
---
guid: 0b7c5e52-6b6c-4a39-8f6e-1f1d5a3b7c02
number: 2
event: avond
title: Na afloop
summary: Zonder de gasten.
published: 2024-06-21 06:00
transcript_reviewed: 2024-06-18
---
Een kort gesprek achteraf.
"""
SECOND_TRANSCRIPT = "WEBVTT\n\n00:00:00.000 --> 00:00:08.000\n<v Bas Kok>Zij was er niet meer bij.\n"
REFLECTION = """\
---
group: Tafel 1
roles: [beleid]
question: Wie begint?
approved: 2024-07-01
insights: [Iemand moet beginnen.]
quotes:
  - {text: Laat het zand liggen., by: beheerder, approved: true}
  - {text: Het kwikstaartbeleid werkt., by: Zoë van Drachten, approved: true}
---
Aan deze tafel begon het gesprek met een stilte. ![Zoë van Drachten kijkt uit over zee](../../images/zee.png)
"""
DRAFT = """\
---
group: Tafel 2
roles: [beleid]
question: Wie begint?
---
Volgens Zoë van Drachten begint iedereen. Zoë zei dat twee keer.
"""
STORY = """\
---
title: Wie de dijk bewaakt
event: avond
picture:
  file: images/dijk.jpg
  alt: Een dijk met wind
  credit: Foto Zoë van Drachten
---
Een dijk is nooit af, zei Van Drachten, Zoë ooit.
"""
MAGAZINE = """\
title: Proef aan zee
edition: Proef
language: nl
flatplan:
  - cover: {headline: Een avond aan zee}
  - article: stories/dijk.md
  - event: avond
  - colophon
colophon: Met dank aan Zoë van Drachten.
"""


def create_programme(root: Path, *, slug: str = SLUG, is_small: bool = False) -> None:
    """Write the programme, with real Dutch speech; a small one has no events and no magazine, so it builds in seconds."""
    if is_small:
        text = PROGRAMME.partition("events:")[0].format(folder="zee")
        episode = EPISODE.replace("event: avond\n", "")
        small = {
            "programme.yaml": f"# Zoë van Drachten belt nog\n{text}",
            f"episodes/{slug}/episode.md": episode,
            f"episodes/{slug}/transcript.vtt": TRANSCRIPT,
            "notities/lijst.txt": "Zoë van Drachten\nBas Kok\n",
        }
        write_texts(root, small)
        write_recording(root / f"episodes/{slug}/recording/opname.flac", CLIPS)
        return
    files = {
        "programme.yaml": PROGRAMME.format(folder="zee"),
        f"episodes/{slug}/episode.md": EPISODE,
        f"episodes/{slug}/transcript.vtt": TRANSCRIPT,
        "episodes/02-na-afloop/episode.md": SECOND,
        "episodes/02-na-afloop/transcript.vtt": SECOND_TRANSCRIPT,
        "magazine/magazine.yaml": MAGAZINE,
        "magazine/reflections/avond/tafel-1.md": REFLECTION,
        "magazine/reflections/avond/tafel-2.md": DRAFT,
        "magazine/stories/dijk.md": STORY,
    }
    write_texts(root, files)
    write_recording(root / f"episodes/{slug}/recording/opname.flac", CLIPS)
    write_recording(root / "episodes/02-na-afloop/recording/opname.flac", (CLIPS[0], CLIPS[2]))
    images = root / "magazine/images"
    images.mkdir(parents=True)
    exif = Image.Exif()
    exif[0x013B] = "Zoe van Drachten"
    Image.linear_gradient("L").resize((1600, 1200)).convert("RGB").save(
        images / "dijk.jpg", exif=exif, comment=NAME.encode()
    )
    Image.radial_gradient("L").resize((1600, 1200)).convert("RGB").save(images / "zee.png")
    core = f"<a xmlns:dc='y'><dc:creator>{NAME}</dc:creator></a>"
    (root / "inzendingen").mkdir()
    split = p("Ingeleverd door Zoë ", inside="<w:r><w:t>van Dra</w:t></w:r><w:r><w:t>chten</w:t></w:r>")
    (root / "inzendingen/tafel-1.docx").write_bytes(docx(p("Wat wij bespraken"), {"docProps/core.xml": core}))
    (root / "inzendingen/tafel-2.docx").write_bytes(docx(split))
    (root / "inzendingen/Zoë van Drachten.txt").write_text("Bellen na vijven.\n", encoding="utf-8")


def write_texts(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def write_recording(path: Path, clips: tuple[str, ...]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    inputs = [word for clip in clips for word in ("-i", str(SOUNDS / clip))]
    pads = "".join(f"[{n}]aresample=48000,apad,atrim=0:{CLIP_S}[a{n}];" for n in range(len(clips)))
    graph = pads + "".join(f"[a{n}]" for n in range(len(clips))) + f"concat=n={len(clips)}:v=0:a=1"
    subprocess.run(["ffmpeg", "-v", "error", "-y", *inputs, "-filter_complex", graph, str(path)], check=True)


def run(root: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "pipeline", *words]
    result = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert code == result.returncode, result.stdout + result.stderr
    return result


def publish_everywhere(root: Path, targets: list[str], *, is_small: bool = False) -> None:
    """Publish under a name in the address, rename, move to another URL, and publish to all targets."""
    create_programme(root, slug=OLD_SLUG, is_small=is_small)
    run(root, "publish", targets[0])
    run(root, "rename", OLD_SLUG, SLUG)
    programme = root / "programme.yaml"
    programme.write_text(programme.read_text().replace("example.org/zee/", "zee.example.org/"))
    moved = ("--moved-from", "https://example.org/zee/feed.xml")
    reason = ("--accept", "address-gone", "--reason", "op verzoek van Zoë van Drachten")
    run(root, "publish", targets[1], *moved, *reason)
    for target in targets[2:]:
        run(root, "publish", target)


def find_remains(folder: Path, *, skipped: tuple[str, ...] = ("recording", ".git")) -> list[str]:
    """Find the files whose names, bytes or extracted texts have a word of hers, without recordings and git."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if not path.is_file() or {*skipped} & {*name.parts}:
            continue
        if has_canary(str(name).encode()) or remember(path, "words", has_words):
            found.append(str(name))
    return found


_REMEMBERED: dict[tuple[str, str], bool] = {}


def remember(path: Path, what: str, search: Callable[[Path], bool]) -> bool:
    """Search a file once, however many copies of it there are: in public/, the cache and at each target."""
    with path.open("rb") as file:
        key = (what, hashlib.file_digest(file, "sha256").hexdigest())
    if key not in _REMEMBERED:
        _REMEMBERED[key] = search(path)
    return _REMEMBERED[key]


def has_words(path: Path) -> bool:
    return any(map(has_canary, unpack_all(path)))


def unpack_all(path: Path) -> list[bytes]:
    """Return a file and everything inside it, also of a file without an extension in a cache."""
    content = path.read_bytes()
    for start, suffix in ((b"%PDF", ".pdf"), (b"ID3", ".mp3"), (b"PK\x03\x04", ".epub")):
        if content.startswith(start) and path.suffix != suffix:
            copy = Path(os.environ.get("TMPDIR", "/tmp")) / f"unpack-{os.getpid()}{suffix}"
            shutil.copyfile(path, copy)
            try:
                return unpack(copy)
            finally:
                copy.unlink()
    return unpack(path)


def has_canary(content: bytes) -> bool:
    if CANARIES.search(content):
        return True
    if b"\0" in content[:4096] or len(content) > 4_000_000:
        return False
    text = content.decode("utf-8", "replace")
    stripped = re.sub(r"<[^<>]*>", "", text)
    return any(CANARIES.search(one.encode()) is not None for one in (stripped, decode_escapes(text)))


def find_voice(folder: Path, *, skipped: tuple[str, ...] = ("recording", ".git")) -> list[str]:
    """Find the sound files in which she is heard: normalised cross-correlation with what she says."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not {*skipped} & {*path.relative_to(folder).parts}:
            with path.open("rb") as file:
                start = file.read(16)
            is_sound = start[:3] == b"ID3" or start[:4] in (b"RIFF", b"OggS", b"fLaC") or start[4:8] == b"ftyp"
            if is_sound and remember(path, "voice", has_voice):
                found.append(str(path.relative_to(folder)))
    return found


def has_voice(path: Path) -> bool:
    sound = read_samples(path)
    return any(correlate(sound, voice) > 0.5 for voice in list_voice())


@cache
def list_voice() -> tuple[np.ndarray, ...]:
    return tuple(read_samples(SOUNDS / CLIPS[n])[:12_000] for n in (1, 3))


def read_samples(path: Path) -> np.ndarray:
    """Decode to 8 kHz, one channel."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-ac", "1", "-ar", "8000", "-f", "f32le", "-"]
    return np.frombuffer(subprocess.run(command, check=False, capture_output=True).stdout, np.float32)


def correlate(sound: np.ndarray, voice: np.ndarray) -> float:
    """Return the largest normalised correlation of a voice with any part of a sound, 0 to 1."""
    if len(sound) < len(voice):
        return 0.0
    size = 1 << (len(sound) + len(voice)).bit_length()
    product = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(voice, size)), size)[
        : len(sound) - len(voice) + 1
    ]
    energy = np.cumsum(np.concatenate(([0.0], sound.astype(np.float64) ** 2)))
    norm = np.sqrt(
        np.maximum(energy[len(voice) :] - energy[: -len(voice)], 1e-9) * np.sum(voice.astype(np.float64) ** 2)
    )
    return float(np.max(np.abs(product) / np.maximum(norm, 1e-6)))


def list_members(path: Path) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        return archive.namelist()
