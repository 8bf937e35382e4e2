# SPDX-License-Identifier: GPL-3.0-or-later
"""Sample paths whose steps hang together: back-test error trajectories lend the order, the quantiles lend the values.

Ensemble copula coupling (Schefzik, Thorarinsdottir, Gneiting, Statistical Science 28 (2013) 616-640): at each step the paths
take the forecast's quantiles, in the rank order of whole error trajectories; so the marginals are those of the fan,
and how long an excess lasts is what was seen in the back-test.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .metrics import LEVELS
from .panel import Floats

PATHS = 200
JITTER = 0.05
LARGEST = float(np.finfo(np.float32).max)


def trajectories(z: Floats, row: int, count: int, rng: np.random.Generator) -> Floats:
    """`count` normalised error trajectories (count, horizon) for one series: its own ones first, then other series'.

    z: (origins, n, horizon). A step without truth takes the trajectory's own mean; a trajectory without any is not used.
    """
    known = np.isfinite(z).mean(axis=2) > 0.5
    own = z[known[:, row], row]
    others = np.ones(z.shape[1], dtype=bool)
    others[row] = False
    rest = z[:, others][known[:, others]]
    pool = np.concatenate([own, rest[rng.permutation(len(rest))[: max(count - len(own), 0)]]])
    if not len(pool):
        return rng.standard_normal((count, z.shape[2]))
    drawn = pool[np.arange(count) % len(pool)]
    middle = np.nanmean(drawn, axis=1, keepdims=True)
    return np.where(np.isfinite(drawn), drawn, middle) + JITTER * rng.standard_normal((count, 1))


def couple(quantiles: Floats, shapes: Floats) -> NDArray[np.float32]:
    """Paths (count, horizon) with the marginals of `quantiles` (levels, horizon) and the rank order of `shapes` (count, horizon).

    Beyond the outermost levels the tails are exponential, at the slope of the last two levels.
    """
    count = len(shapes)
    ranks = shapes.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    values = _quantile_at((np.arange(count) + 0.5) / count, quantiles)
    return single(np.take_along_axis(values, ranks, axis=0))


def single(values: Floats) -> NDArray[np.float32]:
    """Values in single precision; what lies beyond its range becomes its largest number."""
    return np.clip(values, -LARGEST, LARGEST).astype(np.float32)


def _quantile_at(levels: Floats, quantiles: Floats) -> Floats:
    """The fan at any levels, (len(levels), horizon)."""
    right = np.clip(np.searchsorted(LEVELS, levels), 1, len(LEVELS) - 1)
    left = right - 1
    share = ((levels - LEVELS[left]) / (LEVELS[right] - LEVELS[left]))[:, None]
    inside = quantiles[left] + np.clip(share, 0.0, 1.0) * (quantiles[right] - quantiles[left])
    low, high = LEVELS[0], 1.0 - LEVELS[-1]
    down = np.log(low / np.minimum(levels, low))[:, None] * (quantiles[1] - quantiles[0]) / np.log(LEVELS[1] / low)
    up = np.log(high / np.minimum(1.0 - levels, high))[:, None] * (quantiles[-1] - quantiles[-2]) / np.log((1.0 - LEVELS[-2]) / high)
    return np.asarray(inside - down + up)
