# SPDX-License-Identifier: GPL-3.0-or-later
"""What a calendar costs that tells of events which do nothing: the same forecast with and without it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from forecasting.benchmark import cuts
from forecasting.history.table import History
from forecasting.metrics import mase, seasonal_scale
from forecasting.pipeline import forecast
from tests.benchmarks.bootstrap import interval
from tests.benchmarks.made import START, WEEK, Demand, events_table, history_of

SERIES = 100
PAST = 6
LENGTHS = (6, 12, 24, 48)


def tables() -> None:
    """Generated series, and real ones at origins before those of the test."""
    print("\nrandom calendars that mean nothing: six past events and one to come a series; MASE without, with, and the difference\n")
    print("| set | model | without | with | difference (95 %) | series with an effect |\n|---|---|---|---|---|---|")
    for model, most in (("seasonal_naive_week", SERIES), ("boosted", SERIES // 4)):
        sets = {"generated": _generated(most), "m4h": _real("m4h", most, 1), "isp1h": _real("isp1h", 2, 4)}
        for name, worlds in sets.items():
            print(f"| {name} | {model} | {_compared(model, worlds)} |", flush=True)


World = tuple[dict[str, np.ndarray], np.ndarray]
"""Series by name, and the truth (n, horizon) in the order of the names."""


def _generated(count: int) -> Iterator[World]:
    demand = Demand(weeks=10)
    drawn = {f"r{number:03}|eth1|if_out_bps": demand.draw(np.random.default_rng(number)) for number in range(count)}
    yield {name: values[:-WEEK] for name, values in drawn.items()}, np.stack([values[-WEEK:][:48] for values in drawn.values()])


def _real(name: str, most: int, origins: int) -> Iterator[World]:
    """The last origins before the test of a set; its hours are counted from a Monday."""
    for known, truth in list(cuts(name, back=1))[-origins:]:
        series = {f"r{row:03}|eth1|if_out_bps": known.y[row, int(known.begins[row]) :] for row in range(min(most, len(truth)))}
        yield series, truth[: len(series)]


def _compared(model: str, worlds: Iterator[World]) -> str:
    """MASE of both, their difference, and how many series were given an effect."""
    without, given, touched = [], [], []
    for number, (series, truth) in enumerate(worlds):
        history = _aligned(series)
        horizon = truth.shape[1]
        scale = np.array([seasonal_scale(values[None], 24)[0] for values in series.values()])
        for told, events in ((without, None), (given, _fake(sorted(series), history, horizon, number))):
            known = history if events is None else History(history.series, history.samples, events)
            end = history.samples["ds"].max() + pd.Timedelta(hours=1)
            made = forecast(known, as_of=end, horizon=f"{horizon}h", interval="1h", model=model)
            told.append(mase(truth, made.frame["mean"].to_numpy().reshape(len(series), -1), scale))
        touched.append(np.mean([bool(item["events"]) for item in made.meta["series"]]))
    one, other = np.stack(without), np.stack(given)
    low, high = interval(other - one)
    difference = f"{np.nanmean(other - one):+.4f} ({low:+.4f} to {high:+.4f})"
    return f"{np.nanmean(one):.4f} | {np.nanmean(other):.4f} | {difference} | {np.mean(touched):.0%}"


def _aligned(series: dict[str, np.ndarray]) -> History:
    """Series that end together."""
    most = max(len(values) for values in series.values())
    made = history_of({name: np.concatenate([np.full(most - len(values), np.nan), values]) for name, values in series.items()})
    return History(made.series, made.samples.dropna(subset=["y"]).reset_index(drop=True))


def _fake(names: list[str], history: History, horizon: int, seed: int) -> pd.DataFrame:
    """A calendar of its own for each series."""
    rng = np.random.default_rng(seed)
    count = int((history.samples["ds"].max() - START) / pd.Timedelta(hours=1)) + 1
    made = []
    for name in names:
        hours = int(rng.choice(LENGTHS))
        first = count - len(history.values(name)) + WEEK
        coming = count + int(rng.integers(0, max(horizon - hours, 1)))
        starts = [*sorted(rng.integers(first, count - hours, PAST).tolist()), coming]
        made.append(events_table(starts, hours, devices=(name.split("|")[0],)))
    return pd.concat(made, ignore_index=True)
