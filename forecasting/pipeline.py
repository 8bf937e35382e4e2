# SPDX-License-Identifier: GPL-3.0-or-later
"""History → forecast: the one way through the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .contracts import to_text
from .contracts.durations import seconds
from .entries import Entry
from .errors import InputError
from .finishing import with_causes
from .history import History
from .metrics import LEVEL_NAMES
from .models import candidates, models_named
from .panel import Floats
from .panel_forecast import PanelForecast, forecast_panel
from .paths import single
from .preparing import prepare
from .progress import Progress
from .result import FRAME_COLUMNS, Forecast, figure, meta_head

LEAST_AHEAD, MOST_AHEAD = pd.Timedelta(minutes=1), pd.Timedelta(days=366)
LOW_COVER80 = 0.7
MUCH_CENSORED = 0.05
FEW_ORIGINS = 4
TOO_SHORT = "the history is too short for a back-test so far ahead: the forecast may only repeat what was, and the intervals are a guess"


def forecast(
    history: History,
    *,
    as_of: datetime | pd.Timestamp,
    horizon: pd.Timedelta | str,
    interval: str | None = None,
    only_metric: Sequence[str] = (),
    model: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Forecast:
    """Forecast every series of demand from `as_of` on.

    Args:
        history: what was measured; samples at or after `as_of` are not looked at.
        as_of: the cut-off, aware; the first forecast step starts there.
        horizon: how far ahead.
        interval: ``native``, or a step such as ``1h`` that samples are averaged to; None: native up to two days ahead, else 1h.
        only_metric: forecast only series of these metrics.
        model: choose among these models (names with commas between, the first is the default) instead of among the usual ones.
        seed: of training and paths. The same input and seed give the same forecast, whatever the order of the series.
        progress: told of each step and warning.

    Raises:
        InputError: when nothing can be forecast. A series that cannot is named in ``meta["left_out"]``.
    """
    told = progress or Progress()
    cutoff, ahead = cutoff_of(as_of), length_of(horizon)
    known = history.until(cutoff)
    made = prepare(known, _wanted(known, only_metric), cutoff, ahead, interval)
    left_out = [dict(item) for item in history.left_out] + made.left_out
    if not made.panels:
        raise nothing_forecast(cutoff, left_out)
    frames, entries, drawn = [], [], {}
    for prepared in made.panels:
        models = models_named(model, seed) if model else candidates(prepared.panel, seed)
        found = forecast_panel(prepared.panel, models, told.step)
        for row, entry in enumerate(prepared.entries):
            name = entry.row["unique_id"]
            if not np.isfinite(found.mean[row]).all():
                left_out.append(
                    {"unique_id": name, "reason": f"{next(iter(found.models(row)))} gave no finite forecast; choose another model"}
                )
                continue
            mean, quantiles, drawn[name] = _finished(entry, found, row, seed)
            frames.append(_frame(name, prepared.future, mean, quantiles))
            entries.append(_told(entry, found, row, prepared.step_s, cutoff))
    frame = pd.concat(frames, ignore_index=True).sort_values(["unique_id", "ds"], ignore_index=True)
    meta = _meta(entries, left_out, list(history.warnings), cutoff, ahead, seed)
    told.warnings(meta["warnings"])
    return Forecast(frame, meta, dict(sorted(drawn.items())))


def cutoff_of(as_of: datetime | pd.Timestamp) -> pd.Timestamp:
    """The cut-off in UTC; one without a zone is refused."""
    moment = pd.Timestamp(as_of)
    if moment.tzinfo is None:
        raise InputError(f"the cut-off {as_of} has no time zone; write it like 2026-11-23T00:00:00Z")
    return moment.tz_convert("UTC").as_unit("ns")


def length_of(horizon: pd.Timedelta | str) -> pd.Timedelta:
    """The horizon as a length of time, from a minute to a year."""
    try:
        length = seconds(horizon) if isinstance(horizon, str) else horizon.total_seconds()
    except ValueError as error:
        raise InputError(f"the horizon: {error}") from None
    if not LEAST_AHEAD.total_seconds() <= length <= MOST_AHEAD.total_seconds():
        raise InputError(f"the horizon {horizon} is not between a minute and a year; write it like 14d or 12h")
    return pd.Timedelta(seconds=length)


def nothing_forecast(cutoff: pd.Timestamp, left_out: Sequence[Mapping[str, str]]) -> InputError:
    """What to say where no series is left, with the reason of the first that was left out."""
    why = f" ({left_out[0]['unique_id']}: {left_out[0]['reason']})" if left_out else ""
    return InputError(f"no series can be forecast from {to_text(cutoff.to_pydatetime())}{why}; check the cut-off and the history")


def refuse_unknown(only_metric: Sequence[str], metrics: set[str]) -> None:
    """Raise `InputError` where a metric is asked for that is not among those that can be forecast."""
    unknown = sorted(set(only_metric) - metrics)
    if unknown:
        raise InputError(f"the history has no metric {unknown[0]!r} to forecast; it has {', '.join(sorted(metrics))}")


def _wanted(history: History, only_metric: Sequence[str]) -> pd.DataFrame:
    rows = history.demand_series
    refuse_unknown(only_metric, set(rows["metric"]))
    return rows[rows["metric"].isin(only_metric)] if only_metric else rows


def _finished(entry: Entry, found: PanelForecast, row: int, seed: int) -> tuple[Floats, Floats, NDArray[np.float32]]:
    """Mean (horizon,), quantiles (levels, horizon) and paths (paths, horizon) of one series, with its causes and within its bounds."""
    rng = np.random.default_rng((seed, row, 1))
    low, high, pick = entry.floor, entry.ceiling, entry.axis.pick
    whole = with_causes(entry, found.mean[row], found.quantiles[row], found.paths(row, seed), rng)
    bounded = [np.clip(values[..., pick], low, high) for values in whole]
    return bounded[0], bounded[1], single(bounded[2])


def _frame(name: str, future: pd.DatetimeIndex, mean: Floats, quantiles: Floats) -> pd.DataFrame:
    columns = {"unique_id": name, "ds": future, "mean": mean} | dict(zip(LEVEL_NAMES, quantiles, strict=True))
    return pd.DataFrame(columns, columns=list(FRAME_COLUMNS))


def _told(entry: Entry, found: PanelForecast, row: int, step_s: int, cutoff: pd.Timestamp) -> dict[str, Any]:
    """What the meta says of one series."""
    coverage, models = found.coverage, found.models(row)
    future = [uplift for uplift in entry.uplifts if uplift.ahead(found.mean.shape[1])]
    made: dict[str, Any] = {
        "unique_id": entry.row["unique_id"],
        "model": next(iter(models)),
        "shares": {name: round(share, 2) for name, share in models.items()},
        "cutoff": to_text(cutoff.to_pydatetime()),
        "unit": entry.row["unit"],
        "interval_s": step_s,
        "mase": figure(found.error[row]),
        "scores": {name: figure(values[row]) for name, values in found.scores.items()},
        "origins": coverage.origins if coverage else 0,
        "cover80": figure(coverage.cover80[row]) if coverage else None,
        "cover95": figure(coverage.cover95[row]) if coverage else None,
        "widened": coverage.widened if coverage else 1.0,
        "unsettled": round(float(found.unsettled[row]), 2),
        "steps": {"known": int(entry.fit.sum()), "censored": entry.censored, "filled": entry.filled, "anomalous": entry.anomalies},
        "events": [uplift.told() for uplift in future if uplift.cause == "event"],
        "kpis": [uplift.told() for uplift in future if uplift.cause == "kpi"],
    }
    return made | {"warnings": _cautions(made, len(entry.fit))}


def _cautions(made: dict[str, Any], steps: int) -> list[str]:
    """What a reader of this series' forecast should know."""
    found = []
    if made["origins"] == 0:
        found.append(TOO_SHORT)
    elif made["origins"] < FEW_ORIGINS:
        found.append(f"the history is short: the intervals rest on {made['origins']} back-test windows")
    if made["widened"] > 1.0:
        found.append(f"the intervals covered too little in the back-test and were widened by {made['widened']:g}")
    if made["unsettled"] > 1.0:
        times = f"{made['unsettled']:.1f} times"
        found.append(f"the series has changed lately: its latest errors are {times} as large as usual; the intervals were widened as much")
    if made["cover80"] is not None and made["cover80"] < LOW_COVER80:
        found.append(f"the 80 % interval held only {made['cover80']:.0%} of this series in the back-test")
    if made["steps"]["censored"] > MUCH_CENSORED * steps:
        found.append(
            f"{made['steps']['censored'] / steps:.0%} of the steps were at the limit: the true demand was higher than what was seen"
        )
    return found


def _meta(
    series: list[dict[str, Any]], left_out: list[dict[str, str]], warnings: list[str], cutoff: pd.Timestamp, ahead: pd.Timedelta, seed: int
) -> dict[str, Any]:
    untested = sum(item["origins"] == 0 for item in series)
    if untested:
        many = f"{untested} of {len(series)} series have too short a history for a back-test so far ahead"
        warnings.append(f"{many}; their forecast may only repeat what was, and its intervals are a guess")
    return meta_head(cutoff, ahead, seed) | {
        "series": sorted(series, key=lambda item: str(item["unique_id"])),
        "left_out": sorted(left_out, key=lambda item: item["unique_id"]),
        "warnings": warnings,
    }
