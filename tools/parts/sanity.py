# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test sanity: it wants a git checkout at …/ansible_collections/forestage/network, so it gets a copy."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from .result import Part, run_quietly

HOME = Path(".cache/sanity/home")
TREE = Path(".cache/sanity/ansible_collections/forestage/network")
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
COMMAND = ["ansible-test", "sanity", "--venv", "--python", VERSION, "--color", "no", "-v"]


def run() -> Part:
    """Run every sanity test over what git knows here; its environments are kept in ``.cache``."""
    _copy_checkout()
    _stand_in_for_get_pip()
    env = {**os.environ, "HOME": str(HOME.resolve()), "PYTHONPATH": ""}
    return run_quietly("ansible-test sanity", COMMAND, cwd=TREE, env=env)


def _copy_checkout() -> None:
    listing = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], check=True, capture_output=True, text=True).stdout
    shutil.rmtree(TREE, ignore_errors=True)
    for name in filter(None, listing.split("\0")):
        source, target = Path(name), TREE / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=TREE, check=True)


def _stand_in_for_get_pip() -> None:
    """ansible-test fetches a script to bring pip into its environments; Python's own ensurepip does as well."""
    spec = find_spec("ansible_test")
    locations = list(spec.submodule_search_locations or []) if spec else []
    code = (Path(locations[0]) / "_internal" / "python_requirements.py").read_text(encoding="utf-8")
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in set(re.findall(r"pip='([0-9.]+)'", code)):
        script = cache / f"get_pip_{version.replace('.', '_')}.py"
        script.write_text("import ensurepip\n\nensurepip.bootstrap(upgrade=True, default_pip=True)\n", encoding="utf-8")
