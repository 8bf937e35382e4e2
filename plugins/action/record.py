# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a value as a JSON file on the controller."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.forestage.network.plugins.plugin_utils.files import holds, write_text

ARGUMENTS = {"dest": {"type": "path", "required": True}, "value": {"type": "raw", "required": True}}


class ActionModule(ActionBase):
    """Controller-side work: nothing is sent to a device."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _unused, args = self.validate_argument_spec(ARGUMENTS)
        path = Path(args["dest"])
        try:
            text = json.dumps(args["value"], indent=4, sort_keys=True, allow_nan=False) + "\n"
            before = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
            changed = not holds(path, text)
            if changed and not self._task.check_mode:
                write_text(path, text)
        except (OSError, TypeError, ValueError) as error:
            return {**result, "failed": True, "changed": False, "msg": f"{path} cannot be written: {error}"}
        done = {**result, "failed": False, "changed": changed, "dest": str(path)}
        if changed and self._task.diff and not self._task.no_log:
            done["diff"] = {"before": before, "after": text, "before_header": str(path), "after_header": str(path)}
        return done
