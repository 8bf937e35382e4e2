# SPDX-License-Identifier: GPL-3.0-or-later
"""Points far off their season, found causally, so that they do not teach the models what is normal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..panel import Floats, Ints, Mask, known_from, runs_of
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
    made = np.zeros(values.shape)
    for rows, steps, scores in _scored(values, season, long_season, 0.0):
        made[rows, steps] = scores
    return made


def _scored(values: Floats, season: int, long_season: int, least: float) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Rows, steps and scores, only where a score could be larger than `least` whatever the spread: that spares most medians."""
    periods = sorted({period * number for period in (season, long_season) if period for number in range(1, LOOK_BACK + 1)})
    begins = known_from(values)
    for begin in np.unique(begins):
        if begin + periods[LOOK_BACK - 1] < values.shape[1]:
            rows = np.flatnonzero(begins == begin)
            parts = [rows[first : first + BLOCK] for first in range(0, len(rows), BLOCK)]
            found = [_suspects(values[some, begin:], periods, least) for some in parts]
            row = np.concatenate([some[place] for some, (place, *_unused) in zip(parts, found, strict=True)])
            step, off, usual, floor = (np.concatenate(kind) for kind in list(zip(*found, strict=True))[1:])
            spread = _spread(values[:, begin:], row, step, usual, periods)
            yield row, begin + step, off / np.maximum(spread, floor)


def _suspects(values: Floats, periods: Sequence[int], least: float) -> tuple[Ints, Ints, Floats, Floats, Floats]:
    """Row and step of what may score more than `least`, how far off it is, what is usual there, and the least spread."""
    start, end = periods[LOOK_BACK - 1], values.shape[1]
    medians = [median_of([values[:, low - one : high - one] for one in known]) for low, high, known in _stretches(periods, end)]
    usual = np.concatenate(medians, axis=1)
    off = values[:, start:] - usual
    size = np.abs(off)
    common = MAD_TO_SIGMA * np.median(size, axis=1)
    floor = np.maximum(LEVEL_SHARE * np.abs(usual), np.maximum(common, 1e-12)[:, None])
    rows, steps = np.nonzero(size / floor > least)  # no spread is taken smaller than the floor
    return rows, start + steps, off[rows, steps], usual[rows, steps], floor[rows, steps]


def _spread(values: Floats, rows: Ints, steps: Ints, usual: Floats, periods: Sequence[int]) -> Floats:
    """The spread about what is usual, at some rows and steps."""
    made = np.empty(len(rows))
    for low, high, known in _stretches(periods, values.shape[1]):
        here = np.flatnonzero((steps >= low) & (steps < high))
        row, step = rows[here], steps[here]
        made[here] = MAD_TO_SIGMA * median_of([np.abs(values[row, step - period] - usual[here]) for period in known])
    return made


def _stretches(periods: Sequence[int], end: int) -> Iterator[tuple[int, int, Sequence[int]]]:
    """Where the same delays are known: from which step to which, and the delays."""
    for count in range(LOOK_BACK, len(periods) + 1):
        low, high = periods[count - 1], min(periods[count], end) if count < len(periods) else end
        if low >= high:
            return
        yield low, high, periods[:count]


def anomalous(values: Floats, season: int, long_season: int) -> Mask:
    """Steps to keep out of training, (n, t). A stretch longer than a quarter of a day is a change of level and stays in."""
    marked = np.zeros(values.shape, dtype=bool)
    for rows, steps, scores in _scored(values, season, long_season, THRESHOLD):
        marked[rows, steps] = np.abs(scores) > THRESHOLD
    rows = np.flatnonzero(marked.any(axis=1))
    which, starts, ends = runs_of(marked[rows])
    long = ends - starts > max(season // 4, 2)
    for row, start, end in zip(rows[which[long]], starts[long], ends[long], strict=True):
        marked[row, start:end] = False
    return marked
