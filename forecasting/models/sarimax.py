# SPDX-License-Identifier: GPL-3.0-or-later
"""A regression on the same phase of the last days and the last week with ARMA errors (SARIMAX of statsmodels), one series at a time.

A seasonal order of a day would need a state of as many numbers as the day has steps, and minutes for each series; the past at the
same phase, as a regressor, says the same in three.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from statsmodels.tsa.statespace.sarimax import SARIMAX

from ..features import same_phase
from ..panel import Floats, Ints, Panel

ORDER = (2, 0, 1)
DAYS = 3
LEAST_SEASONS, STEPS_KEPT = 2, 2_016
ROUNDS = 30


@dataclass(frozen=True)
class Sarimax:
    """The parameters are learnt once for each series; every origin filters its own past with them."""

    name: str = "sarimax"

    def fit(self, panel: Panel, end: int) -> _Filters:
        """See `Model.fit`."""
        return _Filters([_learn(panel, row, end) for row in range(len(panel.ids))])


@dataclass(frozen=True)
class _Filters:
    parameters: list[Floats | None]

    def predict(self, panel: Panel, origin: int) -> Floats:
        """See `Fitted.predict`. A series that could not be fitted gets NaN: it is not forecast under this name."""
        made = np.full((len(panel.ids), panel.horizon), np.nan)
        for row, parameters in enumerate(self.parameters):
            past = panel.y[row, int(panel.begins[row]) : origin]
            reach = _reach(panel, past)
            if parameters is None or reach is None:
                continue
            size = float(np.abs(past).max()) or 1.0
            future = _regressors(past, np.arange(panel.horizon), panel, reach) / size
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ahead = _model(past / size, panel, reach).filter(parameters).forecast(panel.horizon, exog=future)
            made[row] = np.asarray(ahead) * size
        return made


def _learn(panel: Panel, row: int, end: int) -> Floats | None:
    """None for a series too short or too flat, or where nothing finite was found."""
    past = panel.y[row, int(panel.begins[row]) : end]
    reach = _reach(panel, past)
    if reach is None or float(np.ptp(past)) <= 1e-12 * max(float(np.abs(past).max()), 1e-300):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = _model(past / float(np.abs(past).max()), panel, reach).fit(disp=False, maxiter=ROUNDS)
    except (np.linalg.LinAlgError, ValueError):
        return None
    parameters = np.asarray(found.params)
    return parameters if np.isfinite(parameters).all() else None


def _reach(panel: Panel, past: Floats) -> int | None:
    """How far back the regressors look: a week or three days; None where too little is left to learn from."""
    for reach in (max(panel.long_season, DAYS * panel.season), DAYS * panel.season):
        if len(past) >= reach + LEAST_SEASONS * panel.season + 10:
            return reach
    return None


def _model(past: Floats, panel: Panel, reach: int) -> Any:
    """The model of the last steps of which all regressors are known."""
    kept = min(len(past) - reach, STEPS_KEPT)
    steps = np.arange(len(past) - kept, len(past))
    days = np.stack([past[steps - day * panel.season] for day in range(1, DAYS + 1)], axis=1)
    week = past[steps - panel.long_season] if _weekly(panel, reach) else None
    return SARIMAX(past[steps], exog=_columns(days, week), order=ORDER, trend="c")


def _weekly(panel: Panel, reach: int) -> bool:
    return 0 < panel.long_season <= reach


def _regressors(past: Floats, steps: Ints, panel: Panel, reach: int) -> Floats:
    """The regressors of future steps, (s, 2 or 3): the newest known values at the same phase."""
    days = same_phase(past[None, :], steps, panel.season, DAYS)[0]
    return _columns(days, same_phase(past[None, :], steps, panel.long_season, 1)[0][:, 0] if _weekly(panel, reach) else None)


def _columns(days: Floats, week: Floats | None) -> Floats:
    """The newest of the days' values (s, days), their mean, and the week's value (s,) where there is one."""
    both = [days[:, 0], days.mean(axis=1)]
    return np.stack(both if week is None else [*both, week], axis=1)
