# SPDX-License-Identifier: GPL-3.0-or-later
"""Did the change help: after it, was what had been needed there, and was the limit kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..crossings import steps_of
from .bounds import Bounds, seconds
from .changes import Job, Span
from .estimators import Case


@dataclass(frozen=True)
class Helped:
    """yes, no or unknown, of which change, and why."""

    helped: str
    change_id: str | None
    reason: str


def helped(case: Case, entry: Mapping[str, Any], wanted: Bounds, made: list[Span], job: Job | None) -> Helped:
    """Judge the change that answered a prediction which proved needed."""
    span = next((span for span in made if span.template == entry["template"] and (job is None or span.change_id == job.change_id)), None)
    if job is not None and not job.took_effect:
        return Helped("unknown", job.change_id, f"the change did not take effect (job {job.state})")
    if span is None:
        return Helped("unknown", job.change_id if job else None, "no change answered it")
    if entry.get("beyond", "above") == "below":
        return Helped("unknown", span.change_id, "help against a fall is not measured")
    last = span.last or np.inf
    steps = steps_of(float(entry["duration_s"]), case.interval_s)
    if wanted.between(span.first, last).sustained_peak(steps)[0] <= float(entry["limit"]):
        return Helped("unknown", span.change_id, "the need did not show while the change was in force")
    return _kept(case, entry, span, case.measured.between(span.first, last), steps)


def _kept(case: Case, entry: Mapping[str, Any], span: Span, carried: Bounds, steps: int) -> Helped:
    """Compare what was carried after the change with the limit that holds after it."""
    if span.estimator == "none":
        return Helped("unknown", span.change_id, "its template has no estimator")
    limit = float(entry["limit"])
    if span.estimator == "direct":
        grown = _grown(case, entry, span, carried)
        if grown is None:
            return Helped("unknown", span.change_id, "the history has no capacity before and after the change")
        limit *= grown
    low, high = carried.sustained_peak(steps)
    if low > limit:
        return Helped("no", span.change_id, "the limit was broken after the change all the same")
    if high > limit:
        return Helped("unknown", span.change_id, "what was carried after the change is not known well enough")
    burdened = _burdened(case, limit, span, carried, steps) if span.estimator == "conserved_sum" else None
    if burdened:
        return Helped("no", span.change_id, f"the traffic was moved onto {burdened}, which then broke its own limit")
    return Helped("yes", span.change_id, "the limit was kept after the change")


def _grown(case: Case, entry: Mapping[str, Any], span: Span, carried: Bounds) -> float | None:
    """By how much a capacity change raised what holds: as it was recorded, else by the dated capacity since the forecast was made.

    Monitoring may see the new capacity before the change is confirmed, so the moment of the change tells neither of the two.
    """
    before = span.before or case.known.capacity(case.unique_id, seconds(entry["as_of"]) - 1.0)
    after = span.after or case.known.capacity(case.unique_id, float(carried.times[-1]) + case.interval_s)
    return after / before if before and after else None


def _burdened(case: Case, limit: float, span: Span, carried: Bounds, steps: int) -> str | None:
    """Another member of the cut that broke the same share of its own capacity after the change."""
    own = case.known.capacity(case.unique_id, span.first)
    first, last = float(carried.times[0]), float(carried.times[-1]) + case.interval_s
    for name in case.known.cut_members(case.unique_id):
        capacity = case.known.capacity(name, span.first)
        its_limit = limit * capacity / own if capacity and own else limit
        after = case.known.bounds(name, first, last, case.interval_s)
        if name != case.unique_id and after.sustained_peak(steps)[0] > its_limit:
            row = case.known.history.row(name)
            return f"{row['device']} {row['object']}"
    return None
