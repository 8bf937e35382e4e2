# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until every router of a fabric has a route to all its loopbacks and hosts."""

from __future__ import annotations

import json
import time
from ipaddress import IPv4Interface, IPv4Network

from .errors import FabricError
from .inside.plan import Plan
from .live import Fabric

_PAUSE_SECONDS = 0.2


def unreached(fabric: Fabric) -> list[str]:
    """Each missing route as ``router: address``; a default route does not count."""
    plan = Plan.of(fabric.spec)
    wanted = {IPv4Interface(node.loopback).ip for node in plan.nodes if node.loopback}
    wanted |= {IPv4Interface(address).ip for node in plan.nodes for held in node.addresses.values() for address in held}
    lacks = []
    for node in plan.nodes:
        if node.is_router:
            known = _routes(fabric, node.name)
            lacks += [f"{node.name}: {address}" for address in sorted(wanted) if not any(address in network for network in known)]
    return lacks


def _routes(fabric: Fabric, node: str) -> list[IPv4Network]:
    tables = json.loads(fabric.exec(node, ["ip", "-json", "route", "show", "table", "all"]).stdout or b"[]")
    return [IPv4Network(route["dst"]) for route in tables if route["dst"] != "default" and ":" not in route["dst"]]


def wait_converged(fabric: Fabric, seconds: float) -> float:
    """Wait for the routes at most `seconds` and return how long it took; FabricError names what is missing."""
    start = time.monotonic()
    while lacks := unreached(fabric):
        if time.monotonic() - start > seconds:
            shown = ", ".join(lacks[:4]) + (f" and {len(lacks) - 4} more" if len(lacks) > 4 else "")
            raise FabricError(f"fabric {fabric.name} has no routes after {seconds:g} s for {shown}; look at `show ip ospf neighbor` there")
        time.sleep(_PAUSE_SECONDS)
    return time.monotonic() - start
