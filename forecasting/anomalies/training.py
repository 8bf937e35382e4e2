# SPDX-License-Identifier: GPL-3.0-or-later
"""Points far off their season, found causally, so that they do not teach the models what is normal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..panel import Floats, Mask, known_from, runs_of
from .medians import median_of

LOOK_BACK = 4
THRESHOLD = 8.0
MAD_TO_SIGMA = 1.4826
LEVEL_SHARE = 0.02
BLOCK = 8  # so many series at a time: their delayed values then stay in the processor's cache


def seasonal_scores(values: Floats, season: int, long_season: int) -> Floats:
    """Robust z-score of each step against the same phase of the days and weeks before it, (n, t); 0 where too little is known.

    values: (n, t), NaN only before a series begins. z = (y − median) / (1.4826 · MAD) over the same phase of the last four days and
    weeks; the spread is never taken smaller than the series' usual one, nor than 2 % of the level. Uses earlier steps only, but for
    that usual spread.
    """
    periods = sorted({period * number for period in (season, long_season) if period for number in range(1, LOOK_BACK + 1)})
    made = np.zeros(values.shape)
    begins = known_from(values)
    for begin in np.unique(begins):
        rows = np.flatnonzero(begins == begin)
        for first in range(0, len(rows), BLOCK):
            some = rows[first : first + BLOCK]
            made[some, begin:] = _scores(values[some, begin:], periods)
    return made


def _scores(values: Floats, periods: Sequence[int]) -> Floats:
    """The scores of some series that begin together."""
    made = np.zeros(values.shape)
    start, end = periods[LOOK_BACK - 1], values.shape[1]
    if start >= end:
        return made
    middle, spread = np.empty((len(values), end - start)), np.empty((len(values), end - start))
    for count in range(LOOK_BACK, len(periods) + 1):  # between two periods the same delays are known
        low, high = periods[count - 1], min(periods[count], end) if count < len(periods) else end
        if low >= high:
            break
        past = [values[:, low - period : high - period] for period in periods[:count]]
        usual = median_of(past)
        middle[:, low - start : high - start] = usual
        spread[:, low - start : high - start] = MAD_TO_SIGMA * median_of([np.abs(one - usual) for one in past])
    off = values[:, start:] - middle
    common = MAD_TO_SIGMA * np.median(np.abs(off), axis=1)
    floor = np.maximum(LEVEL_SHARE * np.abs(middle), np.maximum(common, 1e-12)[:, None])
    made[:, start:] = off / np.maximum(spread, floor)
    return made


def anomalous(values: Floats, season: int, long_season: int) -> Mask:
    """Steps to keep out of training, (n, t). A stretch longer than a quarter of a day is a change of level and stays in."""
    marked = np.abs(seasonal_scores(values, season, long_season)) > THRESHOLD
    rows = np.flatnonzero(marked.any(axis=1))
    which, starts, ends = runs_of(marked[rows])
    long = ends - starts > max(season // 4, 2)
    for row, start, end in zip(rows[which[long]], starts[long], ends[long], strict=True):
        marked[row, start:end] = False
    return marked
