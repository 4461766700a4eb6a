"""Finds the messages in the source: what is filled in, and what is passed to errors and findings."""

import ast
import re
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "pipeline"
TRANSLATED = (  # what the commands show of errors, warnings and hints
    "builder", "cli", "content", "doctor.py", "graphics/image_cleaning.py", "intake", "magazine/copyfit_checks.py",
    "preflight", "publish", "text.py", "transcripts", "typesetting/markdown.py", "typesetting/typos.py",
)  # fmt: skip
_CREATORS = {  # and each class of errors; the numbers of the arguments that are messages
    "FieldError": (0, 1),
    "TextDecodingError": (0, 1),
    "create_error": (-2, -1),
    "create_warning": (-2, -1),
    "add_error": (-2, -1),
    "add_finding": (2, 3),
    "_report": (1,),
    "match_pattern": (1, 2),
    "make_finding": (2,),
    "find_duplicates": (1, 2),
    "_make_rule": (2, 3),
}
_NAMES = {"message", "hint"}  # of variables and keyword arguments that hold messages
_PROGRAMMING_ERRORS = {
    "ValueError",
    "TypeError",
    "KeyError",
    "RuntimeError",
    "AssertionError",
    "DecompressionBombError",
}


def find_files(parts=TRANSLATED):
    """List the modules whose messages must be in the catalogue."""
    return [file for part in parts for file in sorted((PACKAGE / part).rglob("*.py")) or [PACKAGE / part]]


def find_messages(file):
    """Yield line and text of each message in a module; the text is ``None`` if it is an f-string."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        for expression in _find_expressions(node):
            yield from _find_texts(expression)


def _find_expressions(node):
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("fill", "Message", "make_message"):
            yield node.args[0]
        elif name in _CREATORS or (name.endswith("Error") and name not in _PROGRAMMING_ERRORS):
            numbers = _CREATORS.get(name, (0,))
            yield from (node.args[number] for number in numbers if -len(node.args) <= number < len(node.args))
            yield from (keyword.value for keyword in node.keywords if keyword.arg in _NAMES)
        elif name in ("ValidationError", "EditorialWarning", "Finding", "MarkdownExcess", "YamlMistake", "CueFinding"):
            yield from (keyword.value for keyword in node.keywords if keyword.arg in _NAMES)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id in _NAMES:
                yield node.value
            elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = zip(target.elts, node.value.elts, strict=False)
                yield from (value for name, value in pairs if getattr(name, "id", "") in _NAMES)


def _find_texts(expression):
    if isinstance(expression, ast.Constant) and isinstance(expression.value, str):
        if re.search(r"[^\W\d_]{2}", expression.value) and re.search(r"\s|[{}]", expression.value.strip()):
            yield expression.lineno, expression.value
    elif isinstance(expression, ast.JoinedStr):
        yield expression.lineno, None
    elif isinstance(expression, ast.IfExp):
        yield from (*_find_texts(expression.body), *_find_texts(expression.orelse))
    elif isinstance(expression, ast.BoolOp):
        for value in expression.values:
            yield from _find_texts(value)
