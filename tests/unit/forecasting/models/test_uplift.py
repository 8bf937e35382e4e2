# SPDX-License-Identifier: GPL-3.0-or-later
"""What past events did is measured, by time of day, and nothing is made of noise."""

from __future__ import annotations

import numpy as np
import pytest

from forecasting.uplift import factors, learn

WEEKS, DAY, WEEK = 8, 24, 168
HORIZON = WEEK


def _calendar() -> np.ndarray:
    """Every second week from Thursday 08:00 for 62 hours, the last one still to come."""
    strength = np.zeros(WEEKS * WEEK + HORIZON)
    for week in range(0, WEEKS + 1, 2):
        strength[week * WEEK + 80 : week * WEEK + 142] = 1.0
    return strength


def _series(effect: np.ndarray, seed: int = 0) -> np.ndarray:
    hours = np.arange(WEEKS * WEEK)
    base = 100.0 + 10.0 * np.sin(2 * np.pi * hours / DAY)
    noise = np.random.default_rng(seed).normal(1.0, 0.03, len(hours))
    return base * noise * (1.0 + effect[hours % DAY] * _calendar()[: len(hours)])


@pytest.mark.parametrize("size", [0.5, 1.0, 2.0])
def test_an_effect_of_the_busy_hours_is_carried_to_the_busy_hours(size: float) -> None:
    effect = np.where((np.arange(DAY) >= 9) & (np.arange(DAY) < 21), size, 0.0)
    strength = _calendar()
    found = learn("campaign", _series(effect), strength, strength[: WEEKS * WEEK] > 0, WEEK, DAY)
    assert found is not None
    assert found.occurrences == 4
    ahead = factors(found, HORIZON, np.array([found.effect]))[0]
    inside = strength[-HORIZON:] > 0
    busy = inside & (effect[np.arange(HORIZON) % DAY] > 0)
    assert ahead[busy].mean() - 1.0 == pytest.approx(size, rel=0.2)
    assert ahead[inside & ~busy].mean() - 1.0 < 0.25 * size
    assert (ahead[~inside] == 1.0).all()


def test_where_there_is_no_effect_the_forecast_hardly_moves() -> None:
    strength = _calendar()
    found = [learn("campaign", _series(np.zeros(DAY), seed), strength, strength[: WEEKS * WEEK] > 0, WEEK, DAY) for seed in range(20)]
    assert sum(uplift is not None for uplift in found) <= 5
    for uplift in filter(None, found):
        assert np.abs(factors(uplift, HORIZON, np.array([uplift.effect])) - 1.0).max() < 0.03
