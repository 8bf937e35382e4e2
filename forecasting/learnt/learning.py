# SPDX-License-Identifier: GPL-3.0-or-later
"""Learn from a sample of series; forecast any series with what was learnt."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..features import mean_of_known
from ..intervals import Normalised, level_table, measure, untested
from ..metrics import seasonal_scale
from ..models.protocol import Fitted, Model
from ..panel import Floats, Panel
from ..paths import PATHS, couple, trajectories
from ..rolling import Errors, backtest, origins_of
from .sizes import TRAITS, expected, traits, weigh

MOST_ORIGINS = 8
WEEKS_BACK = 4
OTHER_DAYS = 0.25
GAIN = 0.1
FAR = 10.0


@dataclass(frozen=True)
class Learnt:
    """What one step length taught.

    model: the name of the model for all series; fitted: that model; weights: see `sizes`; shape: how errors go with the time of day,
    (season,), and, where there are weeks, with the day of the week, (long season,), about 1; levels: (levels, horizon), error
    quantiles in units of their expected size, widening included; shapes: (paths, horizon), error trajectories in the same unit.
    sample: so many series taught it; scores: model → median MASE in the back-test; cover80, cover95: shares of truth inside the
    intervals there, each origin judged by the others, NaN without a back-test.
    """

    model: str
    fitted: Fitted
    season: int
    horizon: int
    weights: Floats
    shape: Floats
    levels: Floats
    shapes: Floats
    sample: int
    origins: int
    scores: dict[str, float]
    cover80: float
    cover95: float
    widened: float


@dataclass(frozen=True)
class Applied:
    """The future of some series. mean: (n, horizon); quantiles: (n, levels, horizon); size: (n,), the mean absolute error to expect.

    In memory the levels lie one after the other, as they are columns of the forecast's table.
    """

    mean: Floats
    quantiles: Floats
    size: Floats


def learn(panel: Panel, models: list[Model], seed: int = 0) -> Learnt:
    """Learn from all series of a panel. The first model is the default; another takes its place for all where it is clearly better."""
    origins = _origins(panel)
    with ThreadPoolExecutor(1) as beside:
        final = beside.submit(models[0].fit, panel, panel.steps)
        tested = [backtest(model, panel, origins) for model in models] if origins else []
        scale = seasonal_scale(panel.y, panel.season)
        scores = {errors.model: median_mase(errors, scale) for errors in tested}
        best = _best([model.name for model in models], scores)
        fitted = final.result() if best == models[0].name else next(one for one in models if one.name == best).fit(panel, panel.steps)
    errors = next((one for one in tested if one.model == best), None)
    weights, normalised, shape = _normalised(panel, errors) if errors else _untested(panel)
    coverage = measure(normalised) if errors else None
    widened = coverage.widened if coverage else 1.0
    cover80, cover95 = (float(np.nanmean(share)) for share in (coverage.cover80, coverage.cover95)) if coverage else (np.nan, np.nan)
    return Learnt(
        best, fitted, panel.season, panel.horizon, weights, shape, widened * level_table(normalised.z), _trajectories(normalised.z, seed),
        len(panel.ids), len(origins), scores, cover80, cover95, widened,
    )  # fmt: skip


def _origins(panel: Panel) -> tuple[int, ...]:
    """Where the back-test begins: at the newest horizons, and, where those are shorter than a week, also weeks before what comes.

    What is hard on a Monday shows on other Mondays alone.
    """
    found = origins_of(panel)
    if not found or panel.horizon >= panel.long_season:
        return found[-MOST_ORIGINS:]
    weeks = {panel.steps - number * panel.long_season for number in range(1, WEEKS_BACK + 1)}
    known = {origin for origin in weeks if origin >= found[0]}
    return tuple(sorted(known | set(found[-(MOST_ORIGINS - len(known)) :])))


def apply(learnt: Learnt, panel: Panel) -> Applied:
    """Forecast the panel's next steps. What comes out for a series does not depend on the others."""
    mean = learnt.fitted.predict(panel, panel.steps)
    size = expected(panel.y, learnt.weights, panel.season, panel.long_season)
    ahead = size[:, None] * learnt.shape[_places(panel, panel.steps)]
    quantiles = np.empty((len(learnt.levels), *mean.shape))
    for level, made in zip(learnt.levels, quantiles, strict=True):
        np.multiply(level, ahead, out=made)
        made += mean
    return Applied(mean, quantiles.transpose(1, 0, 2), size)


def paths_of(learnt: Learnt, quantiles: Floats) -> NDArray[np.float32]:
    """Sample paths (paths, horizon) of a series from its quantiles (levels, horizon)."""
    return couple(quantiles, learnt.shapes)


def median_mase(errors: Errors, scale: Floats) -> float:
    """The median over the series of their mean absolute errors in units of `scale` (n,); NaN where none is known."""
    ratios = errors.mean_absolute() / scale
    known = ratios[np.isfinite(ratios)]
    return float(np.median(known)) if len(known) else float("nan")


def _best(names: list[str], scores: dict[str, float]) -> str:
    """The default, unless another model's median error is lower by `GAIN`."""
    best = names[0]
    for name in names[1:]:
        limit = (1.0 - GAIN) * scores.get(names[0], np.nan)
        if scores.get(name, np.nan) < min(limit, scores[best] if best != names[0] else limit):
            best = name
    return best


def _normalised(panel: Panel, errors: Errors) -> tuple[Floats, Normalised, Floats]:
    """The weights of the traits, the errors in units of their expected size, and how that goes with the time of day.

    Every window's size is told from what lay before it, as it will be for the forecast.
    """
    seen = [traits(panel.y[:, :origin], panel.season, panel.long_season) for origin in errors.origins]
    weights = weigh(np.concatenate(seen), mean_of_known(np.abs(errors.residuals), 2).ravel())
    size = np.stack([expected(panel.y[:, :origin], weights, panel.season, panel.long_season) for origin in errors.origins])
    flat = size <= 1e-8
    z = np.where(flat[:, :, None], np.nan, errors.residuals / size[:, :, None])
    places = np.stack([_places(panel, origin) for origin in errors.origins])
    shape = _shape(panel, z, places)
    told = z / shape[places]
    return weights, Normalised(size[-1][:, None] * np.ones(panel.horizon), told, told), shape


def _places(panel: Panel, origin: int) -> NDArray[np.int64]:
    """Where the steps from an origin on lie in the week, or in the season where there are no weeks, (n, horizon)."""
    return (panel.week if panel.long_season else panel.day)[:, origin : origin + panel.horizon]


def _shape(panel: Panel, z: Floats, places: NDArray[np.int64]) -> Floats:
    """How the size of errors goes with the time of day and, where there are weeks, with the day of the week; (long season or season,)."""
    by_time = _by_place(z, places % panel.season, panel.season).clip(0.1)
    if not panel.long_season:
        return by_time
    days = panel.long_season // panel.season
    week = np.tile(by_time, days)
    by_day = _by_place(z / week[places], places // panel.season, days, OTHER_DAYS * panel.season * len(panel.ids))
    return week * np.repeat(by_day, panel.season)


def _by_place(z: Floats, places: NDArray[np.int64], count: int, prior: float = 0.0) -> Floats:
    """The mean size of errors at each of `count` places, relative to all; drawn to 1 as if by `prior` errors more, 1 where none is."""
    known = np.isfinite(z)
    total = np.bincount(places[known], np.minimum(np.abs(z[known]), FAR), count)
    seen = np.bincount(places[known], minlength=count)
    if not total.sum():
        return np.ones(count)
    average = total.sum() / seen.sum()
    return np.where(seen > 0, (total + prior * average) / np.maximum(seen + prior, 1.0) / average, 1.0)


def _untested(panel: Panel) -> tuple[Floats, Normalised, Floats]:
    """Stand-in for histories too short to back-test: normal errors of the whole spread."""
    guess = untested(panel, np.ones(len(panel.ids)))
    z = guess.z * guess.size[None]
    return np.eye(TRAITS)[1], Normalised(guess.size, z, z), np.ones(panel.long_season or panel.season)


def _trajectories(z: Floats, seed: int) -> Floats:
    """Error trajectories of any series, (paths, horizon)."""
    pool = z.reshape(-1, 1, z.shape[2])
    order = np.random.default_rng(seed).permutation(len(pool))
    known = [row for row in order if np.isfinite(pool[row]).mean() > 0.5][:PATHS]
    return trajectories(pool[known], 0, PATHS, np.random.default_rng(seed))
