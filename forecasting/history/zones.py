# SPDX-License-Identifier: GPL-3.0-or-later
"""Time zones by their IANA names."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..errors import InputError


def require_zone(name: str, source: str) -> ZoneInfo:
    """The zone of that name; `source` names the file or series in the error."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(f"{source}: {name!r} is no known time zone; use a name like Europe/Berlin or UTC") from None
