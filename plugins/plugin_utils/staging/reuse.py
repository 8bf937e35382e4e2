# SPDX-License-Identifier: GPL-3.0-or-later
"""When an earlier verdict still holds: the same change was rehearsed on the same configurations, under the same rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import parse_time, to_text

from ..templates import Catalogue
from .plan import Plan, make_plan

LASTING = frozenset({"passed", "partial"})
Item = Mapping[str, Any]


def subject_of(
    item: Item, catalogue: Catalogue, *, management: Mapping[str, str], options: Mapping[str, Any], rules: str | None, version: str
) -> str | None:
    """What is rehearsed when this change is rehearsed alone, as a sha256; None where it cannot be.

    It covers the candidate and its demand, the copy and what runs on it, the known networks that the change names, the golden
    rules (text, or None for the collection's own), the limits of the run and the version of the collection, whose checks they are.
    What else is known of devices beyond the copy is left out: it differs with the batch in which a change is staged.
    """
    plan = make_plan([item], catalogue, fabric="subject", management=management, options=options)
    if not plan.changes:
        return None
    tested = [plan.topology, plan.running, _named(plan), plan.changes, dict(options), rules, version]
    return hashlib.sha256(json.dumps(tested, sort_keys=True).encode()).hexdigest()


def _named(plan: Plan) -> list[str]:
    """The known prefixes that overlap a network among the changes' parameters."""
    texts = [value for change in plan.changes.values() for value in change["parameters"].values() if isinstance(value, str)]
    networks = [network for network in map(_network, texts) if network]
    known = {prefix: _network(prefix) for prefix in plan.known_prefixes}
    return sorted(
        prefix for prefix, one in known.items() if any(one and one.version == other.version and one.overlaps(other) for other in networks)
    )


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def kept_verdicts(items: Sequence[Item], subjects: Mapping[str, str | None], *, now: datetime, max_age: timedelta) -> dict[str, Any]:
    """change_id → the job's own verdict, where it was reached on the same subject less than `max_age` ago."""
    kept = {}
    for item in items:
        change_id = item["job"]["change_id"]
        verdict = (item["job"].get("documents") or {}).get("verdict") or {}
        same = verdict.get("subject") is not None and verdict["subject"] == subjects[change_id]
        if same and verdict["result"] in LASTING and now - parse_time(verdict["finished_at"]) < max_age:
            kept[change_id] = {**verdict, "reason": _reason(verdict)}
    return kept


def _reason(verdict: Mapping[str, Any]) -> str:
    """The reason, with when it was found; said once, however often the verdict is kept."""
    when = f"rehearsed at {to_text(parse_time(verdict['finished_at']))}, and nothing has changed since"
    said = str(verdict.get("reason") or verdict["result"])
    return said if when in said else f"{said}; {when}"
