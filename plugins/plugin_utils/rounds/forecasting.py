# SPDX-License-Identifier: GPL-3.0-or-later
"""A round of forecasting: what the queue knows goes to the engine, what the engine recommends comes back checked."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import check

from .. import engine
from .files import read_json, read_lines, write_json, write_lines

FORECAST = "provisioning_forecast.json"
LEDGER = "ledger.jsonl"


@dataclass(frozen=True)
class Question:
    """What a round is asked. `running` are device facts by name; `ledger` and `change_log` come out of the queue."""

    history: str
    policies: str
    as_of: str
    mapping: str | None = None
    forecast: str | None = None
    running: Mapping[str, Any] = field(default_factory=dict)
    ledger: Iterable[Mapping[str, Any]] = ()
    change_log: Iterable[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Answer:
    """A Provisioning Forecast and the prediction-ledger entries of the same round, both as their schemas want them."""

    forecast: dict[str, Any]
    entries: list[dict[str, Any]]


def recommend(question: Question, folder: Path, listener: engine.Listener) -> Answer:
    """Ask the engine; its files are left in `folder`.

    Raises:
        EngineError: bad input; nothing was made.
        ContractError: the engine's answer breaks its schema.
    """
    with tempfile.TemporaryDirectory(prefix="forestage-round-") as name:
        asked = Path(name)
        options: dict[str, Any] = {
            "history": question.history,
            "policies": question.policies,
            "as-of": question.as_of,
            "out": str(folder),
            "mapping": question.mapping,
            "forecast": question.forecast,
            "ledger": str(write_lines(asked / LEDGER, question.ledger)),
            "running": str(write_json(asked / "running.json", question.running)),
            "change-log": str(write_lines(asked / "change_log.jsonl", question.change_log)),
        }
        engine.run("recommend", options, listener)
    forecast = read_json(folder / FORECAST)
    check("provisioning_forecast", forecast, str(folder / FORECAST))
    return Answer(forecast, read_lines(folder / LEDGER))
