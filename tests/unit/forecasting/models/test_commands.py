# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine as a process: events that hold their schema, exit codes, and nothing written when it fails."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.__main__ import main
from forecasting.contracts import check

ROOT = Path(__file__).resolve().parents[4]
MAPPING = "A: {device: r1, object: eth1, metric: if_out_bps, capacity_bps: 2e2}\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    index = pd.date_range("2026-01-01", periods=24 * 15, freq="1h", tz="UTC")
    values = 100 + 10 * np.sin(np.arange(len(index)) * 2 * np.pi / 24)
    pd.DataFrame({"unique_id": "A", "ds": index, "y": values}).to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "m.yml").write_text(MAPPING)
    return tmp_path


class Engine:
    """Runs commands with --json, and checks each event that they write."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys

    def __call__(self, *words: str) -> tuple[int, list[dict[str, object]]]:
        """The exit code and the events."""
        code = main([*words, "--json"])
        return code, self._checked(self._capsys.readouterr().out)

    def process(self, *words: str) -> tuple[int, list[dict[str, object]]]:
        """The same in a process of its own, as a controller starts it."""
        command = [sys.executable, "-m", "forecasting", *words, "--json"]
        done = subprocess.run(command, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
        return done.returncode, self._checked(done.stdout)

    def _checked(self, text: str) -> list[dict[str, object]]:
        events = [json.loads(line) for line in text.splitlines()]
        for event in events:
            check("engine_event", event)
        return events


@pytest.fixture
def engine(table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Engine:
    monkeypatch.chdir(table)
    return Engine(table, capsys)


def arguments(**changes: str) -> list[str]:
    given = {"history": "t.csv", "mapping": "m.yml", "as-of": "2026-01-15T00:00:00Z", "horizon": "6h", "model": "naive", "out": "out"}
    return ["forecast", *(word for key, value in (given | changes).items() for word in (f"--{key}", value))]


def test_a_forecast_of_a_plain_table_is_written(engine, table):
    code, events = engine.process(*arguments())
    assert code == 0
    assert events[0]["event"] == "progress" and events[-1]["event"] == "result"
    assert sorted(path.name for path in (table / "out").iterdir()) == ["forecast.json", "forecast.parquet", "paths.parquet"]
    frame = pd.read_parquet(table / "out" / "forecast.parquet")
    assert frame["ds"].tolist() == pd.date_range("2026-01-15", periods=6, freq="1h", tz="UTC").tolist()
    check("forecast_meta", json.loads((table / "out" / "forecast.json").read_text()))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"history": "nowhere"}, "no history nowhere"),
        ({"as-of": "yesterday"}, "--as-of"),
        ({"as-of": "2026-01-15T00:00:00"}, "no time zone"),
        ({"horizon": "soon"}, "horizon"),
        ({"as-of": "2300-01-15T00:00:00Z"}, "not between the years 1970 and 2200"),
        ({"horizon": "999999999999d"}, "not between a minute and a year"),
        ({"interval": "9999999999d"}, "more than a year"),
        ({"interval": "7m"}, "interval"),
        ({"model": "oracle"}, "oracle"),
        ({"as-of": "2027-01-15T00:00:00Z"}, "bring its data up to date"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(engine, table, changes, why):
    code, events = engine(*arguments(**changes))
    assert code == 2
    assert events[-1]["event"] == "error" and why in str(events[-1]["message"])
    assert not (table / "out").exists()


def test_a_back_test_measures_every_series(engine):
    words = ["backtest", "--history", "t.csv", "--mapping", "m.yml", "--as-of", "2026-01-16T00:00:00Z", "--horizon", "1d", "--origins", "2"]
    code, events = engine(*words, "--model", "seasonal_naive")
    assert code == 0
    result = events[-1]["result"]
    assert isinstance(result, dict)
    assert result["cutoffs"] == ["2026-01-14T00:00:00Z", "2026-01-15T00:00:00Z"]
    assert [(row["unique_id"], row["models"]) for row in result["series"]] == [("r1|eth1|if_out_bps", "seasonal_naive")]
    assert result["overall"]["smape"] == pytest.approx(0.0, abs=1e-6)


def test_the_benchmark_says_where_its_data_should_be(engine, monkeypatch):
    monkeypatch.delenv("FORESTAGE_DATA", raising=False)
    code, events = engine("benchmark")
    assert code == 2 and "FORESTAGE_DATA" in str(events[-1]["message"])
