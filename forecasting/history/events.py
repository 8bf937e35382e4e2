# SPDX-License-Identifier: GPL-3.0-or-later
"""The calendar: iCalendar (RFC 5545) and YAML events, with recurrence and time zones, as dated occurrences.

iCalendar: SUMMARY names the event, the first of CATEGORIES is its kind; X-FORESTAGE-MAGNITUDE (a positive number, for
example the expected attendance), X-FORESTAGE-DEVICES, X-FORESTAGE-SITES and X-FORESTAGE-METRICS (comma-separated) say how
strong it is and where it acts. YAML: a list of ``{name, kind, start, end, magnitude, devices, sites, metrics, rrule, tz}``.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pandas as pd
import recurring_ical_events
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]

from ..errors import InputError
from .reading import read_yaml
from .table import EVENT_COLUMNS
from .zones import require_zone

FIRST, LAST = datetime(1990, 1, 1, tzinfo=ZoneInfo("UTC")), datetime(2060, 1, 1, tzinfo=ZoneInfo("UTC"))
MOST = 20_000
KNOWN = {"name", "kind", "start", "end", "magnitude", "devices", "sites", "metrics", "rrule", "tz"}


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
    """Every occurrence of every event in an iCalendar file. A floating time is UTC."""
    try:
        calendar = icalendar.Calendar.from_ical(path.read_bytes())
        found = list(recurring_ical_events.of(calendar).between(FIRST, LAST))
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise InputError(f"{path} is not a readable iCalendar file ({error}); export it again") from None
    if len(found) > MOST:
        raise InputError(f"{path} has more than {MOST} occurrences until 2060; give its recurrences an UNTIL or a COUNT")
    return [_from_component(component, path) for component in found]


def _from_component(component: Any, path: Path) -> dict[str, Any]:
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
        **{key: _words(component.get(f"X-FORESTAGE-{key.upper()}")) for key in ("devices", "sites", "metrics")},
    }
    return _occurrence(raw, _moment(start, ZoneInfo("UTC"), where), _moment(end, ZoneInfo("UTC"), where), where)


def _default_length(start: date | datetime) -> timedelta:
    return timedelta(hours=1) if isinstance(start, datetime) else timedelta(days=1)


def _words(text: Any) -> tuple[str, ...]:
    if text is None:
        return ()
    parts = text if isinstance(text, list | tuple) else str(text).replace("\\,", ",").split(",")
    return tuple(str(part).strip() for part in parts if str(part).strip())


def read_yml(path: Path) -> list[dict[str, Any]]:
    """Every occurrence of every event in a YAML list; `rrule` (RFC 5545) repeats one on the clock of its `tz`."""
    listed = read_yaml(path)
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise InputError(f"{path} must be a list of events, each with name, start and end")
    return [row for number, entry in enumerate(listed, 1) for row in _from_entry(entry, f"{path} event {number}")]


def _from_entry(entry: dict[str, Any], where: str) -> list[dict[str, Any]]:
    odd = sorted(set(map(str, entry)) - KNOWN)
    if odd:
        raise InputError(f"{where}: unknown field {odd[0]!r}; use {', '.join(sorted(KNOWN))}")
    for key in ("name", "start", "end"):
        if key not in entry:
            raise InputError(f"{where} has no {key}; add it")
    zone = require_zone(str(entry.get("tz", "UTC")), where)
    start, end = _local(entry["start"], zone, where), _local(entry["end"], zone, where)
    raw = {"kind": "event", "magnitude": 1.0} | entry | {key: _words(entry.get(key)) for key in ("devices", "sites", "metrics")}
    starts = _repeats(str(entry["rrule"]), start, where) if "rrule" in entry else [start]
    length = end - start
    return [_occurrence(raw, _to_utc(begin, zone), _to_utc(begin + length, zone), where) for begin in starts]


def _repeats(rule: str, start: datetime, where: str) -> list[datetime]:
    """Starts on the local clock (naive), so that a weekly nine o'clock stays nine o'clock over a change of clocks."""
    try:
        starts = rrulestr(rule, dtstart=start).between(FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None), inc=True)
    except (ValueError, TypeError) as error:
        raise InputError(f"{where}: the rrule {rule!r} is not valid ({error}); write it like FREQ=WEEKLY;COUNT=4") from None
    if len(starts) > MOST:
        raise InputError(f"{where}: the rrule {rule!r} repeats more than {MOST} times; give it an UNTIL or a COUNT")
    return list(starts)


def _local(value: Any, zone: ZoneInfo, where: str) -> datetime:
    """The time on the event's own clock, naive."""
    return _moment(value, zone, where).tz_convert(zone).tz_localize(None).to_pydatetime()


def _to_utc(local: datetime, zone: ZoneInfo) -> pd.Timestamp:
    return pd.Timestamp(local.replace(tzinfo=zone)).tz_convert("UTC")


def _moment(value: Any, zone: ZoneInfo, where: str) -> pd.Timestamp:
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    try:
        moment = pd.Timestamp(value)
    except (ValueError, TypeError):
        raise InputError(f"{where}: {value!r} is not a time; write it like 2026-11-23T04:05:06Z") from None
    if moment.tzinfo is None:
        moment = pd.Timestamp(moment.to_pydatetime().replace(tzinfo=zone))
    return moment.tz_convert("UTC")


def _occurrence(raw: dict[str, Any], start: pd.Timestamp, end: pd.Timestamp, where: str) -> dict[str, Any]:
    if end <= start:
        raise InputError(f"{where} ends at {end}, not after its start {start}; correct one of them")
    try:
        magnitude = float(raw["magnitude"])
    except (TypeError, ValueError):
        magnitude = -1.0
    if not 0.0 < magnitude < 1e12:
        raise InputError(f"{where}: the magnitude {str(raw['magnitude'])!r} is not a positive number; correct it")
    return {**{column: raw.get(column) for column in EVENT_COLUMNS}, "start": start, "end": end, "magnitude": magnitude}
