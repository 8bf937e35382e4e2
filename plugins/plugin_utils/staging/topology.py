# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual copy of a part of the network, derived from nothing but configurations.

Interfaces that share a subnet are one link. Where the other end is outside the copy, a stub host
takes its addresses: those of known devices, BGP neighbours and next hops, else the first free one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from itertools import islice
from typing import Any

from .interfaces import Config, Port, bgp_neighbors, loopbacks_of, names_of, next_hops, ports_of, runs_ospf
from .speakers import add_speakers

PROBE_PORT = "fs-probe"
PROBE_NETWORK = IPv4Network("198.18.128.0/17")  # RFC 2544: benchmarks
OOB = IPv4Interface("192.0.2.254/24")


class TopologyError(ValueError):
    """A part of the network that cannot be copied; the text is one sentence."""


@dataclass
class Topology:
    """What the fabric is built from, and what the probes must know.

    Attributes:
        nodes: device → name of its node.
        spec: the fabric's specification.
        segments: node that bridges a subnet of more than two devices → its interfaces.
        stubs: stub host → its addresses.
        probes: device → (probe host, the device's address on the probe's link).
        adjacencies: (device, interface) that should have a full OSPF neighbour.
        sessions: (device, neighbour address) of each BGP session with a stand-in.
        far_ends: (device, interface) → (node, interface, address or None) at the other end of the cable.
    """

    nodes: dict[str, str]
    spec: dict[str, Any] = field(default_factory=lambda: {"oob": str(OOB), "nodes": {}, "links": []})
    segments: dict[str, list[str]] = field(default_factory=dict)
    stubs: dict[str, list[str]] = field(default_factory=dict)
    probes: dict[str, tuple[str, str]] = field(default_factory=dict)
    adjacencies: list[tuple[str, str]] = field(default_factory=list)
    sessions: list[tuple[str, str]] = field(default_factory=list)
    far_ends: dict[str, tuple[str, str, str | None]] = field(default_factory=dict)


def neighbours(devices: Iterable[str], configs: Mapping[str, Config]) -> set[str]:
    """The devices that share a subnet with one of `devices`."""
    wanted = set(devices)
    networks = {port.network for name in wanted & set(configs) for port in ports_of(name, configs[name])}
    return {
        name for name, config in configs.items() if name not in wanted and any(port.network in networks for port in ports_of(name, config))
    }


def derive(
    running: Mapping[str, Config], candidates: Mapping[str, list[Config]], copied: set[str], probed: set[str], management: Mapping[str, str]
) -> Topology:
    """The copy of the devices in `copied`.

    Args:
        running: configuration of every known device; those that are not copied tell the stubs their addresses.
        candidates: configurations that the devices are to get; their interfaces must exist too.
        copied: the devices to copy; one that is not in `running` starts with an empty configuration.
        probed: devices that get a probe host for traffic.
        management: management address of each device in production, used where they fit one network.
    """
    topology = Topology(_node_names(copied))
    configs = {device: [*([running[device]] if device in running else []), *candidates.get(device, [])] for device in sorted(copied)}
    ports: dict[IPv4Network, dict[tuple[str, str], Port]] = defaultdict(dict)
    for port in (port for device, several in configs.items() for config in several for port in ports_of(device, config)):
        ports[port.network].setdefault((port.device, port.interface), port)
    _add_routers(topology, running, management)
    outside = {port.address.ip for device, config in running.items() if device not in copied for port in ports_of(device, config)}
    spoken = {IPv4Address(text) for several in configs.values() for config in several for text in _spoken(config) if ":" not in text}
    taken: set[tuple[str, str]] = set()
    for number, (network, members) in enumerate(sorted(ports.items())):
        _connect(topology, number, network, list(members.values()), outside | spoken, taken)
    _add_bare_ports(topology, configs, taken)
    topology.sessions = add_speakers(topology, configs)
    for number, device in enumerate(sorted(probed)):
        _add_probe(topology, device, number)
    _expect_adjacencies(topology, running, ports.values())
    return topology


def _node_names(devices: set[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for device in sorted(devices):
        name = re.sub(r"[^A-Za-z0-9-]", "-", device)
        if name in names.values():
            raise TopologyError(f"{device} and another device are both called {name} in a virtual copy; rename one of them")
        names[device] = name
    return names


def _spoken(config: Config) -> list[str]:
    return [*bgp_neighbors(config), *next_hops(config)]


def _add_routers(topology: Topology, running: Mapping[str, Config], management: Mapping[str, str]) -> None:
    bridge, addresses = _management_plan(list(topology.nodes), running, management)
    topology.spec["oob"] = str(bridge)
    for device, node in topology.nodes.items():
        config = running.get(
            device, {"frr": f"frr defaults traditional\nhostname {node}\nservice integrated-vtysh-config\n", "nft": "", "qos": {}}
        )
        entry: dict[str, Any] = {"kind": "router", "agent": True, "mgmt": addresses[device], "config": dict(config)}
        topology.spec["nodes"][node] = entry


def _management_plan(
    devices: list[str], running: Mapping[str, Config], management: Mapping[str, str]
) -> tuple[IPv4Interface, dict[str, str]]:
    """The production's own management addresses where they fit one /24 apart from the routed networks, else made-up ones."""
    used = {port.network for device, config in running.items() for port in ports_of(device, config)}
    used |= {address.network for config in running.values() for address in loopbacks_of(config)}
    known = {device: IPv4Address(management[device]) for device in devices if management.get(device)}
    homes = {IPv4Network(f"{address}/24", strict=False) for address in known.values()}
    if len(homes) == 1 and len(set(known.values())) == len(known) and not any(next(iter(homes)).overlaps(network) for network in used):
        home = next(iter(homes))
    else:
        known, home = {}, OOB.network
    free = (address for address in home.hosts() if address not in known.values())
    given = {device: str(known.get(device) or next(free)) for device in devices}
    bridge = next(address for address in reversed(list(home.hosts())) if str(address) not in given.values())
    return IPv4Interface(f"{bridge}/24"), given


def _connect(
    topology: Topology, number: int, network: IPv4Network, members: list[Port], outside: set[IPv4Address], taken: set[tuple[str, str]]
) -> None:
    """Lay the cables of one subnet."""
    for port in members:
        if (port.device, port.interface) in taken:
            raise TopologyError(f"{port.device}:{port.interface} is in two networks at once ({network} is one); stage these changes apart")
        taken.add((port.device, port.interface))
    own = {port.address.ip for port in members}
    others = sorted(address for address in outside if address in network and address not in own)
    if len(members) == 2 and not others:
        _link(topology, members[0], members[1])
        return
    free = (address for address in network.hosts() if address not in own)
    held = others or (
        [next(free)] if len(members) == 1 and network.num_addresses > len(own) + (0 if network.prefixlen == 31 else 2) else []
    )
    stub = _add_stub(topology, f"stub-{number}", [f"{address}/{network.prefixlen}" for address in held], members[0])
    if len(members) == 1:
        topology.spec["links"].append({"a": _end(topology, members[0]), "b": f"{stub}:eth1"})
        topology.far_ends[_key(members[0])] = (stub, "eth1", str(held[0]) if held else None)
        return
    segment = f"segment-{number}"
    topology.spec["nodes"][segment] = {"kind": "host"}
    ends = [*(_end(topology, port) for port in members), f"{stub}:eth1"]
    topology.segments[segment] = [f"port{index}" for index in range(len(ends))]
    topology.spec["links"] += [{"a": end, "b": f"{segment}:port{index}"} for index, end in enumerate(ends)]
    for port, other in zip(members, [*members[1:], members[0]], strict=True):
        topology.far_ends[_key(port)] = (topology.nodes[other.device], other.interface, str(other.address.ip))


def _link(topology: Topology, one: Port, other: Port) -> None:
    topology.spec["links"].append({"a": _end(topology, one), "b": _end(topology, other)})
    for here, there in ((one, other), (other, one)):
        topology.far_ends[_key(here)] = (topology.nodes[there.device], there.interface, str(there.address.ip))


def _add_stub(topology: Topology, name: str, addresses: list[str], gateway: Port) -> str:
    entry: dict[str, Any] = {"kind": "host"}
    if addresses:
        entry |= {"addresses": {"eth1": addresses}, "gateway": str(gateway.address.ip)}
        topology.stubs[name] = [address.split("/")[0] for address in addresses]
    topology.spec["nodes"][name] = entry
    return name


def _add_bare_ports(topology: Topology, configs: Mapping[str, list[Config]], taken: set[tuple[str, str]]) -> None:
    """Give every interface without an address a cable that leads nowhere, so that it exists."""
    for device, several in configs.items():
        named = {name for config in several for name in names_of(config)}
        for interface in sorted(name for name in named if (device, name) not in taken and name != "eth0"):
            end = _add_stub(topology, f"open-{len(topology.spec['nodes'])}", [], Port(device, interface, OOB))
            topology.spec["links"].append({"a": f"{topology.nodes[device]}:{interface}", "b": f"{end}:eth1"})


def _add_probe(topology: Topology, device: str, number: int) -> None:
    network = next(islice(PROBE_NETWORK.subnets(new_prefix=30), number, None))
    here, there = (str(address) for address in network.hosts())
    name = f"probe-{number}"
    topology.spec["nodes"][name] = {"kind": "host", "addresses": {"eth1": [f"{there}/30"]}, "gateway": here}
    topology.spec["links"].append({"a": f"{topology.nodes[device]}:{PROBE_PORT}", "b": f"{name}:eth1"})
    topology.probes[device] = (name, f"{here}/30")


def _expect_adjacencies(topology: Topology, running: Mapping[str, Config], subnets: Iterable[Mapping[tuple[str, str], Port]]) -> None:
    for members in subnets:
        speaking = [
            port for port in members.values() if port.device in running and port in set(ports_of(port.device, running[port.device]))
        ]
        speaking = [port for port in speaking if runs_ospf(running[port.device], port)]
        if len({port.device for port in speaking}) > 1:
            topology.adjacencies += [(port.device, port.interface) for port in speaking]


def _end(topology: Topology, port: Port) -> str:
    return f"{topology.nodes[port.device]}:{port.interface}"


def _key(port: Port) -> str:
    return f"{port.device}:{port.interface}"
