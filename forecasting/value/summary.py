# SPDX-License-Identifier: GPL-3.0-or-later
"""From plays to the answer: thresholds settled on the first half of the origins, everything reported on the second."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

import numpy as np

from ..errors import InputError
from ..panel import Floats
from .frontier import Curve, ablest, at_waste, chosen_threshold, drawn, interval, lead_at, lead_over
from .study import ALWAYS, BEST, OURS, REACT, WINDOWS, Case, Played, Span, curve, halves, needs, play

ALLOWED = 2.0
KINDS = {"linear": "linear", "linear and week": "linear with a weekly season"}


@dataclass(frozen=True)
class Row:
    """One strategy at its settled threshold on the second half; avoided and waste as multiples of perfect foresight's."""

    name: str
    threshold: float
    avoided: float
    waste: float
    needs: int
    met: int
    lead_h: float | None


@dataclass(frozen=True)
class Distance:
    """How much more ours avoids than a peer, as a share of what perfect foresight avoids, each with its 95 % interval.

    at: at our settled threshold, against the peer's best at the same waste; over: averaged over wastes of 0.25 to 2 times
    that of perfect foresight.
    """

    peer: str
    at: tuple[float, float, float]
    over: tuple[float, float, float]


@dataclass(frozen=True)
class Summary:
    """The answer for one set.

    reached: the share that our curve avoids at twice perfect foresight's waste, with its interval; before: the same on the
    first half, by which terms may be chosen.
    """

    rows: list[Row]
    distances: list[Distance]
    curves: dict[str, Curve]
    reached: tuple[float, float, float]
    before: float
    limit_hours: float
    avoidable: float
    days: int


def summarise(cases: Sequence[Case]) -> Summary:
    """Play all cases and sum up. The order of the cases does not matter.

    Raises:
        InputError: when in the second half demand stays within every limit, or no action could help.
    """
    ordered = sorted(cases, key=lambda case: (case.series, case.terms.limit))
    plays = [play(case) for case in ordered]
    spans = [halves(case) for case in ordered]
    early, late = [span[0] for span in spans], [span[1] for span in spans]
    names = _peers(plays, early)
    curves: dict[str, Curve] = {}
    settled: dict[str, Curve] = {}
    rows: list[Row] = []
    hours = sum(float(one[BEST].books.before[span.start : span.end].sum()) for one, span in zip(plays, late, strict=True))
    if not any(one[BEST].books.avoided[0, span.start : span.end].any() for one, span in zip(plays, late, strict=True)):
        raise InputError("demand stays within every limit on the second half of the days; give lower limits or a longer history")
    for name, source in names.items():
        played = [one[source] for one in plays]
        settled[name], _unused = curve(played, early)
        curves[name], series = curve(played, late)
        rows.append(_row(name, played, late, curves, chosen_threshold(settled[name], settled[BEST], ALLOWED)))
    weights = drawn(series)
    own = rows[list(names).index(OURS)].threshold
    distances = [_distance(name, curves, own, weights) for name in names if name not in (OURS, BEST, ALWAYS)]
    reached = _sure(partial(_reached, curves), weights)
    before = _reached(settled, np.ones(settled[BEST].avoided.shape[1]))
    return Summary(rows, distances, curves, reached, before, hours, float(curves[BEST].avoided.sum()), len(series))


def _peers(plays: list[dict[str, Played]], spans: list[Span]) -> dict[str, str]:
    """What is shown under which name; of the windows the one that did best in the first half."""
    best = curve([one[BEST] for one in plays], spans)[0]
    shown = {BEST: BEST, OURS: OURS, REACT: REACT}
    for kind, words in KINDS.items():
        found = {f"{kind}, {window} h": curve([one[f"{kind}, {window} h"] for one in plays], spans)[0] for window in WINDOWS}
        name = ablest(found, best)
        shown[f"{words}, {name.rpartition(', ')[2]}"] = name
    return shown | {ALWAYS: ALWAYS}


def _row(name: str, played: list[Played], spans: list[Span], curves: dict[str, Curve], threshold: float) -> Row:
    own, best = curves[name], curves[BEST]
    place = own.thresholds.index(threshold)
    met = needs(played, spans, threshold)
    return Row(
        name,
        threshold,
        _share(own.avoided[place].sum(), best.avoided.sum()),
        _share(own.waste[place].sum(), best.waste.sum()),
        met.count,
        met.met,
        float(median(met.leads)) if met.leads and name not in (BEST, ALWAYS) else None,
    )


def _distance(name: str, curves: dict[str, Curve], threshold: float, weights: Floats) -> Distance:
    own, other, best = curves[OURS], curves[name], curves[BEST]

    def at(drawn_: Floats) -> float:
        return _share(lead_at(own, threshold, other, drawn_), float(best.avoided[0] @ drawn_))

    def over(drawn_: Floats) -> float:
        return _share(lead_over(own, other, float(best.waste[0] @ drawn_), drawn_), float(best.avoided[0] @ drawn_))

    return Distance(name, _sure(at, weights), _sure(over, weights))


def _reached(curves: dict[str, Curve], weights: Floats) -> float:
    own, best = curves[OURS], curves[BEST]
    made = at_waste(own.avoided @ weights, own.waste @ weights, np.array([ALLOWED * float(best.waste[0] @ weights)]))
    return _share(float(made[0]), float(best.avoided[0] @ weights))


def _sure(measure: Callable[[Floats], float], weights: Floats) -> tuple[float, float, float]:
    """A measure of block weights: on every block once, and the interval of its bootstrap."""
    values = np.array([measure(one) for one in weights])
    known = values[np.isfinite(values)]
    low, high = interval(known) if len(known) else (float("nan"), float("nan"))
    return float(measure(np.ones(weights.shape[1]))), low, high


def _share(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole > 0 else float("nan")
