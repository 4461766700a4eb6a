"""What others are told: letters without a name, redirects to where the feed is now; made of the ledger, again by every build."""

from dataclasses import replace

from pipeline.publish import letters_of

OLD, NEWER, NEWEST = (f"https://{name}.example.org/avn/" for name in ("oud", "nieuw", "nieuwst"))


def letters(stage):
    found = {
        letter.path.removeprefix("press/"): letter.content.decode()
        for letter in letters_of(stage.ledger, stage.programme)
    }
    return {path: text for path, text in found.items() if not path.startswith("serving/")}


def test_a_withdrawn_episode_gets_a_letter_without_a_name(stage):
    stage.publish()
    (address,) = [one.address for one in stage.ledger.lines[-1].episodes if one.guid == "guid-2"]
    del stage.episodes[2]
    stage.publish(withdraw=("guid-2",))
    stage.put(5)
    stage.publish()  # the letter stands for as long as the ledger does

    ((path, letter),) = letters(stage).items()

    assert "withdrawn/guid-2.txt" == path
    assert "Haal haar alstublieft uit uw index" in letter
    assert address in letter
    assert "Aflevering 2" not in letter


def test_a_letter_names_the_feed_that_went_with_its_last_episode(stage):
    stage.publish()
    stage.episodes.clear()
    stage.publish(withdraw=("guid-1", "guid-2", "guid-3"))

    (letter,) = letters(stage).values()

    assert not (stage.where / "feed.xml").exists()
    assert f"Feed: {stage.programme.url}feed.xml" in letter


def test_what_came_back_on_purpose_has_no_letter(stage):
    stage.publish()
    kept = stage.episodes.pop(2)
    stage.publish(withdraw=("guid-2",))
    stage.episodes[2] = kept
    stage.publish(accept=("withdrawn-returns", "order-changed"), reason="iedereen wil het")

    assert {} == letters(stage)


def test_a_plain_publish_gives_reason_for_no_letter(stage):
    stage.publish()

    assert {} == letters(stage)


def test_a_feed_that_moved_twice_sends_nobody_on_twice(stage):
    for url, old in ((OLD, ""), (NEWER, OLD), (NEWEST, NEWER)):
        stage.programme = replace(stage.programme, url=url)
        stage.publish(moved_from=f"{old}feed.xml" if old else "")
        stage.put(9 + len(stage.ledger.lines))

    moved = letters(stage)

    assert {"moved/nginx.conf", "moved/apache.htaccess", "moved/_redirects"} == moved.keys()
    assert 2 == moved["moved/apache.htaccess"].count(f" {NEWEST}$1\n")
    assert NEWER + "$1" not in moved["moved/apache.htaccess"]
    assert f"/avn/* {NEWEST}:splat 301" in moved["moved/_redirects"]
