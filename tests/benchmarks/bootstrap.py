# SPDX-License-Identifier: GPL-3.0-or-later
"""How sure an average over series and origins is: both are drawn anew, with replacement."""

from __future__ import annotations

import numpy as np

from forecasting.panel import Floats

DRAWS = 2000


def interval(values: Floats, seed: int = 0) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean of `values` (origins, series); NaN is what was not asked and does not count."""
    rng = np.random.default_rng(seed)
    known, filled = np.isfinite(values), np.nan_to_num(values)
    origins, series = values.shape
    means = []
    for _draw in range(DRAWS):
        over_origins = np.bincount(rng.integers(origins, size=origins), minlength=origins)
        over_series = np.bincount(rng.integers(series, size=series), minlength=series)
        count = over_origins @ known @ over_series
        if count:
            means.append(float(over_origins @ filled @ over_series) / float(count))
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
