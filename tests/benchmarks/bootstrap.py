# SPDX-License-Identifier: GPL-3.0-or-later
"""How sure a figure is: what it was measured on is drawn anew, with replacement."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecasting.panel import Floats

DRAWS = 2000
GROUP_DRAWS = 1000


def interval(values: Floats, seed: int = 0) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean of `values` (origins, series); NaN is what was not asked and does not count."""
    rng = np.random.default_rng(seed)
    known, filled = np.isfinite(values), np.nan_to_num(values)
    origins, series = values.shape
    means = []
    for _draw in range(DRAWS):
        over_origins, over_series = _times(rng, origins), _times(rng, series)
        count = over_origins @ known @ over_series
        if count:
            means.append(float(over_origins @ filled @ over_series) / float(count))
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def redrawn(groups: np.ndarray, seed: int = 0) -> Iterator[Floats]:
    """A weight for each row, `GROUP_DRAWS` times, when whole groups of rows are drawn. groups: (rows,), the name of each row's group."""
    names, group = np.unique(groups, return_inverse=True)
    rng = np.random.default_rng(seed)
    return (_times(rng, len(names))[group].astype(float) for _draw in range(GROUP_DRAWS))


def _times(rng: np.random.Generator, count: int) -> np.ndarray:
    """How often each of `count` comes when as many are drawn, (count,)."""
    return np.bincount(rng.integers(count, size=count), minlength=count)
