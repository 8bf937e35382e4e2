# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the evidence of rehearsals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.forestage.network.plugins.plugin_utils.checks.golden import FILE, load_rules
from ansible_collections.forestage.network.plugins.plugin_utils.checks.verdict import junit
from ansible_collections.forestage.network.plugins.plugin_utils.files import write_text
from ansible_collections.forestage.network.plugins.plugin_utils.staging.plan import Plan
from ansible_collections.forestage.network.plugins.plugin_utils.staging.result import verdicts_of

ARGUMENTS = {
    "plan": {"type": "path", "required": True},
    "evidence": {"type": "path", "required": True},
    "rules": {"type": "path"},
    "dest": {"type": "path"},
}


class ActionModule(ActionBase):
    """Pure judgement: files in, verdicts out."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _unused, args = self.validate_argument_spec(ARGUMENTS)
        folder = Path(args["evidence"])
        try:
            plan = Plan(**_read(Path(args["plan"])))
            rehearsed = {path.stem: _read(path) for path in sorted(folder.glob("*.json")) if path.stem in plan.changes}
            verdicts = verdicts_of(plan, _read(folder / "baseline.json"), rehearsed, load_rules(Path(args["rules"] or FILE)))
        except (OSError, ValueError, KeyError) as error:
            raise AnsibleActionFail(f"the evidence in {folder} cannot be judged: {error}") from None
        if args["dest"] and not self._task.check_mode:
            answer = {"verdicts": verdicts, "junit": {change_id: junit([verdict]) for change_id, verdict in verdicts.items()}}
            write_text(Path(args["dest"]), json.dumps(answer) + "\n")
        return {**result, "changed": False, "failed": False, "verdicts": verdicts}


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
