"""One transcript under review: it is read for each request and written at once, so that no edit is only in memory."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.cache import write_atomic
from pipeline.cache.atomic_files import append_lines
from pipeline.cache.file_lock import hold_lock
from pipeline.content.discovery import read_episode_file
from pipeline.content.editing import EditConflictError, add_time_range, remove_time_range, replace_cues
from pipeline.content.field_error import FieldError
from pipeline.content.loader import open_folder
from pipeline.content.programme_folder import SourceText
from pipeline.content.review_log import (
    REVIEW_LOG,
    EditSpans,
    compute_review,
    describe_edits,
    format_records,
    read_review_log,
)
from pipeline.content.time_checks import iter_time_ranges
from pipeline.content.webvtt import read_webvtt
from pipeline.errors import ContentError, ValidationError, WeerslagError, fill
from pipeline.model import Cue, Cut
from pipeline.model.review import ReviewedCue, ReviewRecord
from pipeline.server.review.timed_words import WordTimer
from pipeline.speech.draft import VTT_NAME
from pipeline.transcripts.cut_proposals import propose_cuts
from pipeline.transcripts.vtt_format import digest_cue

RANGE_KEYS = {"cuts": "cut", "mutes": "mute", "bleeps": "bleep"}


class StaleEditError(WeerslagError):
    """An edit is based on cues that somebody else changed; ``cues`` are there now."""

    def __init__(self, message: str = "", *, cues: Sequence[dict[str, Any]] = (), **parts: Any) -> None:
        """Store the cues that are now at that time."""
        super().__init__(message, **parts)
        self.cues = cues


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDesk:
    """Reads and writes the files of one episode for the transcript editor."""

    root: Path  # the folder of the programme
    slug: str
    title: str
    by: str  # initials of who reviews
    sound: Path  # a WAV of 16 bits and one channel at 16 kHz, on the clock of the recording
    sound_digest: str
    lock_file: Path
    get_time: Callable[[], datetime]
    timer: WordTimer = WordTimer()  # noqa: RUF009  # it is frozen
    people: tuple[str, ...] = ()  # names that may speak

    @property
    def _folder(self) -> Path:
        return self.root / "episodes" / self.slug

    def load(self) -> dict[str, Any]:
        """Return everything that the page shows.

        Raises:
            ContentError: A file has errors.
        """
        source, cues = self._read_transcript()
        spans = self._read_spans()
        states = self._review(cues, spans)
        return {
            "slug": self.slug,
            "title": self.title,
            "by": self.by,
            "version": self.compute_version(),
            "digest": _hash(source),
            "people": sorted({*self.people, *(cue.speaker for cue in cues if cue.speaker)}),
            "ranges": [[kind, span.from_ms, span.to_ms] for kind, span in spans],
            "cues": [self._serialise(cue, state) for cue, state in zip(cues, states, strict=True)],
            "proposals": [
                [one.cut.from_ms, one.cut.to_ms, one.kind, one.text]
                for one in propose_cuts(cues)
                if not any(span.from_ms < one.cut.to_ms and one.cut.from_ms < span.to_ms for _, span in spans)
            ],
        }

    def compute_version(self) -> str:
        """Compute a value that changes when somebody changes one of the files."""
        files = [self._folder / name for name in (VTT_NAME, REVIEW_LOG, "episode.md")]
        stats = [file.stat() if file.exists() else None for file in files]
        return "-".join(f"{one.st_mtime_ns:x}.{one.st_size:x}" if one else "0" for one in stats)

    def save(self, old: Sequence[Cue], new: Sequence[Cue]) -> dict[str, Any]:
        """Replace the consecutive cues ``old`` by ``new`` in the file.

        Returns:
            The digests of the file ``before`` and ``after``, and the new ``cues``.

        Raises:
            StaleEditError: The file has no such cues any more.
            ContentError: The result would have an error, such as a cue that ends before it begins.
            StorageError: The file cannot be written.
        """
        with hold_lock(self.lock_file):
            source, cues = self._read_transcript()
            try:
                text = replace_cues(source.text, old, new)
            except EditConflictError as error:
                current = [cue for cue in cues if _is_near(cue, old)]
                raise StaleEditError(
                    error.message, hint=error.hint, cues=[self._serialise(cue, None) for cue in current]
                ) from error
            _check(replace(source, text=text, lines=tuple(text.split("\n"))))
            write_atomic(self._folder / VTT_NAME, text.encode())
        states = self._review(new, self._read_spans())
        return {
            "before": _hash(source),
            "after": hashlib.sha256(text.encode()).hexdigest(),
            "version": self.compute_version(),
            "cues": [self._serialise(cue, state) for cue, state in zip(new, states, strict=True)],
        }

    def record(self, digests: Sequence[str], kind: str) -> dict[str, Any]:
        """Record that cues were ``heard`` or ``signed``.

        Returns:
            The ``digests`` of those that are reviewed now: of a cue that was changed meanwhile nothing is recorded.

        Raises:
            StorageError: The file cannot be written.
        """
        with hold_lock(self.lock_file):
            _, cues = self._read_transcript()
            spans = self._read_spans()
            chosen = [cue for cue in cues if digest_cue(cue) in set(digests)]
            at = self.get_time().isoformat(timespec="seconds")
            records = [
                ReviewRecord(
                    cue=digest_cue(cue),
                    start_ms=cue.start_ms,
                    end_ms=cue.end_ms,
                    kind=kind,
                    by=self.by,
                    at=at,
                    sound=self.sound_digest,
                    edits=describe_edits(cue, spans),
                )
                for cue in chosen
            ]
            append_lines(self._folder / REVIEW_LOG, format_records(records))
        return {"digests": [one.cue for one in records], "version": self.compute_version()}

    def mark(self, key: str, cut: Cut, *, remove: bool) -> dict[str, Any]:
        """Add a cut, mute or bleep to episode.md, or remove it.

        Raises:
            ContentError: episode.md has errors, or its list cannot be edited.
            StorageError: The file cannot be written.
        """
        with hold_lock(self.lock_file):
            file = read_episode_file(open_folder(self.root), self.slug)
            if file.validated is None:
                raise ContentError("episode.md has errors: run weerslag check", where=file.path)
            change = remove_time_range if remove else add_time_range
            write_atomic(self._folder / "episode.md", change(file.yaml, key, cut).encode())
        return self.load()

    def _read_transcript(self) -> tuple[SourceText, tuple[Cue, ...]]:
        try:
            source = open_folder(self.root).read(f"episodes/{self.slug}/{VTT_NAME}")
        except FieldError as error:
            raise ContentError(fill("the file {message}", message=error.message), where=VTT_NAME) from error
        return source, _check(source)

    def _read_spans(self) -> EditSpans:
        yaml = read_episode_file(open_folder(self.root), self.slug).yaml
        return [(kind, span) for key, kind in RANGE_KEYS.items() for _, span in iter_time_ranges(yaml, key)]

    def _review(self, cues: Sequence[Cue], spans: EditSpans) -> tuple[ReviewedCue, ...]:
        records: tuple[ReviewRecord, ...] = ()
        if (self._folder / REVIEW_LOG).exists():
            errors: list[ValidationError] = []  # `weerslag check` reports them
            records = read_review_log(open_folder(self.root).read(f"episodes/{self.slug}/{REVIEW_LOG}"), errors)
        return compute_review(cues, records, sound=self.sound_digest, edits=spans).cues

    def _serialise(self, cue: Cue, state: ReviewedCue | None) -> dict[str, Any]:
        words = self.timer.find_words(cue)
        others = self.timer.find_other_wordings(cue, words)
        return {
            "start": cue.start_ms,
            "end": cue.end_ms,
            "speaker": cue.speaker,
            "text": cue.text,
            "digest": digest_cue(cue),
            "state": state.state if state else "missing",
            "words": [[word.text, word.start_ms, word.marks] for word in words],
            "others": [[one.first, one.last, one.text] for one in others],
        }


def _check(source: SourceText) -> tuple[Cue, ...]:
    """Return the cues of a transcript.

    Raises:
        ContentError: It has errors.
    """
    errors: list[ValidationError] = []
    cues = read_webvtt(source, errors)
    if any(error.severity == "error" for error in errors):
        raise ContentError(errors=tuple(errors))
    return cues


def _hash(source: SourceText) -> str:
    return hashlib.sha256(source.text.encode()).hexdigest()


def _is_near(cue: Cue, old: Sequence[Cue]) -> bool:
    return any(cue.start_ms < one.end_ms and one.start_ms < cue.end_ms for one in old)
