# SPDX-License-Identifier: GPL-3.0-or-later
"""A planned business figure lifts what follows it, by as much as the past shows; without a plan or a relation nothing changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.causes.figures import figures_of
from forecasting.causes.kpi import kpi_uplift, may_drive
from forecasting.causes.uplift import Uplift
from forecasting.errors import InputError
from forecasting.history import History, load_history
from forecasting.pipeline import forecast
from tests.benchmarks.made import DAY, KPI, LINK, START, WEEK, Demand, driven, events_table, history_of


def learnt(history: History, known: int) -> Uplift | None:
    """What the figure does to the link over the week to come."""
    times = pd.date_range(START, periods=known + WEEK, freq="h")
    link = history.values(LINK).to_numpy()[:known]
    return kpi_uplift(history.row(LINK), link, figures_of(history, times, "UTC", 3600, known), WEEK)


def test_what_a_series_follows_is_found_within_15_percent() -> None:
    errors = []
    for seed in range(12):
        history, boost = driven(seed, 0.8, Demand(noise=0.1))
        found = learnt(history, len(boost) - WEEK)
        if found is None:
            errors.append(-1.0)
            continue
        assert (found.cause, found.kind) == ("kpi", KPI)
        planned = boost[-WEEK:] > 1.0
        truth = 0.8 * (boost[-WEEK:][planned] - 1.0).mean()
        errors.append((found.effect * found.intensity[-WEEK:][planned]).mean() / truth - 1.0)
    assert np.median(np.abs(errors)) <= 0.15


@pytest.mark.parametrize("growth", [0.0, 0.03])
def test_common_seasons_and_common_growth_are_no_relation(growth: float) -> None:
    found = [learnt(driven(seed, 0.0, Demand(noise=0.1, growth=growth))[0], 14 * WEEK) for seed in range(12)]
    assert sum(uplift is not None for uplift in found) <= 1


def test_three_weeks_are_too_short_to_tell_a_relation_from_a_common_weekend() -> None:
    history, _boost = driven(0, 0.0, Demand(noise=0.02, weeks=14))
    times = pd.date_range(START, periods=20 * DAY + WEEK, freq="h")
    early = replace(history, plan=history.plan.assign(ds=times[-WEEK:]))
    assert figures_of(early, times, "UTC", 3600, 20 * DAY) == []


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_an_event_is_taken_out_of_a_figure_of_another_zone_at_the_right_hour(zone: str) -> None:
    known, starts = 10 * WEEK, [week * WEEK + 57 for week in (1, 3, 5, 7, 9, 10)]
    orders = Demand(weeks=10, noise=0.01, memory=0.0).draw(np.random.default_rng(0))
    for start in starts:
        orders[start : start + 10] *= 2.0
    made = history_of({KPI: orders[:known]}, events_table(starts, 10))
    plan = pd.DataFrame({"unique_id": KPI, "ds": pd.date_range(START, periods=known + WEEK, freq="h")[known:], "y": orders[known:]})
    times = pd.date_range(START.tz_convert(zone).tz_localize(None).tz_localize("UTC"), periods=known + WEEK, freq="h")
    (figure,) = figures_of(replace(made, plan=plan), times, zone, 3600, known)
    assert np.abs(figure.away).max() < 0.2, "nothing but the events moved it"


def test_the_plan_lifts_the_forecast_and_is_told_and_without_it_nothing_changes() -> None:
    history, boost = driven(1, 0.8, Demand(noise=0.03))
    as_of = START + pd.Timedelta(hours=len(boost) - WEEK)
    planned, plain = (
        forecast(known, as_of=as_of, horizon="7d", interval="1h", only_metric=["if_out_bps"], model="seasonal_naive_week")
        for known in (history, replace(history, plan=history.plan.iloc[:0]))
    )
    ratio = planned.frame["mean"].to_numpy() / plain.frame["mean"].to_numpy()
    held = boost[-WEEK:] > 1.0
    assert ratio[held].mean() == pytest.approx(1.0 + 0.8 * (boost[-WEEK:][held] - 1.0).mean(), rel=0.08)
    assert ratio[~held].mean() == pytest.approx(1.0, abs=0.06)
    assert [item["unique_id"] for item in planned.meta["series"][0]["kpis"]] == [KPI]
    assert plain.meta["series"][0]["kpis"] == []
    bare = History(history.series, history.samples)
    again = forecast(bare, as_of=as_of, horizon="7d", interval="1h", only_metric=["if_out_bps"], model="seasonal_naive_week")
    pd.testing.assert_frame_equal(again.frame, plain.frame)


def test_a_figure_acts_on_its_site_or_everywhere_and_never_on_a_figure() -> None:
    link = {"device": "r1", "site": "a", "metric": "if_out_bps"}
    assert may_drive({"device": "shop", "site": None}, link)
    assert may_drive({"device": "shop", "site": "a"}, link)
    assert not may_drive({"device": "shop", "site": "b"}, link)
    assert not may_drive({"device": "shop", "site": None}, link | {"metric": "kpi_orders"})


SERIES = """unique_id,device,object,metric,unit,tz,kind
shop|all|kpi_orders,shop,all,kpi_orders,order,UTC,gauge
r1|e|if_out_bps,r1,e,if_out_bps,bit/s,UTC,gauge
"""
VALUES = """unique_id,ds,y
shop|all|kpi_orders,2026-01-01T00:00Z,5
shop|all|kpi_orders,2026-01-01T01:00Z,6
r1|e|if_out_bps,2026-01-01T00:00Z,1
"""


def folder(path: Path, plan: str) -> Path:
    """A history with a plan."""
    for name, text in (("series", SERIES), ("values", VALUES), ("plan", plan)):
        (path / f"{name}.csv").write_text(text)
    return path


def test_a_forecast_of_an_earlier_day_does_not_know_a_later_plan(tmp_path: Path) -> None:
    rows = [("2026-01-02T00:00Z", 7, ""), ("2026-01-03T00:00Z", 8, "2026-01-01T00:00Z"), ("2026-01-03T00:00Z", 9, "2026-01-02T12:00Z")]
    lines = "".join(f"shop|all|kpi_orders,{ds},{y},{since}\n" for ds, y, since in rows)
    history = load_history(folder(tmp_path, f"unique_id,ds,y,known_since\n{lines}"))
    assert history.until(pd.Timestamp("2026-01-02T00:00Z")).plan["y"].tolist() == [7, 8]
    assert history.until(pd.Timestamp("2026-01-02T18:00Z")).plan["y"].tolist() == [9]


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        ("unique_id,ds,y\nshop|all|kpi_sales,2026-01-02T00:00Z,7\n", "is not in the table series"),
        ("unique_id,ds,y\nr1|e|if_out_bps,2026-01-02T00:00Z,7\n", "no business figure"),
        ("unique_id,ds,y,known_since\nshop|all|kpi_orders,2026-01-02T00:00Z,7,soon\n", "known_since 'soon' is not a time"),
        ("unique_id,ds,y\nshop|all|kpi_orders,2026-01-02T00:00Z,many\n", "is not a number"),
    ],
)
def test_a_bad_plan_is_refused_in_a_sentence(tmp_path: Path, plan: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        load_history(folder(tmp_path, plan))
