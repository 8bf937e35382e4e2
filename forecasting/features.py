# SPDX-License-Identifier: GPL-3.0-or-later
"""What a direct multi-horizon model sees: the same phase in the last days and weeks, each window in its own scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .panel import Floats, Ints, Panel

DAY_LAGS = 7
WEEK_LAGS = 3
LEVEL_SHARE = 1e-3
TINY = 1e-9
CLOCKS = 4  # the last features: the step ahead, the place in the day, the day of the week, the kind of series


@dataclass(frozen=True)
class Window:
    """Features of all series at one origin. x: (n, s, f) float32 for the s asked steps; level and scale: (n, 1)."""

    x: NDArray[np.float32]
    level: Floats
    scale: Floats

    def in_units(self, scaled: Floats) -> Floats:
        """Forecasts (n, s) in the windows' scale, in the series' unit."""
        return np.asarray(scaled * self.scale + self.level)


def mean_of_known(values: Floats, axis: int) -> Floats:
    """The mean of the finite values over an axis that is kept; NaN where there are none.

    As `numpy.nanmean`, but silent where nothing is known: filters of warnings are no business of threads.
    """
    known = np.isfinite(values)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(np.where(known, values, 0.0).sum(axis=axis, keepdims=True) / known.sum(axis=axis, keepdims=True))


def _spread(values: Floats, middle: Floats, axis: int) -> Floats:
    """The root mean square of the finite values about `middle`, over an axis that is kept; NaN where there are none."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore", over="ignore"):
        square = np.where(known, values - middle, 0.0) ** 2
        return np.asarray(np.sqrt(square.sum(axis=axis, keepdims=True) / known.sum(axis=axis, keepdims=True)))


def level_and_scale(past: Floats, season: int, long_season: int) -> tuple[Floats, Floats]:
    """The mean of the last day and the mean spread around the last week, (n, 1) each; NaN before a series begins."""
    level = mean_of_known(past[:, -season:], 1)
    recent = past[:, -(long_season or 7 * season) :]
    spread = mean_of_known(np.abs(recent - mean_of_known(recent, 1)), 1)
    return level, spread + LEVEL_SHARE * np.abs(level) + TINY


def _at(past: Floats, index: Ints) -> Floats:
    """Values at the steps `index` (s,), NaN before the beginning; shape (n, s)."""
    found = past[:, np.maximum(index, 0)]
    return np.where(index >= 0, found, np.nan)


def same_phase(past: Floats, steps: Ints, period: int, count: int) -> Floats:
    """The last `count` values at the same phase of `period` as each future step: shape (n, s, count)."""
    newest = past.shape[1] + steps - (steps // period + 1) * period
    return np.stack([_at(past, newest - lag * period) for lag in range(count)], axis=-1)


def _recent(past: Floats, season: int) -> Floats:
    """Short-term state, the same for every step: last values, recent means, the last change of a season; (n, r)."""
    length = past.shape[1]
    points = [min(distance, length) for distance in (1, 2, 3, max(season // 4, 1), max(season // 2, 1))]
    spans = (3, max(season // 4, 1), 7 * season)
    last = [past[:, -distance, None] for distance in points]
    means = [mean_of_known(past[:, -span:], 1) for span in spans]
    day_before = mean_of_known(past[:, -2 * season : -season], 1) if length > season else np.full((len(past), 1), np.nan)
    return np.concatenate([*last, *means, day_before], axis=1)


def _drifting(past: Floats, weeks: Floats, steps: Ints, long_season: int) -> Floats:
    """The same phase of last week, moved on by as many of the last week's change of level as lie between; (n, s, 0 or 1)."""
    if not long_season:
        return weeks
    change = mean_of_known(past[:, -long_season:], 1) - mean_of_known(past[:, -2 * long_season : -long_season], 1)
    return weeks[:, :, :1] + ((steps // long_season + 1) * change)[:, :, None]


def window(panel: Panel, origin: int, steps: Ints) -> Window:
    """Features for forecasting `steps` (0 = the first after the past) from what lies before `origin`."""
    past = panel.y[:, :origin]
    level, scale = level_and_scale(past, panel.season, panel.long_season)
    days = same_phase(past, steps, panel.season, DAY_LAGS)
    weeks = same_phase(past, steps, panel.long_season, WEEK_LAGS) if panel.long_season else np.empty((*days.shape[:2], 0))
    recent = _recent(past, panel.season)
    change = past[:, -1:] - past[:, -1 - panel.season, None] if origin > panel.season else np.full_like(level, np.nan)
    middle = mean_of_known(days, 2)
    drift = _drifting(past, weeks, steps, panel.long_season)
    scaled = np.concatenate([days, weeks, drift, middle], axis=2)
    constant = np.concatenate([(recent - level) / scale, change / scale, np.log(scale / (np.abs(level) + TINY))], axis=1)
    clock = [panel.day[:, origin + steps], panel.week[:, origin + steps] // panel.season]
    parts = [
        (scaled - level[:, :, None]) / scale[:, :, None],
        _spread(days, middle, 2) / scale[:, :, None],
        np.broadcast_to(constant[:, None, :], (*days.shape[:2], constant.shape[1])),
        np.broadcast_to(steps[None, :, None], (*days.shape[:2], 1)),
        np.stack([*clock, np.broadcast_to(panel.group[:, None], days.shape[:2])], axis=-1),
    ]
    return Window(np.concatenate(parts, axis=2).astype(np.float32), level, scale)
