"""``review.jsonl``: what people heard and signed of a transcript; append-only, one JSON object per line."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import lru_cache

from pipeline.content.programme_folder import SourceText
from pipeline.errors import ValidationError
from pipeline.model import Cue, Cut, Episode, classify_overlap, from_json, to_json
from pipeline.model.review import ReviewedCue, ReviewRecord, TranscriptReview
from pipeline.transcripts.vtt_format import digest_cue

REVIEW_LOG = "review.jsonl"

_KINDS = ("heard", "signed")
_GIT_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_SHOWN_DIGITS = 16

EditSpans = Sequence[tuple[str, Cut]]  # kind of edit (cut, mute, bleep), and where


def read_review_log(source: SourceText, errors: list[ValidationError]) -> tuple[ReviewRecord, ...]:
    """Read the records; errors are added to ``errors``. An incomplete last line, as a crash leaves it, is ignored."""
    records = []
    for number, line in enumerate(source.lines, start=1):
        if not line.strip() or (number == len(source.lines) and not line.endswith("}")):
            continue
        record = _parse_record(line)
        if record is not None:
            records.append(record)
        elif line.startswith(_GIT_MARKERS):
            hint = "keep the lines of both sides, and delete the markers"
            errors.append(source.create_error("bad-review", number, 1, "merge conflict marker", hint))
        else:
            hint = "restore the line from git, or delete it: then its cue must be heard again"
            errors.append(source.create_error("bad-review", number, 1, "not a record of a review", hint))
    return tuple(records)


def format_records(records: Iterable[ReviewRecord]) -> str:
    """Format records as lines to append; without the fields that are empty."""
    plain = ({name: value for name, value in to_json(record).items() if value != ""} for record in records)
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in plain)


def compute_sound_digest(parts: Sequence[str]) -> str:
    """Compute the digest of a recording from the sha256 of its files, in their order."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:_SHOWN_DIGITS]


def list_edit_spans(episode: Episode) -> tuple[tuple[str, Cut], ...]:
    """List what is cut, muted and bleeped in a recording."""
    spans = {"cut": episode.cuts, "mute": episode.mutes, "bleep": episode.bleeps}
    return tuple((kind, span) for kind, cuts in spans.items() for span in cuts)


def describe_edits(cue: Cue, edits: EditSpans) -> str:
    """Describe the edits that touch a cue, for its record: another description voids the review of that cue."""
    touching = [(kind, one) for kind, one in edits if one.from_ms < cue.end_ms and cue.start_ms < one.to_ms]
    return ", ".join(sorted(f"{kind} {one.from_ms}-{one.to_ms}" for kind, one in touching))


def compute_review(
    transcript: Sequence[Cue], records: Sequence[ReviewRecord], *, sound: str, edits: EditSpans
) -> TranscriptReview:
    """Find which cues are reviewed: heard to their end or signed, with these words, in this sound, with these edits.

    Args:
        transcript: The cues as they are now.
        records: What people heard and signed, in any order.
        sound: The digest of the recording as it is now.
        edits: What is cut, muted and bleeped now.
    """
    by_cue: dict[str, list[ReviewRecord]] = {}
    for record in records:
        by_cue.setdefault(record.cue, []).append(record)
    present = {digest_cue(cue) for cue in transcript}
    former = sorted((one.start_ms, one.end_ms) for one in records if one.cue not in present)
    return TranscriptReview(
        cues=tuple(
            ReviewedCue(
                start_ms=cue.start_ms,
                end_ms=cue.end_ms,
                state=_find_state(cue, by_cue.get(digest_cue(cue), ()), former, sound=sound, edits=edits),
            )
            for cue in transcript
        )
    )


def digest_transcript(transcript: Sequence[Cue], *, sound: str, edits: EditSpans) -> str:
    """Compute the digest of all that a review of a whole transcript is about: words, times, recording and edits."""
    lines = [sound, *(f"{digest_cue(cue)} {describe_edits(cue, edits)}" for cue in transcript)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _find_state(
    cue: Cue, records: Sequence[ReviewRecord], former: Sequence[tuple[int, int]], *, sound: str, edits: EditSpans
) -> str:
    if any(classify_overlap(cue, span) == "all" for _, span in edits):
        return "hidden"
    of_sound = [one for one in records if one.sound == sound]
    if any(one.edits == describe_edits(cue, edits) for one in of_sound):
        return "reviewed"
    if records:
        return "cut" if of_sound else "sound"
    return "edited" if any(start < cue.end_ms and cue.start_ms < end for start, end in former) else "missing"


@lru_cache(maxsize=1 << 13)  # the transcript editor reads the log again for each edit
def _parse_record(line: str) -> ReviewRecord | None:
    try:
        record = from_json(ReviewRecord, json.loads(line))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return record if record.kind in _KINDS else None
