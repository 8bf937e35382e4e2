# SPDX-License-Identifier: GPL-3.0-or-later
"""A history too short to learn so far ahead gives its hours again, not a flat line that hides every peak."""

from __future__ import annotations

import numpy as np
import pytest

from forecasting.metrics import mase, seasonal_scale
from forecasting.models import candidates, model_named
from forecasting.panel import plain_panel
from forecasting.panel_forecast import forecast_panel

DAY, WEEK = 24, 168


def demand(hours: int) -> np.ndarray:
    hour = np.arange(hours)
    quiet = np.where(hour % WEEK >= 5 * DAY, 0.5, 1.0)
    return 100 * quiet * (2 + np.sin(2 * np.pi * hour / DAY)) + np.random.default_rng(3).standard_normal(hours)


@pytest.mark.parametrize("more", [-DAY, -1, 0, 1, DAY - 1, DAY, DAY + 1, 3 * DAY])
def test_peaks_and_weekends_are_foreseen_as_far_ahead_as_the_history_is_long(more):
    ahead = 4 * WEEK
    known = ahead + more
    values = demand(known + ahead)
    panel = plain_panel([("s", values[:known])], DAY, WEEK, ahead)
    made = forecast_panel(panel, candidates(panel)).mean
    assert mase(values[None, known:], made, seasonal_scale(values[None, :known], DAY))[0] < 0.5
    assert np.ptp(made) > 150


@pytest.mark.parametrize("name", ["boosted", "forest", "ridge"])
def test_two_days_are_repeated_by_day_and_hours_never_seen_get_the_level(name):
    values = demand(2 * DAY)
    panel = plain_panel([("s", values)], DAY, WEEK, 2 * WEEK)
    made = model_named(name).fit(panel, panel.steps).predict(panel, panel.steps)
    assert made[0, :DAY] == pytest.approx((values[:DAY] + values[DAY:]) / 2)
    short = plain_panel([("s", values[:10])], DAY, WEEK, 2 * WEEK)
    assert np.ptp(model_named(name).fit(short, 10).predict(short, 10)[0, :14]) == 0.0
