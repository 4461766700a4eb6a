"""Looks for sound where the sizes of chunks lead astray: by the names of chunks, and by what can be true of what follows them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, Generic, TypeVar

from pipeline.audio.io.declared_header import Doubt, Promise

_HEADER = 2**24  # bytes in which the sound begins, pictures and words before it included
_END = 2**20  # bytes at the end, where a few write what samples are like only when they are through
_NEAR = 2**16  # bytes in which two names can both be meant; one much later is a chance of the sound itself
_MOST_SPOTS = 1000  # a file of nothing but names would keep us for hours
_AFTER = 64  # bytes looked at behind a name

Form = TypeVar("Form")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a name stands in the file, and the bytes behind it."""

    at: int
    after: bytes
    in_words: bool  # it is a word, and a letter or a space stands before it

    @property
    def is_text(self) -> bool:
        """Whether letters stand where a chunk has its size."""
        return all(0x20 <= letter < 0x7F for letter in self.after[:4])


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunks(Generic[Form]):
    """What to look for in one kind of container."""

    form_name: bytes
    sound_name: bytes
    form: Callable[[bytes], Form | None]  # what follows the name → what samples are like; ``None``: it cannot be that
    promise: Callable[[Spot, Form], Promise | None]


def sought(file: BinaryIO, size: int, chunks: Chunks[Form]) -> Promise | None:
    """The promise of a file without a look at the order and the sizes of its chunks; ``None``: it has no form that we know.

    Never guessed: both chunks are there by their names, and what they say can be true. Where a form is alone, nothing is
    promised with ``Doubt.BREAKS_OFF``: ffmpeg would take a word of a text for the sound.
    """
    windows = _windows(file, size)
    for spot in _spots(windows, chunks.form_name):
        form = chunks.form(spot.after)
        if form is not None:
            found = ((one, chunks.promise(one, form)) for one in _spots(windows[:1], chunks.sound_name))
            best = _likeliest([(one, promise) for one, promise in found if promise and promise.readable])
            return _up_to(best, spot.at) if best else _nothing(chunks.promise, size, form)
    return None


def _nothing(promise: Callable[[Spot, Form], Promise | None], size: int, form: Form) -> Promise | None:
    empty = promise(Spot(at=size, after=b"", in_words=False), form)
    return replace(empty, present=0, doubt=Doubt.BREAKS_OFF) if empty else None


def _windows(file: BinaryIO, size: int) -> list[tuple[int, bytes]]:
    """The beginning, as far as it is of one recording, and the end; each with where it begins."""
    file.seek(0)
    head = file.read(_HEADER)
    another = head.find(head[:4], 12)
    while another >= 0 and head[another + 8 : another + 12] != head[8:12]:
        another = head.find(head[:4], another + 1)
    if another >= 0:  # somebody put two recordings into one file: what the other says is not of this one
        return [(0, head[:another])]
    behind = max(len(head), size - _END)
    file.seek(behind)
    return [(0, head), (behind, file.read(_END))]


def _spots(windows: Sequence[tuple[int, bytes]], name: bytes) -> Iterator[Spot]:
    for begin, raw in windows:
        at = raw.find(name)
        for _ in range(_MOST_SPOTS):
            if at < 0:
                break
            behind, before = at + len(name), raw[max(0, at - 1) : at]
            in_words = name.isalpha() and name.islower() and (before == b" " or before.isalnum())
            yield Spot(at=begin + at, after=raw[behind : behind + _AFTER], in_words=in_words)
            at = raw.find(name, at + 1)


def _likeliest(found: Sequence[tuple[Spot, Promise]]) -> Promise | None:
    """A sound after which the file ends or a chunk begins; else the only one there can be: of two, one would be noise."""
    for _, promise in sorted(found, key=lambda one: (one[0].is_text, one[1].doubt == Doubt.PLACE)):
        if _fits(promise):
            return promise
    others = [promise for spot, promise in found if not (spot.is_text or spot.in_words)]
    near = [promise for promise in others if promise.start < others[0].start + _NEAR]
    return near[0] if len(near) == 1 else None


def _fits(promise: Promise) -> bool:
    return 0 < (promise.declared or 0) <= promise.present and promise.tail_known


def _up_to(promise: Promise, form_at: int) -> Promise:
    """Told as found by looking for it; sound ends where the form begins, if that is written behind it."""
    found = replace(promise, doubt=promise.doubt or Doubt.CHUNK)
    if form_at < promise.start or _fits(promise):
        return found
    return replace(found, declared=form_at - promise.start, tail_known=True, doubt=Doubt.CHUNK)
