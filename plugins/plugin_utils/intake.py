# SPDX-License-Identifier: GPL-3.0-or-later
"""What is looked at before a request, or another engine's forecast, goes into the queue."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import check

from .queue import NotValid
from .templates import Catalogue, TemplateError, check_change


def read_forecast(path: Path, catalogue: Catalogue, known: Collection[str]) -> dict[str, Any]:
    """The Provisioning Forecast in a file; refused as a whole (`NotValid`, `ContractError`) where one entry cannot be carried out."""
    source = f"the forecast {path}"
    try:
        forecast: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotValid(f"{source} cannot be read ({error.strerror}); give the path of a Provisioning Forecast") from None
    except ValueError as error:
        raise NotValid(f"{source} is not JSON ({error}); give the path of a Provisioning Forecast") from None
    check("provisioning_forecast", forecast, source)
    for entry in forecast["recommendations"]:
        accept(entry, catalogue, known, f"{source}, recommendation {entry['recommendation_id']}")
    return forecast


def accept(entry: Mapping[str, Any], catalogue: Catalogue, known: Collection[str], source: str) -> None:
    """Refuse (`NotValid`) what could only fail later: a change that no template makes, or of a device that is not among the known.

    Args:
        entry: a request or a recommendation: its `device` and `change` are looked at.
        catalogue: the templates.
        known: the inventory's devices; with none, any device goes. A device that is yet to be provisioned need not be known.
        source: what to call the entry in a message.
    """
    try:
        check_change(entry["change"], catalogue)
    except TemplateError as error:
        raise NotValid(f"{source}: {error}") from None
    if known and entry["device"] not in known and entry["change"]["kind"] != "provision":
        raise NotValid(f"{source}: {entry['device']} is not in the inventory; add it, or correct the name")
