# SPDX-License-Identifier: GPL-3.0-or-later
"""The losses are those of their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecasting.metrics import LEVELS, coverage, mase, msis, owa, pinball, seasonal_scale, smape, weighted_quantile_loss

VALUES = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False).map(lambda value: round(value, 3))
MATRIX = arrays(float, (3, 5), elements=VALUES)


@given(MATRIX)
def test_a_perfect_forecast_loses_nothing(actual):
    quantiles = np.repeat(actual[:, None, :], len(LEVELS), axis=1)
    assert smape(actual, actual) == pytest.approx(0.0)
    assert mase(actual, actual, np.ones(3)) == pytest.approx(0.0)
    assert pinball(actual, quantiles) == pytest.approx(0.0)
    assert coverage(actual, actual, actual) == 1.0


@given(MATRIX, MATRIX)
def test_smape_is_symmetric_and_at_most_200(actual, mean):
    assert smape(actual, mean) == pytest.approx(smape(mean, actual))
    assert (smape(actual, mean) <= 200.0 + 1e-9).all()


@given(MATRIX, MATRIX)
def test_the_pinball_loss_at_one_half_is_half_the_absolute_error(actual, mean):
    assert pinball(actual, mean[:, None, :], np.array([0.5]))[:, 0] == pytest.approx(np.abs(actual - mean).mean(axis=1) / 2)


def test_by_hand():
    history = np.array([[1.0, 2.0, 3.0, 5.0]])
    assert seasonal_scale(history, 2).tolist() == [2.5]
    assert mase(np.array([[5.0, 5.0]]), np.array([[0.0, 10.0]]), np.array([2.5])).tolist() == [2.0]
    assert smape(np.array([[1.0, 0.0]]), np.array([[3.0, 0.0]])).tolist() == [50.0]
    assert owa(10.0, 1.0, 20.0, 2.0) == 0.5
    assert msis(np.array([[0.0, 5.0]]), np.array([[1.0, 1.0]]), np.array([[3.0, 3.0]]), np.array([1.0]))[0] == pytest.approx(2 + 40 * 1.5)
    assert weighted_quantile_loss(np.array([[2.0]]), np.full((1, 11, 1), 1.0)) == pytest.approx(2 * LEVELS[1:-1].sum() / (9 * 2.0))


def test_flat_and_short_series_have_no_scale():
    assert np.isnan(seasonal_scale(np.ones((1, 10)), 2)).all()
    assert np.isnan(seasonal_scale(np.ones((1, 2)), 2)).all()


def test_unknown_truth_does_not_count():
    actual = np.array([[1.0, np.nan]])
    assert mase(actual, np.array([[2.0, 9.0]]), np.ones(1)).tolist() == [1.0]
    assert coverage(actual, np.zeros((1, 2)), np.ones((1, 2))) == 1.0
