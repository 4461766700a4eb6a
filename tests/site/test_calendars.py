"""Events in an agenda: read back with the icalendar package, and raw."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest

from pipeline.site.calendar import calendar_of, entry_digest
from tests.site import sample


def read(content):
    calendar = icalendar.Calendar.from_ical(content)
    return calendar, list(calendar.walk("VEVENT"))


def test_an_event_is_in_the_agenda_when_and_where_it_is(programme):
    event = programme.events[0]
    _, (read_back,) = read(calendar_of(programme, [event]))

    assert (event.starts, event.ends) == (read_back.decoded("DTSTART"), read_back.decoded("DTEND"))
    assert "Ambtenaar van Nu: Burger centraal" == read_back["SUMMARY"]
    assert "Het Buurthuis, Wijnhaven 1, Den Haag" == read_back["LOCATION"]
    assert "https://example.org/ambtenaar-van-nu/events/burger-centraal/" == read_back["URL"]
    assert read_back["DESCRIPTION"].splitlines()[:2] == [event.theme, "16:30 Inloop"]


def test_the_calendar_of_the_programme_holds_all_events_each_with_a_name_of_its_own(programme):
    calendar, events = read(calendar_of(programme, programme.events))

    assert [event.starts for event in programme.events] == [each.decoded("DTSTART") for each in events]
    assert 4 == len({each["UID"] for each in events})
    assert ("2.0", "Ambtenaar van Nu") == (calendar["VERSION"], calendar["NAME"])
    assert [] == [error for each in events for error in each.errors]


def test_an_event_that_moves_keeps_its_name_and_the_later_hour_wins(programme):
    event = programme.events[0]
    moved = replace(event, starts=event.starts + timedelta(days=7), ends=event.ends + timedelta(days=7), title="Anders")
    before, after = (read(calendar_of(programme, [each]))[1][0] for each in (event, moved))

    assert before["UID"] == after["UID"]
    assert before.decoded("DTSTAMP") < after.decoded("DTSTAMP")


def test_each_change_to_a_published_entry_raises_its_sequence_by_one_before_and_after_it_is_published(programme):
    event = programme.events[0]
    moved = replace(event, starts=event.starts - timedelta(days=1))
    first, second = (entry_digest(each, programme) for each in (event, moved))
    histories = [(event, ()), (event, (first,)), (moved, (first,)), (moved, (first, second)), (event, (first, second))]

    told = [
        read(calendar_of(programme, [replace(each, announced=before)]))[1][0]["SEQUENCE"] for each, before in histories
    ]

    assert [0, 0, 1, 1, 2] == told


def test_what_no_agenda_shows_is_no_change(programme):
    event = programme.events[0]

    assert entry_digest(event, programme) == entry_digest(replace(event, guests=(), cases=()), programme)
    assert 3 == len(
        {
            entry_digest(event, programme),
            entry_digest(event, replace(programme, title="Anders")),
            entry_digest(replace(event, agenda=()), programme),
        }
    )


def test_the_bytes_keep_to_the_letter_of_the_standard(programme):
    long = replace(
        programme.events[0], title="Ééndaagse; met komma's, \\ en " + "ŀangë wóórden " * 20, theme="één\ntwee"
    )
    content = calendar_of(programme, [long])
    lines = content.split(b"\r\n")
    _, (read_back,) = read(content)

    assert b"" == lines[-1]
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(map(len, lines)) <= 75
    assert all(line.decode() for line in lines[:-1])  # no character was cut in two
    assert f"Ambtenaar van Nu: {long.title}" == read_back["SUMMARY"]
    assert read_back["DESCRIPTION"].startswith("één\ntwee\n")
    assert content == calendar_of(programme, [long])


ZONES = ["Europe/Amsterdam", "America/New_York", "America/Curacao", "Asia/Kolkata", "Europe/London", "UTC"]


@pytest.mark.parametrize("zone", ZONES)
def test_the_time_zone_that_is_written_tells_the_time_that_the_zone_tells(programme, zone):
    here = ZoneInfo(zone)
    days = [
        datetime(2024, month, day, 12, tzinfo=here)
        for month in range(1, 13)
        for day in (2, 12, 30 if month != 2 else 28)
    ]
    events = [
        replace(sample.event(1), id=f"e{nth}", starts=day, ends=day + timedelta(hours=1))
        for nth, day in enumerate(days)
    ]
    calendar, _ = read(calendar_of(replace(programme, timezone=zone), events))
    written = calendar.walk("VTIMEZONE")[0].to_tz(lookup_tzid=False)

    told = [day.replace(tzinfo=written).astimezone(UTC) for day in days]

    assert [day.astimezone(UTC) for day in days] == told


def test_amsterdam_is_told_by_the_rule_of_the_european_union(programme):
    raw = calendar_of(programme, programme.events).decode()

    assert "BEGIN:DAYLIGHT\r\nDTSTART:20230326T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n" in raw
    assert "TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\n" in raw


def test_an_event_online_leads_there_and_a_hostile_address_nowhere(programme):
    event = replace(programme.events[0], venue=None)
    there = calendar_of(programme, [replace(event, online="https://example.org/zaal")])
    nowhere = calendar_of(programme, [replace(event, online="javascript:alert(1)")])

    assert "https://example.org/zaal" == read(there)[1][0]["LOCATION"]
    assert b"javascript" not in nowhere
