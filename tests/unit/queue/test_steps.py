# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps: only those of the table, only by whom they belong to, and nothing deploys that should not."""

from __future__ import annotations

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.queue import NotAllowed, NotFound, NotValid, Store
from ansible_collections.forestage.network.plugins.plugin_utils.queue.states import DEVICE_SAYS, OPEN, STATES, TRANSITIONS

from tests.support.queue_values import T0, Clock, candidate, outcome, recommendation, request, verdict
from tests.support.queue_work import ACTOR, finish, put, stage, state_of, step


def approved(store: Store, result: str = "passed", mode: str = "approve") -> str:
    """A change that a person has approved, claimed and staged again."""
    (change,) = put(store, recommendation(mode=mode))
    stage(store, change, result=result)
    step(store, change, "awaiting_approval")
    store.approve(change, actor="bea", why="agreed")
    stage(store, change, result=result)
    return change


def test_the_way_of_a_job_is_kept_with_who_when_and_why(store: Store) -> None:
    (change,) = put(store)
    finish(store, change)
    steps = store.history(change)
    assert [row["to_state"] for row in steps] == ["queued", "claimed", "staged", "deploying", "deployed", "verified"]
    assert all(row["actor"] and row["why"] and row["at"] for row in steps)
    assert [row["from_state"] for row in steps][1:] == [row["to_state"] for row in steps][:-1]


def test_every_state_of_the_schema_is_in_the_table_and_every_end_is_an_end() -> None:
    from ansible_collections.forestage.network.forecasting.contracts import schema_of

    assert set(STATES) == set(schema_of("job")["properties"]["state"]["enum"])
    assert {target for targets in TRANSITIONS.values() for target in targets} <= set(STATES)
    ends = {state for state, targets in TRANSITIONS.items() if not targets}
    assert not ends & set(OPEN)


@pytest.mark.parametrize("to", sorted(set(STATES) - TRANSITIONS["queued"]))
def test_a_step_that_is_not_in_the_table_is_refused(store: Store, to: str) -> None:
    (change,) = put(store)
    with pytest.raises(NotAllowed, match="is queued and cannot become"):
        step(store, change, to)
    assert state_of(store, change) == "queued"


def test_an_unknown_state_and_an_unknown_change_are_refused(store: Store) -> None:
    (change,) = put(store)
    with pytest.raises(NotValid, match="no state"):
        step(store, change, "done")
    with pytest.raises(NotFound, match="no change nowhere-at-all"):
        step(store, "nowhere-at-all", "staged")
    with pytest.raises(NotFound, match="no change"):
        store.history("nowhere-at-all")


def test_nobody_becomes_claimed_or_approved_by_a_plain_step(store: Store) -> None:
    (change,) = put(store)
    with pytest.raises(NotAllowed, match="only by a claim"):
        step(store, change, "claimed")
    stage(store, change)
    step(store, change, "awaiting_approval")
    with pytest.raises(NotAllowed, match="person who approves"):
        step(store, change, "approved")


@pytest.mark.parametrize("worker", [None, "w2"])
def test_only_the_holder_of_the_lease_takes_the_steps_of_work(store: Store, worker: str | None) -> None:
    (change,) = put(store)
    store.claim("w1", limit=1, lease_s=60, now=T0)
    with pytest.raises(NotAllowed, match="held by w1"):
        step(store, change, "staged", worker=worker)


def test_the_approver_is_not_the_requester(store: Store) -> None:
    job = store.request(request(), actor="ann", now=T0)
    stage(store, job["change_id"])
    step(store, job["change_id"], "awaiting_approval")
    for name in ("ann", "ANN"):
        with pytest.raises(NotAllowed, match="cannot approve it; someone else must"):
            store.approve(job["change_id"], actor=name, why="mine")
    assert store.approve(job["change_id"], actor="bea", why="agreed")["approved_by"] == "bea"


def test_who_brings_a_forecast_from_elsewhere_cannot_approve_it(store: Store) -> None:
    from tests.support.queue_values import forecast

    report = store.ingest(forecast(recommendation(mode="approve"), engine="other"), actor="ann", requester="ann")
    stage(store, report.added[0])
    step(store, report.added[0], "awaiting_approval")
    with pytest.raises(NotAllowed, match="cannot approve"):
        store.approve(report.added[0], actor="ann", why="mine")


def test_only_what_awaits_approval_is_approved(store: Store) -> None:
    (change,) = put(store)
    with pytest.raises(NotAllowed, match="only one that is awaiting approval"):
        store.approve(change, actor="bea", why="early")


def test_a_rejected_change_has_ended(store: Store) -> None:
    (change,) = put(store, recommendation(mode="approve"))
    stage(store, change)
    step(store, change, "awaiting_approval")
    assert store.reject(change, actor="bea", why="not now")["state"] == "rejected"
    assert store.claim("w1", limit=1, lease_s=60, states=("queued", "approved", "staged"), now=T0) == []


def test_an_approved_change_is_claimed_staged_again_and_deployed(store: Store) -> None:
    change = approved(store)
    assert step(store, change, "deploying")["approved_by"] == "bea"


def test_without_approval_nothing_in_mode_approve_deploys(store: Store) -> None:
    (change,) = put(store, recommendation(mode="approve"))
    stage(store, change)
    with pytest.raises(NotAllowed, match="needs an approval"):
        step(store, change, "deploying")


def test_a_shadow_job_is_put_down_when_staged_and_never_deploys(store: Store) -> None:
    (change,) = put(store, recommendation(mode="shadow"))
    assert stage(store, change)["lease"] is None
    with pytest.raises(NotAllowed):
        step(store, change, "deploying")


@pytest.mark.parametrize("result", ["failed", "partial", "not_staged"])
def test_what_did_not_pass_staging_never_deploys_by_itself(store: Store, result: str) -> None:
    (change,) = put(store)
    stage(store, change, result=result)
    with pytest.raises(NotAllowed, match=f"its verdict is {result}"):
        step(store, change, "deploying")


def test_a_person_may_approve_what_could_not_be_tested_but_not_what_failed(store: Store) -> None:
    assert step(store, approved(store, "partial"), "deploying")["state"] == "deploying"


def test_a_failed_verdict_stands_even_against_an_approval(store: Store) -> None:
    with pytest.raises(NotAllowed, match="its verdict is failed"):
        step(store, approved(store, "failed"), "deploying")


def test_without_a_verdict_nothing_deploys(store: Store) -> None:
    (change,) = put(store)
    store.claim("w1", limit=1, lease_s=60, now=T0)
    step(store, change, "staged")
    with pytest.raises(NotAllowed, match="its verdict is missing"):
        step(store, change, "deploying")


def test_the_stop_switch_stops_claims_and_deployments_but_not_the_truth(store: Store) -> None:
    running, waiting, last = put(store, recommendation("r1"), recommendation("r2"), recommendation("r3"))
    stage(store, running)
    step(store, running, "deploying")
    stage(store, waiting)
    store.set_stop("ann", "incident 4711")
    store.set_stop("bea", "me too")
    assert store.changed is False
    assert store.stopped()["actor"] == "ann"
    assert store.claim("w2", limit=5, lease_s=60, now=T0) == []
    with pytest.raises(NotAllowed, match=r"stopped by ann \(incident 4711\)"):
        step(store, waiting, "deploying")
    assert step(store, running, "deployed", "verified")["state"] == "verified"
    store.clear_stop("ann", "over")
    assert store.stopped() is None
    assert step(store, waiting, "deploying")["state"] == "deploying"
    assert [job["change_id"] for job in store.claim("w2", limit=5, lease_s=60, now=T0)] == [last]


def test_documents_are_checked_and_kept_without_device_configurations(store: Store) -> None:
    (change,) = put(store)
    stage(store, change)
    papers = store.jobs(documents=True)[0]["documents"]
    assert set(papers) == {"recommendation", "candidate", "verdict"}
    assert papers["candidate"]["devices"]["core-a1"]["diff"] == "+line"
    assert "hostname r1" not in str(papers)
    for bad, sentence in [
        ({"candidate": {}}, "the candidate for"),
        ({"novel": {}}, "no document of a job"),
        ({"verdict": verdict("another-change")}, "is about the change another-change"),
    ]:
        with pytest.raises(NotValid, match=sentence):
            store.attach(change, bad, actor=ACTOR, why="test")


def test_an_outcome_is_added_to_a_finished_job_once(store: Store) -> None:
    (change,) = put(store)
    finish(store, change)
    paper = {"outcome": {**outcome("0" * 32), "change_id": change}}
    store.attach(change, paper, actor=ACTOR, why="measured")
    assert store.changed
    store.attach(change, paper, actor=ACTOR, why="measured")
    assert not store.changed
    assert store.jobs(documents=True)[0]["documents"]["outcome"]["needed"] == "needed"


@pytest.mark.parametrize("says", sorted(DEVICE_SAYS))
def test_after_a_vanished_worker_the_device_is_believed(store: Store, clock: Clock, says: str) -> None:
    (change,) = put(store)
    stage(store, change)
    step(store, change, "deploying")
    with pytest.raises(NotAllowed, match="held by w1 until"):
        store.recover(change, says, actor=ACTOR, worker="w2", why="too early")
    clock.advance(601)
    job = store.recover(change, says, actor=ACTOR, worker="w2", why="asked the device")
    assert job["state"] == DEVICE_SAYS[says]
    assert (job["lease"] or {}).get("worker") == ("w2" if job["state"] in ("deploying", "deployed") else None)
    if job["state"] == "deployed":
        assert step(store, change, "verified", worker="w2")["state"] == "verified"


@pytest.mark.parametrize(("says", "state"), [("rolled_back", "rolled_back"), ("confirmed", "deployed")])
def test_a_blocked_rollback_that_a_person_has_settled_is_found_and_closed(store: Store, says: str, state: str) -> None:
    (change,) = put(store)
    stage(store, change)
    step(store, change, "deploying")
    assert store.unfinished() == []
    step(store, change, "rollback_blocked")
    assert [job["change_id"] for job in store.unfinished()] == [change]
    assert store.recover(change, says, actor=ACTOR, worker="w2", why="asked the device")["state"] == state
    assert store.unfinished() == []
    if state == "deployed":
        step(store, change, "verified", worker="w2")
    assert store.verify_chain().intact
    asked_again = store.request(request(), actor=ACTOR)
    assert asked_again["change_id"] != change


@pytest.mark.parametrize("says", ["rollback_blocked", "not_applied"])
def test_a_rollback_that_is_still_blocked_changes_nothing(store: Store, says: str) -> None:
    (change,) = put(store)
    stage(store, change)
    step(store, change, "deploying")
    step(store, change, "rollback_blocked")
    known = store.history(change)
    assert store.recover(change, says, actor=ACTOR, worker="w2", why="asked the device")["state"] == "rollback_blocked"
    assert not store.changed
    assert store.history(change) == known


@pytest.mark.parametrize("before", ["queued", "claimed", "staged", "awaiting_approval"])
def test_a_queue_restored_from_a_backup_does_not_run_again_what_the_device_has(store: Store, clock: Clock, before: str) -> None:
    (change,) = put(store, recommendation(mode="approve"))
    if before != "queued":
        store.claim("w1", limit=1, lease_s=60, now=T0)
    if before in ("staged", "awaiting_approval"):
        step(store, change, "staged", documents={"candidate": candidate(change)})
    if before == "awaiting_approval":
        step(store, change, before)
    clock.advance(601)
    store.recover(change, "confirmed", actor=ACTOR, worker="w2", why="the device has it")
    step(store, change, "verified", worker="w2")
    assert store.claim("w3", limit=5, lease_s=60, states=("queued", "approved", "staged"), now=T0) == []
    assert store.verify_chain().intact


def test_a_change_that_has_ended_is_not_moved_by_what_a_device_says(store: Store) -> None:
    (change,) = put(store)
    stage(store, change)
    step(store, change, "failed_staging")
    with pytest.raises(NotAllowed, match="has ended"):
        store.recover(change, "confirmed", actor=ACTOR, worker="w2", why="odd")
