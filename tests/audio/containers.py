"""PCM files in every container that recorders write, built chunk by chunk."""

import struct
from itertools import chain

RATE = 48_000
_RIFF_GUID = bytes.fromhex("2e91cf11a5d628db04c10000")
_W64_GUID = bytes.fromhex("f3acd3118cd100c04f8edb8a")  # of all chunks but the first
KINDS = ("aiff", "aifc", "wav", "rf64", "w64", "caf")
PADDING = bytes(28)  # content of a chunk before the audio: room for what is written later …
TEXT = b"<take><note>data: 2 of 4 COMM</note></take>."  # … or text, which may contain the name of a chunk


def convert_samples(kind, sound):
    """Return 16-bit samples as the container ``kind`` holds them."""
    return sound.astype(">i2" if kind in ("aiff", "aifc") else "<i2").tobytes()


def build_chunk(kind, name, body, declared=None):
    """Build one chunk; ``declared``: the size in its header, where that is not its own."""
    size = len(body) if declared is None else declared
    if kind == "w64":
        guid = name + (_RIFF_GUID if name == b"riff" else _W64_GUID)
        return guid + struct.pack("<Q", (size + 24) % 2**64) + body + bytes(-len(body) % 8)
    if kind == "caf":
        return name + struct.pack(">Q", size % 2**64) + body
    return name + struct.pack(">I" if kind in ("aiff", "aifc") else "<I", size) + body + bytes(len(body) % 2)


def build_format(kind, frames, *, channels=2, rate=RATE):
    """Return name and body of the format chunk."""
    if kind in ("aiff", "aifc"):
        exponent = rate.bit_length() - 1
        wide = struct.pack(">HQ", 16383 + exponent, rate << (63 - exponent)) if rate else bytes(10)
        coding = b"NONE\x0enot compressed\0" if kind == "aifc" else b""
        return b"COMM", struct.pack(">hIh", channels, frames, 16) + wide + coding
    if kind == "caf":
        return b"desc", struct.pack(">d4s5I", rate, b"lpcm", 2, 2 * channels, 1, channels, 16)
    return b"fmt ", struct.pack("<HHIIHH", 1, channels, rate, rate * 2 * channels, 2 * channels, 16)


def build_audio(kind, raw):
    """Return name and body of the audio chunk."""
    if kind == "caf":
        return b"data", bytes(4) + raw
    return (b"SSND", bytes(8) + raw) if kind in ("aiff", "aifc") else (b"data", raw)


def build_filler(kind, body):
    """Return name and body of an unknown chunk, to be placed before the audio."""
    return {"aiff": b"APPL", "aifc": b"APPL", "caf": b"free"}.get(kind, b"junk"), body


def build_container(kind, *chunks):
    """Build a whole file from chunks."""
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


def build_file(
    kind, sound, *, declared=None, filler=PADDING, position="between", wrong="filler", format_last=False, form=None
):
    """Build a file of 16-bit samples, shape (samples, channels), with a filler chunk.

    ``wrong``: the chunk with the size ``declared`` (filler, form, sound); ``position``: where the
    filler is (first, between); ``format_last``: the format chunk is after the audio;
    ``form``: its body, where that is not correct.
    """
    raw = convert_samples(kind, sound)
    form_name, form_body = build_format(kind, len(sound), channels=sound.shape[1])
    sizes = {wrong: declared}
    format_chunk = build_chunk(kind, form_name, form_body if form is None else form, sizes.get("form"))
    filler_chunk = build_chunk(kind, *build_filler(kind, filler), sizes.get("filler"))
    audio_chunk = build_chunk(kind, *build_audio(kind, raw), 0xFFFFFFFF if kind == "rf64" else sizes.get("sound"))
    long = struct.pack("<QQQI", 0, declared if wrong == "sound" and declared is not None else len(raw), len(sound), 0)
    head = [build_chunk(kind, b"ds64", long)] if kind == "rf64" else []
    before = [filler_chunk, format_chunk] if position == "first" else [format_chunk, filler_chunk]
    order = [filler_chunk, audio_chunk, format_chunk] if format_last else [*before, audio_chunk]
    return build_container(kind, *chain(head, order))
