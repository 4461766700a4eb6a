"""How the clearances of a programme stand: what an edit made void, what is not tied to its words, who is waited for."""

import re
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

from pipeline.content.approval_lock import MEMORY
from pipeline.content.approvals import (
    Words,
    standing_of_quote,
    standing_of_reflection,
    words_of_quote,
    words_of_reflection,
)
from pipeline.content.discovery import Pages, ReflectionPage, body_line, gather
from pipeline.content.field_error import WrongError
from pipeline.content.files import Folder, Source
from pipeline.content.located_yaml import Loc, Marked
from pipeline.content.schema.files import ReflectionForm
from pipeline.errors import Fault
from pipeline.model import Waiting
from pipeline.text import COMMENT

_AROUND, _LONGEST = 3, 90  # words to either side of a change; characters of what is shown
_AGAIN = {
    "text": "ask the group again, write `cleared:` with that day and nothing behind it, and run weerslag clear",
    "quote": "ask again, write `cleared: true`, and run weerslag clear",
}


def voided(pages: Pages) -> Iterator[Fault]:
    """A warning at each change in what was cleared; until somebody says so again, it appears nowhere."""
    for one in pages.reflections:
        page, form, marked = one.page, one.page.form, one.page.marked
        if form is None or marked is None:
            continue
        if standing_of_reflection(form, page.body_md) == "voided":
            words, was = words_of_reflection(form, page.body_md), str(form.cleared).partition(" ")[2]
            yield _voided("text", marked, (), words, _remembered(pages.folder, was))
        for number, quote in enumerate(form.quotes):
            if standing_of_quote(quote) == "voided":
                old = _remembered(pages.folder, quote.cleared)
                yield _voided("quote", marked, ("quotes", number), words_of_quote(quote), old)


def by_hand(root: Path) -> tuple[int, int]:
    """How many clearances are not tied to their words, so that an edit would go unnoticed; and in how many files."""
    pages = gather(Folder(root=root.resolve()), [])
    counts = [_by_hand(one.page.form, one.page.body_md) for one in pages.reflections if one.page.form]
    return sum(counts), sum(count > 0 for count in counts)


def waiting(root: Path) -> tuple[Waiting, ...]:
    """What waits for whose word, in the order of the files; without a word of what it says."""
    pages = gather(Folder(root=root.resolve()), [])
    return tuple(one for page in pages.reflections if page.page.form for one in _waiting(page, page.page.form))


def _waiting(page: ReflectionPage, form: ReflectionForm) -> Iterator[Waiting]:
    texts = Counter({(form.group, "text", standing_of_reflection(form, page.page.body_md)): 1})
    quotes = Counter((quote.by or form.group, "quote", standing_of_quote(quote)) for quote in form.quotes)
    for (whom, what, standing), count in [*texts.items(), *quotes.items()]:
        if standing in ("waiting", "voided"):
            yield Waiting(
                file=page.page.file,
                event=page.event,
                group=form.group,
                whom=whom,
                what=what,
                changed=standing == "voided",
                count=count,
            )


def _by_hand(form: ReflectionForm, body_md: str) -> int:
    standings = [standing_of_reflection(form, body_md), *map(standing_of_quote, form.quotes)]
    return standings.count("by hand")


# ------------------------------------------------------------------------------------------------------- what has changed


def _voided(what: str, marked: Marked, loc: Loc, new: Words, old: str) -> Fault:
    message = f"this {'quote' if what == 'quote' else 'reflection'} changed after it was cleared, so it appears nowhere"
    if not old:
        line, column = marked.place((*loc, "text") if what == "quote" else ("cleared",))
        hint = f"put back the words that were cleared (git keeps them), or {_AGAIN[what]}"
        return marked.source.warning("voided", line, column, message, hint)
    at, was, now, word = _change(old, new)
    line, column = marked.place((*loc, *at)) if at else _place_of_word(marked.source, word)
    hint = f"cleared was {was}, and now it says {now}: put it back, or {_AGAIN[what]}"
    return marked.source.warning("voided", line, column, message, hint)


def _change(old: str, new: Words) -> tuple[Loc, str, str, int]:
    """Where the first change is, what stood there, what stands there, and at which word of that part it begins."""
    before = [(name, words) for name, _, words in (line.partition(": ") for line in old.split("\n"))]
    codes = SequenceMatcher(None, before, new.parts, autojunk=False).get_opcodes()
    _, i1, i2, j1, j2 = next(code for code in codes if code[0] != "equal")
    was = before[i1][1] if i1 < i2 else ""
    now = new.parts[j1][1] if j1 < j2 else ""
    at = new.at[min(j1, len(new.at) - 1)]
    return at, *_turn(was.split(), now.split())


def _turn(was: list[str], now: list[str]) -> tuple[str, str, int]:
    """The words around the first change, in both, and at which word it begins."""
    begin = next(
        (n for n, pair in enumerate(zip(was, now, strict=False)) if pair[0] != pair[1]), min(len(was), len(now))
    )
    end = 0
    while end < min(len(was), len(now)) - begin and was[-1 - end] == now[-1 - end]:
        end += 1
    return _excerpt(was, begin, len(was) - end), _excerpt(now, begin, len(now) - end), begin


def _excerpt(words: list[str], begin: int, end: int) -> str:
    if not words:
        return "nothing"
    first, last = max(0, begin - _AROUND), min(len(words), end + _AROUND)
    told = " ".join(words[first:last])
    told = f"{told[:_LONGEST]}…" if len(told) > _LONGEST else f"{told}{' …' if last < len(words) else ''}"
    return f"“{'… ' if first else ''}{told}”"


def _place_of_word(source: Source, word: int) -> tuple[int, int]:
    """Where the text below the head has its ``word``-th word, comments left out; its last one if it has no more."""
    first = body_line(source)
    body = "\n".join(source.lines[first - 1 :])
    hushed = COMMENT.sub(lambda found: "\0" * len(found[0]), body)  # no text has a NUL any more
    found = [one.start() for one in re.finditer(r"[^\s]+", hushed) if one[0].strip("\0")]
    if not found:
        return first, 1
    start = found[min(word, len(found) - 1)]
    return first + body.count("\n", 0, start), start - body.rfind("\n", 0, start)


def _remembered(folder: Folder, digest: str) -> str:
    """The words that were tied, if this machine remembers them; nothing that follows from it is more than a hint."""
    path = f"{MEMORY}/{digest}.txt"
    try:
        return folder.read(path).text.rstrip("\n") if folder.exists(path) else ""
    except WrongError:
        return ""
