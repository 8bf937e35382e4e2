# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a peak sum to it, and the one that is named the main driver is the one that was put there."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecasting.drivers.course import course_of
from forecasting.drivers.part import Part, listed, main_of
from forecasting.drivers.season import season_of
from forecasting.drivers.shapley import shares
from tests.benchmarks.driven import AGO, CAUSES, explained, main_driver, named, world
from tests.benchmarks.made import DAY, START, WEEK, Demand

SEEDS = 2


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    return explained(world(SEEDS), tmp_path_factory.mktemp("policy"), "seasonal_naive_week")


@pytest.mark.parametrize("cause", CAUSES)
def test_the_main_driver_is_the_one_that_was_put_there(evidence: dict[str, Any], cause: str) -> None:
    assert [main_driver(evidence[f"{cause}-{seed}"]) for seed in range(SEEDS)] == [named(cause)] * SEEDS


def test_the_parts_sum_to_the_peak_and_come_largest_first(evidence: dict[str, Any]) -> None:
    for item in evidence.values():
        sizes = [part["effect"] for part in item["drivers"]]
        assert sum(sizes) == pytest.approx(item["forecast_peak"])
        assert [abs(size) for size in sizes] == sorted((abs(size) for size in sizes), reverse=True)
        assert sum(part["main"] for part in item["drivers"]) == 1


def test_a_part_is_about_as_large_as_what_was_put_there(evidence: dict[str, Any]) -> None:
    for cause, share in (("event", 0.6 / 1.6), ("declared", 0.6 / 1.6), ("shift", 0.5 / 1.5)):
        item = evidence[f"{cause}-0"]
        part = next(part["effect"] for part in item["drivers"] if part["main"])
        assert part / item["forecast_peak"] == pytest.approx(share, abs=0.08)


def test_the_sentence_names_what_is_new_beside_the_usual(evidence: dict[str, Any]) -> None:
    declared = evidence["declared-0"]["why"]
    assert "as is usual on a" in declared
    assert " UTC, " in declared or " UTC and " in declared, "an hour is told with its clock"
    assert "as was usual before on a" in evidence["shift-0"]["why"]
    assert "the campaign 'Sale 1' (declared, not yet measured)" in declared
    assert "not yet measured" not in evidence["event-0"]["why"]
    assert "kpi_orders of kpi-0 as planned" in evidence["kpi-0"]["why"]
    assert "our change te_cost of Sat 7 Mar" in evidence["change-0"]["why"]
    assert "the change of level on Sat 7 Mar" in evidence["shift-0"]["why"]
    assert "made up of" not in evidence["day-0"]["why"], "nothing new has a part in it"
    assert all(item["why"].count(". ") == 0 and item["why"].endswith(".") for item in evidence.values())


@pytest.mark.parametrize("cut_h", [4 * WEEK, 4 * WEEK + 10, 4 * WEEK + 3 * DAY, 4 * WEEK + 4 * DAY, WEEK])
def test_growth_is_told_over_as_many_weeks_in_both_places(tmp_path: Path, cut_h: int) -> None:
    history = world(1, ("growth",))
    young = replace(history, samples=history.samples[history.samples["ds"] >= START + pd.Timedelta(hours=cut_h)])
    item = explained(young, tmp_path, "seasonal_naive_week")["growth-0"]
    told = re.findall(r"a week over (\d+) weeks; .* from the growth of the last (\d+) weeks", item["why"])
    assert len(told) == 1
    assert told[0][0] == told[0][1] == str(min(round((10 * WEEK - cut_h) / WEEK), 8))
    level = next(part["name"] for part in item["drivers"] if part["kind"] == "level")
    assert level == f"the usual level, {told[0][0]} weeks ago"


def test_the_first_days_that_make_no_week_count_for_the_level_too() -> None:
    season = season_of(np.linspace(50.0, 90.0, 41 * DAY), WEEK, DAY)
    assert season is not None
    assert len(season.levels) == 41
    assert season.levels[0] == pytest.approx(50.5, abs=1.0)


def test_an_event_whose_name_no_label_may_have_is_not_named(tmp_path: Path) -> None:
    history = world(1, ("event",))
    history.events["name"] = "<script>alert(1)</script>"
    text = str(explained(history, tmp_path, "seasonal_naive_week"))
    assert "script" not in text
    assert "events of kind campaign" in text


def test_a_change_without_a_template_is_named_by_its_id(tmp_path: Path) -> None:
    history = world(1, ("change",))
    history.interventions["template"] = np.nan
    assert "our change c-1 of Sat 7 Mar" in explained(history, tmp_path, "seasonal_naive_week")["change-0"]["why"]


@pytest.mark.parametrize("factors", [[], [1.5], [1.5, 0.4], [2.0, 0.0, 1.2], [1.5, 1.2, 0.7, 1.1]])
def test_shares_sum_to_what_the_factors_do_and_do_not_depend_on_their_order(factors: list[float]) -> None:
    found = shares(10.0, factors)
    assert sum(found) == pytest.approx(10.0 * np.prod(factors) - 10.0)
    assert shares(10.0, factors[::-1])[::-1] == pytest.approx(found)


@pytest.mark.parametrize(("growth", "step", "told"), [(0.0, 1.0, (False, False)), (0.05, 1.0, (True, False)), (0.0, 1.4, (False, True))])
def test_growth_a_change_of_level_and_neither_are_told_apart(growth: float, step: float, told: tuple[bool, bool]) -> None:
    seen = []
    for seed in range(8):
        demand = Demand(weeks=10, noise=0.06, growth=growth)
        values = demand.draw(np.random.default_rng(seed))[:-WEEK]
        values[-AGO * DAY :] *= step
        season = season_of(values, WEEK, DAY)
        course = course_of(season.levels) if season else None
        assert course is not None
        moved = (course.slope * course.days, course.shift)
        seen.append((abs(moved[0]) > 0.07 * course.level, abs(moved[1]) > 0.07 * course.level))
        if told[1]:
            assert abs(course.day - (AGO - 1)) <= 1
    assert seen.count(told) >= 7


def test_a_series_with_negative_values_is_taken_apart_by_sums() -> None:
    hours = np.arange(6 * WEEK)
    season = season_of(10.0 * np.sin(2 * np.pi * hours / DAY) - 3.0, WEEK, DAY)
    assert season is not None
    assert not season.shares
    assert season.levels == pytest.approx(-3.0, abs=1e-6)
    assert season.at(6, -3.0)[0] == pytest.approx(10.0, abs=0.1)


@pytest.mark.parametrize("values", [np.zeros(400), np.full(400, np.nan), np.ones(30)])
def test_what_has_no_season_is_not_taken_apart(values: np.ndarray) -> None:
    assert season_of(values, WEEK, DAY) is None


def test_what_pulls_away_from_the_limit_is_no_driver() -> None:
    parts = [Part("event", "a holiday", -5.0), Part("growth", "growth", 2.0), Part("day", "noon", 9.0)]
    assert main_of(parts, 20.0, 1.0) is parts[1]
    assert main_of(parts, 20.0, -1.0) is parts[0]
    assert main_of(parts, 100.0, 1.0) is parts[2]


def test_a_long_name_is_cut_but_not_where_its_effect_is_known_from() -> None:
    part = Part("event", "the campaign '" + 90 * "x", 5.0, " (declared, not yet measured)")
    (told,) = listed([part], part)
    assert len(told["name"]) == 100
    assert told["name"].endswith("x (declared, not yet measured)")


def test_a_change_a_day_before_the_level_moved_is_told_with_its_own_date(tmp_path: Path) -> None:
    history = world(1, ("change",))
    history.interventions["ds"] -= pd.Timedelta(hours=12)
    assert "our change te_cost of Fri 6 Mar" in explained(history, tmp_path, "seasonal_naive_week")["change-0"]["why"]
