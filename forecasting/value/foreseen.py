# SPDX-License-Identifier: GPL-3.0-or-later
"""The forecasts that a replay decides on: the whole pipeline with its default model, trained anew at each daily origin."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import InputError
from ..history import History
from ..panel import Floats
from ..pipeline import forecast
from .action import Terms
from .study import Case

HOUR = pd.Timedelta(hours=1)
DAY = pd.Timedelta(days=1)
Drawn = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Given:
    """The action's terms for any series. limits: quantiles of the early past; quantum: share of the limit; lead, least: hours."""

    limits: tuple[float, ...]
    quantum: float
    lead: int = 24
    least: int = 24

    @property
    def horizon(self) -> int:
        """How far ahead forecasts must look: the lead, the day until the next decision, and a stay."""
        return self.lead + 24 + self.least


def hourly(history: History, unique_id: str) -> tuple[Floats, pd.Timestamp]:
    """The hourly means of a series from its first whole day (UTC) on, NaN where nothing was measured, and when they begin."""
    means = history.values(unique_id).resample("1h").mean()
    begin = means.index[0].ceil("D")
    return means[means.index >= begin].to_numpy(dtype=float), begin


def origins(begin: pd.Timestamp, steps: int, early_days: int, lead: int) -> list[pd.Timestamp]:
    """Midnights from `early_days` on, while what they order still comes before the `steps` hours are over."""
    last = (steps - lead - 1) // 24
    if last < early_days:
        raise InputError(f"the history has {steps // 24} whole days; replaying needs more than {early_days + lead // 24 + 1} of them")
    return [begin + day * DAY for day in range(early_days, last + 1)]


def paths_at(history: History, horizon: int, model: str | None, metric: str, origin: pd.Timestamp) -> Drawn:
    """Sample paths (paths, horizon) of every series from one origin on, with what was known then."""
    made = forecast(history.until(origin), as_of=origin, horizon=horizon * HOUR, interval="1h", model=model, only_metric=(metric,))
    return dict(made.drawn)


def foresee(
    history: History,
    moments: list[pd.Timestamp],
    horizon: int,
    workers: int,
    step: Callable[[int, int], None],
    model: str | None = None,
    metric: str = "if_out_bps",
) -> dict[pd.Timestamp, Drawn]:
    """The paths of a metric's series at all of `moments`, side by side on `workers` processes; `step` hears how many are done."""
    made: dict[pd.Timestamp, Drawn] = {}
    with ProcessPoolExecutor(workers) as pool:
        for moment, drawn in zip(moments, pool.map(partial(paths_at, history, horizon, model, metric), moments), strict=True):
            made[moment] = drawn
            step(len(made), len(moments))
    return made


def cases_of(
    number: int, demand: Floats, begin: pd.Timestamp, paths: dict[pd.Timestamp, NDArray[np.float32]], early_days: int, given: Given
) -> list[Case]:
    """One series under each of the limits that the quantiles `given.limits` of its first `early_days` make; none for a limit of 0."""
    first = 24 * early_days
    placed = {int((moment - begin) / HOUR): one for moment, one in paths.items()}
    limits = [float(np.nanquantile(demand[:first], share)) for share in given.limits if np.isfinite(demand[:first]).any()]
    return [
        Case(number, demand, Terms(limit, given.quantum * limit, given.lead, given.least), placed, first) for limit in limits if limit > 0
    ]
