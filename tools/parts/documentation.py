# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-doc must be able to show every plugin and every role."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

from .result import Part

NAMESPACE = "forestage.network"
KINDS = {"modules": "module", "inventory": "inventory", "connection": "connection", "lookup": "lookup", "filter": "filter"}


def run() -> Part:
    """One check over all of them; names what has no documentation."""
    started = time.monotonic()
    missing = [problem for kind, names in sorted(_expected().items()) for problem in _undocumented(kind, names)]
    good = not missing
    print(f"{'ok    ' if good else 'FAILED'} ansible-doc ({time.monotonic() - started:.1f} s)", *missing, sep="\n", flush=True)
    return Part("ansible-doc", time.monotonic() - started, passed=int(good), failed=int(not good))


def _expected() -> dict[str, list[str]]:
    found = {kind: sorted(path.stem for path in Path("plugins", folder).glob("[a-z]*.py")) for folder, kind in KINDS.items()}
    found["role"] = sorted(path.parent.name for path in Path("roles").glob("*/meta"))
    return {kind: [f"{NAMESPACE}.{name}" for name in names] for kind, names in found.items() if names}


def _undocumented(kind: str, names: list[str]) -> list[str]:
    command = ["ansible-doc", "--json", "--type", kind, *names]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        return [f"ansible-doc --type {kind}: {done.stderr.strip()[-500:]}"]
    shown = json.loads(done.stdout)
    return [f"{kind} {name} has no documentation" for name in names if not shown.get(name)]
