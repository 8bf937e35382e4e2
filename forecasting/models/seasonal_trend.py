# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of the last weeks on a straight line through their levels: for steady growth seen over a few weeks.

The slope is the median of all pairwise slopes (Theil, 1950; Sen, JASA 63 (1968) 1379-1389), so that one odd week does not
turn it.
"""

from __future__ import annotations

import numpy as np

from ..panel import Floats, Panel

LEAST_PERIODS = 3
MOST_PERIODS = 6


class SeasonalTrend:
    """Nothing is learnt ahead, so it is its own fitted form. A series with fewer than three weeks (days) gets NaN."""

    name = "seasonal_trend"

    def fit(self, panel: Panel, end: int) -> SeasonalTrend:
        """See `Model.fit`."""
        return self

    def predict(self, panel: Panel, origin: int) -> Floats:
        """See `Fitted.predict`."""
        made = np.full((len(panel.ids), panel.horizon), np.nan)
        for row, begin in enumerate(panel.begins):
            past = panel.y[row, int(begin) : origin]
            periods = [period for period in (panel.long_season, panel.season) if period > 1 and len(past) >= LEAST_PERIODS * period]
            if periods:
                made[row] = _extended(past, periods[0], panel.horizon)
        return made


def _extended(past: Floats, period: int, horizon: int) -> Floats:
    count = min(len(past) // period, MOST_PERIODS)
    table = past[len(past) - count * period :].reshape(count, period)
    levels = table.mean(axis=1)
    first, second = np.triu_indices(count, 1)
    slope = float(np.median((levels[second] - levels[first]) / (second - first)))
    middle = float(np.median(levels - slope * np.arange(count)))
    ahead = np.arange(horizon)
    line = middle + slope * (count + ahead // period)
    if (levels > 0).all() and (table >= 0).all():
        shape = np.median(table / levels[:, None], axis=0)
        return np.asarray(np.maximum(line, 0.0) * shape[ahead % period])
    return np.asarray(line + np.median(table - levels[:, None], axis=0)[ahead % period])
