"""How long a review takes: real talk, the real recogniser, and a person at the keyboard, in real time.

`python benchmarks/reviewing.py --minutes 10` builds a talk of lines of the Debian package fillets-ng-data-nl, drafts its
transcript, and reviews it in Chromium by keyboard alone: every cue is played, wrong words are selected and typed again.
The person is simulated: 1.2 seconds before each correction, 5 keys a second, and no mistakes; the clock is not.
`--errors 0.05` reviews a draft in which one of twenty words is another one, as of a large model, which no registry has.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("WEERSLAG_MODELS", str(Path(sys.prefix) / "models"))
from pipeline.model import Cue  # noqa: E402  # found through the lines above
from pipeline.transcripts.vtt_format import format_vtt  # noqa: E402
from tests.speech.dutch import RATE, Line, build_talk, load_subtitles, write_wav  # noqa: E402
from tests.speech.programmes import SLUG, write_talk_programme  # noqa: E402

REACTION_S, KEY_S = 1.2, 0.2
LINES_PER_MINUTE = 25  # more than fit
KEYS_PER_SPEED = {1.0: 0, 1.25: 1, 1.5: 2, 1.75: 3, 2.0: 4}
FLAGS = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]


@dataclass(kw_only=True)
class Tally:
    """What the person did."""

    cues: int = 0
    wrong_cues: int = 0
    wrong_words: int = 0
    words: int = 0
    keys: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--speed", type=float, choices=sorted(KEYS_PER_SPEED), default=1.5)
    parser.add_argument("--errors", type=float, help="share of wrong words [default: what Whisper base makes of it]")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        root = Path(folder) / "programma"
        lines, seconds = write_talk(root, options.minutes)
        truth = [word for line in lines for word in line.text.split()]
        if options.errors is None:
            run_command(root, "transcribe", SLUG)
        else:
            write_draft(root, lines, options.errors)
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        with subprocess.Popen(
            command(root, "review", SLUG, "--by", "mb", "--port", "0", "--no-open"), stdout=subprocess.PIPE, text=True
        ) as process:
            page = browser.new_page()
            page.goto(process.stdout.readline().strip())
            page.wait_for_selector(".cue[aria-current]")
            start = time.perf_counter()
            tally = review(page, truth, options.speed)
            took_s = time.perf_counter() - start
            left = page.inner_text("#left")
            process.terminate()
        browser.close()
        kinds = [json.loads(line)["kind"] for line in (root / f"episodes/{SLUG}/review.jsonl").read_text().splitlines()]
    print(f"{seconds / 60:.1f} minutes of talk at {options.speed}×: {took_s / 60:.1f} minutes; {left}")
    print(f"  {tally.cues} cues, {tally.wrong_cues} corrected; {tally.words} words, {tally.wrong_words} corrected")
    print(f"  {tally.keys} keys; {kinds.count('heard')} cues heard, {kinds.count('signed')} signed")
    print(f"  an hour at this rate: {took_s / seconds * 60:.0f} minutes")


def command(root: Path, *args: str) -> list[str]:
    return [sys.executable, "-m", "pipeline", "-C", str(root), *args]


def run_command(root: Path, *args: str) -> None:
    subprocess.run(command(root, *args), cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def write_talk(root: Path, minutes: float) -> tuple[list[Line], float]:
    """Write a programme with a talk of so many minutes; return its lines, and its length in seconds."""
    folder = write_talk_programme(root)
    sound, lines = build_talk(sorted(load_subtitles())[: round(minutes * LINES_PER_MINUTE)])
    lines = [line for line in lines if line.last < minutes * 60 * RATE]
    last = lines[-1].last + RATE // 2
    write_wav(folder / "recording" / "talk.wav", sound[:last])
    return lines, last / RATE


def write_draft(root: Path, lines: list[Line], errors: float) -> None:
    """Write a transcript with a cue for each line, in which a share of the words is another word of the talk."""
    chance = random.Random(1)
    words = [word for line in lines for word in line.text.split()]
    cues = [
        Cue(
            start_ms=line.first * 1000 // RATE,
            end_ms=line.last * 1000 // RATE,
            speaker="",
            text=" ".join(chance.choice(words) if chance.random() < errors else word for word in line.text.split()),
        )
        for line in lines
    ]
    (root / f"episodes/{SLUG}/transcript.vtt").write_text(format_vtt(cues), encoding="utf-8")


def review(page: Page, truth: list[str], speed: float) -> Tally:
    """Review the whole transcript: play each cue, correct it where it is wrong."""
    texts = page.locator(".cue .text").all_text_contents()  # what is not in view has no inner text
    wanted = assign_words([text.split() for text in texts], truth)
    tally = Tally(cues=len(texts), words=len(truth))
    for _ in range(KEYS_PER_SPEED[speed]):
        press(page, tally, "+")
    start = time.perf_counter()
    for index, (text, right) in enumerate(zip(texts, wanted, strict=True)):
        if index % 100 == 0:
            print(f"  {index} of {len(texts)} cues, {(time.perf_counter() - start) / 60:.1f} minutes", file=sys.stderr)
        play_cue(page, tally, index)
        edits = list(find_edits(text.split(), right))
        if not edits:
            continue
        tally.wrong_cues += 1
        tally.wrong_words += sum(max(last - first, len(words)) for first, last, words in edits)
        press(page, tally, "Space")
        page.wait_for_timeout(REACTION_S * 1000)
        choose(page, tally, index)
        correct(page, tally, text.split(), right, edits)
    page.wait_for_timeout(3000)
    return tally


def play_cue(page: Page, tally: Tally, index: int) -> None:
    """Play a cue to its end; sound that plays on is left alone."""
    if page.evaluate("document.querySelector('audio').paused"):
        choose(page, tally, index)
        press(page, tally, "Space")
    state = f"document.querySelector('#cues').children[{index}].querySelector('.state').classList.contains('done')"
    while not page.evaluate(f"{state} || document.querySelector('audio').ended"):
        page.wait_for_timeout(30)


def choose(page: Page, tally: Tally, index: int) -> None:
    """Go to a cue with the arrow keys."""
    current = "[...document.querySelector('#cues').children].findIndex((one) => one.hasAttribute('aria-current'))"
    while (step := index - page.evaluate(current)) != 0:
        press(page, tally, "ArrowDown" if step > 0 else "ArrowUp")


def correct(
    page: Page, tally: Tally, words: list[str], right: list[str], edits: list[tuple[int, int, list[str]]]
) -> None:
    """Select wrong words and type the right ones; a cue with nothing in it that was said is deleted."""
    if not right:
        press(page, tally, "Delete")
        return
    press(page, tally, "Enter", "Control+Home")
    at = 0
    for first, last, new in edits:
        for _ in range(first - at):
            press(page, tally, "Control+ArrowRight")
        for _ in range(last - first):
            press(page, tally, "Control+Shift+ArrowRight")
        at = last
        if new:
            page.keyboard.type(" ".join(new) + " ", delay=KEY_S * 1000)
            tally.keys += len(" ".join(new)) + 1
        else:
            press(page, tally, "Delete")
    press(page, tally, "Control+Enter", "Escape")
    del words


def press(page: Page, tally: Tally, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(KEY_S * 1000)
    tally.keys += len(keys)


def find_edits(words: list[str], right: list[str]) -> list[tuple[int, int, list[str]]]:
    """Find the words to replace; case and punctuation that only differ are left, as a quick reviewer does."""
    codes = SequenceMatcher(None, list(map(fold, words)), list(map(fold, right)), autojunk=False).get_opcodes()
    return [(i1, i2, right[j1:j2]) for code, i1, i2, j1, j2 in codes if code != "equal"]


def assign_words(cues: list[list[str]], truth: list[str]) -> list[list[str]]:
    """Divide what was said over the cues: words that were recognised stay in their cue, others go beside them."""
    owners = [index for index, words in enumerate(cues) for _ in words]
    heard = [fold(word) for words in cues for word in words]
    wanted: list[list[str]] = [[] for _ in cues]
    for code, i1, i2, j1, j2 in SequenceMatcher(None, heard, list(map(fold, truth)), autojunk=False).get_opcodes():
        for offset, word in enumerate(truth[j1:j2]):
            place = i1 + offset if code == "equal" else i1 + offset * max(i2 - i1, 1) // (j2 - j1)
            wanted[owners[min(place, len(owners) - 1)]].append(word)
    return wanted


def fold(word: str) -> str:
    return re.sub(r"[\W_]+", "", word.casefold())


if __name__ == "__main__":
    main()
