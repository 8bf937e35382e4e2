# SPDX-License-Identifier: GPL-3.0-or-later
"""Write down one recommendation: change, lifetime, confidence, priority, dates and evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from .autonomy import Grant
from .causes import acting
from .contracts import Factors, Priority, to_text
from .drivers import breakdown
from .drivers.part import listed
from .evaluate import Evaluation
from .explain import Sureness, outlook, why
from .history.table import History
from .past import Past, summarise
from .policies.standing import Target
from .units import unit_of

FAN_POINTS = 400


@dataclass(frozen=True)
class Proposal:
    """An evaluation that calls for a change, with its rendered and checked parameters.

    `granted` says what a policy that asks for mode `auto` may do; None for one that does not ask.
    """

    recommendation_id: str
    found: Evaluation
    sure: Sureness
    target: Target
    kind: str
    parameters: dict[str, Any]
    history: History
    as_of: datetime
    granted: Grant | None = None


def recommendation(proposal: Proposal) -> dict[str, Any]:
    """The recommendation (schema recommendation) without its engine and p_helps."""
    found, policy, row = proposal.found, proposal.found.policy, proposal.found.row
    needed_by = _needed_by(found, proposal.as_of)
    criticality = row.get("criticality") or "normal"
    priority = Priority.of(Factors(proposal.sure.confidence, policy.severity, criticality, needed_by), proposal.as_of)
    return {
        "schema": "forestage/recommendation/1",
        "recommendation_id": proposal.recommendation_id,
        "as_of": to_text(proposal.as_of),
        "device": proposal.target.device,
        "device_role": policy.what.device_role,
        "site": row.get("site"),
        "object": proposal.target.object,
        "change": {"template": policy.what.template, "kind": proposal.kind, "parameters": proposal.parameters},
        "lifetime": _lifetime(found, proposal.as_of),
        "confidence": round(proposal.sure.confidence, 4),
        "p_needed": round(proposal.sure.confidence, 4),
        "severity": policy.severity,
        "criticality": criticality,
        "priority": priority.value,
        "priority_reason": priority.reason,
        "needed_by": to_text(needed_by),
        "expires": to_text(_expires(found, proposal.as_of)),
        **_mode(proposal),
        "policy": {"name": policy.name, "version": policy.version},
        "evidence": _evidence(proposal, needed_by),
    }


def _mode(proposal: Proposal) -> dict[str, str]:
    """The policy's own mode, or the lesser one that its record carries, with the reason."""
    granted = proposal.granted
    if granted is None or granted.mode == "auto":
        return {"mode": proposal.found.policy.mode}
    return {"mode": granted.mode, "mode_reason": granted.reason}


def _needed_by(found: Evaluation, as_of: datetime) -> datetime:
    """q10 of the first crossing less the lead time; for an event its start less both leads; never before `as_of`."""
    lead = timedelta(seconds=found.policy.lead_time_s)
    if found.event and found.policy.when.event:
        due = found.event.start - timedelta(seconds=found.policy.when.event.lead_s) - lead
    else:
        first = found.at(found.crossing.first[0]) or found.at(found.crossing.earliest) or found.end
        due = first - lead
    return max(due.replace(microsecond=0), as_of)


def taken_back_at(found: Evaluation, as_of: datetime) -> datetime | None:
    """When the change would be taken back; None for a permanent one."""
    what = found.policy.what
    if what.until_event_end and found.event and found.policy.when.event:
        return found.event.end
    return None if what.ttl_s is None else as_of + timedelta(seconds=what.ttl_s)


def _lifetime(found: Evaluation, as_of: datetime) -> dict[str, Any]:
    end = taken_back_at(found, as_of)
    if end is None:
        return {"permanent": True}
    lifetime = {"permanent": False, "revert_at": to_text(end)}
    if found.policy.what.until_event_end and found.event and found.policy.when.event:
        starts = found.event.start - timedelta(seconds=found.policy.when.event.lead_s)
        lifetime["not_before"] = to_text(max(starts, as_of))
    return lifetime


def _expires(found: Evaluation, as_of: datetime) -> datetime:
    ttl = found.policy.what.ttl_s
    return min(found.end, as_of + timedelta(seconds=ttl)) if ttl else found.end


def _evidence(proposal: Proposal, needed_by: datetime) -> dict[str, Any]:
    found, sure = proposal.found, proposal.sure
    past, made = _past(proposal), breakdown(found, proposal.history, proposal.as_of)
    names = [str(found.row["unique_id"])] + ([str(found.peer.row["unique_id"])] if found.peer else [])
    evidence = {
        "why": why(found, past, made),
        "outlook": outlook(found, sure, proposal.as_of, needed_by),
        "series": names,
        "model": _model(found),
        "unit": unit_of(found.row)[:32],
        "limit": found.limit,
        "duration_s": found.policy.when.duration_s,
        "horizon_s": (found.end - proposal.as_of).total_seconds(),
        "forecast_peak": found.crossing.peak,
        "crossing": {name: _text(found.at(step)) for name, step in zip(("q10", "q50", "q90"), found.crossing.first, strict=True)},
        "quantiles": _fan(found),
        "drivers": listed(made.parts, made.main),
        "calibration": {"effective_n": round(sure.effective_n, 2), "interval": list(sure.interval or ()), "pool": sure.pool},
    }
    cutoff = found.outlook.meta.get("cutoff")
    return evidence | ({"cutoff": cutoff} if cutoff else {})


def _model(found: Evaluation) -> str:
    """The models with the back-test figures of their forecast, where it states them."""
    meta = found.outlook.meta
    shares = meta.get("shares", {})
    mixed = ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares.items()) if len(shares) > 1 else None
    parts = [mixed or str(meta.get("model") or "another engine's model")]
    if meta.get("mase") is not None:
        parts.append(f"back-test MASE {meta['mase']:.2f}")
    if meta.get("cover80") is not None:
        parts.append(f"its 80 % interval held {100 * meta['cover80']:.0f} %")
    return ", ".join(parts)[:200]


def _past(proposal: Proposal) -> Past:
    found = proposal.found
    events: list[tuple[datetime, datetime]] = []
    if found.event:
        same = [item for item in acting(proposal.history.events, found.row) if item["kind"] == found.event.kind]
        past = [item for item in same if item["end"] <= pd.Timestamp(proposal.as_of)]
        events = [(item["start"].to_pydatetime(), item["end"].to_pydatetime()) for item in past]
    values = proposal.history.values(str(found.row["unique_id"]))
    return summarise(values, proposal.as_of, found.outlook.interval_s, beyond=found.policy.when.beyond, events=events)


def _fan(found: Evaluation) -> dict[str, list[Any]]:
    """The quantiles up to the window's end, thinned to `FAN_POINTS` by each block's highest row so that no peak is lost."""
    keep = np.asarray(found.outlook.ds < pd.Timestamp(found.end))
    frame = found.outlook.quantiles[keep]
    block = -(-len(frame) // FAN_POINTS)
    if block > 1:
        order = frame.iloc[:, -1].groupby(np.arange(len(frame)) // block).idxmax()
        frame = frame.loc[order]
    columns = {str(name): [float(f"{value:.6g}") for value in frame[name]] for name in frame.columns}
    return {"ds": [to_text(when.to_pydatetime()) for when in frame.index], **columns}


def _text(when: datetime | None) -> str | None:
    return to_text(when) if when else None
