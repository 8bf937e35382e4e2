# SPDX-License-Identifier: GPL-3.0-or-later
"""Has a series just changed? Its latest back-test errors against what errors at those steps usually are.

A level or a spread that changed shows first at the end of the newest back-test window. What is usual is read from the earlier
windows of all series, at the same steps ahead; so a forecast that is always bad far ahead is no change.
"""

from __future__ import annotations

import numpy as np

from .panel import Floats

PARTS_OF_A_DAY = (0.125, 0.25, 1.0)
LEAST_USUAL = 40
RARE = 0.995
LEAST_RATIO = 1.5
MOST_RATIO = 3.0


def unsettled(z: Floats, season: int) -> Floats:
    """How many times as large as usual each series' latest errors are, (n,): 1 where nothing speaks for a change, at most 3.

    Args:
        z: errors in units of their expected size, (origins, n, horizon), the newest origin last; NaN where there is no truth.
        season: steps in a day.

    It takes `LEAST_USUAL` earlier windows to know what is usual; with fewer, all are taken to be settled.
    """
    found = np.ones(z.shape[1])
    for part in PARTS_OF_A_DAY:
        steps = min(max(2, round(part * season)), z.shape[2])
        size = _mean_size(z[:, :, -steps:])
        usual = size[:-1][np.isfinite(size[:-1])]
        if len(usual) < LEAST_USUAL:
            continue
        ratio = size[-1] / max(float(usual.mean()), 1e-12)
        rare = (size[-1] > np.quantile(usual, RARE)) & (ratio >= LEAST_RATIO)
        found = np.where(rare, np.maximum(found, ratio), found)
    return np.minimum(found, MOST_RATIO)


def _mean_size(z: Floats) -> Floats:
    """Mean absolute error over the steps of each window, (origins, n); NaN where half of the steps have no truth."""
    known = np.isfinite(z)
    count = known.sum(axis=2)
    total = np.where(known, np.abs(z), 0.0).sum(axis=2)
    return np.where(2 * count > z.shape[2], total / np.maximum(count, 1), np.nan)
