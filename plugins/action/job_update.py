# SPDX-License-Identifier: GPL-3.0-or-later
"""Move a job on: a step, an approval, a longer lease, documents, what the device says."""

from __future__ import annotations

from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.queue import NotFound, Store
from ansible_collections.forestage.network.plugins.plugin_utils.queue.states import DEVICE_SAYS, STATES
from ansible_collections.forestage.network.plugins.plugin_utils.queue_action import QueueAction


class ActionModule(QueueAction):
    ARGUMENTS = {  # noqa: RUF012
        "change_id": {"type": "str"},
        "state": {"type": "str", "choices": [state for state in STATES if state != "claimed"]},
        "why": {"type": "str", "default": ""},
        "worker": {"type": "str"},
        "documents": {"type": "dict"},
        "device_says": {"type": "str", "choices": list(DEVICE_SAYS)},
        "lease_s": {"type": "int"},
        "hold": {"type": "list", "elements": "str", "default": []},
        "attempted": {"type": "bool", "default": True},
        "put_down": {"type": "bool", "default": False},
        "release_held": {"type": "bool", "default": False},
    }
    RULES = {  # noqa: RUF012
        "mutually_exclusive": [("change_id", "release_held"), ("state", "device_says", "put_down")],
        "required_one_of": [("change_id", "release_held")],
    }

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        store = self.open()
        why = args["why"] or f"by {self.actor}"
        if args["release_held"]:
            return {"released": store.release_held(actor=self.actor, why=why, now=self.now), "changed": store.changed}
        change_id = args["change_id"]
        found = store.jobs(change_ids=[change_id], now=self.now)
        if not found:
            raise NotFound(f"the queue has no change {change_id}; list the jobs with forestage.network.job_info")
        steps = self._steps(store, args, found[0]["state"], why, args["worker"] or self.shared("worker"))
        job, changed = found[0], False
        for step in steps:
            job = step()
            changed |= store.changed
        diff = {"before": {"state": found[0]["state"]}, "after": {"state": job["state"]}}
        return {"changed": changed, "job": job, **({"diff": diff} if self._task.diff else {})}

    def _steps(self, store: Store, args: dict[str, Any], present: str, why: str, worker: str) -> list[Any]:
        """What to do, in order."""
        change_id, state, documents = args["change_id"], args["state"], args["documents"]
        who = {"actor": self.actor, "why": why, "now": self.now}
        worked = {"worker": worker, "documents": documents, **who}
        steps = []
        if args["lease_s"] is not None and not args["device_says"]:
            steps.append(lambda: store.renew(change_id, worker, args["lease_s"]))
        if args["hold"]:
            steps.append(lambda: store.hold(change_id, worker, args["hold"]))
        if args["device_says"]:
            steps.append(lambda: store.recover(change_id, args["device_says"], lease_s=args["lease_s"] or 600, **worked))
        elif state in ("approved", "rejected") and state != present:
            decide = store.approve if state == "approved" else store.reject
            steps.append(lambda: decide(change_id, **who))
        elif state and state != present:
            steps.append(lambda: store.transition(change_id, state, attempted=args["attempted"], **worked))
        elif documents:
            steps.append(lambda: store.attach(change_id, **worked))
        return [*steps, lambda: store.drop_lease(change_id, worker, now=self.now)] if args["put_down"] else steps
