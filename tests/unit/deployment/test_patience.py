# SPDX-License-Identifier: GPL-3.0-or-later
"""Health is judged only after a silenced neighbour would be missed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.deployment import patience


def candidate(*texts: str) -> dict[str, Any]:
    return {"devices": {f"r{number}": {"platform": "frr_linux", "config": {"frr": text}} for number, text in enumerate(texts)}}


def port(*lines: str, name: str = "eth1") -> str:
    return f"interface {name}\n" + "".join(f" {line}\n" for line in lines) + "exit\n"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("hostname r\n", 5),
        (port("ip address 10.0.0.1/31"), 5),
        (port("ip ospf area 0"), 41),
        (port("ip ospf area 0", "ip ospf hello-interval 5"), 21),
        (port("ip ospf area 0", "ip ospf dead-interval 8"), 9),
        (port("ip ospf area 0", "ip ospf dead-interval 8 10.0.0.1"), 9),
        (port("ip ospf area 0", "ip ospf dead-interval 4", "ip ospf hello-interval 1"), 5),
        (port("ip ospf area 0", "ip ospf dead-interval minimal hello-multiplier 4"), 5),
        (port("ip ospf area 0", "ip ospf passive"), 5),
        (port("ip address 10.0.0.1/31") + "router ospf\n network 10.0.0.0/8 area 0\nexit\n", 41),
    ],
)
def test_it_follows_the_dead_interval(text: str, seconds: float) -> None:
    assert patience(candidate(text)) == seconds


def test_the_longest_on_any_device_counts() -> None:
    quick, slow = port("ip ospf area 0", "ip ospf dead-interval 8"), port("ip ospf area 0", "ip ospf dead-interval 20", name="eth2")
    assert patience(candidate(quick + slow, quick)) == 21
    assert patience(candidate(quick, quick + slow)) == 21


def test_another_platform_asks_for_the_least() -> None:
    assert patience({"devices": {"r1": {"platform": "other", "config": {}}}}) == 5
