# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue's own change log tells the engine what is in force; together they neither repeat a change nor let one lapse."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.forestage.network.forecasting.contracts import to_text
from ansible_collections.forestage.network.plugins.plugin_utils.queue import Store

from forecasting.policies import load, read_templates
from forecasting.policies.standing import Standing, Target
from tests.support.queue_values import T0, capacity, forecast, recommendation
from tests.support.queue_work import ACTOR, finish, put

DAY = timedelta(days=1)
POLICY = load(Path(__file__).resolve().parents[3] / "inventories" / "lab" / "policies.yml", read_templates()).policies[0]
TARGET = Target("core-a1", "eth1", "capacity")
WANTED = capacity()["parameters"]


def again(store: Store, now, until) -> bool:
    return Standing.of(store.change_log(), now).again(POLICY, TARGET, WANTED, until).recommend


def test_what_the_queue_has_deployed_for_good_is_in_force(store: Store) -> None:
    (change,) = put(store)
    finish(store, change)
    (line,) = store.change_log()
    assert (line["parameters"], line["revert_at"], line["at"]) == (WANTED, None, to_text(T0))
    assert not again(store, T0 + 9 * DAY, None)


@pytest.mark.parametrize("hours", [1, 6])
def test_a_temporary_change_that_is_wanted_for_a_week_stays_for_a_week_without_a_gap_or_a_second_job(store: Store, hours: int) -> None:
    """Rounds with a time to live of a day; each is taken in only when the engine would recommend it."""
    moved = 0
    for number in range(7 * 24 // hours):
        now = T0 + timedelta(hours=hours * number)
        until = now + DAY
        if number and not again(store, now, until):
            continue
        entry = recommendation(as_of=now, lifetime={"permanent": False, "revert_at": to_text(until)})
        report = store.ingest(forecast(entry, as_of=now), actor=ACTOR)
        if number == 0:
            finish(store, report.added[0], inverse=capacity(rate=20))
        else:
            assert report.added == []
            moved += 1
        (reversal,) = [job for job in store.jobs() if job["origin"] == "inverse"]
        assert reversal["not_before"] > to_text(now)
    assert 9 <= moved <= 16
    assert len(store.jobs()) == 2
