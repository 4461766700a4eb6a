"""Files of plain samples in every container that recorders write, chunk by chunk, so that each number in them may lie."""

import struct
from itertools import chain

RATE = 48_000
_RIFF_GUID = bytes.fromhex("2e91cf11a5d628db04c10000")
_W64_GUID = bytes.fromhex("f3acd3118cd100c04f8edb8a")  # of all its chunks but the first
KINDS = ("aiff", "aifc", "wav", "rf64", "w64", "caf")
ROOM = bytes(28)  # what fills a chunk that stands before the sound: room for what is written later …
WORDS = b"<take><note>data: 2 of 4 COMM</note></take>."  # … or words, also those that name a chunk


def samples_of(kind, sound):
    """The bytes of whole numbers of 16 bits, as the container ``kind`` holds them."""
    return sound.astype(">i2" if kind in ("aiff", "aifc") else "<i2").tobytes()


def chunk(kind, name, body, said=None):
    """One chunk; ``said``: the size its head tells, where that is not its own."""
    size = len(body) if said is None else said
    if kind == "w64":
        guid = name + (_RIFF_GUID if name == b"riff" else _W64_GUID)
        return guid + struct.pack("<Q", (size + 24) % 2**64) + body + bytes(-len(body) % 8)
    if kind == "caf":
        return name + struct.pack(">Q", size % 2**64) + body
    return name + struct.pack(">I" if kind in ("aiff", "aifc") else "<I", size) + body + bytes(len(body) % 2)


def form_of(kind, frames, *, channels=2, rate=RATE):
    """The name and the body of the chunk that tells what samples are like."""
    if kind in ("aiff", "aifc"):
        exponent = rate.bit_length() - 1
        wide = struct.pack(">HQ", 16383 + exponent, rate << (63 - exponent)) if rate else bytes(10)
        coding = b"NONE\x0enot compressed\0" if kind == "aifc" else b""
        return b"COMM", struct.pack(">hIh", channels, frames, 16) + wide + coding
    if kind == "caf":
        return b"desc", struct.pack(">d4s5I", rate, b"lpcm", 2, 2 * channels, 1, channels, 16)
    return b"fmt ", struct.pack("<HHIIHH", 1, channels, rate, rate * 2 * channels, 2 * channels, 16)


def sound_of(kind, raw):
    """The name and the body of the chunk that holds samples."""
    if kind == "caf":
        return b"data", bytes(4) + raw
    return (b"SSND", bytes(8) + raw) if kind in ("aiff", "aifc") else (b"data", raw)


def filler_of(kind, body):
    """The name and the body of a chunk that stands before the sound, and matters to nobody."""
    return {"aiff": b"APPL", "aifc": b"APPL", "caf": b"free"}.get(kind, b"junk"), body


def container(kind, *chunks):
    """A whole file of chunks that were made by ``chunk``."""
    body = b"".join(chunks)
    if kind == "caf":
        return b"caff\0\1\0\0" + body
    if kind == "w64":
        return b"riff" + _RIFF_GUID + struct.pack("<Q", len(body) + 40) + b"wave" + _W64_GUID + body
    if kind in ("aiff", "aifc"):
        return b"FORM" + struct.pack(">I", len(body) + 4) + kind.upper().encode() + body
    if kind == "rf64":
        return b"RF64\xff\xff\xff\xffWAVE" + body
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WAVE" + body


def made(kind, sound, *, said=None, filler=ROOM, place="between", lies="filler", late=False, form=None):
    """A file of ``sound`` (16 bits, shape (samples, channels)) with a chunk in front of it.

    ``lies``: the chunk that says the size ``said`` (filler, form, sound); ``place``: where the filler stands (first, between);
    ``late``: the form stands behind the sound; ``form``: its body, where that is not as it should be.
    """
    raw = samples_of(kind, sound)
    form_name, form_body = form_of(kind, len(sound), channels=sound.shape[1])
    sizes = {lies: said}
    formed = chunk(kind, form_name, form_body if form is None else form, sizes.get("form"))
    filled = chunk(kind, *filler_of(kind, filler), sizes.get("filler"))
    sounding = chunk(kind, *sound_of(kind, raw), 0xFFFFFFFF if kind == "rf64" else sizes.get("sound"))
    long = struct.pack("<QQQI", 0, said if lies == "sound" and said is not None else len(raw), len(sound), 0)
    head = [chunk(kind, b"ds64", long)] if kind == "rf64" else []
    before = [filled, formed] if place == "first" else [formed, filled]
    order = [filled, sounding, formed] if late else [*before, sounding]
    return container(kind, *chain(head, order))
