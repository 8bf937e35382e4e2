# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn the simulated network into what monitoring stores: series, samples and our own changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .config import Change, Deployed
from .demand import stream
from .network import Link, Network
from .served import ApplicationState, LinkState, Served, ThreatState
from .timeline import SAMPLES_A_DAY, Floats, Timeline, Times

OCTETS_PER_PACKET = 1200.0
HOUR = 12
VENDOR, MODEL = "FRRouting", "virtual"


@dataclass(frozen=True)
class Record:
    """One series: its row of the table `series`, and its samples."""

    row: dict[str, Any]
    times: Times
    values: Floats


@dataclass(frozen=True)
class Place:
    """Where series are measured and by whose clock."""

    device: str
    object: str
    site: str
    role: str
    criticality: str
    tz: str
    interval_s: float = 300.0

    def record(self, metric: str, unit: str, kind: str, times: Times, values: Floats, labels: dict[str, str]) -> Record:
        """A series measured here."""
        row = {
            "unique_id": f"{self.device}|{self.object}|{metric}", "device": self.device, "object": self.object, "metric": metric,
            "unit": unit, "tz": self.tz, "kind": kind, "criticality": self.criticality, "site": self.site, "role": self.role,
            "vendor": VENDOR, "model": MODEL, "labels": json.dumps(labels, sort_keys=True),
            "interval_s": None if kind == "limit" else self.interval_s,
        }  # fmt: skip
        return Record(row, times, values)


def records(network: Network, served: Served, deployed: Deployed, seed: int) -> list[Record]:
    """Every series, in a fixed order."""
    timeline = deployed.timeline
    cut_of = {link.name: cut.name for cut in network.cuts if len(cut.links) > 1 for link in cut.links}
    found: list[Record] = []
    for state in served.links.values():
        found += _link(state, cut_of.get(state.link.name), timeline, seed)
    for app in served.applications.values():
        found += _application(app, timeline)
    for threat in served.threats.values():
        found += _threat(threat, timeline)
    for users in network.users:
        found += _users(users.leaf, users.site, served.users[users.site], served.leaves[users.site], timeline)
    return found


def _link(state: LinkState, cut: str | None, timeline: Timeline, seed: int) -> list[Record]:
    link = state.link
    place = Place(link.device, link.interface, link.site, link.role, link.criticality, timeline.tz)
    labels = {"link": link.kind} | ({"cut": cut} if cut else {})
    kept = _sampled(link, timeline)
    origin = np.floor(stream(seed, f"{link.name}/counter").random() * 1e12)
    octets = _counter(state.served * 300.0 / 8.0, origin, link, timeline)
    drops = _counter((state.demand - state.served) * 300.0 / 8.0 / OCTETS_PER_PACKET, 0.0, link, timeline)
    changed = np.flatnonzero(np.concatenate([[True], np.diff(state.capacity) != 0]))
    return [
        place.record("if_out_octets", "B", "counter", timeline.times[kept], octets[kept], labels),
        place.record("if_drops", "packet", "counter", timeline.times[kept], drops[kept], labels),
        place.record("capacity_bps", "bit/s", "limit", timeline.times[changed], state.capacity[changed], labels),
    ]


def _sampled(link: Link, timeline: Timeline) -> Any:
    kept = np.ones(timeline.size, dtype=bool)
    for day, hour, hours in link.gaps:
        first = int((day + hour / 24.0) * SAMPLES_A_DAY)
        kept[first : first + int(hours * HOUR)] = False
    return kept


def _counter(per_sample: Floats, origin: float, link: Link, timeline: Timeline) -> Floats:
    """What the counter shows at the start of each sample, in whole units; back to 0 at the link's reset day."""
    count: Floats = origin + np.floor(np.concatenate([[0.0], np.cumsum(per_sample)[:-1]]))
    reset = timeline.size if link.reset_day is None else link.reset_day * SAMPLES_A_DAY
    if reset < timeline.size:
        count[reset:] -= count[reset]
    return count


def _application(state: ApplicationState, timeline: Timeline) -> list[Record]:
    app = state.app
    place = Place(app.device, app.name, app.site, app.role, "high", timeline.tz)
    labels = {"application": app.name, "interface": app.interface, **app.labels}
    found = [
        place.record("app_response_ms", "ms", "gauge", timeline.times, np.round(state.response, 3), labels),
        place.record("app_transactions", "transaction", "gauge", timeline.times, state.transactions, labels),
        place.record("app_error_ratio", "ratio", "gauge", timeline.times, np.round(state.errors, 6), labels),
    ]
    counts = f"{app.device} {app.name} app_response_ms"
    return found + [_rule_counter(rule, place, timeline, octets, counts) for rule, octets in state.classes]


def _threat(state: ThreatState, timeline: Timeline) -> list[Record]:
    threat = state.threat
    place = Place(threat.device, threat.interface, threat.site, "edge", "critical", timeline.tz)
    labels = {"source": threat.source}
    found = [
        place.record("sec_intrusion_attempts", "attempt", "event_count", timeline.times, state.attempts, labels),
        place.record("sec_malware_detections", "detection", "event_count", timeline.times, state.malware, labels),
    ]
    counts = f"{threat.device} {threat.interface} sec_intrusion_attempts"
    return found + [_rule_counter(rule, place, timeline, hits, counts) for rule, hits in state.hits]


def _rule_counter(rule: Change, near: Place, timeline: Timeline, per_sample: Floats, counts: str) -> Record:
    """The counter of a rule, which exists since the rule does; `counts` names the series that the rule acts on."""
    metric, unit = ("qos_class_octets", "B") if rule.template == "qos_event" else ("filter_hits", "attempt")
    first = timeline.index(rule.ds)
    place = replace(near, device=rule.device, object=rule_name(rule))
    count = np.concatenate([[0.0], np.cumsum(np.floor(per_sample[first:]))[:-1]]) if first < timeline.size else np.zeros(0)
    return place.record(metric, unit, "counter", timeline.times[first:], count, {"counts": counts})


def rule_name(rule: Change) -> str:
    """The object under which a device counts what a rule matched: the filter's name, or interface and class."""
    if rule.template == "qos_event":
        return f"{rule.parameters['interface']}:{rule.parameters['class_name']}"
    return str(rule.parameters["name"])


def _users(leaf: str, site: str, per_leaf: Floats, added: list[Change], timeline: Timeline) -> Iterator[Record]:
    labels = {"cut": f"users-{site}"}
    whole = timeline.size - timeline.size % HOUR
    hourly = np.round(per_leaf[:whole].reshape(-1, HOUR).mean(axis=1))
    times = timeline.times[:whole:HOUR]
    place = Place(leaf, "device", site, "leaf", "high", timeline.tz, 3600.0)
    yield place.record("kpi_active_users", "user", "gauge", times, hourly, labels)
    for change in added:
        there = times >= np.datetime64(change.ds.replace(tzinfo=None), "us")
        new = Place(change.parameters["hostname"], "device", site, "leaf", "high", timeline.tz, 3600.0)
        yield new.record("kpi_active_users", "user", "gauge", times[there], hourly[there], labels)
