# SPDX-License-Identifier: GPL-3.0-or-later
"""What is looked at before a request, or another engine's forecast, goes into the queue."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import check, parse_time
from ansible_collections.forestage.network.forecasting.contracts.durations import seconds, spoken

from .queue import NotValid
from .templates import Catalogue, TemplateError, check_change
from .templates.policy_guards import policy_guards

LONGEST_TTL = "7d"
"""How long a security change may last where no policy file says otherwise; as in the engine's own policies."""


@dataclass(frozen=True)
class Border:
    """What everything must meet that somebody brings.

    Attributes:
        catalogue: the templates.
        known: the inventory's devices; with none, any device goes.
        longest_ttl_s: how long a security change may last.
        now: the analytics' clock.
    """

    catalogue: Catalogue
    known: Collection[str]
    longest_ttl_s: float
    now: datetime


def longest_ttl_s(policies: Path | None) -> float:
    """The guard `longest_ttl` of a policy file, in seconds; `NotValid` or another `ValueError` where it is no policy file."""
    if policies is None:
        return seconds(LONGEST_TTL)
    try:
        text = policies.expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise NotValid(f"the policies {policies} cannot be read ({error.strerror}); give the path of a policy file") from None
    return seconds(policy_guards(text, str(policies)).get("longest_ttl", LONGEST_TTL))


def read_forecast(path: Path, border: Border) -> dict[str, Any]:
    """Another engine's Provisioning Forecast; refused as a whole (`NotValid`, `ContractError`) where one entry cannot be carried out."""
    source = f"the forecast {path}"
    try:
        forecast: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotValid(f"{source} cannot be read ({error.strerror}); give the path of a Provisioning Forecast") from None
    except ValueError as error:
        raise NotValid(f"{source} is not JSON ({error}); give the path of a Provisioning Forecast") from None
    check("provisioning_forecast", forecast, source)
    for entry in forecast["recommendations"]:
        name = f"{source}, recommendation {entry['recommendation_id']}"
        accept(entry, border, name)
        _require_end(entry["change"], entry["lifetime"], border, name)
    return forecast


def read_request(wanted: Mapping[str, Any], border: Border) -> dict[str, Any]:
    """A person's request; refused (`NotValid`) where it cannot be carried out.

    A security change is taken back when it is no longer worth doing, so where it says only that (`expires`), that is its end.
    """
    accept(wanted, border, "the request")
    request = dict(wanted)
    if _takes_traffic_away(request["change"]) and "revert_at" not in request and "expires" in request:
        request["revert_at"] = request["expires"]
    _require_end(request["change"], request, border, "the request")
    return request


def accept(entry: Mapping[str, Any], border: Border, source: str) -> None:
    """Refuse (`NotValid`) what could only fail later: a change that no template makes, or of a device that is not among the known.

    Args:
        entry: a request or a recommendation: its `device` and `change` are looked at.
        border: what it must meet. A device that is yet to be provisioned need not be known.
        source: what to call the entry in a message.
    """
    try:
        check_change(entry["change"], border.catalogue)
    except TemplateError as error:
        raise NotValid(f"{source}: {error}") from None
    if border.known and entry["device"] not in border.known and entry["change"]["kind"] != "provision":
        raise NotValid(f"{source}: {entry['device']} is not in the inventory; add it, or correct the name")


def _takes_traffic_away(change: Mapping[str, Any]) -> bool:
    return bool(change["kind"] == "security" and change["parameters"].get("state", "present") == "present")


def _require_end(change: Mapping[str, Any], times: Mapping[str, Any], border: Border, source: str) -> None:
    """A filter, a rate limit or a blackhole is taken back by itself, within the longest time to live."""
    if not _takes_traffic_away(change):
        return
    longest = spoken(border.longest_ttl_s)
    end = times.get("revert_at")
    if end is None:
        raise NotValid(f"{source}: a {change['template']} must have an end; give revert_at, at most {longest} after its start")
    begin = parse_time(times["not_before"]) if times.get("not_before") else border.now
    if (parse_time(end) - max(begin, border.now)).total_seconds() > border.longest_ttl_s:
        raise NotValid(f"{source}: revert_at {end} is more than {longest} after its start; a {change['template']} may last no longer")
