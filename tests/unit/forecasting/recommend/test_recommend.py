# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes of a forecast: five kinds of change, each explained, each in the ledger, nothing from a quiet series."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forecasting.calibration import Calibration, Pool
from forecasting.contracts import errors_of, parse_time
from forecasting.helping import Helps
from forecasting.policies import load, read_templates
from forecasting.recommend import Round, recommend

ROOT = Path(__file__).resolve().parents[4]
AS_OF = datetime(2026, 11, 23, tzinfo=UTC)
POLICY = """\
version: 1
policies:
  - name: busy
    severity: major
    lead_time: 1d
    when:
      metric: if_out_bps
      limit: {LIMIT}
      duration: 1h
      min_confidence: 0.5
    what:
      template: capacity
      parameters: {interface: "{{ object }}", rate_mbit: 30}
"""


def by_kind(result: Any) -> dict[str, dict[str, Any]]:
    return {item["change"]["template"]: item for item in result.forecast["recommendations"]}


def test_the_lab_gets_one_recommendation_of_each_kind(lab: Any) -> None:
    found = by_kind(lab.run())
    assert sorted(found) == ["capacity", "device_baseline", "filter", "qos_event", "te_cost"]
    assert {name: (item["device"], item["object"]) for name, item in found.items()} == {
        "capacity": ("edge-a1", "eth3"),
        "te_cost": ("core-a1", "eth3"),
        "qos_event": ("edge-b1", "eth3"),
        "filter": ("edge-b1", "203.0.113.0/24"),
        "device_baseline": ("leaf-b2", "device"),
    }
    assert found["device_baseline"]["device_role"] == "leaf"
    assert found["device_baseline"]["change"]["parameters"]["uplinks"][1]["peer_device"] == "core-b2"
    assert found["capacity"]["change"]["parameters"] == {"interface": "eth3", "rate_mbit": 25}


def test_everything_said_matches_its_schema(lab: Any) -> None:
    result = lab.run()
    assert errors_of("provisioning_forecast", result.forecast) == []
    assert [error for entry in result.ledger for error in errors_of("ledger_entry", entry)] == []
    json.dumps(result.forecast, allow_nan=False)


def test_every_pair_is_in_the_ledger_also_below_the_threshold(lab: Any) -> None:
    result = lab.run()
    assert len(result.ledger) == 9
    chosen = {entry["recommendation_id"] for entry in result.ledger} - {None}
    assert chosen == {item["recommendation_id"] for item in result.forecast["recommendations"]}
    assert {entry["p_raw"] < 0.5 for entry in result.ledger if entry["recommendation_id"] is None} == {True}
    assert len(result.forecast["evaluated"]) == len({(e["policy"], e["device"], e["object"]) for e in result.forecast["evaluated"]})


def test_the_same_round_gives_the_same_answer(lab: Any) -> None:
    assert lab.run().forecast == lab.run().forecast


def test_needed_by_is_the_early_crossing_less_the_lead_time(lab: Any) -> None:
    found = by_kind(lab.run())
    assert parse_time(found["capacity"]["needed_by"]) == AS_OF + timedelta(days=2) - timedelta(days=1)
    assert parse_time(found["filter"]["needed_by"]) == AS_OF
    assert found["capacity"]["evidence"]["crossing"] == {
        "q10": "2026-11-25T00:00:00Z",
        "q50": "2026-11-26T00:00:00Z",
        "q90": "2026-11-27T00:00:00Z",
    }


def test_a_temporary_change_knows_when_it_starts_and_ends(lab: Any) -> None:
    found = by_kind(lab.run())
    assert found["qos_event"]["lifetime"] == {"permanent": False, "not_before": "2026-11-25T19:00:00Z", "revert_at": "2026-11-28T21:00:00Z"}
    assert found["filter"]["lifetime"] == {"permanent": False, "revert_at": "2026-12-03T00:00:00Z"}
    assert found["capacity"]["lifetime"] == {"permanent": True}


def test_each_recommendation_says_why_and_what_waiting_costs(lab: Any) -> None:
    for item in lab.run().forecast["recommendations"]:
        evidence = item["evidence"]
        assert evidence["why"].endswith(".")
        assert evidence["outlook"].endswith(".")
        assert "if we wait" in evidence["outlook"]
        assert sum(driver["effect"] for driver in evidence["drivers"]) == pytest.approx(evidence["forecast_peak"])
    found = by_kind(lab.run())
    assert "16 Mbit/s (80 % of the 20 Mbit/s in force)" in found["capacity"]["evidence"]["why"]
    assert "core-a2 eth3 peaks at 2 Mbit/s" in found["te_cost"]["evidence"]["why"]
    assert "During Sale" in found["qos_event"]["evidence"]["why"]


def test_a_hot_link_whose_alternative_is_busy_too_is_not_rebalanced(lab: Any, futures: Any) -> None:
    lab.futures = [(name, futures["flat"](15e6, 100) if name.startswith("core-a2") else paths) for name, paths in lab.futures]
    assert "te_cost" not in by_kind(lab.run())


def test_without_a_coming_event_nothing_is_asked_for_it(lab: Any) -> None:
    lab.events = lab.events[1:]
    result = lab.run()
    assert "qos_event" not in by_kind(result)
    assert result.forecast["left_out"] == []
    assert "campaign-priority" not in {entry["policy"] for entry in result.ledger}
    looked_at = [scope for scope in result.forecast["evaluated"] if scope["policy"] == "campaign-priority"]
    assert [(scope["device"], scope["object"]) for scope in looked_at] == [("edge-b1", "eth3")]  # so that an open job can be withdrawn


def test_calibration_decides_and_is_shown(lab: Any) -> None:
    humbled = Calibration(Pool("global", -6.0, 0.3, 40.0, 9, 9))
    assert lab.run(calibration=humbled).forecast["recommendations"] == []
    helps = Helps({"capacity": (7.0, 7.0)}, {("uplink-capacity", "capacity"): (7.0, 7.0)})
    sure = by_kind(lab.run(calibration=Calibration(Pool("global", 0.1, 0.3, 40.0, 9, 9), helps=helps)))
    assert "calibrated on 40 independent outcomes" in sure["capacity"]["evidence"]["outlook"]
    assert sure["capacity"]["evidence"]["calibration"]["pool"] == "global"
    assert sure["capacity"]["p_helps"] == pytest.approx((7 + 3 * 0.9) / 10)
    assert sure["te_cost"]["p_helps"] is None


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ('{"link": "uplink", "x": "{{ 7*7 }}"}', "no label may have"),
        ('{"link": "eth0; reboot"}', "no label may have"),
        ('{"link": "<script>alert(1)</script>"}', "no label may have"),
        ('{"<b>": "x"}', "no label may have"),
        ('{"link": 7}', "no label may have"),
        ("[1]", "no JSON object"),
        ("{", "no JSON object"),
    ],
)
def test_a_hostile_label_leaves_its_series_out_with_a_sentence(world: Any, futures: Any, labels: str, reason: str) -> None:
    world.add("edge-a1|eth3|if_out_bps", futures["flat"](9.0), labels=labels)
    world.add("edge-b1|eth3|if_out_bps", futures["flat"](9.0))
    result = world.run(POLICY.replace("LIMIT", "value: 5"))
    assert [item["device"] for item in result.forecast["recommendations"]] == ["edge-b1"]
    assert result.forecast["left_out"][0]["unique_id"] == "edge-a1|eth3|if_out_bps"
    assert reason in result.forecast["left_out"][0]["reason"]


def test_the_guards_refuse_a_blocked_prefix(lab: Any) -> None:
    for row in lab.rows:
        if row["metric"] == "sec_intrusion_attempts":
            row["labels"] = json.dumps({"source": "10.20.1.0/24"})
    result = lab.run()
    assert "filter" not in by_kind(result)
    assert "must never be blocked" in result.forecast["left_out"][0]["reason"]


def test_parameters_that_the_template_refuses_are_listed(world: Any, futures: Any) -> None:
    world.add("edge-a1|eth3|if_out_bps", futures["flat"](9.0))
    result = world.run(POLICY.replace("LIMIT", "value: 5").replace("rate_mbit: 30", 'rate_mbit: "{{ device }}"'))
    assert result.forecast["recommendations"] == []
    assert "refuses its parameters" in result.forecast["left_out"][0]["reason"]
    assert len(result.ledger) == 1


def test_a_missing_limit_or_forecast_is_listed(world: Any, futures: Any) -> None:
    world.add("edge-a1|eth3|if_out_bps", futures["flat"](9.0))
    world.add("edge-b1|eth3|if_out_bps", futures["flat"](9.0))
    del world.futures[1]
    reasons = {
        item["unique_id"][:7]: item["reason"] for item in world.run(POLICY.replace("LIMIT", "series: capacity_bps")).forecast["left_out"]
    }
    assert "no capacity_bps of edge-a1 eth3 is known" in reasons["edge-a1"]
    assert "does not cover it" in reasons["edge-b1"]


def test_a_ratio_between_two_series(world: Any, futures: Any) -> None:
    world.add("edge-a1|eth1|if_out_bps", futures["flat"](9.0), labels={"pair": "eth2"})
    world.add("edge-a1|eth2|if_out_bps", futures["flat"](2.0), labels={"pair": "eth1"})
    result = world.run(POLICY.replace("LIMIT", 'ratio_to: {object: "{{ labels.pair }}"}, times: 3'))
    assert [item["object"] for item in result.forecast["recommendations"]] == ["eth1"]
    assert "3 times traffic out of edge-a1 eth2" in result.forecast["recommendations"][0]["evidence"]["why"]


def test_a_limit_from_below(world: Any, futures: Any) -> None:
    world.add("edge-a1|eth1|if_out_bps", futures["flat"](2.0))
    world.add("edge-a1|eth2|if_out_bps", futures["flat"](9.0))
    result = world.run(POLICY.replace("LIMIT", "value: 5").replace("      duration", "      beyond: below\n      duration"))
    assert [item["object"] for item in result.forecast["recommendations"]] == ["eth1"]


def test_two_series_that_ask_for_one_change_give_one_recommendation(world: Any, futures: Any) -> None:
    world.add("leaf-a1|eth1|if_out_bps", futures["flat"](9.0))
    world.add("leaf-a1|eth2|if_out_bps", futures["flat"](9.0), criticality="critical")
    result = world.run(POLICY.replace("LIMIT", "value: 5").replace("template: capacity", 'template: capacity\n      object: "eth9"'))
    (found,) = result.forecast["recommendations"]
    assert found["criticality"] == "critical"
    assert {entry["recommendation_id"] for entry in result.ledger} == {found["recommendation_id"]}
    assert sorted(found["evidence"]["series"]) == ["leaf-a1|eth1|if_out_bps", "leaf-a1|eth2|if_out_bps"]


def test_a_quantile_only_forecast_of_another_engine_works(lab: Any) -> None:
    foreign = replace(lab.outlook(), drawn=None, meta={})
    assert foreign.copula
    catalogue = load(ROOT / "inventories" / "lab" / "policies.yml", read_templates())
    result = recommend(Round(AS_OF, catalogue, read_templates(), lab.history(), lambda policy: foreign))
    assert "filter" in by_kind(result)


@pytest.mark.parametrize(("scope", "links"), [('{pair: "*"}', ["eth4"]), ('{pair: "eth?"}', ["eth4"]), ("{}", ["eth3", "eth4"])])
def test_a_scope_of_labels_leaves_out_what_does_not_have_them(world: Any, futures: Any, scope: str, links: list[str]) -> None:
    world.add("r1|eth3|if_out_bps", futures["flat"](4e6), level=2e6)
    world.add("r1|eth4|if_out_bps", futures["flat"](4e6), level=2e6, labels={"pair": "eth5"})
    text = POLICY.replace("{LIMIT}", "{value: 3000000}").replace("      metric:", f"      scope: {{labels: {scope}}}\n      metric:")
    assert sorted(item["object"] for item in world.run(text).forecast["evaluated"]) == links


def test_a_policy_that_looks_at_nothing_says_so_in_the_forecast_too(world: Any, futures: Any) -> None:
    world.add("r1|eth3|if_out_bps", futures["flat"](4e6), level=2e6, role=None)
    text = POLICY.replace("{LIMIT}", "{value: 3000000}")
    assert world.run(text).forecast["warnings"] == []
    nowhere = world.run(text.replace("      metric:", "      scope: {roles: [edge]}\n      metric:")).forecast
    assert (
        "policy busy looks at none of the 1 series of if_out_bps" in nowhere["warnings"][0] and "policies.yml:3" in nowhere["warnings"][0]
    )
    other = world.run(text.replace("metric: if_out_bps", "metric: cpu_share")).forecast
    assert "looks at cpu_share, of which the history has no series" in other["warnings"][0]


def test_a_forecast_that_ends_before_the_policy_looks_is_not_judged(world: Any, futures: Any) -> None:
    world.add("r1|eth3|if_out_bps", futures["flat"](1e6), level=1e6)
    ahead = futures["flat"](0.0).shape[1]
    text = POLICY.replace("{LIMIT}", "{value: 3000000}").replace("      duration:", "      horizon: {H}h\n      duration:")
    judged = world.run(text.replace("{H}", str(ahead)))
    assert len(judged.ledger) == 1 and judged.forecast["left_out"] == []
    short = world.run(text.replace("{H}", str(ahead + 24)))
    assert short.ledger == [] and "forecast that far ahead" in short.forecast["left_out"][0]["reason"]
