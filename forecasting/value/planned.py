# SPDX-License-Identifier: GPL-3.0-or-later
"""Our way: weigh the limit-hours that forecast paths expect against the capacity that would lie idle.

At each origin, for each quantum, the plan ahead that is worth most is sought by dynamic programming. The threshold is a
price: how many idle quantum-hours one hour above the limit is worth. An hour of a quantum is worth the price times the
probability that demand needs it, less the share of it that is expected to lie idle; so a stay is ordered where the paths
expect at least one limit-hour for every so many idle hours, and it is put where it covers most. What was ordered is kept
to; what is not there yet by the lead is out of reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..panel import Floats, Mask
from .action import Orders, Terms

TINY = 1e-12
Paths = dict[int, NDArray[np.float32]]
"""Forecasts by origin (a step): sample paths (paths, steps) from that step on."""


def planned(paths: Paths, terms: Terms, prices: tuple[float, ...], count: int) -> Orders:
    """Orders (thresholds, `count`) for each of the `prices`."""
    wanted, decided = np.zeros((len(prices), count), dtype=np.int64), np.zeros(count, dtype=np.int64)
    age = np.zeros((len(prices), terms.most), dtype=np.int64)
    places = [*sorted(origin for origin in paths if origin + terms.lead < count), count - terms.lead]
    for origin, following in pairwise(places):
        ahead = paths[origin][:, terms.lead :].astype(float)
        likely, used = _expected(ahead, terms)
        worth = np.array(prices)[:, None, None] * likely - (1.0 - used)
        begin, keep = _best(worth, terms.least)
        for step in range(min(following - origin, ahead.shape[1])):
            on = np.where(age > 0, (age < terms.least) | keep[..., step], begin[..., step])
            age = np.where(on, age + 1, 0)
            wanted[:, origin + terms.lead + step] = on.sum(axis=1)
            decided[origin + terms.lead + step] = origin
    return Orders(wanted, decided)


def _expected(ahead: Floats, terms: Terms) -> tuple[Floats, Floats]:
    """For each quantum and step (levels, steps): the probability that it is needed, and the expected share of it that is used."""
    base = terms.limit + np.arange(terms.most)[:, None, None] * terms.quantum
    return (ahead > base).mean(axis=1), np.clip((ahead - base) / terms.quantum, 0.0, 1.0).mean(axis=1)


@dataclass(frozen=True)
class _Value:
    """What the steps from here on are worth: with nothing there, and with a quantum there that may be released; (…)."""

    off: Floats
    free: Floats


def _best(worth: Floats, least: int) -> tuple[Mask, Mask]:
    """Where to begin a stay when there is none, and where to keep one beyond its least; both like `worth` (…, steps)."""
    steps = worth.shape[-1]
    total = np.concatenate([np.zeros((*worth.shape[:-1], 1)), np.cumsum(worth, axis=-1)], axis=-1)
    begin, keep = np.zeros(worth.shape, dtype=bool), np.zeros(worth.shape, dtype=bool)
    ahead = {steps: _Value(np.zeros(worth.shape[:-1]), np.zeros(worth.shape[:-1]))}
    for step in range(steps - 1, -1, -1):
        end = min(step + least, steps)
        stay = total[..., end] - total[..., step] + ahead[end].free
        begin[..., step] = stay > ahead[step + 1].off + TINY
        off = np.maximum(stay, ahead[step + 1].off)
        on = worth[..., step] + ahead[step + 1].free
        keep[..., step] = on > off
        ahead[step] = _Value(off, np.maximum(on, off))
    return begin, keep
