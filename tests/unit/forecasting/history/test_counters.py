# SPDX-License-Identifier: GPL-3.0-or-later
"""A rate is what the counter says, and nothing where the counter says nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.history.counters import WRAP, rate_name, rates

STEP = 300.0


def clock(count: int) -> np.ndarray:
    return np.arange(count) * STEP


@given(st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=50))
def test_rates_give_back_every_increment(increments):
    counts = np.concatenate([[7.0], 7.0 + np.cumsum(increments, dtype=float)])
    starts, found = rates(clock(len(counts)), counts, STEP)
    assert starts.tolist() == clock(len(increments)).tolist()
    assert found * STEP == pytest.approx(np.array(increments, dtype=float))


@given(st.lists(st.integers(min_value=1, max_value=1000), min_size=3, max_size=50), st.data())
def test_a_reset_costs_one_interval_and_no_rate_is_ever_negative_or_invented(increments, data):
    at = data.draw(st.integers(min_value=1, max_value=len(increments) - 1))
    counts = np.cumsum([7, *increments]).astype(float)
    counts[at:] -= counts[at]
    starts, found = rates(clock(len(counts)), counts, STEP)
    assert (found >= 0).all()
    assert (found <= max(increments) / STEP).all()
    assert (at - 1) * STEP not in starts.tolist()


def test_a_gap_has_no_rate():
    starts, _unused = rates(np.array([0, 300, 1500, 1800.0]), np.array([0, 10, 20, 30.0]), STEP)
    assert starts.tolist() == [0.0, 1500.0]


def test_a_32_bit_wrap_is_counted_on():
    counts = np.array([WRAP - 2000, WRAP - 1000, 0, 1000.0])
    starts, found = rates(clock(4), counts, STEP)
    assert found.tolist() == [1000 / STEP] * 3
    assert len(starts) == 3


def test_octets_become_bits():
    assert rate_name("if_out_octets", "B") == ("if_out_bps", "bit/s", 8.0)
    assert rate_name("if_drops", "packet") == ("if_drops_per_s", "packet/s", 1.0)
