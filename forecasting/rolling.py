# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling-origin back-test of one model on one panel: its errors where it could not have known the answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .models.protocol import Fitted, Model
from .panel import Floats, Panel

MOST_ORIGINS = 16
SHARE = 0.5
PER_DAY = 8


@dataclass(frozen=True)
class Errors:
    """Errors (actual − forecast) of one model. residuals: (origins, n, horizon), NaN where there is no usable truth."""

    model: str
    origins: tuple[int, ...]
    residuals: Floats

    def mean_absolute(self) -> Floats:
        """See `mean_absolute`."""
        return mean_absolute(self.residuals)


def mean_absolute(residuals: Floats) -> Floats:
    """Mean absolute error of each series over all origins and steps of (origins, n, horizon), (n,); NaN where nothing could be measured."""
    size = np.abs(residuals)
    known = np.isfinite(size).sum(axis=(0, 2))
    return np.where(known > 0, np.nansum(size, axis=(0, 2)) / np.maximum(known, 1), np.nan)


def origins_of(panel: Panel) -> tuple[int, ...]:
    """Back-test origins: whole days apart where the horizon is a day or more, else spread over the day.

    They take at most half of what the longest context leaves, so that the model under test has the rest to learn from.
    Empty where the history is too short for even one.
    """
    last = panel.steps - panel.horizon
    step = panel.season if panel.horizon >= panel.season else max(panel.horizon, panel.season // PER_DAY + 1)
    context = max(2 * panel.season, min(2 * panel.long_season, (last - panel.horizon) // 2))
    room = int(SHARE * (last - context - panel.horizon))
    count = min(MOST_ORIGINS, max(room // step + 1, 2))
    found = [last - number * step for number in range(count - 1, -1, -1)]
    return tuple(origin for origin in found if origin >= min(2 * panel.season, panel.steps // 2) and origin >= 2)


def backtest(model: Model, panel: Panel, origins: tuple[int, ...], fits: int = 1) -> Errors:
    """Fit before the first origin, then forecast from each of them; fits: learn so many times, each time from all that came before.

    A model that learnt long ago errs more than the one that will be used, and looks worse than it is beside those that need not learn.
    """
    parts = [tuple(part.tolist()) for part in np.array_split(np.array(origins), min(fits, len(origins)))]
    errors = [errors_at(part, model.name, model.fit(panel, part[0]), panel) for part in parts]
    return Errors(model.name, origins, np.concatenate([one.residuals for one in errors]))


def stretches(panel: Panel, origins: tuple[int, ...]) -> float:
    """How many horizons the origins span without overlapping, as many as there are origins at most; at least 1."""
    return max(min((origins[-1] - origins[0] + panel.horizon) / panel.horizon, len(origins)), 1.0)


def errors_at(origins: tuple[int, ...], name: str, fitted: Fitted, panel: Panel) -> Errors:
    """The errors of a fitted model that forecasts from each of some origins."""
    truth = np.where(panel.fit, panel.y, np.nan)
    residuals = [truth[:, origin : origin + panel.horizon] - fitted.predict(panel, origin) for origin in origins]
    return Errors(name, origins, np.stack(residuals))
