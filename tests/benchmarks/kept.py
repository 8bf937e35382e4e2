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

LIBRARIES = ("statsforecast", "mlforecast", "prophet")
Measured = tuple[Losses, float]


class Kept:
    """A folder of measurements; nothing is used again that other code, other libraries or another sample gave."""

    def __init__(self, folder: Path | None) -> None:
        own = b"".join(file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.py")))
        made_by = [hashlib.sha256(own).hexdigest(), *versions().items(), *((name, version(name)) for name in LIBRARIES)]
        self._folder = folder / hashlib.sha256(repr(made_by).encode()).hexdigest()[:16] if folder else None

    def once(self, name: str, measure: Callable[[], Measured]) -> Measured:
        """What is kept under a name, or what is measured now and kept."""
        if self._folder is None:
            return measure()
        file = self._folder / f"{name}.json"
        if file.is_file():
            found = json.loads(file.read_text(encoding="utf-8"))
            return {kind: np.array(values) for kind, values in found["losses"].items()}, found["seconds"]
        losses, seconds = measure()
        write_text(file, json.dumps({"seconds": seconds, "losses": {kind: values.tolist() for kind, values in losses.items()}}))
        return losses, seconds
