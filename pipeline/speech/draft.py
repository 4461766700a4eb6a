"""Drafts of transcripts: ``transcript.vtt`` and ``transcript.words.json``, and what a person changed in them since."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.model import Cue, SpokenWord, from_json, to_json
from pipeline.speech.comparison import WordAlternative, find_alternatives
from pipeline.speech.cues import build_cues
from pipeline.speech.stock_phrases import SuspectPassage, find_suspect_passages
from pipeline.transcripts.vtt_format import digest_cue, format_vtt

VTT_NAME, WORDS_NAME = "transcript.vtt", "transcript.words.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCue:
    """A cue as it was drafted: an edited cue has another digest."""

    sha256: str  # its first digits
    speaker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptDraft:
    """The content of ``transcript.words.json``."""

    engine: str
    model: str  # sha256 of the weights
    language: str
    draft: str  # sha256 of the file ``transcript.vtt`` as it was written
    cues: tuple[DraftCue, ...]
    suspect: tuple[SuspectPassage, ...]
    words: tuple[SpokenWord, ...]
    compared_with: str = ""  # sha256 of the weights of a second model
    alternatives: tuple[WordAlternative, ...] = ()  # where that one has other words


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFiles:
    """A draft, and the text of its two files."""

    draft: TranscriptDraft
    cues: tuple[Cue, ...]
    vtt: str
    words_json: str


def write_draft(
    words: Sequence[SpokenWord],
    *,
    engine: str,
    model: str,
    language: str,
    kept: Sequence[Cue] = (),
    compared_with: str = "",
    others: Sequence[SpokenWord] = (),
) -> DraftFiles:
    """Build the files of a draft.

    Args:
        words: In order of time, with their speakers.
        engine: Name and version of the recogniser.
        model: The digest of its weights.
        language: ISO 639-1.
        kept: Cues of a person: they replace the words within them.
        compared_with: The digest of the weights of a second model; empty: none.
        others: The words of that model.
    """
    free = [word for word in words if not any(_covers(cue, word) for cue in kept)]
    drafted = [_end_before(cue, kept) for cue in build_cues(free)]
    cues = tuple(sorted((*drafted, *kept), key=lambda cue: (cue.start_ms, cue.end_ms)))
    vtt = format_vtt(cues)
    draft = TranscriptDraft(
        engine=engine,
        model=model,
        language=language,
        draft=digest_text(vtt),
        cues=tuple(DraftCue(sha256=digest_cue(cue), speaker=cue.speaker) for cue in drafted),
        suspect=tuple(find_suspect_passages(free)),
        words=tuple(words),
        compared_with=compared_with,
        alternatives=find_alternatives(words, others) if compared_with else (),
    )
    return DraftFiles(draft=draft, cues=cues, vtt=vtt, words_json=_format_words(draft))


def read_draft(text: str) -> TranscriptDraft:
    """Read ``transcript.words.json``.

    Raises:
        ValueError: It has another form.
    """
    try:
        return from_json(TranscriptDraft, json.loads(text))
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not a draft of a transcript: {error}") from error


def is_edited(vtt: str, draft: TranscriptDraft) -> bool:
    """Check whether a person changed ``transcript.vtt`` since it was drafted; line endings do not count."""
    return digest_text(vtt) != draft.draft


def find_edited_cues(cues: Sequence[Cue], draft: TranscriptDraft) -> tuple[Cue, ...]:
    """Find the cues whose words or times are not those of the draft; another speaker is no edit."""
    drafted = {cue.sha256 for cue in draft.cues}
    return tuple(cue for cue in cues if digest_cue(cue) not in drafted)


def find_names(cues: Sequence[Cue], draft: TranscriptDraft) -> dict[str, str]:
    """Find the names that a person gave to the speakers of a draft, by label: the most frequent one of each."""
    labels = {cue.sha256: cue.speaker for cue in draft.cues}
    counts: dict[str, dict[str, int]] = {}
    for cue in cues:
        label = labels.get(digest_cue(cue))
        if label and cue.speaker:
            names = counts.setdefault(label, {})
            names[cue.speaker] = names.get(cue.speaker, 0) + 1
    return {label: max(names, key=lambda name: (names[name], name)) for label, names in counts.items()}


def name_speakers(words: Sequence[SpokenWord], names: Mapping[str, str]) -> list[SpokenWord]:
    """Replace labels by names."""
    return [replace(word, speaker=names.get(word.speaker, word.speaker)) for word in words]


def digest_text(text: str) -> str:
    """Compute the digest of a text file, whatever line endings git gave it."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()


def _covers(cue: Cue, word: SpokenWord) -> bool:
    return cue.start_ms <= (word.start_s + word.end_s) * 500 < cue.end_ms


def _end_before(cue: Cue, kept: Sequence[Cue]) -> Cue:
    """Return the cue without what overlaps the cue of a person after it."""
    following = [other.start_ms for other in kept if cue.start_ms < other.start_ms < cue.end_ms]
    return replace(cue, end_ms=min(following)) if following else cue


def _format_words(draft: TranscriptDraft) -> str:
    """Format JSON with one item a line, so that versions can be compared."""
    plain: dict[str, Any] = to_json(draft)
    if not draft.compared_with:
        del plain["compared_with"], plain["alternatives"]
    parts = []
    for name, value in plain.items():
        items = (
            [json.dumps(_drop_empty(item), ensure_ascii=False) for item in value] if isinstance(value, list) else None
        )
        text = json.dumps(value, ensure_ascii=False) if items is None else "[\n" + ",\n".join(items) + "\n]"
        parts.append(f"{json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _drop_empty(item: Any) -> Any:
    return {key: value for key, value in item.items() if value != ""} if isinstance(item, dict) else item
