# SPDX-License-Identifier: GPL-3.0-or-later
"""The command on a user's own history: a table, a picture, and one sentence where nothing can be said."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.__main__ import main
from forecasting.value.words import points

MAPPING = "A: {device: r1, object: eth1, metric: if_out_bps, capacity_bps: 2e2}\n"
FLAGS = ("--mapping", "m.yml", "--as-of", "2026-02-09T00:00:00Z", "--model", "seasonal_naive_week", "--out", "out")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five weeks of a link that is busy by day, a little more from week to week; a Friday is the busiest day."""
    index = pd.date_range("2026-01-05", "2026-02-09", freq="1h", tz="UTC", inclusive="left")
    hours = np.arange(len(index))
    height = 50 + 10 * (index.day_of_week.to_numpy() == 4) + 0.3 * (hours // 24)
    values = 50 + height * np.exp(-(((hours % 24) - 14.0) ** 2) / 8.0) + np.random.default_rng(0).normal(0, 0.5, len(hours))
    pd.DataFrame({"unique_id": "A", "ds": index, "y": values}).to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "m.yml").write_text(MAPPING)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_user_gets_both_tables_and_the_picture(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["value", "--history", "t.csv", *FLAGS]) == 0
    told = capsys.readouterr().out
    assert (folder / "out" / "value.svg").read_text().startswith("<svg")
    made = json.loads((folder / "out" / "value.json").read_text())
    rows = {row["name"]: row for row in made["rows"]}
    assert rows["perfect foresight"]["avoided"] == rows["perfect foresight"]["waste"] == 1.0
    assert 0.0 < rows["forecast"]["avoided"] <= 1.0
    assert rows["forecast"]["lead_h"] >= 24
    first, second = ([re.split(r"  +", line) for line in table.splitlines()] for table in told.split("\n\n"))
    thresholds = {cells[0]: cells[1] for cells in first[1 : 1 + len(rows)]}
    assert thresholds["forecast"] == f"price {rows['forecast']['threshold']:g}"
    assert thresholds["react at the limit"] == f"margin {rows['react at the limit']['threshold']:+.1%}"
    assert thresholds["perfect foresight"] == thresholds["one quantum always"] == "–"
    assert second[1:] == [[one["peer"], points(one["at"]), points(one["over"])] for one in made["distances"]]
    assert [cells[0].partition(",")[0] for cells in second[1:]] == ["react at the limit", "linear", "linear with a weekly season"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((0.131, 0.02, 0.3), "+13 points (+2 to +30): ahead"),
        ((-0.05, -0.1, -0.01), "-5 points (-10 to -1): behind"),
        ((0.04, -0.05, 0.13), "+4 points (-5 to +13): not told apart"),
    ],
)
def test_a_distance_says_whether_it_can_be_told_from_nothing(values: tuple[float, ...], said: str) -> None:
    assert points(values) == said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--only-metric", "if_drops"), "has no samples of if_drops"),
        (("--limits", "1.5"), "--limits lie between 0 and 1"),
        (("--early", "40"), "the history has 35 whole days"),
    ],
)
def test_what_cannot_be_replayed_is_said_in_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], said: str
) -> None:
    assert main(["value", "--history", "t.csv", *FLAGS, *more]) == 2
    assert said in capsys.readouterr().err
    assert not (folder / "out").exists()
