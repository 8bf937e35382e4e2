# SPDX-License-Identifier: GPL-3.0-or-later
"""Quantiles rise, cover what they say, and paths carry them without losing how errors hang together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.intervals import fan, measure, normalise, untested
from forecasting.metrics import LEVELS, coverage
from forecasting.panel import plain_panel
from forecasting.paths import couple, trajectories
from forecasting.rolling import Errors

SEASON, HORIZON = 8, 16


def panel(rows: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    return plain_panel([(f"s{row}", rng.normal(100, 5, 400)) for row in range(rows)], SEASON, 0, HORIZON)


def errors(scale: np.ndarray, origins: int = 12, seed: int = 1) -> Errors:
    rng = np.random.default_rng(seed)
    residuals = rng.standard_normal((origins, len(scale), HORIZON)) * scale[None, :, None]
    return Errors("m", tuple(range(100, 100 + 4 * origins, 4)), residuals)


@given(st.lists(st.floats(min_value=1e-6, max_value=1e12), min_size=1, max_size=4), st.integers(min_value=0, max_value=99))
@settings(max_examples=25)
def test_quantiles_rise_whatever_the_scale(scales, seed):
    known = panel(len(scales))
    made = fan(np.zeros((len(scales), HORIZON)), normalise(known, errors(np.array(scales), seed=seed), np.ones(len(scales))))
    assert (np.diff(made, axis=1) >= 0).all()


def test_intervals_cover_new_errors_of_each_series_by_its_own_size():
    scale = np.array([1.0, 10.0, 1000.0])
    made = normalise(panel(3), errors(scale, origins=40), scale)
    quantiles = fan(np.zeros((3, HORIZON)), made)
    fresh = np.random.default_rng(9).standard_normal((500, 3, HORIZON)) * scale[None, :, None]
    for row in range(3):
        held = np.mean([coverage(truth[None], quantiles[row, None, 1], quantiles[row, None, -2]) for truth in fresh[:, row]])
        assert held == pytest.approx(0.8, abs=0.06)
    assert measure(made).widened == 1.0
    assert np.nanmean(measure(made).cover80) == pytest.approx(0.8, abs=0.06)


def test_too_narrow_intervals_are_noticed_and_widened():
    found = errors(np.array([1.0, 1.0]), origins=6)
    shifted = Errors("m", found.origins, found.residuals + np.array([0, 0, 0, 0, 25, -25.0])[:, None, None])
    assert measure(normalise(panel(2), shifted, np.ones(2))).widened > 1.0


def test_where_few_windows_tell_the_size_of_errors_intervals_are_wider_for_it():
    """The size of a series' errors goes up and down from window to window: with two windows it is known badly."""

    def held(origins: int) -> tuple[float, float]:
        rng = np.random.default_rng(3)
        rows = 400
        found = errors(np.ones(rows), origins=origins)
        found.residuals[:] *= np.exp(rng.normal(0.0, 0.7, (origins, rows, 1)))
        made = normalise(panel(rows), found, np.ones(rows))
        quantiles = fan(np.zeros((rows, HORIZON)), made, measure(made).widened)
        truth = rng.standard_normal((rows, HORIZON)) * np.exp(rng.normal(0.0, 0.7, (rows, 1)))
        return coverage(truth, quantiles[:, 1], quantiles[:, -2]), coverage(truth, quantiles[:, 0], quantiles[:, -1])

    for origins in (2, 3, 12):
        inside80, inside95 = held(origins)
        assert 0.78 < inside80 < 0.87 and 0.94 < inside95 < 0.98, (origins, inside80, inside95)


def test_a_burst_after_nothing_is_no_measure_for_the_others():
    calm, burst = errors(np.ones(20)), errors(np.ones(20))
    burst.residuals[:-1, :5] = 0.0
    wide = [fan(np.zeros((20, HORIZON)), normalise(panel(20), found, np.ones(20)))[-1, -1].mean() for found in (calm, burst)]
    assert wide[1] < 2.5 * wide[0]


def test_a_series_forecast_without_error_does_not_narrow_the_others():
    alone = fan(np.zeros((1, HORIZON)), normalise(panel(1), errors(np.array([3.0])), np.ones(1)))
    joined = errors(np.array([3.0, 0.0, 0.0]))
    single = errors(np.array([3.0]))
    joined.residuals[:, :1] = single.residuals
    beside = fan(np.zeros((3, HORIZON)), normalise(panel(3), joined, np.ones(3)))
    assert beside[0] == pytest.approx(alone[0])


def test_without_a_back_test_the_fan_is_wide_and_finite():
    made = fan(np.zeros((2, HORIZON)), untested(panel(2), np.array([5.0, np.nan])))
    assert np.isfinite(made).all()
    assert (made[0, -1] - made[0, 0] > 5.0).all()


@given(st.integers(min_value=0, max_value=1000))
@settings(max_examples=20)
def test_paths_have_the_marginals_of_the_fan(seed):
    rng = np.random.default_rng(seed)
    quantiles = np.sort(rng.normal(0, 10, (len(LEVELS), HORIZON)), axis=0)
    paths = couple(quantiles, rng.standard_normal((400, HORIZON)))
    inside = np.quantile(paths, LEVELS, axis=0)
    spread = quantiles[-1] - quantiles[0]
    assert (np.abs(inside - quantiles) <= 0.05 * spread + 1e-6).all()


def test_paths_keep_how_errors_hang_together():
    rng = np.random.default_rng(0)
    level = np.repeat(rng.standard_normal((50, 1, 1)), HORIZON, axis=2)
    loose = rng.standard_normal((50, 1, HORIZON))
    quantiles = np.repeat(np.linspace(-10, 10, len(LEVELS))[:, None], HORIZON, axis=1)
    tight = couple(quantiles, trajectories(level, 0, 200, np.random.default_rng(1)))
    free = couple(quantiles, trajectories(loose, 0, 200, np.random.default_rng(1)))
    whole_day_above = (tight > 5).all(axis=1).mean(), (free > 5).all(axis=1).mean()
    assert whole_day_above[0] > 0.1
    assert whole_day_above[1] == 0.0
