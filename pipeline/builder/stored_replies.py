"""What a worker returns of a task whose outputs are objects of a store."""

import json
from dataclasses import dataclass, field
from typing import Any

from pipeline.cache import Blob
from pipeline.model import from_json, to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReply:
    """What became of a task."""

    result: Any = None  # plain JSON values
    outputs: dict[str, Blob] = field(default_factory=dict)
    is_reused: bool = False  # another client had run it
    claim: str = ""  # another client runs it now: the mark of its claim; there is no result yet
    waited_s: float = 0.0  # for a store that did not respond
    worker: str = ""  # that has copies of its inputs and outputs now


def write_reply(reply: StoredReply) -> str:
    """Return a reply as text."""
    return json.dumps(to_json(reply))


def read_reply(text: str) -> StoredReply:
    """Read what ``write_reply`` wrote."""
    return from_json(StoredReply, json.loads(text))
