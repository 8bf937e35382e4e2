# SPDX-License-Identifier: GPL-3.0-or-later
"""Other people's forecasters, asked the same question on the same data; each gets the daily and the weekly season."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from mlforecast import MLForecast
from mlforecast.target_transforms import Differences, LocalStandardScaler
from prophet import Prophet
from statsforecast import StatsForecast
from statsforecast.models import MSTL, AutoARIMA, AutoETS, AutoTheta

from forecasting.metrics import LEVELS
from forecasting.models import model_named
from forecasting.panel import Floats, Panel

BEGIN = pd.Timestamp("2024-01-01")
CENTRAL = (95, 80, 60, 40, 20)
COLUMNS = [f"lo-{level}" for level in CENTRAL], [f"hi-{level}" for level in reversed(CENTRAL)]
LONGEST_ARIMA_SEASON = 24
LATEST = 5_000  # steps that a smoothing or decomposing peer sees: of 18,000 a single AutoETS takes more than ten minutes
RECENT = 24


@dataclass(frozen=True)
class Made:
    """What a forecaster says: mean (n, h) and, where it has them, quantiles (n, levels, h) at `LEVELS`."""

    mean: Floats
    quantiles: Floats | None = None


@dataclass(frozen=True)
class Peer:
    """A forecaster and of how many series of an origin it is asked (0: of all); a slow one is asked of a sample, evenly spread."""

    forecast: Callable[[Panel], Made]
    series: int = 0
    fits: Callable[[Panel], bool] = lambda _panel: True


def _grid(panel: Panel) -> tuple[pd.DataFrame, str]:
    """The panel as a long table whose clock has `season` steps in a day, and the length of a step."""
    frequency = f"{86400 // panel.season}s"
    clock = pd.date_range(BEGIN, periods=panel.steps, freq=frequency)
    known = np.isfinite(panel.y)
    names = np.repeat(np.array([f"{row:05d}" for row in range(len(panel.ids))]), known.sum(axis=1))
    stamps = np.concatenate([clock.to_numpy()[row] for row in known])
    return pd.DataFrame({"unique_id": names, "ds": stamps, "y": panel.y[known]}), frequency


def _seasons(panel: Panel) -> list[int]:
    return [panel.season, panel.long_season] if panel.long_season else [panel.season]


def own(name: str, panel: Panel) -> Made:
    """A naive yardstick; Forestage's own implementation, tested against M4's published figures."""
    return Made(model_named(name).fit(panel, panel.steps).predict(panel, panel.steps))


def classical(make: Callable[[Panel], Any], panel: Panel) -> Made:
    """One of statsforecast's models, with its own prediction intervals, on the latest `LATEST` steps."""
    table, frequency = _grid(replace(panel, y=np.where(np.arange(panel.steps) < panel.steps - LATEST, np.nan, panel.y)))
    model = make(panel)
    made = StatsForecast([model], freq=frequency, n_jobs=1).forecast(df=table, h=panel.horizon, level=sorted(CENTRAL))
    name, shape = str(model), (len(panel.ids), panel.horizon)
    columns = [f"{name}-{end}" for end in COLUMNS[0]] + [name] + [f"{name}-{end}" for end in COLUMNS[1]]
    quantiles = np.stack([made[column].to_numpy(dtype=float).reshape(shape) for column in columns], axis=1)
    return Made(quantiles[:, len(CENTRAL)], quantiles)


def recursive_boosting(panel: Panel) -> Made:
    """LightGBM, as mlforecast drives it: one step ahead, fed with its own forecasts, on differences of a day. Point forecasts only.

    Of eight ways tried on m4h, 48 steps before the test, the one with the smallest MASE: .93, without the differences 1.39.
    """
    table, frequency = _grid(panel)
    season, longest = panel.season, _seasons(panel)[-1]
    lags = sorted({*range(1, RECENT + 1), season - 1, season, season + 1, 2 * season, 3 * season, longest})
    shortest = int(np.isfinite(panel.y).sum(axis=1).min())
    learner = lgb.LGBMRegressor(n_estimators=250, num_leaves=63, learning_rate=0.06, n_jobs=1, verbosity=-1)
    clock = ["hour", "minute", "dayofweek"] if panel.long_season else ["hour", "minute"]
    models = MLForecast(
        models={"lgb": learner},
        freq=frequency,
        lags=[lag for lag in lags if lag < shortest // 2],
        date_features=clock,
        target_transforms=[Differences([season]), LocalStandardScaler()],
    )
    made = models.fit(table, static_features=[]).predict(panel.horizon)
    return Made(made["lgb"].to_numpy(dtype=float).reshape(len(panel.ids), panel.horizon))


def prophet(panel: Panel) -> Made:
    """Prophet, series by series, with the quantiles of its own samples."""
    table, frequency = _grid(panel)
    quantiles = []
    for _unused, part in table.groupby("unique_id", sort=True):
        seasons = {"daily_seasonality": True, "weekly_seasonality": bool(panel.long_season), "yearly_seasonality": False}
        model = Prophet(**seasons, uncertainty_samples=200)
        ahead = model.fit(part[["ds", "y"]], seed=0).make_future_dataframe(panel.horizon, freq=frequency, include_history=False)
        quantiles.append(np.quantile(model.predictive_samples(ahead)["yhat"], LEVELS, axis=1))
    stacked = np.stack(quantiles)
    return Made(stacked[:, len(LEVELS) // 2], stacked)


def peers(sample: int) -> dict[str, Peer]:
    """All peers by name. `sample`: of how many series of an origin the slow ones are asked, the slowest of a quarter of them."""
    quarter = max(sample // 4, 1)
    return {
        "Naive": Peer(partial(own, "naive")),
        "SeasonalNaive": Peer(partial(own, "seasonal_naive")),
        "SeasonalNaive week": Peer(partial(own, "seasonal_naive_week"), fits=lambda panel: panel.long_season > 0),
        "AutoETS": Peer(partial(classical, lambda panel: AutoETS(season_length=panel.season)), sample),
        "AutoTheta": Peer(partial(classical, lambda panel: AutoTheta(season_length=panel.season)), sample),
        "MSTL": Peer(partial(classical, lambda panel: MSTL(season_length=_seasons(panel))), sample),
        "AutoARIMA": Peer(
            partial(classical, lambda panel: AutoARIMA(season_length=panel.season, approximation=True)),
            quarter,
            fits=lambda panel: panel.season <= LONGEST_ARIMA_SEASON,
        ),
        "mlforecast LightGBM": Peer(recursive_boosting),
        "Prophet": Peer(prophet, quarter),
    }
