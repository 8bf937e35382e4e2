# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent's file as the controller knows it: its version, its checksum, and its own idea of canonical form.

The agent is a single file that must stand alone on the device. Loading that same file here, rather than
writing its rules twice, keeps both sides of a digest in step.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Mapping
from functools import cache
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

FILE = Path(__file__).resolve().parents[3] / "roles" / "bootstrap" / "files" / "forestage_agent.py"
PROTOCOL = 1
COMMAND = "/usr/local/sbin/forestage-agent"


class _Loader(SourceFileLoader):
    """Keeps no compiled copy: an installed collection is not written to."""

    def set_data(self, path: str, data: object, *, _mode: int = 0o666) -> None:
        """Drop the bytecode."""


@cache
def agent() -> ModuleType:
    """The agent's file as a module; it does nothing when imported."""
    name = "forestage_agent"
    spec = importlib.util.spec_from_loader(name, _Loader(name, str(FILE)))
    if spec is None or spec.loader is None:
        raise ImportError(f"{FILE} cannot be loaded as a module; install the collection again")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def checksum() -> str:
    """SHA-256 (hex) of the file that bootstrap installs."""
    return hashlib.sha256(FILE.read_bytes()).hexdigest()


def canonical(config: Mapping[str, Any]) -> dict[str, Any]:
    """A whole device configuration, other programs' nftables tables too, in the agent's one form."""
    form: dict[str, Any] = agent().canonical(config)
    return form


def digest(config: Mapping[str, Any]) -> str:
    """SHA-256 (hex) over what the agent answers for: the canonical form with the nftables tables ``forestage_…`` alone."""
    return str(agent().digest(config))


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Unified diff of what the agent answers for in two configurations, secrets masked."""
    return str(agent().difference(before, after))


def htb(rate: int, ceil: int, prio: int) -> list[str]:
    """The words with which the agent tells tc how fast a class of a shaper is (kbit/s)."""
    return str(agent().htb(rate, ceil, prio)).split()
