"""Judges what a header promises: what is wrong with it, and how its samples are read nevertheless."""

from dataclasses import dataclass

from pipeline.audio.io.declared_header import Doubt, Promise
from pipeline.model import Defect, Sentence, sentence

BREAKS_OFF = "it breaks off in its header, before any sound"
_MISSED_S = 0.5  # of sound behind its declared end: less than that is not worth a word
_BROKEN_S = 0.01
_LOOSE = 8  # bytes: less is no sound


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What to tell, and how to read: as the header says, with options for ffmpeg, or these bytes as bare samples."""

    defects: tuple[Defect, ...] = ()
    options: tuple[str, ...] = ()
    span: tuple[int, int] | None = None
    refused: str = ""  # why nothing of it can be used


def judged(promise: Promise | None, *, seen_as: str) -> Verdict:
    """The verdict on a promise; ``seen_as``: the coding that ffmpeg sees in the file; empty: it made no sense of it."""
    if promise is None:
        return Verdict()
    if promise.doubt == Doubt.NOBODY_KNOWS:
        return Verdict(
            refused=f"its header contradicts itself: samples of {promise.bits_said} bits, and room for others"
        )
    if promise.doubt == Doubt.BREAKS_OFF:
        return Verdict(refused=BREAKS_OFF)
    there, declared = promise.present, promise.declared
    if there == 0 or (declared == 0 and promise.tail_known and there >= _LOOSE):
        return Verdict(refused="there is no sound in it")
    defects = (*_doubts(promise), *_lengths(promise))
    too_small = any(defect.code == "header-too-small" for defect in defects)
    misread = seen_as.startswith("pcm_") and seen_as != f"pcm_{promise.codec}"  # 24 bits, the lowest first, in an AIFC
    strange = promise.doubt or misread or not seen_as or (promise.format != "wav" and defects)
    if strange and promise.readable:
        stop = min(there, declared) if declared and not too_small else there
        frames = stop // promise.frame * promise.frame
        told = defects if defects or seen_as else (_damaged(),)
        return Verdict(defects=told, span=(promise.start, promise.start + frames),
                       options=_bare(promise))  # fmt: skip
    return Verdict(defects=defects, options=("-ignore_length", "1") if too_small and promise.format == "wav" else ())


def _bare(promise: Promise) -> tuple[str, ...]:
    return ("-f", promise.codec, "-ar", str(promise.sample_rate_hz), "-ac", str(promise.channels))


def _damaged() -> Defect:
    return Defect(code="header-wrong", message=sentence("its header is damaged; the sound was found nevertheless"))


def _doubts(promise: Promise) -> list[Defect]:
    told: Sentence | None = None
    if promise.doubt == Doubt.BITS:
        bits = 8 * promise.frame // promise.channels
        told = sentence("its header contradicts itself about how many bits a sample has; read as {bits}", bits=bits)
    elif promise.doubt == Doubt.CHUNK:
        told = sentence("the chunks of its header do not lead to its sound; it was found nevertheless")
    elif promise.doubt == Doubt.PLACE:
        told = sentence("its header says a false place for the first sample; the sound was found nevertheless")
    elif promise.doubt == Doubt.SIZES:
        told = sentence("its header says two lengths; the one that fits the file is used")
    return [Defect(code="header-wrong", message=told)] if told else []


def _lengths(promise: Promise) -> list[Defect]:
    there, declared = promise.present, promise.declared
    length = f"{promise.seconds(there):.1f}"
    if not declared or promise.doubt == Doubt.UNFINISHED:
        told = sentence(
            "the recorder never finished the header; all {there} s in the file are used",
            there=f"{promise.seconds(min(there, declared or there)):.1f}",
        )
        return [Defect(code="header-unfinished", message=told)]
    if declared > there and promise.seconds(declared - there) < _BROKEN_S:
        told = sentence("its last sample is broken off; nothing else is missing")
        return [Defect(code="odd-end", message=told)]
    if declared > there:
        told = sentence(
            "the file ends early: its header promises {promised} s, and {there} s are there",
            promised=f"{promise.seconds(declared):.1f}",
            there=length,
        )
        return [Defect(code="ends-early", at_s=round(promise.seconds(there), 2), message=told)]
    if not promise.tail_known and promise.seconds(there - declared) >= _MISSED_S:
        told = sentence(
            "the header says {promised} s, but sound goes on after that; all {there} s are used",
            promised=f"{promise.seconds(declared):.1f}",
            there=length,
        )
        return [Defect(code="header-too-small", message=told)]
    return []
