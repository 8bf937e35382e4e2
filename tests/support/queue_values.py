# SPDX-License-Identifier: GPL-3.0-or-later
"""Values for the queue's tests: forecasts, requests, documents, and a clock that is set by hand."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import to_text

T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DIGEST = "0" * 64
CONFIG: dict[str, Any] = {"frr": "hostname r1\n", "nft": "", "qos": {}}
_numbers = itertools.count(1)


class Clock:
    """A wall clock that moves only when told to."""

    def __init__(self, moment: datetime = T0) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def capacity(interface: str = "eth1", rate: float = 30) -> dict[str, Any]:
    return {"template": "capacity", "kind": "capacity", "parameters": {"interface": interface, "rate_mbit": rate}}


def recommendation(
    device: str = "core-a1", interface: str = "eth1", *, as_of: datetime = T0, days: float = 3, **changes: Any
) -> dict[str, Any]:
    value = {
        "schema": "forestage/recommendation/1",
        "recommendation_id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{device}|{interface}|{as_of}|{next(_numbers)}")),
        "as_of": to_text(as_of),
        "device": device,
        "site": "a",
        "object": interface,
        "change": capacity(interface),
        "lifetime": {"permanent": True},
        "confidence": 0.8,
        "severity": "major",
        "criticality": "high",
        "priority": 50,
        "needed_by": to_text(as_of + timedelta(days=days)),
        "expires": to_text(as_of + timedelta(days=14)),
        "mode": "auto",
        "policy": {"name": "link_capacity", "version": "1"},
        "evidence": {"why": "Demand will pass the limit.", "outlook": "In three days, drops if we wait."},
    }
    return {**value, **changes}


def forecast(*entries: dict[str, Any], as_of: datetime = T0, engine: str = "forestage", **changes: Any) -> dict[str, Any]:
    value = {"schema": "forestage/provisioning_forecast/1", "as_of": to_text(as_of), "engine": {"name": engine, "version": "1"}}
    return {**value, "recommendations": list(entries), **changes}


def scope(device: str = "core-a1", interface: str = "eth1", policy: str = "link_capacity") -> dict[str, str]:
    return {"policy": policy, "device": device, "object": interface, "template": "capacity"}


def request(device: str = "core-a1", interface: str = "eth1", **changes: Any) -> dict[str, Any]:
    value = {"schema": "forestage/request/1", "device": device, "object": interface, "change": capacity(interface, 50)}
    return {**value, "severity": "major", "reason": "New customer on Monday.", **changes}


def candidate(change_id: str, inverse: dict[str, Any] | None = None) -> dict[str, Any]:
    device = {"platform": "frr_linux", "config": CONFIG, "base_digest": DIGEST, "diff": "+line"}
    value = {"schema": "forestage/candidate/1", "change_id": change_id, "change": capacity(), "rendered_at": to_text(T0)}
    return {**value, "devices": {"core-a1": device}, "inverse": inverse}


def verdict(change_id: str, result: str = "passed") -> dict[str, Any]:
    times = {"started_at": to_text(T0), "finished_at": to_text(T0)}
    return {
        "schema": "forestage/verdict/1",
        "change_id": change_id,
        "result": result,
        "checks": [],
        "canonical": {"core-a1": CONFIG},
        **times,
    }


def ledger_entry(name: str, *, as_of: datetime = T0, policy: str = "link_capacity", **changes: Any) -> dict[str, Any]:
    value = {
        "schema": "forestage/ledger_entry/1",
        "entry_id": hashlib.sha256(name.encode()).hexdigest()[:32],
        "as_of": to_text(as_of),
        "policy": policy,
        "template": "capacity",
        "device": "core-a1",
        "object": "eth1",
        "unique_id": "core-a1|eth1|if_out_bps",
        "limit": 20e6,
        "duration_s": 900,
        "horizon_s": 1209600,
        "p_raw": 0.7,
        "p_calibrated": 0.6,
        "matures_at": to_text(as_of + timedelta(days=14)),
    }
    return {**value, **changes}


def outcome(entry_id: str, needed: str = "needed", *, measured_at: datetime = T0 + timedelta(days=14)) -> dict[str, Any]:
    return {"schema": "forestage/outcome/1", "entry_id": entry_id, "needed": needed, "measured_at": to_text(measured_at)}
