"""Finds the messages in the source: what is filled in, and what is passed to errors and findings."""

import ast
import re
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "pipeline"
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
    "add": (2,),
    "add_for_attribute": (3,),
    "UnreadableFeed": (2,),
    "_check_unique": (3,),
    "build_read_error": (1,),
    "convert_os_errors": (1,),
    "_convert_errors": (1,),
    "require_success": (0,),
    "_kill_and_describe": (0,),
    "ValueType": (0,),
}
_NAMES = {"message", "hint", "refusal"}  # of variables and keyword arguments that hold messages
_COMMAND = re.compile(r"(sudo apt-get|pip|weerslag) [a-z]+ \S+((?!\. ).)*$")  # a hint to copy
_PROGRAMMING_ERRORS = {
    "ValueError",
    "TypeError",
    "KeyError",
    "RuntimeError",
    "AssertionError",
    "AttributeError",
    "UnpicklingError",
    "DecompressionBombError",
}


def find_files():
    """List the modules of the package: the messages of all must be in the catalogue."""
    return sorted(PACKAGE.rglob("*.py"))


def find_messages(file):
    """Yield line and text of each message in a module; the text is ``None`` if it is an f-string."""
    tree = ast.parse(file.read_text("utf-8"))
    constants = find_constants() | _read_constants(tree)
    for node in ast.walk(tree):
        for expression in _find_expressions(node):
            yield from _find_texts(expression, constants)


@cache
def find_constants():
    """Find the texts that are constants of a module: a message or hint may be one."""
    found = {}
    for file in find_files():
        found |= {
            name: value for name, value in _read_constants(ast.parse(file.read_text("utf-8"))).items() if name[0] != "_"
        }
    return found


def _read_constants(tree):
    targets = [(node.targets[0], node.value) for node in tree.body if isinstance(node, ast.Assign)]
    return {target.id: value for target, value in targets if isinstance(target, ast.Name) and target.id.isupper()}


def _find_expressions(node):
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("fill", "Message", "make_message"):
            yield node.args[0]
        elif name in _CREATORS or (name.endswith("Error") and name not in _PROGRAMMING_ERRORS):
            numbers = _CREATORS.get(name, (0,)) if name != "add" or "findings" in ast.unparse(node.func) else ()
            yield from (node.args[number] for number in numbers if -len(node.args) <= number < len(node.args))
            yield from (keyword.value for keyword in node.keywords if keyword.arg in _NAMES)
        elif name in (
            "ValidationError",
            "EditorialWarning",
            "Finding",
            "MarkdownExcess",
            "YamlMistake",
            "CueFinding",
            "ReadPlan",
        ):
            yield from (keyword.value for keyword in node.keywords if keyword.arg in _NAMES)
    elif isinstance(node, ast.Subscript) and re.search(r"\b(counts|omissions)$", ast.unparse(node.value)):
        yield node.slice  # what an import leaves out
    elif isinstance(node, ast.FunctionDef):
        yield from _find_results(node)
    elif isinstance(node, ast.Assign):
        yield from _find_assigned(node)


def _find_assigned(node):
    for target in node.targets:
        if isinstance(target, ast.Name) and target.id in _NAMES:
            yield node.value
        elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = zip(target.elts, node.value.elts, strict=False)
            yield from (value for name, value in pairs if getattr(name, "id", "") in _NAMES)


def _find_results(node):
    if node.name.startswith("_explain") or _yields_problems(node):
        for inner in ast.walk(node):
            if isinstance(inner, ast.Return | ast.Yield) and inner.value:
                yield from inner.value.elts if isinstance(inner.value, ast.Tuple) else [inner.value]


def _yields_problems(node):
    """Whether a function of the linter yields codes with messages and hints."""
    return node.name == "check_address" or (node.returns and ast.unparse(node.returns) == "Iterator[FileProblem]")


def _find_texts(expression, constants):
    if isinstance(expression, ast.Constant) and isinstance(expression.value, str):
        text = expression.value.strip()
        if re.search(r"[^\W\d_]{2}", text) and re.search(r"\s|[{}]", text) and not _COMMAND.match(text):
            yield expression.lineno, expression.value
    elif isinstance(expression, ast.JoinedStr):
        yield expression.lineno, None
    elif isinstance(expression, ast.IfExp):
        yield from (*_find_texts(expression.body, constants), *_find_texts(expression.orelse, constants))
    elif isinstance(expression, ast.BoolOp):
        for value in expression.values:
            yield from _find_texts(value, constants)
    elif isinstance(expression, ast.Name | ast.Attribute):
        name = expression.id if isinstance(expression, ast.Name) else expression.attr
        if isinstance(constant := constants.get(name), ast.Constant):
            yield from _find_texts(constant, {})
