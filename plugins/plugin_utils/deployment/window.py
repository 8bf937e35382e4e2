# SPDX-License-Identifier: GPL-3.0-or-later
"""Change windows and freezes, on the wall clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class WindowError(ValueError):
    """A window or freeze that cannot be read; the text names the value and the mend."""


def hindrance(window: Mapping[str, Any] | None, freeze_until: str | None, now: datetime | None = None) -> str:
    """Why nothing may be deployed now, as a sentence; empty when it may.

    Args:
        window: ``start`` and ``end`` (HH:MM as text; an end before the start is on the next day), ``days`` on which it
            starts (mon … sun, all by default) and ``timezone`` (UTC by default); None or empty for no window.
        freeze_until: RFC 3339 time or date (UTC) before which nothing is deployed; None or empty for no freeze.
        now: aware time; the clock's by default.

    Raises:
        WindowError: a value cannot be read.
    """
    at = now or datetime.now(UTC)
    if freeze_until and at < _moment(str(freeze_until)):
        return f"Changes are frozen until {freeze_until}."
    if window and not _inside(window, at):
        days = ", ".join(window.get("days") or DAYS)
        return f"The change window is {window['start']} to {window['end']} {window.get('timezone', 'UTC')} on {days}; it is not open now."
    return ""


def _inside(window: Mapping[str, Any], at: datetime) -> bool:
    try:
        zone = ZoneInfo(str(window.get("timezone", "UTC")))
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise WindowError(f"deploy_window: {error} is no timezone; name it like Europe/Berlin") from None
    start, end = (_clock(window, key) for key in ("start", "end"))
    days = window.get("days") or DAYS
    strange = [day for day in days if day not in DAYS]
    if strange:
        raise WindowError(f"deploy_window: {strange[0]!r} is no day; use {', '.join(DAYS)}")
    local = at.astimezone(zone)
    first = local.date() if start < end or local.time() >= start else local.date() - timedelta(days=1)
    opened = start <= local.time() < end if start < end else local.time() >= start or local.time() < end
    return opened and DAYS[first.weekday()] in days


def _clock(window: Mapping[str, Any], key: str) -> time:
    """A time of day; a number is refused, because YAML reads an unquoted 22:00 as 1320, in minutes."""
    value = window.get(key)
    if not isinstance(value, str) or not CLOCK.fullmatch(value):
        raise WindowError(f'deploy_window: {key} {value!r} is no time of day; write it in quotes as HH:MM, like {key}: "22:00"')
    return time.fromisoformat(value)


def _moment(text: str) -> datetime:
    try:
        if len(text) == len("2026-01-01"):
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WindowError(f"deploy_freeze_until: {text!r} cannot be read; give a time such as 2026-12-24T00:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
