# SPDX-License-Identifier: GPL-3.0-or-later
"""How far stated probabilities can be trusted: reliability, Brier score and calibration error by weekly origins.

Judged on what was stated at the time (`p_raw`, `p_calibrated` of each ledger entry) against matured
outcomes, each event weighing one however often it was forecast. Sources: Brier, Monthly Weather Review
78 (1950); expected calibration error, Naeini et al., AAAI 2015; score interval, Wilson, JASA 22 (1927).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from .calibration import Calibration, Pool, calibrate, event_weights
from .contracts import parse_time, to_text
from .ledger import decided, is_matured

Floats = npt.NDArray[np.float64]

BINS = 5
Z90 = 1.645
RESAMPLES = 400
LEAST_EVENTS, LEAST_SERIES = 10.0, 5
KINDS = ("p_raw", "p_calibrated")


def reliability(entries: Iterable[Mapping[str, Any]], as_of: datetime) -> dict[str, Any]:
    """The calibration report: overall, by weekly origin, by pool; all numbers fit for JSON."""
    listed = [dict(entry) for entry in entries]
    matured = [entry for entry in listed if is_matured(entry, as_of)]
    known = decided(listed, as_of)
    learnt = calibrate(known, as_of)
    return {
        "as_of": to_text(as_of),
        "entries": len(listed),
        "matured": len(matured),
        "unknown_share": 1.0 - len(known) / len(matured) if matured else None,
        "overall": {kind: _scores(known, kind) for kind in KINDS},
        "origins": _origins(matured),
        "pools": _pools(learnt),
    }


def _weights(entries: list[dict[str, Any]]) -> Floats:
    made = [parse_time(entry["as_of"]).timestamp() for entry in entries]
    horizons = [parse_time(entry["matures_at"]).timestamp() - begin for entry, begin in zip(entries, made, strict=True)]
    return event_weights([entry["unique_id"] for entry in entries], made, horizons)


def _arrays(entries: list[dict[str, Any]], kind: str) -> tuple[Floats, Floats, Floats]:
    stated = np.array([float(entry[kind]) for entry in entries])
    needed = np.array([entry["outcome"]["needed"] == "needed" for entry in entries], dtype=float)
    return stated, needed, _weights(entries)


def _scores(entries: list[dict[str, Any]], kind: str) -> dict[str, Any] | None:
    if not entries:
        return None
    stated, needed, weights = _arrays(entries, kind)
    return {
        "effective_n": float(weights.sum()),
        "brier": float(np.average((stated - needed) ** 2, weights=weights)),
        "ece": calibration_error(stated, needed, weights),
        "ece_interval": _ece_interval(entries, stated, needed, weights),
        "bins": _bins(stated, needed, weights),
    }


def _place(stated: Floats) -> npt.NDArray[np.int64]:
    return np.minimum((stated * BINS).astype(np.int64), BINS - 1)


def calibration_error(stated: Floats, needed: Floats, weights: Floats) -> float:
    """Expected calibration error, 0–1: |stated − came| of each of five equal bins of stated probability, by the bin's weight."""
    gaps = np.bincount(_place(stated), weights=weights * (stated - needed), minlength=BINS)
    return float(np.abs(gaps).sum() / weights.sum())


def _ece_interval(entries: list[dict[str, Any]], stated: Floats, needed: Floats, weights: Floats) -> list[float] | None:
    """90 % interval by resampling whole series, since the outcomes of one series hang together.

    None below 10 independent events or 5 series: drawing from a handful of events that all went the same way would call
    certain what was hardly seen.
    """
    names, stream = np.unique([entry["unique_id"] for entry in entries], return_inverse=True)
    if weights.sum() < LEAST_EVENTS or len(names) < LEAST_SERIES:
        return None
    rng = np.random.default_rng(0)
    found = []
    for _unused in range(RESAMPLES):
        times = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))[stream]
        if (weights * times).sum() > 0:
            found.append(calibration_error(stated, needed, weights * times))
    low, high = np.quantile(found, (0.05, 0.95))
    return [float(low), float(high)]


def _bins(stated: Floats, needed: Floats, weights: Floats) -> list[dict[str, Any]]:
    bins = []
    for place in range(BINS):
        inside = _place(stated) == place
        n = float(weights[inside].sum())
        if n == 0.0:
            continue
        share = float(np.average(needed[inside], weights=weights[inside]))
        mean = float(np.average(stated[inside], weights=weights[inside]))
        bins.append({"from": place / BINS, "to": (place + 1) / BINS, "n": n, "stated": mean, "came": share, "interval": wilson(share, n)})
    return bins


def wilson(share: float, n: float) -> list[float]:
    """90 % score interval of a share seen in `n` (effective) trials."""
    centre = (share + Z90**2 / (2 * n)) / (1 + Z90**2 / n)
    half = Z90 / (1 + Z90**2 / n) * math.sqrt(share * (1 - share) / n + Z90**2 / (4 * n**2))
    return [max(0.0, centre - half), min(1.0, centre + half)]


def _origins(matured: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a week of origins (from Monday, UTC)."""
    weeks: dict[datetime, list[dict[str, Any]]] = defaultdict(list)
    for entry in matured:
        made = parse_time(entry["as_of"])
        weeks[(made - timedelta(days=made.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)].append(entry)
    return [_origin(week, weeks[week]) for week in sorted(weeks)]


def _origin(week: datetime, entries: list[dict[str, Any]]) -> dict[str, Any]:
    labels = [(entry.get("outcome") or {}).get("needed", "unknown") for entry in entries]
    known = [entry for entry, label in zip(entries, labels, strict=True) if label != "unknown"]
    row: dict[str, Any] = {"week": to_text(week), "entries": len(entries)}
    row |= {label: labels.count(label) for label in ("needed", "not_needed", "unknown")}
    row["effective_n"] = float(_weights(known).sum()) if known else 0.0
    for kind in KINDS:
        stated, needed, weights = _arrays(known, kind)
        row[f"brier_{kind.removeprefix('p_')}"] = float(np.average((stated - needed) ** 2, weights=weights)) if known else None
    return row


def _pools(learnt: Calibration) -> list[dict[str, Any]]:
    pools = [learnt.overall, *learnt.policies.values(), *learnt.groups.values()]
    return [_pool(pool) for pool in sorted(pools, key=lambda pool: (pool.name != "global", pool.name)) if pool.streams]


def _pool(pool: Pool) -> dict[str, Any]:
    return {
        "name": pool.name,
        "counts": pool.counts,
        "offset": pool.offset,
        "interval": [pool.offset - Z90 * pool.error, pool.offset + Z90 * pool.error],
        "effective_n": pool.effective_n,
        "series": pool.streams,
    }


def as_text(report: Mapping[str, Any]) -> str:
    """The report as a table for people: a row a week, then the total; one sentence where nothing can be judged."""
    total = report["overall"]["p_calibrated"]
    if total is None and report["matured"]:
        return f"Of none of the matured predictions ({report['matured']}) is the outcome known by {report['as_of']}: the prior stands."
    if total is None:
        return f"No prediction has matured by {report['as_of']}: the prior stands."
    lines = [f"{'origin':<12}{'entries':>8}{'needed':>8}{'not':>6}{'unknown':>9}{'eff. n':>8}{'Brier raw':>11}{'calibrated':>12}"]
    for row in report["origins"]:
        briers = "".join(f"{_number(row[name]):>{width}}" for name, width in (("brier_raw", 11), ("brier_calibrated", 12)))
        counts = f"{row['entries']:>8}{row['needed']:>8}{row['not_needed']:>6}{row['unknown']:>9}{row['effective_n']:>8.1f}"
        lines.append(f"{row['week'][:10]:<12}{counts}{briers}")
    lines.append(f"Calibration error {_error(total)}.")
    lines += [f"  stated {bin_['stated']:.2f}: came {bin_['came']:.2f} of {bin_['n']:.1f}" for bin_ in total["bins"]]
    return "\n".join(lines)


def _error(scores: Mapping[str, Any]) -> str:
    """How far stated probabilities were off, and how surely that is known."""
    seen = f"{scores['ece']:.3f} on {scores['effective_n']:.1f} independent events"
    if scores["ece_interval"] is None:
        return f"{seen}, too few to say how far it may be off"
    low, high = scores["ece_interval"]
    return f"{seen} (90 % interval {low:.3f} to {high:.3f})"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
