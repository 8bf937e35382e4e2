# SPDX-License-Identifier: GPL-3.0-or-later
"""Calendars become dated occurrences, right over a change of clocks."""

from __future__ import annotations

import pandas as pd
import pytest

from forecasting.errors import InputError
from forecasting.history.events import load_events

ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:1@test
DTSTAMP:20260101T000000Z
SUMMARY:Market day
CATEGORIES:CAMPAIGN
DTSTART;TZID=Europe/Berlin:20261022T090000
DTEND;TZID=Europe/Berlin:20261022T110000
RRULE:FREQ=WEEKLY;COUNT=3
EXDATE;TZID=Europe/Berlin:20261105T090000
X-FORESTAGE-MAGNITUDE:2.5
X-FORESTAGE-DEVICES:edge-b1,edge-a1
END:VEVENT
END:VCALENDAR
"""
YML = """
- {name: Match, kind: sport, start: 2026-10-22 09:00, end: 2026-10-22 11:00, tz: Europe/Berlin, rrule: FREQ=WEEKLY;COUNT=2, sites: [a]}
"""


def test_recurrence_keeps_the_local_hour(tmp_path):
    (tmp_path / "events.ics").write_text(ICS)
    found = load_events(tmp_path)
    assert found["start"].tolist() == [pd.Timestamp("2026-10-22T07:00Z"), pd.Timestamp("2026-10-29T08:00Z")]
    assert (found["end"] - found["start"] == pd.Timedelta("2h")).all()
    first = found.iloc[0]
    assert (first["kind"], first["magnitude"], first["devices"], first["sites"]) == ("campaign", 2.5, ("edge-b1", "edge-a1"), ())


def test_yaml_events_do_the_same(tmp_path):
    (tmp_path / "events.yml").write_text(YML)
    found = load_events(tmp_path)
    assert found["start"].tolist() == [pd.Timestamp("2026-10-22T07:00Z"), pd.Timestamp("2026-10-29T08:00Z")]
    assert found["sites"].tolist() == [("a",), ("a",)]


def test_a_yaml_event_ends_in_utc_and_leaves_days_out(tmp_path):
    (tmp_path / "events.yml").write_text(
        "- {name: Match, start: 2026-10-22 09:00, end: 2026-10-22 11:00, tz: Europe/Berlin,"
        " rrule: FREQ=WEEKLY;UNTIL=20261112T080000Z, exdates: [2026-10-29, 2026-11-05 09:00]}"
    )
    assert load_events(tmp_path)["start"].tolist() == [pd.Timestamp("2026-10-22T07:00Z"), pd.Timestamp("2026-11-12T08:00Z")]


def test_what_an_event_is_expected_to_do_is_read_from_both_kinds_of_file(tmp_path):
    (tmp_path / "events.yml").write_text(
        "- {name: Black Week, kind: campaign, start: 2026-11-23, end: 2026-11-28, expected_uplift: 0.4, expected_spread: 0.1}\n"
        "- {name: All Saints, kind: holiday, start: 2026-11-01, end: 2026-11-02, like: Sunday, tz: Europe/Berlin}"
    )
    (tmp_path / "events.ics").write_text(
        ICS.replace("X-FORESTAGE-MAGNITUDE:2.5", "X-FORESTAGE-EXPECTED-UPLIFT:0.3\nX-FORESTAGE-EXPECTED-SPREAD:0.2")
    )
    found = load_events(tmp_path).drop_duplicates("name").set_index("name")
    assert tuple(found.loc["Black Week", ["expected_uplift", "expected_spread", "floating"]]) == (0.4, 0.1, True)
    assert tuple(found.loc["All Saints", ["like", "floating", "start"]]) == ("sunday", False, pd.Timestamp("2026-10-31T23:00Z"))
    assert tuple(found.loc["Market day", ["expected_uplift", "expected_spread", "floating"]]) == (0.3, 0.2, False)


@pytest.mark.parametrize(
    ("head", "floating", "start"),
    [("", True, "2026-12-24T00:00Z"), ("X-WR-TIMEZONE:Asia/Tokyo\n", False, "2026-12-23T15:00Z")],
)
def test_a_whole_day_without_a_zone_is_the_day_of_each_series_or_of_the_calendar(tmp_path, head, floating, start):
    event = "BEGIN:VEVENT\nUID:2@test\nDTSTAMP:20260101T000000Z\nSUMMARY:Eve\nDTSTART;VALUE=DATE:20261224\nEND:VEVENT\n"
    (tmp_path / "events.ics").write_text(f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n{head}{event}END:VCALENDAR\n")
    found = load_events(tmp_path).iloc[0]
    assert (bool(found["floating"]), found["start"], found["end"] - found["start"]) == (floating, pd.Timestamp(start), pd.Timedelta("1D"))


def test_no_calendar_is_an_empty_calendar(tmp_path):
    assert load_events(tmp_path).empty


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("- {name: x, start: 2026-01-02, end: 2026-01-01}", "not after its start"),
        ("- {name: x, start: 2026-01-01}", "has no end"),
        ("- {name: x, start: 2026-01-01, end: 2026-01-02, tz: Mars/Base}", "no known time zone"),
        ("- {name: x, start: 2026-01-01, end: 2026-01-02, magnitude: -1}", "not a positive number"),
        ("- {name: x, start: 2026-01-01, end: 2026-01-02, colour: red}", "unknown field 'colour'"),
        ("- {name: x, start: soon, end: 2026-01-02}", "is not a time"),
        ("- {name: x, start: 2026-01-01, end: 2026-01-02, expected_uplift: much}", "expected_uplift 'much' is not a share"),
        ("- {name: x, start: 2026-01-01, end: 2026-01-02, expected_uplift: -2}", "expected_uplift '-2' is not a share"),
        ("- {name: x, start: 2026-01-01, end: 2026-01-02, expected_spread: 0.1}", "beside an expected_uplift"),
        ("- {name: x, start: 2026-01-01, end: 2026-01-02, like: someday}", "no day of the week"),
        ("- {name: x, start: 2026-01-01, end: 2026-01-02, like: sunday, expected_uplift: 1}", "keep one of them"),
        ("- {name: x, start: 2026-01-01, end: 2026-01-02, exdates: 2026-01-03}", "exdates must be a list"),
        ("- {name: x, start: 2026-01-01, end: 2026-01-02, exdates: [[2026-01-03]]}", "is not a time"),
        ("- {name: x, start: 2026, end: 2026-01-02}", "2026 is not a time"),
        ("- {name: x, start: 2026-01-01, end: }", "None is not a time"),
        ("- {name: x, start: 2026-01-01, end: 2026-01-02, rrule: SOMETIMES}", "rrule"),
        ("- {name: x, start: 2026-01-01, end: 2026-01-02, rrule: FREQ=SECONDLY}", "repeats by the second"),
        ("- {name: x, start: 2026-01-01, end: 2026-01-02, rrule: FREQ=HOURLY}", "repeats more than 20000 times"),
        ("- {name: x, start: 2026-01-01, end: 2026-01-02, rrule: FREQ=DAILY;INTERVAL=0}", "the interval 0"),
        ("- {name: x, start: 0001-01-01, end: 0001-01-02, rrule: FREQ=HOURLY}", "give it a start from 1900 on"),
        ("- {name: x, start: 2026-13-45, end: 2026-01-02}", r"events\.yml:1: '2026-13-45' cannot be read"),
        ("- {name: x, kind: [a], start: 2026-01-01, end: 2026-01-02}", "its kind is not plain text"),
        ("- {name: {a: b}, start: 2026-01-01, end: 2026-01-02}", "its name is not plain text"),
        (f"- {{name: x, start: 2026-01-01, end: 2026-01-02, magnitude: {'9' * 400}}}", "not a positive number"),
        ("a: [", ":[12]: this is not YAML"),
        ("just words", "must be a list"),
    ],
)
def test_a_bad_yaml_event_is_refused_in_a_sentence(tmp_path, text, why):
    (tmp_path / "events.yml").write_text(text)
    with pytest.raises(InputError, match=why):
        load_events(tmp_path)


def test_a_broken_calendar_is_refused(tmp_path):
    (tmp_path / "events.ics").write_text("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:never\n")
    with pytest.raises(InputError, match=r"events\.ics"):
        load_events(tmp_path)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("FREQ=MINUTELY", r"events\.ics event 'sale'.* repeats by the minute"),
        ("FREQ=DAILY;INTERVAL=0", "the interval 0"),
        ("FREQ=HOURLY", r"events\.ics event 'sale'.* repeats more than 20000 times"),
        ("FREQ=DAILY;BYHOUR=0,1,2;BYMINUTE=0,20,40", "repeats more than 20000 times"),
    ],
)
def test_a_calendar_entry_that_never_ends_is_refused_before_it_is_counted_out(tmp_path, rule, why):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VEVENT", "UID:1", "SUMMARY:sale", "DTSTART:20200101T000000Z"]
    lines += ["DTEND:20200101T010000Z", f"RRULE:{rule}", "END:VEVENT", "END:VCALENDAR", ""]
    (tmp_path / "events.ics").write_bytes("\r\n".join(lines).encode())
    with pytest.raises(InputError, match=why):
        load_events(tmp_path)


@pytest.mark.parametrize("odd", ["DTSTART:00010101T000000Z", "DTSTART:20260101T000000Z\r\nDTSTART:20260102T000000Z"])
def test_a_calendar_of_times_that_cannot_be_is_refused(tmp_path, odd):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VEVENT", "UID:1", "SUMMARY:x", odd, "DTEND:20260103T000000Z"]
    (tmp_path / "events.ics").write_bytes("\r\n".join([*lines, "END:VEVENT", "END:VCALENDAR", ""]).encode())
    with pytest.raises(InputError, match=r"events\.ics is not a readable iCalendar file"):
        load_events(tmp_path)
