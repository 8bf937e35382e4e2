# SPDX-License-Identifier: GPL-3.0-or-later
"""Closed loop: what the network carries, given latent demand and the configuration in force."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .config import Change, Deployed
from .demand import Latent, stream
from .network import Application, Cut, Link, Network, Threat
from .timeline import Floats

WITHIN_SAMPLE = 0.05
FULLEST = 0.97
RESPONSE_NOISE = 0.04
ERROR_BASE = 0.002
ERROR_FULL = 0.05


@dataclass(frozen=True)
class LinkState:
    """One direction of a link over time, bit/s: what wants through, what may, what gets through, its share of the cut."""

    link: Link
    demand: Floats
    capacity: Floats
    served: Floats
    share: Floats

    @property
    def load(self) -> Floats:
        """Demand per capacity, at most `FULLEST`."""
        return np.minimum(self.demand / self.capacity, FULLEST)


@dataclass(frozen=True)
class ThreatState:
    """Attempts and malware that get through, and what each rule dropped, per five minutes."""

    threat: Threat
    attempts: Floats
    malware: Floats
    hits: tuple[tuple[Change, Floats], ...]


@dataclass(frozen=True)
class ApplicationState:
    """Response time (ms), transactions per five minutes, error ratio, and the classes that carried it (octets per sample)."""

    app: Application
    response: Floats
    transactions: Floats
    errors: Floats
    classes: tuple[tuple[Change, Floats], ...]


@dataclass(frozen=True)
class Served:
    """The network as monitoring could see it. `users` are per leaf, by site; `leaves` what was added there, `sharing` one leaf's part."""

    links: dict[str, LinkState]
    threats: dict[str, ThreatState]
    applications: dict[str, ApplicationState]
    users: dict[str, Floats]
    leaves: dict[str, list[Change]]
    sharing: dict[str, Floats]


def serve(network: Network, latent: Latent, deployed: Deployed, seed: int) -> Served:
    """Carry the demand."""
    size = deployed.timeline.size
    leaves = {users.site: deployed.new_leaves(network.sites, users.site) for users in network.users}
    sharing = {site: 1.0 / (1.0 + sum((deployed.active(leaf) for leaf in added), np.zeros(size))) for site, added in leaves.items()}
    threats = {threat.device: _threat(threat, latent, deployed) for threat in network.threats}
    links = {state.link.name: state for cut in network.cuts for state in _cut(cut, network, latent, deployed, sharing, threats)}
    applications = {app.name: _application(app, latent, deployed, links, seed) for app in network.applications}
    users = {users.site: latent.users[users.site] * sharing[users.site] for users in network.users}
    return Served(links, threats, applications, users, leaves, sharing)


def _shares(cut: Cut, deployed: Deployed) -> Floats:
    """Share of the cut's traffic on each link (links × samples): equal-cost paths share evenly, dearer ones keep what is pinned."""
    costs = np.stack([deployed.cost(link.device, link.interface, link.cost) for link in cut.links])
    cheapest = costs == costs.min(axis=0)
    pinned = cut.pinned if len(cut.links) > 1 else 0.0
    shares: Floats = pinned + (1.0 - pinned * len(cut.links)) * cheapest / cheapest.sum(axis=0)
    return shares


def _cut(
    cut: Cut, network: Network, latent: Latent, deployed: Deployed, sharing: dict[str, Floats], threats: dict[str, ThreatState]
) -> list[LinkState]:
    total = latent.cuts[cut.name] * (sharing[cut.leaf_site] if cut.leaf_site else 1.0)
    states = []
    for link, share in zip(cut.links, _shares(cut, deployed), strict=True):
        demand = total * share
        for app in network.applications:
            if (app.device, app.interface) == (link.device, link.interface):
                demand = demand + latent.applications[app.name]
        for threat in network.threats:
            if (threat.device, threat.interface) == (link.device, link.interface):
                demand = demand + threats[threat.device].attempts * threat.bits_per_attempt / 300.0
        capacity = deployed.capacity(link.device, link.interface, link.capacity_bps)
        states.append(LinkState(link, demand, capacity, carried(demand, capacity), share))
    return states


def carried(demand: Floats, capacity: Floats) -> Floats:
    """Mean of min(demand, capacity) when demand varies normally within a sample by `WITHIN_SAMPLE` of itself."""
    spread = WITHIN_SAMPLE * demand
    room = (capacity - demand) / spread
    excess = spread * (np.exp(-0.5 * room**2) / np.sqrt(2.0 * np.pi) - room * _normal_tail(room))
    served: Floats = demand - np.maximum(excess, 0.0)
    return served


def _normal_tail(x: Floats) -> Floats:
    """P(a standard normal > x)."""
    return 0.5 * np.array([math.erfc(value) for value in (x / math.sqrt(2.0)).tolist()])


def _threat(threat: Threat, latent: Latent, deployed: Deployed) -> ThreatState:
    counts = latent.attempts[threat.device]
    left, malware, hits = counts.attack, counts.attack_malware, []
    for rule in deployed.against(threat.device, threat.source):
        active = deployed.active(rule)
        allowed = rule.parameters["packets_per_second"] * 300.0 if rule.template == "rate_limit" else 0.0
        passed = np.where(active > 0, np.minimum(left, allowed), left)
        malware = np.where((active > 0) & (left > allowed), np.floor(malware * allowed / np.maximum(left, 1.0)), malware)
        if rule.template != "blackhole":
            hits.append((rule, left - passed))
        left = passed
    return ThreatState(threat, counts.background + left, counts.malware + malware, tuple(hits))


def _application(app: Application, latent: Latent, deployed: Deployed, links: dict[str, LinkState], seed: int) -> ApplicationState:
    state = links[f"{app.device}|{app.interface}"]
    demand = latent.applications[app.name]
    waiting = _waiting(app, state.load)
    classes = []
    for rule in deployed.classes(app.device, app.interface, str(app.labels.get("destination", "0.0.0.0/0"))):
        active = deployed.active(rule)
        waiting = np.where(active > 0, _protected(app, demand, state.capacity, rule.parameters["share_percent"] / 100.0, waiting), waiting)
        classes.append((rule, demand * active * 300.0 / 8.0))
    noise = stream(seed, f"{app.name}/response").standard_normal((demand.size, 2)).T
    response = (app.base_ms + waiting) * np.exp(RESPONSE_NOISE * noise[0])
    lost = 1.0 - state.served / state.demand
    errors = np.clip((ERROR_BASE + ERROR_FULL * lost) * np.exp(0.2 * noise[1]), 0.0, 1.0)
    transactions = np.floor(demand * 300.0 / 8.0 / 50e3 * (1.0 - lost))
    return ApplicationState(app, response, transactions, errors, tuple(classes))


def _protected(app: Application, demand: Floats, capacity: Floats, share: float, waiting: Floats) -> Floats:
    """Within its guaranteed share a class waits for nothing but itself; what exceeds the share waits like all others."""
    beyond = np.maximum(0.0, 1.0 - share * capacity / demand)
    alone = _waiting(app, np.minimum(demand / capacity, FULLEST))
    protected: Floats = (1.0 - beyond) * np.minimum(alone, waiting) + beyond * waiting
    return protected


def _waiting(app: Application, load: Floats) -> Floats:
    waiting: Floats = app.queue_ms * (load / (1.0 - load)) ** 1.5
    return waiting
