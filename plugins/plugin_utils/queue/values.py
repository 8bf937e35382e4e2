# SPDX-License-Identifier: GPL-3.0-or-later
"""The values that go in and out of the queue, and the rows they become."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import Factors, Priority, parse_time, tier_of, to_text
from sqlalchemy import RowMapping

from .writer import Job

Stored = Mapping[str, Any] | RowMapping
"""A job's row, changed or as read."""

TIMES = ("needed_by", "not_before", "revert_at", "expires", "created_at", "updated_at")
PLAIN = (
    "job_id change_id origin requester state device device_role site object change mode confidence severity criticality "
    "inverse_of reason attempts approved_by recommendation_id"
).split()
RANKING = ("confidence", "severity", "criticality", "needed_by", "not_before", "waiting_since")
_HANDED_ON = "device device_role site object mode severity criticality policy policy_version requester approved_by as_of".split()


_OF_A_REVERSAL = (*_HANDED_ON, *"change template needed_by waiting_since inverse_of reason".split())


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_time(text)


def of_recommendation(recommendation: Mapping[str, Any], requester: str, now: datetime) -> Job:
    """The row of a new job that a recommendation asks for."""
    job = {"change_id": str(uuid.uuid4()), "origin": "recommendation", "requester": requester, "state": "queued", "inverse_of": None}
    return {**job, "waiting_since": now, **refreshed(recommendation)}


def refreshed(recommendation: Mapping[str, Any]) -> Job:
    """The columns that a newer recommendation sets on its job."""
    policy = recommendation.get("policy") or {}
    lifetime, evidence = recommendation["lifetime"], recommendation["evidence"]
    return {
        **{name: recommendation[name] for name in ("device", "object", "change", "mode", "severity", "criticality", "recommendation_id")},
        **{name: recommendation.get(name) for name in ("device_role", "site")},
        "template": recommendation["change"]["template"],
        "confidence": float(recommendation["confidence"]),
        "needed_by": parse_time(recommendation["needed_by"]),
        "not_before": _moment(lifetime.get("not_before")),
        **_ends(None if lifetime["permanent"] else lifetime["revert_at"], recommendation["expires"]),
        "policy": policy.get("name"),
        "policy_version": policy.get("version"),
        "reason": f"{evidence['why']} {evidence['outlook']}",
        "as_of": parse_time(recommendation["as_of"]),
    }


def _ends(revert_at: str | None, expires: str | None) -> dict[str, datetime | None]:
    """When a change is taken back, and until when it may begin: never after its own end."""
    ends = [parse_time(text) for text in (revert_at, expires) if text is not None]
    return {"revert_at": _moment(revert_at), "expires": min(ends) if ends else None}


def of_request(request: Mapping[str, Any], requester: str, now: datetime) -> Job:
    """The row of a person's own request. Nobody allows their own change: what asks for mode auto gets approve."""
    return {
        **{name: request[name] for name in ("device", "object", "change", "severity", "reason")},
        **{name: request.get(name) for name in ("device_role", "site")},
        **{name: _moment(request.get(name)) for name in ("needed_by", "not_before")},
        **_ends(request.get("revert_at"), request.get("expires")),
        **dict.fromkeys(("policy", "policy_version", "recommendation_id", "as_of", "inverse_of")),
        "change_id": str(uuid.uuid4()),
        "origin": "request",
        "requester": requester,
        "state": "queued",
        "template": request["change"]["template"],
        "mode": capped(request.get("mode", "approve")),
        "confidence": 1.0,
        "criticality": request.get("criticality", "normal"),
        "waiting_since": now,
    }


def capped(mode: str) -> str:
    """The mode of a change that no policy of this engine stands behind: a person must approve it."""
    return "approve" if mode == "auto" else mode


def of_inverse(job: Job, change: Mapping[str, Any]) -> Job:
    """The row that takes back the temporary change of `job`; the approval of a temporary change covers its end."""
    return {
        **{name: job[name] for name in _HANDED_ON},
        **dict.fromkeys(("revert_at", "expires", "recommendation_id")),
        "change_id": str(uuid.uuid4()),
        "origin": "inverse",
        "state": "queued",
        "change": dict(change),
        "template": change["template"],
        "confidence": 1.0,
        "needed_by": job["revert_at"],
        "not_before": job["revert_at"],
        "waiting_since": job["revert_at"],
        "inverse_of": job["change_id"],
        "reason": f"Takes back the temporary change {job['change_id']}, which ends at {to_text(job['revert_at'])}.",
    }


def tried_again(reversal: Job, begin: datetime) -> Job:
    """The row of the next try to take the same change back, from `begin` on."""
    return {
        **{name: reversal[name] for name in _OF_A_REVERSAL},
        **dict.fromkeys(("revert_at", "expires", "recommendation_id")),
        "change_id": str(uuid.uuid4()),
        "origin": "inverse",
        "state": "queued",
        "confidence": 1.0,
        "not_before": begin,
    }


def ranked(rows: Iterable[Stored], now: datetime) -> list[tuple[Priority, Stored]]:
    """Rows with their priority as of `now`, the most urgent first; equals in the order in which they came."""
    pairs = [(Priority.of(_factors(row), now), row) for row in rows]
    return sorted(pairs, key=lambda pair: (-pair[0].value, pair[1]["job_id"]))


def _factors(row: Stored) -> Factors:
    waiting = max(row["waiting_since"], row["not_before"] or row["waiting_since"])
    return Factors(row["confidence"], row["severity"], row["criticality"], row["needed_by"], waiting)


def to_job(row: Stored, priority: Priority, papers: Mapping[str, Any] | None = None) -> Job:
    """The public value of a row, as the schema `job` has it; `papers` are its documents by kind."""
    value: Job = {"schema": "forestage/job/1", **{name: row[name] for name in PLAIN}}
    value.update({name: None if row[name] is None else to_text(row[name]) for name in TIMES})
    value["policy"] = None if row["policy"] is None else {"name": row["policy"], "version": row["policy_version"]}
    value["lease"] = None if row["lease_worker"] is None else {"worker": row["lease_worker"], "until": to_text(row["lease_until"])}
    value.update(priority=priority.value, priority_reason=priority.reason, tier=tier_of(priority.value))
    if papers is not None:
        value["documents"] = dict(papers)
    return value
