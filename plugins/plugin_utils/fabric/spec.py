# SPDX-License-Identifier: GPL-3.0-or-later
"""Check a fabric's specification: the schema ``fabric`` first, then what a schema cannot say."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv4Interface, NetmaskValueError
from itertools import chain
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import ContractError, check

from .errors import FabricError
from .inside.plan import Node, Plan


def check_spec(spec: Any, source: str = "the specification") -> Plan:
    """Return the plan of a specification, or raise FabricError naming `source`, the place and the mend."""
    try:
        check("fabric", spec, source)
        plan = Plan.of(spec)
        _check_addresses(plan)
    except (ContractError, AddressValueError, NetmaskValueError) as error:
        text = str(error)
        raise FabricError(text if text.startswith(source) else f"{source}: {text}; write addresses like 192.0.2.11") from None
    problem = next(_problems(plan), None)
    if problem:
        raise FabricError(f"{source}: {problem}")
    return plan


def digest(spec: dict[str, Any]) -> str:
    """SHA-256 by which two specifications are told apart."""
    return hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()


def _check_addresses(plan: Plan) -> None:
    for node in plan.nodes:
        for text in (node.mgmt, node.gateway):
            if text:
                IPv4Address(text)
        for text in (node.loopback, *chain.from_iterable(node.addresses.values())):
            if text:
                IPv4Interface(text)


def _problems(plan: Plan) -> Iterator[str]:
    for node in plan.nodes:
        yield from _kind_problems(node)
    yield from _cable_problems(plan)
    yield from _management_problems(plan)
    ports = {(end.node, end.interface) for link in plan.links for end in (link.a, link.b)}
    for node in plan.nodes:
        for interface in node.addresses:
            if interface != "lo" and (node.name, interface) not in ports:
                yield f"node {node.name} has an address on {interface}, which no link ends at; add the link or take the address away"


def _kind_problems(node: Node) -> Iterator[str]:
    if node.mgmt is None and (node.is_router or node.ssh):
        yield f"node {node.name} is reached over ssh and has no management address; give it a mgmt"
    if node.is_router and (node.addresses or node.gateway):
        yield f"node {node.name} is a router with addresses or a gateway of a host; put them into its FRR configuration"
    if not node.is_router and (node.agent or any(node.config.values())):
        yield f"node {node.name} is a host with a config or an agent, which only routers have; take it away or make it a router"


def _cable_problems(plan: Plan) -> Iterator[str]:
    used = Counter(end for link in plan.links for end in (link.a, link.b))
    for end, times in used.items():
        if end.node not in plan.by_name:
            yield f"a link ends at {end.node}:{end.interface}, but there is no node {end.node}; add it or mend the name"
        if end.interface in ("lo", "eth0"):
            yield f"a link ends at {end.node}:{end.interface}, but lo and eth0 are taken; name it eth1 or higher"
        if times > 1:
            yield f"{times} links end at {end.node}:{end.interface}; give each an interface of its own"


def _management_problems(plan: Plan) -> Iterator[str]:
    used = Counter(node.mgmt for node in plan.nodes if node.mgmt)
    used[str(plan.oob.ip)] += 1
    for address, times in used.items():
        if times > 1:
            yield f"{times} nodes (or the bridge) have the management address {address}; give each its own"
        if IPv4Address(address) not in plan.oob.network:
            yield f"the management address {address} is not in {plan.oob.network}; choose one that is, or change oob"
