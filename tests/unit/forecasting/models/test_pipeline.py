# SPDX-License-Identifier: GPL-3.0-or-later
"""History in, forecast out: nothing crashes, nothing is dropped in silence, and the order of series does not matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecasting.contracts import check
from forecasting.errors import InputError
from forecasting.history.table import EVENT_COLUMNS, SERIES_COLUMNS, History
from forecasting.metrics import LEVEL_NAMES
from forecasting.pipeline import forecast
from forecasting.result import Forecast

AS_OF = pd.Timestamp("2026-03-16", tz="UTC")
WEEKS = 4
QUANTILES = list(LEVEL_NAMES)


def times(interval: str = "1h", weeks: float = WEEKS) -> pd.DatetimeIndex:
    return pd.date_range(AS_OF - pd.Timedelta(weeks=weeks), AS_OF, freq=interval, inclusive="left")


def daily(index: pd.DatetimeIndex, seed: int = 0, level: float = 100.0) -> np.ndarray:
    hour = (index.tz_convert("Europe/Berlin").hour + index.minute / 60).to_numpy()
    noise = np.random.default_rng(seed).normal(0, 0.02, len(index))
    return level * (1 + 0.5 * np.sin(2 * np.pi * hour / 24) + noise)


def history(series: dict[str, pd.Series], **rows: dict[str, object]) -> History:
    """A history of some series; `rows` changes fields of single rows, by the series' metric."""
    table, parts = [], []
    for name, values in series.items():
        device, item, metric = name.split("|")
        gaps = pd.Series(values.index).diff().dt.total_seconds()
        row = dict.fromkeys(SERIES_COLUMNS) | {"unique_id": name, "device": device, "object": item, "metric": metric, "unit": "bit/s"}
        row |= {"tz": "Europe/Berlin", "kind": "gauge", "interval_s": float(gaps.median())} | rows.get(metric, {})
        table.append(row)
        parts.append(pd.DataFrame({"unique_id": name, "ds": values.index, "y": values.to_numpy(dtype=float)}))
    samples = pd.concat(parts).dropna().sort_values(["unique_id", "ds"], ignore_index=True)
    return History(pd.DataFrame(table).sort_values("unique_id", ignore_index=True), samples)


def ordinary(name: str = "r1|eth1|if_out_bps", **given: float) -> dict[str, pd.Series]:
    return {name: pd.Series(daily(times(), **given), index=times())}


def run(known: History, horizon: str = "1d", **given: object) -> Forecast:
    return forecast(known, as_of=AS_OF, horizon=horizon, **given)  # type: ignore[arg-type]


def of(made: Forecast, name: str) -> pd.DataFrame:
    return made.frame[made.frame["unique_id"] == name]


@pytest.fixture(scope="module")
def plain() -> Forecast:
    return run(history(ordinary() | ordinary("r2|eth1|if_out_bps", seed=1, level=5e9)))


def test_the_forecast_starts_at_the_cutoff_and_is_close(plain):
    part = of(plain, "r1|eth1|if_out_bps")
    assert part["ds"].tolist() == pd.date_range(AS_OF, periods=24, freq="1h").tolist()
    truth = daily(pd.DatetimeIndex(part["ds"]), seed=0)
    assert np.abs(part["mean"] - truth).mean() < 6.0
    assert (np.diff(part[QUANTILES].to_numpy(), axis=1) >= 0).all()


def test_the_meta_holds_its_schema_and_says_how_good_the_model_was(plain):
    check("forecast_meta", plain.meta)
    told = plain.meta["series"][0]
    assert told["mase"] < min(1.1 * min(told["scores"].values()), 1.5)
    assert max(told["shares"], key=told["shares"].get) == told["model"] and sum(told["shares"].values()) == pytest.approx(1.0, abs=0.02)
    assert told["origins"] > 1 and 0.6 < told["cover80"] <= 1.0


def test_paths_agree_with_the_fan(plain):
    paths, part = plain.paths("r2|eth1|if_out_bps"), of(plain, "r2|eth1|if_out_bps")
    assert paths.shape == (200, 24)
    spread = (part["q975"] - part["q025"]).to_numpy()
    assert (np.abs(np.median(paths, axis=0) - part["q50"]) < 0.1 * spread).all()
    with pytest.raises(InputError, match="no series 'nobody'"):
        plain.paths("nobody")


def test_written_and_read_it_is_the_same(plain, tmp_path):
    plain.write(tmp_path / "out")
    again = Forecast.read(tmp_path / "out")
    pd.testing.assert_frame_equal(again.frame, plain.frame, check_dtype=False)
    assert again.meta == plain.meta
    assert (again.paths("r1|eth1|if_out_bps") == plain.paths("r1|eth1|if_out_bps")).all()
    (tmp_path / "out" / "paths.parquet").unlink()
    with pytest.raises(InputError, match=r"paths\.parquet is missing"):
        Forecast.read(tmp_path / "out")


def test_the_order_of_series_and_samples_does_not_matter():
    known = history(ordinary("a|x|m") | ordinary("b|x|m", seed=3))
    turned = replace(known, series=known.series.iloc[::-1].reset_index(drop=True))
    pd.testing.assert_frame_equal(run(known, model="boosted").frame, run(turned, model="boosted").frame)


def test_the_future_is_not_looked_at():
    known = history(ordinary())
    later = AS_OF + pd.Timedelta("1h")
    known_more = replace(known, samples=pd.concat([known.samples, known.samples.tail(1).assign(ds=later, y=1e9)], ignore_index=True))
    pd.testing.assert_frame_equal(run(known, model="ets").frame, run(known_more, model="ets").frame)


ODD = {
    "constant": np.full(672, 7.0),
    "zero": np.zeros(672),
    "negative": -daily(times()),
    "huge": daily(times()) * 1e18,
    "tiny": daily(times()) * 1e-12,
    "holes": np.where(np.arange(672) % 5 == 0, np.nan, daily(times())),
    "gap": np.where((np.arange(672) > 200) & (np.arange(672) < 400), np.nan, daily(times())),
    "short": np.r_[np.full(640, np.nan), daily(times())[640:]],
    "heavy": np.random.default_rng(0).pareto(1.0, 672),
    "spike": np.r_[np.zeros(671), 1e12],
}


@pytest.fixture(scope="module")
def odd() -> Forecast:
    return run(history(ordinary() | {f"r9|eth1|{name}": pd.Series(values, index=times()) for name, values in ODD.items()}))


@pytest.mark.parametrize("name", ODD)
def test_odd_series_are_forecast(odd, name):
    part = of(odd, f"r9|eth1|{name}")[["mean", *QUANTILES]].to_numpy()
    assert np.isfinite(part).all() and len(part) == 24
    assert np.isfinite(odd.paths(f"r9|eth1|{name}")).all()
    if np.nanmin(ODD[name]) >= 0:
        assert (part >= 0).all()


def test_odd_series_disturb_nobody(odd):
    part = of(odd, "r1|eth1|if_out_bps")
    assert np.abs(part["mean"] - daily(pd.DatetimeIndex(part["ds"]))).mean() < 8.0
    assert (part["q90"] - part["q10"]).median() < 40.0


def test_what_cannot_be_forecast_is_named_with_the_reason():
    old = pd.Series(daily(times()), index=times() - pd.Timedelta(weeks=2))
    series = ordinary() | {"r9|eth1|one": pd.Series([1.0], index=times()[-1:]), "r9|eth1|old": old}
    left = {item["unique_id"]: item["reason"] for item in run(history(series, one={"interval_s": 3600.0}), model="naive").meta["left_out"]}
    assert set(left) == {"r9|eth1|one", "r9|eth1|old"}
    assert "1 samples" in left["r9|eth1|one"] and "bring its data up to date" in left["r9|eth1|old"]


def test_nothing_to_forecast_is_refused():
    known = history(ordinary())
    with pytest.raises(InputError, match="no series can be forecast"):
        forecast(known, as_of=AS_OF - pd.Timedelta(weeks=50), horizon="1d")
    with pytest.raises(InputError, match="no time zone"):
        forecast(known, as_of=pd.Timestamp("2026-03-16"), horizon="1d")
    with pytest.raises(InputError, match="has no metric 'speed'"):
        run(known, only_metric=["speed"])
    with pytest.raises(InputError, match="no model 'oracle'"):
        run(known, model="oracle")
    for horizon in ("soon", "0s", "900d"):
        with pytest.raises(InputError, match="horizon"):
            run(known, horizon=horizon)


def test_mixed_intervals_share_an_hour_when_asked_and_keep_their_own_when_not():
    five = times("5min", weeks=1)
    series = ordinary() | {"r2|eth1|if_out_bps": pd.Series(daily(five), index=five)}
    asked, own = run(history(series), interval="1h", model="naive"), run(history(series), horizon="2h", model="naive")
    assert asked.frame.groupby("unique_id").size().tolist() == [24, 24]
    assert own.frame.groupby("unique_id").size().tolist() == [2, 24]


@pytest.mark.parametrize("name", ["seasonal_naive", "seasonal_naive_week", "seasonal_trend", "naive", "ets", "boosted"])
def test_every_model_works_alone_and_under_its_own_name(name):
    made = run(history(ordinary()), model=name)
    assert [item["model"] for item in made.meta["series"]] == [name]
    assert made.meta["left_out"] == []


def test_a_model_that_fails_is_left_out_by_name_and_not_replaced():
    short = pd.Series(daily(times())[-12:], index=times()[-12:])
    with_trend = run(history(ordinary() | {"r9|eth1|short": short}), model="seasonal_trend")
    assert with_trend.meta["left_out"][0]["unique_id"] == "r9|eth1|short"
    assert "seasonal_trend gave no finite forecast" in with_trend.meta["left_out"][0]["reason"]


def test_samples_at_the_limit_are_not_taken_for_the_demand():
    index = times()
    demand = daily(index)
    limit = pd.Series([120.0], index=index[:1])
    known = history(
        {"r1|eth1|if_out_bps": pd.Series(np.minimum(demand, 120.0), index=index), "r1|eth1|capacity_bps": limit},
        capacity_bps={"kind": "limit", "interval_s": None},
    )
    told = run(known, model="naive").meta["series"]
    assert [item["unique_id"] for item in told] == ["r1|eth1|if_out_bps"]
    assert told[0]["steps"]["censored"] == int((demand >= 0.97 * 120.0).sum())
    assert "at the limit" in " ".join(told[0]["warnings"])


def test_the_hour_of_the_day_survives_the_change_of_clocks():
    change = pd.Timestamp("2026-03-31", tz="UTC")
    index = pd.date_range(change - pd.Timedelta(weeks=5), change, freq="1h", inclusive="left")
    sharp = pd.Series(np.where(index.tz_convert("Europe/Berlin").hour == 9, 100.0, 1.0), index=index)
    made = forecast(
        history({"r1|eth1|if_out_bps": sharp}), as_of=change - pd.Timedelta(days=3), horizon="3d", interval="1h", model="seasonal_naive"
    )
    part = made.frame.set_index("ds")["q50"]
    busy = part.index[part > 50].tz_convert("Europe/Berlin")
    assert busy.hour.tolist() == [9, 9, 9]


def test_a_coming_event_carries_the_effect_of_the_past_ones():
    index = times(weeks=8)
    starts = [AS_OF - pd.Timedelta(days=days) for days in (45, 31, 17)] + [AS_OF + pd.Timedelta(hours=6)]
    values = daily(index)
    for start in starts:
        values[(index >= start) & (index < start + pd.Timedelta("12h"))] *= 1.5
    rows = [("Sale", "campaign", start, start + pd.Timedelta("12h"), 1.0, (), (), ()) for start in starts]
    events = pd.DataFrame(rows, columns=EVENT_COLUMNS[:8])
    known = history({"r1|eth1|if_out_bps": pd.Series(values, index=index)})
    plain, told = run(known, model="seasonal_naive"), run(replace(known, events=events), model="seasonal_naive")
    ratio = told.frame["q50"].to_numpy() / plain.frame["q50"].to_numpy()
    assert ratio[8:16].mean() == pytest.approx(1.5, abs=0.15)
    assert ratio[20:].mean() == pytest.approx(1.0, abs=0.1)
    effect = told.meta["series"][0]["events"][0]
    assert (effect["kind"], effect["occurrences"]) == ("campaign", 3)
    elsewhere = events.assign(devices=[("r7",)] * len(events))
    assert run(replace(known, events=elsewhere), model="naive").meta["series"][0]["events"] == []
