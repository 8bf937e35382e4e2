# SPDX-License-Identifier: GPL-3.0-or-later
"""Build, restart, load or remove a virtual network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric, FabricError
from ansible_collections.forestage.network.plugins.plugin_utils.fabric.converge import wait_converged
from ansible_collections.forestage.network.plugins.plugin_utils.fabric.place import folder_of
from ansible_collections.forestage.network.plugins.plugin_utils.fabric.traffic import Flow, run_flows, start_flows

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
Result = dict[str, Any]


class ActionModule(ActionBase):
    """Controller-side work."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        result = super().run(tmp, task_vars)
        needs = [("state", "present", ("spec", "spec_file"), True), ("state", "rebooted", ("nodes",)), ("state", "traffic", ("flows",))]
        _, args = self.validate_argument_spec(ARGUMENTS, mutually_exclusive=[("spec", "spec_file")], required_if=needs)
        args = json.loads(json.dumps(args))  # plain values, not Ansible's tagged ones
        try:
            return {**result, "failed": False, **getattr(self, f"_{args['state']}")(args["name"], args)}
        except (FabricError, OSError) as error:
            raise AnsibleActionFail(str(error)) from None

    def _present(self, name: str, args: Result) -> Result:
        spec, source = (args["spec"], "spec") if args["spec"] else _read(Path(args["spec_file"]))
        changed = Fabric.would_build(name, spec, source)
        if self._task.check_mode:
            return {"changed": changed}
        return {"changed": changed, **_settled(Fabric.create(name, spec, source), args["wait"])}

    def _absent(self, name: str, _args: Result) -> Result:
        return {"changed": folder_of(name).exists() if self._task.check_mode else Fabric.remove(name)}

    def _rebooted(self, name: str, args: Result) -> Result:
        fabric = Fabric.load(name)
        if self._task.check_mode:
            return {"changed": True}
        fabric.reboot(*args["nodes"])
        return {"changed": True, **_settled(fabric, args["wait"])}

    def _traffic(self, name: str, args: Result) -> Result:
        fabric, flows = Fabric.load(name), [Flow(**flow) for flow in args["flows"]]
        if self._task.check_mode:
            return {"changed": True}
        if args["wait"]:
            return {"changed": True, "traffic": run_flows(fabric, flows)}
        start_flows(fabric, flows)
        return {"changed": True}


def _read(path: Path) -> tuple[Any, str]:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8")), str(path)
    except (OSError, yaml.YAMLError) as error:
        raise FabricError(f"{path} cannot be read as a specification: {' '.join(str(error).split())}") from None


def _settled(fabric: Fabric, seconds: float) -> Result:
    waited = {"converged_seconds": round(wait_converged(fabric, seconds), 2)} if seconds else {}
    return {"fabric": fabric.facts(), **waited}
