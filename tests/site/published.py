"""The programme of this repository as a folder of files: its own words, and a tone where its sound would be."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from pipeline import urls
from pipeline.content import load_programme
from pipeline.magazine.picture_sizes import placed_pictures
from pipeline.magazine.web_edition import render_web
from pipeline.model import Enclosure, Release
from pipeline.site import render_site
from pipeline.typesetting import Theme
from tests.site import sample

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def laid_out(folder):
    """Writes the whole of public/ that a browser can see; gives its path."""
    programme = load_programme(ROOT)
    releases = [_release(episode) for episode in programme.episodes]
    pictures = {one.picture: "pictures/one.png" for one in placed_pictures(programme, programme.magazine)}
    shares = {urls.HOME: "share/programme-00000000.png"}
    pages = render_site(
        programme, releases, theme=Theme(room="site"), now=NOW, cover="cover.jpg", pictures=pictures, shares=shares
    )
    web = render_web(programme, releases, theme=Theme(room="magazine"), pictures=pictures)
    for output in (*pages, *web):
        file = folder / output.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(output.content)
    _bring_pictures_and_sound(folder / "public", releases)
    return folder / "public"


def _release(episode):
    length_s = episode.transcript[-1].end_ms / 1000
    file = Enclosure(
        format="mp3", media_type="audio/mpeg", path=f"audio/{episode.slug}-0123abcd.mp3", sha256="0123abcd" * 8,
        size_bytes=1_200_000, duration_s=length_s, integrated_lufs=-16.0, true_peak_dbtp=-1.2, bitrate_kbps=64,
    )  # fmt: skip
    return Release(
        episode=episode,
        enclosures=(file,),
        duration_s=length_s,
        chapters=episode.chapters,
        transcript=episode.transcript,
        trace=sample.trace(episode.number),
        cover=f"episodes/{episode.slug}/cover-0123abcd.jpg",
    )


def _bring_pictures_and_sound(public, releases):
    for name in ("pictures/one.png", "share/programme-00000000.png"):
        (public / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (1200, 630), "#0B5563").save(public / name)
    first, *others = [public / release.enclosures[0].path for release in releases]
    first.parent.mkdir()
    tone = f"sine=frequency=220:sample_rate=24000:duration={releases[0].duration_s}"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", tone, "-af", "volume=-40dB", "-b:a", "64k", str(first)],
        check=True,
    )
    for other in others:
        other.hardlink_to(first)
