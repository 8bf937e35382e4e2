# SPDX-License-Identifier: GPL-3.0-or-later
"""Every Molecule scenario, each in an ephemeral folder of its own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .result import Part, run_quietly

GLOB = "molecule/*/molecule.yml"


def run() -> list[Part]:
    """Test each scenario from create to destroy; one `Part` each."""
    return [_scenario(path.parent.name) for path in sorted(Path().glob(GLOB))]


def _scenario(name: str) -> Part:
    with tempfile.TemporaryDirectory(prefix=f"forestage-molecule-{name}-") as folder:
        env = {**os.environ, "MOLECULE_GLOB": GLOB, "MOLECULE_EPHEMERAL_DIRECTORY": folder}
        return run_quietly(f"molecule/{name}", ["molecule", "test", "--scenario-name", name], env=env)
