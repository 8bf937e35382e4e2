# SPDX-License-Identifier: GPL-3.0-or-later
"""Points far off their season, found causally, so that they do not teach the models what is normal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..panel import Floats, Ints, Mask, known_from
from .medians import median_of

LOOK_BACK = 4
THRESHOLD = 8.0
MAD_TO_SIGMA = 1.4826
LEVEL_SHARE = 0.02
BLOCK = 16  # so many series at a time: their delayed values then stay in the processor's cache


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
    common = np.maximum(MAD_TO_SIGMA * _middles(size), 1e-12)
    rows, steps = np.nonzero(size >= least * common[:, None])  # no spread is taken smaller: what follows is done for few steps only
    off, usual = off[rows, steps], usual[rows, steps]
    floor = np.maximum(LEVEL_SHARE * np.abs(usual), common[rows])
    kept = np.abs(off) / floor > least
    return rows[kept], start + steps[kept], off[kept], usual[kept], floor[kept]


def _middles(values: Floats) -> Floats:
    """The median of each row of (n, t) without NaN. As `numpy.median`, by a selection of one place, which is faster than of two."""
    middle = values.shape[1] // 2
    sorted_ = np.partition(values, middle, axis=1)
    return sorted_[:, middle] if values.shape[1] % 2 else (sorted_[:, :middle].max(axis=1) + sorted_[:, middle]) / 2.0


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
    cells = np.flatnonzero(marked)
    starts = np.flatnonzero((np.diff(cells, prepend=-2) != 1) | (cells % values.shape[1] == 0))
    lengths = np.diff(starts, append=len(cells))
    marked.ravel()[cells[np.repeat(lengths > max(season // 4, 2), lengths)]] = False
    return marked
