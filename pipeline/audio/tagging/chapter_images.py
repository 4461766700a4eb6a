"""Reads the pictures of chapters inside an MP3."""

from mutagen import MutagenError, id3


def read_chapter_images(path: str) -> dict[int, bytes]:
    """Read the pictures of chapters: an APIC frame within a CHAP frame.

    Returns:
        The bytes of each picture, by the start of its chapter in milliseconds; none if the file has none, or is no MP3.

    Source: ID3v2 Chapter Frame Addendum 1.0.
    """
    try:
        frames = id3.ID3(path)
    except (MutagenError, OSError, ValueError):
        return {}
    found = ((frame.start_time, frame.sub_frames.getall("APIC")) for frame in frames.getall("CHAP"))
    return {start_ms: bytes(pictures[0].data) for start_ms, pictures in found if pictures and pictures[0].data}
