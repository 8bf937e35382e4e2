# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers and moments as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from .contracts.durations import spoken

RATES = ((1e12, "Tbit/s"), (1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"))
METRICS = {
    "if_out_bps": ("traffic out of", "is"),
    "if_in_bps": ("traffic into", "is"),
    "if_drops": ("drops on", "are"),
    "app_response_ms": ("the response time of", "is"),
    "app_transactions": ("transactions of", "are"),
    "app_error_ratio": ("the error rate of", "is"),
    "sec_intrusion_attempts": ("intrusion attempts on", "are"),
    "sec_malware_detections": ("malware detections on", "are"),
    "kpi_active_users": ("active users on", "are"),
}
COUNTED = frozenset({"attempt", "detection", "event", "packet", "transaction", "user"})
NAMELESS = frozenset({"ratio", "1"})


def unit_of(row: Mapping[str, Any]) -> str:
    """The unit of a series row as a sentence needs it; a count is one per sampling interval."""
    per = f" per {spoken(float(row['interval_s']))}" if row["kind"] == "event_count" and row.get("interval_s") else ""
    return f"{row['unit']}{per}"


def quantity(value: float, unit: str) -> str:
    """``17.4 Mbit/s``, ``231 ms``, ``403 users``: three digits and the unit, bit rates in their natural size."""
    if unit == "bit/s":
        factor, name = next(((factor, name) for factor, name in RATES if abs(value) >= factor), (1.0, "bit/s"))
        return f"{digits(value / factor)} {name}"
    return f"{digits(value)} {unit_word(unit)}".strip()


def unit_word(unit: str) -> str:
    """The unit behind a number: counted things in the plural, none for a ratio."""
    first, _unused, rest = unit.partition(" ")
    word = "" if first in NAMELESS else f"{first}s" if first in COUNTED else first
    return f"{word} {rest}".strip()


def digits(value: float) -> str:
    """Three significant digits, never in powers of ten, thousands set apart, no idle zeros."""
    size = abs(value)
    places = 0 if size >= 100 or size == 0 else 1 if size >= 10 else 2 if size >= 0.1 else 4
    text = f"{value:,.{places}f}".replace("-", "−")
    return text.rstrip("0").rstrip(".") if places else text


def percent(share: float) -> str:
    """A probability as ``83 %``; never 0 % or 100 %, which no forecast can promise."""
    rounded = round(100 * share)
    return "below 1 %" if rounded < 1 else "above 99 %" if rounded > 99 else f"{rounded} %"


def moment(when: datetime) -> str:
    """``Tue 24 Nov 19:00 UTC``, in English whatever the locale."""
    utc = when.astimezone(UTC)
    return f"{day(when)} {utc:%H:%M} UTC"


def day(when: datetime) -> str:
    """``Tue 24 Nov``, in English whatever the locale."""
    utc = when.astimezone(UTC)
    name = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[utc.weekday()]
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[utc.month - 1]
    return f"{name} {utc.day} {month}"


def subject(metric: str, device: str, name: str) -> str:
    """What a metric of an object is called in a sentence: ``traffic out of core-a1 eth3``."""
    where = device if name == "device" else f"{device} {name}"
    return f"{METRICS[metric][0] if metric in METRICS else metric.replace('_', ' ') + ' of'} {where}"


def verb(metric: str) -> str:
    """``is`` or ``are``, as the subject of this metric asks."""
    return METRICS[metric][1] if metric in METRICS else "is"
