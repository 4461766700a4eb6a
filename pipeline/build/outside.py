"""What people wrote for a place that a recording does not have, or that leaves nothing of it: only its sound knows where it ends."""

from collections.abc import Iterator
from pathlib import Path

from pipeline import typeset
from pipeline.content import place_in_episode
from pipeline.errors import AudioError
from pipeline.model import Episode, moved_ms

_HIDING = (("cuts", "cut", "cut"), ("mutes", "mute", "muted"), ("bleeps", "bleep", "bleeped"))


_Told = Iterator[tuple[str, AudioError]]


def outside(episode: Episode, *, duration_s: float, root: Path) -> _Told:
    """Each cut, mute and bleep that begins behind the end, and each teaser that is not heard to its end: what is wrong with it.

    What hides words behind the end was meant for words that would be heard. Cuts that leave nothing are told at the first of them.
    """
    yield from _late(episode, duration_s, root)
    yield from _nothing_left(episode, duration_s, root)
    yield from _teased_too_late(episode, duration_s, root)


def _late(episode: Episode, duration_s: float, root: Path) -> _Told:
    for key, word, done in _HIDING:
        for stretch in getattr(episode, key):
            if stretch.from_ms >= duration_s * 1000:
                begins = f"a {word} begins at {typeset.clock(stretch.from_ms / 1000)}"
                error = AudioError(
                    f"{begins}, and {_ends(duration_s)}: nothing would be {done}",
                    where=place_in_episode(root, episode.slug, key, field="from", at_ms=stretch.from_ms),
                    hint=f"Correct the {word}, or remove it.",
                )
                yield f"{word} {episode.slug}", error


def _nothing_left(episode: Episode, duration_s: float, root: Path) -> _Told:
    if moved_ms(round(duration_s * 1000), cuts=episode.cuts) <= 0:
        first_ms = min(cut.from_ms for cut in episode.cuts)
        error = AudioError(
            f"the cuts leave nothing of the recording, which ends at {typeset.clock(duration_s)}",
            where=place_in_episode(root, episode.slug, "cuts", field="from", at_ms=first_ms),
            hint="Shorten them; `00:10` is ten seconds, `01:00:00` is an hour.",
        )
        yield f"cut {episode.slug}", error


def _teased_too_late(episode: Episode, duration_s: float, root: Path) -> _Told:
    for number, teaser in enumerate(episode.teasers, start=1):
        late = (("begins", "from", teaser.from_ms), ("ends", "to", teaser.to_ms))
        for word, field, at_ms in [one for one in late if one[2] > duration_s * 1000][:1]:
            error = AudioError(
                f"a teaser {word} at {typeset.clock(at_ms / 1000)}, and {_ends(duration_s)}",
                where=place_in_episode(root, episode.slug, "teasers", field=field, at_ms=at_ms),
                hint="Correct the teaser; its times are those of the recording.",
            )
            yield f"teaser {episode.slug}-{number}", error


def _ends(duration_s: float) -> str:
    return f"the recording ends at {typeset.clock(duration_s)}"
