# SPDX-License-Identifier: GPL-3.0-or-later
"""Exponential smoothing of level and season (Holt-Winters without a trend), one series at a time, by statsmodels.

A trend, damped or not, made it worse on every traffic series tried: it runs away within a day.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field

import numpy as np
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from ..panel import Floats, Panel

SEASONS_KEPT = 8
LONGEST_SEASON = 168
Parameters = dict[str, float]


@dataclass(frozen=True)
class Ets:
    """The smoothing constants are learnt once for each series; every origin then smooths its own past with them."""

    name: str = "ets"

    def fit(self, panel: Panel, end: int) -> _Smoothers:
        """See `Model.fit`."""
        return _Smoothers([_constants(_tail(panel, row, end), _season(panel, row, end)) for row in range(len(panel.ids))])


@dataclass(frozen=True)
class _Smoothers:
    constants: list[Parameters | None] = field(default_factory=list)

    def predict(self, panel: Panel, origin: int) -> Floats:
        """See `Fitted.predict`. A series that cannot be smoothed gets NaN: it is not forecast under this name."""
        made = np.full((len(panel.ids), panel.horizon), np.nan)
        for row, constants in enumerate(self.constants):
            past = _tail(panel, row, origin)
            season = _season(panel, row, origin)
            if constants is not None and len(past) > 2 * max(season, 2):
                made[row] = _smooth(past, season, constants, panel.horizon)
        return made


def _season(panel: Panel, row: int, end: int) -> int:
    """The longest season of which the series has three, up to 168 steps; 0 where there is none."""
    length = end - int(panel.begins[row])
    usable = [season for season in (panel.long_season, panel.season) if 1 < season <= LONGEST_SEASON and length >= 3 * season]
    return usable[0] if usable else 0


def _tail(panel: Panel, row: int, end: int) -> Floats:
    kept = SEASONS_KEPT * max(panel.season, min(panel.long_season, LONGEST_SEASON), 10)
    return panel.y[row, max(int(panel.begins[row]), end - kept) : end]


def _model(past: Floats, season: int) -> ExponentialSmoothing:
    return ExponentialSmoothing(
        past, seasonal="add" if season else None, seasonal_periods=season or None, initialization_method="heuristic"
    )  # fmt: skip


def _constants(past: Floats, season: int) -> Parameters | None:
    """Fit on values of size one; None for a series too short or too flat to smooth."""
    if len(past) < 10 or np.ptp(past) <= 1e-12 * max(float(np.abs(past).max()), 1e-300):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = _model(past / np.abs(past).max(), season).fit().params
    names = ("smoothing_level", "smoothing_seasonal") if season else ("smoothing_level",)
    return {name: float(found[name]) for name in names}


def _smooth(past: Floats, season: int, constants: Parameters, horizon: int) -> Floats:
    wanted = {name: value for name, value in constants.items() if season or name != "smoothing_seasonal"}
    if season and "smoothing_seasonal" not in wanted:
        return np.full(horizon, np.nan)
    size = float(np.abs(past).max()) or 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(_model(past / size, season).fit(optimized=False, **wanted).forecast(horizon)) * size
