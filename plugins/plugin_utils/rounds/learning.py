# SPDX-License-Identifier: GPL-3.0-or-later
"""A round of learning: predictions that have matured are measured against what came."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import engine
from .files import read_json, read_lines, write_lines

OUTCOMES = "outcomes.jsonl"
CALIBRATION = "calibration.json"


@dataclass(frozen=True)
class Measured:
    """Outcomes (schema ``outcome``), the calibration over all matured predictions, and the engine's summary."""

    outcomes: list[dict[str, Any]]
    calibration: dict[str, Any]
    summary: dict[str, Any]


def measure(
    history: str,
    as_of: str,
    ledger: Iterable[Mapping[str, Any]],
    jobs: Iterable[Mapping[str, Any]],
    folder: Path,
    listener: engine.Listener,
    mapping: str | None = None,
) -> Measured:
    """Ask the engine what became of the predictions in `ledger`; its files are left in `folder`.

    Args:
        history: what was measured.
        as_of: the time up to which it counts.
        ledger: predictions (schema ``ledger_entry``), those without an outcome included.
        jobs: the queue's jobs with their documents: what was deployed when.
        folder: where the engine's files go.
        listener: hears progress and warnings.
        mapping: what the series of a single file are.

    Raises:
        EngineError: bad input; nothing was made.
    """
    with tempfile.TemporaryDirectory(prefix="forestage-round-") as name:
        asked = Path(name)
        options: dict[str, Any] = {
            "history": history,
            "as-of": as_of,
            "out": str(folder),
            "mapping": mapping,
            "ledger": str(write_lines(asked / "ledger.jsonl", ledger)),
            "deployments": str(write_lines(asked / "jobs.jsonl", jobs)),
        }
        summary = engine.run("outcome", options, listener)
    return Measured(read_lines(folder / OUTCOMES), read_json(folder / CALIBRATION), summary)
