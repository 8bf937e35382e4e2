# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers and moments as a person reads them."""

from __future__ import annotations

from datetime import UTC, datetime

RATES = ((1e12, "Tbit/s"), (1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"))
METRICS = {
    "if_out_bps": "traffic out of",
    "if_in_bps": "traffic into",
    "if_drops": "drops on",
    "app_response_ms": "the response time of",
    "app_transactions": "transactions of",
    "app_error_ratio": "the error rate of",
    "sec_intrusion_attempts": "intrusion attempts on",
    "sec_malware_detections": "malware detections on",
    "kpi_active_users": "active users on",
}
AS_UNIT = {"users": "users", "packet": "packets", "ratio": "", "1": ""}


def quantity(value: float, unit: str) -> str:
    """``17.4 Mbit/s``, ``231 ms``, ``403 users``: three digits and the unit, bit rates in their natural size."""
    if unit == "bit/s":
        factor, name = next(((factor, name) for factor, name in RATES if abs(value) >= factor), (1.0, "bit/s"))
        return f"{digits(value / factor)} {name}"
    return f"{digits(value)} {AS_UNIT.get(unit, unit)}".strip()


def digits(value: float) -> str:
    """Three significant digits, never in powers of ten, thousands set apart."""
    size = abs(value)
    places = 0 if size >= 100 or size == 0 else 1 if size >= 10 else 2 if size >= 0.1 else 4
    return f"{value:,.{places}f}"


def percent(share: float) -> str:
    """A probability as ``83 %``; never 0 % or 100 %, which no forecast can promise."""
    rounded = round(100 * share)
    return "below 1 %" if rounded < 1 else "above 99 %" if rounded > 99 else f"{rounded} %"


def moment(when: datetime) -> str:
    """``Tue 24 Nov 2026 19:00 UTC``, in English whatever the locale."""
    utc = when.astimezone(UTC)
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[utc.weekday()]
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[utc.month - 1]
    return f"{day} {utc.day} {month} {utc.year} {utc:%H:%M} UTC"


def metric_words(metric: str, device: str, name: str) -> str:
    """What a metric of an object is called in a sentence: ``traffic out of core-a1 eth3``."""
    where = device if name == "device" else f"{device} {name}"
    return f"{METRICS.get(metric, metric.replace('_', ' ') + ' of')} {where}"
