# SPDX-License-Identifier: GPL-3.0-or-later
"""Forecast one panel: back-test the candidates, choose for each series, then quantiles and what paths are made of."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .features import level_and_scale
from .intervals import Coverage, fan, measure, normalise, untested
from .metrics import seasonal_scale
from .models.protocol import Model
from .panel import Floats, Panel
from .paths import PATHS, couple, trajectories
from .regime import unsettled
from .rolling import Errors, backtest, origins_of
from .selection import choose

SLOW = {"ets": 4, "stl": 8, "sarimax": 2}
Report = Callable[[str, int, int], None]


def _silent(step: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class PanelForecast:
    """What one panel's future looks like.

    mean: (n, horizon), the point forecast (it minimises the absolute error); quantiles: (n, levels, horizon).
    model: the chosen model of each series; scores: model → back-test MASE (n,).
    coverage: how the intervals held in the back-test, or None where the history was too short for one.
    z: normalised error trajectories (origins, n, horizon), the shapes of the paths.
    unsettled: (n,), by how much the intervals were widened since the series has just changed, see `regime`.
    """

    mean: Floats
    quantiles: Floats
    model: tuple[str, ...]
    scores: dict[str, Floats]
    coverage: Coverage | None
    z: Floats
    unsettled: Floats

    def paths(self, row: int, seed: int = 0, count: int = PATHS) -> NDArray[np.float32]:
        """Sample paths (count, horizon) of one series, in its unit."""
        rng = np.random.default_rng((seed, row))
        return couple(self.quantiles[row], trajectories(self.z, row, count, rng))


def forecast_panel(panel: Panel, models: list[Model], report: Report = _silent) -> PanelForecast:
    """Forecast the panel's next steps with the first of `models`, or with a peer where the back-test clearly says so."""
    origins = origins_of(panel)
    total = len(models) + 1
    with ThreadPoolExecutor(1) as beside:
        final = beside.submit(models[0].fit, panel, panel.steps)  # the default is almost always wanted, and a second core is free
        peers = [beside.submit(_tested, model, panel, origins) for model in models[1:]] if origins else []
        report("back-test", 0, total)
        errors = [_tested(models[0], panel, origins)]
        for number, peer in enumerate(peers, 1):
            report("back-test", number, total)
            errors.append(peer.result())
        report("forecast", total - 1, total)
        chosen = choose(errors).tolist()
        fitted = {number: models[number].fit(panel, panel.steps) if number else final.result() for number in sorted(set(chosen))}
    made = {number: model.predict(panel, panel.steps) for number, model in fitted.items()}
    mean = np.stack([made[number][row] for row, number in enumerate(chosen)])
    _unused, spread = level_and_scale(panel.y, panel.season, panel.long_season)
    if origins:
        normalised = normalise(panel, _merged(errors, chosen), spread[:, 0])
        coverage: Coverage | None = measure(normalised)
    else:
        normalised, coverage = untested(panel, spread[:, 0]), None
    changed = unsettled(normalised.z, panel.season) if origins else np.ones(len(panel.ids))
    wide = replace(normalised, size=normalised.size * changed[:, None])
    quantiles = fan(mean, wide, coverage.widened if coverage else 1.0)
    scale = seasonal_scale(panel.y, panel.season)
    scores = {error.model: error.mean_absolute() / scale for error in errors}
    report("forecast", total, total)
    return PanelForecast(mean, quantiles, tuple(models[number].name for number in chosen), scores, coverage, normalised.z, changed)


def _tested(model: Model, panel: Panel, origins: tuple[int, ...]) -> Errors:
    """The errors of a model in the back-test, of a slow one at the last origins only; none where the history is too short for one."""
    if not origins:
        return Errors(model.name, (), np.empty((0, len(panel.ids), panel.horizon)))
    return backtest(model, panel, origins[-SLOW.get(model.name, len(origins)) :])


def _merged(errors: list[Errors], chosen: list[int]) -> Errors:
    """Each series' errors under its own chosen model; NaN at origins that a slow model skipped."""
    default = errors[0]
    residuals = default.residuals.copy()
    for row, number in enumerate(chosen):
        if number:
            residuals[:, row] = np.nan
            first = len(default.origins) - len(errors[number].origins)
            residuals[first:, row] = errors[number].residuals[:, row]
    return Errors("chosen", default.origins, residuals)
