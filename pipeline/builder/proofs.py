"""Store a digest of each page that went to the printer, in a file of the programme."""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pipeline.cache.atomic_files import write_atomic
from pipeline.errors import ContentError

PROOF_FILE = "magazine/proof.json"
_DIGEST = re.compile(r"[0-9a-f]{64}|")


def read_proof(root: Path) -> tuple[str, ...] | None:
    """Read the digests of the pages; ``None`` if no proof was kept.

    Raises:
        ContentError: ``write_proof`` did not write the file.
    """
    file = root / PROOF_FILE
    if not file.exists():
        return None
    with suppress(OSError, ValueError, KeyError, TypeError):
        digests = json.loads(file.read_bytes())["pages"]
        if all(_DIGEST.fullmatch(digest) for digest in digests):
            return tuple(digests)
    hint = "Restore it from git, or delete it and keep a new proof: weerslag preflight PDF --proof."
    raise ContentError("damaged proof file", where=PROOF_FILE, hint=hint)


def write_proof(root: Path, digests: Sequence[str]) -> Path:
    """Write the digests of all pages; return the file."""
    file = root / PROOF_FILE
    write_atomic(file, (json.dumps({"pages": list(digests)}, indent=1) + "\n").encode())
    return file
