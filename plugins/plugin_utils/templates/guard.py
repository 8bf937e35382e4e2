# SPDX-License-Identifier: GPL-3.0-or-later
"""What a filter, a rate limit or a blackhole may never hit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from ..drivers.frr_config import lines_in
from .errors import TemplateError

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Guard:
    """The limits that hold for every change that takes traffic away.

    Attributes:
        never_block: prefixes that the user protects.
        management: management addresses or prefixes of the devices.
        widest: shortest prefix length that may be blocked, by IP version.
    """

    never_block: tuple[str, ...] = ()
    management: tuple[str, ...] = ()
    widest: Mapping[int, int] = field(default_factory=lambda: {4: 24, 6: 48})

    def allow(self, prefix: str, configs: Mapping[str, Mapping[str, Any]], what: str) -> None:
        """Return when `prefix` may be blocked; raise `TemplateError` with the reason when not."""
        network = ip_network(prefix)
        if network.prefixlen < self.widest[network.version]:
            widest = self.widest[network.version]
            raise TemplateError(f"{what}: {prefix} is wider than /{widest}, the widest prefix that may be blocked; name a narrower one")
        protected = {
            "on the never-block list": self.never_block,
            "a management network": self.management,
            "a router's loopback": tuple(loopbacks(configs)),
        }
        for reason, prefixes in protected.items():
            hit = next((entry for entry in _networks(prefixes) if entry.version == network.version and entry.overlaps(network)), None)
            if hit is not None:
                raise TemplateError(f"{what}: {prefix} overlaps {hit}, which is {reason}; name a prefix that leaves it alone")


def loopbacks(configs: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    """Every loopback address that the running configurations give."""
    for config in configs.values():
        for line in lines_in(str(config["frr"]), "interface lo"):
            words = line.split()
            if words[:1] in (["ip"], ["ipv6"]) and words[1:2] == ["address"]:
                yield words[2]


def _networks(texts: Iterable[str]) -> Iterable[Network]:
    for text in texts:
        try:
            yield ip_network(text, strict=False)
        except ValueError:
            raise TemplateError(
                f"{text!r} in the never-block list or the management networks is no prefix; write it like 192.0.2.0/24"
            ) from None
