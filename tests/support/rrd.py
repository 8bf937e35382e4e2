# SPDX-License-Identifier: GPL-3.0-or-later
"""Real RRD files, written by rrdtool as LibreNMS and Cacti do."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

BATCH = 2000
LIBRENMS = ("RRA:AVERAGE:0.5:1:2016", "RRA:AVERAGE:0.5:6:1440", "RRA:AVERAGE:0.5:24:1440", "RRA:AVERAGE:0.5:288:1440", "RRA:MAX:0.5:6:1440")


def require_rrdtool() -> str:
    found = shutil.which("rrdtool")
    if found is None:
        raise RuntimeError("rrdtool is not installed; install the package rrdtool")
    return found


def make(path: Path, sources: Sequence[str], begin: int, step_s: int = 300, archives: Sequence[str] = LIBRENMS) -> Path:
    """Create a file whose data sources are written like ``INOCTETS:DERIVE``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    definitions = [f"DS:{source}:{2 * step_s}:0:U" for source in sources]
    command = [require_rrdtool(), "create", str(path), "--start", str(begin - step_s), "--step", str(step_s)]
    subprocess.run([*command, *definitions, *archives], check=True, capture_output=True)
    return path


def update(path: Path, times: Iterable[int], values: Callable[[int], Sequence[object]]) -> None:
    """Store what `values` says for each time; None is unknown."""
    rows = [":".join([str(at), *("U" if value is None else str(value) for value in values(at))]) for at in times]
    for first in range(0, len(rows), BATCH):
        subprocess.run([require_rrdtool(), "update", str(path), *rows[first : first + BATCH]], check=True, capture_output=True)
