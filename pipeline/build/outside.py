"""What people wrote for a place that a recording does not have: only its sound knows where it ends."""

from collections.abc import Iterator
from pathlib import Path

from pipeline import typeset
from pipeline.content import place_in_episode
from pipeline.errors import AudioError
from pipeline.model import Episode


def outside(episode: Episode, *, duration_s: float, root: Path) -> Iterator[tuple[str, AudioError]]:
    """Each cut that begins behind the end, and each teaser that is not heard to its end: what it is, and what is wrong.

    A cut behind the end was meant for words that would be heard.
    """
    ends = f"the recording ends at {typeset.clock(duration_s)}"
    for cut in episode.cuts:
        if cut.from_ms >= duration_s * 1000:
            yield (
                f"cut {episode.slug}",
                AudioError(
                    f"a cut begins at {typeset.clock(cut.from_ms / 1000)}, and {ends}: nothing would be cut",
                    where=place_in_episode(root, episode.slug, "cuts", field="from", at_ms=cut.from_ms),
                    hint="Correct the cut, or remove it.",
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
