# SPDX-License-Identifier: GPL-3.0-or-later
"""A dry run reports what would be done and changes no row."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.queue import NotAllowed, Store

from tests.support.queue_values import T0, candidate, forecast, ledger_entry, recommendation, request, verdict
from tests.support.queue_work import ACTOR, fingerprint, put, stage, step


@pytest.fixture
def rehearsal(queue_file: Path) -> Store:
    return Store.open(str(queue_file), dry_run=True)


def test_nothing_that_a_dry_run_does_changes_a_row(store: Store, rehearsal: Store, queue_file: Path) -> None:
    waiting, other = put(store, recommendation("r1", mode="approve"), recommendation("r2"))
    stage(store, waiting)
    step(store, waiting, "awaiting_approval")
    before = fingerprint(queue_file)
    who = {"actor": "bea", "why": "test"}

    assert len(rehearsal.ingest(forecast(recommendation("r3"), recommendation("r4")), actor=ACTOR).added) == 2
    assert rehearsal.changed
    assert rehearsal.request(request("r5"), actor="ann", now=T0)["state"] == "queued"
    assert rehearsal.claim("w1", limit=5, lease_s=60, now=T0)[0]["state"] == "claimed"
    assert rehearsal.approve(waiting, **who)["state"] == "approved"
    assert rehearsal.reject(waiting, **who)["state"] == "rejected"
    assert rehearsal.transition(waiting, "withdrawn", **who)["state"] == "withdrawn"
    assert rehearsal.recover(other, "confirmed", worker="w2", **who)["state"] == "deployed"
    rehearsal.attach(other, {"verdict": verdict(other)}, **who)
    rehearsal.renew(other, "w1", 60)
    rehearsal.drop_lease(other, "w1")
    rehearsal.set_stop("ann", "test")
    rehearsal.release_held(**who)
    assert rehearsal.ledger_add([ledger_entry("a")]) == 1

    assert fingerprint(queue_file) == before
    assert rehearsal.stopped() is None


def test_a_dry_run_goes_all_the_way_though_its_steps_are_not_kept(store: Store, rehearsal: Store, queue_file: Path) -> None:
    (change,) = put(store)
    before = fingerprint(queue_file)
    rehearsal.claim("w1", limit=1, lease_s=60, now=T0)
    papers = {"candidate": candidate(change), "verdict": verdict(change)}
    for state, documents in [("staged", papers), ("deploying", None), ("deployed", None), ("verified", None)]:
        job = rehearsal.transition(change, state, actor=ACTOR, why="test", worker="w1", documents=documents)
        assert job["state"] == state
    assert fingerprint(queue_file) == before


def test_a_dry_run_refuses_what_could_never_be(store: Store, rehearsal: Store) -> None:
    shadow, ended = put(store, recommendation("r1", mode="shadow"), recommendation("r2"))
    store.reject(ended, actor="bea", why="no")
    with pytest.raises(NotAllowed, match="shadow mode"):
        rehearsal.transition(shadow, "deploying", actor=ACTOR, why="test")
    with pytest.raises(NotAllowed, match="has ended"):
        rehearsal.transition(ended, "staged", actor=ACTOR, why="test")
