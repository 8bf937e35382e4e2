# SPDX-License-Identifier: GPL-3.0-or-later
"""What a running configuration says about a router's place in the network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Any

from ..drivers.frr_config import Node, lines_in, parse

Config = Mapping[str, Any]


@dataclass(frozen=True, order=True)
class Port:
    """An addressed interface of a device."""

    device: str
    interface: str
    address: IPv4Interface

    @property
    def network(self) -> IPv4Network:
        """The subnet that it is in."""
        return self.address.network


def ports_of(device: str, config: Config) -> Iterator[Port]:
    """Every IPv4 address in the configuration, loopbacks left out."""
    for interface, node in interfaces_of(config).items():
        if interface != "lo":
            for line in node.children:
                words = line.text.split()
                if words[:2] == ["ip", "address"] and len(words) > 2:
                    yield Port(device, interface, IPv4Interface(words[2]))


def loopbacks_of(config: Config) -> list[IPv4Interface]:
    """The IPv4 addresses of the loopback."""
    words = (line.split() for line in lines_in(str(config["frr"]), "interface lo"))
    return [IPv4Interface(line[2]) for line in words if line[:2] == ["ip", "address"] and len(line) > 2]


def interfaces_of(config: Config) -> dict[str, Node]:
    """The interface contexts by name."""
    tree = parse(str(config["frr"]))
    return {node.text.split()[1]: node for node in tree.children if node.text.startswith("interface ")}


def names_of(config: Config) -> set[str]:
    """Every interface that the configuration names, addressed or not; the loopback left out."""
    return (set(interfaces_of(config)) | set(config["qos"])) - {"lo"}


def bgp_neighbors(config: Config) -> dict[str, tuple[int, str]]:
    """IPv4 address of a neighbour → (our AS, its AS as FRR writes it: a number, internal or external).

    Names, such as those of peer groups, are no neighbours.
    """
    found: dict[str, tuple[int, str]] = {}
    for node in parse(str(config["frr"])).children:
        words = node.text.split()
        if words[:2] != ["router", "bgp"]:
            continue
        for line in node.children:
            said = line.text.split()
            if said[:1] == ["neighbor"] and said[2:3] == ["remote-as"] and _is_ipv4(said[1]):
                found[said[1]] = (int(words[2]), said[3])
    return found


def _is_ipv4(text: str) -> bool:
    try:
        return bool(IPv4Address(text))
    except ValueError:
        return False


def next_hops(config: Config) -> Iterator[str]:
    """Addresses that static routes point to."""
    for line in lines_in(str(config["frr"])):
        words = line.split()
        if words[:2] == ["ip", "route"] and len(words) > 3 and words[3][:1].isdigit():
            yield words[3]


def runs_ospf(config: Config, port: Port) -> bool:
    """Whether OSPF looks for neighbours on the port."""
    lines = [line.text for line in interfaces_of(config)[port.interface].children]
    router = lines_in(str(config["frr"]), "router ospf")
    if any(line.startswith("ip ospf passive") for line in lines) or f"passive-interface {port.interface}" in router:
        return False
    networks = (IPv4Network(line.split()[1]) for line in router if line.startswith("network "))
    return any(line.startswith("ip ospf area") for line in lines) or any(port.address.ip in network for network in networks)
