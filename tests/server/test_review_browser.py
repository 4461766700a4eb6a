"""The transcript editor in Chromium, by keyboard: editing, hearing, signing, two tabs, a server that is killed, accessibility."""

import json
import time

import pytest

from pipeline.model import SpokenWord
from pipeline.server.review.timed_words import WordTimer
from pipeline.speech.comparison import WordAlternative
from tests.node import MODULES
from tests.server.review_desk import CUES, TOKEN, format_file, serve_desk, write_programme
from tests.site.tabs import wait_until

TIMEOUT_S = 60
AXE = "axe.run(document, {resultTypes: ['violations']}).then(({violations}) => violations)"


@pytest.fixture
def folder(tmp_path):
    return write_programme(tmp_path)


@pytest.fixture(name="open_context")
def _open_context(chromium):
    """A function that opens browser contexts; the requests and errors of their pages are in ``seen``."""
    contexts, errors = [], []

    def run(**options):
        context = chromium.browser.new_context(**options)
        context.seen = []
        context.on("request", lambda request: context.seen.append(request.url))
        context.on("weberror", lambda error: errors.append(str(error.error)))
        contexts.append(context)
        return context

    yield run
    for context in contexts:
        context.close()
    assert [] == errors


def open_desk_tab(context, address, token=TOKEN):
    tab = context.new_page()
    tab.goto(f"{address}?token={token}" if token else address)
    tab.wait_for_selector(".cue[aria-current]")
    return tab


def press(tab, *keys):
    for key in keys:
        tab.keyboard.press(key)


def wait_for_text(tab, file, text):
    """Wait until a file has a text, while the page goes on."""
    deadline = time.monotonic() + TIMEOUT_S
    while text not in file.read_text():
        assert time.monotonic() < deadline, file.read_text()
        tab.wait_for_timeout(20)


def states(tab):
    return tab.locator(".state").evaluate_all("all => all.map(one => one.title)")


def wait_for_states(tab, wanted):
    deadline = time.monotonic() + TIMEOUT_S
    while states(tab) != wanted:
        assert time.monotonic() < deadline, states(tab)
        tab.wait_for_timeout(20)


def test_a_transcript_is_corrected_and_signed_by_keyboard_alone(tmp_path, folder, open_context):
    file, context = folder / "transcript.vtt", open_context()
    with serve_desk(tmp_path) as address:
        tab = open_desk_tab(context, address)
        press(tab, "Enter", "End")
        tab.keyboard.type(" Welkom!")
        press(tab, "Control+Enter")  # signs, and goes to the next
        press(tab, "Control+A")
        tab.keyboard.type("Fijn dat jij er bent.")
        press(tab, "Escape", "ArrowDown", "Enter", "Home", *["ArrowRight"] * 12, "Control+Shift+Enter")  # split
        wait_for_text(tab, file, "met koffie.")
        press(tab, "v", "Control+A")  # the second half has another speaker
        tab.keyboard.type("Anna de Wit")
        press(tab, "Escape", "ArrowDown", "s")
        press(tab, "r")
        tab.locator("#rename-old").fill("Stem 1")
        tab.locator("#rename-new").fill("Bram")
        press(tab, "Tab", "Enter")
        wait_for_text(tab, file, "<v Bram>Goede middag")
        press(tab, "o", "s", "s", "s")
        wait_for_states(tab, ["reviewed"] * 5)
        seen = context.seen

    lines = [line for line in file.read_text().splitlines() if line.startswith("<v")]
    assert lines == [
        "<v Bram>Goede middag allemaal. Welkom!",
        "<v Stem 2>Fijn dat jij er bent.",
        "<v Bram>We beginnen",
        "<v Anna de Wit>met koffie.",
        "<v Stem 2>En daarna praten we verder.",
    ]
    assert "NOTE Van ons." in file.read_text()
    assert {"signed"} == {json.loads(line)["kind"] for line in (folder / "review.jsonl").read_text().splitlines()}
    assert all(url.startswith(address) for url in seen)


def test_a_cue_that_was_played_to_its_end_is_heard_and_one_that_was_skipped_is_not(tmp_path, folder, open_context):
    with serve_desk(tmp_path) as address:
        tab = open_desk_tab(open_context(), address)
        tab.select_option("#speed", "2")
        tab.locator(".cue").nth(3).locator(".word").nth(
            3
        ).click()  # from the middle of the last cue, to the end of the sound
        wait_until(tab, "document.querySelector('audio').ended")
        skipped = states(tab)
        tab.locator(".cue").nth(1).locator(".word").first.click()  # and on: a busy machine may hear the third cue too
        deadline = time.monotonic() + TIMEOUT_S
        while (heard := states(tab))[1] != "reviewed":
            assert time.monotonic() < deadline, heard
            tab.wait_for_timeout(20)

    assert ["not reviewed yet"] * 4 == skipped
    assert "not reviewed yet" == heard[0]
    assert 1500 == json.loads((folder / "review.jsonl").read_text().splitlines()[0])["start_ms"]


def test_a_cue_is_repeated_and_retimed_and_the_sound_is_moved_by_keyboard(tmp_path, folder, open_context):
    with serve_desk(tmp_path) as address:
        tab = open_desk_tab(open_context(), address)
        times = []
        for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
            press(tab, key)
            times.append(tab.evaluate("document.querySelector('audio').currentTime"))
        press(tab, *["+"] * 9)
        fastest = tab.evaluate("document.querySelector('audio').playbackRate")
        tab.evaluate("document.querySelector('audio').currentTime = 1.2")
        press(tab, "]")  # the first cue ends here
        wait_for_text(tab, folder / "transcript.vtt", "00:00:00.000 --> 00:00:01.200")
        press(tab, "ArrowDown", "l")
        tab.evaluate(
            "document.querySelector('audio').addEventListener('seeking', () => { window.repeats = (window.repeats ?? 0) + 1; })"
        )
        press(tab, "Space")
        wait_until(tab, "window.repeats >= 2")
        repeated = tab.inner_text(".cue[aria-current] .text")
        press(tab, "l")
        wait_until(tab, "document.querySelector('.cue[aria-current] .text').innerText.startsWith('En daarna')")

    assert ([3, 6, 3], 2, "Fijn dat u er bent.") == (times, fastest, repeated)


def test_editing_begins_at_the_word_that_is_heard(tmp_path, folder, open_context):
    with serve_desk(tmp_path) as address:
        tab = open_desk_tab(open_context(), address)
        press(tab, "ArrowDown")
        tab.evaluate("document.querySelector('audio').currentTime = 2.4")
        wait_until(tab, "document.querySelector('.spoken')?.textContent === 'er'")
        press(tab, "Enter")
        tab.keyboard.type("weer ")
        wait_for_text(tab, folder / "transcript.vtt", "Fijn dat u weer er bent.")
        press(tab, "Control+Enter")
        tab.keyboard.type("Nu. ")  # the next cue is not heard: at its start
        wait_for_text(tab, folder / "transcript.vtt", "Nu. We beginnen met koffie.")


def test_undo_takes_back_merging_deleting_and_typing(tmp_path, folder, open_context):
    file = folder / "transcript.vtt"
    with serve_desk(tmp_path) as address:
        tab = open_desk_tab(open_context(), address)
        press(tab, "m")
        wait_for_text(tab, file, "allemaal. Fijn")
        press(tab, "ArrowDown", "Delete", "ArrowUp", "Enter", "End")
        tab.keyboard.type(" Extra.")
        wait_for_text(tab, file, "Extra.")
        press(tab, "Escape", "u", "u", "u")
        wait_for_text(tab, file, "<v Stem 1>Goede middag allemaal.\n\n")
        wait_until(tab, "document.querySelectorAll('.cue').length === 4")

    assert format_file() == file.read_text()


def test_two_tabs_and_an_editor_outside_lose_nothing(tmp_path, folder, open_context):
    file, context = folder / "transcript.vtt", open_context()
    with serve_desk(tmp_path) as address:
        one = open_desk_tab(context, address)
        other = open_desk_tab(context, address, token="")
        press(one, "Enter", "End")
        press(other, "ArrowDown", "Enter", "End")
        one.keyboard.type(" Van een.")
        other.keyboard.type(" Van twee.")
        wait_for_text(one, file, "Van een.")
        wait_for_text(other, file, "Van twee.")
        file.write_text(file.read_text().replace("praten we verder", "praten wij door"))
        one.get_by_text("praten wij door").wait_for(timeout=TIMEOUT_S * 1000)
        one.keyboard.type(" Nog iets.")
        wait_for_text(one, file, "Nog iets.")

    text = file.read_text()
    assert all(words in text for words in ("allemaal. Van een. Nog iets.", "bent. Van twee.", "praten wij door"))


def test_the_same_words_changed_twice_are_shown_and_one_is_chosen(tmp_path, folder, open_context):
    file = folder / "transcript.vtt"
    with serve_desk(tmp_path) as address:
        tab = open_desk_tab(open_context(), address)
        press(tab, "Enter", "End")
        file.write_text(file.read_text().replace("Goede middag", "Goedenavond"))
        tab.keyboard.type(" Van mij.")
        tab.locator("#conflict").wait_for(timeout=TIMEOUT_S * 1000)
        shown = (tab.inner_text("#mine"), tab.inner_text("#theirs"))
        untouched = file.read_text()
        tab.click("#keep-mine")
        wait_for_text(tab, file, "Goede middag allemaal. Van mij.")

    assert shown == ("Stem 1: Goede middag allemaal. Van mij.", "Stem 1: Goedenavond allemaal.")
    assert "Goedenavond allemaal." in untouched
    assert "Van mij" not in untouched


def test_what_was_typed_while_the_server_was_gone_is_saved_by_the_next_one(tmp_path, folder, open_context):
    file, context = folder / "transcript.vtt", open_context()
    with serve_desk(tmp_path) as address:
        tab = open_desk_tab(context, address)
        port = int(address.rstrip("/").rpartition(":")[2])
    press(tab, "Enter", "End")
    tab.keyboard.type(" Zonder server.")
    tab.locator("#status.wrong").wait_for(timeout=TIMEOUT_S * 1000)
    tab.close(run_before_unload=False)
    assert "Zonder server." not in file.read_text()
    with serve_desk(tmp_path, port=port, token="een-nieuw") as address:
        tab = open_desk_tab(context, address, token="een-nieuw")
        wait_for_text(tab, file, "Goede middag allemaal. Zonder server.")


def test_an_edit_that_the_file_does_not_allow_is_shown_and_not_lost(tmp_path, folder, open_context):
    with serve_desk(tmp_path) as address:
        tab = open_desk_tab(open_context(), address)
        press(tab, "ArrowDown", "ArrowDown", "Enter")
        tab.fill("#start", "0:00.200")  # before the cue above it
        press(tab, "Tab")
        tab.locator("#conflict").wait_for(timeout=TIMEOUT_S * 1000)
        reason = tab.inner_text("#reason")
        tab.click("#keep-theirs")

    assert "before the previous cue" in reason
    assert (folder / "transcript.vtt").read_text() == format_file()


def test_an_edit_in_a_page_of_an_earlier_server_waits_and_is_saved_by_the_next_one(tmp_path, folder, open_context):
    file, context = folder / "transcript.vtt", open_context()
    with serve_desk(tmp_path) as address:
        old = open_desk_tab(context, address)
        port = int(address.rstrip("/").rpartition(":")[2])
    with serve_desk(tmp_path, port=port, token="een-nieuw") as address:
        press(old, "Enter", "End")
        old.keyboard.type(" Uit een oude pagina.")
        old.locator("#status.wrong").wait_for(timeout=TIMEOUT_S * 1000)
        before = file.read_text()
        open_desk_tab(context, address, token="een-nieuw")
        wait_for_text(old, file, "Uit een oude pagina.")
        old.locator("#status", has_text="Saved").wait_for(timeout=TIMEOUT_S * 1000)
        is_conflict_shown = old.locator("#conflict").is_visible()

    assert before == format_file()
    assert not is_conflict_shown
    assert file.read_text().count("Uit een oude pagina.") == 1


def test_a_proposed_cut_is_accepted_by_keyboard(tmp_path, open_context):
    cues = [*CUES[:2], (3000, 4000, "Stem 2", "Wij gaan nu naar"), (4000, 6000, "Stem 2", "Wij gaan nu naar huis.")]
    folder = write_programme(tmp_path, cues)
    with serve_desk(tmp_path) as address:
        tab = open_desk_tab(open_context(), address)
        press(tab, "c", "Tab", "Enter")  # the second button of the first proposal
        wait_for_text(tab, folder / "episode.md", "cuts:")
        wait_until(tab, "document.querySelectorAll('#proposed button').length === 0")
        press(tab, "Escape")
        wait_for_states(tab, [*["not reviewed yet"] * 2, "not published: cut, muted or bleeped", "not reviewed yet"])
        written = (folder / "episode.md").read_text()
        press(tab, "u")
        wait_for_states(tab, ["not reviewed yet"] * 4)

    assert '- {from: "00:03", to: "00:04"}' in written
    assert "cuts: []" in (folder / "episode.md").read_text()


def build_compared_timer():
    """Build the words of the second cue, of which a second model has one different."""
    words = [
        SpokenWord(word=word, start_s=1.5 + 0.3 * at, end_s=1.7 + 0.3 * at, confidence=0.9)
        for at, word in enumerate(CUES[1][3].split())
    ]
    return WordTimer(spoken=words, alternatives=[WordAlternative(start_s=2.1, end_s=2.3, words="u", other="jij weer")])


def test_the_words_of_a_second_model_are_shown_and_taken_over_by_keyboard(tmp_path, folder, open_context):
    with serve_desk(tmp_path, timer=build_compared_timer()) as address:
        tab = open_desk_tab(open_context(), address)
        marked = tab.locator(".word.other").all_inner_texts()
        press(tab, "ArrowDown")
        note = tab.inner_text(".others")
        press(tab, "t")
        wait_for_text(tab, folder / "transcript.vtt", "Fijn dat jij weer er bent.")
        tab.locator(".others").wait_for(state="detached", timeout=TIMEOUT_S * 1000)
        press(tab, "u")
        wait_for_text(tab, folder / "transcript.vtt", "Fijn dat u er bent.")

    assert (["u"], "The second model has “jij weer” for “u”.") == (marked, note)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_no_violations_and_nothing_is_wider_than_the_page(tmp_path, folder, open_context, width, scheme):
    context = open_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    found = {}
    with serve_desk(tmp_path, timer=build_compared_timer()) as address:
        tab = open_desk_tab(context, address)
        press(tab, "ArrowDown")
        tab.locator(".others").wait_for(timeout=TIMEOUT_S * 1000)
        tab.evaluate((MODULES / "axe-core/axe.min.js").read_text())
        for state, keys in {
            "list": [],
            "editing": ["Enter"],
            "help": ["Escape", "?"],
            "proposals": ["Escape", "c"],
        }.items():
            press(tab, *keys)
            violations = tab.evaluate(AXE)
            found[state] = [(one["id"], node["html"]) for one in violations for node in one["nodes"]]
            assert tab.evaluate("document.documentElement.scrollWidth") <= width

    assert {"list": [], "editing": [], "help": [], "proposals": []} == found


def test_every_key_can_be_changed(tmp_path, folder, open_context):
    with serve_desk(tmp_path) as address:
        tab = open_desk_tab(open_context(), address)
        press(tab, "?")
        tab.get_by_label("Edit: In the list").focus()
        press(tab, "F2", "Escape", "Enter")
        before = tab.locator("#text").count()
        press(tab, "F2")
        tab.locator("#text").wait_for(timeout=TIMEOUT_S * 1000)

    assert before == 0
    assert (folder / "transcript.vtt").read_text() == format_file(CUES)
