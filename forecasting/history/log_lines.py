# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of security logs → records. A line is hostile text: it becomes a record or a `BadLine`, never anything else.

Sources: Suricata's manual, "EVE JSON Format"; RFC 5424 and RFC 3164 (which has neither year nor zone), with or without the
leading priority, and rsyslog's own file format, RFC 3164 with an ISO 8601 time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from .attacks import Finding, of_alert, of_message

MONTHS = {name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
NEW = re.compile(r"<\d{1,3}>1 (?P<at>\S+) (?P<host>\S+) (?P<text>.*)", re.DOTALL)
OLD = re.compile(
    r"(?:<\d{1,3}>)?(?P<month>[A-Z][a-z]{2}) (?P<day>[ 0-3]?\d) (?P<clock>\d\d:\d\d:\d\d) (?P<host>\S+) (?P<text>.*)", re.DOTALL | re.ASCII
)
ISO = re.compile(r"(?:<\d{1,3}>)?(?P<at>\d{4}-\d\d-\d\dT\S+) (?P<host>\S+) (?P<text>.*)", re.DOTALL | re.ASCII)
NO_HOST = ("", "-")
A_DAY = timedelta(days=1)
LEAP_YEARS_APART = 9


class BadLine(ValueError):
    """The line is no record of this format."""


class Record(NamedTuple):
    """at: Unix time, s; host: as the log names it, empty where it does not; finding: what it counts as, mostly nothing."""

    at: float
    host: str
    finding: Finding | None


class Clock(NamedTuple):
    """What a time without zone or year means: the zone, and a moment that no record is later than by more than a day."""

    zone: tzinfo
    latest: datetime


def eve(line: str, clock: Clock, rules: Sequence[Mapping[str, str]]) -> Record:
    """A line of Suricata's ``eve.json``."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise BadLine("no JSON") from None
    if not isinstance(value, dict) or not isinstance(value.get("timestamp"), str):
        raise BadLine("no record with a timestamp")
    return Record(_iso(value["timestamp"], clock), _host(value.get("host", "")), _alert(value, rules))


def _alert(value: dict[str, Any], rules: Sequence[Mapping[str, str]]) -> Finding | None:
    alert = value.get("alert")
    return of_alert(alert, rules) if value.get("event_type") == "alert" and isinstance(alert, dict) else None


def syslog(line: str, clock: Clock, rules: Sequence[Mapping[str, str]]) -> Record:
    """A line of syslog, in any of the three formats."""
    found = NEW.fullmatch(line) or ISO.fullmatch(line)
    if found:
        return Record(_iso(found["at"], clock), _host(found["host"]), of_message(found["text"], rules))
    found = OLD.fullmatch(line)
    if not found or found["month"] not in MONTHS:
        raise BadLine("no syslog")
    return Record(_yearless(found, clock), _host(found["host"]), of_message(found["text"], rules))


def _host(value: Any) -> str:
    return "" if not isinstance(value, str) or value in NO_HOST else value


def _iso(text: str, clock: Clock) -> float:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=clock.zone)).timestamp()
    except (ValueError, OverflowError):
        raise BadLine("no time") from None


def _yearless(found: re.Match[str], clock: Clock) -> float:
    """The latest such day and time that is at most a day after the latest moment."""
    hour, minute, second = map(int, found["clock"].split(":"))
    for year in range(clock.latest.year + 1, clock.latest.year - LEAP_YEARS_APART, -1):
        try:
            moment = datetime(year, MONTHS[found["month"]], int(found["day"]), hour, minute, min(second, 59), tzinfo=clock.zone)
            if moment <= clock.latest + A_DAY:
                return moment.timestamp()
        except (ValueError, OverflowError):
            continue
    raise BadLine("no day of any year")
