# SPDX-License-Identifier: GPL-3.0-or-later
"""A change shows in the latest errors; what is usual, short or unknown raises nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.regime import LEAST_USUAL, MOST_RATIO, unsettled

SEASON, HORIZON, ORIGINS, ROWS = 24, 24, 12, 20


def errors(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((ORIGINS, ROWS, HORIZON))


@pytest.mark.parametrize(("steps", "size"), [(3, 6.0), (6, 4.0), (24, 3.0)])
def test_latest_errors_that_are_far_too_large_are_noticed(steps: int, size: float) -> None:
    z = errors()
    z[-1, 4, -steps:] *= size
    found = unsettled(z, SEASON)
    assert 1.5 <= found[4] <= MOST_RATIO
    assert (np.delete(found, 4) == 1.0).mean() >= 0.9


def test_large_errors_of_long_ago_are_none_of_it() -> None:
    z = errors()
    z[3, 4] *= 6.0
    assert unsettled(z, SEASON)[4] == 1.0


def test_steps_that_are_always_hard_to_forecast_are_no_change() -> None:
    z = errors() * np.linspace(0.2, 4.0, HORIZON)
    assert (unsettled(z, SEASON) > 1.0).mean() <= 0.1


def test_false_alarms_are_rare() -> None:
    assert np.mean([(unsettled(errors(seed), SEASON) > 1.0).mean() for seed in range(40)]) <= 0.02


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 5), st.integers(1, 60), st.floats(0, 1))
def test_whatever_comes_the_factor_is_between_one_and_its_most(seed: int, origins: int, rows: int, horizon: int, missing: float) -> None:
    rng = np.random.default_rng(seed)
    z = np.where(rng.random((origins, rows, horizon)) < missing, np.nan, 10.0 ** rng.uniform(-9, 9, (origins, rows, horizon)))
    found = unsettled(z, SEASON)
    assert found.shape == (rows,)
    assert ((found >= 1.0) & (found <= MOST_RATIO)).all()
    if (origins - 1) * rows < LEAST_USUAL:
        assert (found == 1.0).all()
