"""What people wrote for a place that a recording does not have, or that leaves nothing of it: only its sound knows where it ends."""

from collections.abc import Iterator
from pathlib import Path

from pipeline import typesetting
from pipeline.content import place_in_episode
from pipeline.errors import AudioError
from pipeline.model import Episode, joined, moved_ms

_HIDING = (("cuts", "cut", "cut"), ("mutes", "mute", "muted"), ("bleeps", "bleep", "bleeped"))

_Told = Iterator[tuple[str, AudioError]]


def outside(episode: Episode, *, duration_s: float, root: Path) -> _Told:
    """Each cut, mute and bleep that begins behind the end, each jingle with no words behind it, each teaser not heard to its end.

    What hides words behind the end was meant for words that would be heard. Cuts that leave nothing are told once, at the first of them.
    """
    yield from _late(episode, duration_s, root)
    if moved_ms(round(duration_s * 1000), cuts=joined(episode.cuts)) <= 0:
        yield _nothing_left(episode, duration_s, root)
    else:
        yield from _jingles_behind(episode, duration_s, root)
    yield from _teased_too_late(episode, duration_s, root)


def _late(episode: Episode, duration_s: float, root: Path) -> _Told:
    for key, word, done in _HIDING:
        for stretch in getattr(episode, key):
            if stretch.from_ms >= duration_s * 1000:
                begins = f"a {word} begins at {typesetting.clock(stretch.from_ms / 1000)}"
                error = AudioError(
                    f"{begins}, and {_ends(duration_s)}: nothing would be {done}",
                    where=place_in_episode(root, episode.slug, key, field="from", at_ms=stretch.from_ms),
                    hint=f"Correct the {word}, or remove it.",
                )
                yield f"{word} {episode.slug}", error


def _nothing_left(episode: Episode, duration_s: float, root: Path) -> tuple[str, AudioError]:
    first_ms = min(cut.from_ms for cut in episode.cuts)
    error = AudioError(
        f"the cuts leave nothing of the recording, which ends at {typesetting.clock(duration_s)}",
        where=place_in_episode(root, episode.slug, "cuts", field="from", at_ms=first_ms),
        hint="Shorten them; `00:10` is ten seconds, `01:00:00` is an hour.",
    )
    return f"cut {episode.slug}", error


def _jingles_behind(episode: Episode, duration_s: float, root: Path) -> _Told:
    cuts, end_ms = joined(episode.cuts), round(duration_s * 1000)
    for number, jingle in enumerate(episode.jingles, start=1):
        if moved_ms(jingle.at_ms, cuts=cuts) >= moved_ms(end_ms, cuts=cuts):
            rest = _ends(duration_s) if jingle.at_ms >= end_ms else "all behind it is cut"
            error = AudioError(
                f"a jingle stands at {typesetting.clock(jingle.at_ms / 1000)}, and {rest}: no words would come after it",
                where=place_in_episode(root, episode.slug, "jingles", field="at", at_ms=jingle.at_ms),
                hint="Correct the jingle, or give programme.yaml an `outro` under `sound`.",
            )
            yield f"jingle {episode.slug}-{number}", error


def _teased_too_late(episode: Episode, duration_s: float, root: Path) -> _Told:
    for number, teaser in enumerate(episode.teasers, start=1):
        late = (("begins", "from", teaser.from_ms), ("ends", "to", teaser.to_ms))
        for word, field, at_ms in [one for one in late if one[2] > duration_s * 1000][:1]:
            error = AudioError(
                f"a teaser {word} at {typesetting.clock(at_ms / 1000)}, and {_ends(duration_s)}",
                where=place_in_episode(root, episode.slug, "teasers", field=field, at_ms=at_ms),
                hint="Correct the teaser; its times are those of the recording.",
            )
            yield f"teaser {episode.slug}-{number}", error


def _ends(duration_s: float) -> str:
    return f"the recording ends at {typesetting.clock(duration_s)}"
