# SPDX-License-Identifier: GPL-3.0-or-later
"""A forecast that hovers around a limit changes the network at most once; what is open stands, what ended rests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.contracts import to_text
from forecasting.errors import InputError
from forecasting.policies import Policy, load, read_templates
from forecasting.policies.standing import Standing, Target

START = datetime(2026, 11, 23, tzinfo=UTC)
TARGET = Target("core-a1", "eth3", "capacity")
POLICY: Policy = load(Path(__file__).resolve().parents[4] / "inventories" / "lab" / "policies.yml", read_templates()).policies[0]


def record(state: str, at: datetime, **more: Any) -> dict[str, Any]:
    job = {"policy": "p", "device": TARGET.device, "object": TARGET.object, "template": TARGET.template}
    return job | {"state": state, "at": to_text(at)} | more


def play(confidences: list[float], hours: int, deploys: bool) -> Iterator[str]:
    """Rounds `hours` apart against a small queue that opens, withdraws and (perhaps) deploys; yields each change and opening."""
    log: list[dict[str, Any]] = []
    opened: str | None = None
    for number, confidence in enumerate(confidences):
        now = START + timedelta(hours=hours * number)
        wanted = Standing.of(log, now).decide(POLICY, TARGET, confidence).recommend
        if wanted and opened is None:
            opened = f"job-{number:05d}"
            log.append(record("queued", now, change_id=opened))
            yield "opened"
        elif opened and not wanted:
            log.append(record("withdrawn", now, change_id=opened))
            opened = None
        elif opened and deploys:
            log.append(record("verified", now, change_id=opened))
            opened = None
            yield "changed"


@given(st.lists(st.floats(0, 1), min_size=1, max_size=36), st.booleans())
def test_within_the_dwell_time_there_is_at_most_one_change(confidences: list[float], deploys: bool) -> None:
    found = list(play(confidences, 2, deploys))
    assert len(confidences) * 2 <= POLICY.min_dwell_s / 3600
    assert found.count("opened") <= 1
    assert found.count("changed") <= 1


@given(st.lists(st.floats(0.46, 1), min_size=1, max_size=200))
def test_a_job_that_is_open_stands_within_the_hysteresis(confidences: list[float]) -> None:
    assert list(play(confidences, 12, deploys=False)).count("opened") <= 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.integers(1, 30))
def test_no_object_changes_more_often_than_its_policy_allows(confidences: list[float], hours: int) -> None:
    changes = list(play(confidences, hours, deploys=True)).count("changed")
    weeks = len(confidences) * hours / (7 * 24)
    assert changes <= POLICY.max_changes_per_week * (int(weeks) + 1)


@pytest.mark.parametrize(
    ("log", "confidence", "recommended"),
    [
        ([], 0.6, True),
        ([], 0.59, False),
        ([record("queued", START)], 0.46, True),
        ([record("queued", START)], 0.44, False),
        ([record("queued", START, origin="inverse")], 0.46, False),
        ([record("rejected", START)], 0.9, False),
        ([record("rejected", START - timedelta(days=3))], 0.9, True),
        ([record("superseded", START)], 0.9, True),
        ([record("withdrawn", START + timedelta(hours=1))], 0.9, True),
        ([record("verified", START - timedelta(days=4)), record("rolled_back", START - timedelta(days=5))], 0.9, False),
    ],
)
def test_decisions(log: list[dict[str, Any]], confidence: float, recommended: bool) -> None:
    assert Standing.of(log, START).decide(POLICY, TARGET, confidence).recommend is recommended


def test_of_one_job_the_last_state_counts() -> None:
    log = [
        record("queued", START - timedelta(days=9), change_id="change-1"),
        record("withdrawn", START - timedelta(days=8), change_id="change-1"),
    ]
    assert not Standing.of(log, START).is_open(TARGET)


DAY = timedelta(days=1)
RATE = {"interface": "eth3", "rate_mbit": 25}
OTHER = RATE | {"rate_mbit": 30}


def test_a_permanent_change_that_is_in_force_is_not_recommended_again() -> None:
    standing = Standing.of([record("verified", START - 9 * DAY, parameters=RATE, revert_at=None)], START)
    assert not standing.again(POLICY, TARGET, RATE, None).recommend
    assert standing.again(POLICY, TARGET, OTHER, None).recommend


@pytest.mark.parametrize(
    ("ends", "wanted", "recommended"),
    [
        (10 * DAY, 10 * DAY, False),  # the same end
        (6 * DAY, 10 * DAY, False),
        (4 * DAY, 10 * DAY, True),  # less than half of it is covered: time to prolong it
        (4 * DAY, None, True),  # for good
        (DAY, DAY / 2, False),
        (timedelta(0), 10 * DAY, True),  # it is over
    ],
)
def test_a_temporary_change_is_recommended_again_when_it_must_be_prolonged(
    ends: timedelta, wanted: timedelta | None, recommended: bool
) -> None:
    log = [record("verified", START - 9 * DAY, parameters=RATE, revert_at=to_text(START + ends), change_id="change-1")]
    again = Standing.of(log, START).again(POLICY, TARGET, RATE, None if wanted is None else START + wanted)
    assert again.recommend is recommended


def test_a_temporary_change_that_lasts_is_prolonged_within_its_dwell_time_but_not_altered() -> None:
    log = [record("verified", START - timedelta(hours=20), parameters=RATE, revert_at=to_text(START + DAY / 6), change_id="change-1")]
    standing = Standing.of(log, START)
    assert standing.decide(POLICY, TARGET, 0.46).recommend
    assert not standing.decide(POLICY, TARGET, 0.44).recommend
    assert standing.again(POLICY, TARGET, RATE, START + DAY).recommend
    assert "rests for" in standing.again(POLICY, TARGET, OTHER, START + DAY).why_not


def test_what_was_taken_back_is_not_in_force() -> None:
    end = to_text(START + DAY)
    back = record("verified", START, parameters=RATE, origin="inverse", change_id="change-2")
    log = [record("reverted", START, parameters=RATE, revert_at=end, change_id="change-1"), back]
    assert Standing.of(log, START + 9 * DAY).again(POLICY, TARGET, RATE, None).recommend


@pytest.mark.parametrize(
    ("broken", "mend"), [({"at": "yesterday"}, "record 1: 'yesterday' is not a time"), ({"state": ""}, "state is missing")]
)
def test_a_broken_change_log_is_refused(broken: dict[str, str], mend: str) -> None:
    with pytest.raises(InputError, match=mend):
        Standing.of([record("queued", START) | broken], START)


def test_an_oscillating_forecast_through_the_whole_engine(world: Any, futures: Any) -> None:
    """Rounds two hours apart, the peak now above and now below the limit; the queue opens, withdraws, deploys."""
    world.add("edge-a1|eth3|capacity_bps", None, level=20e6)
    world.add("edge-a1|eth3|if_out_bps", futures["flat"](15e6), level=15e6, labels={"link": "uplink"}, role="edge")
    log: list[dict[str, Any]] = []
    opened = 0
    for number in range(12):
        now = START + timedelta(hours=2 * number)
        world.futures = [("edge-a1|eth3|if_out_bps", futures["flat"](16.1e6 if number % 2 else 15.9e6))]
        result = world.run(as_of=now, change_log=log)
        if result.forecast["recommendations"]:
            opened += 1
            log.append(record("queued", now, device="edge-a1", change_id=f"change-{number}"))
        elif log and result.forecast["evaluated"]:
            log.append(log[-1] | {"state": "withdrawn", "at": to_text(now)})
    assert opened == 1
