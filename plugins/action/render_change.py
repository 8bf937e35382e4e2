# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a candidate from a job and the running configurations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.forestage.network.plugins.plugin_utils.files import write_text
from ansible_collections.forestage.network.plugins.plugin_utils.templates import FOLDER, Catalogue, Guard, make_candidate

ARGUMENTS = {
    "job": {"type": "dict", "required": True},
    "running": {"type": "dict", "required": True},
    "templates": {"type": "path"},
    "never_block": {"type": "list", "elements": "str", "default": []},
    "management": {"type": "list", "elements": "str", "default": []},
    "widest_ipv4": {"type": "int", "default": 24},
    "widest_ipv6": {"type": "int", "default": 48},
    "dest": {"type": "path"},
}


class ActionModule(ActionBase):
    """Controller-side work: nothing is sent to a device."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _unused, args = self.validate_argument_spec(ARGUMENTS)
        guard = Guard(tuple(args["never_block"]), tuple(args["management"]), {4: args["widest_ipv4"], 6: args["widest_ipv6"]})
        try:
            catalogue = Catalogue(Path(args["templates"]) if args["templates"] else FOLDER)
            # JSON there and back: templates must see plain values, not Ansible's tagged ones.
            job, running = json.loads(json.dumps(args["job"])), json.loads(json.dumps(args["running"]))
            candidate = make_candidate(job, running, catalogue, guard)
        except KeyError as error:
            raise AnsibleActionFail(f"the job or a running configuration lacks {error}; hand it on as it came") from None
        except ValueError as error:
            raise AnsibleActionFail(str(error)) from None
        if args["dest"] and not self._task.check_mode:
            write_text(Path(args["dest"]), json.dumps(candidate, indent=1) + "\n")
        diffs = [{"prepared": entry["diff"]} for entry in candidate["devices"].values() if entry["diff"]]
        return {**result, "changed": False, "failed": False, "candidate": candidate, "diff": diffs}
