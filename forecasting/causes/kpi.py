# SPDX-License-Identifier: GPL-3.0-or-later
"""Business figures as causes: how much of a KPI's distance from its usual a demand series follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..panel import Floats
from .figures import Figure, far, usual_of
from .uplift import Uplift

SURE = 2.5
MINIMUM_GAIN = 0.1
MINIMUM_WINS = 0.7
LEAST_WEEKS = 4
MOST_AWAY = 3.0


@dataclass(frozen=True)
class Link:
    """How a series follows a figure: relative change for each unit of relative change, its standard error, and what it gained."""

    effect: float
    error: float
    weeks: int
    gain: float


def kpi_uplift(row: Mapping[str, Any], values: Floats, figures: Sequence[Figure], period: int) -> Uplift | None:
    """The figure that explains most of a series beyond its season, if any does clearly; values: (t,) without event effects."""
    found: tuple[Figure, Link] | None = None
    for figure in figures:
        link = follows(values, figure.away[: len(values)], period) if may_drive(figure.row, row) else None
        if link and (found is None or link.gain > found[1].gain):
            found = figure, link
    if found is None:
        return None
    figure, link = found
    away = np.where(np.isfinite(figure.away), figure.away, 0.0)
    return Uplift(str(figure.row["unique_id"]), link.effect, link.error, link.weeks, away, cause="kpi")


def may_drive(figure: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """A figure acts on its own site, or everywhere where it has none; never on another figure."""
    if str(row["metric"]).startswith("kpi_"):
        return False
    return figure["device"] == row["device"] or not figure["site"] or figure["site"] == row["site"]


def follows(values: Floats, away: Floats, period: int) -> Link | None:
    """Measure how a series (t,) follows a figure's distance from its usual (t,); None where that does not forecast other weeks better.

    Both are compared with the weeks around, so that common seasons and common growth prove nothing. The line through the origin
    is fitted by least squares; each week is judged by the line of the other weeks (cross-validation in whole weeks, as hours
    depend on each other). Hours and weeks count by the square of the figure's distance: most are usual and tell nothing. Kept where
    the error falls by `MINIMUM_GAIN`, most weeks agree, and the effect is `SURE` times its jackknife error.
    """
    if len(values) < LEAST_WEEKS * period:
        return None
    usual = usual_of(np.where(far(away), np.nan, values), period, len(values))
    own = np.clip(values / np.where(usual > 0, usual, np.nan) - 1.0, -1.0, MOST_AWAY)
    kept = len(values) // period * period
    shape = (-1, period)
    there, here = away[-kept:].reshape(shape), own[-kept:].reshape(shape)
    known = np.isfinite(there) & np.isfinite(here)
    there, here = np.where(known, there, 0.0), np.where(known, here, 0.0)
    both, size = (there * here).sum(axis=1), (there**2).sum(axis=1)
    if (size.sum() - size).min() <= 0.0:
        return None
    others = (both.sum() - both) / (size.sum() - size)
    weight = there**2
    plain, led = (weight * np.abs(here)).sum(axis=1), (weight * np.abs(here - others[:, None] * there)).sum(axis=1)
    effect = float(both.sum() / size.sum())
    error = float(np.sqrt((len(others) - 1) / len(others) * ((others - others.mean()) ** 2).sum()))
    gain = 1.0 - float(led.sum() / plain.sum()) if plain.sum() > 0 else 0.0
    wins = float(size[led < plain].sum() / size.sum())
    if gain < MINIMUM_GAIN or wins < MINIMUM_WINS or abs(effect) < SURE * error:
        return None
    return Link(effect, error, len(others), gain)
