# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own changes hide what would have come: what each kind leaves to be known, and whether it helped."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import pytest

from forecasting.history import History
from forecasting.outcomes import Job, measure
from forecasting.simulation.config import parse_config
from forecasting.simulation.generate import simulate
from forecasting.simulation.network import lab
from forecasting.simulation.timeline import Timeline

from .worlds import START, as_history, change, entry

WEEK_8 = START + timedelta(weeks=8)
WEEK_10 = START + timedelta(weeks=10)
MATCH = {"destination": "198.51.100.0/24", "protocol": "tcp", "port": 443}
UPLINKS = [
    {"interface": "eth1", "address": "10.9.0.1/30", "peer_device": "core-b1", "peer_interface": "eth9", "peer_address": "10.9.0.2/30"}
]
CHANGES = [
    change("edge-a1", "capacity", WEEK_8, interface="eth3", rate_mbit=40),
    change("core-a1", "te_cost", WEEK_8, interface="eth3", cost=100),
    change("edge-b1", "qos_event", WEEK_8, interface="eth3", class_name="shop", share_percent=60, match=MATCH),
    change("edge-b1", "filter", WEEK_8, name="attack-1", source="203.0.113.0/24"),
    change("leaf-b2", "device_baseline", WEEK_8, hostname="leaf-b2", role="leaf", uplinks=UPLINKS),
]
NEEDS: list[tuple[str, float, str, str]] = [
    ("edge-a1|eth3|if_out_bps", 16e6, "capacity", "direct"),
    ("core-a1|eth3|if_out_bps", 16e6, "te_cost", "conserved_sum"),
    ("edge-b1|shop|app_response_ms", 200.0, "qos_event", "counter"),
    ("edge-b1|eth3|sec_intrusion_attempts", 30.0, "filter", "counter"),
    ("leaf-b1|device|kpi_active_users", 400.0, "device_baseline", "conserved_sum"),
]


def lived(*changes: dict[str, Any]) -> History:
    """Ten weeks of the lab without its leaves' uplinks."""
    network = dataclasses.replace(lab(), cuts=lab().cuts[:4], applications=lab().applications[:1], threats=lab().threats[1:])
    config = parse_config({"schema": "forestage/simulation_config/1", "changes": list(changes)}, network, "test")
    return as_history(simulate(network, Timeline(START, WEEK_10, network.tz), 1, config))


@pytest.fixture(scope="module")
def changed() -> History:
    return lived(*CHANGES)


@pytest.fixture(scope="module")
def untouched() -> History:
    return lived()


def outcome_of(history: History, unique_id: str, limit: float, template: str, as_of: datetime = WEEK_10, **more: Any) -> dict[str, Any]:
    wanted = entry(unique_id, limit, WEEK_8, days=14, template=template, **more)
    return measure(history, [wanted], as_of).outcomes[0]


@pytest.mark.parametrize(("unique_id", "limit", "template", "estimator"), NEEDS)
def test_a_need_is_seen_through_the_change_that_met_it(
    changed: History, unique_id: str, limit: float, template: str, estimator: str
) -> None:
    outcome = outcome_of(changed, unique_id, limit, template)
    assert (outcome["needed"], outcome["helped"], outcome["estimator"]) == ("needed", "yes", estimator), outcome
    assert outcome["change_id"]


@pytest.mark.parametrize(("unique_id", "limit", "template", "estimator"), NEEDS)
def test_the_need_without_the_change_is_the_same(untouched: History, unique_id: str, limit: float, template: str, estimator: str) -> None:
    outcome = outcome_of(untouched, unique_id, limit, template, forecast_peak=limit)
    assert (outcome["needed"], outcome["helped"], outcome["change_id"]) == ("needed", "unknown", None)
    assert outcome["error"] is None or outcome["error"] == pytest.approx(limit - outcome["bounds"][0], abs=0.01 * limit)


@pytest.mark.parametrize(("unique_id", "limit", "template", "estimator"), NEEDS)
def test_what_was_not_needed_is_seen_as_such_through_the_change(
    changed: History, unique_id: str, limit: float, template: str, estimator: str
) -> None:
    outcome = outcome_of(changed, unique_id, 6 * limit, template)
    assert outcome["needed"] in ("not_needed", "unknown"), outcome
    if estimator in ("direct", "conserved_sum"):
        assert outcome["needed"] == "not_needed"


def test_a_change_that_was_too_small_did_not_help() -> None:
    history = lived(change("edge-a1", "capacity", WEEK_8, interface="eth3", rate_mbit=20.5))
    assert outcome_of(history, "edge-a1|eth3|if_out_bps", 16e6, "capacity")["helped"] == "no"


def test_a_need_is_told_before_it_matures_and_its_absence_is_not(untouched: History) -> None:
    needed = entry("core-a1|eth3|if_out_bps", 16e6, WEEK_8, days=14)
    calm = entry("core-b1|eth3|if_out_bps", 16e6, WEEK_8, days=14)
    found = measure(untouched.until(START + timedelta(weeks=9)), [needed, calm], START + timedelta(weeks=9))
    assert [outcome["needed"] for outcome in found.outcomes] == ["needed"]
    assert found.outcomes[0]["error"] is None, "half a window says nothing of the peak"
    assert found.open == [calm["entry_id"]]
    assert measure(untouched, [calm], WEEK_10).outcomes[0]["needed"] == "not_needed"


@pytest.mark.parametrize("state", ["expired", "rejected", "failed_staging", "rolled_back", "withdrawn"])
def test_what_was_never_deployed_counts_too(untouched: History, state: str) -> None:
    wanted = entry("core-a1|eth3|if_out_bps", 16e6, WEEK_8, days=14, recommendation_id="recommendation-1")
    job = Job("change-0001", "recommendation-1", "core-a1", "eth3", "capacity", state, None, None)
    outcome = measure(untouched, [wanted], WEEK_10, [job]).outcomes[0]
    assert (outcome["needed"], outcome["helped"], outcome["change_id"]) == ("needed", "unknown", "change-0001")
    assert state in outcome["reason"]


def test_a_job_tells_of_a_change_that_the_history_does_not_record(changed: History) -> None:
    bare = History(changed.series, changed.samples)
    wanted = entry("core-a1|eth3|if_out_bps", 16e6, WEEK_8, days=14, template="te_cost", recommendation_id="recommendation-1")
    job = Job("change-0001", "recommendation-1", "core-a1", "eth3", "te_cost", "verified", "confirmed", WEEK_8.timestamp())
    with_job = measure(bare, [wanted], WEEK_10, [job]).outcomes[0]
    assert (with_job["needed"], with_job["helped"], with_job["estimator"]) == ("needed", "yes", "conserved_sum")
    assert measure(bare, [wanted], WEEK_10).outcomes[0]["needed"] == "not_needed"


@pytest.mark.parametrize(("known", "helped"), [(True, "yes"), (False, "unknown")])
def test_a_capacity_change_without_a_record_is_judged_by_the_dated_capacity(changed: History, known: bool, helped: str) -> None:
    kept = changed.series if known else changed.series[changed.series["metric"] != "capacity_bps"]
    bare = History(kept, changed.samples[changed.samples["unique_id"].isin(kept["unique_id"])])
    wanted = entry("edge-a1|eth3|if_out_bps", 16e6, WEEK_8, days=14, recommendation_id="recommendation-1")
    job = Job("change-0001", "recommendation-1", "edge-a1", "eth3", "capacity", "verified", "confirmed", WEEK_8.timestamp() + 60)
    outcome = measure(bare, [wanted], WEEK_10, [job]).outcomes[0]
    assert (outcome["needed"], outcome["helped"], outcome["change_id"]) == ("needed", helped, "change-0001"), outcome


def test_an_unrecorded_filter_without_a_counter_leaves_it_unknown(changed: History) -> None:
    kept = changed.series[changed.series["metric"] != "filter_hits_per_s"]
    history = History(kept.reset_index(drop=True), changed.samples, interventions=changed.interventions)
    outcome = outcome_of(history, "edge-b1|eth3|sec_intrusion_attempts", 30.0, "filter")
    assert outcome["needed"] == "unknown"
    assert outcome["bounds"][1] is None


def test_a_series_that_is_gone_leaves_it_unknown(untouched: History) -> None:
    outcome = outcome_of(untouched, "core-a9|eth3|if_out_bps", 16e6, "capacity")
    assert outcome["needed"] == "unknown"


def test_a_gap_leaves_unknown_only_what_it_could_hide(untouched: History) -> None:
    busy = untouched.samples["ds"].between(WEEK_8, WEEK_10) & (untouched.samples["unique_id"] == "core-b1|eth3|if_out_bps")
    holes = busy & untouched.samples["ds"].dt.day_of_year.isin([330, 331])
    history = History(untouched.series, untouched.samples[~holes].reset_index(drop=True))
    near, far = (outcome_of(history, "core-b1|eth3|if_out_bps", limit, "capacity")["needed"] for limit in (9e6, 16e6))
    assert (near, far) == ("unknown", "not_needed")


def test_falling_below_a_limit_is_judged_from_the_other_side(untouched: History) -> None:
    for limit, needed in ((1e5, "not_needed"), (6e6, "needed")):
        assert outcome_of(untouched, "core-b1|eth3|if_out_bps", limit, "capacity", beyond="below")["needed"] == needed
