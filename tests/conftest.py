# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test may rely on: the collection can be imported, and nothing reads or writes the home of whoever runs it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
COLLECTIONS = ROOT / ".cache" / "collections"


def _link_collection() -> None:
    link = COLLECTIONS / "ansible_collections" / "forestage" / "network"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(ROOT, target_is_directory=True)


def _isolate() -> None:
    os.environ["ANSIBLE_HOME"] = str(ROOT / ".cache" / "ansible")
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(COLLECTIONS)
    os.environ["ANSIBLE_CONFIG"] = str(ROOT / "tests" / "ansible.cfg")
    os.environ["ANSIBLE_NOCOLOR"] = "1"
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for name in ("FORESTAGE_QUEUE_URL", "ANSIBLE_STRATEGY", "ANSIBLE_INVENTORY"):
        os.environ.pop(name, None)


def _install_loader() -> None:
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader([str(COLLECTIONS)])


# No test passes or fails by its speed, and what continuous integration tries is the same each time.
settings.register_profile("forestage", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("forestage")
_link_collection()
_isolate()
_install_loader()


@pytest.fixture(scope="session")
def root() -> Path:
    """The collection's folder."""
    return ROOT


@pytest.fixture(scope="session")
def benchmark_data() -> Path:
    """The folder of public benchmark series; the test is skipped, and counted as such, without it."""
    folder = os.environ.get("FORESTAGE_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("FORESTAGE_DATA names no folder of benchmark data")
    return Path(folder).resolve()
