"""Reads the answers of a form (CSV or XLSX) by a mapping of its columns.

The only module that imports openpyxl.
"""

import csv
import json
import re
import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from io import BytesIO, StringIO

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from pipeline.intake.document import ContentBlock, GroupNote
from pipeline.intake.file_limits import RefusedFileError, open_zip
from pipeline.intake.markdown_escaping import escape_markdown
from pipeline.intake.text_reader import decode_text, split_blocks
from pipeline.model import from_json
from pipeline.text import suggest_similar

_MAX_ROWS, _MAX_COLUMNS, _MAX_CELL_CHARACTERS = 2_000, 100, 20_000
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
        raise RefusedFileError(f"the mapping is not valid TOML: {error}", hint=hint) from error
    known = {field.name: field.default for field in fields(ColumnMapping)}
    for key, value in found.items():
        if key not in known:
            raise RefusedFileError(f"the mapping has no key `{key}`", hint=suggest_similar(key, known))
        is_single = isinstance(known[key], str)
        if not isinstance(value, str if is_single else list) or not all(isinstance(one, str) for one in value):
            expected = "one column" if is_single else "a list of columns"
            raise RefusedFileError(f"`{key}` in the mapping must be {expected}")
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
    is_question = column.rstrip().endswith("?") or len(column) > 40
    for kind, pattern in _COLUMN_PATTERNS:
        is_match = re.search(pattern, column, re.IGNORECASE)
        if is_match and not (is_question and kind in {"ignored", "roles", "group"}):
            return kind
    return "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormAnswers:
    """The column names and rows of a form."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    omissions: Counter[str]


def read_csv(content: bytes) -> FormAnswers:
    """Read CSV with commas, tabs or semicolons (as Dutch Excel writes).

    Raises:
        RefusedFileError: It is not CSV, or exceeds the limits.
    """
    text = decode_text(content)
    first_line = text.partition("\n")[0]
    delimiter = max(";,\t", key=first_line.count)
    if first_line.startswith("sep="):  # written by Excel
        delimiter, text = first_line[4:5] or ";", text.partition("\n")[2]
    try:
        return _collect_rows(csv.reader(StringIO(text), delimiter=delimiter, strict=True), Counter())
    except csv.Error as error:
        raise RefusedFileError(f"not a CSV table: {error}", hint="Save it again as CSV.") from error


def read_xlsx(content: bytes) -> FormAnswers:
    """Read the first worksheet of a workbook: values as they were last calculated, never formulas.

    Raises:
        RefusedFileError: It is damaged, encrypted, unsafe, or exceeds the limits.
    """
    with open_zip(content) as archive:
        omissions = Counter({"macro": int(archive.has_macro)})
    try:
        book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet, *others = book.worksheets
        omissions["additional worksheet"] = len(others)
        return _collect_rows(_format_cells(sheet.iter_rows(max_col=_MAX_COLUMNS, values_only=True)), omissions)
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        TypeError,
        IndexError,
        SyntaxError,
    ) as error:
        raise RefusedFileError("the worksheet is damaged", hint="Open it, and save it again.") from error


def _format_cells(rows: Iterable[Sequence[object]]) -> Iterator[list[str]]:
    for row in rows:
        yield ["" if value is None else f"{value:g}" if isinstance(value, float) else str(value) for value in row]


def _collect_rows(rows: Iterable[Sequence[str]], omissions: Counter[str]) -> FormAnswers:
    columns: tuple[str, ...] = ()
    answers: list[tuple[str, ...]] = []
    for count, row in enumerate(rows):
        if count > _MAX_ROWS:
            raise RefusedFileError(f"more than {_MAX_ROWS} rows", hint="Split it into several files.")
        cells = [cell.strip()[:_MAX_CELL_CHARACTERS] for cell in row[:_MAX_COLUMNS]]
        if not any(cells):
            continue
        if not columns:
            columns = tuple(" ".join(cell.split()) for cell in cells)
        else:
            answers.append(tuple((*cells, *[""] * len(columns))[: len(columns)]))
    if not answers:
        raise RefusedFileError("not a table with answers", hint="The first row must hold the names of the columns.")
    return FormAnswers(columns=columns, rows=tuple(answers), omissions=omissions)


def group_answers(form: FormAnswers, mapping: ColumnMapping) -> tuple[GroupNote, ...]:
    """Collect the rows of each group; several answers to one question become a list.

    Raises:
        RefusedFileError: The mapping has a column that the form does not have.
    """
    used = (mapping.group, mapping.roles, mapping.question, *mapping.insights, *mapping.quotes, *mapping.text)
    for column in filter(None, used):
        if column not in form.columns:
            hint = suggest_similar(column, form.columns) or f"one of: {', '.join(filter(None, form.columns))}"
            raise RefusedFileError(f"the form has no column `{column[:80]}`", hint=hint)
    groups: dict[str, list[dict[str, str]]] = {}
    for row in form.rows:
        answers = dict(zip(form.columns, row, strict=True))
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
    for column in mapping.text:
        answers = [row[column] for row in rows if row[column]]
        if answers:
            items = (ContentBlock(kind="item", text_md=escape_markdown(" ".join(one.split()))) for one in answers)
            heading = ContentBlock(kind="heading", text_md=escape_markdown(column), level=2)
            blocks += [heading, *(items if len(rows) > 1 else split_blocks(answers[0]))]
    return GroupNote(
        group=name,
        roles=_collect_answers(rows, [mapping.roles] if mapping.roles else [], separators=r"[,;\n/]"),
        question=next((row[mapping.question] for row in rows if mapping.question and row[mapping.question]), ""),
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
