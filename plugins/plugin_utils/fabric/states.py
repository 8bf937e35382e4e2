# SPDX-License-Identifier: GPL-3.0-or-later
"""What each `state` of the module does; with `dry` only what would be changed is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from .converge import wait_converged
from .errors import FabricError
from .live import Fabric
from .place import folder_of
from .traffic import Flow, run_flows, start_flows

Result = dict[str, Any]


def bring(args: Result, dry: bool) -> Result:
    """Bring a fabric to `args["state"]`; `args` are the module's options. Returns changed, and what the module documents."""
    return {"present": _present, "absent": _absent, "rebooted": _rebooted, "traffic": _traffic}[args["state"]](args["name"], args, dry)


def _present(name: str, args: Result, dry: bool) -> Result:
    spec, source = (args["spec"], "spec") if args["spec"] else _read(Path(args["spec_file"]))
    changed = Fabric.would_build(name, spec, source)
    return {"changed": changed, **({} if dry else _settled(Fabric.create(name, spec, source), args["wait"]))}


def _absent(name: str, _args: Result, dry: bool) -> Result:
    return {"changed": folder_of(name).exists() if dry else Fabric.remove(name)}


def _rebooted(name: str, args: Result, dry: bool) -> Result:
    fabric = Fabric.load(name)
    if dry:
        return {"changed": True}
    fabric.reboot(*args["nodes"])
    return {"changed": True, **_settled(fabric, args["wait"])}


def _traffic(name: str, args: Result, dry: bool) -> Result:
    fabric, flows = Fabric.load(name), [Flow(**flow) for flow in args["flows"]]
    if dry:
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
