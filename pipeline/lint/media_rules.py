"""What a feed names, and whether each file is as the feed says. Opens nothing itself: it is handed the means to look."""

import base64
import hashlib
import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from pipeline.errors import WeerslagError
from pipeline.lint.companion_files import judge_chapters_file, judge_transcript_file
from pipeline.lint.feed_reader import Element
from pipeline.lint.findings import Place, Report
from pipeline.lint.value_types import is_address, seconds_of
from pipeline.model import Finding

_SMALLEST_PX, _LARGEST_PX = 1400, 3000
_ENDINGS = {"JPEG": (".jpg", ".jpeg"), "PNG": (".png",)}
_OFF_BY_S = 1.0  # whole seconds may be rounded either way, and some round down


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A file that the feed names, and what it says of it. ``item`` counts from 1; 0 is the channel."""

    role: str  # sound | transcript | chapters | artwork | picture
    what: str  # the element, for messages
    address: str
    place: Place
    item: int = 0
    media_type: str = ""
    size_bytes: int = 0  # 0: not said
    duration_s: int = 0  # of its episode; 0: not said
    integrity: str = ""  # its digests, as in Subresource Integrity


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is at an address. Of a file on this disk all that a server would say is taken for granted."""

    problem: str = ""  # why it cannot be had; then nothing else counts
    outside: bool = False  # not beside the feed: not opened
    path: str = ""  # a file on this disk with its bytes
    size_bytes: int = 0
    media_type: str = ""  # as served; empty: nobody said
    head: bool = True  # it answers HEAD
    ranges: bool = True  # it answers Range
    cors: bool = True  # a page elsewhere may read it


class Pictured(Protocol):
    """What a picture is, whoever looked."""

    @property
    def form(self) -> str:
        """JPEG, PNG, WEBP."""

    @property
    def width_px(self) -> int:
        """From left to right, as it lies in the file."""

    @property
    def height_px(self) -> int:
        """From top to bottom."""

    @property
    def mode(self) -> str:
        """RGB, L, CMYK, P."""

    @property
    def has_alpha(self) -> bool:
        """Whether something shines through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Eyes:
    """The means to look; each may raise a ``WeerslagError`` that says what it could not read."""

    seen: Callable[[Named], Seen]
    duration_s: Callable[[str], float]  # of a file, as decoded
    pictured: Callable[[str], Pictured]


def named_in(element: Element, *, item: int = 0) -> Iterator[Named]:
    """Everything that a channel or an item names, the sound first."""
    duration_s = seconds_of(element.words("itunes:duration")) or 0
    for role, name, attribute in NAMING:
        for one in element.all(name):
            source = one.first("podcast:source") if name == "podcast:alternateEnclosure" else one
            address = source.attributes.get(attribute, "").strip() if source else ""
            if is_address(address):
                length = one.attributes.get("length", "").strip()
                yield Named(
                    role=role,
                    what=name,
                    address=address,
                    place=source.place if source else one.place,
                    item=item,
                    media_type=one.attributes.get("type", "").strip().lower(),
                    size_bytes=int(length[:18]) if length.isascii() and length.isdigit() else 0,
                    duration_s=duration_s,
                    integrity=_integrity(one),
                )


def _integrity(enclosure: Element) -> str:
    found = enclosure.first("podcast:integrity")
    is_sri = found is not None and found.attributes.get("type", "").strip().lower() == "sri"
    return found.attributes.get("value", "").strip() if found and is_sri else ""


NAMING = (
    ("sound", "enclosure", "url"),
    ("sound", "podcast:trailer", "url"),
    ("sound", "podcast:alternateEnclosure", "uri"),
    ("transcript", "podcast:transcript", "url"),
    ("chapters", "podcast:chapters", "url"),
    ("artwork", "itunes:image", "href"),
    ("picture", "podcast:image", "href"),
)


def lint_media(named: Sequence[Named], eyes: Eyes, *, file: str, advice: bool = False) -> tuple[Finding, ...]:
    """Open each file once, and say where it is not what the feed says; never an error."""
    report = Report(file, advice=advice)
    done: set[str] = set()
    decoded_s: dict[int, float] = {}  # by item
    for one in named:
        if one.address not in done:
            done.add(one.address)
            _judge(one, eyes, report, decoded_s)
    return report.findings()


def _judge(one: Named, eyes: Eyes, report: Report, decoded_s: dict[int, float]) -> None:
    seen = eyes.seen(one)
    if seen.outside:
        report.tell("elsewhere", one.place, f"`{one.what}`: {one.address} is not beside the feed")
    elif seen.problem:
        report.tell("unreachable", one.place, f"`{one.what}`: {one.address}: {seen.problem}")
    else:
        _judge_serving(one, seen, report)
        _JUDGES[one.role](one, seen, eyes, report, decoded_s)


def _judge_serving(one: Named, seen: Seen, report: Report) -> None:
    if not seen.head:
        report.tell("head", one.place, f"{one.address} does not answer HEAD")
    if one.role == "sound" and not seen.ranges:
        report.tell("ranges", one.place, f"{one.address} does not answer Range")
    if one.role in {"transcript", "chapters"} and not seen.cors:
        report.tell("cors", one.place, f"{one.address} has no Access-Control-Allow-Origin")
    served = seen.media_type.partition(";")[0].strip().lower()
    if served and one.media_type and not _alike(served, one.media_type):
        report.tell("served-type", one.place, f"{one.address} is served as {served}, and called {one.media_type}")
    if one.size_bytes and one.size_bytes != seen.size_bytes:
        said = f"{one.address} has {seen.size_bytes} bytes, the feed says {one.size_bytes}"
        report.tell("length-differs", one.place, said, hint=f'Write length="{seen.size_bytes}".')


def _alike(served: str, told: str) -> bool:
    """Whether two types mean one kind of file: ``audio/x-m4a`` is ``audio/mp4``, and JSON is JSON."""
    same = ({"audio/x-m4a", "audio/mp4", "audio/m4a"}, {"audio/mpeg", "audio/mp3"}, {"audio/ogg", "audio/opus"})
    srt, json = (
        {"application/x-subrip", "application/srt", "text/srt"},
        {"application/json", "application/json+chapters"},
    )
    return served == told or any(served in kinds and told in kinds for kinds in (*same, srt, json))


def _judge_sound(one: Named, seen: Seen, eyes: Eyes, report: Report, decoded_s: dict[int, float]) -> None:
    if not seen.size_bytes:
        report.tell("sound", one.place, f"{one.address} is empty")
        return
    try:
        heard_s = eyes.duration_s(seen.path)
    except WeerslagError as error:
        report.tell("sound", one.place, f"{one.address}: {error.message}")
        return
    if one.integrity and not _is_whole(Path(seen.path), one.integrity):
        report.tell("integrity-differs", one.place, f"{one.address} has another digest than the feed says")
    if one.item:
        decoded_s.setdefault(one.item, heard_s)
    if one.duration_s and abs(one.duration_s - heard_s) > _OFF_BY_S:
        said = f"{one.address} lasts {heard_s:.1f} s, the feed says {one.duration_s} s"
        report.tell("duration-differs", one.place, said, hint=f"Write {max(1, round(heard_s))}.")


def _is_whole(file: Path, integrity: str) -> bool:
    """Whether the file has one of the digests; a kind of digest that is not known says nothing."""
    told = [word.partition("-") for word in integrity.split()]
    known = [(kind, value) for kind, _, value in told if kind in {"sha256", "sha384", "sha512"}]
    for kind, value in known:
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, kind).digest()
        if base64.b64encode(digest).decode() == value:
            return True
    return not known


def _judge_artwork(one: Named, seen: Seen, eyes: Eyes, report: Report, _decoded_s: dict[int, float]) -> None:
    try:
        picture = eyes.pictured(seen.path)
    except WeerslagError as error:
        report.tell("artwork", one.place, f"{one.address}: {error.message}")
        return
    size = f"{picture.width_px} × {picture.height_px} pixels"
    if picture.form not in _ENDINGS:
        report.tell("artwork", one.place, f"{one.address} is a {picture.form}")
    elif posixpath.splitext(urlsplit(one.address).path)[1].lower() not in _ENDINGS[picture.form]:
        report.tell("artwork-ending", one.place, f"{one.address} is a {picture.form}")
    if picture.width_px != picture.height_px:
        report.tell("artwork-shape", one.place, f"{one.address} is {size}")
    elif not _SMALLEST_PX <= picture.width_px <= _LARGEST_PX:
        report.tell("artwork-size", one.place, f"{one.address} is {size}")
    if picture.has_alpha:
        report.tell("artwork-alpha", one.place, f"{one.address} is transparent")
    elif picture.mode != "RGB":
        report.tell("artwork-colour", one.place, f"{one.address} is {picture.mode}")


def _judge_transcript(one: Named, seen: Seen, _eyes: Eyes, report: Report, decoded_s: dict[int, float]) -> None:
    judge_transcript_file(Path(seen.path), one.media_type, _whole_s(one, decoded_s), _teller(one, report))


def _judge_chapters(one: Named, seen: Seen, _eyes: Eyes, report: Report, decoded_s: dict[int, float]) -> None:
    judge_chapters_file(Path(seen.path), _whole_s(one, decoded_s), _teller(one, report))


def _judge_nothing(_one: Named, _seen: Seen, _eyes: Eyes, _report: Report, _decoded_s: dict[int, float]) -> None:
    """That it is there is enough."""


def _whole_s(one: Named, decoded_s: dict[int, float]) -> float:
    """How long the episode lasts: as decoded, or else as the feed says; 0 if nobody knows."""
    return decoded_s.get(one.item, float(one.duration_s))


def _teller(one: Named, report: Report) -> Callable[[str, str, str], None]:
    def tell(code: str, said: str, hint: str) -> None:
        report.tell(code, one.place, f"{one.address}: {said}", hint=hint)

    return tell


_JUDGES: dict[str, Callable[[Named, Seen, Eyes, Report, dict[int, float]], None]] = {
    "sound": _judge_sound,
    "transcript": _judge_transcript,
    "chapters": _judge_chapters,
    "artwork": _judge_artwork,
    "picture": _judge_nothing,
}
