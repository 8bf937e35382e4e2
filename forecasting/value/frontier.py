# SPDX-License-Identifier: GPL-3.0-or-later
"""Limit-hours avoided against waste, as a curve over a strategy's threshold, and how sure the distance of two curves is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..panel import Floats, Ints

DRAWS = 2000
LEVEL = (0.025, 0.975)
WASTES = np.linspace(0.25, 2.0, 15)


@dataclass(frozen=True)
class Curve:
    """One strategy at each of its thresholds, block by block. A block is a day of one series, all its limits together.

    thresholds: (k,), the higher the place the more capacity; avoided, waste: (k, blocks).
    """

    thresholds: tuple[float, ...]
    avoided: Floats
    waste: Floats


def at_waste(avoided: Floats, waste: Floats, given: Floats) -> Floats:
    """What a curve (k,) avoids at the waste `given`: its best points, joined by lines from nothing; flat beyond the last."""
    order = np.lexsort((avoided, waste))
    best = np.maximum.accumulate(avoided[order])
    return np.asarray(np.interp(given, np.concatenate([[0.0], waste[order]]), np.concatenate([[0.0], best])))


def lead_at(curve: Curve, threshold: float, other: Curve, weights: Floats | None = None) -> float:
    """How much more `curve` avoids at one threshold than `other` at its best threshold for the same waste."""
    chosen = curve.thresholds.index(threshold)
    ours, theirs = _totals(curve, weights), _totals(other, weights)
    return float(ours[0][chosen] - at_waste(*theirs, ours[1][chosen]))


def lead_over(curve: Curve, other: Curve, best_waste: float, weights: Floats | None = None) -> float:
    """The same on average over wastes from a quarter to twice `best_waste`, the waste of perfect foresight."""
    given = WASTES * best_waste
    return float((at_waste(*_totals(curve, weights), given) - at_waste(*_totals(other, weights), given)).mean())


def drawn(groups: Ints, seed: int = 0, draws: int = DRAWS) -> Floats:
    """Bootstrap weights (draws, blocks): how often each block is drawn, with replacement, within its group (its series)."""
    rng = np.random.default_rng(seed)
    made = np.zeros((draws, len(groups)))
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        picked = rng.integers(len(members), size=(draws, len(members)))
        np.add.at(made, (np.arange(draws)[:, None], members[picked]), 1.0)
    return made


def interval(values: Floats) -> tuple[float, float]:
    """The central 95 % of bootstrapped values."""
    low, high = np.quantile(values, LEVEL)
    return float(low), float(high)


def chosen_threshold(curve: Curve, best: Curve, most_waste: float) -> float:
    """The threshold that avoids most while wasting at most `most_waste` times what perfect foresight, `best`, does."""
    avoided, waste = _totals(curve, None)
    allowed = waste <= most_waste * best.waste.sum() + 1e-9
    return curve.thresholds[int(np.argmax(np.where(allowed, avoided, -1.0)))]


def ablest(curves: Mapping[str, Curve], best: Curve) -> str:
    """The name of the curve that avoids most on average over the wastes that matter."""
    given = WASTES * float(best.waste.sum())
    return max(sorted(curves), key=lambda name: float(at_waste(*_totals(curves[name], None), given).mean()))


def _totals(curve: Curve, weights: Floats | None) -> tuple[Floats, Floats]:
    if weights is None:
        return curve.avoided.sum(axis=1), curve.waste.sum(axis=1)
    return np.asarray(curve.avoided @ weights), np.asarray(curve.waste @ weights)
