# SPDX-License-Identifier: GPL-3.0-or-later
"""How others decide on capacity, from what is known at the time only. Their threshold is a margin on what they expect.

A decision at a step knows the samples before it, and is taken anew at every step; what it orders is there a lead later.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..panel import Floats
from .action import Orders, Terms

WEEKS = 4


def at_limit(demand: Floats, lead: int) -> Floats:
    """What reacting expects for each step: the last value known when its order would have to be given."""
    expected = np.full(len(demand), np.nan)
    expected[lead + 1 :] = demand[: max(len(demand) - lead - 1, 0)]
    return expected


def linear(demand: Floats, lead: int, window: int) -> Floats:
    """A least-squares line through the last `window` samples, read a lead ahead, as Prometheus' ``predict_linear`` does."""
    expected = np.full(len(demand), np.nan)
    if len(demand) <= window + lead:
        return expected
    seen = sliding_window_view(demand, window)[: len(demand) - window - lead]
    known = np.isfinite(seen)
    enough = known.sum(axis=1) >= max(2, window // 2)
    number = np.maximum(known.sum(axis=1), 1)
    place = np.broadcast_to(np.arange(window), seen.shape)
    middle = np.where(known, place, 0).sum(axis=1) / number
    level = np.where(known, seen, 0.0).sum(axis=1) / number
    x, y = np.where(known, place - middle[:, None], 0.0), np.where(known, seen - level[:, None], 0.0)
    slope = (x * y).sum(axis=1) / np.maximum((x * x).sum(axis=1), 1e-9)
    expected[window + lead :] = np.where(enough, level + slope * (window + lead - middle), np.nan)
    return expected


def seasonal_linear(demand: Floats, lead: int, window: int, week: int) -> Floats:
    """The same line through what the mean of the last four weeks at the same phase leaves, on top of that mean."""
    usual = _usual(demand, week)
    return usual + linear(demand - usual, lead, window)


def _usual(demand: Floats, week: int) -> Floats:
    """The mean of each step's own phase in the last weeks, (t,); NaN where there was none."""
    lags = np.full((WEEKS, len(demand)), np.nan)
    for number in range(min(WEEKS, (len(demand) - 1) // week)):
        lags[number, (number + 1) * week :] = demand[: -(number + 1) * week]
    known = np.isfinite(lags)
    return np.where(known.any(axis=0), np.where(known, lags, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.nan)


def by_margin(expected: Floats, terms: Terms, margins: tuple[float, ...]) -> Orders:
    """Orders (margins, t) of whoever expects `expected` (t,) and adds a margin (0.1: a tenth) to be sure; decided a lead before."""
    wanted = np.stack([terms.needed(expected * (1.0 + margin)) for margin in margins])
    return Orders(wanted, np.arange(len(expected)) - terms.lead)
