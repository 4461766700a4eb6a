"""Sorts the blocks of a hand-in: which group they are of, its question and roles, what it concluded, what somebody said."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.intake.blocks import Block, LeftOut, Part, Text

_GROUP = re.compile(
    r"((?:discussie)?(?:tafel|groep)|(?:discussion )?(?:table|group)|deelsessie|subgroep)\s*"
    r"(?:nr\.?\s*|nummer\s*)?(\d{1,3}[a-z]?|[A-Z])\b\s*(?:[:.–-]\s*(.*))?",
    re.IGNORECASE,
)
_ROLES = re.compile(r"(?:rol(?:len)?|functies?|roles?)\s*:\s*(.+)", re.IGNORECASE)
_WHO = re.compile(
    r"(?:deelnemers?|aanwezig(?:en|heid)?|namen|wie|notulist|notulen(?: door)?|verslag(?:legger|gever)?(?: door)?"
    r"|(?:gespreks|tafel)(?:leider|voorzitter|heer|dame|host)|voorzitter|auteur|moderator|participants?|present|names?"
    r"|notes(?: by)?|author|chair|host)\s*:\s*(.+)",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"(?:(?:de |onze |centrale )?vraag(?:stelling)?|question)\s*:\s*(.+)", re.IGNORECASE)
_INSIGHTS = re.compile(
    r"(?:(?:de |onze |belangrijkste |key )*)(?:inzicht(?:en)?|opbrengst(?:en)?|conclusies?|lessen|geleerde lessen"
    r"|insights?|conclusions?|takeaways?|what we take (?:away|home))\W*\Z",
    re.IGNORECASE,
)
_SAID = re.compile(r"[“”„\"«‘'](.{4,400}?)[”“\"»’'][.,]?\s*(?:\(?\s*[–—-]\s*(.{1,80}))?\Z", re.DOTALL)
_SPEAKER = re.compile(r"\s+[–—-]\s*[^–—-]{1,80}\Z")
_LONGEST_LINE = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What one group handed in, in parts. ``blocks`` is what becomes its text; a quote never stands in it."""

    group: str
    roles: tuple[str, ...]
    question: str
    insights: tuple[str, ...]
    quotes: tuple[str, ...]
    blocks: tuple[Block, ...]


def split_in_groups(text: Text, *, name: str) -> tuple[list[Part], list[LeftOut]]:
    """A hand-in by group: where headings name groups, each of them; else all of it, under the ``name`` of its file.

    What stands before the first group is a note of its own, unless it is nothing but titles.
    """
    starts = [place for place, block in enumerate(text.blocks) if _names_a_group(block)]
    if len(starts) < 2 and not (starts and _is_alone_above(text.blocks, starts[0])):
        return [Part(group=name, text=text)], []
    parts, left_out = [], []
    before = text.blocks[: starts[0]]
    if any(block.kind != "heading" for block in before):
        parts.append(Part(group=name, text=Text(blocks=before)))
    elif before:
        left_out.append(LeftOut(what="title above the groups", count=len(before)))
    for start, end in zip(starts, [*starts[1:], len(text.blocks)], strict=True):
        parts.append(_part(text.blocks[start], text.blocks[start + 1 : end]))
    return parts, left_out


def _names_a_group(block: Block) -> bool:
    found = block.kind in {"heading", "paragraph"} and _GROUP.fullmatch(block.text)
    return bool(found) and (block.kind == "heading" or not (found and found[3]) or len(block.text) < 80)


def _is_alone_above(blocks: Sequence[Block], place: int) -> bool:
    """Whether nothing but titles stands before the one group that is named."""
    return all(block.kind == "heading" for block in blocks[:place])


def _part(head: Block, blocks: Sequence[Block]) -> Part:
    found = _GROUP.fullmatch(head.text)
    if found is None:
        return Part(group=head.text, text=Text(blocks=tuple(blocks)))
    group = f"{found[1].capitalize()} {found[2].upper() if found[2].isalpha() else found[2]}"
    rest = (found[3] or "").strip()
    if rest.endswith("?"):
        return Part(group=group, question=rest, text=Text(blocks=tuple(blocks)))
    more = (Block(kind="heading", text=rest, text_md=rest, level=head.level or 1),) if rest else ()
    return Part(group=group, text=Text(blocks=(*more, *blocks)))


@dataclass(slots=True, kw_only=True)
class _Sorting:
    """A note while it is sorted, and what is left out of it."""

    roles: list[str]
    question: str
    insights: list[str]
    quotes: list[str]
    blocks: list[Block] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    concludes: bool = False  # under a heading such as "Inzichten"


def note_of(part: Part) -> tuple[Note, list[LeftOut]]:
    """A part with its head filled as far as it tells itself; lines that name people are left out, and counted."""
    quotes = [_said(quote)[0] for quote in part.quotes]
    so_far = _Sorting(roles=list(part.roles), question=part.question, insights=list(part.insights), quotes=quotes)
    for block in part.text.blocks:
        if not any(took(so_far, block) for took in _INTO_THE_HEAD):
            so_far.blocks.append(block)
    note = Note(
        group=part.group[:_LONGEST_LINE],
        roles=tuple(dict.fromkeys(so_far.roles)),
        question=so_far.question,
        insights=tuple(so_far.insights),
        quotes=tuple(dict.fromkeys(so_far.quotes)),
        blocks=tuple(_without_empty_heads(so_far.blocks)),
    )
    return note, so_far.left_out


def _begins_insights(so_far: _Sorting, block: Block) -> bool:
    begins = block.kind in {"heading", "paragraph"} and _INSIGHTS.match(block.text) is not None
    if begins or block.kind == "heading":
        so_far.concludes = begins
    return begins


def _asks(so_far: _Sorting, block: Block) -> bool:
    """The first thing that is asked, as long as nothing but headings stands before it."""
    if so_far.question or any(one.kind != "heading" for one in so_far.blocks):
        return False
    so_far.question = _question_in(block)
    return bool(so_far.question)


def _tells_roles(so_far: _Sorting, block: Block) -> bool:
    told = _ROLES.fullmatch(block.text) if block.kind == "paragraph" else None
    so_far.roles += _roles_in(told[1]) if told else []
    return told is not None


def _names_people(so_far: _Sorting, block: Block) -> bool:
    """A line of who was there: roles stand in small letters, and anything else is left out."""
    who = _WHO.fullmatch(block.text) if block.kind in {"paragraph", "item"} else None
    if who and who[1] == who[1].lower():
        so_far.roles += _roles_in(who[1])
    elif who:
        so_far.left_out.append(LeftOut(what="line that names people"))
    return who is not None


def _quotes(so_far: _Sorting, block: Block) -> bool:
    said = _quotes_in(block)
    so_far.quotes += [words for words, _ in said]
    so_far.left_out += [LeftOut(what="name of who said a quote") for _, named in said if named]
    return bool(said)


def _concludes(so_far: _Sorting, block: Block) -> bool:
    takes = so_far.concludes and block.kind in {"item", "paragraph"}
    so_far.insights += [block.text] if takes else []
    return takes


_INTO_THE_HEAD = (_begins_insights, _asks, _tells_roles, _names_people, _quotes, _concludes)  # the first that takes it


def _question_in(block: Block) -> str:
    if block.kind not in {"heading", "paragraph"} or len(block.text) > _LONGEST_LINE:
        return ""
    found = _QUESTION.fullmatch(block.text)
    return found[1] if found else block.text if block.text.endswith("?") else ""


def _roles_in(told: str) -> list[str]:
    parts = re.split(r"\s*(?:[,;/]|\ben\b|\band\b)\s*", told.rstrip(". "))
    return [part[:_LONGEST_LINE] for part in parts if part]


def _quotes_in(block: Block) -> list[tuple[str, bool]]:
    """What somebody said, without marks and speaker; and whether there was one."""
    if block.kind == "quote":
        return [_said(block.text)]
    if block.kind in {"paragraph", "item"} and (found := _SAID.fullmatch(block.text)):
        return [(found[1].strip(), bool(found[2]))]
    return []


def _said(text: str) -> tuple[str, bool]:
    if found := _SAID.fullmatch(text.strip()):
        return found[1].strip(), bool(found[2])
    bare = _SPEAKER.sub("", text).strip()
    return bare.strip('“”„"«»') or text, bare != text.strip()


def _without_empty_heads(blocks: Sequence[Block]) -> Iterator[Block]:
    """A heading whose text all went into the head says nothing any more."""
    for place, block in enumerate(blocks):
        following = blocks[place + 1] if place + 1 < len(blocks) else None
        ends = following is None or (following.kind == "heading" and following.level <= block.level)
        if not (block.kind == "heading" and ends):
            yield block
