"""What others are told: redirects that a real server follows, a letter without a name."""

import re

from pipeline.press.letters import render_move
from pipeline.publish import write_letters

OLD, NEW = "https://oud.example.org/pod.cast/feed.xml", "https://nieuw.example.org/avn/feed.xml"


def told(name):
    return next(one.content.decode() for one in render_move(OLD, NEW) if one.path == f"press/moved/{name}")


def test_each_kind_of_server_sends_everything_below_the_old_address_on():
    pattern, target = re.search(r"RedirectMatch permanent (\S+) (\S+)", told("apache.htaccess")).groups()
    sound = re.sub(pattern, target.replace("$1", r"\1"), "/pod.cast/audio/01.mp3")

    assert "https://nieuw.example.org/avn/audio/01.mp3" == sound
    assert not re.search(pattern, "/podXcast/feed.xml")
    assert f"rewrite {pattern} {target} permanent;" in told("nginx.conf")
    assert "/pod.cast/* https://nieuw.example.org/avn/:splat 301" in told("_redirects")


def test_a_withdrawn_episode_gets_a_letter_without_a_name(stage):
    stage.publish()
    (address,) = [one.address for one in stage.ledger.lines[-1].episodes if one.guid == "guid-2"]
    del stage.episodes[2]
    stage.publish(withdraw=("guid-2",))

    (path,) = write_letters(
        stage.ledger.lines[-1], stage.ledger, programme=stage.programme, moved_from="", root=stage.root
    )

    letter = (stage.root / path).read_text()
    assert "press/withdrawn/guid-2.txt" == path
    assert "Haal haar alstublieft uit uw index" in letter
    assert address in letter
    assert "Aflevering 2" not in letter


def test_a_plain_publish_writes_no_letter(stage):
    stage.publish()

    line = stage.ledger.lines[-1]
    assert () == write_letters(line, stage.ledger, programme=stage.programme, moved_from="", root=stage.root)
