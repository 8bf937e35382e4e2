# SPDX-License-Identifier: GPL-3.0-or-later
"""Many series are prepared at once: each comes out as it would alone, to the last digit."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.anomalies.medians import median_of
from forecasting.grid import places_before, shared_step_means, step_means, wall, wall_stamps
from forecasting.history.table import SERIES_COLUMNS, History
from forecasting.preparing import Layouts, prepare

AS_OF = pd.Timestamp("2026-04-10T06:00Z").as_unit("ns")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")


def series(seed: int) -> tuple[dict[str, object], pd.DataFrame]:
    """One odd series: any interval, zone and length, gaps, spikes, and samples off the beat."""
    rng = np.random.default_rng(seed)
    step = int(rng.choice([900, 3600, 3600, 3600]))
    times = pd.date_range(AS_OF - pd.Timedelta(days=float(rng.choice([4, 16, 37]))), AS_OF, freq=f"{step}s", inclusive="left").as_unit("ns")
    values = 1e6 * (1 + 0.5 * np.sin(times.hour.to_numpy() / 4) + rng.normal(0, 0.05, len(times)))
    values[rng.integers(0, len(values), 3)] *= 20
    kept = rng.random(len(times)) > rng.choice([0.0, 0.02, 0.3])
    first = int(rng.integers(0, len(values) - 50))
    kept[first : first + int(rng.integers(0, 40))] = False
    if rng.random() < 0.5:
        times = times + pd.to_timedelta(rng.uniform(0, 0.4 * step, len(times)).round(2), unit="s")
    row = dict.fromkeys(SERIES_COLUMNS) | {"unique_id": f"r{seed:03d}|eth1|if_out_bps", "device": f"r{seed:03d}", "object": "eth1"}
    row |= {"metric": "if_out_bps", "unit": "bit/s", "tz": str(rng.choice(ZONES)), "kind": "gauge", "interval_s": float(step)}
    return row, pd.DataFrame({"unique_id": row["unique_id"], "ds": times[kept], "y": values[kept]})


def history(seeds: list[int]) -> History:
    rows, parts = zip(*[series(seed) for seed in sorted(seeds)], strict=True)
    return History(pd.DataFrame(rows).astype(object), pd.concat(parts, ignore_index=True))


def test_each_series_comes_out_as_it_would_alone():
    seeds = list(range(24))
    layouts = Layouts(AS_OF, pd.Timedelta(days=3), AS_OF - pd.Timedelta(days=37), ZONES, ("if_out_bps",))
    together, alone = {}, {}
    for made, groups in ((together, [seeds]), (alone, [[seed] for seed in seeds])):
        for group in groups:
            known = history(group)
            for prepared in prepare(known, known.demand_series, AS_OF, pd.Timedelta(days=3), None, layouts).panels:
                panel = prepared.panel
                for number, entry in enumerate(prepared.entries):
                    arrays = (panel.y[number], panel.fit[number], panel.day[number], panel.week[number])
                    made[panel.ids[number]] = arrays, (entry.filled, entry.anomalies, entry.floor, panel.horizon)
    assert together.keys() == alone.keys() and len(together) == len(seeds)
    for name, (arrays, counts) in together.items():
        assert counts == alone[name][1]
        assert all(np.array_equal(ours, other, equal_nan=ours.dtype == float) for ours, other in zip(arrays, alone[name][0], strict=True))
    assert sum(counts[1] for _unused, counts in together.values()) > 10


@given(st.integers(1, 9), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_the_network_finds_the_median(count, seed):
    arrays = list(np.random.default_rng(seed).integers(0, 6, (count, 3, 5)) / 7.0)
    assert np.array_equal(median_of(arrays), np.median(np.stack(arrays), axis=0))


@given(st.sampled_from(ZONES), st.integers(0, 3 * 10**17), st.integers(1, 400))
@settings(max_examples=30, deadline=None)
def test_many_times_on_the_wall_clock_are_as_single_ones(zone, begin, days):
    stamps = 1_500_000_000_000_000_000 + begin + np.random.default_rng(days).integers(0, days * 86_400 * 10**9, 50)
    shown = wall(pd.DatetimeIndex(stamps.view("M8[ns]"), tz="UTC"), zone).as_unit("ns").asi8
    assert (wall_stamps(stamps, zone) == shown).all()


def test_a_sample_belongs_to_the_step_that_it_begins_in():
    second = 1_000_000_000
    distance = np.array([second, 60 * second, 60 * second + 61, 120 * second, 121 * second, 0, -second])
    assert places_before(distance, 60, 2).tolist() == [1, 1, 0, 0, -1, -1, -1]


@given(st.integers(1, 4), st.integers(1, 30), st.integers(1, 12), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_series_sampled_at_the_same_times_get_the_same_means_faster(series_, samples, count, seed):
    rng = np.random.default_rng(seed)
    place, values = rng.integers(-1, count, samples), rng.normal(size=(series_, samples))
    expected = rng.choice([0.5, 1.0, 4.0], series_)
    whole = step_means(np.repeat(np.arange(series_), samples), np.tile(place, series_), values.ravel(), count, expected)
    assert np.array_equal(shared_step_means(place, values, count, expected), whole, equal_nan=True)
