# SPDX-License-Identifier: GPL-3.0-or-later
"""The line below the boosted trees: found through outliers, and the same for the same data."""

from __future__ import annotations

import numpy as np

from forecasting.models.linear import fit_linear

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5_000, 3)).astype(np.float32)
LINE = X @ np.array([1.0, -2.0, 0.5]) + 0.25


def test_a_line_is_found_though_one_value_in_ten_is_far_off() -> None:
    y = np.where(np.arange(len(X)) % 10 == 0, LINE + 8.0, LINE)
    np.testing.assert_allclose(fit_linear(X, y, 0).predict(X), LINE, atol=0.02)


def test_an_unknown_feature_counts_as_its_level() -> None:
    found = fit_linear(X, LINE, 0)
    np.testing.assert_allclose(found.predict(np.full((1, 3), np.nan, np.float32)), [0.25], atol=0.01)


def test_a_feature_that_never_moves_does_no_harm() -> None:
    constant = np.column_stack([X, np.zeros(len(X), np.float32)])
    np.testing.assert_allclose(fit_linear(constant, LINE, 0).predict(constant), LINE, atol=0.01)
