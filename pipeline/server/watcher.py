"""Sees what people edited, by asking the disk for names, sizes and hours: no file is opened, and a recording least of all."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Look = Mapping[str, tuple[int, int, int]]

_PASSING = ("~", ".swp", ".swx", ".tmp", ".part")  # what editors and browsers leave for a moment
_SOUND_FOLDER = "recording"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Files and folders to watch; one that is not there yet is waited for."""

    places: tuple[Path, ...]

    def look(self) -> Look:
        """Each file with the hour of its last change, its size and its inode: what an edit cannot leave as it was."""
        return {str(path): (stat.st_mtime_ns, stat.st_size, stat.st_ino) for path, stat in _files(self.places)}


def differences(old: Look, new: Look) -> tuple[str, ...]:
    """The files that came, went or changed, in order."""
    return tuple(sorted(path for path in {*old, *new} if old.get(path) != new.get(path)))


def has_sound(paths: Sequence[str]) -> bool:
    """Whether one of them is part of a recording, which takes its time to be copied."""
    return any(Path(path).parent.name == _SOUND_FOLDER for path in paths)


def _files(places: Sequence[Path]) -> Iterator[tuple[Path, os.stat_result]]:
    for place in places:
        try:
            if place.is_dir():
                yield from _files([Path(entry.path) for entry in os.scandir(place) if not _passing(entry.name)])
            else:
                yield place, place.stat()
        except OSError:  # it went while we looked: the next look will say so
            continue


def _passing(name: str) -> bool:
    return name.startswith((".", "#")) or name.endswith(_PASSING)
