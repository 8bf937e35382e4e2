# SPDX-License-Identifier: GPL-3.0-or-later
"""What a process really loads: the engine no Ansible, the inventory plugin no analytics."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.unit.boundaries.sources import ROOT

BLOCK = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
"""
WITHOUT_ANSIBLE = BLOCK.format(absent=("ansible", "ansible_collections", "sqlalchemy", "alembic", "psycopg"))
EVERY_MODULE = (
    WITHOUT_ANSIBLE
    + """
import importlib, pkgutil, forecasting
names = [found.name for found in pkgutil.walk_packages(forecasting.__path__, "forecasting.") if not found.name.endswith("__main__")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""
)
HELP = (
    WITHOUT_ANSIBLE
    + """
import runpy
sys.argv = ["forecasting", "--help"]
runpy.run_module("forecasting", run_name="__main__")
"""
)
INVENTORY = """
import json, sys
from ansible.plugins.loader import init_plugin_loader, inventory_loader
init_plugin_loader([])
assert inventory_loader.get("forestage.network.queue") is not None
heavy = ("pandas", "numpy", "sklearn", "scipy", "statsmodels", "lightgbm", "pyarrow")
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules} & set(heavy))))
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-P", "-c", code], env=env, cwd=Path("/"), capture_output=True, text=True, check=False)


def test_every_module_of_the_engine_loads_where_ansible_is_not_installed() -> None:
    done = run(EVERY_MODULE)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10


def test_the_command_line_answers_where_ansible_is_not_installed() -> None:
    done = run(HELP)
    assert done.returncode == 0, done.stderr
    assert "recommend" in done.stdout


def test_the_inventory_plugin_loads_no_analytics() -> None:
    done = run(INVENTORY)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
