# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report is made from, read and checked before a line of it is written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contracts import check
from ..errors import InputError
from ..history import History, load_history
from ..ledger import read_ledger


@dataclass(frozen=True)
class Inputs:
    """A Provisioning Forecast, and what else is known: history, ledger entries, jobs, calibration."""

    forecast: Mapping[str, Any]
    history: History | None = None
    ledger: Sequence[Mapping[str, Any]] = ()
    jobs: Sequence[Mapping[str, Any]] = ()
    calibration: Mapping[str, Any] | None = None


def read(
    provisioning: Path,
    history: Path | None = None,
    mapping: Path | None = None,
    ledger: Path | None = None,
    jobs: Path | None = None,
    calibration: Path | None = None,
) -> Inputs:
    """Read every file that is given.

    Raises:
        InputError: when one is missing or is no JSON.
        ContractError: when one breaks its schema.
    """
    forecast = read_json(provisioning)
    check("provisioning_forecast", forecast, str(provisioning))
    learnt = read_json(calibration) if calibration else None
    if learnt is not None and not (isinstance(learnt, dict) and {"overall", "origins", "pools"} <= set(learnt)):
        raise InputError(f"{calibration} is no calibration; give the calibration.json that `outcome` wrote")
    return Inputs(
        forecast=forecast,
        history=load_history(history, mapping) if history else None,
        ledger=read_ledger(ledger) if ledger else (),
        jobs=_jobs(jobs) if jobs else (),
        calibration=learnt,
    )


def read_json(file: Path) -> Any:
    """The JSON value in `file`."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}); check the path") from None
    except ValueError as error:
        raise InputError(f"{file} is not JSON ({error}); write it again") from None


def _jobs(file: Path) -> list[dict[str, Any]]:
    value = read_json(file)
    listed = value.get("jobs") if isinstance(value, dict) else value
    if not isinstance(listed, list):
        raise InputError(f"{file} holds no list of jobs; give the jobs of the queue as a JSON list")
    for number, job in enumerate(listed, 1):
        check("job", job, f"{file} job {number}")
    return listed
