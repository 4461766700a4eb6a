"""Replace cues in a WebVTT file; notes, styles and all other cues stay as they are."""

from collections.abc import Mapping, Sequence

from pipeline.errors import WeerslagError
from pipeline.model import Cue
from pipeline.transcripts.cue_source import SourceCue
from pipeline.transcripts.vtt_format import format_cue
from pipeline.transcripts.webvtt import parse_webvtt

_ARROW = "-->"


class EditConflictError(WeerslagError):
    """The cues to replace are no longer in the file: somebody else changed them."""


def replace_cues(text: str, old: Sequence[Cue], new: Sequence[Cue]) -> str:
    """Replace the consecutive cues ``old`` by ``new``: an edit, a split, a merge or a removal; without ``old``, an addition.

    Args:
        text: The file, as ``normalise_text`` returns it.
        old: As they must be in the file; of equal ones the first is replaced.
        new: In order of time.

    Returns:
        The file with the new cues.

    Raises:
        EditConflictError: The file has no such cues.
    """
    cues = parse_webvtt(text).cues
    if not old:
        return _insert_cues(text, cues, new)
    wanted = [_identify(cue) for cue in old]
    found = [_identify(cue) for cue in cues]
    first = next((at for at in range(len(found)) if found[at : at + len(wanted)] == wanted), None)
    if first is None:
        hint = "Compare both versions, and choose."
        raise EditConflictError("somebody else changed these cues", hint=hint)
    replaced = cues[first : first + len(old)]
    # a block with several speakers is one cue each: those that stay get blocks of their own
    before = [_to_cue(cue) for cue in cues[:first] if cue.line == replaced[0].line]
    after = [_to_cue(cue) for cue in cues[first + len(old) :] if cue.line == replaced[-1].line]
    blocks: dict[int, list[Cue]] = {cue.line: [] for cue in replaced}
    is_one_to_one = len(new) == len(old)
    for number, cue in enumerate(new):
        blocks[replaced[number if is_one_to_one else 0].line].append(cue)
    changed = (
        {cue.line for cue, was, now in zip(replaced, old, new, strict=True) if was != now}
        if is_one_to_one
        else {*blocks}
    )
    blocks[replaced[0].line][:0] = before
    blocks[replaced[-1].line] += after
    return _replace_blocks(text.split("\n"), {line: blocks[line] for line in changed})


def _identify(cue: Cue | SourceCue) -> tuple[int, int | None, str, str]:
    return cue.start_ms, cue.end_ms, cue.speaker, cue.text


def _to_cue(cue: SourceCue) -> Cue:
    return Cue(start_ms=cue.start_ms, end_ms=cue.end_ms or cue.start_ms, speaker=cue.speaker, text=cue.text)


def _insert_cues(text: str, cues: Sequence[SourceCue], new: Sequence[Cue]) -> str:
    """Insert cues before the first one that begins later."""
    if not new:
        return text
    lines = text.split("\n")
    following = next((cue.line for cue in cues if cue.start_ms > new[0].start_ms), None)
    block = "\n\n".join(map(format_cue, new))
    if following is None:
        return text.rstrip("\n") + f"\n\n{block}\n"
    start, _ = _find_block(lines, following)
    return "\n".join([*lines[:start], *block.split("\n"), "", *lines[start:]])


def _replace_blocks(lines: list[str], blocks: Mapping[int, Sequence[Cue]]) -> str:
    """Replace blocks, by the number of their timing line; without cues, remove them."""
    for number, cues in sorted(blocks.items(), reverse=True):
        start, end = _find_block(lines, number)
        new: list[str] = []
        if cues:
            new = "\n\n".join(map(format_cue, cues)).split("\n")
            start = number - 1  # the line with its identifier stays
            new += [""] if end < len(lines) and lines[end] else []  # an arrow ended the block
        elif end < len(lines) and not lines[end]:
            end += 1  # a blank line goes with the block
        lines[start:end] = new
    return "\n".join(lines)


def _find_block(lines: Sequence[str], timing_line: int) -> tuple[int, int]:
    """Return the indices of the first line of a block, and after its last line."""
    at = timing_line - 1
    has_identifier = at >= 2 and lines[at - 1] and not lines[at - 2]
    end = at + 1
    while end < len(lines) and lines[end] and _ARROW not in lines[end]:
        end += 1
    return at - 1 if has_identifier else at, end
