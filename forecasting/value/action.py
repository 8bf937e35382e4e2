# SPDX-License-Identifier: GPL-3.0-or-later
"""The action that is replayed, and its books: capacity comes in quanta, late, stays for a while and may then be released.

Arrays end in the time axis, (…, t); what comes before it are thresholds or levels, worked on side by side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..panel import Floats, Ints, Mask

NEVER = np.iinfo(np.int64).max // 2
EXACT = 1e-9


@dataclass(frozen=True)
class Terms:
    """What adding capacity takes. limit and quantum are in the unit of demand, lead and least in steps.

    limit: the capacity without any action; quantum: what one order adds; lead: from the decision until it is there;
    least: how long it stays at least; most: how many quanta may be there at once.
    """

    limit: float
    quantum: float
    lead: int
    least: int
    most: int = 10

    def __post_init__(self) -> None:
        if not (self.limit > 0 and self.quantum > 0 and self.lead >= 0 and self.least >= 1 and self.most >= 1):
            raise ValueError(f"no such action: {self}")

    def needed(self, demand: Floats) -> Ints:
        """How many quanta hold `demand` within the limit, at most `most`; none where demand is unknown (NaN)."""
        above = (np.nan_to_num(demand, nan=-np.inf) - self.limit) / self.quantum
        return np.clip(np.ceil(above - EXACT), 0, self.most).astype(np.int64)


@dataclass(frozen=True)
class Orders:
    """What a strategy wants at each step: how many quanta (…, t), and at which step it decided so (t,)."""

    wanted: Ints
    decided: Ints


@dataclass(frozen=True)
class Supply:
    """What came of the orders, (…, t) each: quanta in force, and the step of the newest decision they rest on (`NEVER`: none)."""

    quanta: Ints
    settled: Ints


def supply(orders: Orders, terms: Terms) -> Supply:
    """Quanta in force: none before its lead is over, each for its least stay, the oldest released first."""
    there = orders.decided + terms.lead <= np.arange(orders.wanted.shape[-1])
    asked = np.where(there, np.minimum(orders.wanted, terms.most), 0)
    quanta, settled = np.zeros_like(asked), np.full(asked.shape, NEVER)
    started = np.zeros((*asked.shape[:-1], asked.shape[-1] + 1), dtype=np.int64)
    released, newest = np.zeros(asked.shape[:-1], dtype=np.int64), np.full(asked.shape[:-1], NEVER)
    for step in range(asked.shape[-1]):
        old = started[..., max(step + 1 - terms.least, 0)] - released
        gone = np.clip(started[..., step] - released - asked[..., step], 0, old)
        released = released + gone
        new = np.maximum(asked[..., step] - (started[..., step] - released), 0)
        started[..., step + 1] = started[..., step] + new
        quanta[..., step] = started[..., step + 1] - released
        newest = np.where(new > 0, orders.decided[step], newest)
        # What has outstayed its least is there because it is still wanted now.
        settled[..., step] = np.where(old > gone, orders.decided[step], np.where(quanta[..., step] > 0, newest, NEVER))
    return Supply(quanta, settled)


@dataclass(frozen=True)
class Account:
    """The books of one strategy on one series, step by step, (…, t) each.

    before (t,), after: 1 where demand was above the limit alone, and above limit and added capacity.
    waste: added capacity that nobody used, in quanta.
    """

    before: Floats
    after: Floats
    waste: Floats

    @property
    def avoided(self) -> Floats:
        """1 where the added capacity spared a step above the limit."""
        return self.before - self.after


def account(demand: Floats, quanta: Ints, terms: Terms) -> Account:
    """Keep the books of `quanta` (…, t) in force under `demand` (t,). A step without a sample counts for nothing."""
    known: Mask = np.isfinite(demand)
    excess = (np.where(known, demand, 0.0) - terms.limit) / terms.quantum
    before = known & (excess > EXACT)
    used = np.clip(excess, 0.0, quanta)
    waste = np.where(known, quanta - used, 0.0)
    return Account(before.astype(float), (before & (excess > quanta + EXACT)).astype(float), waste)
