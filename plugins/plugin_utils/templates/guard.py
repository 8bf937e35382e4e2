# SPDX-License-Identifier: GPL-3.0-or-later
"""What a filter, a rate limit or a blackhole may never hit."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from ..drivers.frr_config import Node, parse
from .errors import TemplateError

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Guard:
    """The limits that hold for every change that takes traffic away.

    Attributes:
        never_block: prefixes that the user protects.
        management: management addresses, prefixes or names of the devices. A name that nobody can resolve protects nothing;
            the addresses that the devices themselves report do.
        widest: shortest prefix length that may be blocked, by IP version.
    """

    never_block: tuple[str, ...] = ()
    management: tuple[str, ...] = ()
    widest: Mapping[int, int] = field(default_factory=lambda: {4: 24, 6: 48})

    def allow(self, prefix: str, running: Mapping[str, Mapping[str, Any]], what: str) -> None:
        """Return when `prefix` may be blocked; raise `TemplateError` with the reason when not.

        Args:
            prefix: the network that would lose traffic.
            running: device → its `config`, and `observe` where known; what they have and whom they speak to is protected.
            what: what to call the prefix in a message.
        """
        network = ip_network(prefix)
        if network.prefixlen < self.widest[network.version]:
            widest = self.widest[network.version]
            raise TemplateError(f"{what}: {prefix} is wider than /{widest}, the widest prefix that may be blocked; name a narrower one")
        for other, reason in self._protected(running):
            if other.version == network.version and other.overlaps(network):
                raise TemplateError(f"{what}: {prefix} overlaps {other}, which is {reason}; name a prefix that leaves it alone")

    def _protected(self, running: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[Network, str]]:
        """Every network that must not be touched, and what it is."""
        for text in self.never_block:
            try:
                yield ip_network(text, strict=False), "on the never-block list"
            except ValueError:
                raise TemplateError(f"{text!r} in the never-block list is no prefix; write it like 192.0.2.0/24") from None
        for text in self.management:
            for address in [text] if _network(text) else _resolved(text):
                yield from _one(address, "a management network")
        for device, entry in running.items():
            yield from _configured(device, str(entry["config"]["frr"]))
            yield from _observed(device, entry.get("observe") or {})


def _configured(device: str, frr: str) -> Iterator[tuple[Network, str]]:
    """The networks of a router's interfaces and the BGP neighbours in its configuration."""
    for node in parse(frr).children:
        kind, _space, name = node.text.partition(" ")
        if kind == "interface":
            reason = "a router's loopback" if name == "lo" else f"the network of {device} {name}"
            for text in _words(node, ("ip address", "ipv6 address")):
                yield from _one(text, reason)
        elif node.text.startswith("router bgp "):
            for text in _words(node, ("neighbor",)):
                yield from _one(text, f"a BGP neighbour of {device}")


def _observed(device: str, seen: Mapping[str, Any]) -> Iterator[tuple[Network, str]]:
    """The same from what a device reports: its configuration need not name the interface that it is managed by."""
    for name, port in (seen.get("interfaces") or {}).items():
        for text in port.get("addresses") or []:
            yield from _one(text, f"the network of {device} {name}")
    for peer in seen.get("bgp") or []:
        yield from _one(str(peer["neighbor"]), f"a BGP neighbour of {device}")


def _words(node: Node, commands: tuple[str, ...]) -> Iterator[str]:
    """The word after each of some commands, in a context."""
    for line in node.children:
        for command in commands:
            if line.text.startswith(f"{command} "):
                yield line.text[len(command) :].split()[0]


def _one(text: str, reason: str) -> Iterable[tuple[Network, str]]:
    """The network and the reason; nothing for a name, such as that of a peer group."""
    network = _network(text)
    return [(network, reason)] if network else []


def _network(text: str) -> Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _resolved(name: str) -> list[str]:
    try:
        return sorted({str(answer[4][0]).partition("%")[0] for answer in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)})
    except OSError:
        return []
