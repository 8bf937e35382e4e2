# SPDX-License-Identifier: GPL-3.0-or-later
"""The calendar: iCalendar (RFC 5545) and YAML events, with recurrence and time zones, as dated occurrences.

iCalendar: SUMMARY names the event, the first of CATEGORIES is its kind; what else YAML can say is said in properties
``X-FORESTAGE-MAGNITUDE``, ``-DEVICES``, ``-SITES``, ``-METRICS`` (comma-separated), ``-EXPECTED-UPLIFT``, ``-EXPECTED-SPREAD``
and ``-LIKE``. YAML: a list of entries with the fields of `KNOWN`. See docs/events.md.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pandas as pd
import recurring_ical_events

from ..errors import InputError
from ..policies.source import read
from .occurrence import is_day, moment, occurrence, repeats, to_utc, words
from .table import EVENT_COLUMNS
from .zones import require_zone

FIRST, LAST = datetime(1990, 1, 1, tzinfo=ZoneInfo("UTC")), datetime(2060, 1, 1, tzinfo=ZoneInfo("UTC"))
MOST = 20_000
UNREADABLE = (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError)
LISTS = ("devices", "sites", "metrics")
DECLARED = ("expected_uplift", "expected_spread", "like")
KNOWN = {"name", "kind", "start", "end", "magnitude", *LISTS, *DECLARED, "rrule", "exdates", "tz"}


def load_events(folder: Path) -> pd.DataFrame:
    """All occurrences in ``events.ics`` and ``events.yml`` of a folder; columns `EVENT_COLUMNS`, sorted by start.

    start and end are UTC (end exclusive); devices, sites and metrics are tuples, empty where the event acts everywhere.
    """
    rows: list[dict[str, Any]] = []
    if (folder / "events.ics").is_file():
        rows += read_ics(folder / "events.ics")
    if (folder / "events.yml").is_file():
        rows += read_yml(folder / "events.yml")
    return event_table(rows)


def event_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Occurrences as a table, columns `EVENT_COLUMNS`, sorted by start."""
    table = pd.DataFrame(rows, columns=list(EVENT_COLUMNS))
    for column in ("start", "end"):
        table[column] = pd.to_datetime(table[column], utc=True)
    return table.sort_values(["start", "name"], ignore_index=True)


def read_ics(path: Path) -> list[dict[str, Any]]:
    """Every occurrence of every event in an iCalendar file.

    A whole day, and a time without a zone, is one on the clock of each series (RFC 5545, 3.3.5: floating), or of the calendar's own
    ``X-WR-TIMEZONE``.
    """
    try:
        calendar = icalendar.Calendar.from_ical(path.read_bytes())
        for component in calendar.walk("VEVENT"):
            _check_rules(component, f"{path} event {str(component.get('SUMMARY', 'event'))!r}")
        found = list(recurring_ical_events.of(calendar).between(FIRST, LAST))
    except InputError:
        raise
    except UNREADABLE as error:
        raise InputError(f"{path} is not a readable iCalendar file ({error}); export it again") from None
    if len(found) > MOST:
        raise InputError(f"{path} has more than {MOST} occurrences until 2060; give its recurrences an UNTIL or a COUNT")
    own = calendar.get("X-WR-TIMEZONE")
    zone = require_zone(str(own), f"{path} X-WR-TIMEZONE") if own else None
    return [_from_component(component, zone, path) for component in found]


def _check_rules(component: Any, where: str) -> None:
    """Raise `InputError` where an event repeats too often, before its occurrences are made one by one."""
    rules = component.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        start = component.decoded("DTSTART")
        zone = getattr(start, "tzinfo", None) or ZoneInfo("UTC")
        begin = start.replace(tzinfo=None) if isinstance(start, datetime) else datetime.combine(start, time())
        repeats(rule.to_ical().decode(), begin, zone, where, (FIRST, LAST), MOST)


def _from_component(component: Any, own: ZoneInfo | None, path: Path) -> dict[str, Any]:
    name = str(component.get("SUMMARY", "event"))
    where = f"{path} event {name!r}"
    start = component.decoded("DTSTART")
    end = component.decoded("DTEND", None) or (start + component.decoded("DURATION", _default_length(start)))
    categories = component.get("CATEGORIES")
    if isinstance(categories, list):
        categories = categories[0]
    kinds = [str(kind) for kind in categories.cats] if categories is not None else []
    raw = {
        "name": name,
        "kind": kinds[0].lower() if kinds else "event",
        "magnitude": component.get("X-FORESTAGE-MAGNITUDE", 1.0),
        "floating": _zoneless(start) and own is None,
        **{key: words(component.get(f"X-FORESTAGE-{key.upper()}")) for key in LISTS},
        **{key: component.get(f"X-FORESTAGE-{key.upper().replace('_', '-')}") for key in DECLARED},
    }
    zone = own or ZoneInfo("UTC")
    return occurrence(raw, moment(start, zone, where), moment(end, zone, where), where)


def _zoneless(value: date | datetime) -> bool:
    return not isinstance(value, datetime) or value.tzinfo is None


def _default_length(start: date | datetime) -> timedelta:
    return timedelta(hours=1) if isinstance(start, datetime) else timedelta(days=1)


def read_yml(path: Path) -> list[dict[str, Any]]:
    """Every occurrence of every event in a YAML list; `rrule` (RFC 5545) repeats one on the clock of its `tz`, but for `exdates`."""
    source = read(path)
    listed = source.data
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise InputError(f"{path} must be a list of events, each with name, start and end")
    return [row for place, entry in enumerate(listed) for row in _from_entry(entry, f"{path}:{source.line((place,))} event {place + 1}")]


def _from_entry(entry: dict[str, Any], where: str) -> list[dict[str, Any]]:
    odd = sorted(set(map(str, entry)) - KNOWN)
    if odd:
        raise InputError(f"{where}: unknown field {odd[0]!r}; use {', '.join(sorted(KNOWN))}")
    for key in ("name", "start", "end"):
        if key not in entry:
            raise InputError(f"{where} has no {key}; add it")
    for key in ("name", "kind"):
        if isinstance(entry.get(key), (list, dict)):
            raise InputError(f"{where}: its {key} is not plain text; write a word or two")
    zone = require_zone(str(entry.get("tz", "UTC")), where)
    start, end = _local(entry["start"], zone, where), _local(entry["end"], zone, where)
    days = is_day(entry["start"]) and is_day(entry["end"])
    raw = {"kind": "event", "magnitude": 1.0} | entry | {key: words(entry.get(key)) for key in LISTS}
    raw |= {"floating": days and "tz" not in entry}
    starts = repeats(str(entry["rrule"]), start, zone, where, (FIRST, LAST), MOST) if "rrule" in entry else [start]
    left = _left_out(entry.get("exdates", []), zone, where)
    length = end - start
    kept = [begin for begin in starts if begin not in left and begin.date() not in left]
    return [occurrence(raw, to_utc(begin, zone), to_utc(begin + length, zone), where) for begin in kept]


def _left_out(listed: Any, zone: ZoneInfo, where: str) -> set[date]:
    """The days, and starts on the event's own clock, on which it does not repeat."""
    if not isinstance(listed, list):
        raise InputError(f"{where}: exdates must be a list of days or starts, like [2026-12-25]")
    return {value if is_day(value) else _local(value, zone, where) for value in listed}


def _local(value: Any, zone: ZoneInfo, where: str) -> datetime:
    """The time on the event's own clock, naive."""
    return moment(value, zone, where).tz_convert(zone).tz_localize(None).to_pydatetime()
