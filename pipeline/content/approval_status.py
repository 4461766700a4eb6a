"""The approvals of a programme: which are revoked, not locked, or pending and from whom."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from difflib import SequenceMatcher

from pipeline.content.approval_lock import APPROVED_TEXTS
from pipeline.content.approvals import Approval, ApprovedText, list_approvals, parse_wording
from pipeline.content.content_files import ProgrammeFiles, ReflectionFile, extract_body
from pipeline.content.field_error import FieldError
from pipeline.content.located_yaml import Loc, LocatedYaml
from pipeline.content.programme_folder import ProgrammeFolder, SourceText
from pipeline.errors import ValidationError, fill, make_message
from pipeline.model import PendingApproval
from pipeline.text import HTML_COMMENT

_CONTEXT_WORDS, _MAX_EXCERPT = 3, 90  # words on either side of a change; characters
_APPROVE_AGAIN = {
    "reflection": "ask the group again, write `approved:` with that date and nothing after it, and run weerslag approve",
    "quote": "ask again, write `approved: true`, and run weerslag approve",
}


def find_revoked_approvals(files: ProgrammeFiles) -> Iterator[ValidationError]:
    """Yield a warning at each edit of an approved text.

    The text is not published until it is approved again.
    """
    for reflection, approval in _iter_approvals(files):
        if approval.status == "revoked":
            old = read_approved_text(files.folder, approval.digest)
            yield _create_warning(reflection.file.yaml, approval, old)


def count_unlocked_approvals(files: ProgrammeFiles) -> tuple[int, int]:
    """Count approvals without a digest, so that an edit would not revoke them.

    Returns:
        The number of approvals, and the number of files they are in.
    """
    unlocked = [one.file.path for one, approval in _iter_approvals(files) if approval.status == "unlocked"]
    return len(unlocked), len(set(unlocked))


def list_pending_approvals(files: ProgrammeFiles) -> tuple[PendingApproval, ...]:
    """Return what still needs approval, in the order of the files, and nothing of its text."""
    waiting = Counter(
        PendingApproval(
            file=one.file.path,
            event=one.event,
            group=one.file.require_validated().group,
            approver=approval.approver or one.file.require_validated().group,
            what="quote" if approval.loc else "text",
            revoked=approval.status == "revoked",
        )
        for one, approval in _iter_approvals(files)
        if not approval.is_valid
    )
    return tuple(replace(one, count=count) for one, count in waiting.items())


def _iter_approvals(files: ProgrammeFiles) -> Iterator[tuple[ReflectionFile, Approval]]:
    """Yield the approvals in every file without errors."""
    return ((one, approval) for one in files.reflections if one.file.validated for approval in list_approvals(one.file))


def read_approved_text(folder: ProgrammeFolder, digest: str) -> str:
    """Return the text that was approved, if this machine stored it; it is used for hints only."""
    path = f"{APPROVED_TEXTS}/{digest}.txt"
    try:
        return folder.read(path).text.rstrip("\n") if folder.exists(path) else ""
    except FieldError:
        return ""


# Description of an edit after approval


def _create_warning(yaml: LocatedYaml, approval: Approval, old: str) -> ValidationError:
    what = "quote" if approval.loc else "reflection"
    message = make_message(
        "this quote was edited after it was approved; it is not published"
        if approval.loc
        else "this reflection was edited after it was approved; it is not published"
    )
    if not old:
        line, column = yaml.locate((*approval.loc, "text" if approval.loc else "approved"))
        hint = fill(
            "restore the approved text (see the git history), or {approve_again}",
            approve_again=make_message(_APPROVE_AGAIN[what]),
        )
        return yaml.source.create_warning("revoked", line, column, message, hint)
    at, was, now, word = find_change(old, approval.text)
    line, column = yaml.locate((*approval.loc, *at)) if at else _locate_word(yaml.source, word)
    hint = fill(
        "approved was {was}, now it is {now}: restore it, or {approve_again}",
        was=was,
        now=now,
        approve_again=make_message(_APPROVE_AGAIN[what]),
    )
    return yaml.source.create_warning("revoked", line, column, message, hint)


def find_change(old: str, new: ApprovedText) -> tuple[Loc, str, str, int]:
    """Compare the approved text with the current one.

    Returns:
        The path of the first changed part, its old and its new excerpt, and the index of the first
        changed word in it.
    """
    before = parse_wording(old)
    after = [(name, text) for name, text, _ in new.parts]
    codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    _, i1, i2, j1, j2 = next(code for code in codes if code[0] != "equal")
    was = before[i1][1] if i1 < i2 else ""
    now = after[j1][1] if j1 < j2 else ""
    at = new.parts[min(j1, len(after) - 1)][2]
    return at, *_compare_words(was.split(), now.split())


def _compare_words(was: list[str], now: list[str]) -> tuple[str, str, int]:
    """Return the words around the first change in both texts, and the index at which it begins."""
    shorter = min(len(was), len(now))
    begin = next((n for n, pair in enumerate(zip(was, now, strict=False)) if pair[0] != pair[1]), shorter)
    end = 0
    while end < shorter - begin and was[-1 - end] == now[-1 - end]:
        end += 1
    return _quote_excerpt(was, begin, len(was) - end), _quote_excerpt(now, begin, len(now) - end), begin


def _quote_excerpt(words: list[str], begin: int, end: int) -> str:
    if not words:
        return "nothing"
    first, last = max(0, begin - _CONTEXT_WORDS), min(len(words), end + _CONTEXT_WORDS)
    text = " ".join(words[first:last])
    text = f"{text[:_MAX_EXCERPT]}…" if len(text) > _MAX_EXCERPT else f"{text}{' …' if last < len(words) else ''}"
    return f"“{'… ' if first else ''}{text}”"


def _locate_word(source: SourceText, index: int) -> tuple[int, int]:
    """Return the position of a word of the body, or of its last word if it has fewer.

    Words in comments do not count.
    """
    body = extract_body(source)
    masked = HTML_COMMENT.sub(lambda found: "\0" * len(found[0]), body.text)  # normalised text has no NUL
    words = [one.start() for one in re.finditer(r"[^\s]+", masked) if one[0].strip("\0")]
    return body.locate(words[min(index, len(words) - 1)] if words else 0)
