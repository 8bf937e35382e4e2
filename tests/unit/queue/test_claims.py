# SPDX-License-Identifier: GPL-3.0-or-later
"""Claims: in the order of priority, one per device, under a lease that ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.forestage.network.forecasting.contracts import Factors, Priority, check, to_text
from ansible_collections.forestage.network.plugins.plugin_utils.queue import NotAllowed, NotValid, Store
from ansible_collections.forestage.network.plugins.plugin_utils.queue.claims import ATTEMPTS
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.queue_values import T0, Clock, capacity, recommendation, request
from tests.support.queue_work import finish, put, stage, state_of, step

SEVERITIES, CRITICALITIES = ("minor", "major", "critical"), ("low", "normal", "high", "critical")


def claimed(store: Store, worker: str = "w1", **arguments) -> list[str]:
    given = {"limit": 10, "lease_s": 60, "now": T0, **arguments}
    return [job["change_id"] for job in store.claim(worker, **given)]


def test_the_most_urgent_come_first_and_each_value_keeps_its_schema(store: Store) -> None:
    low, high, middle = put(
        store, recommendation("r1", severity="minor"), recommendation("r2", severity="critical"), recommendation("r3", confidence=0.9)
    )
    jobs = store.claim("w1", limit=10, lease_s=60, now=T0)
    assert [job["change_id"] for job in jobs] == [high, middle, low]
    assert [job["priority"] for job in jobs] == sorted((job["priority"] for job in jobs), reverse=True)
    for job in jobs:
        check("job", job)
        assert "confidence" in job["priority_reason"]
        assert job["lease"] == {"worker": "w1", "until": to_text(T0 + timedelta(seconds=60))}


def test_what_is_claimed_is_not_claimed_again(store: Store) -> None:
    put(store, *(recommendation(f"r{number}") for number in range(5)))
    first, second = claimed(store, "w1", limit=3), claimed(store, "w2")
    assert (len(first), len(second)) == (3, 2)
    assert not set(first) & set(second)


def test_a_device_has_one_live_claim(store: Store) -> None:
    one, two = put(store, recommendation("r1", "eth1"), recommendation("r1", "eth2", confidence=0.5))
    assert claimed(store) == [one]
    assert claimed(store) == []
    step(store, one, "failed_staging")
    assert claimed(store) == [two]


def test_a_change_also_claims_the_peers_that_it_touches(store: Store) -> None:
    cost = {
        "template": "te_cost",
        "kind": "routing",
        "parameters": {"interface": "eth1", "cost": 20, "peer_device": "r2", "peer_interface": "eth9"},
    }
    one, _unused = put(store, recommendation("r1", change=cost, confidence=0.9), recommendation("r2", confidence=0.5))
    assert claimed(store) == [one]


def test_only_chosen_devices_and_no_more_than_the_limit(store: Store) -> None:
    put(store, *(recommendation(f"r{number}") for number in range(6)))
    assert len(claimed(store, devices=["r1", "r2", "nowhere"])) == 2
    assert len(claimed(store, limit=1)) == 1


@pytest.mark.parametrize("bad", [{"limit": 0}, {"lease_s": 0}, {"states": ("deploying",)}])
def test_a_senseless_claim_is_refused(store: Store, bad: dict) -> None:
    with pytest.raises(NotValid, match="a claim needs"):
        claimed(store, **bad)


def test_a_start_in_the_future_waits_for_the_analytics_clock(store: Store) -> None:
    later = to_text(T0 + timedelta(days=2))
    store.request(request(not_before=later), actor="ann", now=T0)
    assert claimed(store) == []
    assert len(claimed(store, now=T0 + timedelta(days=2))) == 1


def test_what_is_past_its_time_expires_at_the_claim(store: Store) -> None:
    (change,) = put(store, recommendation(expires=to_text(T0 + timedelta(days=1))))
    assert claimed(store, now=T0 + timedelta(days=1)) == []
    assert state_of(store, change) == "expired"
    assert "time is past" in store.history(change)[-1]["why"]


def test_a_vanished_workers_untouched_jobs_are_queued_again(store: Store, clock: Clock) -> None:
    (change,) = put(store)
    claimed(store, "dead")
    clock.advance(61)
    assert store.unfinished() == []
    assert claimed(store, "alive") == [change]
    assert store.jobs()[0]["attempts"] == 2
    with pytest.raises(NotAllowed, match="held by alive"):
        step(store, change, "staged", worker="dead")


def test_a_job_that_never_reaches_a_verdict_ends_with_the_reason(store: Store, clock: Clock) -> None:
    one, two = put(store, recommendation("r1"), recommendation("r2"))
    for _unused in range(ATTEMPTS):
        assert set(claimed(store)) == {one, two}
        step(store, one, "queued")
        clock.advance(61)
    assert claimed(store) == []
    assert (state_of(store, one), state_of(store, two)) == ("failed_staging", "failed_staging")
    assert store.history(one)[-1]["why"] == f"claimed {ATTEMPTS} times without reaching a verdict; the last time: test"
    assert "the last time: the lease of w1 ran out" in store.history(two)[-1]["why"]


def test_a_verdict_and_a_device_that_could_not_be_read_do_not_count_as_attempts(store: Store) -> None:
    one, two = put(store, recommendation("r1", mode="shadow"), recommendation("r2"))
    for _unused in range(ATTEMPTS + 1):
        stage(store, one)
        step(store, one, "queued", worker=None)
        assert claimed(store, devices=["r2"]) == [two]
        step(store, two, "queued", attempted=False)
    assert (state_of(store, one), state_of(store, two)) == ("queued", "queued")


def test_a_vanished_workers_deploying_job_is_never_queued_by_guessing(store: Store, clock: Clock) -> None:
    (change,) = put(store)
    stage(store, change)
    step(store, change, "deploying")
    clock.advance(10_000)
    assert claimed(store, "alive") == []
    assert [job["state"] for job in store.unfinished()] == ["deploying"]


def test_a_lease_can_be_renewed_by_its_holder_only(store: Store, clock: Clock) -> None:
    (change,) = put(store)
    claimed(store)
    clock.advance(50)
    store.renew(change, "w1", 60)
    clock.advance(50)
    assert store.unfinished() == []
    with pytest.raises(NotAllowed, match="held by w1, not by w2"):
        store.renew(change, "w2", 60)


def test_nothing_starts_to_deploy_on_a_lease_that_ran_out(store: Store, clock: Clock) -> None:
    (change,) = put(store)
    stage(store, change)
    clock.advance(601)
    with pytest.raises(NotAllowed, match="ran out"):
        step(store, change, "deploying")
    store.renew(change, "w1", 60)
    assert step(store, change, "deploying")["state"] == "deploying"


def test_the_rank_is_judged_anew_at_the_claim(store: Store) -> None:
    near, far = recommendation("r1", days=0.1, confidence=0.5, severity="minor"), recommendation("r2", days=13, confidence=0.6)
    put(store, near, far)
    assert store.jobs(now=T0)[0]["device"] == "r1"
    soon = store.jobs(now=T0 + timedelta(days=12))
    assert soon[0]["device"] == "r2"
    assert "waiting" in soon[0]["priority_reason"]


def test_the_order_is_the_same_every_time(store: Store) -> None:
    put(store, *(recommendation(f"r{number}") for number in range(20)))
    orders = {tuple(job["change_id"] for job in store.jobs(now=T0)) for _unused in range(3)}
    assert len(orders) == 1


def test_a_critical_bottleneck_is_not_buried(store: Store) -> None:
    noise = [recommendation(f"r{number}", confidence=0.99, severity="major", criticality="critical", days=0) for number in range(20)]
    bottleneck = recommendation("core-a1", confidence=0.35, severity="critical", criticality="low", days=13)
    change = put(store, *noise, bottleneck)[-1]
    assert store.jobs(now=T0)[0]["change_id"] == change


def test_a_minor_change_that_waits_is_done_in_the_end(store: Store) -> None:
    old = store.request(request("r1", severity="minor", criticality="low"), actor="ann", now=T0)
    later = T0 + timedelta(days=30)
    fresh = store.request(request("r2", severity="minor", criticality="normal"), actor="ann", now=later)
    assert [job["change_id"] for job in store.jobs(now=later)] == [old["change_id"], fresh["change_id"]]


@settings(deadline=None)
@given(
    st.floats(0, 1), st.sampled_from(SEVERITIES), st.sampled_from(CRITICALITIES), st.floats(0, 400), st.floats(0, 400),
    st.floats(0, 1), st.sampled_from(SEVERITIES), st.sampled_from(CRITICALITIES), st.floats(0, 400), st.floats(0, 400),
)  # fmt: skip
def test_no_factor_that_grows_lowers_the_priority(c1, s1, k1, n1, w1, c2, s2, k2, n2, w2) -> None:
    def priority(confidence, severity, criticality, hours_left, hours_waited) -> float:
        needed, since = T0 + timedelta(hours=hours_left), T0 - timedelta(hours=hours_waited)
        return Priority.of(Factors(confidence, SEVERITIES[severity], CRITICALITIES[criticality], needed, since), T0).value

    one = (c1, SEVERITIES.index(s1), CRITICALITIES.index(k1), n1, w1)
    two = (c2, SEVERITIES.index(s2), CRITICALITIES.index(k2), n2, w2)
    least = (min(c1, c2), min(one[1], two[1]), min(one[2], two[2]), max(n1, n2), min(w1, w2))
    assert priority(*least) <= min(priority(*one), priority(*two))


def test_a_staged_job_is_taken_up_again_only_where_it_may_go_further(store: Store) -> None:
    shadow, auto = put(store, recommendation("r1", mode="shadow"), recommendation("r2", mode="auto"))
    stage(store, shadow)
    stage(store, auto)
    assert claimed(store, states=("staged",)) == []
    store.drop_lease(auto, "w1")
    assert state_of(store, auto) == "staged"
    assert claimed(store, states=("staged",)) == [auto]


def test_a_finished_device_is_free_again(store: Store) -> None:
    one, two = put(store, recommendation("r1", "eth1"), recommendation("r1", "eth2", change=capacity("eth2"), confidence=0.1))
    finish(store, one)
    assert claimed(store) == [two]
