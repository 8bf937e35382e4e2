# SPDX-License-Identifier: GPL-3.0-or-later
"""Put a person's request, or a forecast from another engine, into the queue."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.intake import Border, longest_ttl_s, read_forecast, read_request
from ansible_collections.forestage.network.plugins.plugin_utils.queue import Gate
from ansible_collections.forestage.network.plugins.plugin_utils.queue_action import QueueAction
from ansible_collections.forestage.network.plugins.plugin_utils.templates import FOLDER, Catalogue

CHANGE = {
    "template": {"type": "str", "required": True},
    "kind": {"type": "str", "required": True},
    "parameters": {"type": "dict", "default": {}},
}
REQUEST = {
    **{
        name: {"type": "str"}
        for name in ("device", "device_role", "site", "object", "reason", "needed_by", "not_before", "revert_at", "expires")
    },
    "change": {"type": "dict", "options": CHANGE},
    "severity": {"type": "str", "default": "major", "choices": ["minor", "major", "critical"]},
    "criticality": {"type": "str", "default": "normal", "choices": ["low", "normal", "high", "critical"]},
    "mode": {"type": "str", "default": "approve", "choices": ["shadow", "approve", "auto"]},
}
GATE = {
    "multiple": {"type": "float", "default": 3.0},
    "minimum_recommendations": {"type": "int", "default": 30},
    "minimum_devices": {"type": "int", "default": 20},
    "window": {"type": "int", "default": 20},
}


class ActionModule(QueueAction):
    ARGUMENTS = {  # noqa: RUF012
        **REQUEST, "forecast": {"type": "path"}, "gate": {"type": "dict", "options": GATE}, "templates": {"type": "path"},
        "policies": {"type": "path"},
    }  # fmt: skip
    RULES = {  # noqa: RUF012
        "mutually_exclusive": [("device", "forecast")],
        "required_one_of": [("device", "forecast")],
        "required_by": {"device": ["object", "change", "reason"]},
    }

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        store = self.open()
        known = set(self.variables.get("groups", {}).get("all", ())) - {"localhost"}
        policies = args["policies"] or self.shared("policies")
        longest = longest_ttl_s(Path(policies) if policies else None)
        border = Border(Catalogue(Path(args["templates"] or FOLDER)), known, longest, self.now or datetime.now(UTC))
        if args["forecast"]:
            forecast = read_forecast(Path(args["forecast"]), border)
            gate = Gate(**args["gate"]) if args["gate"] else None
            report = store.ingest(forecast, actor=self.actor, requester=self.actor, gate=gate, now=self.now)
            return {"changed": store.changed, "report": asdict(report)}
        wanted = {"schema": "forestage/request/1", **{name: args[name] for name in REQUEST if args[name] is not None}}
        job = store.request(read_request(wanted, border), actor=self.actor, now=self.now)
        found = {"changed": store.changed, "job": job}
        if job["mode"] != args["mode"]:
            found["warnings"] = ["Nobody allows their own change: its mode is approve, and it waits for somebody else."]
        return found
