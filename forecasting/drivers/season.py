# SPDX-License-Identifier: GPL-3.0-or-later
"""The usual day and week of a series, and the level of each day without them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..panel import Floats

LEAST = 0.2


@dataclass(frozen=True)
class Season:
    """Season of one series. A step is level × (day + week) where the season is a share of the level, else level + day + week.

    day, week: (period,), what the time of day makes of a level, and what the day of the week adds to that; levels: (days,) of each day
    of the history, the last one last, NaN where too little of it is known.
    """

    shares: bool
    day: Floats
    week: Floats
    levels: Floats

    def at(self, place: int, level: float) -> tuple[float, float]:
        """What time of day and day of the week add to a level at a place in the week."""
        day, week = float(self.day[place]), float(self.week[place])
        return (level * (day - 1.0), level * week) if self.shares else (day, week)

    def scale(self, place: int) -> float:
        """By how much one unit of level moves a step at a place in the week."""
        return float(self.day[place] + self.week[place]) if self.shares else 1.0


def season_of(values: Floats, period: int, per_day: int) -> Season | None:
    """Measure the season of a series (t,) that ends with a whole day; None where there are not two periods of it.

    Each step is compared with the mean of the period around it, and the median over all periods counts, so that growth, steps and
    single odd days do not enter. The same shares of a level are taken where no value is negative.
    """
    count = len(values) // period
    if count < 2 or not np.isfinite(values).any():
        return None
    whole, values = values[-(len(values) // per_day) * per_day :], values[-count * period :]
    shares = bool(np.nanmin(whole) >= 0.0)
    levels = _rolling(values, period)
    if shares and not (levels[np.isfinite(levels)] > 0).any():
        return None
    away = values / np.where(levels > 0, levels, np.nan) if shares else values - levels
    table = away.reshape(count, period)
    seen = np.isfinite(table).any(axis=0)
    middle = np.full(period, 1.0 if shares else 0.0)
    middle[seen] = np.nanmedian(table[:, seen], axis=0)
    middle = middle / middle.mean() if shares and middle.mean() > 0 else middle - (0.0 if shares else middle.mean())
    day = np.tile(middle.reshape(-1, per_day).mean(axis=0), period // per_day)
    usual = np.tile(middle, count + 1)[-len(whole) :]
    return Season(shares, day, middle - day, _daily(whole, usual, per_day, shares))


def _rolling(values: Floats, period: int) -> Floats:
    """The mean of the period around each step, (t,); at the ends that of the first and last period."""
    known = np.isfinite(values)
    total, number = (np.concatenate([[0.0], np.cumsum(part)]) for part in (np.where(known, values, 0.0), known.astype(float)))
    start = np.clip(np.arange(len(values)) - period // 2, 0, len(values) - period)
    with np.errstate(invalid="ignore"):
        return np.asarray((total[start + period] - total[start]) / (number[start + period] - number[start]))


def _daily(values: Floats, season: Floats, per_day: int, shares: bool) -> Floats:
    """The level of each day: what remains of its sum when its season is taken out."""
    table, usual = values.reshape(-1, per_day), season.reshape(-1, per_day)
    known = np.isfinite(table)
    enough = known.mean(axis=1) >= LEAST
    total, expected = np.where(known, table, 0.0).sum(axis=1), np.where(known, usual, 0.0).sum(axis=1)
    number = np.maximum(known.sum(axis=1), 1)
    if shares:
        return np.where(enough & (expected > 0), total / np.where(expected > 0, expected, 1.0), np.nan)
    return np.where(enough, (total - expected) / number, np.nan)
