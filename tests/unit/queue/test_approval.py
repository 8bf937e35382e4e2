# SPDX-License-Identifier: GPL-3.0-or-later
"""An approval covers what the person saw: this change, this end, this verdict. Nothing else deploys in that person's name."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.forestage.network.forecasting.contracts import to_text
from ansible_collections.forestage.network.plugins.plugin_utils.queue import NotAllowed, Store

from tests.support.queue_values import T0, capacity, forecast, recommendation, request, verdict
from tests.support.queue_work import ACTOR, put, stage, step
from tests.unit.queue.test_chain import tamper

HOUR = timedelta(hours=1)


def approved(store: Store, result: str = "passed", **changes) -> str:
    """A change in mode approve that bea has approved, with what staging found."""
    (change,) = put(store, recommendation(**{"mode": "approve", **changes}))
    stage(store, change, result=result)
    step(store, change, "awaiting_approval")
    store.approve(change, actor="bea", why="agreed")
    return change


def job_of(store: Store, change: str) -> dict:
    return store.jobs(change_ids=[change], documents=True)[0]


def test_what_was_approved_is_kept_with_the_job(store: Store) -> None:
    paper = job_of(store, approved(store, "partial"))["documents"]["approval"]
    assert (paper["by"], paper["change"], paper["verdict"]) == ("bea", capacity(), "partial")
    assert store.verify_chain().intact


@pytest.mark.parametrize("back", ["not_applied", "lease", "put back"])
def test_an_approved_change_that_comes_back_to_the_queue_is_not_changed_by_a_newer_forecast(store: Store, clock, back: str) -> None:
    change = approved(store)
    stage(store, change)
    if back == "not_applied":
        step(store, change, "deploying", "queued")
    elif back == "lease":
        clock.advance(601)
        store.claim("w2", limit=1, lease_s=60, devices=["nowhere"], now=T0)
    else:
        step(store, change, "queued")
    newer = recommendation(as_of=T0 + HOUR, mode="approve", change=capacity(rate=9000))
    assert store.ingest(forecast(newer, as_of=T0 + HOUR), actor=ACTOR).unchanged == [change]
    stage(store, change)
    job = step(store, change, "deploying")
    assert (job["change"], job["approved_by"]) == (capacity(), "bea")


@pytest.mark.parametrize(("approved_on", "found"), [("passed", "not_staged"), ("passed", "partial"), ("partial", "not_staged")])
def test_an_approval_does_not_cover_a_worse_verdict(store: Store, approved_on: str, found: str) -> None:
    change = approved(store, approved_on)
    job = stage(store, change, result=found)
    assert job["approved_by"] is None
    assert f"the approval by bea no longer holds: it was given for the verdict {approved_on}" in store.history(change)[-1]["why"]
    with pytest.raises(NotAllowed, match="needs an approval"):
        step(store, change, "deploying")
    step(store, change, "awaiting_approval")
    store.approve(change, actor="cy", why="seen what is not tested")
    stage(store, change, result=found)
    assert step(store, change, "deploying")["approved_by"] == "cy"


def test_in_mode_auto_an_approval_that_lapsed_lets_nothing_untested_go(store: Store) -> None:
    change = approved(store, "partial", mode="auto")
    stage(store, change, result="not_staged")
    with pytest.raises(NotAllowed, match="its verdict is not_staged"):
        step(store, change, "deploying")


def test_an_approval_covers_a_better_verdict(store: Store) -> None:
    change = approved(store, "not_staged")
    stage(store, change, result="partial")
    assert step(store, change, "deploying")["approved_by"] == "bea"


@pytest.mark.parametrize("paper", ["candidate", "verdict"])
def test_only_the_worker_who_holds_the_job_says_what_staging_found(store: Store, paper: str) -> None:
    (change,) = put(store)
    papers = {"verdict": verdict(change)} if paper == "verdict" else {"candidate": job_candidate(change)}
    stage(store, change, result="not_staged")
    for worker in (None, "w2"):
        with pytest.raises(NotAllowed, match="held by w1"):
            store.attach(change, papers, actor="ann", why="better", worker=worker)
    store.attach(change, papers, actor=ACTOR, why="measured again", worker="w1")
    step(store, change, "awaiting_approval")
    with pytest.raises(NotAllowed, match="nobody holds"):
        store.attach(change, papers, actor="ann", why="better")
    with pytest.raises(NotAllowed, match="nobody holds"):
        store.transition(change, "queued", actor="ann", why="better", documents=papers)
    with pytest.raises(NotAllowed, match="no candidate and no verdict"):
        store.recover(change, "confirmed", actor="ann", worker="w2", why="better", documents=papers)


def job_candidate(change: str) -> dict:
    from tests.support.queue_values import candidate

    return candidate(change)


@pytest.mark.parametrize("mode", ["auto", "approve", "shadow"])
def test_nobody_allows_their_own_request(store: Store, mode: str) -> None:
    job = store.request(request(mode=mode), actor="ann", now=T0)
    assert job["mode"] == {"auto": "approve"}.get(mode, mode)


@pytest.mark.parametrize(
    ("brought_by", "engine", "policy", "mode"),
    [
        (None, "forestage", {"name": "p", "version": "1"}, "auto"),
        (None, "forestage", None, "approve"),
        ("ann", "forestage", {"name": "p", "version": "1"}, "approve"),
        (None, "spreadsheet", {"name": "p", "version": "1"}, "approve"),
    ],
)
def test_only_a_policy_of_this_engine_lets_a_change_go_by_itself(store: Store, brought_by, engine, policy, mode) -> None:
    entry = recommendation(mode="auto")
    if policy is None:
        del entry["policy"]
    store.ingest(forecast(entry, engine=engine), actor="ann", requester=brought_by)
    assert store.jobs()[0]["mode"] == mode


def test_who_changes_a_recommendation_with_a_file_of_their_own_has_asked_for_it(store: Store) -> None:
    (change,) = put(store)
    newer = recommendation(as_of=T0 + HOUR, mode="auto", change=capacity(rate=9000))
    store.ingest(forecast(newer, as_of=T0 + HOUR), actor="ann", requester="ann")
    job = job_of(store, change)
    assert (job["mode"], job["requester"], job["change"]) == ("approve", "ann", capacity(rate=9000))
    stage(store, change)
    step(store, change, "awaiting_approval")
    with pytest.raises(NotAllowed, match="cannot approve"):
        store.approve(change, actor="ann", why="mine")


def test_a_change_does_not_begin_after_its_own_end(store: Store) -> None:
    end = T0 + timedelta(days=1)
    job = store.request(request(revert_at=to_text(end)), actor="ann", now=T0)
    assert job["expires"] == to_text(end)
    assert store.claim("w1", limit=1, lease_s=60, now=end) == []
    assert job_of(store, job["change_id"])["state"] == "expired"


def test_what_was_claimed_in_time_does_not_deploy_after_its_own_end(store: Store) -> None:
    end = T0 + timedelta(days=1)
    (change,) = put(store, recommendation(lifetime={"permanent": False, "revert_at": to_text(end)}))
    stage(store, change, inverse=capacity())
    with pytest.raises(NotAllowed, match="too late to begin"):
        store.transition(change, "deploying", actor=ACTOR, why="late", worker="w1", now=end)


@pytest.mark.parametrize(
    "script",
    [
        "UPDATE forestage_job SET approved_by = 'boss', mode = 'auto'",
        "UPDATE forestage_document SET body = replace(body, '\"not_staged\"', '\"passed\"') WHERE kind = 'verdict'",
        "DROP TRIGGER forestage_event_no_update; UPDATE forestage_event SET actor = 'boss' WHERE to_state = 'staged'",
    ],
)
def test_what_was_altered_behind_the_queues_back_does_not_deploy(store: Store, queue_file: Path, script: str) -> None:
    (change,) = put(store, recommendation(mode="approve"))
    stage(store, change, result="not_staged")
    tamper(queue_file, script)
    with pytest.raises(NotAllowed, match=r"was altered.*; nothing of it is deployed"):
        step(store, change, "deploying")
