# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins for BGP neighbours outside the copy: they open the session and announce what they may."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Interface
from typing import Any

from ..drivers.frr_config import lines_in, value_of
from .interfaces import Config, bgp_neighbors, ports_of

ANY_AS = 64999  # for `remote-as external`, which takes every other AS (RFC 5398)


def add_speakers(topology: Any, configs: Mapping[str, Iterable[Config]]) -> list[tuple[str, str]]:
    """Turn stub hosts that hold a BGP neighbour's address into routers that speak BGP.

    Args:
        topology: the copy, changed in place.
        configs: device → its configurations, running and candidates.

    Returns:
        (device, neighbour address) of each session that can come up.
    """
    sessions: list[tuple[str, str]] = []
    held = {address: stub for stub, addresses in topology.stubs.items() for address in addresses}
    wanted = [
        (device, config, neighbor, ours, theirs)
        for device, several in sorted(configs.items())
        for config in several
        for neighbor, (ours, theirs) in bgp_neighbors(config).items()
    ]
    for device, config, neighbor, ours, theirs in wanted:
        stub = held.get(neighbor)
        own = next((port.address.ip for port in ports_of(device, config) if IPv4Address(neighbor) in port.network), None) if stub else None
        if stub is None or own is None or (device, neighbor) in sessions:
            continue
        sessions.append((device, neighbor))
        _become_router(topology, stub, _bgp(config, neighbor, str(own), ours, theirs))
    return sessions


def _become_router(topology: Any, stub: str, bgp: str) -> None:
    entry = topology.spec["nodes"][stub]
    if entry["kind"] == "router":  # a second session of the same neighbour
        entry["config"]["frr"] += bgp
        return
    bridge = IPv4Interface(topology.spec["oob"])
    used = {node.get("mgmt") for node in topology.spec["nodes"].values()} | {str(bridge.ip)}
    addresses = "".join(f" ip address {address}\n" for address in entry["addresses"]["eth1"])
    frr = (
        f"frr defaults traditional\nhostname {stub}\nservice integrated-vtysh-config\n"
        f"ip route 0.0.0.0/0 {entry['gateway']}\ninterface eth1\n{addresses}exit\n{bgp}"
    )
    mgmt = next(str(address) for address in bridge.network.hosts() if str(address) not in used)
    topology.spec["nodes"][stub] = {"kind": "router", "mgmt": mgmt, "config": {"frr": frr, "nft": "", "qos": {}}}


def _bgp(config: Config, neighbor: str, own: str, ours: int, theirs: str) -> str:
    number = {"internal": ours, "external": ANY_AS}.get(theirs) or int(theirs)
    password = value_of(str(config["frr"]), (f"router bgp {ours}",), f"neighbor {neighbor} password")
    announced = "".join(f"  network {prefix}\n" for prefix in _permitted(config, ours, neighbor))
    return (
        f"router bgp {number}\n no bgp ebgp-requires-policy\n no bgp network import-check\n neighbor {own} remote-as {ours}\n"
        + (f" neighbor {own} password {password}\n" if password else "")
        + f" address-family ipv4 unicast\n{announced} exit-address-family\nexit\n"
    )


def _permitted(config: Config, ours: int, neighbor: str) -> list[str]:
    """The prefixes that the device's inbound prefix list for this neighbour lets in, one by one."""
    text = str(config["frr"])
    inside = lines_in(text, f"router bgp {ours}", "address-family ipv4 unicast")
    begin = f"neighbor {neighbor} prefix-list "
    name = next((line.split()[3] for line in inside if line.startswith(begin) and line.endswith(" in")), None)
    words = (line.split() for line in lines_in(text) if line.startswith(f"ip prefix-list {name} seq "))
    return [line[6] for line in words if line[5] == "permit" and len(line) == 7 and line[6] != "0.0.0.0/0"]
