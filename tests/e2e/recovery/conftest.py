# SPDX-License-Identifier: GPL-3.0-or-later
"""One star of routers for all tests of recovery."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric

from .lab import Lab, star


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    fabric = Fabric.create(f"recovery{os.getpid()}", star(3))
    try:
        lab = Lab(fabric, tmp_path_factory.mktemp("recovery"))
        lab.run("bootstrap")
        yield lab
    finally:
        fabric.destroy()
