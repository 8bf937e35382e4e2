# SPDX-License-Identifier: GPL-3.0-or-later
"""Where series are many, one day's forecast is as sure as that day of the week lets it be."""

from __future__ import annotations

import numpy as np
import pytest

from forecasting.learnt.learning import apply, learn
from forecasting.metrics import coverage
from forecasting.models import model_named
from forecasting.panel import plain_panel

DAY, WEEK, COUNT = 24, 168, 120


def demand(weeks: int) -> np.ndarray:
    """Series whose first day of the week is four times as restless as the others, (COUNT, weeks * WEEK)."""
    rng = np.random.default_rng(4)
    hour = np.arange(weeks * WEEK)
    restless = np.where(hour % WEEK < DAY, 0.4, 0.1)
    return 100 * (2 + np.sin(2 * np.pi * hour / DAY) + restless * rng.standard_normal((COUNT, len(hour))))


@pytest.mark.parametrize("day", range(7))
def test_a_restless_day_of_the_week_has_wide_intervals_and_the_others_have_not(day):
    values = demand(10)
    cut = 9 * WEEK + day * DAY
    panel = plain_panel([(f"s{row:03d}", series[:cut]) for row, series in enumerate(values)], DAY, WEEK, DAY)
    made = apply(learn(panel, [model_named("seasonal_naive_week")]), panel).quantiles
    held = coverage(values[:, cut : cut + DAY], made[:, 1], made[:, -2])
    assert held == pytest.approx(0.8, abs=0.08)
    width = float((made[:, -2] - made[:, 1]).mean())
    assert width > 100 if day == 0 else width < 70
