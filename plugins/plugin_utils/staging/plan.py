# SPDX-License-Identifier: GPL-3.0-or-later
"""What to rehearse: one virtual copy for a batch of changes, and what is expected of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

from ..drivers.agent_file import canonical
from ..templates import Catalogue, Scope
from .interfaces import loopbacks_of, ports_of
from .topology import Topology, TopologyError, derive, neighbours

Item = Mapping[str, Any]
NEEDS_TRAFFIC = frozenset({"capacity", "qos_event", "filter", "rate_limit", "te_cost", "drain"})
VIRTUAL = frozenset({"frr_linux"})


@dataclass
class Plan:
    """A run of staging, as plain values that travel as JSON.

    Attributes:
        fabric: name of the virtual network, its own for each run.
        topology: the copy (`Topology` as a mapping); None when nothing can be built.
        running: device → configuration of every copied device that runs today.
        known_prefixes: prefix → the device that has it, over all configurations that were given.
        changes: change_id → candidate, allowed stanzas, demand, expectations.
        not_staged: change_id → why it cannot be rehearsed.
        options: limits of the run, see role stage.
    """

    fabric: str
    topology: dict[str, Any] | None
    running: dict[str, Any]
    known_prefixes: dict[str, str]
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    not_staged: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def copy(self) -> Topology:
        """The topology as an object; JSON has made lists of its pairs."""
        value = dict(self.topology or {"nodes": {}})
        pairs = {name: [tuple(pair) for pair in value.get(name, [])] for name in ("adjacencies", "sessions")}
        return Topology(**{**value, **pairs})

    def as_value(self) -> dict[str, Any]:
        """The plan as JSON can hold it."""
        return asdict(self)


def make_plan(
    items: Sequence[Mapping[str, Any]], catalogue: Catalogue, *, fabric: str, management: Mapping[str, str], options: Mapping[str, Any]
) -> Plan:
    """Plan the rehearsal of `items` (each: job, candidate, running: device → device_config or {config, …}).

    A change that cannot be copied, alone or beside the others, is in `not_staged` with its reason.
    """
    running: dict[str, Any] = {}
    for item in items:
        running |= {device: dict(entry.get("config", entry)) for device, entry in item["running"].items()}
    plan = Plan(fabric, None, {}, _known_prefixes(items, running), options=dict(options))
    for item in items:
        reason = _hindrance(item, running)
        if reason:
            plan.not_staged[item["job"]["change_id"]] = reason
            continue
        plan.changes[item["job"]["change_id"]] = _change(item, running, catalogue)
        try:
            _derive(plan, running, management)
        except (TopologyError, ValueError) as error:
            del plan.changes[item["job"]["change_id"]]
            plan.not_staged[item["job"]["change_id"]] = str(error)
    return plan


def in_lanes(items: Sequence[Item], lanes: int) -> list[list[Item]]:
    """Share changes out to as many plans as `lanes` allows, two for each at least: a network of its own costs as much as a rehearsal.

    Those of a site stay together, so that few routers are copied twice.
    """
    count = max(1, min(lanes, len(items) // 2))
    ordered = sorted(items, key=lambda item: tuple(str(item["job"].get(part) or "") for part in ("site", "device", "change_id")))
    ends = [round(len(ordered) * number / count) for number in range(count + 1)]
    return [ordered[start:end] for start, end in pairwise(ends)]


def _hindrance(item: Mapping[str, Any], running: Mapping[str, Any]) -> str:
    for device, entry in item["candidate"]["devices"].items():
        if entry["platform"] not in VIRTUAL:
            return f"{device} is of platform {entry['platform']}, which cannot run virtually here"
        if device not in running and item["job"]["change"]["template"] != "device_baseline":
            return f"the running configuration of {device} was not given"
    return ""


def _change(item: Mapping[str, Any], running: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    job = item["job"]
    template = catalogue[job["change"]["template"]]
    parameters = template.parameters(job["change"]["parameters"])
    scope = Scope(template, job["device"], parameters, {device: {"config": config} for device, config in running.items()})
    return {
        "template": template.name,
        "device": job["device"],
        "parameters": parameters,
        "devices": {device: entry["config"] for device, entry in item["candidate"]["devices"].items()},
        "allowed": scope.allowed(),
        "demand_bps": _demand(job),
    }


def _demand(job: Mapping[str, Any]) -> float | None:
    """The forecast peak in bit/s, where the job carries its recommendation."""
    evidence = ((job.get("documents") or {}).get("recommendation") or {}).get("evidence") or {}
    peak = evidence.get("forecast_peak")
    return float(peak) if peak and str(evidence.get("unit", "bit/s")).lower() in ("bit/s", "bps") else None


def _derive(plan: Plan, running: Mapping[str, Any], management: Mapping[str, str]) -> None:
    """Work out the copy for the changes that the plan holds; the plan stays as it is where that fails."""
    affected = {device for change in plan.changes.values() for device in change["devices"]}
    candidates: dict[str, list[Any]] = {}
    for change in plan.changes.values():
        for device, config in change["devices"].items():
            candidates.setdefault(device, []).append(config)
    copied = set(affected)
    for _unused in range(int(plan.options["radius"])):
        copied |= neighbours(copied, running)
    probed = {change["device"] for change in plan.changes.values() if change["template"] in NEEDS_TRAFFIC}
    topology = asdict(derive(running, candidates, copied, probed, management))
    plan.running = {device: canonical(running[device]) for device in sorted(copied & set(running))}
    plan.topology = topology


def _known_prefixes(items: Sequence[Mapping[str, Any]], running: Mapping[str, Any]) -> dict[str, str]:
    """Prefixes that somebody in the network has or has a route to, blackholes and default routes left out."""
    known = {str(port.network): device for device, config in running.items() for port in ports_of(device, config)}
    known |= {str(address.network): device for device, config in running.items() for address in loopbacks_of(config)}
    for item in items:
        for device, entry in item["running"].items():
            routes = (entry.get("observe") or {}).get("routes", {})
            for prefix, route in routes.items():
                if not route["blackhole"] and prefix != "0.0.0.0/0":
                    known.setdefault(prefix, device)
    return known
