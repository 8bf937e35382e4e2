# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own changes, as the history records them: which series each moved, when, and from what to what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .config import Change, Deployed
from .network import Network
from .served import Served

LIMIT, SHARE, PROTECTED, REMOVED = "limit", "share", "protected", "removed"


@dataclass(frozen=True)
class Moved:
    """A series that a change moved; before and after are in the unit of the effect (bit/s, share, 0 or 1)."""

    unique_id: str
    effect: str
    before: float
    after: float


def interventions(network: Network, served: Served, deployed: Deployed) -> list[dict[str, Any]]:
    """Rows of the table `interventions`, sorted."""
    timeline = deployed.timeline
    inside = [change for change in deployed.changes if timeline.index(change.ds) < timeline.size]
    rows = [_row(change, moved) for change in inside for moved in _moved(change, network, served, deployed)]
    return sorted(rows, key=lambda row: (row["unique_id"], row["ds"], row["change_id"]))


def _row(change: Change, moved: Moved) -> dict[str, Any]:
    return {
        "change_id": change.change_id, "unique_id": moved.unique_id, "ds": change.ds, "template": change.template,
        "effect": moved.effect, "before": float(moved.before), "after": float(moved.after),
    }  # fmt: skip


def _moved(change: Change, network: Network, served: Served, deployed: Deployed) -> Iterator[Moved]:
    at = deployed.timeline.index(change.ds)
    was, now = (0.0, 1.0) if change.present else (1.0, 0.0)
    yield from _links(change, served, at)
    for name, app in served.applications.items():
        if any(rule.key == change.key for rule, _octets in app.classes):
            yield Moved(f"{app.app.device}|{name}|app_response_ms", PROTECTED, was, now)
    for threat in network.threats:
        if any(rule.key == change.key for rule in deployed.against(threat.device, threat.source)):
            for metric in ("sec_intrusion_attempts", "sec_malware_detections"):
                yield Moved(f"{threat.device}|{threat.interface}|{metric}", REMOVED, was, now)
    for users in network.users:
        if any(leaf.key == change.key for leaf in served.leaves[users.site]):
            share = served.sharing[users.site]
            yield Moved(f"{users.leaf}|device|kpi_active_users", SHARE, share[max(0, at - 1)], share[at])


def _links(change: Change, served: Served, at: int) -> Iterator[Moved]:
    before = max(0, at - 1)
    for name, state in served.links.items():
        if change.template == "capacity" and f"{change.device}|{change.parameters.get('interface')}" == name:
            yield Moved(f"{name}|if_out_bps", LIMIT, state.capacity[before], state.capacity[at])
        if change.template in ("te_cost", "drain") and state.share[at] != state.share[before]:
            yield Moved(f"{name}|if_out_bps", SHARE, state.share[before], state.share[at])
