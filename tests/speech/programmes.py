"""A programme whose only episode is a short talk in real Dutch."""

import re
import shutil

from click.testing import CliRunner

from pipeline.cli import weerslag
from tests.speech.dutch import build_talk, write_wav

SLUG = "01-eerste-aflevering"


def write_talk_programme(root, ids=("vit-m-hlava", "vit-v-proc")):
    """Create the programme, without a transcript; return the folder of its episode."""
    CliRunner().invoke(weerslag, ["init", str(root)], catch_exceptions=False)
    folder = root / "episodes" / SLUG
    (folder / "transcript.vtt").unlink()
    shutil.rmtree(folder / "recording")
    (folder / "recording").mkdir()
    episode = folder / "episode.md"
    lines = episode.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(("transcript_reviewed", "chapters", "  - "))]
    episode.write_text("\n".join(kept) + "\n", encoding="utf-8")
    sound, _ = build_talk(ids)
    write_wav(folder / "recording" / "talk.wav", sound)
    return folder


def replace_sample_texts(root):
    """Write own texts: `publish` refuses those of `weerslag init`."""
    shutil.rmtree(root / "magazine")
    file = root / "programme.yaml"
    file.write_text(re.sub(r"(?m)^(  description:).*$", r"\1 Gesprekken.", file.read_text()))
    file = root / "episodes" / SLUG / "episode.md"
    head = re.sub(r"(?m)^summary:.*$", "summary: Een gesprek.", file.read_text().split("\n---\n")[0])
    file.write_text(f"{head}\n---\nEen gesprek over werk.\n")
