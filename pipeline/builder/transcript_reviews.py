"""Reviews of transcripts: what people recorded, held against the words, the sound and the cuts as they are now."""

from pathlib import Path

from pipeline.cache import Cache
from pipeline.content.review_log import compute_review, compute_sound_digest, digest_transcript, list_edit_spans
from pipeline.model import Episode, Programme
from pipeline.model.review import TranscriptReview


def review_transcripts(programme: Programme, *, root: Path, cache: Cache) -> dict[str, TranscriptReview]:
    """Compute the review of each transcript that somebody began to review, by slug.

    Raises:
        StorageError: A recording cannot be read.
    """
    return {
        episode.slug: compute_review(
            episode.transcript,
            episode.review,
            sound=hash_recording(episode, root=root, cache=cache),
            edits=list_edit_spans(episode),
        )
        for episode in programme.episodes
        if episode.review and episode.transcript
    }


def digest_reviewed_transcripts(programme: Programme, *, root: Path, cache: Cache) -> dict[str, str]:
    """Compute the digests of the transcripts that were reviewed elsewhere, of which only a date is known, by slug.

    Raises:
        StorageError: A recording cannot be read.
    """
    return {
        episode.slug: digest_transcript(
            episode.transcript,
            sound=hash_recording(episode, root=root, cache=cache),
            edits=list_edit_spans(episode),
        )
        for episode in programme.episodes
        if episode.transcript_reviewed and episode.transcript and not episode.review
    }


def hash_recording(episode: Episode, *, root: Path, cache: Cache) -> str:
    """Compute the digest of a recording: of its files, before tracks are mixed.

    Raises:
        StorageError: A file cannot be read.
    """
    return compute_sound_digest([cache.compute_digest(root / part) for part in episode.recording])
