# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own changes, as the history records them: which series each moved, when, and from what to what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .config import Change, Deployed
from .network import Network
from .served import Served

LIMIT, SHARE, PROTECTED, REMOVED = "limit", "share", "protected", "removed"


def interventions(network: Network, served: Served, deployed: Deployed) -> list[dict[str, Any]]:
    """Rows of the table `interventions`; before and after are in the unit of the effect (bit/s, share, 0 or 1)."""
    rows = [row for change in deployed.changes if deployed.timeline.index(change.ds) < deployed.timeline.size for row in _rows(change, network, served, deployed)]
    return sorted(rows, key=lambda row: (row["unique_id"], row["ds"], row["change_id"]))


def _rows(change: Change, network: Network, served: Served, deployed: Deployed) -> Iterator[dict[str, Any]]:
    at = deployed.timeline.index(change.ds)

    def row(unique_id: str, effect: str, before: float, after: float) -> dict[str, Any]:
        return {
            "change_id": change.change_id, "unique_id": unique_id, "ds": change.ds, "template": change.template,
            "effect": effect, "before": float(before), "after": float(after),
        }  # fmt: skip

    was, now = (0.0, 1.0) if change.present else (1.0, 0.0)
    for state in served.links.values():
        link = state.link
        if change.template == "capacity" and (change.device, change.parameters.get("interface")) == (link.device, link.interface):
            yield row(f"{link.name}|if_out_bps", LIMIT, state.capacity[max(0, at - 1)], state.capacity[at])
        if change.template in ("te_cost", "drain") and state.share[at] != state.share[max(0, at - 1)]:
            yield row(f"{link.name}|if_out_bps", SHARE, state.share[max(0, at - 1)], state.share[at])
    for app in network.applications:
        if any(rule.key == change.key for rule, _octets in served.applications[app.name].classes):
            yield row(f"{app.device}|{app.name}|app_response_ms", PROTECTED, was, now)
    for threat in network.threats:
        if any(rule.key == change.key for rule in deployed.against(threat.device, threat.source)):
            for metric in ("sec_intrusion_attempts", "sec_malware_detections"):
                yield row(f"{threat.device}|{threat.interface}|{metric}", REMOVED, was, now)
    for users in network.users:
        if any(leaf.key == change.key for leaf in served.leaves[users.site]):
            leaves = len(served.leaves[users.site])
            yield row(f"{users.leaf}|device|kpi_active_users", SHARE, 1.0 / (1.0 + leaves - now), 1.0 / (1.0 + leaves - was))
