# SPDX-License-Identifier: GPL-3.0-or-later
"""One way to write a moment: RFC 3339, UTC, ending in Z."""

from __future__ import annotations

from datetime import UTC, datetime

FIRST_YEAR, LAST_YEAR = 1970, 2200  # what 64 bits of nanoseconds hold, and a horizon more


def to_text(moment: datetime) -> str:
    """Write an aware datetime as ``2026-11-23T04:05:06Z`` (microseconds only when there are any)."""
    if moment.tzinfo is None:
        raise ValueError(f"the time {moment.isoformat()} has no time zone; give it one, for example UTC")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time; a time without a zone is refused, because guessing it would shift a forecast."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(f"{text!r} is not a time; write it like 2026-11-23T04:05:06Z") from None
    if moment.tzinfo is None:
        raise ValueError(f"the time {text!r} has no time zone; write it like 2026-11-23T04:05:06Z")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"the time {text!r} is not between the years {FIRST_YEAR} and {LAST_YEAR}; correct it")
    return moment.astimezone(UTC)
