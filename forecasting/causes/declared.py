# SPDX-License-Identifier: GPL-3.0-or-later
"""What the calendar says beforehand about a kind of event, and how past events are weighed against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

UNSURE = 0.5


@dataclass(frozen=True)
class Declared:
    """A declared uplift per unit of magnitude (0.4: 40 % more), its standard deviation, or the day that it makes of its days."""

    uplift: float | None = None
    spread: float = 0.0
    like: str = ""


@dataclass(frozen=True)
class Measured:
    """What past events gave: mean effect, its standard error, the deviation of single events about it, and how many there were."""

    effect: float
    error: float
    between: float
    count: int


def declared_of(events: list[dict[str, Any]], now: pd.Timestamp) -> Declared:
    """What the next event of a kind says of itself, else the last that says anything; `events` are of one kind, by start."""
    saying = [event for event in events if _says(event)]
    if not saying:
        return Declared()
    event = next((event for event in saying if event["end"] > now), saying[-1])
    expected, spread = _number(event.get("expected_uplift")), _number(event.get("expected_spread"))
    if expected is not None and spread is None:
        spread = UNSURE * abs(expected)
    return Declared(expected, spread or 0.0, _word(event.get("like")))


def _says(event: dict[str, Any]) -> bool:
    return _number(event.get("expected_uplift")) is not None or bool(_word(event.get("like")))


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def pooled(measured: Measured, declared: Declared) -> tuple[float, float]:
    """Effect, and standard deviation of a single coming effect.

    Normal prior and normal mean: each counts by the inverse of its variance, so the declared uplift weighs as much as
    ``(deviation of single events / declared spread)²`` past events. A spread of 0 is a promise that nothing can move.
    """
    if declared.uplift is None:
        return measured.effect, float(np.hypot(measured.between, measured.error))
    if declared.spread == 0.0:
        return declared.uplift, measured.between
    weights = np.array([1.0 / max(measured.error, 1e-9) ** 2, 1.0 / declared.spread**2])
    effect = float((weights * (measured.effect, declared.uplift)).sum() / weights.sum())
    return effect, float(np.hypot(measured.between, 1.0 / np.sqrt(weights.sum())))
