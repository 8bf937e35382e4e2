# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure past events: the ratio of each to what was usual, and the noise of that ratio where nothing acted."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np

from ..panel import Floats
from .uplift import MOST_RATIO
from .usual import spans

NEIGHBOURS = 0.25
PLACEBO_WEEKS = 4
PRIOR_COUNT = 3
UNKNOWN_NOISE = 0.25


def past_effects(values: Floats, strength: Floats, usual: Floats, period: int, near: int) -> tuple[Floats, float]:
    """The extra share of each past event for each unit of its magnitude, (occurrences,), and the noise of one such share.

    values, usual: (t,); strength: (t,), see `calendar.intensity`; period: steps in a week; near: steps beside an event that show
    where the level just then was. Noise that lasts is seen beside an event too, noise of single steps is not: of the measures
    with and without the neighbours the one is taken that finds less where nothing acted (weeks before and after each event).
    """
    found = [span for span in spans(strength > 0) if _share(values, strength, usual, span, 1.0) is not None]
    if not found:
        return np.empty(0), UNKNOWN_NOISE
    calm = np.where(strength > 0, np.nan, values)
    quiet = [moved for span in found for moved in _elsewhere(span, period, calm)]
    relative = calm / np.where(usual > 0, usual, np.nan)
    best = np.empty(0), np.inf
    for beside in (0, near):
        made = np.array([_share(values, strength, usual, span, _level(relative, span, beside)) for span in found], dtype=float)
        placebo = [_share(calm, np.ones(len(values)), usual, span, _level(relative, span, beside)) for span in quiet]
        known = [share for share in placebo if share is not None]
        noise = float(np.sqrt(np.mean(np.square(known)))) if len(known) >= 2 else UNKNOWN_NOISE
        if noise < best[1]:
            best = made[np.isfinite(made)], noise
    return best


def _level(relative: Floats, span: slice, beside: int) -> float:
    """The level beside a span against what is usual there; 1 where nobody looks or nothing is known."""
    near = np.concatenate([relative[max(span.start - beside, 0) : span.start], relative[span.stop : span.stop + beside]])
    known = near[np.isfinite(near)]
    return float(known.mean()) if len(known) else 1.0


def _elsewhere(span: slice, period: int, calm: Floats) -> list[slice]:
    """The same hours of the weeks before and after, where nothing acted."""
    weeks = [number * period for number in range(-PLACEBO_WEEKS, PLACEBO_WEEKS + 1) if number]
    moved = [slice(span.start + by, span.stop + by) for by in weeks]
    return [other for other in moved if other.start >= 0 and other.stop <= len(calm) and np.isfinite(calm[other]).any()]


def _share(values: Floats, strength: Floats, usual: Floats, span: slice, level: float) -> float | None:
    """Sum of a span against `level` times what was usual, less one, for each unit of strength; None where it cannot be told."""
    usable = np.isfinite(usual[span]) & np.isfinite(values[span])
    expected = level * float(usual[span][usable].sum())
    size = level * float((strength[span][usable] * usual[span][usable]).sum())
    if expected <= 0 or size <= 0:
        return None
    extra = float(values[span][usable].sum()) / expected - 1.0
    return float(np.clip(extra, -1.0, MOST_RATIO)) * expected / size


def middle(shares: Floats) -> float:
    """The median of all pairwise means (Hodges and Lehmann, 1963): nearly as sharp as the mean, and one odd event cannot move it far."""
    pairs = [(one + other) / 2.0 for one, other in combinations_with_replacement(shares.tolist(), 2)]
    return float(np.median(pairs))


def deviation(shares: Floats, noise: float) -> float:
    """Standard deviation of a single event's share: that of the events themselves, drawn to the noise while there are few of them."""
    own = float(((shares - shares.mean()) ** 2).sum())
    return float(np.sqrt((own + PRIOR_COUNT * noise**2) / (len(shares) - 1 + PRIOR_COUNT)))
