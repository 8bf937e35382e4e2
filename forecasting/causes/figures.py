# SPDX-License-Identifier: GPL-3.0-or-later
"""Planned business figures: how far each is, and will be, from what is usual for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..grid import step_of, wall_stamps
from ..history import History
from ..panel import Floats, Ints, Mask
from .calendar import acting
from .events import clock_of, on_the_wall, uplifts_of
from .learning import Clock
from .uplift import MOST_RATIO, without_all
from .usual import WEEKS_AROUND, around

MAD_TO_SIGMA = 1.4826
FAR = 3.0
LEAST_FAR = 0.05
LEAST = -0.95


@dataclass(frozen=True)
class Figure:
    """A KPI with a plan. away: (t + horizon,), its relative distance from the usual beyond what events do to it; NaN where unknown."""

    row: dict[str, Any]
    away: Floats


def figures_of(history: History, times: pd.DatetimeIndex, zone: str, step_s: int, known: int) -> list[Figure]:
    """The KPIs whose plan reaches into the steps after the `known` ones; `times` are on the wall clock of `zone`.

    None where the history is too short to know the season of the week: whatever shares it would seem to be a cause.
    """
    clock = clock_of(times, step_s, known)
    if not clock.weekly:
        return []
    made = []
    for name in sorted(set(history.plan["unique_id"]) & set(history.series["unique_id"])):
        row = history.row(str(name))
        stamps, values = history.piece(str(name))
        plan = history.plan[history.plan["unique_id"] == name]
        future = _on_steps(wall_stamps(_stamps(plan), zone), plan["y"].to_numpy(dtype=float), times, step_s, row)[known:]
        past = _on_steps(wall_stamps(stamps, zone), values, times, step_s, row)[:known]
        if np.isfinite(future).any() and np.isfinite(past).sum() >= 2 * clock.period and np.nanmin(past) >= 0.0:
            events = on_the_wall(acting(history.events, row), zone, times)
            calm = without_all(np.concatenate([past, future]), uplifts_of(events, past, times, step_s))
            made.append(Figure(row, _away(calm, known, clock)))
    return made


def _stamps(plan: pd.DataFrame) -> Ints:
    return np.asarray(plan["ds"].dt.as_unit("ns").astype("int64").to_numpy())


def _on_steps(stamps: Ints, values: Floats, times: pd.DatetimeIndex, step_s: int, row: dict[str, Any]) -> Floats:
    """The mean of each step's samples; where samples are farther apart than the steps, the one in force. NaN where there is none."""
    begins = times.as_unit("ns").asi8
    step = step_s * 1_000_000_000
    interval_s = row["interval_s"]
    if interval_s and step_of(float(interval_s)) > step_s:
        place = np.searchsorted(stamps, begins, side="right") - 1
        if not len(stamps):
            return np.full(len(times), np.nan)
        last = np.maximum(place, 0)
        fresh = (place >= 0) & (begins - stamps[last] < int(float(interval_s) * 1e9))
        return np.where(fresh, values[last], np.nan)
    place = (stamps - begins[0]) // step
    inside = (place >= 0) & (place < len(times))
    count = np.bincount(place[inside], minlength=len(times))
    total = np.bincount(place[inside], weights=values[inside], minlength=len(times))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _away(values: Floats, known: int, clock: Clock) -> Floats:
    """Relative distance from the usual, (t + horizon,). Where there is no plan the last day's distance goes on."""
    away = _relative(values, values[:known], clock.period)
    away = _relative(values, np.where(far(away[:known]), np.nan, values[:known]), clock.period)
    lately = away[known - clock.per_day : known]
    last = float(np.nanmean(lately)) if np.isfinite(lately).any() else 0.0
    return np.concatenate([away[:known], np.where(np.isfinite(away[known:]), away[known:], last)])


def _relative(values: Floats, calm: Floats, period: int) -> Floats:
    usual = usual_of(calm, period, len(values))
    return np.asarray(np.clip(values / np.where(usual > 0, usual, np.nan) - 1.0, LEAST, MOST_RATIO))


def far(away: Floats) -> Mask:
    """Where a figure is so far from its usual that it must not count as usual itself."""
    spread = MAD_TO_SIGMA * float(np.nanmedian(np.abs(away))) if np.isfinite(away).any() else 0.0
    return np.asarray(np.abs(away) > max(FAR * spread, LEAST_FAR))


def usual_of(values: Floats, period: int, count: int) -> Floats:
    """What is usual in each of `count` steps of which `values` are the first: the weeks around.

    After the end it is the mean of the last three weeks, at the level of the last one.
    """
    weeks = [values[len(values) - (number + 1) * period : len(values) - number * period] for number in range(WEEKS_AROUND)]
    whole = np.stack([week for week in weeks if len(week) == period])
    seen = np.isfinite(whole)
    profile = np.where(seen.any(axis=0), np.where(seen, whole, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1), np.nan)
    relative = whole[0] / np.where(profile > 0, profile, np.nan)
    level = float(np.nanmedian(relative)) if np.isfinite(relative).any() else 1.0
    ahead = np.tile(level * profile, max(WEEKS_AROUND, -(-(count - len(values)) // period)))
    return np.concatenate([around(np.concatenate([values, ahead]), period)[: len(values)], ahead])[:count]
