"""What a worker of a cluster is: versions, processors, memory; and why it does not fit to a client."""

import hashlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pipeline
from pipeline.catalogue import get_templates_folder
from pipeline.errors import DependencyError, fill
from pipeline.media import executable


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFacts:
    """Versions of a worker process, and what its machine has."""

    version: str  # of Weerslag
    source_sha256: str  # of its code and templates: two checkouts may have one version
    python: str
    ffmpeg: str  # version and a digest of its configuration; empty: not installed
    threads: int = 1
    memory_bytes: int = 0


def describe_worker(*, threads: int = 1, memory_bytes: int = 0) -> WorkerFacts:
    """Describe this process.

    Args:
        threads: Number of tasks that it runs at a time.
        memory_bytes: Memory that it may use; 0: all of the machine.
    """
    try:
        ffmpeg = executable.read_version(executable.find_ffmpeg())
    except DependencyError:
        ffmpeg = ""
    return WorkerFacts(
        version=pipeline.__version__,
        source_sha256=_hash_source(),
        python=".".join(map(str, sys.version_info[:3])),
        ffmpeg=ffmpeg,
        threads=threads,
        memory_bytes=memory_bytes or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    )


def find_mismatches(own: WorkerFacts, workers: Mapping[str, WorkerFacts]) -> list[str]:
    """Find what differs between a client and its workers, so that they would make other files; a message for each.

    Args:
        own: The client.
        workers: The workers by name.
    """
    found = []
    for name, worker in sorted(workers.items()):
        if worker.version != own.version:
            text = "worker {name} has Weerslag {theirs}, this machine has {ours}"
            found.append(fill(text, name=name, theirs=worker.version, ours=own.version))
        elif worker.source_sha256 != own.source_sha256:
            text = "worker {name} has another copy of Weerslag {version}: its files differ from those on this machine"
            found.append(fill(text, name=name, version=own.version))
        if not worker.ffmpeg:
            found.append(fill("worker {name} has no ffmpeg", name=name))
        elif worker.ffmpeg != own.ffmpeg:
            text = "worker {name} has ffmpeg {theirs}, this machine has {ours}"
            found.append(fill(text, name=name, theirs=worker.ffmpeg, ours=own.ffmpeg))
    return found


@cache
def _hash_source() -> str:
    """Compute a digest over the code and the templates of this process."""
    digest = hashlib.sha256()
    places = {"package": Path(__file__).parents[1], "templates": get_templates_folder()}
    for label, folder in places.items():
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".mo":
                name = f"{label}/{path.relative_to(folder).as_posix()}"
                digest.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
