# SPDX-License-Identifier: GPL-3.0-or-later
"""What a policy is, once it has been read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Literal

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Peer:
    """Another series, named by expressions over the facts of the first; None keeps the first's own."""

    device: str | None = None
    object: str | None = None
    metric: str | None = None


@dataclass(frozen=True)
class Limit:
    """A bound on demand: ``share`` of a dated series, a plain value, or ``times`` another series."""

    series: str | None = None
    share: float = 1.0
    value: float | None = None
    ratio_to: Peer | None = None
    times: float = 1.0


@dataclass(frozen=True)
class While:
    """A second series that must be below (or above) its own limit at the same moments."""

    peer: Peer
    limit: Limit
    beyond: Literal["above", "below"]


@dataclass(frozen=True)
class Scope:
    """Which series a policy looks at; empty means all. Names may be shell patterns."""

    devices: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class EventWindow:
    """Coming events of one kind, and how long before one the change must be in place (seconds)."""

    kind: str
    lead_s: float = 0.0


@dataclass(frozen=True)
class Lately:
    """Something out of the ordinary must have been seen: of one of `kinds` (empty: any), within so long before the cut-off (seconds)."""

    kinds: tuple[str, ...] = ()
    within_s: float = 86_400.0
    least: float = 0.55


@dataclass(frozen=True)
class When:
    """The condition. Times in seconds, confidence a probability."""

    metric: str
    limit: Limit
    beyond: Literal["above", "below"]
    duration_s: float
    min_confidence: float
    horizon_s: float
    scope: Scope
    also: While | None = None
    event: EventWindow | None = None
    anomaly: Lately | None = None


@dataclass(frozen=True)
class What:
    """The change. `parameters`, `device` and `object` are expressions; `ttl_s` in seconds."""

    template: str
    parameters: Mapping[str, Any]
    device: str | None = None
    object: str | None = None
    device_role: str | None = None
    ttl_s: float | None = None
    until_event_end: bool = False


@dataclass(frozen=True)
class AutoWhen:
    """What a policy's own record must show before mode `auto` is granted, and as long as it is (see `autonomy`).

    Attributes:
        effective_n: independent outcomes; 0: the owner grants it at once.
        calibration_error: the largest that is allowed, 0-1.
        success: the least share of its changes that helped and were not rolled back.
    """

    effective_n: float = 20.0
    calibration_error: float = 0.1
    success: float = 0.8

    @property
    def at_once(self) -> bool:
        """True when no record is asked for."""
        return self.effective_n == 0.0


@dataclass(frozen=True)
class Policy:
    """One rule of the catalogue: *when* → *what*, and how eagerly. Times in seconds."""

    name: str
    version: str
    when: When
    what: What
    severity: str
    mode: str
    lead_time_s: float
    hysteresis: float
    min_dwell_s: float
    max_changes_per_week: int
    where: str
    auto_when: AutoWhen = AutoWhen()
    description: str = ""


@dataclass(frozen=True)
class Guards:
    """What no security change may ever do; `longest_ttl_s` in seconds."""

    never_block: tuple[Network, ...] = ()
    widest_ipv4: int = 24
    widest_ipv6: int = 48
    longest_ttl_s: float = 7 * 86400.0


@dataclass(frozen=True)
class Catalogue:
    """All policies of one file, its guards and its pools."""

    policies: tuple[Policy, ...]
    guards: Guards
    pools: Mapping[str, list[Any]]
    path: str
