# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure predictions against what came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from ..contracts import to_text
from ..crossings import steps_of
from ..history import History
from .bounds import Bounds, seconds
from .changes import Job, Span, spans_of
from .estimators import Case, without
from .helped import Helped, helped
from .measurements import Measurements

INTERVAL_S = 3600.0
EXACT = 0.01
NEEDED, NOT_NEEDED, UNKNOWN = "needed", "not_needed", "unknown"


@dataclass(frozen=True)
class Measured:
    """The outcomes (schema outcome) in the order of the entries, and the ids of those still open."""

    outcomes: list[dict[str, Any]]
    open: list[str]


@dataclass(frozen=True)
class Window:
    """The time in which a prediction counts, as far as it has come, in seconds since 1970; `whole` when all of it has."""

    made: float
    first: float
    last: float
    whole: bool


def measure(history: History, entries: Iterable[Mapping[str, Any]], as_of: datetime, jobs: Iterable[Job] = ()) -> Measured:
    """Label every entry that has matured, and those whose need has already shown.

    Expired, failed and rejected recommendations count like all others; so do pairs that were never recommended.
    """
    known, listed = Measurements(history), list(jobs)
    spans = spans_of(known, listed)
    by_recommendation = {job.recommendation_id: job for job in listed if job.recommendation_id}
    outcomes, still_open = [], []
    for entry in entries:
        found = _outcome(known, entry, as_of, spans, by_recommendation) if entry["unique_id"] in known.ids else _lost(entry, as_of)
        if found is None:
            still_open.append(str(entry["entry_id"]))
        else:
            outcomes.append(found)
    return Measured(outcomes, still_open)


def _window(entry: Mapping[str, Any], as_of: datetime) -> Window:
    made, end, now = seconds(entry["as_of"]), seconds(entry["matures_at"]), as_of.timestamp()
    return Window(made, seconds(entry["window_start"]) if "window_start" in entry else made, min(end, now), now >= end)


def _outcome(
    known: Measurements, entry: Mapping[str, Any], as_of: datetime, spans: Mapping[str, list[Span]], jobs: Mapping[str, Job]
) -> dict[str, Any] | None:
    window = _window(entry, as_of)
    interval_s = float(entry.get("interval_s") or INTERVAL_S)
    unique_id = str(entry["unique_id"])
    measured = known.bounds(unique_id, window.first, window.last, interval_s)
    if not len(measured.times):
        return _lost(entry, as_of)
    every = spans.get(unique_id, [])
    made = [span for span in every if span.touches(window.made, window.last)]
    case = Case(known, unique_id, interval_s, measured, _undisturbed_since(every, window.made))
    wanted = without(case, made)
    peak = _peak(entry, wanted, interval_s)
    needed = label(entry, *peak)
    if needed != NEEDED and not window.whole:
        return None
    answer = helped(case, entry, wanted, made, jobs.get(str(entry.get("recommendation_id")))) if needed == NEEDED else None
    return _written(entry, as_of, needed, peak, _used(made), answer, window)


def _undisturbed_since(spans: list[Span], made: float) -> float:
    """When the last change before the forecast was made or taken back; 0 without one."""
    edges = [edge for span in spans for edge in (span.first, span.last) if edge is not None and edge < made]
    return max(edges, default=0.0)


def _peak(entry: Mapping[str, Any], wanted: Bounds, interval_s: float) -> tuple[float, float]:
    """The sustained extreme in the series' own sign, lower bound first."""
    steps = steps_of(float(entry["duration_s"]), interval_s)
    if entry.get("beyond", "above") == "above":
        return wanted.sustained_peak(steps)
    low, high = wanted.mirrored().sustained_peak(steps)
    return -high, -low


def label(entry: Mapping[str, Any], low: float, high: float) -> str:
    """``needed`` when even the most favourable bound breaks the limit, not_needed when even the least does not."""
    limit = float(entry["limit"])
    near, far = (low, high) if entry.get("beyond", "above") == "above" else (-high, -low)
    signed = limit if entry.get("beyond", "above") == "above" else -limit
    if near > signed:
        return NEEDED
    return NOT_NEEDED if far <= signed else UNKNOWN


def _used(made: list[Span]) -> str:
    """The estimator that the label rests on: that of the last change which hid something, else direct."""
    hiding = [span.estimator for span in made if span.estimator != "direct"]
    return hiding[-1] if hiding else "direct"


def _written(
    entry: Mapping[str, Any], as_of: datetime, needed: str, peak: tuple[float, float], estimator: str, answer: Helped | None, window: Window
) -> dict[str, Any]:
    return {
        "schema": "forestage/outcome/1",
        "entry_id": entry["entry_id"],
        "change_id": answer.change_id if answer else None,
        "needed": needed,
        "bounds": [float(bound) if np.isfinite(bound) else None for bound in peak],
        "helped": answer.helped if answer else "unknown",
        "estimator": estimator,
        "error": _error(entry, peak) if window.whole else None,
        "reason": _reason(needed, window) + (f"; {answer.reason}" if answer else ""),
        "measured_at": to_text(as_of),
    }


def _error(entry: Mapping[str, Any], peak: tuple[float, float]) -> float | None:
    """Forecast peak less the peak that came, where it came to be known exactly."""
    low, high = peak
    known = np.isfinite(low) and np.isfinite(high) and high - low <= EXACT * abs(high)
    return float(entry["forecast_peak"]) - (low + high) / 2 if known and entry.get("forecast_peak") is not None else None


def _reason(needed: str, window: Window) -> str:
    if needed == NEEDED:
        return "demand went beyond the limit for the duration" + ("" if window.whole else ", before the prediction matured")
    if needed == NOT_NEEDED:
        return "demand stayed within the limit"
    return "the bounds on demand lie on both sides of the limit"


def _lost(entry: Mapping[str, Any], as_of: datetime) -> dict[str, Any] | None:
    """A series of which the history has nothing leaves a matured prediction unknown."""
    if not _window(entry, as_of).whole:
        return None
    return {
        "schema": "forestage/outcome/1", "entry_id": entry["entry_id"], "change_id": None, "needed": UNKNOWN, "bounds": [None, None],
        "helped": "unknown", "estimator": "none", "error": None, "reason": "the history has no samples of the series in the window",
        "measured_at": to_text(as_of),
    }  # fmt: skip
