"""What people wrote for a place that a recording does not have: only its sound knows where it ends."""

from collections.abc import Iterator
from pathlib import Path

from pipeline import typeset
from pipeline.content import place_in_episode
from pipeline.errors import AudioError
from pipeline.model import Episode

_HIDING = (("cuts", "cut", "cut"), ("mutes", "mute", "muted"), ("bleeps", "bleep", "bleeped"))


def outside(episode: Episode, *, duration_s: float, root: Path) -> Iterator[tuple[str, AudioError]]:
    """Each cut, mute and bleep that begins behind the end, and each teaser that is not heard to its end: what is wrong with it.

    What hides words behind the end was meant for words that would be heard.
    """
    ends = f"the recording ends at {typeset.clock(duration_s)}"
    for key, word, done in _HIDING:
        for stretch in getattr(episode, key):
            if stretch.from_ms >= duration_s * 1000:
                yield (
                    f"{word} {episode.slug}",
                    AudioError(
                        f"a {word} begins at {typeset.clock(stretch.from_ms / 1000)}, and {ends}: nothing would be {done}",
                        where=place_in_episode(root, episode.slug, key, field="from", at_ms=stretch.from_ms),
                        hint=f"Correct the {word}, or remove it.",
                    ),
                )
    for number, teaser in enumerate(episode.teasers, start=1):
        late = (("begins", "from", teaser.from_ms), ("ends", "to", teaser.to_ms))
        for word, field, at_ms in [one for one in late if one[2] > duration_s * 1000][:1]:
            yield (
                f"teaser {episode.slug}-{number}",
                AudioError(
                    f"a teaser {word} at {typeset.clock(at_ms / 1000)}, and {ends}",
                    where=place_in_episode(root, episode.slug, "teasers", field=field, at_ms=at_ms),
                    hint="Correct the teaser; its times are those of the recording.",
                ),
            )
