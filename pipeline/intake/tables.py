"""Reads the answers of a form, CSV or XLSX: a row a group or a participant, by a mapping of columns. The doorway to openpyxl."""

import csv
import re
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from io import BytesIO, StringIO

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from pipeline.intake.blocks import Block, LeftOut, Part, Text
from pipeline.intake.guard import Refused, opened_zip
from pipeline.intake.marks import escaped, plain_of
from pipeline.intake.plain import plain_blocks, text_in
from pipeline.model import from_plain
from pipeline.text import did_you_mean

_MOST_ROWS, _MOST_COLUMNS, _MOST_SIGNS = 2_000, 100, 20_000
_GUESSES = (  # what a column is, by the words at its head; the first that fits
    ("left_out", r"tijdstempel|timestamp|datum|date|start\w*tijd|e-?mail|naam|name|telefoon|phone|id\b|ip-?adres|taal"),
    ("roles", r"\brol(len)?\b|functie|roles?\b|achtergrond"),
    ("quotes", r"citaat|citaten|uitspra|quote"),
    ("insights", r"inzicht|opbrengst|conclusie|insight|meeneem|les(sen)?\b|takeaway"),
    ("question", r"^(de |jullie )?vraag$|^question$"),
    ("group", r"^(naam van (de|je|jullie) )?(tafel|groep|group|table)|(tafel|groep)(s?nummer|naam)?$"),
)
_GROUP_FIRST = re.compile(
    r"\b(tafel|groep|group|table)\b.*\b(naam|name)\b|\b(naam|name)\b.*\b(tafel|groep|group)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """Which column of a form becomes what; columns are named by what stands at their head."""

    group: str = ""  # the column that names the group; none: everybody is one group
    roles: str = ""
    question: str = ""
    insights: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    text: tuple[str, ...] = ()  # each a heading, with the answers below it
    left_out: tuple[str, ...] = ()  # seen, and not carried

    def as_toml(self) -> str:
        """The mapping as a file that people can mend."""
        lines = ["# Which column of the form becomes what. Mend it, and import again with --mapping and this file."]
        for field in fields(self):
            value = getattr(self, field.name)
            told = _toml(value) if isinstance(value, str) else f"[{', '.join(map(_toml, value))}]"
            lines.append(f"{field.name} = {told}")
        return "\n".join([*lines, ""])


def _toml(text: str) -> str:
    plain = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text.replace("\\", "\\\\"))
    return '"' + plain.replace('"', '\\"') + '"'


def mapping_from(content: bytes) -> Mapping:
    """The mapping that a person wrote.

    Raises:
        Refused: it is no TOML, or has keys or values that mean nothing.
    """
    try:
        found = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(
            f"the mapping cannot be read: {error}", hint="Take the one that was shown, and mend it."
        ) from error
    known = {field.name: field.default for field in fields(Mapping)}
    for key, value in found.items():
        if key not in known:
            raise Refused(f"the mapping has no `{key}`", hint=did_you_mean(key, known))
        wants_text = isinstance(known[key], str)
        if not isinstance(value, str if wants_text else list) or not all(isinstance(one, str) for one in value):
            raise Refused(f"`{key}` in the mapping must be {'one column' if wants_text else 'a list of columns'}")
    return from_plain(Mapping, found)


def guessed(columns: Sequence[str]) -> Mapping:
    """What each column seems to be, by its head; a question that nothing else fits is text."""
    found: dict[str, list[str]] = {field.name: [] for field in fields(Mapping)}
    for column in filter(None, columns):
        kind = "group" if _GROUP_FIRST.search(column) else _kind_of(column)
        if kind in {"group", "roles", "question"} and found[kind]:
            kind = "text"
        found[kind].append(column)
    one = {kind: "".join(found.pop(kind)) for kind in ("group", "roles", "question")}
    return from_plain(Mapping, found | one)


def _kind_of(column: str) -> str:
    is_question = column.rstrip().endswith("?") or len(column) > 40
    for kind, words in _GUESSES:
        if re.search(words, column, re.IGNORECASE) and not (is_question and kind in {"left_out", "roles", "group"}):
            return kind
    return "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The rows of a form, under the heads of their columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: tuple[LeftOut, ...] = ()


def read_csv(content: bytes) -> Form:
    """A table as text; Dutch Excel parts its cells with semicolons.

    Raises:
        Refused: it is no table, or beyond the limits.
    """
    text = text_in(content)
    first = text.partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    if first.startswith("sep="):  # what Excel writes for itself
        delimiter, text = first[4:5] or ";", text.partition("\n")[2]
    try:
        return _form(csv.reader(StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise Refused(f"is no table: {error}", hint="Save it again as CSV.") from error


def read_xlsx(content: bytes) -> Form:
    """The first sheet of a workbook: values as they were last shown, never formulas.

    Raises:
        Refused: it is damaged, locked, or beyond the limits.
    """
    with opened_zip(content) as archive:
        left_out = [LeftOut(what="macro")] if any(n.endswith("vbaProject.bin") for n in archive.names) else []
    try:
        book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet, *others = book.worksheets
        if others:
            left_out.append(LeftOut(what="further sheet", count=len(others)))
        return _form(_shown(sheet.iter_rows(max_col=_MOST_COLUMNS, values_only=True)), left_out)
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        TypeError,
        IndexError,
        SyntaxError,
    ) as error:
        raise Refused("its sheet is damaged", hint="Open it, and save it again.") from error


def _shown(rows: Iterable[Sequence[object]]) -> Iterator[list[str]]:
    for row in rows:
        yield ["" if value is None else f"{value:g}" if isinstance(value, float) else str(value) for value in row]


def _form(rows: Iterable[Sequence[str]], left_out: Sequence[LeftOut] = ()) -> Form:
    columns: tuple[str, ...] = ()
    kept: list[tuple[str, ...]] = []
    for count, row in enumerate(rows):
        if count > _MOST_ROWS:
            raise Refused(f"has more than {_MOST_ROWS} rows", hint="Cut it up.")
        cells = [cell.strip()[:_MOST_SIGNS] for cell in row[:_MOST_COLUMNS]]
        if not any(cells):
            continue
        if not columns:
            columns = tuple(" ".join(cell.split()) for cell in cells)
        else:
            kept.append(tuple((*cells, *[""] * len(columns))[: len(columns)]))
    if not kept:
        raise Refused("is no table of answers", hint="The first row must say what the columns are.")
    return Form(columns=columns, rows=tuple(kept), left_out=tuple(left_out))


def parts_of(form: Form, mapping: Mapping) -> tuple[Part, ...]:
    """The rows, gathered by group; what several rows of a group answer to one question is a list.

    Raises:
        Refused: the mapping names a column that the form does not have.
    """
    named = (mapping.group, mapping.roles, mapping.question, *mapping.insights, *mapping.quotes, *mapping.text)
    for column in filter(None, named):
        if column not in form.columns:
            hint = did_you_mean(column, form.columns) or f"one of: {', '.join(filter(None, form.columns))}"
            raise Refused(f"the form has no column `{column[:80]}`", hint=hint)
    groups: dict[str, list[dict[str, str]]] = {}
    for row in form.rows:
        answers = dict(zip(form.columns, row, strict=True))
        groups.setdefault(_group_name(answers.get(mapping.group, ""), mapping.group), []).append(answers)
    return tuple(_part(name, rows, mapping) for name, rows in groups.items())


def _group_name(told: str, column: str) -> str:
    if not told.isdecimal():
        return " ".join(told.split())
    kind = re.search(r"tafel|groep|table|group", column, re.IGNORECASE)
    return f"{kind[0].capitalize() if kind else 'Tafel'} {int(told)}"


def _part(name: str, rows: Sequence[dict[str, str]], mapping: Mapping) -> Part:
    blocks: list[Block] = []
    for column in mapping.text:
        answers = [row[column] for row in rows if row[column]]
        if answers:
            blocks += [_heading(column), *(_as_items(answers) if len(rows) > 1 else plain_blocks(answers[0]))]
    return Part(
        group=name,
        roles=_told(rows, [mapping.roles] if mapping.roles else [], split=True),
        question=next((row[mapping.question] for row in rows if mapping.question and row[mapping.question]), ""),
        insights=_told(rows, mapping.insights),
        quotes=_told(rows, mapping.quotes),
        text=Text(blocks=tuple(blocks)),
    )


def _heading(column: str) -> Block:
    text_md = escaped(column)
    return Block(kind="heading", text=plain_of(text_md), text_md=text_md, level=2)


def _as_items(answers: Sequence[str]) -> Iterator[Block]:
    for answer in answers:
        text_md = escaped(" ".join(answer.split()))
        yield Block(kind="item", text=plain_of(text_md), text_md=text_md)


def _told(rows: Sequence[dict[str, str]], columns: Sequence[str], *, split: bool = False) -> tuple[str, ...]:
    """Every answer in some columns, once each, in the order of the rows; a cell may hold several."""
    told: dict[str, None] = {}
    for row in rows:
        for column in columns:
            for one in re.split(r"[,;\n/]" if split else r"\n", row[column]):
                words = re.sub(r"\A[-*•–\d.)]+\s+", "", " ".join(one.split()))
                told.setdefault(words)
    return tuple(filter(None, told))
