# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the queue: jobs, their history, what must be asked of devices, what is overdue, the stop switch, the check of the history."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.queue.states import STATES
from ansible_collections.forestage.network.plugins.plugin_utils.queue_action import QueueAction

GATHER = ("jobs", "history", "unfinished", "stopped", "change_log", "chain", "overdue")


class ActionModule(QueueAction):
    ARGUMENTS = {  # noqa: RUF012
        "gather": {"type": "list", "elements": "str", "choices": list(GATHER), "default": ["jobs", "stopped"]},
        "states": {"type": "list", "elements": "str", "choices": list(STATES)},
        "devices": {"type": "list", "elements": "str"},
        "change_ids": {"type": "list", "elements": "str"},
        "documents": {"type": "bool", "default": False},
    }

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        store, wanted = self.open(), args["gather"]
        found: dict[str, Any] = {"changed": False}
        if "jobs" in wanted or "history" in wanted:
            chosen = {name: args[name] for name in ("states", "devices", "change_ids", "documents")}
            jobs = store.jobs(**chosen, now=self.now)
            if "jobs" in wanted:
                found["jobs"] = jobs
            if "history" in wanted:
                found["history"] = {job["change_id"]: store.history(job["change_id"]) for job in jobs}
        if "unfinished" in wanted:
            found["unfinished"] = store.unfinished()
        if "stopped" in wanted:
            found["stopped"] = store.stopped()
        if "change_log" in wanted:
            found["change_log"] = store.change_log()
        if "chain" in wanted:
            report = store.verify_chain()
            found["chain"] = {**asdict(report), "intact": report.intact}
        if "overdue" in wanted:
            found["overdue"] = store.overdue(now=self.now)
            found["warnings"] = [line["sentence"] for line in found["overdue"]]
        return found
