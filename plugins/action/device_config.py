# SPDX-License-Identifier: GPL-3.0-or-later
"""Transactional configuration of one device over the task's own connection."""

from __future__ import annotations

import json
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.forestage.network.plugins.plugin_utils.drivers import DeviceError, load
from ansible_collections.forestage.network.plugins.plugin_utils.drivers.connection import AgentTransport
from ansible_collections.forestage.network.plugins.plugin_utils.drivers.operations import NEEDS, carry_out

ARGUMENTS = {
    "state": {"type": "str", "required": True, "choices": list(NEEDS)},
    "platform": {"type": "str", "default": "frr_linux"},
    "change_id": {"type": "str"},
    "config": {"type": "dict"},
    "base_digest": {"type": "str"},
    "deadline": {"type": "float", "default": 60.0},
    "identity": {"type": "dict"},
    "new_connection": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    """One request to the device's agent; nothing is copied to the device."""

    TRANSFERS_FILES = False
    _requires_connection = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        rules = [("state", state, needs) for state, needs in NEEDS.items() if needs]
        _unused, args = self.validate_argument_spec(ARGUMENTS, required_if=rules)
        device = str(self._task.delegate_to or (task_vars or {})["inventory_hostname"])
        # JSON there and back: the device must get plain values, not Ansible's tagged ones
        wanted = json.loads(json.dumps({**args, "identity": args["identity"] or {"hostname": device}}))
        try:
            transport = AgentTransport(self._connection, device)
            if args["new_connection"]:
                transport.renew()
            changed, answer = carry_out(load(args["platform"])(transport), wanted, self._task.check_mode)
        except DeviceError as error:
            return {**result, "failed": True, "changed": False, "msg": f"{device}: {error}", "code": error.code, "device": error.answer}
        finished = {**result, "failed": False, "changed": changed, "device": answer}
        if "diff" in answer:
            finished["diff"] = {"prepared": answer["diff"]}
        return finished
