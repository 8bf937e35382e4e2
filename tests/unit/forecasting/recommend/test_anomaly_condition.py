# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy that asks for something out of the ordinary recommends only there; every recommendation shows what was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecasting.contracts import errors_of
from forecasting.policies.source import PolicyError

AS_OF = datetime(2026, 11, 23, tzinfo=UTC)
JUMPED, STEADY = "edge-a1|eth3|if_out_bps", "edge-a1|eth4|if_out_bps"
POLICY = """\
version: 1
policies:
  - name: sudden
    severity: major
    when:
      metric: if_out_bps
      limit: {value: 1.0e+6}
      min_confidence: 0.5
      anomaly: {LATELY}
    what:
      template: capacity
      parameters: {interface: "{{ object }}", rate_mbit: 30}
"""


@pytest.fixture
def jumped(world: Any, futures: Any) -> Any:
    """Two links that will be beyond the limit; one of them jumped twelve hours ago."""
    for name in (JUMPED, STEADY):
        world.add(name, futures["flat"](4e6, 100), level=2e6, interval_s=3600.0)
        noise = np.random.default_rng(3).normal(0.0, 2e4, len(world.samples[-1]))
        world.samples[-1]["y"] += noise
    moved = world.samples[0]
    moved.loc[moved["ds"] >= pd.Timestamp(AS_OF - timedelta(hours=12)), "y"] += 1e6
    return world


def devices(world: Any, lately: str) -> list[str]:
    return [item["object"] for item in world.run(POLICY.replace("{LATELY}", lately)).forecast["recommendations"]]


def test_only_what_was_out_of_the_ordinary_is_recommended(jumped: Any) -> None:
    assert devices(jumped, "{kinds: [level shift]}") == ["eth3"]
    assert devices(jumped, "{}") == ["eth3"]


def test_another_kind_a_shorter_time_or_a_higher_score_is_not_met(jumped: Any) -> None:
    assert devices(jumped, "{kinds: [missing data]}") == []
    assert devices(jumped, "{within: 1h}") == []
    assert devices(jumped, "{least: 1.0}") == []


def test_the_pair_is_in_the_ledger_either_way(jumped: Any) -> None:
    ledger = jumped.run(POLICY.replace("{LATELY}", "{}")).ledger
    assert {entry["unique_id"]: entry["recommendation_id"] is not None for entry in ledger} == {JUMPED: True, STEADY: False}


def test_the_evidence_shows_it_without_being_asked(jumped: Any) -> None:
    result = jumped.run(POLICY.replace("      anomaly: {LATELY}\n", ""))
    shown = {item["object"]: item["evidence"]["anomalies"] for item in result.forecast["recommendations"]}
    assert "level shift" not in {item["kind"] for item in shown["eth4"]}
    first = shown["eth3"][0]
    assert (first["kind"], first["start"]) == ("level shift", "2026-11-22T12:00:00Z")
    assert first["words"].startswith("up by ") and first["words"].endswith("bit/s, and staying")
    assert errors_of("provisioning_forecast", result.forecast) == []


@pytest.mark.parametrize(
    ("lately", "said"),
    [
        ("{kinds: [level shfit]}", "cannot be 'level shfit'"),
        ("{since: 6h}", "unknown key 'since'"),
        ("{within: 6 hours}", "cannot be '6 hours'"),
    ],
)
def test_a_typo_is_named_with_its_line(jumped: Any, lately: str, said: str) -> None:
    with pytest.raises(PolicyError, match=rf"policies.yml:9: .*{said}"):
        devices(jumped, lately)
