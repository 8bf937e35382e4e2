# SPDX-License-Identifier: GPL-3.0-or-later
"""P(demand beyond the limit for a duration within the horizon), and when: from forecast paths.

A crossing is a run of consecutive steps beyond the limit that lasts at least the duration; its time
is the run's first step. Paths are whole futures, so that hours that rise and fall together count
together; a product of per-step probabilities would not be this probability.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Beyond = Literal["above", "below"]
FIRST_QUANTILES = (0.1, 0.5, 0.9)
COPULA = "Gaussian copula, correlation exp(-lag / 6 h)"
COPULA_MEMORY_S = 6 * 3600.0
COPULA_PATHS = 400
PEAK_QUANTILES = (0.5, 0.9)


@dataclass(frozen=True)
class Crossing:
    """What the paths say about one limit.

    Attributes:
        probability: share of crossing paths with half a path added on each side, since a finite
            number of paths proves neither 0 nor 1.
        first: first-crossing quantiles q10, q50, q90 as steps from the start of the paths; None where
            fewer paths than that cross at all.
        earliest: step of the earliest crossing in any path, or None.
        hours_beyond: expected hours beyond the limit in the window, given that a crossing comes.
        excess: median over crossing paths of the largest distance beyond the limit, in the series' unit.
        peak: median of the paths' extremes in the window, in the series' unit.
        peak_q90: their 90 % quantile towards the limit's far side.
    """

    probability: float
    first: tuple[int | None, int | None, int | None]
    earliest: int | None
    hours_beyond: float
    excess: float
    peak: float
    peak_q90: float


def steps_of(duration_s: float, interval_s: float) -> int:
    """Consecutive samples that a duration asks for; never fewer than one."""
    return max(1, math.ceil(round(duration_s / interval_s, 6)))


def beyond_limit(paths: Floats, limit: Floats | float, beyond: Beyond) -> Flags:
    """Where each path (n_paths × n_steps) is strictly beyond `limit` (a number or one per step or sample); NaN never is."""
    return np.asarray(paths > limit if beyond == "above" else paths < limit)


def first_runs(flags: Flags, steps: int) -> NDArray[np.int64]:
    """Per path (row), the first step of the first run of at least `steps` flags; -1 where there is none."""
    count, width = flags.shape
    if width < steps:
        return np.full(count, -1)
    sums = np.concatenate([np.zeros((count, 1), dtype=np.int64), np.cumsum(flags, axis=1)], axis=1)
    full = sums[:, steps:] - sums[:, :-steps] == steps
    return np.where(full.any(axis=1), full.argmax(axis=1), -1)


def crossing_of(
    paths: Floats,
    limit: Floats | float,
    *,
    interval_s: float,
    duration_s: float,
    beyond: Beyond = "above",
    window: Flags | None = None,
    also: Flags | None = None,
) -> Crossing:
    """Measure one limit on `paths`.

    Args:
        paths: demand, n_paths × n_steps, in the unit of `limit`.
        limit: a number, one per step, or one per sample.
        interval_s: sampling interval of the paths, seconds.
        duration_s: how long the demand must stay beyond the limit, seconds.
        beyond: the side on which the limit is broken.
        window: steps to look at (n_steps); all when None.
        also: samples at which a second condition holds (n_paths × n_steps); all when None.
    """
    looked_at = np.ones(paths.shape[1], dtype=bool) if window is None else window
    if not looked_at.any():
        raise ValueError("the window holds no step of the forecast")
    flags = beyond_limit(paths, limit, beyond) & looked_at
    if also is not None:
        flags &= also
    first = first_runs(flags, steps_of(duration_s, interval_s))
    crossed = first >= 0
    sign = 1.0 if beyond == "above" else -1.0
    extreme = np.nanmax(np.where(looked_at, sign * paths, -np.inf), axis=1)
    excess = np.where(flags, sign * (paths - limit), 0.0).max(axis=1)
    peak, peak_q90 = np.quantile(extreme, PEAK_QUANTILES)
    return Crossing(
        probability=(int(crossed.sum()) + 0.5) / (len(paths) + 1.0),
        first=_first_quantiles(first),
        earliest=int(np.min(first[crossed])) if crossed.any() else None,
        hours_beyond=float(flags[crossed].sum(axis=1).mean() * interval_s / 3600.0) if crossed.any() else 0.0,
        excess=float(np.median(excess[crossed])) if crossed.any() else 0.0,
        peak=float(sign * peak),
        peak_q90=float(sign * peak_q90),
    )


def _first_quantiles(first: NDArray[np.int64]) -> tuple[int | None, int | None, int | None]:
    """Quantiles over all paths: a path that never crosses counts as crossing after every other."""
    order = np.sort(first[first >= 0])
    found = [int(order[rank]) if (rank := math.ceil(q * len(first)) - 1) < len(order) else None for q in FIRST_QUANTILES]
    return found[0], found[1], found[2]


def paths_from_quantiles(levels: Sequence[float], values: Floats, *, interval_s: float, seed: int, count: int = COPULA_PATHS) -> Floats:
    """Paths for a forecast that gives quantiles only, by the stated copula (`COPULA`).

    Args:
        levels: ascending quantile levels, such as 0.1 … 0.9.
        values: n_steps × n_levels, the quantiles in the series' unit; sorted here where they cross.
        interval_s: sampling interval, seconds.
        seed: for the drawing; the same seed gives the same paths.
        count: number of paths.

    Returns:
        count × n_steps. Beyond the outermost levels the marginals go on straight in normal scores.
    """
    from scipy.stats import norm

    rng = np.random.default_rng(seed)
    steps = len(values)
    rho = math.exp(-interval_s / COPULA_MEMORY_S)
    noise = rng.standard_normal((count, steps))
    scores = np.empty_like(noise)
    scores[:, 0] = noise[:, 0]
    for step in range(1, steps):
        scores[:, step] = rho * scores[:, step - 1] + math.sqrt(1 - rho * rho) * noise[:, step]
    knots = norm.ppf(np.asarray(levels, dtype=float))
    marginals = np.sort(np.asarray(values, dtype=float), axis=1)
    return np.stack([_inverse(scores[:, step], knots, marginals[step]) for step in range(steps)], axis=1)


def _inverse(scores: Floats, knots: Floats, marginal: Floats) -> Floats:
    """Piecewise linear from normal scores to values, the outermost pieces extended."""
    piece = np.clip(np.searchsorted(knots, scores) - 1, 0, len(knots) - 2)
    slope = (marginal[piece + 1] - marginal[piece]) / (knots[piece + 1] - knots[piece])
    return np.asarray(marginal[piece] + slope * (scores - knots[piece]))
