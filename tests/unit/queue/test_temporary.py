# SPDX-License-Identifier: GPL-3.0-or-later
"""A temporary change is taken back by a job of its own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.forestage.network.forecasting.contracts import check, to_text
from ansible_collections.forestage.network.plugins.plugin_utils.queue import NotAllowed, Store

from tests.support.queue_values import T0, capacity, forecast, recommendation
from tests.support.queue_work import ACTOR, finish, put, stage, state_of, step

DAY = timedelta(days=1)
END = T0 + 5 * DAY
BACK = {"template": "capacity", "kind": "capacity", "parameters": {"interface": "eth1", "state": "absent"}}


def temporary(*, as_of=T0, until=END, **changes) -> dict:
    return recommendation(as_of=as_of, lifetime={"permanent": False, "revert_at": to_text(until)}, **changes)


def reversals(store: Store) -> list[dict]:
    return [job for job in store.jobs() if job["origin"] == "inverse"]


@pytest.fixture
def deployed(store: Store) -> str:
    """A temporary change that is in place."""
    (change,) = put(store, temporary())
    finish(store, change, inverse=BACK)
    return change


def test_deploying_it_queues_its_inverse_for_its_end(store: Store, deployed: str) -> None:
    (job,) = reversals(store)
    check("job", job)
    assert job["change"] == BACK
    assert (job["inverse_of"], job["state"], job["not_before"]) == (deployed, "queued", to_text(END))
    assert store.claim("w1", limit=1, lease_s=60, now=END - DAY) == []
    assert [taken["change_id"] for taken in store.claim("w1", limit=1, lease_s=60, now=END)] == [job["change_id"]]


def test_a_permanent_change_has_no_inverse_to_queue(store: Store) -> None:
    (change,) = put(store)
    finish(store, change, inverse=BACK)
    assert reversals(store) == []


def test_a_temporary_change_that_cannot_be_taken_back_does_not_deploy(store: Store) -> None:
    (change,) = put(store, temporary())
    stage(store, change)
    with pytest.raises(NotAllowed, match="its candidate has no inverse"):
        step(store, change, "deploying")


def take_back(store: Store, *states: str) -> dict:
    (job,) = reversals(store)
    store.claim("w1", limit=1, lease_s=600, now=END)
    from tests.support.queue_values import candidate, verdict

    papers = {"candidate": candidate(job["change_id"], capacity()), "verdict": verdict(job["change_id"])}
    step(store, job["change_id"], "staged", documents=papers)
    return step(store, job["change_id"], *states)


def test_the_change_is_reverting_while_its_inverse_deploys_and_reverted_after(store: Store, deployed: str) -> None:
    take_back(store, "deploying")
    assert state_of(store, deployed) == "reverting"
    (job,) = reversals(store)
    step(store, job["change_id"], "deployed", "verified")
    assert state_of(store, deployed) == "reverted"
    assert len(reversals(store)) == 1
    assert store.verify_chain().intact


def test_when_the_inverse_rolls_back_the_change_is_in_place_as_before(store: Store, deployed: str) -> None:
    take_back(store, "deploying", "rolled_back")
    assert state_of(store, deployed) == "verified"


def test_a_device_that_already_took_it_back_is_believed(store: Store, deployed: str) -> None:
    (job,) = reversals(store)
    store.recover(job["change_id"], "confirmed", actor=ACTOR, worker="w2", why="asked the device")
    assert state_of(store, deployed) == "reverted"


def test_an_approval_covers_the_end_as_well(store: Store) -> None:
    (change,) = put(store, temporary(mode="approve"))
    stage(store, change, inverse=BACK)
    step(store, change, "awaiting_approval")
    store.approve(change, actor="bea", why="agreed")
    finish(store, change, inverse=BACK)
    assert take_back(store, "deploying")["approved_by"] == "bea"


def test_a_forecast_that_still_wants_it_moves_its_end_and_makes_no_second_job(store: Store, deployed: str) -> None:
    again = temporary(as_of=T0 + DAY, until=END + 3 * DAY)
    report = store.ingest(forecast(again, as_of=T0 + DAY), actor=ACTOR)
    (job,) = reversals(store)
    assert (report.added, report.updated) == ([], [job["change_id"]])
    assert job["not_before"] == to_text(END + 3 * DAY)
    assert next(job for job in store.jobs() if job["change_id"] == deployed)["revert_at"] == to_text(END + 3 * DAY)
    sooner = temporary(as_of=T0 + 2 * DAY, until=END)
    assert store.ingest(forecast(sooner, as_of=T0 + 2 * DAY), actor=ACTOR).unchanged == [job["change_id"]]


@pytest.mark.parametrize("permanent", [True, False])
def test_what_replaces_a_temporary_change_inherits_its_way_back(store: Store, deployed: str, permanent: bool) -> None:
    (old,) = reversals(store)
    other = {"as_of": T0 + DAY, "change": capacity(rate=80)}
    entry = recommendation(**other) if permanent else temporary(until=END + DAY, **other)
    (change,) = put(store, entry, as_of=T0 + DAY)
    finish(store, change, inverse=capacity())
    assert state_of(store, old["change_id"]) == "superseded"
    waiting = [job for job in reversals(store) if job["state"] == "queued"]
    assert [job["change"] for job in waiting] == ([] if permanent else [BACK])


def test_a_forecast_does_not_withdraw_the_taking_back(store: Store, deployed: str) -> None:
    from tests.support.queue_values import scope

    assert store.ingest(forecast(as_of=T0 + DAY, evaluated=[scope()]), actor=ACTOR).withdrawn == []
    assert reversals(store)[0]["state"] == "queued"
