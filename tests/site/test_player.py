"""The player of an episode in Chromium with a real MP3: it plays, seeks, marks; and all of it by keyboard."""

import json

import pytest

from tests.site.tabs import slowly, until

PAGE = "episodes/01-burger-centraal/index.html"
TOLD = """(() => { const one = document.activeElement; const box = one.getBoundingClientRect(); const style = getComputedStyle(one);
  const over = document.elementFromPoint(box.left + Math.min(box.width, 20) / 2, box.top + Math.min(box.height, 20) / 2);
  return {what: one.id || one.dataset.step || one.dataset.chapter || one.getAttribute('href') || one.tagName,
    outline: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth), seen: !!over && (one.contains(over) || over.contains(one))}; })()"""


@pytest.fixture
def player(open_tab, whole):
    tab = open_tab(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    tab.goto(whole.address + PAGE)
    until(tab, "document.querySelector('audio').readyState >= 1")
    return tab


def audio(tab, word):
    return tab.evaluate(f"document.querySelector('audio').{word}")


LINES = """(() => {
    const now = document.querySelector('audio').currentTime;
    const begun = [...document.querySelectorAll('.line')].filter((line) => Number(line.dataset.from) <= now + 0.05);
    return [document.querySelector('.line[aria-current]')?.textContent ?? '', begun.at(-1)?.textContent ?? ''];
})()"""


def current_line(tab):
    """The line that sounds; it is marked, some four times a second while it plays (HTML, `timeupdate`)."""
    until(tab, f"((lines) => lines[0] === lines[1] && lines[0] !== '')({LINES})")
    return tab.evaluate(LINES)[0]


def test_chromium_plays_the_mp3_and_marks_the_line_that_sounds(player):
    player.click("#play")
    until(player, "document.querySelector('audio').currentTime > 1")
    marked = current_line(player)

    assert audio(player, "currentSrc").endswith(".mp3")
    assert not audio(player, "paused")
    assert marked in player.locator(".line").all_text_contents()


def test_a_click_on_a_chapter_and_on_a_line_seeks_there_and_plays_on(player):
    slowly(player)
    chapter = player.locator(".chapters a").nth(2)
    starts = float(chapter.get_attribute("data-chapter"))
    chapter.click()
    until(player, f"document.querySelector('audio').currentTime > {starts}")
    in_chapter = (audio(player, "currentTime"), current_line(player), player.url.rpartition("#")[2])
    line = player.locator(".line").nth(4)
    begins = float(line.get_attribute("data-from"))
    line.click()
    until(player, f"document.querySelector('audio').currentTime > {begins}")
    on_line = (audio(player, "currentTime"), current_line(player))

    assert starts <= in_chapter[0] < starts + 4
    assert in_chapter[1] != on_line[1]
    assert f"t={int(starts)}" == in_chapter[2]
    assert begins <= on_line[0] < begins + 4
    assert line.text_content() == on_line[1]
    assert not audio(player, "paused")


@pytest.mark.parametrize(
    ("address", "second"), [("#t=41", "41"), ("#t=64.5", "64.5"), ("#t=99999", "audio.duration"), ("#t=x", "0")]
)
def test_an_address_with_a_time_opens_there_and_a_wrong_one_at_the_beginning(open_tab, whole, address, second):
    tab = open_tab()
    tab.goto(f"{whole.address}{PAGE}{address}")
    until(
        tab,
        f"((audio) => audio.duration && Math.abs(audio.currentTime - {second}) < 1.5)(document.querySelector('audio'))",
    )

    assert audio(tab, "paused")  # nothing sounds unasked


def walked(tab):
    """What the Tab key meets from the first link of the page to its end, each once."""
    tab.focus(".skip")
    met = {}
    while (told := tab.evaluate(TOLD))["what"] not in ("BODY", "HTML", *met):
        met[told["what"]] = told
        tab.keyboard.press("Tab")
    return met


def test_the_tab_key_reaches_every_control_in_reading_order_and_shows_where_it_is(player):
    player.fill("#words", "de")  # then there are the buttons of a search too

    met = walked(player)

    order = ["#main", "seek", "play", "-15", "30", "speed", "follow", "0.0", "share", "words", "onward", "from"]
    assert order == [name for name in met if name in order]
    assert [] == [name for name, told in met.items() if told["outline"] < 2 or not told["seen"]]


def test_a_person_with_only_a_keyboard_can_do_all_that_the_player_does(player):
    press = player.keyboard.press
    player.focus("#play")
    press("Space")
    until(player, "document.querySelector('audio').currentTime > 0.3")
    press("Enter")
    until(player, "document.querySelector('audio').paused")
    done = {"played and paused": audio(player, "currentTime") > 0.3}

    player.focus("[data-step='30']")
    press("Enter")
    at_s = audio(player, "currentTime")
    done["thirty on"] = at_s >= 30
    player.focus("[data-step='-15']")
    press("Space")
    done["fifteen back"] = abs(at_s - 15 - audio(player, "currentTime")) < 0.1
    player.focus("#speed")
    press("ArrowDown")
    done["faster"] = audio(player, "playbackRate") == 1.25
    player.focus("#follow")
    press("Space")
    done["follows"] = player.is_checked("#follow")
    player.focus("#seek")
    press("End")
    done["to the end"] = abs(audio(player, "currentTime") - audio(player, "duration")) < 1.5
    press("Home")
    done["to the beginning"] = audio(player, "currentTime") < 1
    player.focus("#words")
    player.keyboard.type("de ")
    press("Enter")
    done["second find"] = player.inner_text("#found").startswith("2 van")
    player.focus("#from")
    press("Enter")
    until(player, "!document.querySelector('audio').paused")
    done["from the find"] = player.locator(".line.here").get_attribute("data-from") in json.dumps(
        [audio(player, "currentTime"), player.locator(".line[aria-current]").get_attribute("data-from")]
    )

    assert dict.fromkeys(done, True) == done
