# SPDX-License-Identifier: GPL-3.0-or-later
"""Put a person's request, or a forecast from another engine, into the queue."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import check
from ansible_collections.forestage.network.plugins.plugin_utils.queue import Gate, NotValid
from ansible_collections.forestage.network.plugins.plugin_utils.queue_action import QueueAction
from ansible_collections.forestage.network.plugins.plugin_utils.templates import FOLDER, Catalogue, TemplateError, check_change

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
        if args["forecast"]:
            source, gate = f"the forecast {args['forecast']}", Gate(**args["gate"]) if args["gate"] else None
            forecast = _read(Path(args["forecast"]))
            check("provisioning_forecast", forecast, source)
            for entry in forecast["recommendations"]:
                self._accept(entry, catalogue, f"{source}, recommendation {entry['recommendation_id']}")
            report = store.ingest(forecast, actor=self.actor, requester=self.actor, source=source, gate=gate, now=self.now)
            return {"changed": store.changed, "report": asdict(report)}
        wanted = {"schema": "forestage/request/1", **{name: args[name] for name in REQUEST if args[name] is not None}}
        self._accept(wanted, catalogue, "the request")
        job = store.request(wanted, actor=self.actor, now=self.now)
        return {"changed": store.changed, "job": job}

    def _accept(self, entry: dict[str, Any], catalogue: Catalogue, source: str) -> None:
        """Refuse what could only fail later: a change that no template makes, or of a device that the inventory does not know."""
        try:
            check_change(entry["change"], catalogue)
        except TemplateError as error:
            raise NotValid(f"{source}: {error}") from None
        known = set(self.variables.get("groups", {}).get("all", ())) - {"localhost"}
        if known and entry["device"] not in known and entry["change"]["kind"] != "provision":
            raise NotValid(f"{source}: {entry['device']} is not in the inventory; add it, or correct the name")


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotValid(f"the forecast {path} cannot be read ({error.strerror}); give the path of a Provisioning Forecast") from None
    except ValueError as error:
        raise NotValid(f"the forecast {path} is not JSON ({error}); give the path of a Provisioning Forecast") from None
