"""What people wrote for a place that a recording does not have: only its sound knows where it ends."""

from collections.abc import Iterator
from pathlib import Path

from pipeline import typeset
from pipeline.content import place_in_episode
from pipeline.errors import AudioError
from pipeline.model import Episode, joined, moved_ms

_HIDING = (("cuts", "cut", "cut"), ("mutes", "mute", "muted"), ("bleeps", "bleep", "bleeped"))


def outside(episode: Episode, *, duration_s: float, root: Path) -> Iterator[tuple[str, AudioError]]:
    """Each cut, mute and bleep that begins behind the end, each jingle with no words behind it, each teaser not heard to its end.

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
    yield from _jingles_behind(episode, round(duration_s * 1000), ends, root)
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


def _jingles_behind(episode: Episode, end_ms: int, ends: str, root: Path) -> Iterator[tuple[str, AudioError]]:
    cuts = joined(episode.cuts)
    for number, jingle in enumerate(episode.jingles, start=1):
        if moved_ms(jingle.at_ms, cuts=cuts) >= moved_ms(end_ms, cuts=cuts):
            rest = ends if jingle.at_ms >= end_ms else "all behind it is cut"
            yield (
                f"jingle {episode.slug}-{number}",
                AudioError(
                    f"a jingle stands at {typeset.clock(jingle.at_ms / 1000)}, and {rest}: no words would come after it",
                    where=place_in_episode(root, episode.slug, "jingles", field="at", at_ms=jingle.at_ms),
                    hint="Correct the jingle, or give programme.yaml an `outro` under `sound`.",
                ),
            )
