# SPDX-License-Identifier: GPL-3.0-or-later
"""The books of an action: nothing counts before it is there or after it is gone, and nobody beats perfect foresight."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.value.action import NEVER, Orders, Terms, account, supply
from forecasting.value.foresight import foresight

demands = st.lists(st.floats(0, 40, allow_nan=False), min_size=1, max_size=60).map(np.array)
terms_ = st.builds(
    Terms, limit=st.just(10.0), quantum=st.sampled_from([2.0, 5.0]), lead=st.integers(0, 5), least=st.integers(1, 8), most=st.integers(1, 9)
)


def orders_of(wanted: list[int], lead: int) -> Orders:
    return Orders(np.array(wanted, dtype=np.int64), np.arange(len(wanted)) - lead)


def test_the_books_of_a_small_example_are_those_made_by_hand() -> None:
    terms = Terms(limit=10.0, quantum=4.0, lead=2, least=3)
    made = supply(orders_of([0, 0, 1, 0, 0, 0, 0, 0], 2), terms)
    assert made.quanta.tolist() == [0, 0, 1, 1, 1, 0, 0, 0]
    books = account(np.array([9.0, 12.0, 12.0, 15.0, 9.0, 9.0, 11.0, np.nan]), made.quanta, terms)
    assert books.before.tolist() == [0, 1, 1, 1, 0, 0, 1, 0]
    assert books.after.tolist() == [0, 1, 0, 1, 0, 0, 1, 0]
    assert books.waste.tolist() == [0, 0, 0.5, 0, 1, 0, 0, 0]


@given(demands, terms_, st.data())
def test_an_action_never_counts_before_its_lead_is_over(demand: np.ndarray, terms: Terms, data: st.DataObject) -> None:
    wanted = data.draw(st.lists(st.integers(0, 9), min_size=len(demand), max_size=len(demand)))
    decided = data.draw(st.lists(st.integers(-5, 65), min_size=len(demand), max_size=len(demand)))
    made = supply(Orders(np.array(wanted), np.array(decided)), terms)
    arrived = [step for step in range(len(demand)) if wanted[step] and decided[step] + terms.lead <= step]
    first = min(arrived, default=len(demand))
    assert not made.quanta[:first].any()
    held = made.quanta > 0
    assert (made.settled[held] + terms.lead <= np.flatnonzero(held)).all()
    assert (made.settled[~held] == NEVER).all()


@given(terms_, st.integers(0, 30))
def test_released_capacity_stops_counting(terms: Terms, start: int) -> None:
    wanted = [0] * 60
    wanted[start] = 1
    made = supply(orders_of(wanted, terms.lead), terms)
    assert np.flatnonzero(made.quanta).tolist() == list(range(start, min(start + terms.least, 60)))
    books = account(np.zeros(60), made.quanta, terms)
    assert books.waste.sum() == made.quanta.sum()
    assert not books.waste[start + terms.least :].any()


@given(terms_, st.integers(1, 60))
def test_zero_demand_gives_no_limit_hours_and_no_waste(terms: Terms, count: int) -> None:
    demand = np.zeros(count)
    made = supply(orders_of(terms.needed(demand).tolist(), terms.lead), terms)
    books = account(demand, made.quanta, terms)
    assert not foresight(demand, terms).any()
    assert books.before.sum() == books.after.sum() == books.waste.sum() == 0.0


@given(demands, terms_, st.data())
@settings(max_examples=60)
def test_perfect_foresight_is_never_beaten_at_its_own_waste(demand: np.ndarray, terms: Terms, data: st.DataObject) -> None:
    best = account(demand, foresight(demand, terms), terms)
    wanted = data.draw(st.lists(st.integers(0, 9), min_size=len(demand), max_size=len(demand)))
    wanted[: terms.lead] = [0] * min(terms.lead, len(wanted))
    other = account(demand, supply(orders_of(wanted, terms.lead), terms).quanta, terms)
    assert other.avoided.sum() <= best.avoided.sum()
    if other.after.sum() == best.after.sum() and (terms.needed(demand) < terms.most).all():
        assert other.waste.sum() >= best.waste.sum() - 1e-9


@given(demands, terms_)
@settings(max_examples=60)
def test_perfect_foresight_keeps_to_the_terms(demand: np.ndarray, terms: Terms) -> None:
    quanta = foresight(demand, terms)
    again = supply(orders_of(quanta.tolist(), terms.lead), terms)
    assert again.quanta.tolist() == quanta.tolist()
    assert (quanta[terms.lead :] >= terms.needed(demand)[terms.lead :]).all()


@pytest.mark.parametrize("wrong", [{"limit": 0.0}, {"quantum": -1.0}, {"lead": -1}, {"least": 0}, {"most": 0}])
def test_an_action_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="no such action"):
        Terms(**({"limit": 1.0, "quantum": 1.0, "lead": 0, "least": 1} | wrong))
