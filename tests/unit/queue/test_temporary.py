# SPDX-License-Identifier: GPL-3.0-or-later
"""A temporary change is taken back by a job of its own."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from ansible_collections.forestage.network.forecasting.contracts import check, parse_time, to_text
from ansible_collections.forestage.network.plugins.plugin_utils.queue import NotAllowed, Store

from tests.support.queue_values import T0, candidate, capacity, forecast, recommendation, verdict
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


def failing(store: Store, how: str, now) -> None:
    """The reversal that is due fails, in one way or the other."""
    (job,) = store.claim("w1", limit=1, lease_s=600, states=("queued", "staged"), now=now)
    ends = {"failed_staging": ["failed_staging"], "rolled_back": ["staged", "deploying", "rolled_back"]}[how]
    for state in ends:
        papers = {"candidate": candidate(job["change_id"]), "verdict": verdict(job["change_id"])} if state == "staged" else None
        store.transition(job["change_id"], state, actor=ACTOR, why="test", worker="w1", documents=papers, now=now)


@pytest.mark.parametrize("how", ["failed_staging", "rolled_back"])
def test_a_reversal_that_failed_is_tried_again_with_growing_pauses_until_it_holds(store: Store, deployed: str, how: str) -> None:
    now, pauses = END, []
    for _unused in range(9):
        failing(store, how, now)
        assert state_of(store, deployed) == "verified"
        (waiting,) = [job for job in reversals(store) if job["state"] == "queued"]
        assert (waiting["change"], waiting["inverse_of"]) == (BACK, deployed)
        assert store.claim("w1", limit=1, lease_s=60, now=parse_time(waiting["not_before"]) - timedelta(seconds=1)) == []
        pauses.append((parse_time(waiting["not_before"]) - now) / timedelta(minutes=1))
        now = parse_time(waiting["not_before"])
    assert pauses == [15, 30, 60, 120, 240, 480, 960, 1440, 1440]
    finish(store, waiting["change_id"], now=now)
    assert state_of(store, deployed) == "reverted"
    assert not [job for job in reversals(store) if job["state"] == "queued"]
    assert store.overdue(now + 30 * DAY) == []
    assert store.verify_chain().intact


def test_a_reversal_whose_workers_all_vanish_is_tried_again(store: Store, deployed: str, clock) -> None:
    for _unused in range(6):
        store.claim("w1", limit=1, lease_s=60, now=END)
        clock.advance(61)
    store.claim("w1", limit=1, lease_s=60, now=END)
    assert [job["state"] for job in reversals(store)].count("failed_staging") == 1
    assert len([job for job in reversals(store) if job["state"] == "queued"]) == 1


def test_the_approval_of_the_change_covers_every_try_to_take_it_back(store: Store) -> None:
    (change,) = put(store, temporary(mode="approve"))
    stage(store, change, inverse=BACK)
    step(store, change, "awaiting_approval")
    store.approve(change, actor="bea", why="agreed")
    finish(store, change, inverse=BACK)
    failing(store, "failed_staging", END)
    (waiting,) = [job for job in reversals(store) if job["state"] == "queued"]
    finish(store, waiting["change_id"], now=parse_time(waiting["not_before"]))
    assert state_of(store, change) == "reverted"


def overdue(store: Store, now) -> str:
    (line,) = store.overdue(now)
    return str(line["sentence"])


def test_what_should_have_been_taken_back_is_named_with_where_its_reversal_stands(store: Store, deployed: str) -> None:
    assert store.overdue(END - timedelta(seconds=1)) == []
    assert f"capacity of eth1 on core-a1 ({deployed}) should have been taken back at {to_text(END)}" in overdue(store, END)
    store.claim("w1", limit=1, lease_s=60, now=END)
    assert "is in the hands of w1" in overdue(store, END)
    (job,) = reversals(store)
    step(store, job["change_id"], "failed_staging")
    assert re.search(r"begins at .* or later, after 1 that failed", overdue(store, END))
    (waiting,) = [job for job in reversals(store) if job["state"] == "queued"]
    store.reject(waiting["change_id"], actor="bea", why="the attack goes on")
    assert "is rejected, after 1 that failed" in overdue(store, END + 30 * DAY)


@pytest.mark.parametrize(("mode", "words"), [("auto", "waits for a run whose mode ceiling"), ("approve", "waits for a person's approval")])
def test_a_rehearsed_reversal_that_goes_no_further_is_named(store: Store, deployed: str, mode: str, words: str) -> None:
    (job,) = reversals(store)
    stage(store, job["change_id"], now=END)
    if mode == "approve":
        step(store, job["change_id"], "awaiting_approval")
    else:
        store.drop_lease(job["change_id"], "w1")
    assert words in overdue(store, END)


def test_a_temporary_change_without_a_way_back_is_named(store: Store) -> None:
    (change,) = put(store, temporary())
    store.recover(change, "confirmed", actor=ACTOR, worker="w2", why="a restored queue knows no candidate")
    assert "no job takes it back" in overdue(store, END)


def test_what_another_change_has_replaced_is_not_overdue(store: Store, deployed: str) -> None:
    (change,) = put(store, recommendation(as_of=T0 + DAY, change=capacity(rate=80)), as_of=T0 + DAY)
    finish(store, change, inverse=capacity())
    assert store.overdue(END + DAY) == []


@pytest.mark.parametrize("to", ["withdrawn", "superseded", "expired"])
def test_the_way_back_is_not_put_away_by_a_plain_step(store: Store, deployed: str, to: str) -> None:
    (job,) = reversals(store)
    with pytest.raises(NotAllowed, match="takes back the temporary change"):
        step(store, job["change_id"], to, worker=None)


def test_a_change_whose_way_back_has_another_template_inherits_it_too(store: Store) -> None:
    drain = {"template": "drain", "kind": "routing", "parameters": {"interface": "eth1"}}
    back = {"template": "te_cost", "kind": "routing", "parameters": {"interface": "eth1", "cost": 10}}
    (first,) = put(store, temporary(change=drain))
    finish(store, first, inverse=back)
    deeper = {**drain, "parameters": {"interface": "eth1", "cost": 65000}}
    (second,) = put(store, temporary(as_of=T0 + DAY, until=END + DAY, change=deeper), as_of=T0 + DAY)
    finish(store, second, inverse={**back, "parameters": {"interface": "eth1", "cost": 65535}})
    (waiting,) = [job for job in reversals(store) if job["state"] == "queued"]
    assert (waiting["change"], waiting["inverse_of"]) == (back, second)


@pytest.mark.parametrize(("mode", "own"), [("approve", True), ("auto", False)])
def test_only_a_policy_that_may_act_by_itself_moves_the_end(store: Store, deployed: str, mode: str, own: bool) -> None:
    again = temporary(as_of=T0 + DAY, until=END + 3 * DAY, mode=mode)
    report = store.ingest(forecast(again, as_of=T0 + DAY), actor="ann", requester=None if own else "ann")
    assert len(report.added) == 1
    assert next(job for job in store.jobs() if job["change_id"] == deployed)["revert_at"] == to_text(END)
    assert reversals(store)[0]["not_before"] == to_text(END)


def test_a_forecast_does_not_withdraw_the_taking_back(store: Store, deployed: str) -> None:
    from tests.support.queue_values import scope

    assert store.ingest(forecast(as_of=T0 + DAY, evaluated=[scope()]), actor=ACTOR).withdrawn == []
    assert reversals(store)[0]["state"] == "queued"
