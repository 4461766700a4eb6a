"""The player of an episode in Chromium with a real MP3: playing, seeking, marking cues, and keyboard control."""

import json

import pytest

from tests.site.tabs import slow_down, wait_until

PAGE = "episodes/01-burger-centraal/index.html"
FOCUSED = """(() => { const one = document.activeElement; const box = one.getBoundingClientRect(); const style = getComputedStyle(one);
  const over = document.elementFromPoint(box.left + Math.min(box.width, 20) / 2, box.top + Math.min(box.height, 20) / 2);
  return {what: one.id || one.dataset.step || one.dataset.chapter || one.getAttribute('href') || one.tagName,
    outline: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth), visible: !!over && (one.contains(over) || over.contains(one))}; })()"""


@pytest.fixture
def player(open_tab, published_site):
    tab = open_tab(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    tab.goto(published_site.address + PAGE)
    wait_until(tab, "document.querySelector('audio').readyState >= 1")
    return tab


def audio(tab, word):
    return tab.evaluate(f"document.querySelector('audio').{word}")


CUES = """(() => {
    const now = document.querySelector('audio').currentTime;
    const begun = [...document.querySelectorAll('.cue')].filter((line) => Number(line.dataset.start) <= now + 0.05);
    return [document.querySelector('.cue[aria-current]')?.textContent ?? '', begun.at(-1)?.textContent ?? ''];
})()"""


def get_current_cue(tab):
    """Return the text of the current cue, which is updated some four times a second (HTML, `timeupdate`)."""
    wait_until(tab, f"((lines) => lines[0] === lines[1] && lines[0] !== '')({CUES})")
    return tab.evaluate(CUES)[0]


def test_chromium_plays_the_mp3_and_marks_the_current_cue(player):
    player.click("#play")
    wait_until(player, "document.querySelector('audio').currentTime > 1")
    marked = get_current_cue(player)

    assert audio(player, "currentSrc").endswith(".mp3")
    assert not audio(player, "paused")
    assert marked in player.locator(".cue").all_text_contents()


def test_a_click_on_a_chapter_or_cue_seeks_and_plays(player):
    slow_down(player)
    chapter = player.locator(".chapters a").nth(2)
    starts = float(chapter.get_attribute("data-chapter"))
    chapter.click()
    wait_until(player, f"document.querySelector('audio').currentTime > {starts}")
    in_chapter = (audio(player, "currentTime"), get_current_cue(player), player.url.rpartition("#")[2])
    line = player.locator(".cue").nth(4)
    begins = float(line.get_attribute("data-start"))
    line.click()
    wait_until(player, f"document.querySelector('audio').currentTime > {begins}")
    on_line = (audio(player, "currentTime"), get_current_cue(player))

    assert starts <= in_chapter[0] < starts + 4
    assert in_chapter[1] != on_line[1]
    assert f"t={int(starts)}" == in_chapter[2]
    assert begins <= on_line[0] < begins + 4
    assert line.text_content() == on_line[1]
    assert not audio(player, "paused")


@pytest.mark.parametrize(
    ("address", "second"), [("#t=41", "41"), ("#t=64.5", "64.5"), ("#t=99999", "audio.duration"), ("#t=x", "0")]
)
def test_an_address_with_a_time_starts_there_and_an_invalid_one_at_0(open_tab, published_site, address, second):
    tab = open_tab()
    tab.goto(f"{published_site.address}{PAGE}{address}")
    wait_until(
        tab,
        f"((audio) => audio.duration && Math.abs(audio.currentTime - {second}) < 1.5)(document.querySelector('audio'))",
    )

    assert audio(tab, "paused")  # nothing plays without a click


def tab_through(tab):
    """Press Tab from the first link of the page to its end, and return each focused element once."""
    tab.focus(".skip")
    met = {}
    while (focused := tab.evaluate(FOCUSED))["what"] not in ("BODY", "HTML", *met):
        met[focused["what"]] = focused
        tab.keyboard.press("Tab")
    return met


def test_the_tab_key_reaches_every_control_in_order_with_visible_focus(player):
    player.fill("#search-input", "de")  # then there are the buttons of a search too

    met = tab_through(player)

    order = [
        "#main",
        "seek",
        "play",
        "-15",
        "30",
        "speed",
        "follow",
        "0.0",
        "share",
        "search-input",
        "search-next",
        "search-play",
    ]
    assert order == [name for name in met if name in order]
    assert [] == [name for name, focused in met.items() if focused["outline"] < 2 or not focused["visible"]]


def test_the_player_works_with_only_a_keyboard(player):
    press = player.keyboard.press
    player.focus("#play")
    press("Space")
    wait_until(player, "document.querySelector('audio').currentTime > 0.3")
    press("Enter")
    wait_until(player, "document.querySelector('audio').paused")
    results = {"played and paused": audio(player, "currentTime") > 0.3}

    player.focus("[data-step='30']")
    press("Enter")
    at_s = audio(player, "currentTime")
    results["thirty on"] = at_s >= 30
    player.focus("[data-step='-15']")
    press("Space")
    results["fifteen back"] = abs(at_s - 15 - audio(player, "currentTime")) < 0.1
    player.focus("#speed")
    press("ArrowDown")
    results["faster"] = audio(player, "playbackRate") == 1.25
    player.focus("#follow")
    press("Space")
    results["follows"] = player.is_checked("#follow")
    player.focus("#seek")
    press("End")
    results["to the end"] = abs(audio(player, "currentTime") - audio(player, "duration")) < 1.5
    press("Home")
    results["to the beginning"] = audio(player, "currentTime") < 1
    player.focus("#search-input")
    player.keyboard.type("de ")
    press("Enter")
    results["second match"] = player.inner_text("#search-status").startswith("2 van")
    player.focus("#search-play")
    press("Enter")
    wait_until(player, "!document.querySelector('audio').paused")
    results["from the match"] = player.locator(".cue.current-match").get_attribute("data-start") in json.dumps(
        [audio(player, "currentTime"), player.locator(".cue[aria-current]").get_attribute("data-start")]
    )

    assert dict.fromkeys(results, True) == results
