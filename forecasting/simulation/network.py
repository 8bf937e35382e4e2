# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulated network is made of, and the lab: its links, applications, attacks and users."""

from __future__ import annotations

from dataclasses import dataclass, field

MBIT = 1e6


@dataclass(frozen=True)
class Load:
    """A demand by its busy-hour level at the end of week 8, its growth a week (share of that level) and its day."""

    level: float
    growth: float
    busy_hour: float = 13.0
    night: float = 0.25
    weekend: float = 0.7


@dataclass(frozen=True)
class Link:
    """One direction of a link: the interface that sends. `gaps` are (day, hour, hours) without samples."""

    device: str
    interface: str
    capacity_bps: float
    cost: int
    role: str
    site: str
    kind: str
    criticality: str = "high"
    reset_day: int | None = None
    gaps: tuple[tuple[int, float, float], ...] = ()

    @property
    def name(self) -> str:
        """``device|interface``: the first two parts of its series' names."""
        return f"{self.device}|{self.interface}"


@dataclass(frozen=True)
class Cut:
    """Traffic (bit/s) that reaches the other side over any of `links`; `pinned` of it stays on each whatever the costs."""

    name: str
    load: Load
    links: tuple[Link, ...]
    pinned: float = 0.1
    leaf_site: str | None = None


@dataclass(frozen=True)
class Application:
    """An application whose traffic leaves over one link and waits where the link is full."""

    name: str
    device: str
    interface: str
    site: str
    role: str
    load: Load
    base_ms: float
    queue_ms: float
    labels: dict[str, str] = field(default_factory=dict)
    campaign_uplift: float = 1.0


@dataclass(frozen=True)
class Threat:
    """Attempts per 5 minutes on an edge: a calm background, and an attack from one prefix rising since `attack_day`."""

    device: str
    interface: str
    site: str
    source: str
    background: float
    attack_day: float | None = None
    attack_per_day: float = 0.0
    attack_most: float = 0.0
    bits_per_attempt: float = 1e6


@dataclass(frozen=True)
class Users:
    """Active users of a site, spread evenly over its leaves."""

    leaf: str
    site: str
    load: Load


@dataclass(frozen=True)
class Network:
    """All of it. `sites` says where each router stands."""

    cuts: tuple[Cut, ...]
    applications: tuple[Application, ...]
    threats: tuple[Threat, ...]
    users: tuple[Users, ...]
    sites: dict[str, str]
    tz: str = "Europe/Berlin"

    @property
    def links(self) -> tuple[Link, ...]:
        """Every link, in the order of the cuts."""
        return tuple(link for cut in self.cuts for link in cut.links)


def _leaf(device: str, site: str, reset_day: int | None = None) -> tuple[Link, ...]:
    first = Link(device, "eth1", 100 * MBIT, 10, "leaf", site, "leaf", "normal", reset_day)
    return first, Link(device, "eth2", 100 * MBIT, 10, "leaf", site, "leaf", "normal")


def lab() -> Network:
    """The lab network, whose numbers are explained in the package's docstring."""
    core = {
        (site, n): Link(f"core-{site}{n}", "eth3", 20 * MBIT, cost, "core", site, "inter-site", "critical" if n == 1 else "high")
        for site in "ab"
        for n, cost in ((1, 10), (2, 100))
    }
    gappy = Link("core-b2", "eth3", 20 * MBIT, 100, "core", "b", "inter-site", "high", None, ((12, 2, 3), (31, 13, 6), (47, 9, 0.5)))
    uplink = {site: Link(f"edge-{site}1", "eth3", 20 * MBIT, 10, "edge", site, "uplink", "critical") for site in "ab"}
    cuts = (
        Cut("a-to-b", Load(17.4 * MBIT, 0.065, 13.5), (core["a", 1], core["a", 2])),
        Cut("b-to-a", Load(9.0 * MBIT, 0.005, 12.5), (core["b", 1], gappy)),
        Cut("edge-a1-up", Load(15.7 * MBIT, 0.07, 14.0), (uplink["a"],)),
        Cut("edge-b1-up", Load(4.5 * MBIT, 0.004, 14.0), (uplink["b"],)),
        Cut("leaf-a1-up", Load(14.0 * MBIT, 0.01, 13.0), _leaf("leaf-a1", "a", 24), 0.0, "a"),
        Cut("leaf-b1-up", Load(16.0 * MBIT, 0.04, 13.0), _leaf("leaf-b1", "b"), 0.0, "b"),
    )
    shop_labels: dict[str, str] = {"destination": "198.51.100.0/24", "protocol": "tcp", "port": "443"}
    applications = (
        Application("shop", "edge-b1", "eth3", "b", "edge", Load(4.0 * MBIT, 0.004, 15.0, 0.3, 0.9), 32.0, 90.0, shop_labels, 2.35),
        Application("erp", "leaf-a1", "eth1", "a", "leaf", Load(1.0 * MBIT, 0.005), 30.0, 60.0),
    )
    threats = (
        Threat("edge-a1", "eth3", "a", "198.18.7.0/24", 6.0),
        Threat("edge-b1", "eth3", "b", "203.0.113.0/24", 6.0, 51.0, 10.8, 150.0),
    )
    users = (
        Users("leaf-a1", "a", Load(210.0, 0.002, 13.0, 0.1, 0.3)),
        Users("leaf-b1", "b", Load(385.0, 0.047, 13.0, 0.1, 0.3)),
    )
    sites = {f"{role}-{site}{n}": site for site in "ab" for role, n in (("core", 1), ("core", 2), ("leaf", 1), ("edge", 1))}
    return Network(cuts, applications, threats, users, sites)
