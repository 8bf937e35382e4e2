# SPDX-License-Identifier: GPL-3.0-or-later
"""Forecast rounds: one open change per device, object and template; newer values, withdrawal, the batch gate, requests."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.forestage.network.forecasting.contracts import to_text
from ansible_collections.forestage.network.plugins.plugin_utils.queue import Gate, NotAllowed, NotValid, Store
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.queue_values import T0, capacity, forecast, recommendation, request, scope
from tests.support.queue_work import ACTOR, fingerprint, finish, put, stage, state_of, step

HOUR = timedelta(hours=1)


def later(hours: float = 1, **changes) -> dict:
    return recommendation(as_of=T0 + hours * HOUR, **changes)


def ingest(store: Store, *entries: dict, hours: float = 1, **changes):
    gate = changes.pop("gate", None)
    return store.ingest(forecast(*entries, as_of=T0 + hours * HOUR, **changes), actor=ACTOR, gate=gate)


def test_a_newer_forecast_updates_the_open_change(store: Store) -> None:
    (change,) = put(store)
    report = ingest(store, later(confidence=0.95))
    assert (report.updated, report.added) == ([change], [])
    (job,) = store.jobs()
    assert job["confidence"] == 0.95
    assert "0.80 → 0.95" in store.history(change)[-1]["why"]


def test_the_same_forecast_again_changes_no_row(store: Store, queue_file: Path) -> None:
    value = forecast(recommendation("r1"), recommendation("r2"))
    first = store.ingest(value, actor=ACTOR)
    before = fingerprint(queue_file)
    again = store.ingest(value, actor=ACTOR)
    assert sorted(again.unchanged) == sorted(first.added)
    assert not store.changed
    assert fingerprint(queue_file) == before


def test_an_older_forecast_changes_nothing(store: Store) -> None:
    change = ingest(store, later(5), hours=5).added[0]
    report = ingest(store, later(2, confidence=0.1), hours=2, evaluated=[scope()])
    assert report.unchanged == [change]
    assert store.jobs()[0]["confidence"] == 0.8


@pytest.mark.parametrize("end", ["withdrawn", "rejected", "finished"])
def test_a_change_that_has_ended_does_not_come_back_from_the_same_or_an_older_forecast(store: Store, end: str) -> None:
    (change,) = put(store)
    if end == "withdrawn":
        ingest(store, evaluated=[scope()])
    elif end == "rejected":
        store.reject(change, actor="bea", why="no")
    else:
        finish(store, change)
    report = store.ingest(forecast(recommendation(), engine="late copy"), actor=ACTOR)
    assert report.added == []
    assert "already ended" in report.ignored[0]["why"]
    assert len(ingest(store, later(9), hours=9).added) == 1


def test_what_recedes_is_withdrawn_but_only_where_the_forecast_looked(store: Store) -> None:
    gone, elsewhere, other_policy = put(
        store, recommendation("r1"), recommendation("r2"), recommendation("r3", policy={"name": "other", "version": "1"})
    )
    report = ingest(store, evaluated=[scope("r1"), scope("r3")])
    assert report.withdrawn == [gone]
    assert state_of(store, gone) == "withdrawn"
    assert state_of(store, elsewhere) == state_of(store, other_policy) == "queued"


def test_an_empty_forecast_that_says_not_where_it_looked_withdraws_nothing(store: Store) -> None:
    put(store)
    assert ingest(store).withdrawn == []


def test_oscillation_around_a_limit_gives_at_most_one_change(store: Store) -> None:
    for hour in range(1, 13):
        entries = [later(hour, confidence=0.5 + 0.01 * hour)] if hour % 2 else []
        ingest(store, *entries, hours=hour, evaluated=[scope()])
        open_now = [job for job in store.jobs() if job["state"] == "queued"]
        assert len(open_now) == hour % 2


def test_work_in_progress_and_approvals_stand(store: Store) -> None:
    working, waiting = put(store, recommendation("r1"), recommendation("r2", mode="approve"))
    stage(store, working)
    stage(store, waiting)
    step(store, waiting, "awaiting_approval")
    store.approve(waiting, actor="bea", why="agreed")
    fresh = [later(device="r1", change=capacity(rate=90)), later(device="r2", change=capacity(rate=90), mode="approve")]
    assert sorted(ingest(store, *fresh, evaluated=[scope("r1"), scope("r2")]).unchanged) == sorted([working, waiting])
    assert {job["change"]["parameters"]["rate_mbit"] for job in store.jobs()} == {30}


def test_other_parameters_send_a_staged_change_back_to_the_queue(store: Store) -> None:
    (change,) = put(store, recommendation(mode="shadow"))
    stage(store, change)
    ingest(store, later(mode="shadow", confidence=0.9))
    assert state_of(store, change) == "staged"
    ingest(store, later(2, mode="shadow", change=capacity(rate=60)), hours=2)
    assert state_of(store, change) == "queued"


def test_two_policies_for_one_object_make_one_job(store: Store) -> None:
    strong = recommendation(priority=80, policy={"name": "strong", "version": "1"})
    weak = recommendation(priority=20, policy={"name": "weak", "version": "1"})
    report = store.ingest(forecast(weak, strong), actor=ACTOR)
    assert len(report.added) == 1
    assert store.jobs()[0]["policy"]["name"] == "strong"


def test_different_templates_for_one_object_stay_apart(store: Store) -> None:
    cost = {"template": "te_cost", "kind": "routing", "parameters": {"interface": "eth1", "cost": 20}}
    assert len(store.ingest(forecast(recommendation(), recommendation(change=cost)), actor=ACTOR).added) == 2


def test_a_recommendation_that_is_past_its_time_is_not_queued(store: Store) -> None:
    report = store.ingest(forecast(recommendation()), actor=ACTOR, now=T0 + timedelta(days=30))
    assert report.added == []
    assert "expired at" in report.ignored[0]["why"]


def test_another_engines_forecast_comes_in_the_same_way(store: Store) -> None:
    report = store.ingest(forecast(recommendation(), engine="Their Planner", warnings=["none"]), actor="ann")
    (job,) = store.jobs()
    assert report.added == [job["change_id"]]
    assert job["requester"] == "engine:Their Planner"


@pytest.mark.parametrize("hostile", ["eth0; reboot", "{{ 7*7 }}", "<script>alert(1)</script>", "", "a" * 65, "eth0\n"])
def test_hostile_names_are_refused_and_nothing_of_the_forecast_is_taken(store: Store, queue_file: Path, hostile: str) -> None:
    before = fingerprint(queue_file)
    for field in ("device", "object"):
        with pytest.raises(NotValid, match="mend it to match the schema"):
            store.ingest(forecast(recommendation("r1"), {**recommendation("r2"), field: hostile}), actor=ACTOR)
    assert fingerprint(queue_file) == before


@pytest.mark.parametrize("value", [None, [], "x", {}, {"schema": "forestage/provisioning_forecast/1"}])
def test_what_is_no_forecast_is_refused(store: Store, value: object) -> None:
    with pytest.raises(NotValid):
        store.ingest(value, actor=ACTOR)


def test_five_hundred_recommendations_at_once_are_held(store: Store) -> None:
    for hour in range(3):
        ingest(store, *(later(hour, device=f"r{number}") for number in range(5)), hours=hour)
    usual = {job["change_id"]: job for job in store.jobs()}
    flood = [later(5, device=f"r{number}", change=capacity(rate=240), confidence=1.0) for number in range(500)]
    report = ingest(store, *flood, hours=5, evaluated=[scope("r1")])
    assert len(report.held) == 495
    assert "500 recommendations at once" in report.why_held
    assert all(job["change"]["parameters"]["rate_mbit"] == 30 for job in store.jobs(change_ids=list(usual)))
    claimed = store.claim("w1", limit=500, lease_s=60, now=T0)
    assert {job["change_id"] for job in claimed} == set(usual)


def test_a_distrusted_forecast_takes_auto_away_and_changes_nothing_else(store: Store) -> None:
    (change,) = ingest(store, later(1, device="r1", mode="auto")).added
    strict = Gate(minimum_recommendations=1, minimum_devices=1)
    flood = [later(2, device=f"r{number}") for number in range(2, 100)]
    ingest(store, later(2, device="r1", mode="approve", confidence=0.99), *flood, hours=2, gate=strict)
    (job,) = store.jobs(change_ids=[change])
    assert (job["mode"], job["confidence"], job["state"]) == ("approve", 0.8, "queued")
    ingest(store, later(3, device="r1", mode="auto"), *flood, hours=3, gate=strict)
    assert store.jobs(change_ids=[change])[0]["mode"] == "approve"


def test_what_is_held_goes_only_when_a_person_lets_it(store: Store) -> None:
    strict = Gate(minimum_recommendations=1, minimum_devices=1)
    held = ingest(store, later(1, device="r1"), later(1, device="r2"), gate=strict).held
    assert len(held) == 2
    assert len(ingest(store, later(2, device="r1"), later(2, device="r2"), hours=2, gate=strict).held) == 2
    assert store.claim("w1", limit=5, lease_s=60, now=T0) == []
    assert sorted(store.release_held(actor="ann", why="true growth")) == sorted(held)
    assert store.history(held[0])[-1]["actor"] == "ann"
    assert len(store.claim("w1", limit=5, lease_s=60, now=T0)) == 2


def test_one_of_the_held_can_be_let_go_alone(store: Store) -> None:
    held = ingest(store, later(1, device="r1"), later(1, device="r2"), gate=Gate(minimum_recommendations=1, minimum_devices=1)).held
    store.release_held(actor="ann", why="this one", change_ids=held[:1])
    assert [state_of(store, change) for change in held] == ["queued", "held"]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=40), st.integers(0, 1000), st.integers(0, 1000))
def test_the_gate_opens_up_to_its_minimum_and_shuts_above_its_multiple(past, recommendations, devices) -> None:
    objection = Gate().objection(recommendations, devices, past)
    if recommendations <= Gate.minimum_recommendations and devices <= Gate.minimum_devices:
        assert objection is None
    if recommendations > 3 * 60 or devices > 3 * 60:
        assert objection is not None


def test_the_gate_judges_by_devices_as_well(store: Store) -> None:
    assert Gate().objection(25, 25, []) is not None
    assert Gate().objection(25, 20, []) is None
    assert Gate().objection(100, 10, [(40, 10)] * 5) is None


def test_the_same_request_again_is_the_same_change(store: Store, queue_file: Path) -> None:
    first = store.request(request(), actor="ann", now=T0)
    before = fingerprint(queue_file)
    assert store.request(request(), actor="ann", now=T0)["change_id"] == first["change_id"]
    assert fingerprint(queue_file) == before


def test_a_request_takes_the_place_of_a_recommendation_and_is_not_displaced(store: Store) -> None:
    (recommended,) = put(store)
    requested = store.request(request(), actor="ann", now=T0)
    assert state_of(store, recommended) == "superseded"
    assert ingest(store, later(confidence=1.0), evaluated=[scope()]).unchanged == [requested["change_id"]]
    assert ingest(store, hours=2, evaluated=[scope()]).withdrawn == []
    assert state_of(store, requested["change_id"]) == "queued"


def test_a_request_displaces_neither_work_nor_another_persons_request(store: Store) -> None:
    (change,) = put(store)
    store.claim("w1", limit=1, lease_s=60, now=T0)
    with pytest.raises(NotAllowed, match="must end first"):
        store.request(request(), actor="ann", now=T0)
    step(store, change, "failed_staging")
    store.request(request(), actor="ann", now=T0)
    with pytest.raises(NotAllowed, match="already requested by ann"):
        store.request(request(reason="Mine."), actor="bea", now=T0)
    assert store.request(request(reason="On second thoughts."), actor="ann", now=T0)["reason"] == "On second thoughts."
    assert len([job for job in store.jobs() if job["state"] == "queued"]) == 1


@pytest.mark.parametrize(
    "wrong", [{"expires": to_text(T0 - HOUR)}, {"revert_at": to_text(T0)}, {"severity": "huge"}, {"device": "{{ 1 }}"}]
)
def test_a_request_that_makes_no_sense_is_refused(store: Store, wrong: dict) -> None:
    with pytest.raises(NotValid):
        store.request(request(**wrong), actor="ann", now=T0)


def test_the_change_log_tells_where_each_change_stands_by_the_analytics_clock(store: Store) -> None:
    (change,) = put(store)
    ingest(store, later(5), hours=5)
    stage(store, change)
    (line,) = store.change_log()
    assert {name: line[name] for name in ("policy", "device", "object", "template", "state", "at")} == {
        "policy": "link_capacity",
        "device": "core-a1",
        "object": "eth1",
        "template": "capacity",
        "state": "staged",
        "at": to_text(T0),
    }
