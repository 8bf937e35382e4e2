# SPDX-License-Identifier: GPL-3.0-or-later
"""Even steps, gaps, limits, anomalies and clocks before any model sees them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.anomalies import anomalous, seasonal_scores
from forecasting.censoring import censored_samples, lifted
from forecasting.errors import InputError
from forecasting.grid import asked_step, fill, seasons_of, step_of, to_steps, wall
from forecasting.history import load_history

END = pd.Timestamp("2026-03-01", tz="UTC")


@given(st.permutations(range(12)))
def test_steps_are_means_and_do_not_depend_on_order(order):
    times = pd.DatetimeIndex([END - pd.Timedelta(minutes=5 * (number + 1)) for number in range(12)])
    values = np.arange(12.0)
    seen, place = to_steps(times[list(order)], values[list(order)], END, 3600, 2, 12)
    assert np.isnan(seen[0]) and seen[1] == pytest.approx(5.5)
    assert set(place.tolist()) == {1}


def test_a_sample_at_the_cutoff_belongs_to_the_future_and_half_empty_steps_are_missing():
    times = pd.DatetimeIndex([END - pd.Timedelta("1h"), END - pd.Timedelta("5min"), END])
    seen, place = to_steps(times, np.array([1.0, 3.0, 99.0]), END, 3600, 1, 2)
    assert seen.tolist() == [2.0] and place.tolist() == [0, 0, -1]
    assert np.isnan(to_steps(times, np.array([1.0, 3.0, 99.0]), END, 3600, 1, 12)[0]).all()


@pytest.mark.parametrize(
    ("interval", "step"), [(300, 300), (299.4, 300), (61, 60), (3600, 3600), (86400, 86400), (604800, 604800), (0.2, 1)]
)
def test_odd_intervals_become_even_steps(interval, step):
    assert step_of(interval) == step


def test_the_interval_follows_the_horizon_unless_asked():
    assert asked_step(None, pd.Timedelta(days=2)) == 0
    assert asked_step("auto", pd.Timedelta(days=14)) == 3600
    assert asked_step("15m", pd.Timedelta(days=14)) == 900
    assert asked_step("native", pd.Timedelta(days=14)) == 0
    for wrong in ("7m", "soon", "-1h"):
        with pytest.raises(InputError, match="interval"):
            asked_step(wrong, pd.Timedelta(days=1))
    assert seasons_of(3600) == (24, 168) and seasons_of(86400) == (7, 0) and seasons_of(604800) == (1, 0)


@given(st.integers(min_value=1, max_value=30), st.integers(min_value=0, max_value=99))
@settings(max_examples=40)
def test_gaps_are_filled_with_the_same_phase_and_nothing_else_changes(length, at):
    season = np.tile(np.arange(10.0), 12)
    values = season.copy()
    values[at + 10 : at + 10 + length] = np.nan
    made = fill(values[None], 10, 0)[0]
    known = np.isfinite(values)
    assert (made[known] == values[known]).all() and np.isfinite(made).all()
    if length > 3 or at + 10 + length >= len(values):
        assert (made == season).all()


def test_what_precedes_the_first_value_stays_unknown():
    made = fill(np.array([[np.nan, np.nan, 1.0, np.nan, 3.0]]), 2, 0)[0]
    assert np.isnan(made[:2]).all() and made[2:].tolist() == [1.0, 2.0, 3.0]


def test_the_wall_clock_keeps_the_hour_over_a_change():
    shown = wall(pd.DatetimeIndex(["2026-10-24T07:00Z", "2026-10-25T08:00Z"]), "Europe/Berlin")
    assert (shown[1] - shown[0]) == pd.Timedelta(days=1)


def test_a_censored_value_is_raised_to_what_its_phase_expects_and_never_lowered():
    values = np.tile([1.0, 9.0], 8)
    values[-1] = 5.0
    censored = np.zeros(16, dtype=bool)
    censored[-1] = True
    assert lifted(values, censored, 2, 0)[-1] == 9.0
    values[-1] = 12.0
    assert lifted(values, censored, 2, 0)[-1] == 12.0


def test_what_is_at_the_capacity_is_censored_and_what_went_well_beyond_it_was_not_held_back(tmp_path):
    table = pd.DataFrame(
        {"unique_id": "up", "ds": pd.date_range("2026-01-05", periods=5, freq="1h"), "y": [90.0, 96.0, 98.0, 102.0, 140.0]}
    )
    table.to_csv(tmp_path / "table.csv", index=False)
    (tmp_path / "mapping.yml").write_text("up: {device: r1, object: eth1, metric: if_out_bps, capacity_bps: 100}\n", encoding="utf-8")
    history = load_history(tmp_path / "table.csv", tmp_path / "mapping.yml")
    row = history.row("r1|eth1|if_out_bps")
    assert censored_samples(history, row).tolist() == [False, False, True, True, False]


def test_a_spike_is_kept_out_and_a_change_of_level_is_not():
    rng = np.random.default_rng(0)
    base = np.tile(10 + np.sin(np.arange(24) / 4), 14) + rng.normal(0, 0.05, 14 * 24)
    spike, level = base.copy(), base.copy()
    spike[300] *= 5
    level[300:] *= 5
    assert np.flatnonzero(anomalous(spike[None], 24, 168)[0]).tolist() == [300]
    assert not anomalous(level[None], 24, 168).any()
    assert (seasonal_scores(spike[None], 24, 168)[0, :300] == seasonal_scores(base[None], 24, 168)[0, :300]).mean() > 0.99


@pytest.mark.parametrize("values", [np.zeros(100), np.full(100, 1e15), np.full(100, np.nan), np.arange(3.0)])
def test_odd_series_are_no_trouble(values):
    assert not anomalous(values[None], 24, 168).any()
