# SPDX-License-Identifier: GPL-3.0-or-later
"""Strategies know the past only, keep to the terms, and are judged alike whatever the order of the series."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.value.action import Terms, supply
from forecasting.value.frontier import Curve, at_waste, lead_at
from forecasting.value.picture import picture
from forecasting.value.planned import planned
from forecasting.value.strategies import at_limit, linear, seasonal_linear
from forecasting.value.study import BEST, OURS, REACT, Case, halves, needs, play
from forecasting.value.summary import summarise

LEAD, WEEK = 24, 168
PEERS = {
    "react": lambda y: at_limit(y, LEAD),
    "linear": lambda y: linear(y, LEAD, 24),
    "week": lambda y: seasonal_linear(y, LEAD, 24, WEEK),
}


def demand_of(seed: int, days: int = 42) -> np.ndarray:
    """A busy spell on each working day, of differing height."""
    rng = np.random.default_rng(seed)
    hours = np.arange(24 * days)
    heights = np.repeat(rng.uniform(6.0, 12.0, days), 24) * np.where(hours // 24 % 7 < 5, 1.0, 0.4)
    return heights * (0.5 + 0.5 * np.exp(-(((hours % 24) - 14.0) ** 2) / 8.0)) + rng.normal(0, 0.1, len(hours))


def case_of(number: int, knowing: bool = True) -> Case:
    """A case whose forecasts are the truth with a little noise, or nothing but its mean."""
    demand, rng = demand_of(number), np.random.default_rng(number)
    ahead = np.concatenate([demand, np.full(72, 5.0)])
    shown = ahead if knowing else np.full_like(ahead, demand.mean())
    paths = {o: (shown[o : o + 72] + rng.normal(0, 0.2, (40, 72))).astype(np.float32) for o in range(21 * 24, len(demand) - LEAD, 24)}
    return Case(number, demand, Terms(9.0, 1.0, LEAD, 24), paths, 21 * 24)


@pytest.mark.parametrize("name", PEERS)
@given(st.integers(0, 41 * 24), st.floats(-50, 50))
@settings(max_examples=20, deadline=None)
def test_what_is_expected_does_not_depend_on_what_comes_after_the_decision(name: str, step: int, change: float) -> None:
    demand = demand_of(1)
    other = demand.copy()
    other[step:] += change
    one, two = PEERS[name](demand)[: step + LEAD + 1], PEERS[name](other)[: step + LEAD + 1]
    np.testing.assert_array_equal(one, two)


def test_the_line_is_that_of_least_squares_read_a_lead_ahead() -> None:
    demand = np.random.default_rng(0).normal(5, 1, 80)
    line = np.polyfit(np.arange(30, 54), demand[30:54], 1)
    assert linear(demand, LEAD, 24)[54 + LEAD] == pytest.approx(np.polyval(line, 54 + LEAD))


def test_a_gap_in_the_window_is_left_out_of_the_line() -> None:
    demand = np.arange(80.0)
    demand[40:45] = np.nan
    assert linear(demand, LEAD, 24)[54 + LEAD] == pytest.approx(54 + LEAD)


def test_a_plan_keeps_the_lead_and_the_least_stay() -> None:
    case = case_of(3)
    orders = planned(case.paths, case.terms, (1.0, 10.0, 100.0), len(case.demand))
    assert not orders.wanted[:, : case.first + LEAD].any()
    assert orders.wanted.any()
    assert (supply(orders, case.terms).quanta == orders.wanted).all()


def test_a_plan_rests_on_the_forecasts_of_its_origin_only() -> None:
    case = case_of(3)
    later = max(case.paths)
    changed = case.paths | {later: case.paths[later] * 3}
    one, two = (planned(paths, case.terms, (5.0,), len(case.demand)).wanted for paths in (case.paths, changed))
    assert (one[:, : later + LEAD] == two[:, : later + LEAD]).all()


def test_who_knows_what_comes_meets_the_needs_at_little_waste() -> None:
    case = case_of(3)
    played, span = play(case), halves(case)[1]
    best, own = played[BEST], played[OURS]
    price = own.thresholds.index(50.0)
    part = slice(span.start, span.end)
    assert own.books.avoided[price, part].sum() >= 0.95 * best.books.avoided[0, part].sum()
    assert own.books.waste[price, part].sum() <= 1.6 * best.books.waste[0, part].sum()
    met = needs([own], [span], 50.0)
    assert met.met >= 0.9 * met.count > 0
    assert min(met.leads) >= LEAD


def test_the_answer_does_not_depend_on_the_order_of_the_cases() -> None:
    cases = [case_of(2, knowing=False), replace(case_of(1), terms=Terms(8.0, 1.0, LEAD, 24))]
    one, two = summarise(cases), summarise(cases[::-1])
    assert one.rows == two.rows
    assert one.distances == two.distances
    assert str(picture(one, "a title")) == str(picture(two, "a title"))
    assert [row.name for row in one.rows][:3] == [BEST, OURS, REACT]
    assert all(row.avoided <= 1.0 + 1e-9 for row in one.rows)


def test_a_curve_is_read_between_its_best_points() -> None:
    made = at_waste(np.array([4.0, 2.0, 3.0]), np.array([2.0, 1.0, 3.0]), np.array([0.0, 0.5, 1.5, 9.0]))
    assert made.tolist() == [0.0, 1.0, 3.0, 4.0]
    curve = Curve((1.0,), np.array([[2.0]]), np.array([[1.0]]))
    assert lead_at(curve, 1.0, curve) == 0.0
