# SPDX-License-Identifier: GPL-3.0-or-later
"""How large the errors on a series will be, told from how it moved of late: for series that are not back-tested themselves.

A model's error on a series goes with what the simplest forecasts got wrong there. How, is a regression of logarithms over the
back-test windows of the sample; what it misses widens the pooled error quantiles, so the coverage holds on average over the series.
"""

from __future__ import annotations

import numpy as np

from ..features import level_and_scale, mean_of_known
from ..panel import Floats

TRAITS = 5
WEEKS = 4
SHRINKAGE = 1e-3
TINY = 1e-9
MOST_SPREADS = 20.0
BLOCK = 64  # so many series at a time: what is made of them then stays in the processor's cache


def traits(past: Floats, season: int, long_season: int) -> Floats:
    """(n, `TRAITS`): one, and the logarithms of a series' spread and of its mean change within a step, a day and a week over four weeks."""
    _unused, spread = level_and_scale(past, season, long_season)
    recent = past[:, -WEEKS * (long_season or 7 * season) - max(long_season, season) :]
    changes = [_change(recent, lag, spread[:, 0]) for lag in (1, season, long_season or season)]
    known = np.where(np.isfinite(spread[:, 0]), spread[:, 0], TINY)
    return np.stack([np.ones(len(past)), *(np.log(np.maximum(one, TINY)) for one in (known, *changes))], axis=1)


def _change(recent: Floats, lag: int, otherwise: Floats) -> Floats:
    """Mean absolute difference of steps `lag` apart, (n,); `otherwise` where none is known."""
    fallback = np.where(np.isfinite(otherwise), otherwise, TINY)
    if recent.shape[1] <= lag:
        return fallback
    parts = [recent[first : first + BLOCK] for first in range(0, len(recent), BLOCK)]
    mean = np.concatenate([_mean_size(part[:, lag:] - part[:, :-lag]) for part in parts])
    return np.where(np.isnan(mean), fallback, mean)


def _mean_size(values: Floats) -> Floats:
    """The mean absolute value of what is known in each row, (n,); NaN where nothing is."""
    size = np.abs(values, out=values)
    with np.errstate(over="ignore"):
        total = size.sum(axis=1)
    gaps = np.flatnonzero(~np.isfinite(total))
    mean: Floats = total / values.shape[1]
    mean[gaps] = mean_of_known(size[gaps], 1)[:, 0]
    return mean


def weigh(seen: Floats, errors: Floats) -> Floats:
    """Weights (k,) that turn traits (rows, k) into the logarithm of the mean absolute errors (rows,) they went with."""
    usable = np.isfinite(errors) & (errors > TINY) & np.isfinite(seen).all(axis=1)
    if usable.sum() < seen.shape[1]:
        return np.asarray(np.eye(seen.shape[1])[1])  # nothing to learn from: the spread itself
    x, y = seen[usable], np.log(errors[usable])
    moments = x.T @ x
    return np.asarray(np.linalg.solve(moments + SHRINKAGE * np.trace(moments) / len(moments) * np.eye(len(moments)), x.T @ y))


def expected(past: Floats, weights: Floats, season: int, long_season: int) -> Floats:
    """The mean absolute error to expect of each series, (n,), in its unit."""
    seen = traits(past, season, long_season)
    spread = np.exp(seen[:, 1])
    return np.asarray(np.clip(np.exp((seen * weights).sum(axis=1)), TINY, np.maximum(MOST_SPREADS * spread, TINY)))
