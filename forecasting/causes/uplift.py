# SPDX-License-Identifier: GPL-3.0-or-later
"""What one cause does to a series: how it is written, taken out of the past, and put onto the forecast.

A cause is taken out of the history before the models see it and put back onto their forecast: a handful of past events
cannot teach a model of absolute loss, but their own ratio to the weeks around them can be measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..panel import Floats

MOST_RATIO = 20.0
Source = Literal["learnt", "declared", "pooled"]


@dataclass(frozen=True)
class Uplift:
    """The effect of one cause on one series: value = base × (1 + effect × intensity).

    cause: ``event`` (`kind` is the event's kind) or ``kpi`` (`kind` is the KPI's series). effect: per unit of intensity; spread:
    the standard deviation of a single coming effect about it. occurrences: past events, or weeks, that it was measured on.
    intensity: (t + horizon,), 0 where the cause does not act; for an event its magnitude times the share of the effect that
    falls on that time of day, for a KPI its relative distance from what is usual. source: learnt from the past, declared in
    the calendar and not yet measured, or pooled from both. like: the day of the week that the event's days behave like.
    """

    kind: str
    effect: float
    spread: float
    occurrences: int
    intensity: Floats
    source: Source = "learnt"
    like: str = ""
    cause: Literal["event", "kpi"] = "event"

    def ahead(self, horizon: int) -> bool:
        """Whether it acts on any of the last `horizon` steps."""
        return bool((self.intensity[-horizon:] != 0.0).any())

    def told(self) -> dict[str, Any]:
        """What the forecast's meta says of it (schema forecast_meta, ``events`` and ``kpis``)."""
        figures = {"effect": round(self.effect, 6), "spread": round(self.spread, 6)}
        if self.cause == "kpi":
            return {"unique_id": self.kind, "weeks": self.occurrences} | figures
        made = {"kind": self.kind, "occurrences": self.occurrences, "source": self.source} | figures
        return made | ({"like": self.like} if self.like else {})


def without(values: Floats, uplift: Uplift) -> Floats:
    """The history as it would have been without the cause, (t,)."""
    factor = 1.0 + uplift.effect * uplift.intensity[: len(values)]
    return values / np.maximum(factor, 1.0 / (1.0 + MOST_RATIO))


def without_all(values: Floats, uplifts: Iterable[Uplift]) -> Floats:
    """The history without any of the causes, (t,)."""
    for uplift in uplifts:
        values = without(values, uplift)
    return values


def factors(uplift: Uplift, horizon: int, effects: Floats) -> Floats:
    """Factors (len(effects), horizon) on the coming steps for effects per unit of intensity; never below 0."""
    return np.maximum(1.0 + effects[:, None] * uplift.intensity[None, -horizon:], 0.0)
