"""Checks that each file the feed refers to is as the feed states. Opens files only through the given ``MediaProbes``."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import WeerslagError, fill, make_message
from pipeline.lint.companion_files import FileProblem, check_chapters_file, check_transcript_file
from pipeline.lint.findings import FindingCollector
from pipeline.lint.media_references import MediaReference
from pipeline.lint.mp3_headers import check_mp3_headers
from pipeline.lint.value_types import SRT_TYPES, get_extension
from pipeline.model import Finding

if TYPE_CHECKING:  # the module imports Pillow
    from pipeline.graphics.image_cleaning import ImageProperties

_MIN_ARTWORK_PX, _MAX_ARTWORK_PX = 1400, 3000
_IMAGE_EXTENSIONS = {"JPEG": (".jpg", ".jpeg"), "PNG": (".png",)}
_DURATION_TOLERANCE_S = 1.0  # some programs round to whole seconds, others truncate
_ALGORITHMS = ("sha256", "sha384", "sha512")  # of digests, the strongest last
_EQUIVALENT_TYPES = (
    {"audio/x-m4a", "audio/mp4", "audio/m4a"},
    {"audio/mpeg", "audio/mp3"},
    {"audio/ogg", "audio/opus"},
    set(SRT_TYPES),
    {"application/json", "application/json+chapters"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """An opened file. For a local file the properties of the server keep their defaults."""

    error: str = ""  # why it cannot be opened; the other fields are then unset
    is_elsewhere: bool = False  # outside the folder of the feed: not opened
    path: str = ""  # a local file with its bytes
    size_bytes: int = 0
    media_type: str = ""  # as served; empty: unknown
    supports_head: bool = True
    supports_ranges: bool = True
    supports_cors: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaProbes:
    """Functions that open and measure files; each may raise a ``WeerslagError``."""

    open_file: Callable[[MediaReference], MediaFile]
    measure_duration: Callable[[str], float]  # of an audio file as decoded, in seconds
    read_image: Callable[[str], "ImageProperties"]


def lint_media(
    references: Sequence[MediaReference], probes: MediaProbes, *, file: str, advice: bool = False
) -> tuple[Finding, ...]:
    """Open each file once, and compare it with what the feed states; never raises for a bad file.

    Args:
        references: The files, as ``lint_feed`` found them.
        probes: How to open and measure them.
        file: The name of the feed in findings.
        advice: Whether to report recommendations too.
    """
    checker = MediaChecker(probes, FindingCollector(file, advice=advice))
    checked: set[str] = set()
    for reference in references:
        if reference.address not in checked:
            checked.add(reference.address)
            checker.check(reference)
    return checker.findings.list_findings()


class MediaChecker:
    """Checks files one by one, and keeps the decoded duration of each episode for its transcripts and chapters."""

    def __init__(self, probes: MediaProbes, findings: FindingCollector) -> None:
        self.findings = findings
        self._probes = probes
        self._durations: dict[int, float] = {}  # of an item, as decoded, in seconds

    def check(self, reference: MediaReference) -> None:
        """Open and check one file."""
        media, name = self._probes.open_file(reference), f"`{reference.element_name}`: {reference.address}"
        if media.is_elsewhere:
            self.findings.add(
                "elsewhere", reference.position, fill("{name} is outside the folder of the feed", name=name)
            )
            return
        if media.error:
            self.findings.add("unreachable", reference.position, fill("{name}: {error}", name=name, error=media.error))
            return
        self._check_server(reference, media)
        match reference.role:
            case "sound":
                self._check_sound(reference, media)
            case "artwork":
                self._check_artwork(reference, media)
            case "transcript":
                duration_s = self._get_duration(reference)
                self._add_all(reference, check_transcript_file(Path(media.path), reference.media_type, duration_s))
            case "chapters":
                self._add_all(reference, check_chapters_file(Path(media.path), self._get_duration(reference)))

    def _check_server(self, reference: MediaReference, media: MediaFile) -> None:
        address, position = reference.address, reference.position
        if not media.supports_head:
            self.findings.add("head", position, fill("{address} does not answer HEAD", address=address))
        if reference.role == "sound" and not media.supports_ranges:
            self.findings.add("ranges", position, fill("{address} does not answer Range", address=address))
        if reference.role in {"transcript", "chapters"} and not media.supports_cors:
            self.findings.add("cors", position, fill("{address} has no Access-Control-Allow-Origin", address=address))
        served = media.media_type.partition(";")[0].strip().lower()
        if served and reference.media_type and not _is_equivalent(served, reference.media_type):
            message = fill(
                "{address} is served as {served}, but the feed has {media_type}",
                address=address,
                served=served,
                media_type=reference.media_type,
            )
            self.findings.add("served-type", position, message)
        if reference.size_bytes and reference.size_bytes != media.size_bytes:
            message = fill(
                "{address} has {size_bytes} bytes, but the feed has {stated}",
                address=address,
                size_bytes=media.size_bytes,
                stated=reference.size_bytes,
            )
            self.findings.add(
                "length-differs",
                position,
                message,
                hint=fill('Write length="{size_bytes}".', size_bytes=media.size_bytes),
            )

    def _check_sound(self, reference: MediaReference, media: MediaFile) -> None:
        address, position = reference.address, reference.position
        if not media.size_bytes:
            self.findings.add("sound", position, fill("{address} is empty", address=address))
            return
        try:
            duration_s = self._probes.measure_duration(media.path)
        except WeerslagError as error:
            self.findings.add("sound", position, fill("{address}: {message}", address=address, message=error.message))
            return
        if get_extension(address) == ".mp3" or _is_equivalent("audio/mpeg", reference.media_type):
            self._add_all(reference, check_mp3_headers(Path(media.path)))
        if reference.integrity and not has_digest(Path(media.path), reference.integrity):
            self.findings.add(
                "integrity-differs", position, fill("the digest of {address} does not match the feed", address=address)
            )
        if reference.item:
            self._durations.setdefault(reference.item, duration_s)
        if reference.duration_s and abs(reference.duration_s - duration_s) > _DURATION_TOLERANCE_S:
            message = fill(
                "{address} lasts {duration_s:.1f} s, but the feed has {stated} s",
                address=address,
                duration_s=duration_s,
                stated=reference.duration_s,
            )
            self.findings.add(
                "duration-differs",
                position,
                message,
                hint=fill("Write {duration_s}.", duration_s=max(1, round(duration_s))),
            )

    def _check_artwork(self, reference: MediaReference, media: MediaFile) -> None:
        address, position = reference.address, reference.position
        try:
            image = self._probes.read_image(media.path)
        except WeerslagError as error:
            self.findings.add("artwork", position, fill("{address}: {message}", address=address, message=error.message))
            return
        size = fill("{width} × {height} pixels", width=image.width_px, height=image.height_px)
        if image.format not in _IMAGE_EXTENSIONS:
            self.findings.add(
                "artwork", position, fill("{address} is a {format}", address=address, format=image.format)
            )
        elif get_extension(address) not in _IMAGE_EXTENSIONS[image.format]:
            self.findings.add(
                "artwork-ending", position, fill("{address} is a {format}", address=address, format=image.format)
            )
        if image.width_px != image.height_px:
            self.findings.add("artwork-shape", position, fill("{address} is {size}", address=address, size=size))
        elif not _MIN_ARTWORK_PX <= image.width_px <= _MAX_ARTWORK_PX:
            self.findings.add("artwork-size", position, fill("{address} is {size}", address=address, size=size))
        if image.has_alpha:
            self.findings.add("artwork-alpha", position, fill("{address} is transparent", address=address))
        elif image.mode != "RGB":
            self.findings.add("artwork-colour", position, fill("{address} is {mode}", address=address, mode=image.mode))

    def _get_duration(self, reference: MediaReference) -> float:
        """Get the duration of the episode in seconds: as decoded, or as stated in the feed; 0 if unknown."""
        return self._durations.get(reference.item, float(reference.duration_s))

    def _add_all(self, reference: MediaReference, problems: Iterable[FileProblem]) -> None:
        for code, message, hint in problems:
            self.findings.add(
                code,
                reference.position,
                fill("{address}: {message}", address=reference.address, message=make_message(message)),
                hint=hint,
            )


def _is_equivalent(served: str, stated: str) -> bool:
    """Check whether two media types are names of the same format."""
    return served == stated or any(served in types and stated in types for types in _EQUIVALENT_TYPES)


def has_digest(file: Path, integrity: str) -> bool:
    """Check whether the file has the digest that is stated; true if there is none of a known algorithm.

    Only those of the strongest algorithm count, so that a weak one cannot stand in for it; of several of these, one is enough.

    Source: Subresource Integrity (W3C), section 3.3.4.
    """
    digests = [word.partition("-") for word in integrity.split()]
    algorithm = max((name for name, _, _ in digests if name in _ALGORITHMS), key=_ALGORITHMS.index, default="")
    if not algorithm:
        return True
    with file.open("rb") as content:
        digest = base64.b64encode(hashlib.file_digest(content, algorithm).digest()).decode()
    return digest in {value.partition("?")[0] for name, _, value in digests if name == algorithm}
