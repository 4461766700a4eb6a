"""Splits texts by group, and finds the question, roles, insights and quotes of a note."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from pipeline.intake.document import QUESTION_MARKS, ContentBlock, GroupNote
from pipeline.intake.html_tables import is_field_label
from pipeline.intake.own_lines import is_closing

_GROUP = re.compile(
    r"((?:discussie)?(?:tafel|groep)|(?:discussion )?(?:table|group)|deelsessie|subgroep)\s*"
    r"(?:nr\.?\s*|nummer\s*)?(\d{1,3}[a-z]?|[A-Z])\b\s*(?:[:.–-]\s*(.*))?",
    re.IGNORECASE,
)
_ROLES = re.compile(r"(?:rol(?:len)?|functies?|roles?)\s*:\s*(.+)", re.IGNORECASE)
_PEOPLE = re.compile(
    r"(?:deelnemers?|aanwezig(?:en|heid)?|namen|wie|notulist|notulen(?: door)?|verslag(?:legger|gever)?(?: door)?"
    r"|(?:gespreks|tafel)(?:leider|voorzitter|heer|dame|host)|voorzitter|auteur|moderator|participants?|present|names?"
    r"|notes(?: by)?|author|chair|host)\s*:\s*(.+)",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"(?:(?:de |onze |centrale )?vraag(?:stelling)?|question)\s*:\s*(.+)", re.IGNORECASE)
_INSIGHTS_HEADING = re.compile(
    r"(?:(?:de |onze |belangrijkste |key )*)(?:inzicht(?:en)?|opbrengst(?:en)?|conclusies?|lessen|geleerde lessen"
    r"|insights?|conclusions?|takeaways?|what we take (?:away|home))\W*\Z",
    re.IGNORECASE,
)
# a quotation mark of the same kind inside ends the quote; an apostrophe in a word does not
_QUOTATIONS = (
    r"[“„]([^“”„]{4,400})[”“]|«([^«»]{4,400})»|\"([^\"]{4,400})\"|[‘‚]((?:[^‘’]|(?<=\w)’(?=\w)){4,400})’"
    r"|(?<!\w)'(?![stn] )((?:[^']|(?<=\w)'(?=\w)){4,400})'"
)
_QUOTE = re.compile(
    rf"(?:{_QUOTATIONS})[.,]?\s*(?:[(\[]\s*[–—-]?\s*([^()\[\]]{{1,80}})[)\]]\.?|\(?[–—-]\s*(.{{1,80}})|([A-ZÀ-Þ][^.,;!?]{{1,40}})\.?)?\Z",
    re.DOTALL,
)
_SPEAKER = re.compile(r"\s+[–—-]\s*[^–—-]{1,80}\Z")
_MAX_FIELD_LENGTH = 255
_IN_BRACKETS = re.compile(r"\([^()]{0,80}\)")
_NAME = re.compile(  # each word has a capital, but for the particles of Dutch and Arabic names
    r"(?!(?:de|het|een|wij|we|ik|er|dit|dat|the|a|an|we|it)\b)(?-i:[^\W\d_a-z][\w.'’-]*)"
    r"(?:\s+(?:van|von|de|den|der|het|ten|ter|te|el|al|ait|aït|ben|bin|in|op|[’']t"
    r"|(?-i:[’']?[^\W\d_a-zà-öø-ÿ][\w.'’-]*|[dl][’'][^\W\d_a-z]\w+)))*",
    re.IGNORECASE,
)
_MAX_NAME_WORDS = 6
_MAX_SIGN_OFF_BLOCKS, _MAX_SIGN_OFF_LENGTH = 5, 120  # a closing, and name, function, place and number below it


def _split_label_lines(blocks: Sequence[ContentBlock]) -> tuple[ContentBlock, ...]:
    """Make a paragraph of each line that begins with a label, such as ``Tafel 10`` or ``Vraag:``."""
    return tuple(one for block in blocks for one in _split_paragraph(block))


def _split_paragraph(block: ContentBlock) -> Iterator[ContentBlock]:
    pieces = block.text_md.split("\\\n") if block.kind == "paragraph" else []
    if len(pieces) < 2:
        yield block
        return
    lines: list[str] = []
    for piece in pieces:
        if _is_label_line(replace(block, text_md=piece)):
            if lines:
                yield replace(block, text_md="\\\n".join(lines))
            yield replace(block, text_md=piece)
            lines = []
        else:
            lines.append(piece)
    if lines:
        yield replace(block, text_md="\\\n".join(lines))


def _is_label_line(line: ContentBlock) -> bool:
    text = line.text
    people = _PEOPLE.fullmatch(text)
    if is_closing(text) or _QUOTE.fullmatch(text):
        return True
    is_field = _QUESTION.fullmatch(text) or _ROLES.fullmatch(text) or _INSIGHTS_HEADING.match(text)
    return bool(_match_group_heading(line) or is_field or (people and _classify_people(people[1])))


def split_groups(blocks: Sequence[ContentBlock], *, name: str) -> tuple[list[GroupNote], Counter[str]]:
    """Split a text where headings name groups.

    Without such headings it is one group, called ``name``.

    What precedes the first group is a separate group, unless it has only headings.

    Returns:
        The groups, and the number of omitted headings by what they are.
    """
    blocks = _split_label_lines(blocks)
    headings = {index: found for index, block in enumerate(blocks) if (found := _match_group_heading(block))}
    starts = list(headings)
    preamble = tuple(blocks[: starts[0]] if starts else blocks)
    has_text = any(block.kind != "heading" for block in preamble)
    if len(starts) < 2 and (not starts or has_text):
        return [GroupNote(group=name, blocks=tuple(blocks))] if blocks else [], Counter()
    groups = [GroupNote(group=name, blocks=preamble)] if has_text else []
    for start, end in pairwise([*starts, len(blocks)]):
        groups.append(_make_group(headings[start], blocks[start].level or 1, blocks[start + 1 : end]))
    return groups, Counter({"title before the first group": 0 if has_text else len(preamble)})


def _match_group_heading(block: ContentBlock) -> re.Match[str] | None:
    found = _GROUP.fullmatch(block.text) if block.kind in {"heading", "paragraph"} else None
    return found if found and (block.kind == "heading" or not found[3] or len(block.text) < 80) else None


def _make_group(found: re.Match[str], level: int, blocks: Sequence[ContentBlock]) -> GroupNote:
    group = f"{found[1].capitalize()} {found[2].upper() if found[2].isalpha() else found[2]}"
    rest = (found[3] or "").strip()
    if rest.endswith(QUESTION_MARKS):
        return GroupNote(group=group, question=rest, blocks=tuple(blocks))
    title = (ContentBlock(kind="heading", text_md=rest, level=level),) if rest else ()
    return GroupNote(group=group, blocks=(*title, *blocks))


def extract_fields(note: GroupNote) -> tuple[GroupNote, Counter[str]]:
    """Move the question, roles, insights and quotes from the blocks of a note into its fields.

    Lines with names of people are omitted.

    Returns:
        The note, and the number of omissions by what they are.
    """
    extractor = _FieldExtractor(
        roles=list(note.roles),
        question=note.question,
        insights=list(note.insights),
        quotes=[_strip_quote(quote)[0] for quote in note.quotes],
    )
    blocks, omissions = _drop_sign_off(note.blocks)
    extractor.omissions += omissions
    for block in blocks:
        extractor.add_block(block)
    extracted = GroupNote(
        group=note.group[:_MAX_FIELD_LENGTH],
        roles=tuple(dict.fromkeys(extractor.roles)),
        question=extractor.question,
        insights=tuple(extractor.insights),
        quotes=tuple(dict.fromkeys(extractor.quotes)),
        blocks=extractor.drop_emptied_headings(),
    )
    return extracted, extractor.omissions


@dataclass(slots=True, kw_only=True)
class _FieldExtractor:
    """The fields of a note while its blocks are read."""

    roles: list[str]
    question: str
    insights: list[str]
    quotes: list[str]
    blocks: list[ContentBlock] = field(default_factory=list)
    omissions: Counter[str] = field(default_factory=Counter)
    emptied: set[int] = field(default_factory=set)  # indices of headings above blocks that became fields
    in_insights: bool = False  # below a heading such as "Inzichten"

    def add_block(self, block: ContentBlock) -> None:
        """Give a block to the first field that takes it, else to the text."""
        takers = (
            self._take_insights_heading,
            self._take_question,
            self._take_roles,
            self._take_people,
            self._take_quotes,
            self._take_insight,
        )
        if any(take(block) for take in takers):
            self._mark_emptied()
        else:
            self.blocks.append(block)

    def _mark_emptied(self) -> None:
        """Mark the headings right above a block that became a field."""
        for index in range(len(self.blocks) - 1, -1, -1):
            if self.blocks[index].kind != "heading":
                break
            self.emptied.add(index)

    def drop_emptied_headings(self) -> tuple[ContentBlock, ...]:
        """Return the blocks without headings whose text became fields, and count those; a label of a field is none."""
        kept = []
        for index, block in enumerate(self.blocks):
            following = self.blocks[index + 1] if index + 1 < len(self.blocks) else None
            is_empty = following is None or (following.kind == "heading" and following.level <= block.level)
            if index in self.emptied and is_empty:
                self.omissions["heading whose text became a field"] += not is_field_label(block.text)
            else:
                kept.append(block)
        return tuple(kept)

    def _take_insights_heading(self, block: ContentBlock) -> bool:
        is_heading = block.kind in {"heading", "paragraph"} and _INSIGHTS_HEADING.match(block.text) is not None
        if is_heading or block.kind == "heading":
            self.in_insights = is_heading
        return is_heading

    def _take_question(self, block: ContentBlock) -> bool:
        """Take the first question that only headings precede."""
        if self.question or any(one.kind != "heading" for one in self.blocks):
            return False
        if block.kind not in {"heading", "paragraph"} or len(block.text) > _MAX_FIELD_LENGTH:
            return False
        found = _QUESTION.fullmatch(block.text)
        self.question = found[1] if found else block.text if block.text.endswith(QUESTION_MARKS) else ""
        return bool(self.question)

    def _take_roles(self, block: ContentBlock) -> bool:
        found = _ROLES.fullmatch(block.text) if block.kind == "paragraph" else None
        self.roles += _split_roles(found[1]) if found else []
        return found is not None

    def _take_people(self, block: ContentBlock) -> bool:
        """Take a list of who was there: in lower case it has roles, otherwise it is omitted."""
        found = _PEOPLE.fullmatch(block.text) if block.kind in {"paragraph", "item"} else None
        what = _classify_people(found[1]) if found else ""
        if found and what == "roles":
            self.roles += _split_roles(found[1])
        elif what == "names":
            self.omissions["line with names of people"] += 1
        return bool(what)

    def _take_quotes(self, block: ContentBlock) -> bool:
        if block.kind == "quote":
            quote, has_speaker = _strip_quote(block.text)
        elif block.kind in {"paragraph", "item"} and (found := _QUOTE.fullmatch(block.text)):
            quote, has_speaker = _read_quotation(found)
        else:
            return False
        self.quotes.append(quote)
        if has_speaker:
            self.omissions["name of a quoted speaker"] += 1
        return True

    def _take_insight(self, block: ContentBlock) -> bool:
        is_insight = self.in_insights and block.kind in {"item", "paragraph"}
        self.insights += [block.text] if is_insight else []
        return is_insight


def _classify_people(words: str) -> str:
    """Tell what stands behind a label such as ``Aanwezig:``: names, roles, or a sentence (empty)."""
    entries = _split_roles(_IN_BRACKETS.sub("", words))
    named = [entry for entry in entries if _NAME.fullmatch(entry)]
    if named and all(len(entry.split()) <= _MAX_NAME_WORDS for entry in entries):
        return "names"
    is_sentence = words.rstrip().endswith((".", "!", *QUESTION_MARKS)) or any(len(one.split()) > 3 for one in entries)
    return "" if named or is_sentence or words != words.lower() else "roles"


def _split_roles(text: str) -> list[str]:
    parts = re.split(r"\s*(?:[,;/]|\ben\b|\band\b)\s*", text.rstrip(". "))
    return [part[:_MAX_FIELD_LENGTH] for part in parts if part]


def _strip_quote(text: str) -> tuple[str, bool]:
    """Return a quote without quotation marks and speaker, and whether it had a speaker."""
    if found := _QUOTE.fullmatch(text.strip()):
        return _read_quotation(found)
    quote = _SPEAKER.sub("", text).strip()
    return quote.strip('“”„"«»') or text, quote != text.strip()


def _read_quotation(found: re.Match[str]) -> tuple[str, bool]:
    """Return the words of a match of ``_QUOTE``, and whether a speaker stood behind them."""
    *words, in_brackets, after_dash, after_space = found.groups()
    return next(filter(None, words)).strip(), bool(in_brackets or after_dash or after_space)


def _drop_sign_off(blocks: Sequence[ContentBlock]) -> tuple[Sequence[ContentBlock], Counter[str]]:
    """Drop a closing such as ``Met groet, Ahmed`` at the end of a note, and the few short lines below it."""
    for start in range(len(blocks) - 1, max(0, len(blocks) - _MAX_SIGN_OFF_BLOCKS) - 1, -1):
        block = blocks[start]
        if start and block.kind in {"paragraph", "item"} and is_closing(block.text):
            return blocks[:start], Counter({"signature": 1})
        if (
            block.kind != "paragraph"
            or len(block.text) > _MAX_SIGN_OFF_LENGTH
            or block.text.endswith((".", "!", *QUESTION_MARKS))
        ):
            break
    return blocks, Counter()
