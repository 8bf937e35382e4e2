# SPDX-License-Identifier: GPL-3.0-or-later
"""Season and trend taken apart by loess (STL; MSTL where there is a day and a week), by statsmodels, one series at a time.

The last cycle of each season is repeated on the exponentially smoothed rest. The trend is not extended: it runs away.
"""

from __future__ import annotations

import numpy as np
from statsmodels.tsa.holtwinters import SimpleExpSmoothing
from statsmodels.tsa.seasonal import MSTL, STL

from ..panel import Floats, Panel

WEEKS_KEPT, DAYS_KEPT = 5, 14
LONGEST_SEASON = 400
SMOOTHING = 0.2
FLAT = 1e-12


class Stl:
    """Nothing is learnt ahead, so it is its own fitted form. A series with fewer than two days gets NaN."""

    name = "stl"

    def fit(self, panel: Panel, end: int) -> Stl:
        """See `Model.fit`."""
        return self

    def predict(self, panel: Panel, origin: int) -> Floats:
        """See `Fitted.predict`."""
        made = np.full((len(panel.ids), panel.horizon), np.nan)
        for row, begin in enumerate(panel.begins):
            past = panel.y[row, int(begin) : origin]
            fitting = (season for season in (panel.season, panel.long_season) if 1 < season <= LONGEST_SEASON)
            seasons = [season for season in fitting if len(past) > 2 * season]
            if seasons:
                kept = WEEKS_KEPT * panel.long_season if len(seasons) > 1 else DAYS_KEPT * seasons[0]
                made[row] = _extended(past[-kept:], seasons, panel.horizon)
        return made


def _extended(past: Floats, seasons: list[int], horizon: int) -> Floats:
    size = float(np.abs(past).max())
    if float(np.ptp(past)) <= FLAT * size:
        return np.full(horizon, past[-1])
    values = past / size
    if len(seasons) > 1:
        parts = np.asarray(MSTL(values, periods=seasons).fit().seasonal).reshape(len(values), -1).T
    else:
        parts = np.asarray(STL(values, period=seasons[0]).fit().seasonal)[None, :]
    rest = values - parts.sum(axis=0)
    smoothed = SimpleExpSmoothing(rest, initialization_method="heuristic").fit(smoothing_level=SMOOTHING, optimized=False)
    ahead = np.asarray(smoothed.forecast(horizon))
    for season, part in zip(seasons, parts, strict=True):
        ahead = ahead + part[-season:][np.arange(horizon) % season]
    return np.asarray(ahead * size)
