# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow next hops through the routing tables of all routers at once."""

from __future__ import annotations

from functools import cache
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Any

from .evidence import Observed


def representative(prefix: str) -> IPv4Address:
    """One address of a prefix; the longest match decides for all of it, more specific prefixes are walked themselves."""
    network = IPv4Network(prefix)
    return network.network_address if network.prefixlen > 30 else network.network_address + 1


class Walker:
    """The forwarding of a whole network at one moment.

    A packet is *delivered* when it reaches a connected network or leaves the observed routers; else it ends
    in a *blackhole* (a null route), with *no route*, or in a *loop*. Of several next hops the worst counts.
    """

    def __init__(self, observed: Observed) -> None:
        """`observed`: device → observation with `routes` and `interfaces`."""
        self._owner: dict[str, str] = {}
        self._tables: dict[str, list[tuple[IPv4Network, Any]]] = {}
        for device, seen in observed.items():
            for interface in seen["interfaces"].values():
                own = (IPv4Interface(address).ip for address in interface["addresses"] if ":" not in address)
                self._owner |= {str(address): device for address in own if not address.is_loopback}
            routes = [(IPv4Network(prefix), route) for prefix, route in seen["routes"].items()]
            self._tables[device] = sorted(routes, key=lambda entry: -entry[0].prefixlen)
        self.fate = cache(self._fate)

    def _fate(self, device: str, destination: IPv4Address) -> str:
        return self._follow(device, destination, frozenset())

    def _follow(self, device: str, destination: IPv4Address, visited: frozenset[str]) -> str:
        if self._owner.get(str(destination)) == device:
            return "delivered"
        if device in visited:
            return "loop"
        route = next((route for network, route in self._tables[device] if destination in network), None)
        if route is None:
            return "no route"
        if route["blackhole"]:
            return "blackhole"
        fates = {self._next(hop, destination, visited | {device}) for hop in route["nexthops"]} or {"no route"}
        return next(fate for fate in ("loop", "blackhole", "no route", "delivered") if fate in fates)

    def _next(self, hop: Any, destination: IPv4Address, visited: frozenset[str]) -> str:
        peer = self._owner.get(hop["address"] or "")
        return self._follow(peer, destination, visited) if peer else "delivered"
