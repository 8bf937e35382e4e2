# SPDX-License-Identifier: GPL-3.0-or-later
"""Forecast one panel: back-test the candidates, weigh them for each series, then quantiles and what paths are made of."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .features import level_and_scale
from .intervals import Coverage, fan, measure, normalise, untested
from .metrics import seasonal_scale
from .models.boosted import rehearsed
from .models.protocol import Model
from .panel import Floats, Panel
from .paths import PATHS, couple, trajectories
from .regime import unsettled
from .rolling import Errors, backtest, origins_of, stretches
from .selection import blended, shares, together

SLOW = {"ets": 4, "stl": 8, "sarimax": 2}
FITS = 4  # how many times a model that is not slow learns in the back-test
Report = Callable[[str, int, int], None]


def _silent(step: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class PanelForecast:
    """What one panel's future looks like.

    mean: (n, horizon), the point forecast (it minimises the absolute error); quantiles: (n, levels, horizon).
    shares: model → how much it counts (n,); error: back-test MASE of the forecast (n,); scores: model → its own (n,).
    coverage: how the intervals held in the back-test, or None where the history was too short for one.
    z: normalised error trajectories (origins, n, horizon), the shapes of the paths.
    unsettled: (n,), by how much the intervals were widened since the series has just changed, see `regime`.
    """

    mean: Floats
    quantiles: Floats
    shares: dict[str, Floats]
    error: Floats
    scores: dict[str, Floats]
    coverage: Coverage | None
    z: Floats
    unsettled: Floats

    def models(self, row: int) -> dict[str, float]:
        """The models that count for a series and by how much, the largest share first."""
        found = {name: float(each[row]) for name, each in self.shares.items() if each[row] > 0.0}
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def paths(self, row: int, seed: int = 0, count: int = PATHS) -> NDArray[np.float32]:
        """Sample paths (count, horizon) of one series, in its unit."""
        rng = np.random.default_rng((seed, row))
        return couple(self.quantiles[row], trajectories(self.z, row, count, rng))


def forecast_panel(panel: Panel, models: list[Model], report: Report = _silent) -> PanelForecast:
    """Forecast the panel's next steps with `models`, each as much as the back-test speaks for it; the first is the default."""
    origins = origins_of(panel)
    total = len(models) + 1
    with ThreadPoolExecutor(1) as beside:
        final = beside.submit(models[0].fit, panel, panel.steps)  # the default is always wanted, and a second core is free
        peers = [beside.submit(_tested, model, panel, origins) for model in models[1:]]
        report("back-test", 0, total)
        errors = [_tested(models[0], panel, origins)]
        for number, peer in enumerate(peers, 1):
            report("back-test", number, total)
            errors.append(peer.result())
        report("forecast", total - 1, total)
        weight = shares(errors, stretches(panel, origins)) if origins else _default_alone(len(models), len(panel.ids))
        wanted = [number for number in range(1, len(models)) if weight[number].any()]
        fitted = {number: models[number].fit(panel, panel.steps) for number in wanted} | {0: final.result()}
    made = [fitted[number].predict(panel, panel.steps) if number in fitted else None for number in range(len(models))]
    mean = together(made, weight)
    blend = blended(errors, weight)
    _unused, spread = level_and_scale(panel.y, panel.season, panel.long_season)
    if origins:
        normalised = normalise(panel, blend, spread[:, 0])
        coverage: Coverage | None = measure(normalised)
    else:
        normalised, coverage = untested(panel, spread[:, 0]), None
    changed = unsettled(normalised.z, panel.season) if origins else np.ones(len(panel.ids))
    wide = replace(normalised, size=normalised.size * changed[:, None])
    quantiles = fan(mean, wide, coverage.widened if coverage else 1.0)
    scale = seasonal_scale(panel.y, panel.season)
    scores = {error.model: error.mean_absolute() / scale for error in errors}
    names = {model.name: each for model, each in zip(models, weight, strict=True)}
    report("forecast", total, total)
    return PanelForecast(mean, quantiles, names, blend.mean_absolute() / scale, scores, coverage, normalised.z, changed)


def _default_alone(models: int, series: int) -> Floats:
    """Shares where nothing could be tested: all for the first model, (models, series)."""
    return np.eye(models, 1) * np.ones(series)


def _tested(model: Model, panel: Panel, origins: tuple[int, ...]) -> Errors:
    """The errors of a model in the back-test, of a slow one at the last origins only; none where the history is too short for one."""
    if not origins:
        return Errors(model.name, (), np.empty((0, len(panel.ids), panel.horizon)))
    slow = SLOW.get(model.name)
    return backtest(rehearsed(model), panel, origins[-(slow or len(origins)) :], 1 if slow else FITS)
