"""The programme of this repository as a published folder: its own texts, with a tone as audio."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from pipeline import urls
from pipeline.content import load_programme
from pipeline.magazine.picture_sizes import list_picture_placements
from pipeline.magazine.web_edition import render_web
from pipeline.mailings.letters import LetterContext
from pipeline.model import Enclosure, Release
from pipeline.site import SiteContext, render_site
from pipeline.typesetting import Theme
from tests.site import sample

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def write_site(folder):
    """Write every file that a browser can open, and return the path of ``public/``."""
    programme = load_programme(ROOT)
    releases = [_release(episode) for episode in programme.episodes]
    pictures = {one.picture.name: "pictures/one.png" for one in list_picture_placements(programme)}
    social_images = {urls.HOME: "share/programme-00000000.png"}
    site = SiteContext(
        programme=programme,
        releases=releases,
        theme=Theme(folder="site"),
        now=NOW,
        cover="cover.jpg",
        pictures=pictures,
        social_images=social_images,
        letters=LetterContext(programme=programme, pictures=pictures).build_letters(),
    )
    web = render_web(programme, releases, theme=Theme(folder="magazine"), pictures=pictures)
    for output in (*render_site(site), *web):
        file = folder / output.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(output.content)
    _write_pictures_and_audio(folder / "public", releases)
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
        waveform=sample.create_waveform(episode.number),
        cover=f"episodes/{episode.slug}/cover-0123abcd.jpg",
    )


def _write_pictures_and_audio(public, releases):
    for name in ("pictures/one.png", "share/programme-00000000.png"):
        (public / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (1200, 630), "#0B5563").save(public / name)
    Image.new("RGB", (3000, 3000), "#0B5563").save(public / "cover.jpg")
    first, *others = [public / release.enclosures[0].path for release in releases]
    first.parent.mkdir()
    tone = f"sine=frequency=220:sample_rate=24000:duration={releases[0].duration_s}"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", tone, "-af", "volume=-40dB", "-b:a", "64k", str(first)],
        check=True,
    )
    for other in others:
        other.hardlink_to(first)
