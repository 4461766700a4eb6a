"""Calendar files, read back with ical.js, another implementation of iCalendar, and as raw bytes."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pipeline.site.calendar import build_calendar
from pipeline.site.calendar_entry import hash_entry
from tests.node import run_node
from tests.site import sample

pytestmark = pytest.mark.external


def read(content):
    """Read a calendar with ical.js: its properties and its events."""
    document = json.loads(run_node("read-calendar.mjs", stdin=content))
    return document["properties"], document["events"]


def parse(moment):
    return datetime.fromisoformat(moment)


def test_an_event_has_its_time_and_location(programme):
    event = programme.events[0]

    _, (found,) = read(build_calendar(programme, [event]))

    assert (event.starts, event.ends) == (parse(found["start"]), parse(found["end"]))
    assert "Europe/Amsterdam" == found["zone"]
    assert "Ambtenaar van Nu: Burger centraal" == found["summary"]
    assert "Het Buurthuis, Wijnhaven 1, Den Haag" == found["location"]
    assert "https://example.org/ambtenaar-van-nu/events/burger-centraal/" == found["url"]
    assert found["description"].splitlines()[:2] == [event.theme, "16:30 Inloop"]


def test_the_calendar_of_the_programme_has_all_events_with_unique_ids(programme):
    properties, events = read(build_calendar(programme, programme.events))

    assert [event.starts for event in programme.events] == [parse(event["start"]) for event in events]
    assert 4 == len({event["uid"] for event in events})
    assert ("2.0", "Ambtenaar van Nu") == (properties["version"], properties["name"])
    assert ("Ambtenaar van Nu", "P1D") == (properties["x-wr-calname"], properties["refresh-interval"])


def test_an_event_that_moves_keeps_its_id_and_gets_a_later_stamp(programme):
    event = programme.events[0]
    moved = replace(event, starts=event.starts + timedelta(days=7), ends=event.ends + timedelta(days=7), title="Anders")

    before, after = (read(build_calendar(programme, [each]))[1][0] for each in (event, moved))

    assert before["uid"] == after["uid"]
    assert parse(before["dtstamp"]) < parse(after["dtstamp"])


def test_each_change_to_a_published_entry_raises_its_sequence_by_one_before_and_after_publishing(programme):
    event = programme.events[0]
    moved = replace(event, starts=event.starts - timedelta(days=1))
    first, second = (hash_entry(each, programme) for each in (event, moved))
    histories = [(event, ()), (event, (first,)), (moved, (first,)), (moved, (first, second)), (event, (first, second))]

    sequences = [
        read(build_calendar(programme, [replace(each, announced=published)]))[1][0]["sequence"]
        for each, published in histories
    ]

    assert ["0", "0", "1", "1", "2"] == sequences


def test_a_change_outside_the_entry_does_not_raise_its_sequence(programme):
    event = programme.events[0]

    assert hash_entry(event, programme) == hash_entry(replace(event, guests=(), cases=()), programme)
    assert 4 == len(
        {
            hash_entry(event, programme),
            hash_entry(event, replace(programme, title="Anders")),
            hash_entry(event, replace(programme, timezone="Europe/Brussels")),
            hash_entry(replace(event, agenda=()), programme),
        }
    )


def test_lines_are_folded_and_texts_escaped_as_the_standard_requires(programme):
    long = replace(
        programme.events[0], title="Ééndaagse; met komma's, \\ en C:\\Noord " + "ŀangë wóórden " * 20, theme="één\ntwee"
    )

    content = build_calendar(programme, [long])
    lines = content.split(b"\r\n")
    _, (found,) = read(content)

    assert b"" == lines[-1]
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(map(len, lines)) <= 75
    assert all(line.decode() for line in lines[:-1])  # no character is split
    assert f"Ambtenaar van Nu: {long.title}" == found["summary"]
    assert found["description"].startswith("één\ntwee\n")
    assert content == build_calendar(programme, [long])


def test_the_title_of_the_calendar_is_escaped(programme):
    content = build_calendar(replace(programme, title="Eén; twee, \\ drie"), [])

    assert "\r\nNAME:Eén\\; twee\\, \\\\ drie\r\n" in content.decode()


ZONES = ["Europe/Amsterdam", "America/New_York", "America/Curacao", "Asia/Kolkata", "Europe/London", "UTC"]


@pytest.mark.parametrize("zone", ZONES)
def test_the_time_zone_in_the_file_has_the_offsets_of_the_zone(programme, zone):
    local = ZoneInfo(zone)
    days = [
        datetime(2024, month, day, 12, tzinfo=local)
        for month in range(1, 13)
        for day in (2, 12, 30 if month != 2 else 28)
    ]
    events = [
        replace(sample.event(1), id=f"e{number}", starts=day, ends=day + timedelta(hours=1))
        for number, day in enumerate(days)
    ]

    _, found = read(build_calendar(replace(programme, timezone=zone), events))

    assert [day.astimezone(UTC) for day in days] == [parse(event["start"]) for event in found]
    assert {zone} == {event["zone"] for event in found}


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/New_York", "Europe/London"])
def test_the_offset_changes_at_the_right_hour(programme, zone):
    local = ZoneInfo(zone)
    hours = [
        (datetime(2024, month, day, tzinfo=UTC) + timedelta(hours=hour)).astimezone(local)
        for month, day in ((3, 10), (3, 31), (10, 27), (11, 3))
        for hour in range(24)
    ]
    hours = [hour for hour in hours if hour.utcoffset() == hour.replace(fold=1 - hour.fold).utcoffset()]  # unambiguous
    events = [
        replace(sample.event(1), id=f"e{number}", starts=hour, ends=hour + timedelta(hours=30))
        for number, hour in enumerate(hours)
    ]

    _, found = read(build_calendar(replace(programme, timezone=zone), events))

    assert [hour.astimezone(UTC) for hour in hours] == [parse(event["start"]) for event in found]


def test_amsterdam_has_the_rule_of_the_european_union(programme):
    raw = build_calendar(programme, programme.events).decode()

    assert "BEGIN:DAYLIGHT\r\nDTSTART:20230326T020000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\n" in raw
    assert "TZNAME:CET\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n" in raw


def test_an_online_event_has_its_address_as_location_unless_it_is_hostile(programme):
    event = replace(programme.events[0], venue=None)

    online = build_calendar(programme, [replace(event, online="https://example.org/zaal")])
    hostile = build_calendar(programme, [replace(event, online="javascript:alert(1)")])

    assert "https://example.org/zaal" == read(online)[1][0]["location"]
    assert b"javascript" not in hostile
