# SPDX-License-Identifier: GPL-3.0-or-later
"""Put a person's request, or a forecast from another engine, into the queue."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.intake import accept, read_forecast
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
    }  # fmt: skip
    RULES = {  # noqa: RUF012
        "mutually_exclusive": [("device", "forecast")],
        "required_one_of": [("device", "forecast")],
        "required_by": {"device": ["object", "change", "reason"]},
    }

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        store, catalogue = self.open(), Catalogue(Path(args["templates"] or FOLDER))
        known = set(self.variables.get("groups", {}).get("all", ())) - {"localhost"}
        if args["forecast"]:
            forecast = read_forecast(Path(args["forecast"]), catalogue, known)
            gate = Gate(**args["gate"]) if args["gate"] else None
            report = store.ingest(forecast, actor=self.actor, requester=self.actor, gate=gate, now=self.now)
            return {"changed": store.changed, "report": asdict(report)}
        wanted = {"schema": "forestage/request/1", **{name: args[name] for name in REQUEST if args[name] is not None}}
        accept(wanted, catalogue, known, "the request")
        job = store.request(wanted, actor=self.actor, now=self.now)
        return {"changed": store.changed, "job": job}
