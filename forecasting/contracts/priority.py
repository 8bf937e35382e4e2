# SPDX-License-Identifier: GPL-3.0-or-later
"""The one formula that ranks changes: confidence × severity × criticality × urgency.

Monotone in each factor. A change of critical severity that is not mere noise never falls below
the critical tier, so that a low product cannot bury a bottleneck. Waiting raises the rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

SEVERITY = {"minor": 0.4, "major": 0.7, "critical": 1.0}
CRITICALITY = {"low": 0.5, "normal": 0.7, "high": 0.85, "critical": 1.0}
URGENCY_FLOOR = 0.3
URGENCY_HALF_LIFE_H = 72.0
BOTTLENECK_CONFIDENCE = 0.3
BOTTLENECK_FLOOR = 75.0
AGING_PER_DAY = 2.0
AGING_MOST = 20.0
TIERS = ((75.0, "critical"), (50.0, "high"), (25.0, "normal"))


@dataclass(frozen=True)
class Factors:
    """What a priority is made of. `needed_by` and `waiting_since` are aware datetimes or None."""

    confidence: float
    severity: str
    criticality: str
    needed_by: datetime | None = None
    waiting_since: datetime | None = None


@dataclass(frozen=True)
class Priority:
    """A priority from 0 to 100 and the sentence that explains it."""

    value: float
    reason: str

    @classmethod
    def of(cls, factors: Factors, now: datetime) -> Priority:
        """Rank `factors` as seen at `now`."""
        urgency = _urgency(factors.needed_by, now)
        product = 100.0 * factors.confidence * SEVERITY[factors.severity] * CRITICALITY[factors.criticality] * urgency
        value = product
        bottleneck = factors.severity == "critical" and factors.confidence >= BOTTLENECK_CONFIDENCE
        if bottleneck:
            value = BOTTLENECK_FLOOR + product * (100.0 - BOTTLENECK_FLOOR) / 100.0
        aging = _aging(factors.waiting_since, now)
        value = round(min(100.0, value + aging), 3)
        parts = (
            f"confidence {factors.confidence:.2f} × severity {factors.severity} × criticality {factors.criticality} × urgency {urgency:.2f}"
        )
        extra = (", kept in the critical tier as a bottleneck" if bottleneck else "") + (f", +{aging:.1f} for waiting" if aging else "")
        return cls(value, parts + extra)


def _urgency(needed_by: datetime | None, now: datetime) -> float:
    """1 when it is due, halving towards the floor with every three days left; the floor where no date is known."""
    if needed_by is None:
        return URGENCY_FLOOR
    hours_left = max(0.0, (needed_by - now).total_seconds() / 3600.0)
    return float(URGENCY_FLOOR + (1.0 - URGENCY_FLOOR) * 0.5 ** (hours_left / URGENCY_HALF_LIFE_H))


def _aging(waiting_since: datetime | None, now: datetime) -> float:
    if waiting_since is None:
        return 0.0
    days = max(0.0, (now - waiting_since).total_seconds() / 86400.0)
    return min(AGING_MOST, AGING_PER_DAY * days)


def tier_of(value: float) -> str:
    """The name of the tier that a priority falls into: critical, high, normal or low."""
    return next((name for bound, name in TIERS if value >= bound), "low")
