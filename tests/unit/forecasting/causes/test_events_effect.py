# SPDX-License-Identifier: GPL-3.0-or-later
"""What past events did is measured, a holiday is like a Sunday, nothing is made of noise, and what is declared is weighed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from forecasting.causes.calendar import acting
from forecasting.causes.events import uplifts_of
from forecasting.causes.uplift import Uplift, factors
from tests.benchmarks.made import DAY, START, WEEK, Demand, events_table, history_of, starts_of

SEEDS = 16


def learnt(values: np.ndarray, events: pd.DataFrame, late: int = 0) -> Uplift | None:
    """The effect of the only kind of event; the last week of `values` is not looked at, the first `late` hours are not known."""
    known, values = len(values) - WEEK - late, values[late:]
    times = pd.date_range(START + pd.Timedelta(hours=late), periods=len(values), freq="h")
    found = uplifts_of([{str(k): v for k, v in row.items()} for row in events.to_dict("records")], values[:known], times, 3600)
    return found[0] if found else None


def made(seed: int, hours: int, effect: Callable[[int], float] | float, past: int = 6, demand: Demand | None = None, **fields: object):
    """Demand with events of `hours`, the calendar, and the true factor of each step."""
    rng = np.random.default_rng(seed)
    demand = demand or Demand()
    values, starts = demand.draw(rng), starts_of(rng, demand, past, hours)
    factor = np.ones(len(values))
    for start in starts:
        factor[start : start + hours] += effect(start) if callable(effect) else effect
    return values * factor, events_table(starts, hours, **fields), factor


def ahead(found: Uplift | None) -> np.ndarray:
    """Factors of the week to come."""
    return np.ones(WEEK) if found is None else factors(found, WEEK, np.array([found.effect]))[0]


@pytest.mark.parametrize("hours", [3, 12, 24, 62])
def test_six_events_at_twice_the_noise_tell_the_effect_within_15_percent(hours: int) -> None:
    demand = Demand()
    effect, errors = 2.0 * demand.noise, []
    for seed in range(SEEDS):
        values, events, true = made(seed, hours, effect, demand=demand)
        held = true[-WEEK:] > 1.0
        errors.append(ahead(learnt(values, events))[held].mean() - 1.0 - effect)
    assert np.median(np.abs(errors)) <= 0.18 * effect, "the median of 16 seeds; the benchmark has the many"
    assert abs(np.mean(errors)) <= 0.15 * effect


def test_a_stronger_event_is_told_by_its_magnitude() -> None:
    rng, demand = np.random.default_rng(3), Demand(noise=0.05)
    values, starts = demand.draw(rng), starts_of(rng, demand, 6, 12)
    sizes = [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 3.0]
    for start, size in zip(starts, sizes, strict=True):
        values[start : start + 12] *= 1.0 + 0.2 * size
    found = ahead(learnt(values, events_table(starts, 12, sizes)))
    assert found[found != 1.0].mean() - 1.0 == pytest.approx(0.6, rel=0.15)


@pytest.mark.parametrize("size", [0.5, 2.0])
def test_an_effect_of_the_busy_hours_is_carried_to_the_busy_hours(size: float) -> None:
    rng, demand = np.random.default_rng(1), Demand(noise=0.03, memory=0.0, weeks=9)
    values = demand.draw(rng)
    starts = [week * WEEK + 80 for week in range(1, 10, 2)]
    busy = np.isin(np.arange(len(values)) % DAY, range(9, 21))
    for start in starts:
        values[start : start + 62] *= 1.0 + size * busy[start : start + 62]
    found = ahead(learnt(values, events_table(starts, 62)))
    inside = np.zeros(WEEK, dtype=bool)
    inside[80:142] = True
    assert found[inside & busy[-WEEK:]].mean() - 1.0 == pytest.approx(size, rel=0.1)
    assert found[inside & ~busy[-WEEK:]].mean() - 1.0 < 0.1 * size
    assert (found[~inside] == 1.0).all()


def test_where_there_is_no_effect_hardly_anything_is_found() -> None:
    found = [learnt(*made(100 + seed, hours, 0.0)[:2]) for hours in (3, 24) for seed in range(SEEDS)]
    assert sum(uplift is not None for uplift in found) <= 4


@pytest.mark.parametrize("late", [0, 1, 9])
def test_a_holiday_is_like_a_sunday_on_whatever_day_it_falls_and_at_whatever_hour_the_history_begins(late: int) -> None:
    demand = Demand(noise=0.05, weekend=0.5)
    values = demand.draw(np.random.default_rng(5))
    starts = [week * WEEK + day * DAY for week, day in ((1, 0), (3, 5), (5, 3), (7, 6), (9, 1), (11, 4), (14, 2))]
    for start in starts:
        if start // DAY % 7 < 5:
            values[start : start + DAY] *= 0.5
    found = learnt(values, events_table(starts, DAY, kind="holiday"), late)
    assert found is not None
    assert (found.like, found.source, found.occurrences) == ("sunday", "learnt", 6)
    assert ahead(found)[2 * DAY : 3 * DAY].mean() == pytest.approx(0.5, rel=0.1)
    promised = learnt(values, events_table(starts, DAY, kind="holiday", expected_uplift=-0.2, expected_spread=0.0), late)
    assert promised is not None
    assert (promised.like, promised.effect) == ("", -0.2), "what is declared is not overruled by a likeness"


def test_a_declared_sunday_needs_no_past() -> None:
    values, events, _true = made(0, 24, 0.0, past=0, demand=Demand(noise=0.05, weekend=0.5), like="sunday")
    found = learnt(values, events)
    assert found is not None
    assert (found.like, found.source) == ("sunday", "declared")
    assert ahead(found).min() == pytest.approx(0.5, abs=0.1)


def test_a_day_with_other_hours_but_the_same_sum_is_as_sure_as_any_other() -> None:
    hours = np.arange(8 * WEEK)
    sunday = hours // DAY % 7 == 6
    values = np.where(sunday == (hours % DAY < 12), 150.0, 100.0)
    found = learnt(values, events_table([7 * WEEK + 2 * DAY], DAY, like="sunday"))
    assert found is not None
    shares = found.effect * found.intensity[-WEEK:]
    assert {round(share, 3) for share in shares} == {-0.333, 0.0, 0.5}
    assert (found.spread * np.abs(found.intensity)).max() <= 0.15


def test_a_kind_never_seen_does_what_is_declared() -> None:
    values, events, _true = made(0, 12, 0.0, past=0, expected_uplift=0.4, expected_spread=0.1)
    found = learnt(values, events)
    assert found is not None
    assert (found.source, found.occurrences, found.effect, found.spread) == ("declared", 0, 0.4, 0.1)
    assert set(ahead(found).round(6)) == {1.0, 1.4}
    assert learnt(values, events.assign(expected_uplift=None)) is None


@pytest.mark.parametrize("seed", range(4))
def test_past_events_outweigh_a_wrong_declaration_the_more_of_them_there_are(seed: int) -> None:
    told = {}
    for past in (0, 1, 6):
        values, events, _true = made(seed, 24, 0.2, past=past, demand=Demand(noise=0.05), expected_uplift=1.0, expected_spread=0.3)
        found = learnt(values, events)
        assert found is not None
        told[past] = found
    assert [told[past].source for past in (0, 1, 6)] == ["declared", "pooled", "pooled"]
    assert told[0].effect == 1.0
    assert abs(told[6].effect - 0.2) < 0.06
    assert abs(told[1].effect - 0.2) < 0.2
    assert told[6].spread < told[0].spread


def test_two_kinds_at_once_are_told_apart() -> None:
    rng, demand = np.random.default_rng(2), Demand(noise=0.03, weeks=14)
    values = demand.draw(rng)
    sales = [week * WEEK + 57 for week in (1, 3, 5, 7, 9, 11, 14)]
    games = [week * WEEK + 57 for week in (2, 3, 6, 7, 10, 11, 14)]
    for starts, effect in ((sales, 0.5), (games, 0.2)):
        for start in starts:
            values[start : start + 10] *= 1.0 + effect
    both = pd.concat([events_table(sales, 10), events_table(games, 10, kind="match")])
    times = pd.date_range(START, periods=len(values), freq="h")
    found = uplifts_of([{str(k): v for k, v in row.items()} for row in both.to_dict("records")], values[:-WEEK], times, 3600)
    effects = {uplift.kind: (uplift.effect * uplift.intensity[-WEEK:]).max() for uplift in found}
    assert effects == {"campaign": pytest.approx(0.5, rel=0.2), "match": pytest.approx(0.2, rel=0.3)}


def test_a_whole_day_is_one_on_the_clock_of_each_series() -> None:
    events = events_table([0], DAY, floating=True)
    history = history_of({"r1|eth1|if_out_bps": np.ones(9)})
    row = history.row("r1|eth1|if_out_bps")
    assert acting(events, row | {"tz": "Asia/Tokyo"})[0]["start"] == START - pd.Timedelta("9h")
    assert acting(events, row)[0]["start"] == START
