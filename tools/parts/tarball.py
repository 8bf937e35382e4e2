# SPDX-License-Identifier: GPL-3.0-or-later
"""The artifact as Galaxy would take it: built, then read by galaxy-importer."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from .result import Part, run_quietly

FOLDER = Path(".cache/tarball")
SETTINGS = "[galaxy-importer]\nLOG_LEVEL_MAIN = INFO\nRUN_ANSIBLE_TEST = False\nRUN_ANSIBLE_DOC = True\nCHECK_REQUIRED_TAGS = True\n"


def run() -> Part:
    """Build into a folder of its own and import; both must succeed without a complaint."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    built = run_quietly("ansible-galaxy collection build", ["ansible-galaxy", "collection", "build", "--output-path", str(FOLDER)])
    artifact = next(FOLDER.glob("*.tar.gz"), None)
    if artifact is None:
        return built
    settings = FOLDER / "galaxy-importer.cfg"
    settings.write_text(SETTINGS, encoding="utf-8")
    env = {**os.environ, "GALAXY_IMPORTER_CONFIG": str(settings.resolve())}
    return run_quietly("galaxy-importer", [sys.executable, "-m", "galaxy_importer.main", artifact.name], cwd=FOLDER, env=env)
