# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes, states and results in words that a planner uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STATES = {
    "held": "held for a look",
    "queued": "waiting in the queue",
    "claimed": "being rendered and staged",
    "staged": "rehearsed, ready",
    "awaiting_approval": "waits for approval",
    "approved": "approved",
    "rejected": "rejected",
    "deploying": "being deployed",
    "deployed": "deployed, being verified",
    "verified": "deployed and verified",
    "reverting": "being taken back",
    "reverted": "taken back as planned",
    "failed_staging": "stopped in rehearsal",
    "rolled_back": "rolled back by the device",
    "rollback_blocked": "rollback blocked: needs a person",
    "withdrawn": "withdrawn, the forecast receded",
    "superseded": "replaced by a newer forecast",
    "expired": "expired",
}
TONES = {
    "verified": "good", "deployed": "good", "reverted": "good", "staged": "good", "approved": "good",
    "failed_staging": "bad", "rolled_back": "bad", "rollback_blocked": "bad", "rejected": "bad",
    "awaiting_approval": "wait", "held": "wait",
}  # fmt: skip
KINDS = {
    "capacity": "Capacity", "routing": "Routing", "qos": "Quality of service", "policy": "Network policy",
    "security": "Security", "provision": "New device",
}  # fmt: skip
RESULTS = {"passed": "good", "failed": "bad", "partial": "wait", "not_staged": "wait", "confirmed": "good", "rolled_back": "bad"}
MODES = {"shadow": "rehearsed only", "approve": "after approval", "auto": "by itself"}


def change(value: Mapping[str, Any], role: str | None = None) -> str:
    """A change in a few words: ``raise eth3 to 25 Mbit/s``."""
    given = value["parameters"]
    text = _change(value["template"], given, role)
    return f"take back: {text}" if given.get("state") == "absent" else text


def _change(template: str, given: Mapping[str, Any], role: str | None) -> str:
    try:
        match template:
            case "capacity":
                return f"set {given['interface']} to {float(given['rate_mbit']):g} Mbit/s"
            case "te_cost":
                return f"set the OSPF cost of {given['interface']} to {given['cost']}"
            case "qos_event":
                return f"guarantee {given['class_name']} {float(given['share_percent']):g} % of {given['interface']}"
            case "filter":
                return f"drop traffic from {given['source']}"
            case "rate_limit":
                return f"limit {given['source']} to {given['packets_per_second']} packets/s"
            case "blackhole":
                return f"discard traffic to {given['prefix']}"
            case "drain":
                return f"drain {given['interface']}"
            case "bgp_neighbor":
                return f"peer with {given['neighbor']} (AS {given['remote_as']})"
            case "device_baseline":
                return f"add a {given.get('role', role or 'router')} with {len(given['uplinks'])} uplinks"
    except (KeyError, TypeError, ValueError):
        pass
    return template.replace("_", " ")
