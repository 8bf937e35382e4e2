# SPDX-License-Identifier: GPL-3.0-or-later
"""Every static check, two at a time; each counts as one test."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from . import documentation, sanity, tarball
from .result import Part, run_quietly

TREE = Path(".cache/collections")
PACKAGE = "ansible_collections.forestage.network"
STRICT = ("forecasting", "plugins.plugin_utils")
AT_ONCE = 2


def run() -> list[Part]:
    """All of them, the long ones first."""
    checks: list[Callable[[], Part]] = [
        sanity.run,
        _mypy,
        partial(run_quietly, "ansible-lint", ["ansible-lint", "--nocolor", "-q"]),
        tarball.run,
        documentation.run,
        partial(run_quietly, "ruff check", ["ruff", "check", "--quiet", "."]),
        partial(run_quietly, "ruff format", ["ruff", "format", "--check", "--quiet", "."]),
        partial(run_quietly, "yamllint", ["yamllint", "--strict", "."]),
        partial(run_quietly, "antsibull-changelog", ["antsibull-changelog", "lint"]),
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda check: check(), checks))


def _mypy() -> Part:
    """Through the collection tree, so that every module has the one name that Ansible gives it."""
    packages = [word for name in STRICT for word in ("-p", f"{PACKAGE}.{name}")]
    settings = str(Path("pyproject.toml").resolve())
    env = {**os.environ, "MYPYPATH": "."}
    return run_quietly("mypy --strict", [sys.executable, "-m", "mypy", "--config-file", settings, *packages], cwd=TREE, env=env)
