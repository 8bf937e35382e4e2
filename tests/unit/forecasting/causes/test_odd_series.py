# SPDX-License-Identifier: GPL-3.0-or-later
"""No series, however odd, breaks on a calendar or a plan, and none is dropped because of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecasting.history.table import History
from forecasting.pipeline import forecast
from tests.benchmarks.made import START, WEEK, events_table, history_of

HOURS = np.arange(5 * WEEK)
ODD = {
    "zero": np.zeros(len(HOURS)),
    "constant": np.full(len(HOURS), 7.0),
    "negative": np.sin(HOURS),
    "huge": 1e15 * (1.0 + HOURS % 24),
    "tiny": 1e-12 * (1.0 + HOURS % 24),
    "young": np.where(len(HOURS) - HOURS > 60, np.nan, 5.0 + HOURS % 24),
    "mostly zero": np.where(HOURS % 97 == 0, 4.0, 0.0),
    "with gaps": np.where(HOURS % 50 < 20, np.nan, 3.0 + HOURS % 24),
    "spiky": np.where(HOURS % 313 == 0, 1e6, 1.0),
}


@pytest.mark.parametrize("interval", ["1h", "1d"])
@pytest.mark.parametrize("fields", [{}, {"expected_uplift": 20.0}, {"expected_uplift": -1.0, "expected_spread": 0.0}, {"like": "sunday"}])
def test_every_series_is_forecast_with_finite_numbers(interval: str, fields: dict[str, object]) -> None:
    series = {f"r{number}|eth1|if_out_bps": values for number, values in enumerate(ODD.values())}
    series["shop|all|kpi_orders"] = ODD["with gaps"]
    matches = events_table([5, 5 * WEEK - 2], 300, [1e6, 1e-6], kind="match")
    events = pd.concat([events_table([0, 168, 340, 500, 5 * WEEK + 3], 24, **fields), matches], ignore_index=True)
    whole = history_of(series, events)
    ahead = pd.date_range(START + pd.Timedelta(weeks=5), periods=48, freq="h")
    plan = pd.DataFrame({"unique_id": "shop|all|kpi_orders", "ds": ahead, "y": 1e9, "known_since": ahead[0]})
    known = History(whole.series, whole.samples.dropna().reset_index(drop=True), events)
    made = forecast(replace(known, plan=plan), as_of=ahead[0], horizon="4d", interval=interval, model="seasonal_naive")
    short = {item["unique_id"] for item in made.meta["left_out"] if "too few samples" in item["reason"]}
    assert len(short) == len(made.meta["left_out"]) == (1 if interval == "1d" else 0)
    assert set(made.frame["unique_id"]) == set(series) - short
    assert np.isfinite(made.frame.drop(columns=["unique_id", "ds"]).to_numpy()).all()
    assert all(np.isfinite(paths).all() for paths in made.drawn.values())


def test_a_plan_of_a_figure_without_samples_is_no_obstacle() -> None:
    known = history_of({"r1|eth1|if_out_bps": 5.0 + HOURS % 24})
    ahead = pd.date_range(START + pd.Timedelta(weeks=5), periods=48, freq="h")
    plan = pd.DataFrame({"unique_id": "shop|all|kpi_orders", "ds": ahead, "y": 1.0, "known_since": ahead[0]})
    made = forecast(replace(known, plan=plan), as_of=ahead[0], horizon="2d", interval="1h", model="seasonal_naive")
    assert made.meta["series"][0]["kpis"] == []


def test_an_uplift_beyond_single_precision_leaves_the_paths_finite() -> None:
    coming = events_table([5 * WEEK + 3], 24, expected_uplift=20.0, expected_spread=0.0)
    known = history_of({"r1|eth1|if_out_bps": 1e37 * (1.0 + HOURS % 24)}, coming)
    made = forecast(known, as_of=START + pd.Timedelta(weeks=5), horizon="2d", interval="1h", model="seasonal_naive")
    largest = np.finfo(np.float32).max
    assert made.frame["q50"].max() > largest
    assert made.paths("r1|eth1|if_out_bps").max() == largest
