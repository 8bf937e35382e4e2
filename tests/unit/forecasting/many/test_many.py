# SPDX-License-Identifier: GPL-3.0-or-later
"""Series by the thousand: learnt from a sample, forecast part by part. Limits are set low here, so that a few dozen are many."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting import chunked, many
from forecasting.__main__ import main
from forecasting.contracts import check
from forecasting.errors import InputError
from forecasting.history import load_history, stored
from forecasting.history.held import Held
from forecasting.history.stored import Stored
from forecasting.metrics import LEVEL_NAMES
from forecasting.outlook import Outlook
from forecasting.progress import Progress

AS_OF = pd.Timestamp("2026-04-10T06:00Z").as_unit("ns")
ZONES = ("UTC", "Europe/Berlin", "America/New_York")
COUNT = 24


def table(count: int = COUNT, days: int = 20) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Interfaces with their limits and drops, hourly; the last three are daily."""
    rows, parts = [], []
    for number in range(count):
        rng = np.random.default_rng(number)
        daily = number >= count - 3
        begin = AS_OF.floor("D") - pd.Timedelta(days=60 if daily else days)
        times = pd.date_range(begin, AS_OF, freq="1D" if daily else "1h", inclusive="left")
        hour = times.hour.to_numpy()
        values = 10 ** rng.uniform(5, 8) * (1 + 0.6 * np.sin((hour - rng.uniform(0, 6)) / 4) + rng.normal(0, 0.1, len(times)))
        for metric, kind, seen in (
            ("capacity_bps", "limit", np.full(len(times), np.quantile(values, 0.97))),
            ("if_drops_per_s", "gauge", 1.0 * (rng.random(len(times)) < 0.05)),
            ("if_out_bps", "gauge", np.maximum(values, 0.0)),
        ):
            name = f"r{number:03d}|eth1|{metric}"
            row = {"unique_id": name, "device": f"r{number:03d}", "object": "eth1", "metric": metric, "unit": "bit/s", "kind": kind}
            rows.append(row | {"tz": ZONES[number % 3], "interval_s": None if number % 2 else float(86400 if daily else 3600)})
            kept = times[:1] if kind == "limit" else times
            parts.append(pd.DataFrame({"unique_id": name, "ds": kept, "y": seen[: len(kept)]}))
    return pd.DataFrame(rows), pd.concat(parts, ignore_index=True)


def folder(path: Path, series: pd.DataFrame, values: pd.DataFrame) -> Path:
    path.mkdir(exist_ok=True)
    series.to_parquet(path / "series.parquet", index=False)
    values.to_parquet(path / "values.parquet", index=False, row_group_size=1_000)
    return path


@pytest.fixture(scope="module")
def known() -> tuple[pd.DataFrame, pd.DataFrame]:
    return table()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Make few series many, and a chunk of so many series."""

    def set_to(series: int) -> None:
        monkeypatch.setattr(chunked, "SAMPLE", 12)
        monkeypatch.setattr(chunked, "LEAST_SAMPLE", 5)
        monkeypatch.setattr(many, "MOST_TOGETHER", 10)
        monkeypatch.setattr(stored, "MOST_SERIES", series)
        monkeypatch.setattr("forecasting.history.held.MOST_SERIES", series)
        monkeypatch.setattr("forecasting.history.row_ranges.BATCH", 777)

    set_to(10)
    return set_to


def run(
    past: chunked.Past, out: Path, model: str = "seasonal_naive,naive", models: Path | None = None, as_of: pd.Timestamp = AS_OF
) -> pd.DataFrame:
    meta, count = many.forecast_to_folder(past, out, as_of=as_of, horizon="36h", model=model, models=models, progress=Progress())
    check("forecast_meta", meta)
    frame = pd.read_parquet(out / "forecast.parquet")
    assert frame["unique_id"].nunique() == count
    return frame.sort_values(["unique_id", "ds"], ignore_index=True)


def test_neither_chunks_nor_order_change_a_digit(known, small, tmp_path):
    series, values = known
    first = run(Stored.open(folder(tmp_path / "a", series, values)), tmp_path / "one")
    assert first["unique_id"].nunique() == 2 * COUNT
    by_metric = values.assign(metric=values["unique_id"].str.split("|").str[2]).sort_values("metric", kind="stable").drop(columns="metric")
    for number, (size, order) in enumerate([(1, values), (200, values), (7, values[::-1]), (5, by_metric)]):
        small(size)
        again = run(Stored.open(folder(tmp_path / f"b{number}", series.sample(frac=1.0, random_state=1), order)), tmp_path / f"out{number}")
        pd.testing.assert_frame_equal(first, again, check_exact=True)
    held = run(Held(load_history(folder(tmp_path / "a", series, values))), tmp_path / "held")
    pd.testing.assert_frame_equal(first, held, check_exact=True)


@pytest.mark.parametrize("model", ["boosted", "ridge"])
def test_what_was_learnt_is_used_again_to_the_last_digit_in_any_chunks(known, small, tmp_path, model):
    past = Stored.open(folder(tmp_path / "h", *known))
    first = run(past, tmp_path / "one", model, tmp_path / "models")
    small(3)
    again = run(Stored.open(tmp_path / "h"), tmp_path / "two", model, tmp_path / "models")
    told, reused = (json.loads((tmp_path / name / "forecast.json").read_text())["learnt"] for name in ("one", "two"))
    assert [one["reused"] for one in told] == [False, False] and [one["reused"] for one in reused] == [True, True]
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert [one["scores"] for one in told] == [one["scores"] for one in reused]


def test_the_command_writes_what_the_others_read(known, small, tmp_path, capsys):
    given = ["--history", str(folder(tmp_path / "h", *known)), "--as-of", "2026-04-10T06:00:00Z", "--horizon", "36h"]
    given += ["--out", str(tmp_path / "out")]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "paths.parquet").write_bytes(b"of an earlier forecast")
    assert main(["forecast", *given, "--only-metric", "if_out_bps", "--model", "naive"]) == 0
    assert f"{COUNT} series forecast" in capsys.readouterr().out
    told = pd.read_parquet(tmp_path / "out" / "series.parquet")
    meta = json.loads((tmp_path / "out" / "forecast.json").read_text())
    assert len(told) == COUNT and set(told["model"]) == {"naive"} and told["censored"].sum() > 0 and (told["expected_error"] > 0).all()
    assert [one["interval_s"] for one in meta["learnt"]] == [3600, 86400]
    outlook = Outlook.read(tmp_path / "out").of("r003|eth1|if_out_bps")
    assert len(outlook.ds) == 36 and np.isfinite(outlook.paths).all()
    assert (np.diff(outlook.quantiles[list(LEVEL_NAMES)].to_numpy(), axis=1) >= 0).all() and (outlook.quantiles >= 0).all(axis=None)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["forecast.json", "forecast.parquet", "series.parquet"]


@pytest.mark.parametrize("count", [1, 4])
def test_what_few_series_taught_is_kept_and_used_again(tmp_path, count):
    given = ["forecast", "--history", str(folder(tmp_path / "h", *table(count))), "--horizon", "36h", "--model", "ridge"]
    given += ["--only-metric", "if_out_bps", "--models", str(tmp_path / "models")]
    assert main([*given, "--as-of", "2026-04-10T05:00:00Z", "--out", str(tmp_path / "one")]) == 0
    assert main([*given, "--as-of", "2026-04-10T06:00:00Z", "--out", str(tmp_path / "two")]) == 0
    first, again = (json.loads((tmp_path / name / "forecast.json").read_text()) for name in ("one", "two"))
    assert {one["reused"] for one in first["learnt"]} == {False} and {one["reused"] for one in again["learnt"]} == {True}
    assert {one["cutoff"] for one in again["learnt"]} == {"2026-04-10T05:00:00Z"} and not again["left_out"]
    assert len(pd.read_parquet(tmp_path / "two" / "series.parquet")) == count


def test_bad_samples_are_dropped_and_told_as_ever(known, small, tmp_path):
    series, values = known
    odd = pd.concat([values, values.iloc[100:103].assign(y=5.0)]).sort_values(["unique_id", "ds"], kind="stable", ignore_index=True)
    odd.loc[[2000, 2001], "y"] = [np.nan, np.inf]
    path = folder(tmp_path / "h", series, odd)
    past = Stored.open(path)
    list(past.chunks())
    assert past.warnings == list(load_history(path).warnings) and len(past.warnings) == 2


def test_a_plan_is_not_looked_at_in_parts_and_that_is_said(known, small, tmp_path):
    history = load_history(folder(tmp_path / "h", *known))
    name = history.demand_series["unique_id"].iloc[0]
    plan = pd.DataFrame({"unique_id": name, "ds": pd.date_range(AS_OF, periods=36, freq="h"), "y": 1e12, "known_since": pd.NaT})
    held = Held(replace(history, plan=plan))
    assert any("plan" in warning and "not used" in warning for warning in held.warnings)
    assert not any(len(part.plan) for part in held.chunks())


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda values: values.replace({"unique_id": {"r001|eth1|if_out_bps": "stranger"}}), "'stranger' is not in series"),
        (lambda values: values.sort_values(["ds", "unique_id"]), "sort the file by unique_id and ds"),
        (lambda values: values.assign(y="a few").astype({"y": "object"}), "'a few' is not a number"),
        (lambda values: values.drop(columns="ds"), "lacks the column ds"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_nothing_written(known, small, tmp_path, monkeypatch, spoil, sentence):
    monkeypatch.setattr(many, "MOST_ROWS_HELD", 100)
    path = folder(tmp_path / "h", known[0], spoil(known[1]))
    with pytest.raises(InputError, match=sentence):
        run(many.opened(path, None, AS_OF), tmp_path / "out")
    assert not list(tmp_path.glob("out/*"))


def test_a_file_in_any_order_is_sorted_while_it_fits(known, small, tmp_path):
    first = run(Stored.open(folder(tmp_path / "a", *known)), tmp_path / "one")
    past = many.opened(folder(tmp_path / "b", known[0], known[1].sort_values(["ds", "unique_id"])), None, AS_OF)
    assert isinstance(past, Held)
    pd.testing.assert_frame_equal(first, run(past, tmp_path / "two"), check_exact=True)


def test_stored_models_grow_old_and_are_never_taken_from_the_future(known, small, tmp_path):
    past = Stored.open(folder(tmp_path / "h", *known))
    run(past, tmp_path / "one", models=tmp_path / "models")

    def why(as_of: pd.Timestamp) -> list[str]:
        run(past, tmp_path / "out", models=tmp_path / "models", as_of=as_of)
        return [one["why"] for one in json.loads((tmp_path / "out" / "forecast.json").read_text())["learnt"] if not one["reused"]]

    assert all("after the cut-off" in reason for reason in why(AS_OF - pd.Timedelta(days=9)))
    assert any("8 days old" in reason for reason in why(AS_OF - pd.Timedelta(days=1)))


def test_stored_models_that_drift_are_learnt_anew(known, small, tmp_path):
    series, values = known
    run(Stored.open(folder(tmp_path / "h", series, values)), tmp_path / "one", models=tmp_path / "models")
    wild = values.copy()
    late = (wild["ds"] > AS_OF - pd.Timedelta(hours=36)) & wild["unique_id"].str.endswith("out_bps")
    wild.loc[late, "y"] *= np.random.default_rng(0).uniform(0.1, 4, late.sum())
    run(Stored.open(folder(tmp_path / "w", series, wild)), tmp_path / "two", models=tmp_path / "models")
    learnt = json.loads((tmp_path / "two" / "forecast.json").read_text())["learnt"]
    assert not learnt[0]["reused"] and "times what it was" in learnt[0]["why"]


@pytest.mark.parametrize(
    ("file", "change", "sentence"),
    [
        ("numbers.npz", lambda text: text[:-1] + b"?", "sha256 differs"),
        ("about.json", lambda text: text.replace(b'"engine": "', b'"engine": "9.'), "another version of the engine"),
        ("about.json", lambda text: text[:50], "holds no stored model"),
    ],
)
def test_a_stored_model_that_does_not_match_is_refused(known, small, tmp_path, file, change, sentence):
    past = Stored.open(folder(tmp_path / "h", *known))
    run(past, tmp_path / "one", models=tmp_path / "models")
    place = next(tmp_path.glob(f"models/3600s*/{file}"))
    place.write_bytes(change(place.read_bytes()))
    with pytest.raises(InputError, match=sentence):
        run(past, tmp_path / "two", models=tmp_path / "models")
    assert not (tmp_path / "two" / "forecast.parquet").exists()
