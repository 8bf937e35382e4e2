# SPDX-License-Identifier: GPL-3.0-or-later
"""What is deployed in the simulated network, and since when."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import numpy as np

from ..contracts import check, parse_time
from ..errors import InputError
from .network import Network
from .timeline import Floats, Timeline

SCHEMA = "forestage/simulation_config/1"
NEEDS = {
    "capacity": ("interface", "rate_mbit"),
    "te_cost": ("interface", "cost"),
    "drain": ("interface",),
    "qos_event": ("interface", "class_name", "share_percent", "match"),
    "filter": ("name", "source"),
    "rate_limit": ("name", "source", "packets_per_second"),
    "blackhole": ("prefix",),
    "device_baseline": ("hostname", "role", "uplinks"),
    "bgp_neighbor": (),
}


@dataclass(frozen=True)
class Change:
    """One deployed change, or the removal of one (`present` false)."""

    ds: datetime
    device: str
    template: str
    parameters: dict[str, Any]
    present: bool
    change_id: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is a change of: a later change with the same key replaces it."""
        names = ("interface", "class_name", "name", "prefix", "hostname", "neighbor")
        return self.device, self.template, "|".join(str(self.parameters[name]) for name in names if name in self.parameters)


def read_config(path: Path | None, network: Network) -> tuple[Change, ...]:
    """The changes in `path`, in order of time; none without a path. Raises `InputError` or `ContractError`."""
    if path is None:
        return ()
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name a file with the deployed changes") from None
    except ValueError as error:
        raise InputError(f"{path}: is not JSON ({error}); write it like the schema simulation_config") from None
    return parse_config(value, network, str(path))


def parse_config(value: Any, network: Network, source: str) -> tuple[Change, ...]:
    """Check a configuration and put it in order of time."""
    check("simulation_config", value, source)
    changes = [_change(entry, number) for number, entry in enumerate(value["changes"], 1)]
    for number, change in enumerate(changes, 1):
        _check(change, network, f"{source}: change {number}")
    return tuple(sorted(changes, key=lambda change: change.ds))


def _change(entry: dict[str, Any], number: int) -> Change:
    parameters = {name: value for name, value in entry["parameters"].items() if name != "state"}
    state = entry.get("state") or entry["parameters"].get("state", "present")
    change_id = entry.get("change_id") or f"simulated-{number:04d}"
    return Change(parse_time(entry["ds"]), entry["device"], entry["template"], parameters, state == "present", change_id)


def _check(change: Change, network: Network, where: str) -> None:
    if change.template not in NEEDS:
        raise InputError(f"{where}: the simulation knows no template {change.template!r}; use one of {', '.join(NEEDS)}")
    missing = [name for name in NEEDS[change.template] if name not in change.parameters]
    if missing and change.present:
        raise InputError(f"{where}: {change.template} on {change.device} lacks the parameter {missing[0]}; add it")
    if change.template == "device_baseline":
        return
    if change.device not in network.sites:
        raise InputError(f"{where}: the simulated network has no device {change.device}; use one of {', '.join(network.sites)}")
    for name in ("source", "prefix"):
        if name in change.parameters:
            _prefix(change.parameters[name], f"{where}: {name}")


def _prefix(text: Any, where: str) -> None:
    try:
        ip_network(str(text))
    except ValueError:
        raise InputError(f"{where} {text!r} is not a prefix; write it like 203.0.113.0/24") from None


class Deployed:
    """The changes laid out over a timeline."""

    def __init__(self, changes: Iterable[Change], timeline: Timeline) -> None:
        self.changes = tuple(changes)
        self.timeline = timeline

    def steps(self, wanted: Callable[[Change], bool], value: Callable[[Change], float], base: float) -> Floats:
        """A value over time: `base`, or that of the latest wanted change in force."""
        found = np.full(self.timeline.size, base)
        for change in filter(wanted, self.changes):
            found[self.timeline.index(change.ds) :] = value(change) if change.present else base
        return found

    def distinct(self, wanted: Callable[[Change], bool]) -> list[Change]:
        """The first change of each key among the wanted ones, in order of time."""
        firsts: dict[tuple[str, str, str], Change] = {}
        for change in filter(wanted, self.changes):
            firsts.setdefault(change.key, change)
        return list(firsts.values())

    def active(self, like: Change) -> Floats:
        """1 where the change with the key of `like` is in force, else 0."""
        return self.steps(lambda change: change.key == like.key, lambda change: 1.0, 0.0)

    def capacity(self, device: str, interface: str, base: float) -> Floats:
        """Rate of the interface, bit/s."""
        return self.steps(lambda c: c.template == "capacity" and _on(c, device, interface), lambda c: c.parameters["rate_mbit"] * 1e6, base)

    def cost(self, device: str, interface: str, base: float) -> Floats:
        """OSPF cost of the interface; a drain outweighs any cost."""
        cost = self.steps(lambda c: c.template == "te_cost" and _either_end(c, device, interface), lambda c: c.parameters["cost"], base)
        drain = self.steps(lambda c: c.template == "drain" and _on(c, device, interface), lambda c: c.parameters.get("cost", 65535), 0.0)
        return np.maximum(cost, drain)

    def against(self, device: str, source: str) -> list[Change]:
        """Security rules on `device` that touch traffic from `source`."""
        templates = ("filter", "rate_limit", "blackhole")
        return self.distinct(lambda c: c.device == device and c.template in templates and _covers(c, source))

    def classes(self, device: str, interface: str, destination: str) -> list[Change]:
        """QoS classes on an interface that take the traffic to `destination`."""
        return self.distinct(lambda c: c.template == "qos_event" and _on(c, device, interface) and _matches(c, destination))

    def new_leaves(self, sites: dict[str, str], site: str) -> list[Change]:
        """Leaves added at `site`, told by where their uplinks' other ends stand."""

        def at_site(change: Change) -> bool:
            is_leaf = change.template == "device_baseline" and change.parameters.get("role") == "leaf"
            return is_leaf and any(sites.get(uplink.get("peer_device")) == site for uplink in change.parameters.get("uplinks", []))

        return self.distinct(at_site)


def _on(change: Change, device: str, interface: str) -> bool:
    return change.device == device and change.parameters.get("interface") == interface


def _either_end(change: Change, device: str, interface: str) -> bool:
    far_end = (change.parameters.get("peer_device"), change.parameters.get("peer_interface"))
    return _on(change, device, interface) or far_end == (device, interface)


def _covers(change: Change, source: str) -> bool:
    return _overlap(change.parameters["prefix" if change.template == "blackhole" else "source"], source)


def _matches(change: Change, destination: str) -> bool:
    return _overlap(change.parameters.get("match", {}).get("destination", destination), destination)


def _overlap(one: str, other: str) -> bool:
    first, second = ip_network(one), ip_network(other)
    return first.version == second.version and first.overlaps(second)
