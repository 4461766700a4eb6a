"""File names of multitrack recorders: they propose what is a track, a mix, a backup or a part.

Zoom writes ``ZOOM0001_Tr1.WAV``, ``_Tr2``, ``_LR`` or ``_TrLR``, and ``_D`` or ``_BU`` for a backup;
Tascam ``TASCAM_0001_1.wav``, ``_MIX``, ``_F`` and ``_M``. Phones' names say nothing.
"""

import re

from pipeline.media.part_order import find_part_number

_TRACK = re.compile(
    r"[_ -](?:tr(?:ack)?[_ ]?(?:\d{1,2}|lr)(?:[_-]\d)?|lr|mix|ms|mid|side|[fm]|mic[_ ]?\d|ch[_ ]?\d{1,2})$",
    re.IGNORECASE,
)
_BACKUP = re.compile(r"[_ -](?:d|bu|backup)$", re.IGNORECASE)
_MIX = re.compile(r"[_ -](?:tr)?(?:lr|mix|st(?:ereo)?mix|master)$", re.IGNORECASE)
_ROOM = re.compile(r"room|zaal|ruimte|sfeer|ambien|audience|publiek|overhead", re.IGNORECASE)
_NUMBERS = re.compile(r"[\W_]*(?:\d+|(?<![a-z])[a-z])$", re.IGNORECASE)


def are_named_as_tracks(one: str, other: str) -> bool:
    """Whether two file names are those of two tracks of one take of a multitrack recorder."""
    stems = [_BACKUP.sub("", _strip_extension(name)) for name in (one, other)]
    if not all(_TRACK.search(stem) for stem in stems):
        return False
    return len({_TRACK.sub("", stem).lower() for stem in stems}) == 1 and one != other


def is_named_as_mix(name: str) -> bool:
    """Whether a recorder names its mix like this; some name their own two microphones so."""
    return bool(_MIX.search(_strip_extension(name)))


def is_named_as_room(name: str) -> bool:
    """Whether a file name says that this microphone recorded the room."""
    return bool(_ROOM.search(_strip_extension(name)))


def are_named_as_parts(one: str, other: str) -> bool:
    """Whether two file names differ only in a number or letter at the end, or a date and time."""
    if are_numbered_parts(one, other):
        return True
    stems = [re.sub(r"\d+", "0", _NUMBERS.sub("", _strip_extension(name).lower())) for name in (one, other)]
    return stems[0] == stems[1]


def are_numbered_parts(one: str, other: str) -> bool:
    """Whether two file names say in words that they are parts of one recording: `deel 1` and `deel 2`.

    Names that differ before these words are perhaps those of two recorders: `anna deel 1` and `bram deel 2`.
    """
    parts = [find_part_number(name) for name in (one, other)]
    return parts[0] is not None and parts[1] is not None and parts[0][0] == parts[1][0] and parts[0][1] != parts[1][1]


def _strip_extension(name: str) -> str:
    return name.rpartition(".")[0] or name
