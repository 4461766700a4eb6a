"""Turns the answers of a form into notes, by a mapping of its columns."""

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from pipeline.errors import fill
from pipeline.intake.document import QUESTION_MARKS, ContentBlock, GroupNote
from pipeline.intake.form_table import FormAnswers
from pipeline.intake.markdown_escaping import escape_markdown
from pipeline.intake.refused_formats import RefusedFileError
from pipeline.intake.text_reader import split_blocks
from pipeline.model import from_json
from pipeline.text import suggest_similar

_COLUMN_PATTERNS = (  # field of a column, by its name; the first match counts
    ("ignored", r"tijdstempel|timestamp|datum|date|start\w*tijd|e-?mail|naam|name|telefoon|phone|id\b|ip-?adres|taal"),
    ("roles", r"\brol(len)?\b|functie|roles?\b|achtergrond"),
    ("quotes", r"citaat|citaten|uitspra|quote"),
    ("insights", r"inzicht|opbrengst|conclusie|insight|meeneem|les(sen)?\b|takeaway"),
    ("question", r"^(de |jullie )?vraag$|^question$"),
    ("group", r"^(naam van (de|je|jullie) )?(tafel|groep|group|table)|(tafel|groep)(s?nummer|naam)?$"),
)
_GROUP_COLUMN = re.compile(
    r"\b(tafel|groep|group|table)\b.*\b(naam|name)\b|\b(naam|name)\b.*\b(tafel|groep|group)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMapping:
    """Which column of a form becomes which field; columns are identified by their names."""

    group: str = ""  # the column with the name of the group; empty: all rows are one group
    roles: str = ""
    question: str = ""
    insights: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    text: tuple[str, ...] = ()  # each becomes a heading with the answers below it
    ignored: tuple[str, ...] = ()

    def to_toml(self) -> str:
        """Return the mapping as a file that people can correct."""
        lines = ["# Which column of the form becomes which field. Correct it, and import again with --mapping FILE."]
        for field in fields(self):
            value = getattr(self, field.name)
            toml = _quote_toml(value) if isinstance(value, str) else f"[{', '.join(map(_quote_toml, value))}]"
            lines.append(f"{field.name} = {toml}")
        return "\n".join([*lines, ""])


def _quote_toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # which JSON does not escape


def parse_mapping(content: bytes) -> ColumnMapping:
    """Parse a mapping that a person wrote.

    Raises:
        RefusedFileError: It is not valid TOML, or has unknown keys or values of the wrong type.
    """
    try:
        found = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        hint = "Start from the mapping that was printed."
        raise RefusedFileError(fill("the mapping is not valid TOML: {error}", error=error), hint=hint) from error
    known = {field.name: field.default for field in fields(ColumnMapping)}
    for key, value in found.items():
        if key not in known:
            raise RefusedFileError(fill("the mapping has no key `{key}`", key=key), hint=suggest_similar(key, known))
        is_single = isinstance(known[key], str)
        if not isinstance(value, str if is_single else list) or not all(isinstance(one, str) for one in value):
            expected = "one column" if is_single else "a list of columns"
            raise RefusedFileError(fill("`{key}` in the mapping must be {expected}", key=key, expected=expected))
    return from_json(ColumnMapping, found)


def guess_mapping(columns: Sequence[str]) -> ColumnMapping:
    """Guess the field of each column from its name; questions that match nothing are text."""
    found: dict[str, list[str]] = {field.name: [] for field in fields(ColumnMapping)}
    for column in filter(None, columns):
        kind = "group" if _GROUP_COLUMN.search(column) else _guess_field(column)
        if kind in {"group", "roles", "question"} and found[kind]:
            kind = "text"
        found[kind].append(column)
    single = {kind: "".join(found.pop(kind)) for kind in ("group", "roles", "question")}
    return from_json(ColumnMapping, found | single)


def _guess_field(column: str) -> str:
    is_question = column.rstrip().endswith(QUESTION_MARKS) or len(column) > 40
    for kind, pattern in _COLUMN_PATTERNS:
        is_match = re.search(pattern, column, re.IGNORECASE)
        if is_match and not (is_question and kind in {"ignored", "roles", "group"}):
            return kind
    return "text"


def complete_mapping(mapping: ColumnMapping, columns: Sequence[str]) -> ColumnMapping:
    """Return a mapping that names each column of a form: those that it left out are ignored."""
    used = set(_list_used(mapping))
    return replace(mapping, ignored=tuple(column for column in columns if column and column not in used))


def _list_used(mapping: ColumnMapping) -> tuple[str, ...]:
    return (mapping.group, mapping.roles, mapping.question, *mapping.insights, *mapping.quotes, *mapping.text)


def group_answers(form: FormAnswers, mapping: ColumnMapping) -> tuple[GroupNote, ...]:
    """Collect the rows of each group; several answers to one question become a list.

    Raises:
        RefusedFileError: The mapping has a column that the form does not have.
    """
    for column in filter(None, _list_used(mapping)):
        if column not in form.columns:
            hint = suggest_similar(column, form.columns) or fill(
                "one of: {names}", names=", ".join(filter(None, form.columns))
            )
            raise RefusedFileError(fill("the form has no column `{column}`", column=column[:80]), hint=hint)
    groups: dict[str, list[dict[str, str]]] = {}
    for number, row in enumerate(form.rows):
        answers = {  # of merged cells only the name of a group counts in each row
            column: "" if (number, index) in form.continued and column != mapping.group else cell
            for index, (column, cell) in enumerate(zip(form.columns, row, strict=True))
        }
        name = _normalise_group_name(answers.get(mapping.group, ""), mapping.group)
        groups.setdefault(name, []).append(answers)
    return tuple(_make_group(name, rows, mapping) for name, rows in groups.items())


def _normalise_group_name(name: str, column: str) -> str:
    """Turn ``3`` in a column about tables or groups into ``Tafel 3``."""
    if not name.isdecimal():
        return " ".join(name.split())
    noun = re.search(r"tafel|groep|table|group", column, re.IGNORECASE)
    return f"{noun[0].capitalize() if noun else 'Tafel'} {int(name)}"


def _make_group(name: str, rows: Sequence[dict[str, str]], mapping: ColumnMapping) -> GroupNote:
    blocks: list[ContentBlock] = []
    questions = tuple(
        dict.fromkeys(row[mapping.question] for row in rows if mapping.question and row[mapping.question])
    )
    for column in (*([mapping.question] if len(questions) > 1 else []), *mapping.text):
        answers = [row[column] for row in rows if row[column]]
        answers = list(questions[1:]) if column == mapping.question else answers
        if answers:
            items = (ContentBlock(kind="item", text_md=escape_markdown(" ".join(one.split()))) for one in answers)
            heading = ContentBlock(kind="heading", text_md=escape_markdown(column), level=2)
            blocks += [heading, *(items if len(rows) > 1 else split_blocks(answers[0]))]
    return GroupNote(
        group=name,
        roles=_collect_answers(rows, [mapping.roles] if mapping.roles else [], separators=r"[,;\n/]"),
        question=questions[0] if questions else "",
        insights=_collect_answers(rows, mapping.insights),
        quotes=_collect_answers(rows, mapping.quotes),
        blocks=tuple(blocks),
    )


def _collect_answers(
    rows: Sequence[dict[str, str]], columns: Sequence[str], *, separators: str = r"\n"
) -> tuple[str, ...]:
    """Collect the different answers in some columns, in order of the rows.

    A cell may hold several.
    """
    answers: dict[str, None] = {}
    for cell in (row[column] for row in rows for column in columns):
        for answer in re.split(separators, cell):
            answers.setdefault(re.sub(r"\A[-*•–\d.)]+\s+", "", " ".join(answer.split())))
    return tuple(filter(None, answers))
