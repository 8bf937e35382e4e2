# SPDX-License-Identifier: GPL-3.0-or-later
"""What decides on the digits of a result, in this process and in another."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from .errors import InputError

DECISIVE = ("numpy", "pandas", "pyarrow", "scikit-learn", "lightgbm", "statsmodels", "distributed")


@cache
def versions() -> dict[str, str]:
    """Package → version in this process; "" where it is not installed."""
    found = {"forecasting": f"sources {_sources()}", "python": platform.python_version()}
    for name in DECISIVE:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = ""
    return found


def _sources() -> str:
    """A digest of the engine's code: two checkouts may bear the same version number."""
    digest, root = hashlib.sha256(), Path(__file__).parent
    for file in sorted(root.rglob("*.py")):
        digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def compare(where: str, theirs: Any, ours: dict[str, str]) -> None:
    """Refuse what differs: raises `InputError` with the first package, or with `theirs` where that is no answer but an error."""
    if not isinstance(theirs, dict):
        raise InputError(f"{where} cannot run this engine ({theirs}); install it there, and put its folder on PYTHONPATH")
    for name, here in ours.items():
        there = theirs.get(name, "")
        if there != here:
            raise InputError(f"{where} has {name} {there or 'not at all'}, and here it is {here}; install the same on both sides")
