"""Time and memory to render a feed of ten thousand episodes, and the time to lint it."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pipeline.feed import render_feed  # noqa: E402
from pipeline.lint import lint_feed  # noqa: E402
from pipeline.model import Person  # noqa: E402
from tests.feed.samples import CUES, NOW, PROGRAMME, release  # noqa: E402

EPISODES = 10_000
MAX_S, MAX_MB = 6, 300
PEOPLE = (Person(name="Zoë Çelik", role="presentator"), Person(name="Bram", role="gast"))
NOTES = """\
Over {number}: een gesprek over vertrouwen tussen burger en ambtenaar, opgenomen in Den Haag. We praten over wat een
gemeente kan leren van wie er woont, en over de vraag wie er begint.

Meer lezen: [het verslag](https://example.org/verslag/{number}) en [de regeling](https://example.org/regeling).
"""


def create_release(number):
    """Create a release with chapters, transcript, people, location, three formats and show notes."""
    return release(
        number,
        transcript=CUES * 4,
        people=PEOPLE,
        event="burger-centraal",
        formats=("mp3", "m4a", "opus"),
        notes_md=NOTES.format(number=number),
        published=datetime(2000, 1, 1, tzinfo=UTC) + timedelta(hours=number),
    )


def render():
    """Render the feed, its chapters and transcripts; return the processor time and the feed."""
    releases = [create_release(number) for number in range(1, EPISODES + 1)]
    start_s = time.process_time()
    first, *_ = render_feed(PROGRAMME, releases, now=NOW, cover="cover-1a2b3c4d.jpg")
    took_s = time.process_time() - start_s
    return took_s, first.content


def main():
    took_s, feed = render()
    peak_mb = getrusage(RUSAGE_SELF).ru_maxrss / 1024
    print(f"rendered {EPISODES} episodes: {took_s:.1f} s of processor time, {len(feed) / 1e6:.1f} MB of feed")
    print(f"peak memory of the process, releases included: {peak_mb:.0f} MB")
    start_s = time.process_time()
    findings = lint_feed(feed, file="feed.xml", now=NOW).findings
    print(f"linted: {time.process_time() - start_s:.1f} s, {len(findings)} findings")
    print(f"limits: {MAX_S} s and {MAX_MB} MB")
    sys.exit(took_s > MAX_S or peak_mb > MAX_MB)


if __name__ == "__main__":
    if sys.argv[1:] == ["--child"]:
        main()
    sys.exit(subprocess.run([sys.executable, __file__, "--child"], check=False).returncode)
