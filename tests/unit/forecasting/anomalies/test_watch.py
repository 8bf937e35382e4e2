# SPDX-License-Identifier: GPL-3.0-or-later
"""What a watch on one series must hold: causal, whole, and right about plain cases."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.anomalies import LISTED, UNSEEN, Event, Kind, Watch

HOUR = 3600.0
BEGIN = pd.Timestamp("2026-01-05T00:00:00Z")


def hours(count: int, start: pd.Timestamp = BEGIN) -> pd.DatetimeIndex:
    return pd.date_range(start, periods=count, freq="h")


def daily(count: int, noise: float = 2.0) -> np.ndarray:
    phase = np.arange(count) * 2 * np.pi / 24
    return 100 + 30 * np.sin(phase) + np.random.default_rng(3).normal(0, noise, count)


def watched(values: np.ndarray, zone: str = "UTC", times: pd.DatetimeIndex | None = None) -> tuple[np.ndarray, list[Event]]:
    watch = Watch(HOUR, zone)
    scores = watch.feed(hours(len(values)) if times is None else times, values)
    return scores, watch.events


def at(event: Event) -> int:
    """The sample at which an event began."""
    return round((event.start - BEGIN.timestamp()) / HOUR)


awkward = st.one_of(st.floats(-1e12, 1e12), st.sampled_from([0.0, 1.0, -0.0, float("nan"), float("inf"), 1e300, -1e300, 5e-324]))


@given(st.lists(awkward, min_size=1, max_size=200), st.data())
@settings(max_examples=60, deadline=None)
def test_scores_are_between_0_and_1_and_those_of_a_prefix_are_the_prefix_of_the_scores(values: list[float], data: st.DataObject) -> None:
    whole, _events = watched(np.array(values))
    cut = data.draw(st.integers(0, len(values)))
    before, _events = watched(np.array(values[:cut]))
    assert whole.shape == (len(values),)
    assert np.isfinite(whole).all() and (whole >= 0).all() and (whole <= 1).all()
    assert whole[:cut].tolist() == before.tolist()


@given(st.lists(st.integers(1, 400), max_size=8), st.sampled_from(["UTC", "Europe/Berlin"]))
@settings(max_examples=20, deadline=None)
def test_the_pieces_in_which_samples_come_do_not_matter(pieces: list[int], zone: str) -> None:
    values = daily(1000)
    values[[500, 700]] = 400.0, np.nan
    values[800:] += 80
    times = hours(1000).delete(slice(600, 640))
    values = np.delete(values, slice(600, 640))
    scores, events = watched(values, zone, times)
    edges = np.unique(np.clip(np.cumsum([0, *pieces, 1000]), 0, len(values)))
    watch = Watch(HOUR, zone)
    parts = [watch.feed(times[a:b], values[a:b]) for a, b in pairwise(edges)]
    assert np.concatenate(parts).tolist() == scores.tolist()
    assert watch.events == events


@given(st.sampled_from([2.0**-40, 0.25, 8.0, 2.0**60]))
@settings(max_examples=4, deadline=None)
def test_the_unit_does_not_matter(factor: float) -> None:
    values = daily(700)
    values[600] = 300.0
    scaled, _events = watched(values * factor)
    assert scaled.tolist() == watched(values)[0].tolist()


@pytest.mark.parametrize(
    "values",
    [np.full(500, 7.0), np.zeros(500), np.full(500, np.nan), np.array([3.0]), np.array([]), np.full(500, 1e300), np.full(500, -1e-300)],
    ids=["constant", "zero", "all NaN", "one point", "nothing", "huge", "tiny"],
)
def test_where_nothing_changes_nothing_is_told(values: np.ndarray) -> None:
    scores, events = watched(values)
    assert not scores.any() and not events


def test_ordinary_days_tell_next_to_nothing() -> None:
    _scores, events = watched(daily(24 * 60))
    assert len(events) <= 24 * 60 / 168 / 2


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_spike_is_told_at_once(sign: float) -> None:
    values = daily(1000)
    values[900] += sign * 400
    scores, events = watched(values)
    event = next(event for event in events if at(event) == 900)
    assert scores[900] >= UNSEEN
    assert event.kind is Kind.SPIKE and event.seen == event.start
    assert event.size == pytest.approx(sign * 400, rel=0.2)


@pytest.mark.parametrize("size", [30.0, -30.0])
def test_a_change_of_level_is_told_within_nine_samples_with_its_size(size: float) -> None:
    values = np.random.default_rng(1).normal(100, 1, 600)
    values[500:] += size
    event = next(event for event in watched(values)[1] if event.kind is Kind.LEVEL and at(event) == 500)
    assert event.seen - event.start <= 9 * HOUR
    assert event.size == pytest.approx(size, rel=0.1)


def test_a_level_that_comes_back_is_a_change_again() -> None:
    values = np.random.default_rng(1).normal(100, 1, 900)
    values[300:400] += 30
    values[600:700] += 30
    levels = [at(event) for event in watched(values)[1] if event.kind is Kind.LEVEL]
    assert all(any(level == place for level in levels) for place in (300, 400, 600, 700))


def test_a_slow_drift_is_told_as_one() -> None:
    values = daily(24 * 50)
    values[24 * 35 :] += np.linspace(0, 90, 24 * 15)
    told = [event for event in watched(values)[1] if event.kind is Kind.DRIFT]
    assert any(24 * 32 <= at(event) <= 24 * 45 and event.size > 0 for event in told)


def test_the_wrong_time_of_day_is_told_though_the_values_are_usual() -> None:
    values = daily(24 * 30)
    values[24 * 25 : 24 * 27] = 125.0
    scores, _events = watched(values)
    assert scores[24 * 25 : 24 * 28].max() >= LISTED
    assert scores[24 * 21 : 24 * 25].max() < LISTED


def test_missing_samples_are_told_once_as_missing_and_not_as_anything_else() -> None:
    times, values = hours(1000), daily(1000)
    keep = np.r_[0:700, 740:1000]
    missing = [event for event in watched(values[keep], times=times[keep])[1] if event.kind is Kind.MISSING]
    blank = values.copy()
    blank[700:740] = np.nan
    assert [(at(event), event.size) for event in missing] == [(700, 40.0)]
    assert [event for event in watched(blank)[1] if event.kind is Kind.MISSING] == missing


def test_a_series_that_fell_silent_is_told_though_no_sample_comes() -> None:
    watch = Watch(HOUR)
    watch.feed(hours(100), daily(100))
    watch.until(hours(104)[-1])
    watch.until(hours(110)[-1])
    (event,) = (event for event in watch.events if event.kind is Kind.MISSING)
    assert (at(event), event.size, event.seen) == (100, 9.0, hours(104)[-1].timestamp())


@pytest.mark.parametrize("start", ["2026-03-01T00:00:00Z", "2026-09-27T00:00:00Z"])
def test_changing_the_clock_is_no_anomaly_where_people_live_by_it(start: str) -> None:
    times = hours(24 * 60, pd.Timestamp(start))
    clock = times.tz_convert("Europe/Berlin").hour.to_numpy()
    values = np.where((clock >= 8) & (clock < 18), 100.0, 20.0) + np.random.default_rng(5).normal(0, 1, len(times))
    changed = [place for place in range(1, len(times)) if (clock[place] - clock[place - 1]) % 24 != 1]
    scores, _events = watched(values, "Europe/Berlin", times)
    assert changed and scores[changed[0] : changed[0] + 48].max() < UNSEEN


def test_after_an_alarm_only_something_stranger_is_told() -> None:
    values = daily(1000)
    values[[800, 820, 840]] = 400.0, 390.0, 4000.0
    scores, _events = watched(values)
    assert scores[800] >= UNSEEN and scores[820] == 0.0 and scores[840] >= UNSEEN


def test_the_step_of_every_morning_and_of_every_weekend_is_no_change_of_level() -> None:
    times = pd.date_range(BEGIN, periods=288 * 28, freq="5min")
    busy = (times.hour >= 8) & (times.hour < 18) & (times.day_of_week < 5)
    values = np.where(busy, 100.0, 20.0) + np.random.default_rng(5).normal(0, 1, len(times))
    watch = Watch(300.0)
    watch.feed(times, values)
    levels = [event for event in watch.events if event.kind is Kind.LEVEL]
    assert not [event for event in levels if event.seen > times[288 * 14].timestamp()]


def test_rare_counts_are_seldom_taken_for_a_change_of_level() -> None:
    values = (np.random.default_rng(5).random(3000) < 0.15).astype(float)
    assert sum(event.kind is Kind.LEVEL for event in watched(values)[1]) <= 4
