# SPDX-License-Identifier: GPL-3.0-or-later
"""Each model counts as much as its back-test speaks for it, and a difference the more, the more was tested."""

from __future__ import annotations

import numpy as np
import pytest

from forecasting.rolling import Errors
from forecasting.selection import blended, shares, together

ORIGINS = tuple(range(10))


def errors(name: str, *sizes: float) -> Errors:
    return Errors(name, ORIGINS, np.ones((10, len(sizes), 4)) * np.array(sizes)[None, :, None])


def test_the_better_counts_more_and_the_much_worse_not_at_all():
    found = shares([errors("default", 1.0, 1.0, 1.0), errors("peer", 1.0, 0.7, 3.0)], 10)
    assert found.sum(axis=0) == pytest.approx(1.0)
    assert 0.05 < found[1, 0] < 0.2 < 0.6 < found[1, 1] < 0.8
    assert found[1, 2] == 0.0


def test_the_order_of_peers_does_not_matter():
    default, good, better = errors("default", 1.0), errors("good", 0.9), errors("better", 0.8)
    one, other = shares([default, good, better], 10), shares([default, better, good], 10)
    assert one[:, 0] == pytest.approx(other[[0, 2, 1], 0])
    assert one[2, 0] > one[1, 0]


def test_the_more_was_tested_the_more_a_difference_counts():
    better = [shares([errors("default", 1.0), errors("peer", 0.7)], stretches)[1, 0] for stretches in (1, 2, 4, 8, 16)]
    assert (np.diff(better) > 0.02).all() and better[0] < 0.5 < 0.7 < better[-1]
    alike = [shares([errors("default", 1.0), errors("peer", 1.0)], stretches)[0, 0] for stretches in (2, 4, 8, 16, 1000)]
    assert min(alike) > 0.7 and max(alike) < 0.95  # the default's advantage is bounded


def test_a_model_without_a_forecast_counts_nothing_and_one_that_has_one_replaces_it():
    failed = Errors("failed", ORIGINS, np.full((10, 1, 4), np.nan))
    assert shares([errors("default", 1.0), failed], 10)[:, 0].tolist() == [1.0, 0.0]
    assert shares([failed, errors("peer", 1.0)], 10)[:, 0].tolist() == [0.0, 1.0]
    assert shares([failed, failed], 10)[:, 0].tolist() == [1.0, 0.0]


def test_models_without_any_error_share_alike():
    found = shares([errors("default", 0.0), errors("peer", 0.0)], 10)[:, 0]
    assert found.sum() == pytest.approx(1.0) and found[0] > found[1] > 0.05


def test_a_slow_model_is_compared_on_the_origins_it_saw():
    default = errors("default", 1.0)
    default.residuals[:6] = 0.1
    slow = Errors("slow", ORIGINS[6:], np.full((4, 1, 4), 0.5))
    assert shares([default, slow], 10)[1, 0] > 0.75


def test_errors_are_shared_as_the_forecast_is_and_what_is_missing_is_made_up_by_the_others():
    default, slow = errors("default", 1.0), Errors("slow", ORIGINS[6:], np.full((4, 1, 4), -1.0))
    slow.residuals[0, 0, 0] = np.nan
    found = blended([default, slow], np.array([[0.75], [0.25]])).residuals[:, 0]
    assert found[:6] == pytest.approx(1.0)
    assert found[6] == pytest.approx([1.0, 0.5, 0.5, 0.5])
    assert found[7:] == pytest.approx(0.5)


def test_a_forecast_that_is_not_finite_is_left_to_the_others():
    made = [np.array([[1.0, 1.0], [np.nan, 1.0]]), np.array([[3.0, 5.0], [3.0, 5.0]]), None]
    weight = np.array([[0.5, 0.5], [0.5, 0.5], [0.0, 0.0]])
    assert together(made, weight).tolist() == [[2.0, 3.0], [3.0, 5.0]]
    assert np.isnan(together([np.full((1, 2), np.nan), None], np.array([[1.0], [0.0]]))).any()
