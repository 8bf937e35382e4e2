# SPDX-License-Identifier: GPL-3.0-or-later
"""Rehearse one change on a virtual copy that is up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import FabricError
from ansible_collections.forestage.network.plugins.plugin_utils.files import write_text
from ansible_collections.forestage.network.plugins.plugin_utils.staging.lab import Lab, StagingError
from ansible_collections.forestage.network.plugins.plugin_utils.staging.plan import Plan
from ansible_collections.forestage.network.plugins.plugin_utils.staging.rehearsal import baseline, not_rehearsed, rehearse, spoilt

ARGUMENTS = {"plan": {"type": "path", "required": True}, "dest": {"type": "path", "required": True}, "change_id": {"type": "str"}}


class ActionModule(ActionBase):
    """Work on the machine where the copy runs."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _unused, args = self.validate_argument_spec(ARGUMENTS)
        folder, change_id = Path(args["dest"]), args["change_id"]
        try:
            lab = Lab(Plan(**json.loads(Path(args["plan"]).read_text(encoding="utf-8"))))
            if change_id:
                base = json.loads((folder / "baseline.json").read_text(encoding="utf-8"))
                left = spoilt(json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json"))
                found = not_rehearsed(str(change_id), left) if left else rehearse(lab, str(change_id), base)
            else:
                lab.prepare()
                found = baseline(lab)
        except (StagingError, FabricError, OSError, ValueError, KeyError) as error:
            raise AnsibleActionFail(f"the rehearsal stopped: {error}") from None
        write_text(folder / (f"{change_id}.json" if change_id else "baseline.json"), json.dumps(found) + "\n")
        told = {"refused": found.get("refused", ""), "stopped": found.get("stopped", ""), "untested": sorted(found.get("untested", {}))}
        return {**result, "changed": False, "failed": False, **told}
