# SPDX-License-Identifier: GPL-3.0-or-later
"""A loss is what was there before, is not there after, and was not meant to go."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.deployment import losses_of, troubles

COST = {"template": "te_cost", "kind": "routing", "parameters": {"interface": "eth1", "cost": 20}}


HOLE = {"template": "blackhole", "parameters": {"prefix": "10.2.0.0/24"}}


def route(blackhole: bool = False) -> dict[str, Any]:
    return {"protocol": "ospf", "metric": 20, "blackhole": blackhole, "nexthops": []}


def seen() -> dict[str, Any]:
    return {
        "ospf": [{"neighbor": "10.255.0.2", "interface": "eth1", "state": "Full/-", "full": True}],
        "bgp": [{"neighbor": "192.0.2.9", "state": "Established", "established": True, "prefixes": 3}],
        "routes": {"10.1.0.0/24": route(), "10.2.0.0/24": route()},
    }


def after(**parts: Any) -> dict[str, Any]:
    return {**json.loads(json.dumps(seen())), **parts}


def lost(now: dict[str, Any], change: dict[str, Any] | None = None, allowed: tuple[str, ...] = ()) -> list[str]:
    return losses_of({"r1": seen()}, {"r1": now}, change or COST, allowed)


def test_nothing_is_lost_when_nothing_changed() -> None:
    assert lost(after()) == []


def test_a_route_may_change_its_way() -> None:
    assert lost(after(routes={**seen()["routes"], "10.1.0.0/24": {**route(), "metric": 99}, "10.3.0.0/24": route()})) == []


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        (after(ospf=[]), "r1: OSPF neighbour 10.255.0.2 on eth1 was lost"),
        (after(ospf=[{**seen()["ospf"][0], "full": False, "state": "Init"}]), "r1: OSPF neighbour 10.255.0.2 on eth1 was lost"),
        (after(bgp=[{**seen()["bgp"][0], "established": False, "state": "Active"}]), "r1: BGP peer 192.0.2.9 was lost"),
        (after(routes={"10.1.0.0/24": route()}), "r1: the route to 10.2.0.0/24 was lost"),
        (after(routes={**seen()["routes"], "10.2.0.0/24": route(True)}), "r1: the route to 10.2.0.0/24 became a blackhole"),
    ],
)
def test_each_loss_is_named(now: dict[str, Any], sentence: str) -> None:
    assert lost(now) == [sentence]


def test_a_device_that_no_longer_answers_is_lost() -> None:
    assert losses_of({"r1": seen()}, {}, COST) == ["r1 no longer answers"]


@pytest.mark.parametrize(
    ("change", "now"),
    [
        (HOLE, after(routes={**seen()["routes"], "10.2.0.0/24": route(True)})),
        ({"template": "blackhole", "parameters": {"prefix": "10.2.0.0/24", "state": "absent"}}, after(routes={"10.1.0.0/24": route()})),
        ({"template": "bgp_neighbor", "parameters": {"neighbor": "192.0.2.9", "state": "absent", "prefixes_in": ["10.2.0.0/24"]}},
         after(bgp=[], routes={"10.1.0.0/24": route()})),
    ],
)  # fmt: skip
def test_what_the_change_is_there_to_take_away_is_no_loss(change: dict[str, Any], now: dict[str, Any]) -> None:
    assert lost(now, change) == []
    assert lost(now, COST) != []


def test_what_is_allowed_is_no_loss() -> None:
    assert lost(after(ospf=[], routes={"10.1.0.0/24": route()}), allowed=("10.255.0.2", "10.2.0.0/24")) == []


def test_a_well_device_has_no_troubles() -> None:
    assert troubles(seen()) == []


def test_a_session_that_is_down_is_a_trouble_unless_ignored_or_shut() -> None:
    sick = after(
        ospf=[{"neighbor": "10.255.0.2", "interface": "eth1", "state": "ExStart/-", "full": False}],
        bgp=[
            {"neighbor": "192.0.2.9", "state": "Active", "established": False},
            {"neighbor": "192.0.2.8", "state": "Idle (Admin)", "established": False},
        ],
    )
    assert troubles(sick) == ["OSPF neighbour 10.255.0.2 on eth1 is ExStart/-", "BGP peer 192.0.2.9 is Active"]
    assert troubles(sick, ["10.255.0.2", "192.0.2.9"]) == []
