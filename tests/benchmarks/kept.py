# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured stays on disk, forecaster by forecaster, so that a benchmark of hours can be stopped and taken up again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
from losses import Losses

from forecasting.files import write_text
from forecasting.versions import versions

LIBRARIES = ("numpy", "pandas", "lightgbm", "statsforecast", "mlforecast", "prophet")
PEERS_CODE = (
    "tests/benchmarks/peers.py",
    "tests/benchmarks/losses.py",
    "forecasting/benchmark.py",
    "forecasting/metrics.py",
    "forecasting/panel.py",
    "forecasting/models/naive.py",
    "forecasting/models/seasonal_naive.py",
)
ROOT = Path(__file__).resolve().parents[2]
Measured = tuple[Losses, float]


class Kept:
    """A folder of measurements; nothing is used again that other code or other libraries gave. What peers gave outlives our own changes."""

    def __init__(self, folder: Path | None) -> None:
        libraries = [version(name) for name in LIBRARIES]
        code = b"".join((ROOT / name).read_bytes() for name in PEERS_CODE)
        digests = {"peers": code + repr(libraries).encode(), "own": code + repr(versions()).encode()}
        self._folders = (
            {kind: folder / f"{kind}-{hashlib.sha256(digest).hexdigest()[:16]}" for kind, digest in digests.items()} if folder else {}
        )

    def once(self, name: str, measure: Callable[[], Measured], own: bool) -> Measured:
        """What is kept under a name, or what is measured now and kept. own: whether the engine's code has to do with it."""
        if not self._folders:
            return measure()
        file = self._folders["own" if own else "peers"] / f"{name}.json"
        if file.is_file():
            found = json.loads(file.read_text(encoding="utf-8"))
            return {kind: np.array(values) for kind, values in found["losses"].items()}, found["seconds"]
        losses, seconds = measure()
        write_text(file, json.dumps({"seconds": seconds, "losses": {kind: values.tolist() for kind, values in losses.items()}}))
        return losses, seconds
