# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts that expressions may ask for, and the names, ports and addresses that are still free."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .expressions import ExpressionError

ROW_FACTS = ("device", "object", "metric", "unit", "site", "role", "vendor", "model", "criticality")
Facts = dict[str, Any]


def base_facts(row: Mapping[str, Any], labels: Mapping[str, str], network: Network) -> Facts:
    """What is known before any forecast: the series, its device, and what is free."""
    facts: Facts = {name: row.get(name) for name in ROW_FACTS}
    facts["criticality"] = row.get("criticality") or "normal"
    return facts | {
        "labels": dict(labels),
        "running": network.devices.get(str(row["device"]), {}),
        "devices": network.devices,
        "pools": network.pools,
        "free_name": network.free_name,
        "free_port": network.free_port,
        "free": network.free,
    }


class Network:
    """The running facts of all devices (``device → {role, site, neighbors, interfaces, config …}``) and the pools."""

    def __init__(self, devices: Mapping[str, Any], pools: Mapping[str, list[Any]], taken: set[str]) -> None:
        """`taken` are device names that are in use though no facts are known of them."""
        self.devices = dict(devices)
        self.pools = dict(pools)
        self._taken = set(devices) | taken
        self._texts = {name: json.dumps(facts, default=str) for name, facts in devices.items()}

    def free_name(self, prefix: str) -> str:
        """The first of prefix1, prefix2 … that no device bears."""
        return next(name for number in range(1, len(self._taken) + 2) if (name := f"{prefix}{number}") not in self._taken)

    def free_port(self, device: str) -> str:
        """The first interface of `device` that its facts list without an address."""
        ports = self.devices.get(device, {}).get("interfaces") or {}
        free = sorted((name for name, port in ports.items() if not _addresses(port)), key=_natural) if isinstance(ports, Mapping) else []
        if not free:
            raise ExpressionError(f"no free port is known on {device!r}; give running facts that list one, or take it from a pool")
        return str(free[0])

    def free(self, pool: list[Any], count: int | None = None) -> Any:
        """The first entry of `pool` that no device and no other recommendation uses; with `count` a list of so many."""
        found = [entry for entry in pool if not self._used(entry)][: count or 1]
        if len(found) < (count or 1):
            raise ExpressionError(f"the pool has {len(found)} free entries where {count or 1} are needed; add entries to it")
        return found[0] if count is None else found

    def reserve(self, device: str, parameters: Mapping[str, Any]) -> None:
        """Take what a recommendation for `device` drew from the pools, so that the next one draws something else."""
        self._texts[f"recommended for {device}"] = json.dumps(parameters, default=str)

    def protected(self) -> list[str]:
        """Addresses of the devices themselves, which no security change may block."""
        found: list[str] = []
        for facts in self.devices.values():
            ports = facts.get("interfaces") or {}
            found += [str(facts[key]) for key in ("mgmt", "loopback") if facts.get(key)]
            found += [address for port in (ports.values() if isinstance(ports, Mapping) else ()) for address in _addresses(port)]
        return found

    def _used(self, entry: Any) -> bool:
        values = [str(value) for key, value in entry.items() if "address" in str(key)] if isinstance(entry, Mapping) else [str(entry)]
        whole = [re.compile(rf"(?<![0-9A-Fa-f.:]){re.escape(value.split('/')[0])}(?![0-9A-Fa-f:]|\.[0-9])") for value in values]
        return any(pattern.search(text) for pattern in whole for text in self._texts.values())


def _addresses(port: Any) -> list[str]:
    if not isinstance(port, Mapping):
        return []
    found = port.get("addresses") or port.get("address") or []
    return [found] if isinstance(found, str) else [str(address) for address in found]


def _natural(name: str) -> tuple[str, int]:
    digits = name[len(name.rstrip("0123456789")) :]
    return name.rstrip("0123456789"), int(digits or 0)
