# SPDX-License-Identifier: GPL-3.0-or-later
"""One batch of changes, good and wrong, in one run of Molecule: each gets the verdict that it deserves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.forestage.network.forecasting.contracts import check

from .conftest import NETWORK, Stage, Verdicts, from_the_checkout, item

CHAIN = 'type filter hook input priority filter; policy drop;\n\t\tiifname "lo" accept'
CUT = f"table inet forestage_door {{\n\tchain input {{\n\t\t{CHAIN}\n\t}}\n}}\n"
EVENT = {
    "interface": "eth1",
    "class_name": "sale",
    "share_percent": 30,
    "match": {"destination": "10.2.0.0/24", "protocol": "tcp", "port": 443},
}
PEER = {"local_as": 65001, "neighbor": "10.1.0.7", "remote_as": 65010, "description": "the firm next door"}
LINK = {"interface": "eth1", "address": "10.0.9.1/31", "peer_device": "top", "peer_interface": "eth5", "peer_address": "10.0.9.0/31"}


def cuts_management() -> dict[str, Any]:
    """A filter by hand that drops everything which the router itself receives."""
    wrong = item("cuts-management", "left", "filter", name="door", source="203.0.113.0/24")
    wrong["candidate"]["devices"]["left"]["config"]["nft"] = CUT
    return wrong


def drops_a_prefix() -> dict[str, Any]:
    """A cost by hand, and beside it the network of users taken out of OSPF."""
    wrong = item("drops-a-prefix", "right", "te_cost", interface="eth1", cost=20)
    config = wrong["candidate"]["devices"]["right"]["config"]
    config["frr"] = config["frr"].replace("10.2.0.1/24\n ip ospf area 0\n ip ospf passive\n", "10.2.0.1/24\n")
    return wrong


def discards_users() -> dict[str, Any]:
    """A blackhole for somebody's network, which rendering refuses: by hand, for what gets past it must be caught all the same."""
    harmless = json.dumps(item("living-prefix", "left", "blackhole", prefix="198.51.100.0/24"))
    wrong: dict[str, Any] = json.loads(harmless.replace("198.51.100.0/24", "10.2.0.0/24"))
    return wrong


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Verdicts, Stage]]:
    stage = from_the_checkout(tmp_path_factory.mktemp("batch"))
    items = [
        item("wider-link", "left", "capacity", demand=14e6, interface="eth1", rate_mbit=16),
        item("too-narrow", "left", "capacity", demand=30e6, interface="eth1", rate_mbit=12),
        item("fast-link", "left", "capacity", interface="eth1", rate_mbit=10000),
        item("drained-link", "left", "drain", interface="eth1", peer_device="top", peer_interface="eth2"),
        item("event-class", "left", "qos_event", **EVENT),
        item("stop-a-scanner", "left", "filter", name="scanner", source="203.0.113.0/24", protocol="tcp", port=22),
        item("slow-a-flood", "left", "rate_limit", name="flood", source="203.0.113.0/24", protocol="udp", port=53, packets_per_second=100),
        item("discard-a-victim", "left", "blackhole", prefix="203.0.113.66/32"),
        discards_users(),
        item("new-neighbour", "left", "bgp_neighbor", **PEER, prefixes_in=["203.0.113.0/24"], prefixes_out=["10.1.0.0/24"]),
        item("new-router", "fresh", "device_baseline", role="leaf", hostname="fresh", loopback="10.255.0.9/32", uplinks=[LINK]),
        cuts_management(),
        drops_a_prefix(),
    ]
    yield stage.verdicts(stage.start(items)), stage
    stage.left_over()


def failed(verdict: dict[str, Any]) -> set[str]:
    return {one["name"] for one in verdict["checks"] if one["status"] == "failed"}


@pytest.mark.parametrize(
    "change_id",
    [
        "wider-link",
        "fast-link",
        "drained-link",
        "event-class",
        "stop-a-scanner",
        "slow-a-flood",
        "discard-a-victim",
        "new-neighbour",
        "new-router",
    ],
)
def test_a_good_change_passes(staged: tuple[Verdicts, Stage], change_id: str) -> None:
    verdict = staged[0][change_id]
    assert verdict["result"] == "passed", verdict["reason"]
    assert {"security", "compliance", "routing", "performance"} == {one["category"] for one in verdict["checks"]}


@pytest.mark.parametrize(
    ("change_id", "caught_by"),
    [
        ("cuts-management", "management path is kept"),
        ("drops-a-prefix", "no prefix is lost"),
        ("drops-a-prefix", "only allowed stanzas change"),
        ("living-prefix", "no new blackhole"),
        ("living-prefix", "the blackhole hits nobody's network"),
        ("too-narrow", "the forecast demand fits"),
    ],
)
def test_a_wrong_change_is_caught(staged: tuple[Verdicts, Stage], change_id: str, caught_by: str) -> None:
    verdict = staged[0][change_id]
    assert verdict["result"] == "failed"
    assert caught_by in failed(verdict)
    assert "expected" in verdict["reason"] and "seen" in verdict["reason"]


def test_every_change_was_taken_back_before_the_next(staged: tuple[Verdicts, Stage]) -> None:
    for verdict in staged[0].values():
        assert "the rollback restores everything" not in failed(verdict), verdict["reason"]


def test_what_passed_is_there_in_canonical_form(staged: tuple[Verdicts, Stage]) -> None:
    verdict = staged[0]["wider-link"]
    assert verdict["canonical"]["left"] == {**NETWORK["left"], "qos": {"eth1": {"rate_kbit": 16000}}}
    assert set(staged[0]["new-router"]["canonical"]) == {"fresh", "top"}
    assert set(verdict["topology"]["devices"]) >= {"left", "top", "bottom"}


def test_each_change_has_its_verdict_and_its_junit_in_its_folder(staged: tuple[Verdicts, Stage]) -> None:
    for change_id, verdict in staged[0].items():
        check("verdict", verdict, change_id)
        root = ElementTree.parse(staged[1].folder / "work" / "changes" / change_id / "staging.junit.xml").getroot()
        assert len(root.findall("testsuite/testcase/failure")) == sum(one["status"] == "failed" for one in verdict["checks"])


def test_nothing_is_left_behind(staged: tuple[Verdicts, Stage]) -> None:
    assert staged[1].left_over() == []
