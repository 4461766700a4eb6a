"""Check the times of an episode against the duration of its recording, which is only known after decoding."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.content import check_transcript_end, locate_episode_time
from pipeline.errors import AudioError, fill, make_message
from pipeline.model import Episode, merge_cuts, shift_ms
from pipeline.model.time_codes import format_time_code

_HIDING = (("cuts", "cut"), ("mutes", "mute"), ("bleeps", "bleep"))

_Errors = Iterator[tuple[str, AudioError]]


def find_out_of_bounds(episode: Episode, *, duration_s: float, root: Path) -> _Errors:
    """Find cuts, mutes, bleeps, jingles, teasers and cues that are after the end of a recording.

    A cut, mute or bleep after the end hides nothing: the words that it should hide would be published. Cuts that
    remove everything are reported once, at the first of them. The words of a cue after the end would be lost.

    Args:
        episode: The episode.
        duration_s: Duration of its recording in seconds.
        root: The folder of the programme.

    Yields:
        A subject for the report, and the error.
    """
    yield from _find_late_cuts(episode, duration_s, root)
    if shift_ms(round(duration_s * 1000), cuts=merge_cuts(episode.cuts)) <= 0:
        yield _make_empty_error(episode, duration_s, root)
    else:
        yield from _find_late_jingles(episode, duration_s, root)
    yield from _find_late_teasers(episode, duration_s, root)
    yield from _find_late_cues(episode, duration_s, root)


def _find_late_cues(episode: Episode, duration_s: float, root: Path) -> _Errors:
    if any(cue.start_ms >= duration_s * 1000 for cue in episode.transcript):  # else the file is not read again
        for error in check_transcript_end(root, episode.slug, duration_ms=round(duration_s * 1000)):
            yield f"transcript {episode.slug}", AudioError(error.message, where=error.location, hint=error.hint)


def _find_late_cuts(episode: Episode, duration_s: float, root: Path) -> _Errors:
    for key, noun in _HIDING:
        for cut in getattr(episode, key):
            if cut.from_ms >= duration_s * 1000:
                error = AudioError(
                    fill(
                        "a {noun} begins at {start}, and {end}: it has no effect",
                        noun=make_message(noun),
                        start=format_time_code(cut.from_ms / 1000),
                        end=_describe_end(duration_s),
                    ),
                    where=locate_episode_time(root, episode.slug, key, field="from", at_ms=cut.from_ms),
                    hint=fill("Correct the {noun}, or remove it.", noun=make_message(noun)),
                )
                yield f"{noun} {episode.slug}", error


def _make_empty_error(episode: Episode, duration_s: float, root: Path) -> tuple[str, AudioError]:
    first_ms = min(cut.from_ms for cut in episode.cuts)
    error = AudioError(
        fill("the cuts remove the whole recording, which ends at {time_code}", time_code=format_time_code(duration_s)),
        where=locate_episode_time(root, episode.slug, "cuts", field="from", at_ms=first_ms),
        hint="Shorten them; `00:10` is ten seconds, `01:00:00` is an hour.",
    )
    return f"cut {episode.slug}", error


def _find_late_jingles(episode: Episode, duration_s: float, root: Path) -> _Errors:
    cuts, end_ms = merge_cuts(episode.cuts), round(duration_s * 1000)
    for number, jingle in enumerate(episode.jingles, start=1):
        if shift_ms(jingle.at_ms, cuts=cuts) >= shift_ms(end_ms, cuts=cuts):
            cut = make_message("everything after it is cut")
            reason = _describe_end(duration_s) if jingle.at_ms >= end_ms else cut
            error = AudioError(
                fill(
                    "a jingle is at {time_code}, and {reason}: no words would follow it",
                    time_code=format_time_code(jingle.at_ms / 1000),
                    reason=reason,
                ),
                where=locate_episode_time(root, episode.slug, "jingles", field="at", at_ms=jingle.at_ms),
                hint="Correct the jingle, or give programme.yaml an `outro` under `sound`.",
            )
            yield f"jingle {episode.slug}-{number}", error


def _find_late_teasers(episode: Episode, duration_s: float, root: Path) -> _Errors:
    for number, teaser in enumerate(episode.teasers, start=1):
        begins, ends_ = "a teaser begins at {time_code}, and {end}", "a teaser ends at {time_code}, and {end}"
        ends = ((begins, "from", teaser.from_ms), (ends_, "to", teaser.to_ms))
        for template, field, at_ms in [one for one in ends if one[2] > duration_s * 1000][:1]:
            error = AudioError(
                fill(
                    template,
                    time_code=format_time_code(at_ms / 1000),
                    end=_describe_end(duration_s),
                ),
                where=locate_episode_time(root, episode.slug, "teasers", field=field, at_ms=at_ms),
                hint="Correct the teaser; its times are those of the recording.",
            )
            yield f"teaser {episode.slug}-{number}", error


def _describe_end(duration_s: float) -> str:
    return fill("the recording ends at {time_code}", time_code=format_time_code(duration_s))
