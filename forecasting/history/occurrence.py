# SPDX-License-Identifier: GPL-3.0-or-later
"""One dated occurrence of an event: its times read, its recurrence followed, its fields checked."""

from __future__ import annotations

import re
from datetime import date, datetime, time, tzinfo
from itertools import islice, takewhile
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]

from ..errors import InputError
from .table import EVENT_COLUMNS

MOST_UPLIFT = 20.0
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UNTIL_UTC = re.compile(r"(?<=UNTIL=)\d{8}T\d{6}Z", re.IGNORECASE)
EARLIEST = 1900
AT_REST = re.compile(r"INTERVAL=0+(?![0-9])", re.IGNORECASE)
HASTE = re.compile(r"FREQ=(SECOND|MINUTE)", re.IGNORECASE)
STAMP = "%Y%m%dT%H%M%S"


def words(text: Any) -> tuple[str, ...]:
    """A list, or a text with commas between its words."""
    if text is None:
        return ()
    parts = text if isinstance(text, list | tuple) else str(text).replace("\\,", ",").split(",")
    return tuple(str(part).strip() for part in parts if str(part).strip())


def is_day(value: Any) -> bool:
    """Whether a value of the calendar is a date without an hour."""
    return isinstance(value, date) and not isinstance(value, datetime)


def moment(value: Any, zone: ZoneInfo, where: str) -> pd.Timestamp:
    """A time in UTC; one without a zone is on the clock of `zone`, a date is its midnight."""
    if is_day(value):
        value = datetime.combine(value, time.min)
    try:
        found = pd.Timestamp(value) if isinstance(value, datetime | str) else pd.NaT
    except ValueError:
        found = pd.NaT
    if not isinstance(found, pd.Timestamp):
        raise InputError(f"{where}: {value!r} is not a time; write it like 2026-11-23T04:05:06Z")
    if found.tzinfo is None:
        found = pd.Timestamp(found.to_pydatetime().replace(tzinfo=zone))
    return found.tz_convert("UTC")


def to_utc(local: datetime, zone: ZoneInfo) -> pd.Timestamp:
    """What the clock of `zone` shows, as a moment."""
    return pd.Timestamp(local.replace(tzinfo=zone)).tz_convert("UTC")


def repeats(rule: str, start: datetime, zone: tzinfo, where: str, between: tuple[datetime, datetime], most: int) -> list[datetime]:
    """Starts on the local clock (naive), so that a weekly nine o'clock stays nine o'clock over a change of clocks."""

    def local(until: re.Match[str]) -> str:
        return datetime.strptime(f"{until[0][:-1]}+0000", f"{STAMP}%z").astimezone(zone).strftime(STAMP)

    first, last = (edge.replace(tzinfo=None) for edge in between)
    _refuse_endless(rule, start, where)
    try:
        every = rrulestr(UNTIL_UTC.sub(local, rule), dtstart=start).xafter(first, inc=True)
        starts = list(islice(takewhile(lambda moment: moment <= last, every), most + 1))
    except (ValueError, TypeError) as error:
        raise InputError(f"{where}: the rrule {rule!r} is not valid ({error}); write it like FREQ=WEEKLY;COUNT=4") from None
    if len(starts) > most:
        raise InputError(f"{where}: the rrule {rule!r} repeats more than {most} times; give it an UNTIL or a COUNT")
    return starts


def _refuse_endless(rule: str, start: datetime, where: str) -> None:
    """Raise `InputError` where counting takes hours: an event every second or minute, one that never moves on, one since ages ago."""
    found = HASTE.search(rule)
    if found:
        raise InputError(f"{where}: the rrule {rule!r} repeats by the {found[1].lower()}; give it a frequency of an hour or more")
    if AT_REST.search(rule):
        raise InputError(f"{where}: the rrule {rule!r} has the interval 0; give it one of 1 or more")
    if start.year < EARLIEST:
        raise InputError(f"{where} repeats since {start.year}; give it a start from {EARLIEST} on")


def occurrence(raw: dict[str, Any], start: pd.Timestamp, end: pd.Timestamp, where: str) -> dict[str, Any]:
    """A row of the calendar (columns `EVENT_COLUMNS`). Raises `InputError` for a field that cannot be."""
    if end <= start:
        raise InputError(f"{where} ends at {end}, not after its start {start}; correct one of them")
    magnitude = _number(raw["magnitude"])
    if magnitude is None or not 0.0 < magnitude < 1e12:
        raise InputError(f"{where}: the magnitude {str(raw['magnitude'])!r} is not a positive number; correct it")
    made = {**{column: raw.get(column) for column in EVENT_COLUMNS}, "start": start, "end": end, "magnitude": magnitude}
    return made | _declared(raw, where) | {"floating": bool(raw.get("floating"))}


def _declared(raw: dict[str, Any], where: str) -> dict[str, Any]:
    """What the entry says of its effect beforehand."""
    uplift, spread, like = (raw.get(name) for name in ("expected_uplift", "expected_spread", "like"))
    share, deviation, day = _number(uplift), _number(spread), str(like).strip().lower() if like else None
    if uplift is not None and not _within(share, -1.0):
        raise InputError(f"{where}: the expected_uplift {str(uplift)!r} is not a share from -1 to {MOST_UPLIFT:g}; 0.4 means 40 % more")
    if spread is not None and (uplift is None or not _within(deviation, 0.0)):
        raise InputError(f"{where}: the expected_spread {str(spread)!r} is not a share beside an expected_uplift; write one like 0.1")
    if like and day not in DAYS:
        raise InputError(f"{where}: like {str(like)!r} is no day of the week; write one like sunday")
    if like and uplift is not None:
        raise InputError(f"{where} has both like and expected_uplift; keep one of them")
    return {"expected_uplift": share, "expected_spread": deviation, "like": day}


def _within(value: float | None, least: float) -> bool:
    return value is not None and least <= value <= MOST_UPLIFT


def _number(value: Any) -> float | None:
    """A finite number, or None."""
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if isfinite(found) else None
