# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan the rehearsal of changes."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.forestage.network.plugins.plugin_utils.files import write_text
from ansible_collections.forestage.network.plugins.plugin_utils.staging.plan import in_lanes, make_plan
from ansible_collections.forestage.network.plugins.plugin_utils.staging.reuse import kept_verdicts, subject_of
from ansible_collections.forestage.network.plugins.plugin_utils.staging.run import COLLECTION, version_of
from ansible_collections.forestage.network.plugins.plugin_utils.templates import FOLDER, Catalogue

ARGUMENTS = {
    "items": {"type": "list", "elements": "dict", "required": True},
    "templates": {"type": "path"},
    "management": {"type": "dict", "default": {}},
    "radius": {"type": "int", "default": 1},
    "settle_s": {"type": "float", "default": 60.0},
    "traffic_mbit": {"type": "float", "default": 40.0},
    "measure_s": {"type": "float", "default": 1.0},
    "rules": {"type": "str"},
    "verdict_age_h": {"type": "float", "default": 24.0},
    "lanes": {"type": "int", "default": 1},
    "dest": {"type": "path"},
}


class ActionModule(ActionBase):
    """Controller-side work: configurations in, a plan out."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _unused, args = self.validate_argument_spec(ARGUMENTS)
        args = json.loads(json.dumps(args))  # plain values, not Ansible's tagged ones
        options = {name: args[name] for name in ("radius", "settle_s", "traffic_mbit", "measure_s")}
        try:
            catalogue, version = Catalogue(Path(args["templates"] or FOLDER)), version_of(COLLECTION)
            limits: dict[str, Any] = {"management": args["management"], "options": options}
            subjects = {
                item["job"]["change_id"]: subject_of(item, catalogue, rules=args["rules"], version=version, **limits)
                for item in args["items"]
            }
            kept = kept_verdicts(args["items"], subjects, now=datetime.now(UTC), max_age=timedelta(hours=args["verdict_age_h"]))
            left = [item for item in args["items"] if item["job"]["change_id"] not in kept]
            lanes = in_lanes(left, args["lanes"])
            plans = [make_plan(lane, catalogue, fabric=f"stage-{uuid.uuid4().hex[:12]}", **limits).as_value() for lane in lanes]
        except KeyError as error:
            raise AnsibleActionFail(f"an item to stage lacks {error}; give job, candidate and running") from None
        except ValueError as error:
            raise AnsibleActionFail(str(error)) from None
        if args["dest"] and not self._task.check_mode:
            write_text(Path(args["dest"]), json.dumps(plans[0]) + "\n")
        return {**result, "changed": False, "failed": False, "plans": plans, "kept": kept, "subjects": subjects, "version": version}
