# SPDX-License-Identifier: GPL-3.0-or-later
"""`fabric.json`: what a running fabric tells the processes that want to reach it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .kernel import started_at

FILE = "fabric.json"


def write(folder: Path, state: str, userns: bool, spec: dict[str, Any], digest: str, nodes: dict[str, Any]) -> None:
    """Replace the register; the calling process is the holder. `state` is ``starting`` or ``up``."""
    value = {
        "version": 1, "name": folder.name, "state": state, "userns": userns, "digest": digest,
        "holder_pid": os.getpid(), "holder_started": started_at(os.getpid()), "nodes": nodes, "spec": spec,
    }  # fmt: skip
    new = folder / f".{FILE}"
    new.write_text(json.dumps(value, indent=1), encoding="utf-8")
    new.replace(folder / FILE)


def read(folder: Path) -> dict[str, Any] | None:
    """The register of a fabric whose holder lives, else None (never built, removed, or its holder was killed)."""
    try:
        value: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    alive = value["holder_started"] is not None and started_at(value["holder_pid"]) == value["holder_started"]
    return value if alive else None
