"""Remembers how the pages looked that went to the printer: a file in the programme, for it is a promise made to somebody."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from pipeline.cache import write_whole
from pipeline.errors import ContentError

FILE = "magazine/proof.json"
_LOOK = re.compile(r"[0-9a-f]{64}|")


def proof_of(root: Path) -> tuple[str, ...] | None:
    """A digest of how each page looked; ``None`` where no proof was kept.

    Raises:
        ContentError: the file is not as ``keep_proof`` wrote it.
    """
    file = root / FILE
    if not file.exists():
        return None
    try:
        looks = json.loads(file.read_bytes())["pages"]
        if all(_LOOK.fullmatch(look) for look in looks):
            return tuple(looks)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    hint = "Put it back as git has it, or delete it and keep a new one: weerslag preflight PDF --proof."
    raise ContentError("this is no proof that Weerslag kept", where=FILE, hint=hint)


def keep_proof(root: Path, looks: Sequence[str]) -> Path:
    """Write down how each page looks, whole or not at all."""
    file = root / FILE
    write_whole(file, (json.dumps({"pages": list(looks)}, indent=1) + "\n").encode())
    return file
