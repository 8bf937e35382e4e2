# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab's history must show at the end of week 8, whatever the seed, and what must stay calm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from forecasting.contracts import errors_of
from forecasting.history import History, load_history
from forecasting.simulation.generate import simulate, write
from forecasting.simulation.network import lab
from forecasting.simulation.timeline import Timeline

START = datetime(2026, 9, 28, tzinfo=UTC)
AS_OF = START + timedelta(weeks=8)
NEEDS = [("edge-a1|eth3|if_out_bps", 16e6), ("core-a1|eth3|if_out_bps", 16e6), ("leaf-b1|device|kpi_active_users", 400.0)]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    folder = tmp_path_factory.mktemp("lab")
    write(simulate(lab(), Timeline(START, AS_OF + timedelta(weeks=2), lab().tz), 1), folder)
    return load_history(folder)


def hourly_peaks(history: History, unique_id: str) -> pd.Series:
    """Highest hourly mean of each week since the start."""
    hourly = history.values(unique_id).resample("1h").mean()
    return hourly.groupby((hourly.index - pd.Timestamp(START)) // pd.Timedelta(weeks=1)).max()


@pytest.mark.parametrize(("unique_id", "limit"), NEEDS)
def test_a_need_comes_after_week_8_and_not_before(history: History, unique_id: str, limit: float) -> None:
    peaks = hourly_peaks(history, unique_id)
    assert peaks.iloc[:8].max() < limit < peaks.iloc[8]


def test_campaigns_slow_the_shop_and_leave_its_link_below_its_limit(history: History) -> None:
    response = history.values("edge-b1|shop|app_response_ms").resample("1h").mean()
    campaign = np.zeros(len(response), dtype=bool)
    for _unused, event in history.events.iterrows():
        campaign |= (response.index >= event["start"]) & (response.index < event["end"])
        if event["end"] <= response.index[-1]:
            assert response[(response.index >= event["start"]) & (response.index < event["end"])].max() > 200
    assert response[~campaign].max() < 200
    assert hourly_peaks(history, "edge-b1|eth3|if_out_bps").max() < 16e6


def test_four_campaigns_are_past_and_one_is_to_come(history: History) -> None:
    known = history.events[history.events["start"] < AS_OF + timedelta(days=14)]
    assert (known["end"] <= AS_OF).sum() == 4
    assert (known["start"] > AS_OF).sum() == 1
    assert set(known["kind"]) == {"campaign"}
    assert {start.tz_convert("Europe/Berlin").hour for start in known["start"]} == {8}, "local time, over the change of clocks too"


def test_the_attack_rises_on_one_edge_only(history: History) -> None:
    assert hourly_peaks(history, "edge-b1|eth3|sec_intrusion_attempts").iloc[7] > 30
    assert hourly_peaks(history, "edge-a1|eth3|sec_intrusion_attempts").max() < 15


@pytest.mark.parametrize("name", ["core-a2|eth3", "core-b1|eth3", "core-b2|eth3", "leaf-a1|eth1", "leaf-b1|eth2"])
def test_calm_links_stay_calm(history: History, name: str) -> None:
    device, interface = name.split("|")
    capacity = history.limit_at(device, interface, AS_OF)
    assert capacity is not None
    assert hourly_peaks(history, f"{name}|if_out_bps").max() < 0.6 * capacity


def test_every_row_keeps_its_schema_and_labels_are_plain(history: History) -> None:
    for row in history.series.to_dict("records"):
        assert errors_of("series_row", {key: value for key, value in row.items() if pd.notna(value)}) == []


def test_one_counter_was_reset_and_one_link_has_gaps(history: History) -> None:
    falls = {
        row["unique_id"]
        for row in history.series[history.series["kind"] == "counter"].to_dict("records")
        if (history.values(row["unique_id"]).diff() < 0).any()
    }
    assert falls == {"leaf-a1|eth1|if_out_octets"}
    octets = history.series_of(metric="if_out_octets")["unique_id"]
    gaps = {name: history.values(name).index.to_series().diff().max() for name in octets}
    assert max(gaps, key=lambda name: gaps[name]) == "core-b2|eth3|if_out_octets"
    assert gaps["core-b2|eth3|if_out_octets"] > timedelta(hours=6)


def test_all_this_holds_for_other_seeds() -> None:
    for seed in range(2, 7):
        made = simulate(lab(), Timeline(START, AS_OF + timedelta(weeks=2), lab().tz), seed)
        truth = {name: values[: len(values) // 12 * 12].reshape(-1, 12).mean(axis=1) for name, _times, values in made.latent}
        past = 8 * 168
        for name, limit in NEEDS:
            assert truth[name][past:].max() > limit, (seed, name)
        assert truth["edge-b1|shop|app_response_ms"][past : past + 168].max() > 200, seed
        for name in ("core-a2|eth3", "core-b1|eth3", "edge-b1|eth3"):
            assert truth[f"{name}|if_out_bps"][past:].max() < 16e6, (seed, name)
