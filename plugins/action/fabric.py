# SPDX-License-Identifier: GPL-3.0-or-later
"""Build, restart, load or remove a virtual network."""

from __future__ import annotations

import json
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import FabricError
from ansible_collections.forestage.network.plugins.plugin_utils.fabric.states import bring

TEXT = {"type": "str", "default": ""}
FLOW = {
    "sender": {"type": "str", "required": True}, "receiver": {"type": "str", "required": True},
    "rate_bps": {"type": "float", "required": True}, "seconds": {"type": "float", "required": True},
    "protocol": {"type": "str", "choices": ["udp", "tcp"], "default": "udp"}, "port": {"type": "int", "default": 0},
    "source": TEXT, "address": TEXT, "size": {"type": "int", "default": 1200}, "name": TEXT,
}  # fmt: skip
ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent", "rebooted", "traffic"], "default": "present"},
    "spec": {"type": "dict"}, "spec_file": {"type": "path"}, "wait": {"type": "float", "default": 60.0},
    "nodes": {"type": "list", "elements": "str", "default": []},
    "flows": {"type": "list", "elements": "dict", "default": [], "options": FLOW},
}  # fmt: skip


class ActionModule(ActionBase):
    """Controller-side work."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        needs = [("state", "present", ("spec", "spec_file"), True), ("state", "rebooted", ("nodes",)), ("state", "traffic", ("flows",))]
        _unused, args = self.validate_argument_spec(ARGUMENTS, mutually_exclusive=[("spec", "spec_file")], required_if=needs)
        args = json.loads(json.dumps(args))  # plain values, not Ansible's tagged ones
        try:
            return {**result, "failed": False, **bring(args, self._task.check_mode)}
        except (FabricError, OSError) as error:
            raise AnsibleActionFail(str(error)) from None
