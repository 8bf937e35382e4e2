# SPDX-License-Identifier: GPL-3.0-or-later
"""Points far off their season, found causally, so that they do not teach the models what is normal."""

from __future__ import annotations

import numpy as np

from ..panel import Floats, Mask

LOOK_BACK = 4
THRESHOLD = 8.0
MAD_TO_SIGMA = 1.4826
LEVEL_SHARE = 0.02


def seasonal_scores(values: Floats, season: int, long_season: int) -> Floats:
    """Robust z-score of each step against the same phase of the days and weeks before it, (t,); 0 where too little is known.

    z = (y − median) / (1.4826 · MAD) over the same phase of the last four days and weeks; the spread is never taken smaller
    than the series' usual one over the last week, nor than 2 % of the level. Uses earlier steps only.
    """
    periods = [season * number for number in range(1, LOOK_BACK + 1)]
    if long_season:
        periods += [long_season * number for number in range(1, LOOK_BACK + 1)]
    past = np.stack([_delayed(values, period) for period in sorted(set(periods))])
    known = np.isfinite(past).sum(axis=0) >= LOOK_BACK
    past = past[:, known]
    scores = np.zeros(len(values))
    if not known.any():
        return scores
    middle = np.nanmedian(past, axis=0)
    spread = MAD_TO_SIGMA * np.nanmedian(np.abs(past - middle), axis=0)
    off = values[known] - middle
    usual = MAD_TO_SIGMA * float(np.median(np.abs(off)))
    floor = np.maximum(LEVEL_SHARE * np.abs(middle), max(usual, 1e-12))
    scores[known] = off / np.maximum(spread, floor)
    return scores


def _delayed(values: Floats, period: int) -> Floats:
    made = np.full(len(values), np.nan)
    made[period:] = values[:-period] if period < len(values) else values[:0]
    return made


def anomalous(values: Floats, season: int, long_season: int) -> Mask:
    """Steps to keep out of training, (t,). A stretch longer than a quarter of a day is a change of level and stays in."""
    marked = np.abs(seasonal_scores(values, season, long_season)) > THRESHOLD
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(np.int8), [0]])))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if end - start > max(season // 4, 2):
            marked[start:end] = False
    return marked
