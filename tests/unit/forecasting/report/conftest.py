# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs and ledger entries as a queue and a round of learning would leave them."""

from __future__ import annotations

from typing import Any

import pytest

AT = "2026-11-23T01:00:00Z"


def job(value: dict[str, Any], number: int, state: str, **documents: Any) -> dict[str, Any]:
    """A job that came of a recommendation."""
    kept = ("device", "device_role", "site", "object", "change", "mode", "confidence", "severity", "criticality", "priority")
    return {name: value[name] for name in kept} | {
        "schema": "forestage/job/1", "job_id": number, "change_id": f"change-{number:04d}", "origin": "recommendation",
        "requester": "forestage", "state": state, "tier": "high", "recommendation_id": value["recommendation_id"],
        "created_at": AT, "updated_at": AT, "documents": documents,
    }  # fmt: skip


def verdict(result: str, seen: str) -> dict[str, Any]:
    """What staging found, with one check."""
    check = {
        "category": "routing", "name": "no prefix lost", "device": "edge-a1", "expected": "32 prefixes",
        "seen": seen, "status": "passed" if result == "passed" else "failed",
    }  # fmt: skip
    return {
        "schema": "forestage/verdict/1",
        "change_id": "change-0001",
        "result": result,
        "checks": [check],
        "started_at": AT,
        "finished_at": AT,
    }


@pytest.fixture
def queue(lab: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The lab's forecast, and a job for each recommendation: one deployed, one rolled back, one stopped, the rest waiting."""
    forecast = lab.run().forecast
    done = {"schema": "forestage/deployment/1", "change_id": "change-0001", "devices": {}, "started_at": AT, "finished_at": AT}
    papers: list[tuple[str, dict[str, Any]]] = [
        ("verified", {"verdict": verdict("passed", "32 prefixes"), "deployment": done | {"result": "confirmed"}}),
        ("rolled_back", {"deployment": done | {"result": "rolled_back", "reason": "the link went down"}}),
        ("failed_staging", {"verdict": verdict("failed", "<script>alert('31')</script>")}),
        ("awaiting_approval", {"verdict": verdict("passed", "32 prefixes")}),
        ("queued", {}),
    ]
    listed = zip(forecast["recommendations"], papers, strict=True)
    return forecast, [job(value, number, state, **documents) for number, (value, (state, documents)) in enumerate(listed, 1)]


@pytest.fixture
def ledger(lab: Any) -> list[dict[str, Any]]:
    """The lab's ledger, measured: what was recommended was needed."""
    entries = lab.run().ledger
    for entry in entries:
        needed = "needed" if entry["recommendation_id"] else "not_needed"
        told = {"needed": needed, "measured_at": "2026-12-07T00:00:00Z", "reason": "demand peaked at 17 Mbit/s"}
        entry["outcome"] = {"schema": "forestage/outcome/1", "entry_id": entry["entry_id"]} | told
    return list(entries)
