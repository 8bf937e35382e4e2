# SPDX-License-Identifier: GPL-3.0-or-later
"""How good the forecasts of one's own history would have been: the whole pipeline at past cut-offs, against what came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .censoring import censored_samples
from .errors import InputError
from .grid import DAY_S, seasons_of, step_of, to_steps
from .history import History
from .metrics import coverage, mase, scaled_quantile_loss, seasonal_scale, smape
from .panel import Floats
from .pipeline import cutoff_of, forecast, length_of
from .progress import Progress
from .result import Forecast

LEAST_DAYS = 3


def backtest(
    history: History,
    *,
    as_of: pd.Timestamp,
    horizon: str,
    origins: int,
    interval: str | None = None,
    only_metric: Sequence[str] = (),
    model: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Forecast from `origins` past cut-offs, one horizon apart, the last of them one horizon before `as_of`.

    Returns ``{"series": [one row a series], "overall": {…}, "cutoffs": […]}``; MASE in units of the seasonal naive error
    of the history, coverage as shares, sMAPE in per cent. Censored steps are no truth and do not count.
    """
    told = progress or Progress()
    end, ahead = cutoff_of(as_of), length_of(horizon)
    if origins < 1:
        raise InputError(f"--origins {origins} is too few; ask for at least 1")
    cutoffs = [end - ahead * number for number in range(origins, 0, -1)]
    rows: list[dict[str, Any]] = []
    for number, cutoff in enumerate(cutoffs):
        told.step("cut-off", number, len(cutoffs))
        made = forecast(history, as_of=cutoff, horizon=ahead, interval=interval, only_metric=only_metric, model=model, seed=seed)
        rows += [_scored(history, made, item) for item in made.meta["series"]]
    told.step("cut-off", len(cutoffs), len(cutoffs))
    table = pd.DataFrame(rows)
    numbers = ["mase", "smape", "swql", "cover80", "cover95"]
    grouped = table.groupby("unique_id", sort=True)
    series = grouped[numbers].mean().round(4).reset_index()
    series["models"] = grouped["model"].agg(lambda names: ", ".join(sorted(set(names)))).to_numpy()
    return {
        "cutoffs": [moment.isoformat().replace("+00:00", "Z") for moment in cutoffs],
        "overall": {name: _plain(table[name].mean()) for name in numbers},
        "series": [{str(key): _plain(value) for key, value in row.items()} for row in series.to_dict("records")],
    }


def _plain(value: Any) -> Any:
    """A value for JSON; NaN is None."""
    if isinstance(value, float):
        return round(value, 4) if np.isfinite(value) else None
    return value


def _scored(history: History, made: Forecast, item: dict[str, Any]) -> dict[str, Any]:
    """The losses of one series' forecast against what was measured afterwards."""
    name, step_s = item["unique_id"], int(item["interval_s"])
    part = made.frame[made.frame["unique_id"] == name]
    start, steps = part["ds"].iloc[0], len(part)
    truth = _steps(history, name, start + pd.Timedelta(steps * step_s, unit="s"), step_s, steps)[None, :]
    season, _unused = seasons_of(step_s)
    past = _steps(history, name, start, step_s, max(LEAST_DAYS * season, 28 * DAY_S // step_s))[None, :]
    scale = seasonal_scale(past, season)
    mean, quantiles = part["mean"].to_numpy()[None, :], part.filter(regex=r"^q\d+$").to_numpy().T[None, :, :]
    return {
        "unique_id": name,
        "model": item["model"],
        "mase": float(mase(truth, mean, scale)[0]),
        "smape": float(smape(truth, mean)[0]),
        "swql": float(scaled_quantile_loss(truth, quantiles, scale)[0]),
        "cover80": coverage(truth, quantiles[:, 1], quantiles[:, -2]),
        "cover95": coverage(truth, quantiles[:, 0], quantiles[:, -1]),
    }


def _steps(history: History, name: str, end: pd.Timestamp, step_s: int, count: int) -> Floats:
    """What was measured in the `count` steps before `end`; NaN where nothing was, or only the limit was seen."""
    row, values = history.row(name), history.values(name)
    seen, place = to_steps(
        pd.DatetimeIndex(values.index), values.to_numpy(dtype=float), end, step_s, count, step_s / step_of(row["interval_s"])
    )
    at_limit = place[censored_samples(history, row) & (place >= 0)]
    seen[at_limit] = np.nan
    return seen
