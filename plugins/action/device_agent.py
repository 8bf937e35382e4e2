# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the agent on a device."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.forestage.network.plugins.plugin_utils.agent_install import COMMAND, InstallError, answer, request

ARGUMENTS = {
    "public_key": {"type": "str", "required": True, "no_log": False},
    "user": {"type": "str", "default": "forestage"},
    "hostname": {"type": "str"},
}


class ActionModule(ActionBase):
    """One program on the standard input of the device's Python: one round trip, nothing is left behind."""

    TRANSFERS_FILES = False
    _requires_connection = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _unused, args = self.validate_argument_spec(ARGUMENTS)
        device = str(self._task.delegate_to or (task_vars or {})["inventory_hostname"])
        try:
            if not getattr(self._connection.become, "pipelining", True):
                raise InstallError(f"cannot be reached with become method {self._connection.become.name}, which takes no input; use sudo.")
            program = request(str(args["public_key"]), str(args["user"]), str(args["hostname"] or device), check=self._task.check_mode)
            ended = self._low_level_execute_command(COMMAND, in_data=program)
            done = answer(ended["stdout"], ended["stderr"])
        except InstallError as error:
            return {**result, "failed": True, "changed": False, "msg": f"{device} {error}"}
        shown = {"diff": done["diff"]} if self._task.diff else {}
        return {**result, "failed": False, "changed": done["changed"], "agent": done["agent"], **shown}
