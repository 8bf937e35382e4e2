# SPDX-License-Identifier: GPL-3.0-or-later
"""What the policies would have done over the past, and how it would have turned out."""

from __future__ import annotations

from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils import engine
from ansible_collections.forestage.network.plugins.plugin_utils.engine_action import EngineAction


class ActionModule(EngineAction):
    SHARED = {"as_of": {"type": "str"}}  # noqa: RUF012
    ARGUMENTS = {  # noqa: RUF012
        "history": {"type": "path", "required": True},
        "mapping": {"type": "path"},
        "policies": {"type": "path", "required": True},
        "first": {"type": "str"},
        "seed": {"type": "int", "default": 0},
    }

    def work(self, args: dict[str, Any]) -> dict[str, Any]:
        given = {name: args[name] for name in ("history", "mapping", "policies", "seed")}
        with self.folder("replays") as folder:
            made = engine.run("replay", {**given, "from": args["first"], "as-of": self.as_of, "out": str(folder)}, self.announcer)
        kept = not self._task.check_mode
        found = {name: made[name] for name in ("rounds", "calibration", "autonomy")}
        return {"changed": kept, **found, "folder": made["out"] if kept else ""}
