# SPDX-License-Identifier: GPL-3.0-or-later
"""The line that no security change crosses, whatever the telemetry says."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .model import Guards, Network


def refusal(guards: Guards, blocks: Iterable[str], parameters: Mapping[str, Any], protected: Iterable[str] = ()) -> str | None:
    """Why the guards refuse a change, in one sentence; None when they let it pass.

    Args:
        guards: of the catalogue.
        blocks: the parameters whose prefixes would lose traffic.
        parameters: rendered parameters of the change.
        protected: further addresses that must stay reachable, such as the devices' own.
    """
    for name in (key for key in blocks if key in parameters):
        try:
            network = ipaddress.ip_network(str(parameters[name]))
        except ValueError as error:
            return f"{name} {str(parameters[name])[:60]!r} is no prefix ({error}); a security change needs one"
        widest = guards.widest_ipv4 if network.version == 4 else guards.widest_ipv6
        if network.prefixlen < widest:
            return f"{name} {network} is wider than the widest prefix a security change may name (/{widest})"
        touched = next((other for other in (*guards.never_block, *_networks(protected)) if _overlap(other, network)), None)
        if touched is not None:
            return f"{name} {network} touches {touched}, which must never be blocked"
    return None


def _networks(texts: Iterable[str]) -> Iterator[Network]:
    for text in texts:
        try:
            yield ipaddress.ip_interface(text).network if "/" not in text else ipaddress.ip_network(text, strict=False)
        except ValueError:
            continue


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)
