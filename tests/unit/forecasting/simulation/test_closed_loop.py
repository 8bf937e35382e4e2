# SPDX-License-Identifier: GPL-3.0-or-later
"""What is deployed changes what is seen, never what is wanted; the same question gets the same bytes."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecasting.contracts import ContractError, to_text
from forecasting.errors import InputError
from forecasting.simulation.config import parse_config
from forecasting.simulation.generate import Simulation, simulate
from forecasting.simulation.network import lab
from forecasting.simulation.timeline import Timeline

START = datetime(2026, 9, 28, tzinfo=UTC)
DAY_56 = START + timedelta(days=56)
END = START + timedelta(days=70)


def entry(device: str, template: str, *, ds: datetime = DAY_56, state: str = "present", **parameters: Any) -> dict[str, Any]:
    return {"ds": to_text(ds), "device": device, "template": template, "parameters": parameters, "state": state}


def lived(*entries: dict[str, Any], until: datetime = END, seed: int = 1) -> Simulation:
    changes = parse_config({"schema": "forestage/simulation_config/1", "changes": list(entries)}, lab(), "config")
    return simulate(lab(), Timeline(START, until, lab().tz), seed, changes)


def after(made: Simulation, unique_id: str) -> np.ndarray:
    """Samples since day 56."""
    record = next(record for record in made.records if record.row["unique_id"] == unique_id)
    return record.values[record.times >= np.datetime64(DAY_56.replace(tzinfo=None))]


def traffic(made: Simulation, name: str) -> float:
    octets = after(made, f"{name}|if_out_octets")
    return float(octets[-1] - octets[0])


@pytest.fixture(scope="module")
def untouched() -> Simulation:
    return lived()


def test_capacity_ends_the_drops_and_dates_the_limit(untouched: Simulation) -> None:
    made = lived(entry("core-a1", "capacity", interface="eth3", rate_mbit=40))
    drops = after(made, "core-a1|eth3|if_drops")
    assert after(untouched, "core-a1|eth3|if_drops")[-1] > 0
    assert drops[-1] == drops[0]
    limit = next(record for record in made.records if record.row["unique_id"] == "core-a1|eth3|capacity_bps")
    assert limit.values.tolist() == [20e6, 40e6]
    assert traffic(made, "core-a1|eth3") > traffic(untouched, "core-a1|eth3")


def test_equal_costs_share_and_conserve_the_traffic(untouched: Simulation) -> None:
    made = lived(entry("core-a1", "te_cost", interface="eth3", cost=100), entry("core-a1", "capacity", interface="eth3", rate_mbit=100))
    wide = lived(entry("core-a1", "capacity", interface="eth3", rate_mbit=100))
    both = [traffic(made, f"core-a{n}|eth3") for n in (1, 2)]
    assert both[0] == pytest.approx(both[1], rel=1e-6)
    assert sum(both) == pytest.approx(sum(traffic(wide, f"core-a{n}|eth3") for n in (1, 2)), rel=1e-6)
    assert {(row["effect"], row["after"]) for row in made.interventions if row["template"] == "te_cost"} == {("share", 0.5)}


def test_a_drain_leaves_only_what_is_pinned(untouched: Simulation) -> None:
    made = lived(entry("core-b1", "drain", interface="eth3"))
    assert traffic(made, "core-b1|eth3") < 0.2 * traffic(untouched, "core-b1|eth3")


def test_a_class_protects_the_shop_in_the_campaign(untouched: Simulation) -> None:
    match = {"destination": "198.51.100.0/24", "protocol": "tcp", "port": 443}
    made = lived(entry("edge-b1", "qos_event", interface="eth3", class_name="shop", share_percent=60, match=match))
    response = "edge-b1|shop|app_response_ms"
    assert after(untouched, response).max() > 250 > 200 > after(made, response).reshape(-1, 12).mean(axis=1).max()
    assert after(made, "edge-b1|eth3:shop|qos_class_octets")[-1] > 0


@pytest.mark.parametrize(("template", "more"), [("filter", {}), ("rate_limit", {"packets_per_second": 0.02})])
def test_a_rule_stops_the_attack_and_counts_it(untouched: Simulation, template: str, more: dict[str, float]) -> None:
    made = lived(entry("edge-b1", template, name="attack-1", source="203.0.113.0/24", **more))
    attempts = "edge-b1|eth3|sec_intrusion_attempts"
    seen, hits = after(made, attempts), after(made, "edge-b1|attack-1|filter_hits")
    assert seen.reshape(-1, 12).mean(axis=1).max() < 20
    assert (seen[:-1] + np.diff(hits)).tolist() == after(untouched, attempts)[:-1].tolist()


def test_a_rule_for_another_source_stops_nothing(untouched: Simulation) -> None:
    made = lived(entry("edge-b1", "filter", name="other", source="198.18.0.0/16"))
    assert (after(made, "edge-b1|eth3|sec_intrusion_attempts") == after(untouched, "edge-b1|eth3|sec_intrusion_attempts")).all()


def test_a_new_leaf_takes_half_of_the_users(untouched: Simulation) -> None:
    uplink = {
        "interface": "eth1",
        "address": "10.0.9.1/30",
        "peer_device": "core-b1",
        "peer_interface": "eth9",
        "peer_address": "10.0.9.2/30",
    }
    made = lived(entry("leaf-b2", "device_baseline", hostname="leaf-b2", role="leaf", loopback="10.255.0.9/32", uplinks=[uplink]))
    users = "leaf-b1|device|kpi_active_users"
    assert after(made, users) == pytest.approx(after(untouched, users) / 2, abs=1)
    assert (after(made, "leaf-b2|device|kpi_active_users") == after(made, users)).all()


def test_what_is_taken_back_is_as_before(untouched: Simulation) -> None:
    rule = {"name": "attack-1", "source": "203.0.113.0/24"}
    back = DAY_56 + timedelta(days=3)
    made = lived(entry("edge-b1", "filter", **rule), entry("edge-b1", "filter", ds=back, state="absent", **rule))
    seen, before = after(made, "edge-b1|eth3|sec_intrusion_attempts"), after(untouched, "edge-b1|eth3|sec_intrusion_attempts")
    assert (seen[3 * 288 :] == before[3 * 288 :]).all()
    assert seen[: 3 * 288].sum() < before[: 3 * 288].sum()


def test_latent_demand_knows_nothing_of_the_configuration(untouched: Simulation) -> None:
    made = lived(entry("core-a1", "te_cost", interface="eth3", cost=100), entry("edge-a1", "capacity", interface="eth3", rate_mbit=40))
    for (name, _unused, one), (_unused, _unused, other) in zip(made.latent, untouched.latent, strict=True):
        assert (one == other).all(), name


def _command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "forecasting", "simulate", *words], capture_output=True, text=True, check=False)


def test_appending_a_week_gives_the_bytes_of_nine(tmp_path: Path) -> None:
    config = tmp_path / "running.json"
    config.write_text(json.dumps({"schema": "forestage/simulation_config/1", "changes": []}))
    eight = _command("--out", str(tmp_path / "grown"), "--seed", "5")
    assert eight.returncode == 0, eight.stderr
    changes = [entry("core-a1", "te_cost", interface="eth3", cost=100), entry("edge-a1", "capacity", interface="eth3", rate_mbit=40)]
    config.write_text(json.dumps({"schema": "forestage/simulation_config/1", "changes": changes}))
    assert _command("--out", str(tmp_path / "grown"), "--append", "--config", str(config)).returncode == 0
    assert _command("--out", str(tmp_path / "nine"), "--seed", "5", "--weeks", "9", "--config", str(config)).returncode == 0
    names = sorted(path.name for path in (tmp_path / "nine").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "grown").iterdir())
    for name in names:
        assert (tmp_path / "grown" / name).read_bytes() == (tmp_path / "nine" / name).read_bytes(), name


def test_the_past_cannot_be_rewritten(tmp_path: Path) -> None:
    assert _command("--out", str(tmp_path / "h"), "--seed", "5", "--weeks", "1").returncode == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "h").iterdir()}
    config = tmp_path / "running.json"
    late = entry("core-a1", "te_cost", ds=START + timedelta(days=3), interface="eth3", cost=100)
    config.write_text(json.dumps({"schema": "forestage/simulation_config/1", "changes": [late]}))
    refused = _command("--out", str(tmp_path / "h"), "--append", "--config", str(config))
    assert refused.returncode == 2
    assert "keep those and date new changes" in refused.stderr
    assert {path.name: path.read_bytes() for path in (tmp_path / "h").iterdir()} == before


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (entry("core-z9", "te_cost", interface="eth3", cost=1), "no device core-z9"),
        (entry("core-a1", "te_costs", interface="eth3", cost=1), "knows no template 'te_costs'"),
        (entry("core-a1", "te_cost", interface="eth3"), "lacks the parameter cost"),
        (entry("edge-b1", "filter", name="x", source="203.0.113.0/99"), "not a prefix"),
    ],
)
def test_a_wrong_configuration_is_named(broken: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        lived(broken)


def test_a_configuration_that_breaks_its_schema_is_refused() -> None:
    with pytest.raises(ContractError, match="changes"):
        parse_config({"schema": "forestage/simulation_config/1"}, lab(), "running.json")
