# SPDX-License-Identifier: GPL-3.0-or-later
"""A verdict is kept only while nothing that it rests on has changed."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.drivers.agent_file import digest
from ansible_collections.forestage.network.plugins.plugin_utils.staging.reuse import kept_verdicts, subject_of
from ansible_collections.forestage.network.plugins.plugin_utils.templates import Catalogue, Guard, make_candidate

CATALOGUE = Catalogue()
OPTIONS = {"radius": 1, "settle_s": 60.0, "traffic_mbit": 40.0, "measure_s": 1.0}
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def router(name: str, number: int, ports: dict[str, str]) -> dict[str, Any]:
    links = "".join(
        f"interface {port}\n ip address {address}\n ip ospf area 0\n ip ospf cost 10\nexit\n" for port, address in ports.items()
    )
    frr = f"frr defaults traditional\nhostname {name}\n{links}router ospf\n ospf router-id 10.255.0.{number}\nexit\n"
    return {"frr": frr, "nft": "", "qos": {"eth1": {"rate_kbit": 10000}}}


# a line of four: near is next to the changed one, far is not
LINE = {
    "changed": router("changed", 1, {"eth1": "10.0.0.0/31"}),
    "near": router("near", 2, {"eth1": "10.0.0.1/31", "eth2": "10.0.1.0/31"}),
    "far": router("far", 3, {"eth1": "10.0.1.1/31", "eth2": "10.0.2.0/31"}),
    "end": router("end", 4, {"eth1": "10.0.2.1/31"}),
}


def item(network: dict[str, Any] | None = None, *, rate: int = 20, demand: float = 12e6) -> dict[str, Any]:
    change = {"template": "capacity", "kind": "capacity", "parameters": {"interface": "eth1", "rate_mbit": rate}}
    evidence = {"recommendation": {"evidence": {"forecast_peak": demand, "unit": "bit/s"}}}
    job = {"change_id": "change-0001", "device": "changed", "change": change, "documents": evidence}
    network = network or LINE
    running = {name: {"config": config, "digest": digest(config)} for name, config in network.items()}
    return {"job": job, "candidate": make_candidate(job, running, CATALOGUE, Guard()), "running": dict(network)}


def subject(one: dict[str, Any], *, rules: str | None = None, version: str = "1", **options: Any) -> str | None:
    return subject_of(one, CATALOGUE, management={}, options=OPTIONS | options, rules=rules, version=version)


def edited(device: str) -> dict[str, Any]:
    network = deepcopy(LINE)
    network[device]["frr"] = network[device]["frr"].replace("cost 10", "cost 11")
    return network


def verdict(result: str = "passed", **more: Any) -> dict[str, Any]:
    found = {"result": result, "reason": "every check passed", "finished_at": "2026-11-23T11:00:00Z", "subject": subject(item())}
    return {**found, **more}


def kept(found: dict[str, Any], network: dict[str, Any] | None = None, max_age: timedelta = DAY) -> dict[str, Any]:
    one = item(network)
    one["job"]["documents"]["verdict"] = found
    return kept_verdicts([one], {"change-0001": subject(one)}, now=NOW, max_age=max_age)


def test_the_same_change_on_the_same_network_is_the_same_subject() -> None:
    assert subject(item()) == subject(deepcopy(item()))


@pytest.mark.parametrize("other", [item(rate=30), item(demand=13e6), item(edited("changed")), item(edited("near"))])
def test_another_change_or_another_configuration_around_it_is_another_subject(other: dict[str, Any]) -> None:
    assert subject(other) != subject(item())


def test_other_rules_limits_or_checks_are_another_subject() -> None:
    others = [subject(item(), rules="rules: []"), subject(item(), version="2"), subject(item(), measure_s=2.0)]
    assert len({subject(item()), *others}) == 4


def test_a_device_that_is_not_copied_does_not_matter() -> None:
    assert subject(item(edited("end"))) == subject(item())


def test_a_verdict_on_the_same_subject_is_kept_and_says_when_it_was_found() -> None:
    again = kept(verdict())["change-0001"]
    assert again["reason"] == "every check passed; rehearsed at 2026-11-23T11:00:00Z, and nothing has changed since"
    assert kept(again)["change-0001"]["reason"] == again["reason"]


@pytest.mark.parametrize("result", ["failed", "not_staged"])
def test_a_failure_is_tried_again(result: str) -> None:
    assert kept(verdict(result)) == {}


def test_an_old_one_and_one_without_a_subject_are_not_kept() -> None:
    assert kept(verdict(), max_age=timedelta(minutes=59)) == {}
    assert kept(verdict(), max_age=timedelta(0)) == {}
    assert kept(verdict(subject=None)) == {}


def test_one_on_another_network_is_not_kept() -> None:
    assert kept(verdict(), edited("near")) == {}
