# SPDX-License-Identifier: GPL-3.0-or-later
"""What demand would have been without a change of ours: one estimator for each way in which a change hides it.

direct: a capacity change hides nothing, and uncovers what was clipped. conserved_sum: traffic that was
moved is still in the sum over its cut; the series' share before the change, with its spread, gives its part.
counter: what a filter dropped was counted; what a QoS class protected would have waited as it did before the
change at the same load of the link. none: only the lower bound stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .bounds import Bounds, Floats
from .changes import Span
from .measurements import DAY_S, Measurements

BEFORE_S = 28 * DAY_S
SHARE_QUANTILES = (0.02, 0.98)
LEAST_INTERVALS = 24
SAME_LOAD = 0.04
LEAST_LIKE = 5
RESPONSE_QUANTILES = (0.05, 0.95)


@dataclass(frozen=True)
class Case:
    """A series over the window of a prediction, as it was measured; `since`: no change of ours from then to the first in the window."""

    known: Measurements
    unique_id: str
    interval_s: float
    measured: Bounds
    since: float

    @property
    def span_s(self) -> tuple[float, float]:
        """First moment of the window, and its end."""
        return float(self.measured.times[0]), float(self.measured.times[-1]) + self.interval_s

    def before(self, moment: float) -> tuple[float, float]:
        """The time before a change that tells how things were."""
        return max(self.since, moment - BEFORE_S), moment


def without(case: Case, spans: list[Span]) -> Bounds:
    """Bounds on the demand of the case had the changes `spans` (in order of time) not been made."""
    hiding = [span for span in spans if span.estimator != "direct"]
    if not hiding:
        return case.measured
    estimates = {
        estimator: _estimate(case, next(span for span in hiding if span.estimator == estimator))
        for estimator in {s.estimator for s in hiding}
    }
    low, high = np.full(len(case.measured.times), np.inf), np.full(len(case.measured.times), -np.inf)
    for span in hiding:
        inside = (case.measured.times >= span.first) & (case.measured.times < (span.last or np.inf))
        low[inside] = np.minimum(low, estimates[span.estimator].low)[inside]
        high[inside] = np.maximum(high, estimates[span.estimator].high)[inside]
    untouched = np.isinf(low) & (low > 0)
    return Bounds(case.measured.times, np.where(untouched, case.measured.low, low), np.where(untouched, case.measured.high, high))


def _estimate(case: Case, first: Span) -> Bounds:
    """The estimate of one estimator, by how things were before the first change that it stands for."""
    found = None
    if first.estimator == "conserved_sum":
        found = _conserved_sum(case, first)
    elif first.estimator == "counter":
        found = _protected(case, first) if first.template == "qos_event" else _counted(case)
    return found or Bounds(case.measured.times, case.measured.low, np.full(len(case.measured.times), np.inf))


def _conserved_sum(case: Case, span: Span) -> Bounds | None:
    members = case.known.cut_members(case.unique_id)
    shares = _shares_before(case, members, span.first)
    if len(members) < 2 or len(shares) < LEAST_INTERVALS:
        return None
    parts = [_of_member(case, name) for name in members]
    low, high = np.quantile(shares, SHARE_QUANTILES)
    return Bounds(case.measured.times, low * np.sum([p.low for p in parts], axis=0), high * np.sum([p.high for p in parts], axis=0))


def _of_member(case: Case, name: str) -> Bounds:
    """A member's bounds; a member that did not exist yet (a new device) carried nothing then."""
    found = case.known.bounds(name, *case.span_s, case.interval_s)
    born = case.known.means(name, 0, np.inf, case.interval_s).times
    unborn = found.times < (born[0] if len(born) else np.inf)
    return Bounds(found.times, np.where(unborn, 0.0, found.low), np.where(unborn, 0.0, found.high))


def _shares_before(case: Case, members: list[str], moment: float) -> Floats:
    """The series' share of its cut in the busier half of the intervals before the change."""
    if case.unique_id not in members:
        return np.zeros(0)
    first, last = case.before(moment)
    columns = [case.known.means(name, first, last, case.interval_s) for name in members]
    columns = [column for column in columns if len(column.times)]
    own = case.known.means(case.unique_id, first, last, case.interval_s)
    if not columns or not len(own.times):
        return np.zeros(0)
    total = np.sum([_aligned(column, own) for column in columns], axis=0)
    busy = total >= np.nanmedian(total) if np.isfinite(total).any() else np.zeros(len(total), dtype=bool)
    shares: Floats = own.low[busy] / total[busy]
    return shares[np.isfinite(shares)]


def _aligned(column: Bounds, onto: Bounds) -> Floats:
    """Lower bounds at the times of `onto`, NaN where there are none."""
    found = np.full(len(onto.times), np.nan)
    _common, ours, theirs = np.intersect1d(onto.times, column.times, assume_unique=True, return_indices=True)
    found[ours] = column.low[theirs]
    return found


def _counted(case: Case) -> Bounds | None:
    """Seen plus dropped. Only a counter of the series' own unit counts one for one; another one bounds from above."""
    row = case.known.history.row(case.unique_id)
    counters = case.known.counters(case.unique_id, "filter_hits_per_s")
    if not counters:
        return None
    low, high = case.measured.low.copy(), case.measured.high.copy()
    for name in counters:
        dropped = _of_member(case, name)
        low += dropped.low * row["interval_s"] if case.known.history.row(name)["unit"] == f"{row['unit']}/s" else 0.0
        high += dropped.high * row["interval_s"]
    return Bounds(case.measured.times, low, high)


def _protected(case: Case, span: Span) -> Bounds | None:
    """What the series showed before the change at the same load of its link."""
    link = f"{case.known.history.row(case.unique_id)['device']}|{case.known.label(case.unique_id, 'interface')}|if_out_bps"
    if link not in case.known.ids or not case.known.counters(case.unique_id, "qos_class_bps"):
        return None
    loads, values = _seen_before(case, link, span.first)
    if len(loads) < LEAST_INTERVALS:
        return None
    now = case.known.bounds(link, *case.span_s, case.interval_s)
    pairs = [
        _like(loads, values, load) if np.isfinite(high) else (_like(loads, values, load)[0], np.inf)
        for load, high in zip(now.low, now.high, strict=True)
    ]
    low, high = (np.array(column) for column in zip(*pairs, strict=True))
    return Bounds(case.measured.times, np.maximum(low, case.measured.low), np.maximum(high, case.measured.high))


def _seen_before(case: Case, link: str, moment: float) -> tuple[Floats, Floats]:
    """Loads of the link in ascending order, and the series' value at each, from before the change."""
    first, last = case.before(moment)
    own = case.known.means(case.unique_id, first, last, case.interval_s)
    load = _aligned(case.known.means(link, first, last, case.interval_s), own)
    both = np.isfinite(load) & np.isfinite(own.low)
    order = np.argsort(load[both], kind="stable")
    return load[both][order], own.low[both][order]


def _like(loads: Floats, values: Floats, load: float) -> tuple[float, float]:
    """Quantiles of what was seen at nearly this load; where too little was, what lower loads showed, and no upper bound."""
    first, last = np.searchsorted(loads, [load * (1 - SAME_LOAD), load * (1 + SAME_LOAD)])
    if load > loads[-1] or last - first < LEAST_LIKE:
        below = values[max(0, int(first) - LEAST_LIKE) : int(first)]
        return (float(np.min(below)) if len(below) else 0.0), np.inf
    low, high = np.quantile(values[first:last], RESPONSE_QUANTILES)
    return float(low), float(high)
