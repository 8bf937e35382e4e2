# SPDX-License-Identifier: GPL-3.0-or-later
"""A crossing is a run beyond the limit of at least the duration; its probability comes from whole paths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from forecasting.crossings import crossing_of, first_runs, paths_from_quantiles, steps_of

FLAGS = arrays(bool, st.tuples(st.integers(1, 5), st.integers(1, 12)))
PATHS = arrays(float, st.tuples(st.integers(1, 8), st.integers(1, 12)), elements=st.floats(-100, 100))


@given(FLAGS, st.integers(1, 6))
def test_the_first_run_is_found_where_a_plain_search_finds_it(flags: np.ndarray, steps: int) -> None:
    def plain(row: np.ndarray) -> int:
        return next((i for i in range(len(row) - steps + 1) if all(row[i : i + steps])), -1)

    assert first_runs(flags, steps).tolist() == [plain(row) for row in flags]


@given(PATHS, st.floats(-100, 100), st.floats(0, 50), st.floats(0, 6), st.floats(0, 6))
def test_probability_falls_as_limit_or_duration_rise(paths: np.ndarray, limit: float, more: float, hours: float, longer: float) -> None:
    def probability(bound: float, duration: float) -> float:
        return crossing_of(paths, bound, interval_s=3600, duration_s=3600 * duration).probability

    base = probability(limit, hours)
    assert probability(limit + more, hours) <= base
    assert probability(limit, hours + longer) <= base
    assert 0 < base < 1


@given(PATHS, st.floats(-100, 100))
def test_below_mirrors_above(paths: np.ndarray, limit: float) -> None:
    above = crossing_of(paths, limit, interval_s=3600, duration_s=3600)
    below = crossing_of(-paths, -limit, interval_s=3600, duration_s=3600, beyond="below")
    assert (above.probability, above.first, above.excess) == (below.probability, below.first, below.excess)
    assert below.peak == -above.peak


def test_paths_count_and_not_the_product_of_marginals() -> None:
    paths = np.repeat([[0.0], [10.0]], [50, 50], axis=0) * np.ones((1, 24))
    found = crossing_of(paths, 5.0, interval_s=3600, duration_s=24 * 3600)
    assert found.probability == pytest.approx(0.5, abs=0.01)


def test_first_crossing_quantiles_count_the_paths_that_never_cross() -> None:
    paths = np.zeros((10, 10))
    for path in range(6):
        paths[path, path + 1 :] = 9.0
    found = crossing_of(paths, 5.0, interval_s=3600, duration_s=3600)
    assert found.first == (1, 5, None)
    assert found.earliest == 1
    assert found.excess == 4.0


def test_a_window_and_a_second_condition_bound_what_counts() -> None:
    paths = np.full((4, 10), 9.0)
    window = np.zeros(10, dtype=bool)
    window[4:6] = True
    assert crossing_of(paths, 5.0, interval_s=3600, duration_s=7200, window=window).first[0] == 4
    assert crossing_of(paths, 5.0, interval_s=3600, duration_s=3 * 3600, window=window).earliest is None
    assert crossing_of(paths, 5.0, interval_s=3600, duration_s=3600, also=np.zeros((4, 10), dtype=bool)).earliest is None
    with pytest.raises(ValueError, match="no step"):
        crossing_of(paths, 5.0, interval_s=3600, duration_s=0, window=np.zeros(10, dtype=bool))


def test_a_limit_may_differ_from_step_to_step_and_path_to_path() -> None:
    paths = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    assert crossing_of(paths, np.array([5.0, 1.0, 5.0]), interval_s=60, duration_s=0).first == (1, 1, 1)
    assert crossing_of(paths, np.array([[5.0, 5.0, 5.0], [0.0, 0.0, 0.0]]), interval_s=60, duration_s=0).first == (0, 0, None)


@pytest.mark.parametrize(("duration", "steps"), [(0, 1), (1, 1), (300, 1), (301, 2), (3600, 12)])
def test_a_duration_is_rounded_up_to_whole_steps(duration: float, steps: int) -> None:
    assert steps_of(duration, 300) == steps


def test_paths_drawn_from_quantiles_have_those_quantiles_and_hang_together() -> None:
    levels = [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975]
    scale = 1 + np.arange(48)[:, None] % 24
    paths = paths_from_quantiles(levels, 100 + scale * norm.ppf(levels), interval_s=3600, seed=1, count=4000)
    for level in (0.1, 0.5, 0.9, 0.99):
        assert np.quantile(paths, level, axis=0) == pytest.approx(100 + scale[:, 0] * norm.ppf(level), abs=2.5)
    near = np.corrcoef(paths[:, 10], paths[:, 11])[0, 1]
    far = np.corrcoef(paths[:, 0], paths[:, 40])[0, 1]
    assert near == pytest.approx(np.exp(-1 / 6), abs=0.05)
    assert abs(far) < 0.1
    assert np.array_equal(paths, paths_from_quantiles(levels, 100 + scale * norm.ppf(levels), interval_s=3600, seed=1, count=4000))
