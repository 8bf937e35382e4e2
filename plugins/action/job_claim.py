# SPDX-License-Identifier: GPL-3.0-or-later
"""Take the next jobs from the queue under a lease."""

from __future__ import annotations

from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.queue import NotValid
from ansible_collections.forestage.network.plugins.plugin_utils.queue.states import CLAIMABLE
from ansible_collections.forestage.network.plugins.plugin_utils.queue_action import QueueAction


class ActionModule(QueueAction):
    ARGUMENTS = {  # noqa: RUF012
        "worker": {"type": "str"},
        "limit": {"type": "int", "default": 10},
        "lease_s": {"type": "int", "default": 600},
        "states": {"type": "list", "elements": "str", "default": ["queued", "approved"], "choices": list(CLAIMABLE)},
        "devices": {"type": "list", "elements": "str"},
    }

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        worker = args["worker"] or self.shared("worker")
        if not worker:
            raise NotValid("a claim needs the name of the worker; set the option worker or the variable forestage_worker")
        store = self.open()
        wanted = {name: args[name] for name in ("limit", "lease_s", "states", "devices")}
        store.require_intact()
        jobs = store.claim(worker, **wanted, now=self.now, actor=self.actor)
        return {"changed": store.changed, "jobs": jobs, "worker": worker, "stopped": store.stopped()}
