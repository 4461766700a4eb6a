"""Makes clips of teasers: MP4 with the waveform of the sound, and captions burnt into the picture."""

import re
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from pipeline.audio.clip_tasks import ClipTask
from pipeline.audio.metering.waveform import build_waveform
from pipeline.graphics.clip_frames import WIDTH_PX, draw_clip_frames
from pipeline.graphics.clip_layouts import LAYOUTS, ClipLayout
from pipeline.media import ffmpeg, process
from pipeline.media.samples import RATE
from pipeline.model import Cue

_FPS = 25
_HOP = RATE // 100
_CAPTION_CHARACTERS = 84  # three lines in a square picture
_CAPTION_MARGIN_PX = 80
_THREADS = 2  # x264 gives other bytes with another number
_VIDEO = (
    "-c:v", "libx264", "-preset", "veryfast", "-tune", "stillimage", "-crf", "20", "-pix_fmt", "yuv420p",
    "-threads", str(_THREADS),
)  # fmt: skip
_SOUND = ("-c:a", "aac", "-b:a", "160k", "-movflags", "+faststart", "-f", "mp4")
_BITEXACT = ("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact")
_ASS = """\
[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
WrapStyle: 0

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Source Sans 3 Semibold,{size},&H00F1F8FB,&H00F1F8FB,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,0,0,7,\
{margin},{margin},{top},1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def make_clip(task: ClipTask) -> float:
    """Make a clip, and return its duration in seconds.

    Raises:
        AudioError: ffmpeg failed.
        StorageError: The disk is full.
        WeerslagError: A font cannot be read.
    """
    layout = LAYOUTS[task.shape]
    raw = [*process.build_input_arguments(task.sound), "-ac", "1", "-ar", str(RATE), "-f", "f32le", "pipe:1"]
    samples = np.frombuffer(process.run_ffmpeg(raw, where=task.sound), np.float32)
    duration_s = len(samples) / RATE
    hops = samples[: len(samples) // _HOP * _HOP].reshape(-1, _HOP)
    waveform = build_waveform(np.mean(hops**2, axis=1), duration_s=duration_s)
    with tempfile.TemporaryDirectory(prefix=".clip-", dir=Path(task.out).parent) as folder:
        draw_clip_frames(
            folder,
            shape=task.shape,
            title=task.title,
            label=task.label,
            colour=task.colour,
            waveform=waveform,
            fonts=task.fonts,
        )
        captions = Path(folder) / "captions.ass"
        captions.write_text(format_captions(task.cues, layout=layout), "utf-8")
        with ffmpeg.write_atomically(task.out) as partial:
            arguments = _build_arguments(task, folder, captions=str(captions), layout=layout, duration_s=duration_s)
            process.run_ffmpeg([*arguments, "-y", f"file:{partial}"], where=task.sound, out=task.out)
    return duration_s


def _build_arguments(task: ClipTask, folder: str, *, captions: str, layout: ClipLayout, duration_s: float) -> list[str]:
    """Show the heard waveform from the left over the unheard one, on the ground, below the captions.

    Each picture is decoded and converted once, and then repeated: that takes half the time of doing it per frame.
    """
    inputs: list[str] = []
    for name in ("ground", "unheard", "heard"):
        inputs += ["-framerate", str(_FPS), "-protocol_whitelist", "file", "-i", f"file:{folder}/{name}.png"]
    still = f"format=yuv420p,loop=loop={round(duration_s * _FPS) + 1}:size=1"
    graph = (
        f"[0:v]{still}[ground];[1:v]{still}[unheard];[2:v]{still}[heard];"
        f"[unheard][heard]xfade=transition=wiperight:duration={duration_s:.3f}:offset=0[strip];"
        f"[ground][strip]overlay=0:{layout.waveform_top}:shortest=1,"
        f"ass=filename={_escape(captions)}:fontsdir={_escape(task.fonts)}[out]"
    )
    sound = process.build_input_arguments(task.sound)
    mapping = ["-filter_complex", graph, "-map", "[out]", "-map", "3:a:0", "-t", f"{duration_s:.3f}"]
    return [*inputs, *sound, *mapping, *_BITEXACT, *_VIDEO, *_SOUND]


def _escape(path: str) -> str:
    """Escape a path in a filter graph: for the option, then for the graph."""
    for special in (r"\':", r"\'[],;"):
        path = re.sub(f"([{re.escape(special)}])", r"\\\1", path)
    return path


def format_captions(cues: Sequence[Cue], *, layout: ClipLayout) -> str:
    """Format cues as ASS; a long cue becomes several captions, each as long as its share of the letters."""
    head = _ASS.format(
        width=WIDTH_PX,
        height=layout.height,
        size=layout.caption_px,
        margin=_CAPTION_MARGIN_PX,
        top=layout.caption_top,
    )
    lines = (
        f"Dialogue: 0,{_format_time(start_ms)},{_format_time(end_ms)},Default,,0,0,0,,{text}\n"
        for cue in cues
        for start_ms, end_ms, text in _split_cue(cue)
    )
    return head + "".join(lines)


def _split_cue(cue: Cue) -> Iterator[tuple[int, int, str]]:
    plain = " ".join(re.sub(r"[{}\\]", " ", cue.text).split())
    count = -(-len(plain) // _CAPTION_CHARACTERS)
    parts = textwrap.wrap(plain, max(20, min(_CAPTION_CHARACTERS, -(-len(plain) // max(1, count)) + 8)))
    total, done = sum(map(len, parts)), 0
    for part in parts:
        start_ms, done = cue.start_ms + (cue.end_ms - cue.start_ms) * done // total, done + len(part)
        yield start_ms, cue.start_ms + (cue.end_ms - cue.start_ms) * done // total, part


def _format_time(ms: int) -> str:
    minutes, rest = divmod(ms // 10, 6000)
    return f"{minutes // 60}:{minutes % 60:02}:{rest // 100:02}.{rest % 100:02}"
