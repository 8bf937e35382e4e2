# SPDX-License-Identifier: GPL-3.0-or-later
"""Add what a device observed to a history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.forestage.network.plugins.plugin_utils.observation import add, attributes_of, samples_of

ARGUMENTS = {
    "history": {"type": "path", "required": True},
    "device": {"type": "str", "required": True},
    "observed": {"type": "dict", "required": True},
    "qos": {"type": "dict", "default": {}},
    "attributes": {"type": "dict", "default": {}},
}


class ActionModule(ActionBase):
    """Controller-side work: nothing is sent to a device."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _unused, given = self.validate_argument_spec(ARGUMENTS)
        args = json.loads(json.dumps(given))
        try:
            samples = samples_of(args["observed"], args["qos"])
            if self._task.check_mode:
                return {**result, "failed": False, "changed": bool(samples), "added": len(samples)}
            at = args["observed"]["observed_at"]
            added = add(Path(args["history"]), args["device"], at, samples, attributes_of(args["attributes"]))
        except (ValueError, OSError) as error:
            return {**result, "failed": True, "changed": False, "msg": str(error)}
        return {**result, "failed": False, "changed": added > 0, "added": added}
