# SPDX-License-Identifier: GPL-3.0-or-later
"""The stop switch: nothing is claimed and nothing starts to deploy while it is set."""

from __future__ import annotations

from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.queue_action import QueueAction


class ActionModule(QueueAction):
    ARGUMENTS = {  # noqa: RUF012
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "why": {"type": "str", "required": True},
    }

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        store = self.open()
        turn = store.set_stop if args["state"] == "present" else store.clear_stop
        turn(self.actor, args["why"])
        return {"changed": store.changed, "stopped": store.stopped()}
