# SPDX-License-Identifier: GPL-3.0-or-later
"""Take the verdicts that a staging host has returned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.forestage.network.forecasting.contracts import ContractError, check
from ansible_collections.forestage.network.plugins.plugin_utils.files import write_text

ARGUMENTS = {
    "answer": {"type": "dict"},
    "kept": {"type": "dict", "default": {}},
    "subjects": {"type": "dict", "default": {}},
    "host": {"type": "str", "required": True},
    "folder": {"type": "path", "required": True},
}


class ActionModule(ActionBase):
    """Controller-side work: check, and keep in the folder of each change."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _unused, args = self.validate_argument_spec(ARGUMENTS)
        args = json.loads(json.dumps(args))  # plain values, not Ansible's tagged ones
        new, not_run = self._new(args) if args["answer"] else ({}, {})
        return {**result, "changed": False, "failed": False, "verdicts": {**args["kept"], **new}, "not_run": not_run}

    def _new(self, args: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """The verdicts of this run, checked and kept in files, and why there are none of the other changes."""
        ran = args["answer"]
        if ran.get("rc") != 0:
            said = " ".join(str(ran.get("stderr") or ran.get("msg") or "it said nothing").split())[-1800:]
            raise AnsibleActionFail(f"staging on {args['host']} did not run: {said}")
        try:
            answer = json.loads(ran["stdout"])
            for change_id, verdict in answer["verdicts"].items():
                if args["subjects"].get(change_id):
                    verdict["subject"] = args["subjects"][change_id]
                check("verdict", verdict, f"the verdict of change {change_id} from {args['host']}")
        except (KeyError, json.JSONDecodeError):
            raise AnsibleActionFail(f"{args['host']} answered with something else than verdicts; is its collection intact?") from None
        except ContractError as error:
            raise AnsibleActionFail(str(error)) from None
        for change_id, verdict in answer["verdicts"].items() if not self._task.check_mode else ():
            write_text(Path(args["folder"], change_id, "verdict.json"), json.dumps(verdict, indent=1) + "\n")
            write_text(Path(args["folder"], change_id, "staging.junit.xml"), answer["junit"][change_id] + "\n")
        return answer["verdicts"], answer.get("not_run", {})
