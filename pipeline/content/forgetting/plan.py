"""What a forgetting changes in the files of a programme, as values: nothing is written here."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.content.cross_checks import run_cross_checks
from pipeline.content.discovery import read_programme_files
from pipeline.content.loader import open_folder
from pipeline.content.programme_folder import ProgrammeFolder
from pipeline.errors import ValidationError
from pipeline.model import Sentence

SKIPPED = (".git", ".weerslag", ".venv", "node_modules", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache")
_CHECKOUT = Path(__file__).parents[3]
_CODE = ("pipeline", "tests", "benchmarks", "docs", "requirements", "examples")  # of Weerslag, where it has a programme
GENERATED = ("public", "press")  # a build makes them again
KEPT = "forgotten"  # receipts, and the recordings of episodes that were forgotten
FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?\n)---[ \t]*\r?(?:\n|\Z)", re.DOTALL)
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".heic")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetStep:
    """One line of a plan or a receipt."""

    where: str  # path, or path:line
    what: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleName:
    """A place that may name the person: a first name, a surname, initials."""

    where: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetProblem:
    """What must be solved before anything changes."""

    where: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file that is written, moved or deleted."""

    path: str
    old_sha256: str
    content: bytes | None = None  # ``None``: it is deleted, or moved as it is
    moved_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetPlan:
    """Everything that changes in the sources, and what a person must decide or do."""

    steps: tuple[ForgetStep, ...] = ()
    changes: tuple[FileChange, ...] = ()
    possible: tuple[PossibleName, ...] = ()  # may be this person; nothing is done there
    left: tuple[ForgetStep, ...] = ()  # stays, and why
    problems: tuple[ForgetProblem, ...] = ()  # must be solved first
    episodes: tuple[str, ...] = ()  # slugs: their sound changes or goes
    withdrawn: tuple[str, ...] = ()  # guids

    @property
    def has_work(self) -> bool:
        """Whether anything in the sources changes."""
        return bool(self.changes)


def scan_files(root: Path, *, cache_folder: Path) -> Iterator[str]:
    """List all files of a programme but recordings and what a build makes; links are not followed.

    Yields:
        Paths relative to ``root``, sorted.
    """
    skipped = SKIPPED + (_CODE if root.resolve() == _CHECKOUT else ())
    found = []
    folders = [root]
    while folders:
        here = folders.pop()
        for entry in here.iterdir():
            path = entry.relative_to(root).as_posix()
            is_generated = here == root and entry.name in GENERATED
            if entry.is_symlink() or is_generated or entry.name in skipped or entry == cache_folder:
                continue
            if entry.is_dir():
                folders += [] if is_recording(f"{path}/x") else [entry]
            elif entry.is_file():
                found.append(path)
    yield from sorted(found)


def is_recording(path: str) -> bool:
    """Whether a path is in the folder of a recording, which is never touched."""
    parts = path.split("/")
    return len(parts) > 3 and parts[0] in ("episodes", KEPT) and parts[2] == "recording"


def list_recording_files(root: Path, slug: str) -> tuple[str, ...]:
    """List the files of a recording, in its place or kept after its episode was forgotten."""
    folders = [root / place / slug / "recording" for place in ("episodes", KEPT)]
    files = [file for folder in folders if folder.is_dir() for file in sorted(folder.rglob("*")) if file.is_file()]
    return tuple(file.relative_to(root).as_posix() for file in files)


def check_changes(
    root: Path, changes: Mapping[str, FileChange], *, folders: Collection[str] = ()
) -> tuple[ForgetProblem, ...]:
    """Find what would be wrong in the content after the changes: they are not made then.

    ``folders`` go as a whole.
    """
    plain = open_folder(root)
    folder = ProgrammeFolder(
        root=plain.root,
        changed={path: one.content for path, one in changes.items() if one.content is not None and not one.moved_to},
        removed=frozenset((*folders, *(path for path, one in changes.items() if one.content is None or one.moved_to))),
    )
    errors: list[ValidationError] = []
    files = read_programme_files(folder, errors)
    errors += run_cross_checks(files)
    return tuple(
        ForgetProblem(where=str(one.location), message=one.message, hint=one.hint) for one in sorted(set(errors))
    )
