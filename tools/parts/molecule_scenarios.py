# SPDX-License-Identifier: GPL-3.0-or-later
"""Every Molecule scenario, each in an ephemeral folder of its own."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from .result import Part, run_quietly

GLOB = "molecule/*/molecule.yml"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
LINES = 30


def run() -> list[Part]:
    """Test each scenario from create to destroy; one `Part` each."""
    return [_scenario(path.parent.name) for path in sorted(Path().glob(GLOB))]


def _scenario(name: str) -> Part:
    with tempfile.TemporaryDirectory(prefix=f"forestage-molecule-{name}-") as folder:
        env = {**os.environ, "MOLECULE_GLOB": GLOB, "MOLECULE_EPHEMERAL_DIRECTORY": folder}
        return run_quietly(f"molecule/{name}", ["molecule", "test", "--scenario-name", name], env=env, told=reason)


def reason(output: str) -> str:
    """The last task that failed and what it said, at most `LINES` lines; where no task failed, the last lines."""
    lines = [line for line in COLOURS.sub("", output).splitlines() if line.strip(" │")]
    failures = [number for number, line in enumerate(lines) if "fatal: [" in line or "failed: [" in line]
    if not failures:
        return "\n".join(lines[-LINES:])
    start = max((number for number in range(failures[-1]) if "TASK [" in lines[number]), default=failures[-1])
    end = next((number for number in range(failures[-1], len(lines)) if "PLAY RECAP" in lines[number]), len(lines))
    return "\n".join(lines[max(start, end - LINES) : end])
