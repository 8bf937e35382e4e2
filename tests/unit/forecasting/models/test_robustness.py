# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the past looks like: nothing crashes, no series is dropped in silence, and what is said of the future is sound."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecasting.contracts import check
from forecasting.errors import InputError
from forecasting.history import load_history
from forecasting.metrics import LEVEL_NAMES
from forecasting.pipeline import forecast

ENDS = ("2026-03-29T12:00:00Z", "2026-10-25T12:00:00Z", "2024-03-01T06:00:00Z", "2026-06-01T00:00:00Z")  # both changes of clock, a leap day
ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia")
INTERVALS_S = (60, 300, 420, 3600, 86_400)
SHAPES = ("daily", "constant", "zero", "negative", "huge", "tiny", "noise", "steps", "growing", "ratio")


@dataclass(frozen=True)
class Past:
    """How one series came about. `defects`: what happened to its samples on the way."""

    shape: str
    interval_s: int
    count: int
    zone: str
    defects: frozenset[str]
    seed: int

    def samples(self, end: pd.Timestamp) -> pd.DataFrame:
        rng = np.random.default_rng(self.seed)
        step = np.arange(self.count)
        hour = 2 * np.pi * step * self.interval_s / 86_400
        noise = rng.normal(0.0, 1.0, self.count)
        values = {
            "daily": 100 + 50 * np.sin(hour) + noise,
            "constant": np.full(self.count, 7.0),
            "zero": np.zeros(self.count),
            "negative": -100 + 50 * np.sin(hour) + noise,
            "huge": 1e300 * (2 + np.sin(hour)),
            "tiny": 1e-300 * (2 + np.sin(hour)),
            "noise": noise,
            "steps": np.where(step > self.count // 2, 1e6, 1.0),
            "growing": np.exp(np.minimum(step / 50.0, 300.0)),
            "ratio": np.clip(0.5 + 0.4 * np.sin(hour), 0, 1),
        }[self.shape]
        times = end - pd.to_timedelta((self.count - step) * self.interval_s, unit="s")
        if "irregular" in self.defects:
            times = times - pd.to_timedelta(rng.integers(1, self.interval_s + 1, self.count), unit="s")
        made = pd.DataFrame({"ds": times, "y": values})
        if "gap" in self.defects:
            made = made.drop(index=range(self.count // 3, self.count // 2))
        if "unknown" in self.defects:
            made.loc[made.index % 5 == 0, "y"] = np.nan
        if "all unknown" in self.defects:
            made["y"] = np.nan
        if "twice" in self.defects:
            made = pd.concat([made, made.tail(3)])
        return made.sample(frac=1.0, random_state=self.seed) if "shuffled" in self.defects else made


DEFECTS = st.frozensets(st.sampled_from(["irregular", "gap", "unknown", "twice", "shuffled"]), max_size=3)
PASTS = st.builds(
    Past,
    shape=st.sampled_from(SHAPES),
    interval_s=st.sampled_from(INTERVALS_S),
    count=st.one_of(st.integers(1, 40), st.integers(200, 900)),
    zone=st.sampled_from(ZONES),
    defects=st.one_of(DEFECTS, DEFECTS, DEFECTS, st.just(frozenset({"all unknown"}))),
    seed=st.integers(0, 99),
)


def write(folder: Path, pasts: list[Past], end: pd.Timestamp) -> list[str]:
    """A history folder of some pasts; the names of its series."""
    names = [f"r{number}|eth1|if_out_bps" for number in range(len(pasts))]
    rows = [
        {"unique_id": name, "device": f"r{number}", "object": "eth1", "metric": "if_out_bps", "tz": past.zone, "kind": "gauge"}
        | {"unit": "ratio" if past.shape == "ratio" else "bit/s"}
        for number, (name, past) in enumerate(zip(names, pasts, strict=True))
    ]
    pd.DataFrame(rows).to_csv(folder / "series.csv", index=False)
    samples = [past.samples(end).assign(unique_id=name) for name, past in zip(names, pasts, strict=True)]
    pd.concat(samples)[["unique_id", "ds", "y"]].to_csv(folder / "values.csv", index=False)
    return names


def sound(folder: Path, names: list[str], end: pd.Timestamp, horizon: str, model: str | None) -> None:
    """Forecast, and hold the result to what every forecast must be."""
    try:
        made = forecast(load_history(folder, None, end), as_of=end, horizon=horizon, model=model)
    except InputError as error:
        assert len(str(error)) < 500 and "\n" not in str(error)
        return
    check("forecast_meta", json.loads(json.dumps(made.meta, allow_nan=False)))
    told = [item["unique_id"] for item in made.meta["series"]]
    left_out = [item["unique_id"] for item in made.meta["left_out"]]
    assert sorted(told + left_out) == sorted(names), "each series is forecast or left out, once"
    assert sorted(made.frame["unique_id"].unique()) == sorted(told)
    numbers = made.frame[["mean", *LEVEL_NAMES]].to_numpy()
    assert np.isfinite(numbers).all()
    assert (np.diff(numbers[:, 1:], axis=1) >= 0).all(), "quantiles rise"
    for name, part in made.frame.groupby("unique_id"):
        assert part["ds"].iloc[0] == end and part["ds"].is_monotonic_increasing and part["ds"].is_unique, name
        assert np.isfinite(made.paths(str(name))).all(), name


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pasts=st.lists(PASTS, min_size=1, max_size=3), end=st.sampled_from(ENDS), horizon=st.sampled_from(["1h", "1d", "3d"]))
def test_any_past_gives_a_sound_forecast_or_a_sentence(tmp_path_factory, pasts, end, horizon):
    folder, moment = tmp_path_factory.mktemp("history"), pd.Timestamp(end)
    sound(folder, write(folder, pasts, moment), moment, horizon, "seasonal_naive,naive")


def test_the_default_model_takes_all_shapes_side_by_side(tmp_path):
    end = pd.Timestamp(ENDS[0])
    pasts = [Past(shape, 3600, 700, "Europe/Berlin", frozenset({"irregular"}), seed) for seed, shape in enumerate(SHAPES)]
    sound(tmp_path, write(tmp_path, pasts, end), end, "1d", None)
