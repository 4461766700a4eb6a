"""Drafts transcripts: recognised words become ``transcript.vtt`` and ``transcript.words.json``, never over the work of people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.builder.speech_recognition import EpisodeSpeech
from pipeline.cache import Cache, write_atomic
from pipeline.errors import StorageError, UsageError, WeerslagError, fill
from pipeline.model import Cue, Episode, SpokenWord
from pipeline.speech.draft import (
    VTT_NAME,
    WORDS_NAME,
    TranscriptDraft,
    digest_text,
    find_edited_cues,
    find_names,
    is_edited,
    name_speakers,
    read_draft,
    write_draft,
)
from pipeline.speech.engine import require_engine
from pipeline.speech.models import InstalledModel
from pipeline.speech.speaker_turns import order_turns, sort_by_time
from pipeline.speech.stock_phrases import SuspectPassage
from pipeline.speech.vocabulary import correct_words
from pipeline.transcripts.vtt_format import digest_cue
from pipeline.typesetting import load_translator


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedWords:
    """What a second model recognised in the same recording."""

    model: InstalledModel
    words: tuple[SpokenWord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedTranscript:
    """A transcript that was written, and what a person should look at."""

    slug: str
    cues: int
    kept: int  # cues of a person among them
    words: int
    speakers: tuple[str, ...]
    is_from_tracks: bool  # speakers are certain
    corrected: tuple[SpokenWord, ...]  # by the vocabulary
    suspect: tuple[SuspectPassage, ...]
    alternatives: int | None = None  # places where a second model has other words; ``None``: there was none


def is_transcript_edited(root: Path, slug: str) -> bool:
    """Check whether ``transcript.vtt`` of an episode holds the work of a person: edited, or made elsewhere."""
    vtt = _find_file(root, slug, VTT_NAME)
    if not vtt.is_file():
        return False
    draft = read_last_draft(root, slug)
    return draft is None or is_edited(vtt.read_text(encoding="utf-8"), draft)


def check_transcript(root: Path, episode: Episode, *, again: bool) -> str:
    """Check, before an hour of work, that the transcript of an episode may be drafted.

    Args:
        root: The folder of the programme.
        episode: The episode.
        again: Whether the cues that no person changed are replaced.

    Returns:
        The digest of the present transcript, empty without one: it must be the same when the draft is
        written.

    Raises:
        UsageError: The episode has no recording.
        WeerslagError: Its transcript was reviewed or made elsewhere; or edited, and not ``again``.
    """
    where = f"episodes/{episode.slug}/{VTT_NAME}"
    if not episode.recording:
        hint = fill("Add a recording to episodes/{slug}/recording/.", slug=episode.slug)
        raise UsageError("the episode has no recording", where=f"episodes/{episode.slug}", hint=hint)
    if episode.transcript_reviewed is not None and not episode.transcript:  # a draft would count as reviewed
        hint = "Remove transcript_reviewed from episode.md: nobody has reviewed the draft yet."
        where = f"episodes/{episode.slug}/episode.md"
        raise WeerslagError("a transcript that does not exist cannot be reviewed", where=where, hint=hint)
    if episode.transcript_reviewed is not None:
        hint = "Remove transcript_reviewed from episode.md to draft what nobody edited again."
        raise WeerslagError("the transcript was reviewed, and stays as it is", where=where, hint=hint)
    present = _digest_transcript(root, episode.slug)
    if not is_transcript_edited(root, episode.slug) and not _find_reviewed(episode):
        return present
    if read_last_draft(root, episode.slug) is None:
        hint = "Move it to another folder to have a new one drafted."
        raise WeerslagError("the transcript was not drafted here, and stays as it is", where=where, hint=hint)
    if not again:
        hint = "Use --again to keep all edited cues and draft the rest again."
        raise WeerslagError("the transcript was edited, and stays as it is", where=where, hint=hint)
    return present


def write_transcript_draft(
    episode: Episode,
    speech: EpisodeSpeech,
    *,
    root: Path,
    cache: Cache,
    model: InstalledModel,
    language: str,
    present: str,
    compared: ComparedWords | None = None,
) -> DraftedTranscript:
    """Write the draft of one episode, and keep the cues that a person edited.

    Args:
        episode: The episode, with the transcript that it had before.
        speech: What was recognised.
        root: The folder of the programme.
        cache: Computes the digest of the model.
        model: The model.
        language: ISO 639-1.
        present: What ``check_transcript`` returned.
        compared: The words of a second model, to mark where it differs.

    Raises:
        StorageError: A file cannot be written, or a person changed the transcript meanwhile.
    """
    _check_unchanged(root, episode.slug, present)
    former = read_last_draft(root, episode.slug) if _find_file(root, episode.slug, VTT_NAME).is_file() else None
    kept = _find_kept(episode, former) if former else ()
    files = write_draft(
        _name_words(speech, find_names(episode.transcript, former) if former else {}, language),
        engine=require_engine(),
        model=cache.compute_digest(model.weights),
        language=language,
        kept=kept,
        compared_with=cache.compute_digest(compared.model.weights) if compared else "",
        others=correct_words(compared.words, speech.terms) if compared else (),
    )
    for name, text in ((VTT_NAME, files.vtt), (WORDS_NAME, files.words_json)):
        write_atomic(_find_file(root, episode.slug, name), text.encode())
    return DraftedTranscript(
        slug=episode.slug,
        cues=len(files.cues),
        kept=len(kept),
        words=len(files.draft.words),
        speakers=tuple(dict.fromkeys(cue.speaker for cue in files.cues if cue.speaker)),
        is_from_tracks=speech.is_from_tracks,
        corrected=tuple(word for word in files.draft.words if word.recognised),
        suspect=files.draft.suspect,
        alternatives=len(files.draft.alternatives) if compared else None,
    )


def _name_words(speech: EpisodeSpeech, names: Mapping[str, str], language: str) -> Sequence[SpokenWord]:
    """Correct the words by the vocabulary, and give voices the names that a person gave them, or labels."""
    words = correct_words(order_turns(speech.words), speech.terms)  # else a name may be parted by words of another
    if speech.is_from_tracks:
        return sort_by_time(words)
    labels = _label_speakers(words, language)
    return name_speakers(words, {voice: names.get(label, label) for voice, label in labels.items()})


def _find_kept(episode: Episode, former: TranscriptDraft) -> tuple[Cue, ...]:
    """Find the cues that a person edited, heard or signed."""
    edited, reviewed = find_edited_cues(episode.transcript, former), _find_reviewed(episode)
    return tuple(cue for cue in episode.transcript if cue in edited or cue in reviewed)


def _check_unchanged(root: Path, slug: str, present: str) -> None:
    if _digest_transcript(root, slug) != present:
        hint = "Run the command again with --again: nothing is recognised twice."
        where = f"episodes/{slug}/{VTT_NAME}"
        raise StorageError("the transcript was changed meanwhile, and stays as it is", where=where, hint=hint)


def _find_reviewed(episode: Episode) -> tuple[Cue, ...]:
    """Find the cues that a person heard or signed as they are now."""
    signed = {record.cue for record in episode.review}
    return tuple(cue for cue in episode.transcript if digest_cue(cue) in signed)


def _label_speakers(words: Sequence[SpokenWord], language: str) -> dict[str, str]:
    """Label voices in the order in which they begin; a single voice needs no label."""
    voices = list(dict.fromkeys(word.speaker for word in words if word.speaker))
    if len(voices) < 2:
        return dict.fromkeys(voices, "")
    label = load_translator(language)("Voice {number}")
    return {voice: label.format(number=number) for number, voice in enumerate(voices, 1)}


def read_last_draft(root: Path, slug: str) -> TranscriptDraft | None:
    """Read what was drafted; ``None``: nothing, or a file that is not ours."""
    try:
        return read_draft(_find_file(root, slug, WORDS_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _digest_transcript(root: Path, slug: str) -> str:
    file = _find_file(root, slug, VTT_NAME)
    return digest_text(file.read_text(encoding="utf-8")) if file.is_file() else ""


def _find_file(root: Path, slug: str, name: str) -> Path:
    return root / "episodes" / slug / name
