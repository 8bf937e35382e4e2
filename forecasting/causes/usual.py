# SPDX-License-Identifier: GPL-3.0-or-later
"""What a series usually is at a step: the same phase of the quiet weeks around it."""

from __future__ import annotations

import numpy as np

from ..panel import Floats, Mask

WEEKS_AROUND = 3


def spans(marked: Mask) -> list[slice]:
    """Runs of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(np.int8), [0]])))
    return [slice(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def around(calm: Floats, period: int) -> Floats:
    """What the quiet weeks around each step let expect of it, (t,); NaN where there is none.

    calm: (t,), NaN where anything out of the ordinary acts; period: steps in a week. The mean of up to three weeks before, and
    of up to three after, each drawn out of those that are quiet; both sides count the same, so that steady growth cancels.
    """
    sides = [_side(calm, sign * period) for sign in (-1, 1)]
    both = np.stack(sides)
    known = np.isfinite(both)
    return np.where(known.any(axis=0), np.where(known, both, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.nan)


def _side(calm: Floats, shift: int) -> Floats:
    """The mean of the nearest `WEEKS_AROUND` quiet weeks on one side, looking up to twice as far."""
    total, count = np.zeros(len(calm)), np.zeros(len(calm))
    for number in range(1, 2 * WEEKS_AROUND + 1):
        moved = shifted(calm, number * shift)
        use = np.isfinite(moved) & (count < WEEKS_AROUND)
        total += np.where(use, moved, 0.0)
        count += use
    return np.where(count > 0, total / np.maximum(count, 1.0), np.nan)


def shifted(values: Floats, by: int) -> Floats:
    """Each step's value `by` steps later (earlier where negative), (t,); NaN beyond the ends."""
    made = np.full(len(values), np.nan)
    if by >= 0:
        made[: max(len(values) - by, 0)] = values[by:]
    else:
        made[-by:] = values[:by]
    return made
