"""Messages to workers: a function, a task and its limits as JSON text, and the result as JSON text."""

import importlib
import json
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

from pipeline.errors import TaskError, fill
from pipeline.model.json_values import from_json, to_json
from pipeline.model.task import Limits, Task, find_result_type

_TRACEBACK_LINES = 20

R = TypeVar("R")
T = TypeVar("T", bound=Task[Any])


def serialise_task(function: Callable[[T], object], task: T) -> str:
    """Serialise a call of ``function`` with ``task``.

    Args:
        function: A function at the top level of a module that a worker can import.
        task: Its argument.

    Raises:
        TypeError: A worker could not find the function.
    """
    return json.dumps(
        {
            "function": name_object(function),
            "class": name_object(type(task)),
            "task": to_json(task),
            "limits": to_json(task.limits),
        }
    )


def run_task(message: str) -> str:
    """Run a task in this process.

    Returns:
        The result as JSON text.

    Raises:
        WeerslagError: The task failed. Any other exception is a bug, and is passed on.
    """
    call = json.loads(message)
    function, kind = find_object(call["function"]), find_object(call["class"])
    return json.dumps(to_json(function(from_json(kind, call["task"]))))


def deserialise_result(task: Task[R], text: str) -> R:
    """Read the result of ``task`` from the text that ``run_task`` returned."""
    result: R = from_json(find_result_type(type(task)), json.loads(text))
    return result


def read_limits(message: str) -> Limits:
    """Read the limits from a message."""
    return from_json(Limits, json.loads(message)["limits"])


def describe_fault(error: Exception) -> TaskError:
    """Describe an exception that is a fault of ours, with the end of its traceback: who reads it cannot see the stack."""
    hint = "\n".join("".join(traceback.format_exception(error)).splitlines()[-_TRACEBACK_LINES:])
    return TaskError(fill("internal error: {name}: {error}", name=type(error).__name__, error=str(error)), hint=hint)


def name_object(value: Any) -> str:
    """Return ``module:name`` of a function or class.

    Raises:
        TypeError: It is not at the top level of its module.
    """
    module, name = value.__module__, value.__qualname__
    if not name.isidentifier():
        raise TypeError(f"{module}.{name} is not at the top level of its module")
    return f"{module}:{name}"


def find_object(name: str) -> Any:
    """Import what ``name_object`` named."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)
