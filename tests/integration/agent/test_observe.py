# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent sees is what the device has."""

from __future__ import annotations

import time

from .conftest import Router


def test_sessions_routes_and_counters(router: Router, neighbour: Router) -> None:
    until = time.monotonic() + 30
    while not any(one["full"] for one in router.driver.observe()["ospf"]) and time.monotonic() < until:
        time.sleep(0.5)
    seen = router.driver.observe()
    assert [(one["neighbor"], one["interface"], one["full"]) for one in seen["ospf"]] == [("10.255.0.2", "eth1", True)]
    assert seen["routes"]["10.0.0.0/30"]["protocol"] == "connected"
    assert seen["interfaces"]["eth1"]["up"]
    assert seen["interfaces"]["eth1"]["addresses"] == ["10.0.0.1/30"]
    assert seen["interfaces"]["eth1"]["tx_packets"] > 0
    assert {"1", "16"} <= set(seen["qos"]["eth1"])
    assert any(rule["table"] == "inet guard" for rule in seen["nft"])
    until = time.monotonic() + 20
    while "10.255.0.1/32" not in neighbour.driver.observe()["routes"] and time.monotonic() < until:
        time.sleep(0.5)
    assert neighbour.driver.observe()["routes"]["10.255.0.1/32"]["nexthops"] == [{"address": "10.0.0.1", "interface": "eth1"}]
